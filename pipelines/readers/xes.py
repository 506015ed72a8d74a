"""XES event logs, read as a stream: one row per event, or one per trace (case).

Attributes become columns named by their key, those of the trace with ``case:`` before it. Nested attributes become
``outer.inner``; a key that repeats within one holder becomes a JSON array. The log's own attributes, its globals,
classifiers and extensions describe the log, not its records, and do not land.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import BinaryIO, Final
from xml.parsers import expat

import polars as pl

from pipelines.readers.files import FileFacts, open_content
from pipelines.readers.headers import match_headers
from pipelines.readers.landing import land_columns
from pipelines.readers.options import LandedFrame, ReadOptions
from pipelines.readers.refusals import RefusalCode, RefusedFile

_CHUNK: Final = 1 << 18
_BATCH: Final = 50_000
_ATTRIBUTES: Final = frozenset({"string", "date", "int", "float", "boolean", "id", "list", "container"})
_CASE_PREFIX: Final = "case:"
# One widespread exporter repeats the attributes of the case at each of its events under this prefix.
_REPEATED_CASE_PREFIX: Final = "(case)"

Values = dict[str, str | list[str]]


def read_event_log(facts: FileFacts, options: ReadOptions) -> LandedFrame:
    """Read an XES log; memory grows with the resulting text only, never with the XML.

    With record path ``trace``, attributes that an exporter repeated at every event of the case as ``(case)...`` are
    taken from its events; where they differ, as a JSON array in order of appearance.

    Raises:
        RefusedFile: ``truncated``, ``corrupt`` or ``format`` for what is no XES log; ``unsafe_xml`` for a document type
            or entity declaration; ``record_path`` for one other than event and trace; ``header``.
    """
    grain = (options.record_path or "event").removesuffix("[]")
    if grain not in ("event", "trace"):
        raise RefusedFile(
            RefusalCode.RECORD_PATH,
            f"{facts.name} cannot be read: '{options.record_path}' is no record of an event log.",
            "Write recordPath: event or recordPath: trace into the contract.",
            column=options.record_path,
        )
    rows = _RowStore()
    log = _LogParser(facts.name, rows.add_events if grain == "event" else rows.add_case)
    with open_content(facts) as content:
        log.read(content)
    frame, keys = rows.finish()
    match = match_headers(
        keys, options.columns, options.required if frame.height else frozenset(), file_name=facts.name
    )
    notes = list(match.notes)
    if grain == "event" and rows.barren_cases:
        notes.append(f"Cases without events, which landed no row: {rows.barren_cases:,}.")
    if not frame.height:
        notes.append("The file holds no records.")
    return land_columns(frame, match, options, first_row=1, encoding=log.encoding, notes=notes)


class _RowStore:
    """Collects rows in batches, since a Python dictionary a row would take many times the memory of the frame."""

    def __init__(self) -> None:
        self.barren_cases = 0
        self._keys: dict[str, None] = {}
        self._rows: list[dict[str, str | None]] = []
        self._batches: list[pl.DataFrame] = []

    def add_events(self, case: Values, events: list[Values]) -> None:
        """Add a row per event of a case."""
        self.barren_cases += not events
        shared = {f"{_CASE_PREFIX}{key}": _to_text(value) for key, value in case.items()}
        for event in events:
            self._add({**shared, **{key: _to_text(value) for key, value in event.items()}})

    def add_case(self, case: Values, events: list[Values]) -> None:
        """Add one row for a case."""
        row = {f"{_CASE_PREFIX}{key}": _to_text(value) for key, value in case.items()}
        repeated: dict[str, dict[str, None]] = {}
        for event in events:
            for key, value in event.items():
                text = _to_text(value)
                if key.startswith(_REPEATED_CASE_PREFIX) and text is not None:
                    repeated.setdefault(key, {})[text] = None
        for key, values in repeated.items():
            row[key] = next(iter(values)) if len(values) == 1 else _to_text(list(values))
        self._add(row)

    def finish(self) -> tuple[pl.DataFrame, list[str]]:
        """Return the rows with columns 0, 1, ..., and the key of each."""
        self._flush()
        frame = pl.concat(self._batches, how="diagonal") if self._batches else pl.DataFrame()
        keys = list(self._keys)
        return frame.select(pl.col(key).alias(str(position)) for position, key in enumerate(keys)), keys

    def _add(self, row: dict[str, str | None]) -> None:
        self._keys.update(dict.fromkeys(row))
        self._rows.append(row)
        if len(self._rows) == _BATCH:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            self._batches.append(
                pl.DataFrame([pl.Series(key, [row.get(key) for row in self._rows], pl.String) for key in self._keys])
            )
            self._rows = []


class _LogParser:
    """Walks through the XML and hands over each finished case with its events."""

    def __init__(self, name: str, hand_over: Callable[[Values, list[Values]], None]) -> None:
        self.encoding = "utf-8"
        self._name = name
        self._hand_over = hand_over
        self._open: list[str] = []
        self._case: Values = {}
        self._events: list[Values] = []
        self._holder: Values | None = None
        self._prefixes: list[str] = []

    def read(self, content: BinaryIO) -> None:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        parser.EntityDeclHandler = self._refuse_doctype
        parser.XmlDeclHandler = self._note_encoding
        at_end = False
        try:
            for chunk in _chunks(content):
                parser.Parse(chunk, False)
            at_end = True
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            if at_end:
                raise RefusedFile(
                    RefusalCode.TRUNCATED,
                    f"{self._name} is cut off: the XML ends in line {error.lineno} before the log is closed.",
                    "Export or transfer the file again.",
                    row=error.lineno,
                ) from error
            raise RefusedFile(
                RefusalCode.CORRUPT,
                f"{self._name}, line {error.lineno}: not valid XML ({expat.ErrorString(error.code)}).",
                "Export the file again.",
                row=error.lineno,
            ) from error
        except (ValueError, LookupError) as error:
            raise RefusedFile(
                RefusalCode.ENCODING,
                f"{self._name} declares an encoding that cannot be read ({error}).",
                "Export the log as UTF-8.",
            ) from error

    def _note_encoding(self, _version: str, encoding: str | None, _standalone: int) -> None:
        self.encoding = (encoding or "utf-8").lower()

    def _refuse_doctype(self, *_declaration: object) -> None:
        raise RefusedFile(
            RefusalCode.UNSAFE_XML,
            f"{self._name} declares a document type or entities, through which XML can read other files or swell up.",
            "Export the log as plain XES, without a DOCTYPE.",
        )

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        element = tag.rpartition(" ")[2]
        if not self._open and element != "log":
            raise RefusedFile(
                RefusalCode.FORMAT,
                f"{self._name} is not an XES event log: its outermost element is <{element}>.",
                "Correct the format in the contract's server entry.",
            )
        self._open.append(element)
        depth = len(self._open)
        if depth == 2 and element == "trace":
            self._case, self._events = {}, []
            self._holder = self._case
        elif depth == 3 and element == "event" and self._open[1] == "trace":
            self._events.append({})
            self._holder = self._events[-1]
        elif self._holder is not None and element in _ATTRIBUTES:
            key = ".".join((*self._prefixes, attributes.get("key", element)))
            self._prefixes.append(attributes.get("key", element))
            if "value" in attributes:
                _put(self._holder, key, attributes["value"])

    def _end(self, _tag: str) -> None:
        element = self._open.pop()
        depth = len(self._open) + 1
        if depth == 2 and element == "trace":
            self._hand_over(self._case, self._events)
            self._holder = None
        elif depth == 3 and element == "event" and self._holder is not None:
            self._holder = self._case
        elif self._holder is not None and element in _ATTRIBUTES:
            self._prefixes.pop()


def _chunks(content: BinaryIO) -> Iterator[bytes]:
    while chunk := content.read(_CHUNK):
        yield chunk


def _put(holder: Values, key: str, value: str) -> None:
    present = holder.get(key)
    if present is None:
        holder[key] = value
    elif isinstance(present, list):
        present.append(value)
    else:
        holder[key] = [present, value]


def _to_text(value: str | list[str]) -> str | None:
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return value or None
