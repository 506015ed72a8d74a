"""Several files of one export, seen as one: which of their headers are the same column, spelt in other ways.

The reader ignores capitals, spaces and punctuation; what is left is a misspelling, which a contract names as synonym.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import polars as pl

from pipelines.infer.findings import OpenedFile, ReadTable
from pipelines.infer.opening import open_unknown
from pipelines.readers import normalise_header

#: How alike two headers are that are no longer two words.
_ALIKE: Final = 0.85


def open_together(paths: Sequence[Path]) -> OpenedFile:
    """Files of one export as if they were one, under the headers of the first.

    Raises:
        RefusedFile: a file is no export, damaged or unsafe; see `pipelines.readers`.
        ValueError: the files are not of one export: they differ in format, or have hardly a header in common.
    """
    first, *others = (open_unknown(path) for path in paths)
    for other in others:
        first = _join(first, other)
    return first


def _join(first: OpenedFile, other: OpenedFile) -> OpenedFile:
    if first.format != other.format or len(first.tables) != 1 or len(other.tables) != 1:
        raise ValueError(
            f"{first.name} ({first.format}) and {other.name} ({other.format}) are not files of one export. "
            "Draft a contract for each."
        )
    table = _join_tables(first, other)
    return replace(
        first,
        encoding=first.encoding if first.encoding == other.encoding else None,
        delimiter=first.delimiter if first.delimiter == other.delimiter else None,
        tables=(table,),
        file_names=(*first.file_names, *other.file_names),
    )


def _join_tables(first: OpenedFile, other: OpenedFile) -> ReadTable:
    (table,), (added,) = first.tables, other.tables
    owners = _same_columns(table, added.headers)
    if len(owners) < max(2, len(added.headers) // 2):
        raise ValueError(
            f"{first.name} and {other.name} are not files of one export: {len(owners)} of {len(added.headers)} headers "
            "are the same. Draft a contract for each."
        )
    headers, synonyms = dict(table.headers), {name: list(texts) for name, texts in table.synonyms.items()}
    names: dict[str, str] = {}
    for column, header in added.headers.items():
        owner = owners.get(column)
        if owner is None:
            owner = column if column not in headers else f"{column}_of_{other.name.partition('.')[0]}"
            headers[owner] = header
        elif normalise_header(header) not in {normalise_header(text) for text in _spellings(table, owner)}:
            synonyms.setdefault(owner, []).append(header)
        names[column] = owner
    notes = table.notes
    if added.header_row != table.header_row:
        notes = (*notes, f"CHECK: in {other.name} the column names stand in row {added.header_row}.")
    frame = pl.concat([table.frame, added.frame.rename(names)], how="diagonal")
    return replace(
        table,
        frame=frame,
        headers=headers,
        notes=(*notes, *added.notes),
        synonyms={name: tuple(texts) for name, texts in synonyms.items()},
    )


def _same_columns(table: ReadTable, headers: Mapping[str, str]) -> dict[str, str]:
    """Column of another file -> the column that it is here: equal but for punctuation first, then the most alike."""
    forms = {normalise_header(text): column for column in table.headers for text in _spellings(table, column)}
    owners = {column: forms[form] for column, header in headers.items() if (form := normalise_header(header)) in forms}
    for column, header in headers.items():
        free = {form: owner for form, owner in forms.items() if owner not in owners.values()}
        close = difflib.get_close_matches(normalise_header(header), free, n=1, cutoff=_ALIKE)
        if column not in owners and close:
            owners[column] = free[close[0]]
    return owners


def _spellings(table: ReadTable, column: str) -> tuple[str, ...]:
    return (table.headers[column], *table.synonyms.get(column, ()))
