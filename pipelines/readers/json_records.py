"""JSON documents and JSON lines: nested records become rows, each with what encloses it.

A row is one element at the contract's record path. Properties whose path follows the record path take their value from
the element or from what encloses it, all others from the root record. Path syntax is in ``json_paths``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

import polars as pl

from pipelines.readers.files import FileFacts, read_content
from pipelines.readers.headers import nearest
from pipelines.readers.json_documents import parse_document, parse_lines, too_deep
from pipelines.readers.json_paths import (
    ABSENT,
    Steps,
    count_shared_lists,
    follow,
    list_paths,
    parse_path,
    step_into,
)
from pipelines.readers.json_text import ExactJson
from pipelines.readers.landing import number_rows
from pipelines.readers.options import RECORD, LandedFrame, ReadOptions
from pipelines.readers.refusals import RefusalCode, RefusedFile
from pipelines.readers.text import DecodedText, decode_text

_BATCH: Final = 50_000
_SAMPLED_ROOTS: Final = 50
_SHOWN: Final = 30


def read_json(facts: FileFacts, options: ReadOptions) -> LandedFrame:
    """Read one JSON document: a list of records, or an object that holds them under the record path.

    Raises:
        RefusedFile: ``truncated`` or ``record`` for what is not JSON, ``format`` for JSON lines, ``record_path`` when
            the records are not where the contract says, ``header`` when a required path occurs in no record.
    """
    decoded = decode_text(read_content(facts), options.encoding, facts.name)
    text = decoded.utf8.decode()
    exact = ExactJson(text)
    document = parse_document(text, exact, facts.name)
    roots = document if isinstance(document, list) else [document]
    if options.record_path is None and isinstance(document, dict):
        _refuse_wrapped_records(document, options, facts.name)
    return _land_records(roots, exact, decoded, options, facts.name)


def read_json_lines(facts: FileFacts, options: ReadOptions) -> LandedFrame:
    """Read JSON lines: one root record a line; blank lines are not records.

    Raises:
        RefusedFile: as ``read_json`` does; a bad line is named by its number.
    """
    decoded = decode_text(read_content(facts), options.encoding, facts.name)
    exact = ExactJson(decoded.utf8.decode())
    return _land_records(parse_lines(decoded.utf8, exact, facts.name), exact, decoded, options, facts.name)


def _refuse_wrapped_records(document: dict[str, Any], options: ReadOptions, name: str) -> None:
    """Refuse to take a whole result page for one record when the contract forgot to say where its records are."""
    if not options.columns:
        return
    lists = [
        key for key, value in document.items() if isinstance(value, list) and any(isinstance(e, dict) for e in value)
    ]
    paths = [parse_path(path) for spellings in options.columns.values() for path in spellings]
    if lists and all(follow(document, path) is ABSENT for path in paths):
        raise RefusedFile(
            RefusalCode.RECORD_PATH,
            f"{name} is one object that holds its records in a list.",
            f"Say in the contract where they are, for example recordPath: {lists[0]}[] "
            f"and physicalName: {lists[0]}[].id.",
        )


@dataclass(slots=True)
class _Level:
    """The root (level 0) or the elements of one list of the record path, and the properties found there."""

    steps: Steps
    properties: list[tuple[str, list[Steps]]] = field(default_factory=list)
    visited: int = 0
    found: int = 0


class _Unnester:
    """Turns root records into rows."""

    def __init__(self, options: ReadOptions, exact: ExactJson, name: str) -> None:
        self.found: set[str] = set()
        self.barren_roots = 0
        self._exact = exact
        record_path = _parse_contract_path(options.record_path or "", name)
        self._levels = _split_levels(record_path)
        for prop, spellings in options.columns.items():
            by_level: dict[int, list[Steps]] = {}
            for spelling in spellings:
                path = _parse_contract_path(spelling, name)
                lists, steps = count_shared_lists(record_path, path)
                by_level.setdefault(lists, []).append(path[steps:])
            for level, paths in by_level.items():
                self._levels[level].properties.append((prop, paths))

    def rows(self, roots: Iterable[Any]) -> Iterator[dict[str, str | None]]:
        """Return one mapping of property (and ``_record``) to text per record."""
        for root in roots:
            empty = True
            for row in self._descend(root, 0, {}):
                empty = False
                yield row
            self.barren_roots += empty

    def refuse_lost_path(self, record_path: str, name: str, present: list[str]) -> None:
        """Refuse if some step of the record path was looked for and never found."""
        lost = next((level for level in self._levels[1:] if level.visited and not level.found), None)
        if lost is None:
            return
        near = ", ".join(sorted({path.split("[]")[0] + "[]" for path in present if "[]" in path})[:_SHOWN])
        raise RefusedFile(
            RefusalCode.RECORD_PATH,
            f"{name}: no record has '{'.'.join(step.name for step in lost.steps)}', a part of the record path "
            f"{record_path}. The lists found are {near or 'none'}.",
            "Correct recordPath in the contract.",
            column=record_path,
        )

    def _descend(self, element: Any, depth: int, outer: dict[str, str | None]) -> Iterator[dict[str, str | None]]:
        row = dict(outer)
        for prop, paths in self._levels[depth].properties:
            for path in paths:
                value = follow(element, path)
                if value is not ABSENT:
                    self.found.add(prop)
                    row[prop] = self._exact.to_text(value)
                    break
        if depth + 1 == len(self._levels):
            row[RECORD] = self._exact.write(element)
            yield row
            return
        level = self._levels[depth + 1]
        level.visited += 1
        last = level.steps[-1]
        container = follow(element, (*level.steps[:-1], type(last)(last.name, False)))
        if container is ABSENT:
            return
        level.found += 1
        for child in step_into(container) if last.many else [container]:
            yield from self._descend(child, depth + 1, row)


def _split_levels(record_path: Steps) -> list[_Level]:
    """Cut the record path behind every list; the first level is the root itself."""
    levels = [_Level(())]
    start = 0
    for position, step in enumerate(record_path, start=1):
        if step.many or position == len(record_path):
            levels.append(_Level(record_path[start:position]))
            start = position
    return levels


def _parse_contract_path(path: str, name: str) -> Steps:
    try:
        return parse_path(path)
    except ValueError as error:
        raise RefusedFile(
            RefusalCode.RECORD_PATH, f"{name} cannot be read: {error}", "Correct the path in the contract.", column=path
        ) from error


def _land_records(
    roots: Iterable[Any], exact: ExactJson, decoded: DecodedText, options: ReadOptions, name: str
) -> LandedFrame:
    unnester = _Unnester(options, exact, name)
    sampled: list[Any] = []
    batches: list[pl.DataFrame] = []
    columns = (*options.columns, RECORD)
    try:
        rows = unnester.rows(_sample(roots, sampled))
        while batch := list(islice(rows, _BATCH)):
            batches.append(_to_frame(batch, columns))
        present = list(dict.fromkeys(path for root in sampled for path in list_paths(root)))
    except RecursionError as error:
        raise too_deep(name, None) from error
    frame = pl.concat(batches) if batches else _to_frame([], columns)

    if options.record_path:
        unnester.refuse_lost_path(options.record_path, name, present)
    # Without records there is nothing a path could be missing from.
    missing = tuple(prop for prop in options.columns if prop not in unnester.found) if frame.height else ()
    _refuse_missing(missing, present, options, name)
    notes = [*decoded.notes, *(_describe_absent(prop, options.columns[prop], present) for prop in missing)]
    if options.record_path and unnester.barren_roots:
        notes.append(f"Root records without {options.record_path}, which landed no row: {unnester.barren_roots:,}.")
    if not frame.height:
        notes.append("The file holds no records.")
    frame = frame.with_columns(number_rows(frame.height, 1))
    return LandedFrame(frame, decoded.encoding, None, {}, missing, tuple(notes))


def _to_frame(rows: list[dict[str, str | None]], columns: tuple[str, ...]) -> pl.DataFrame:
    return pl.DataFrame([pl.Series(column, [row.get(column) for row in rows], pl.String) for column in columns])


def _sample(roots: Iterable[Any], sampled: list[Any]) -> Iterator[Any]:
    for root in roots:
        if len(sampled) < _SAMPLED_ROOTS:
            sampled.append(root)
        yield root


def _refuse_missing(missing: tuple[str, ...], present: list[str], options: ReadOptions, name: str) -> None:
    wanting = [prop for prop in missing if prop in options.required]
    if not wanting:
        return
    prop = wanting[0]
    looked_for = "; ".join(f"'{p}' (looked for {' or '.join(options.columns[p])})" for p in wanting)
    near = nearest(options.columns[prop], present)
    more = ", ..." if len(present) > _SHOWN else ""
    raise RefusedFile(
        RefusalCode.HEADER,
        f"{name}: no record has required {looked_for}. Found are {', '.join(present[:_SHOWN])}{more}.",
        f"Did you mean '{near}'? If so, add it to the synonyms of '{prop}' in the contract."
        if near
        else f"Correct the path of '{prop}' in the contract, or export with that field.",
        column=prop,
    )


def _describe_absent(prop: str, spellings: tuple[str, ...], present: list[str]) -> str:
    near = nearest(spellings, present)
    hint = f"; did you mean '{near}'?" if near else ""
    return f"No record has '{prop}' (looked for {' or '.join(spellings)}); it landed empty{hint}"
