"""Opening a file of which nothing is known: format, encoding, delimiter, header row, sheets, nested records.

What the columns mean does not belong here.
"""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import fastexcel
import polars as pl

from pipelines.infer.findings import OpenedFile, ReadTable
from pipelines.infer.nesting import describe_roots
from pipelines.readers import (
    ROW_NUMBER,
    FileFacts,
    LandedFrame,
    ReadOptions,
    inspect_file,
    read_export,
    slugify_header,
)
from pipelines.readers.files import open_content, read_content
from pipelines.readers.text import decode_text
from pipelines.words.numbers import count_of

_DELIMITERS: Final = (",", ";", "\t", "|")
_SAMPLED_RECORDS: Final = 300
_HEADER_SEARCH: Final = 20
_SAMPLE_CHARACTERS: Final = 400_000
_VALUE_LIKE: Final = re.compile(r"^[\s(£$€\-+]*[0-9][0-9.,:/\s%)\-]*$")
_PLAIN_SUFFIXES: Final = {"csv": ".csv", "json": ".json", "jsonl": ".jsonl", "xlsx": ".xlsx", "parquet": ".parquet"}


def open_unknown(path: Path) -> OpenedFile:
    """Read a file of an unknown export completely, as text.

    Raises:
        RefusedFile: when it is no export, damaged or unsafe; see `pipelines.readers`.
    """
    actual = path.resolve()
    facts = inspect_file(actual, actual.parent)
    return replace(_open(facts, _detect_format(facts)), file_names=(facts.name,))


def _open(facts: FileFacts, format_: str) -> OpenedFile:
    if format_ == "csv":
        return _open_delimited(facts)
    if format_ == "xlsx":
        return _open_workbook(facts)
    if format_ in ("json", "jsonl"):
        return _open_nested(facts, format_)
    if format_ == "xes":
        return _open_flat(facts, format_, "events", "event")
    return _open_flat(facts, format_, "rows", None)


def _detect_format(facts: FileFacts) -> str:
    with open_content(facts) as content:
        head = content.read(1 << 16)
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return "xlsx"
    text = head.removeprefix(b"\xef\xbb\xbf").replace(b"\x00", b"").lstrip()
    if text.startswith(b"<"):
        return "xes"
    if text[:1] not in (b"{", b"["):
        return "csv"
    first, _, rest = text.partition(b"\n")
    try:
        json.loads(first)
    except ValueError:
        # Either pretty-printed, or a first line longer than the sample.
        return "json" if rest or text.startswith(b"[") or len(head) < 1 << 16 else "jsonl"
    if text.startswith(b"["):
        return "json"
    return "jsonl" if rest.lstrip().startswith(b"{") or not _holds_records(first) else "json"


def _holds_records(line: bytes) -> bool:
    """Whether the only line of a file is a result page around its records, not a record."""
    document = json.loads(line)
    lists = [value for value in document.values() if isinstance(value, list) and value and isinstance(value[0], dict)]
    return len(lists) == 1 and len(document) <= 8


def _open_delimited(facts: FileFacts) -> OpenedFile:
    decoded = decode_text(read_content(facts), None, facts.name)
    sample = decoded.utf8[: 4 * _SAMPLE_CHARACTERS].decode("utf-8", "ignore")[:_SAMPLE_CHARACTERS]
    delimiter, header_row = _find_layout(sample, is_whole=len(decoded.utf8) <= len(sample.encode()))
    options = ReadOptions("csv", delimiter=delimiter, header_row=header_row)
    landed = read_export(facts, options)
    table = _to_table(landed, "rows", header_row=header_row)
    return OpenedFile(facts.name, "csv", _suffix(facts, "csv"), landed.encoding, landed.delimiter, (table,))


def _find_layout(sample: str, *, is_whole: bool) -> tuple[str, int]:
    """Return the delimiter and the header's row: the most regular reading, beginning earliest, with most columns."""
    best: tuple[tuple[bool, float, int, int], str, int] = ((False, 0.0, -_HEADER_SEARCH, 0), ",", 1)
    for delimiter in _DELIMITERS:
        records = _split(sample, delimiter)
        records = records if is_whole or len(records) < 3 else records[:-1]
        widths = Counter(len(record) for record in records if any(field.strip() for field in record))
        width = max(widths, key=lambda each: (widths[each], each), default=1)
        if width < 2:
            continue
        found = find_header_row(records, width)
        header_row = found or 1
        body = [record for record in records[header_row - 1 :] if any(field.strip() for field in record)]
        share = sum(len(record) == width for record in body) / max(len(body), 1)
        score = (found is not None, round(share, 1), -header_row, width)
        if score > best[0]:
            best = (score, delimiter, header_row)
    return best[1], best[2]


def _split(sample: str, delimiter: str) -> list[list[str]]:
    records: list[list[str]] = []
    try:
        for record in csv.reader(sample.splitlines(keepends=True), delimiter=delimiter):
            records.append(record)
            if len(records) == _SAMPLED_RECORDS:
                break
    except csv.Error:
        pass
    return records


def find_header_row(records: Sequence[Sequence[str | None]], width: int) -> int | None:
    """Return the row, counted from 1, that names the columns: full width, filled, and words rather than values."""
    for number, record in enumerate(records[:_HEADER_SEARCH], start=1):
        filled = [field for field in record if field and field.strip()]
        words = [field for field in filled if not _VALUE_LIKE.match(field)]
        if len(record) >= width and len(filled) >= max(0.6 * width, 1) and len(words) >= 0.8 * len(filled):
            return number
    return None


def _open_workbook(facts: FileFacts) -> OpenedFile:
    workbook = fastexcel.read_excel(read_content(facts))
    tables, remarks = [], []
    for sheet in workbook.sheet_names:
        cells = workbook.load_sheet(sheet, header_row=None, skip_rows=0, dtypes="string").to_polars()
        if cells.height < 2 or cells.width < 2:
            remarks.append(f"Sheet '{sheet}' was left out: it holds no table.")
            continue
        rows = cells.head(_HEADER_SEARCH).rows()
        width = max(sum(cell is not None for cell in row) for row in cells.head(_SAMPLED_RECORDS).rows())
        header_row = find_header_row(rows, width) or 1
        landed = read_export(facts, ReadOptions("xlsx", header_row=header_row, sheet=sheet))
        name = slugify_header(sheet) or "rows"
        tables.append(_to_table(landed, name, header_row=header_row, sheet=sheet))
    return OpenedFile(facts.name, "xlsx", "*.xlsx", None, None, tuple(tables), tuple(remarks))


def _open_flat(facts: FileFacts, format_: str, name: str, record_path: str | None) -> OpenedFile:
    landed = read_export(facts, ReadOptions(format_, record_path=record_path))
    table = _to_table(landed, name, record_path=record_path)
    return OpenedFile(facts.name, format_, _suffix(facts, format_), landed.encoding, None, (table,))


def _open_nested(facts: FileFacts, format_: str) -> OpenedFile:
    decoded = decode_text(read_content(facts), None, facts.name)
    text = decoded.utf8.decode()
    # The reader parses again, exactly and with its own refusals; here only the structure counts.
    roots = [json.loads(line) for line in text.splitlines() if line.strip()] if format_ == "jsonl" else json.loads(text)
    structure = describe_roots(roots if isinstance(roots, list) else [roots], is_document=isinstance(roots, dict))
    tables = []
    for name, record_path, paths in structure.objects:
        columns = {column: (path,) for column, path in paths.items()}
        landed = read_export(facts, ReadOptions(format_, record_path=record_path, columns=columns))
        frame = landed.frame.select(*columns, ROW_NUMBER)
        tables.append(ReadTable(name, frame, paths, record_path=record_path, notes=landed.notes))
    suffix = _suffix(facts, format_)
    return OpenedFile(facts.name, format_, suffix, decoded.encoding, None, tuple(tables), structure.remarks)


def _to_table(
    landed: LandedFrame, name: str, *, header_row: int = 1, sheet: str | None = None, record_path: str | None = None
) -> ReadTable:
    headers = dict(landed.unknown_columns)
    frame = landed.frame.select(*headers, ROW_NUMBER)
    is_blank = pl.all_horizontal(pl.col(column).str.strip_chars().fill_null("").eq("") for column in headers)
    blank = frame.filter(is_blank)[ROW_NUMBER]
    notes = landed.notes
    if 0 < len(blank) < frame.height:
        # They are no lines to a run either, and would make every column look as if it lacked values.
        frame = frame.filter(~is_blank)
        rows = f"{count_of(len(blank), 'row')} without a value in any column (such as row {blank[0]})"
        notes = (*notes, f"{rows}: they land, and no run counts them.")
    return ReadTable(name, frame, _distinct(headers), header_row, sheet, record_path, notes)


def _distinct(headers: dict[str, str]) -> dict[str, str]:
    """Headers as a contract may name them: a repeated one by its number, as the reader numbers it."""
    seen: Counter[str] = Counter()
    named = {}
    for column, header in headers.items():
        key = header.strip().casefold()
        seen[key] += 1
        named[column] = header.strip() if seen[key] == 1 else f"{header.strip()}_{seen[key]}"
    return named


def _suffix(facts: FileFacts, format_: str) -> str:
    """The pattern for the landing folder: by the file's own ending, whatever its compression."""
    name = facts.member or facts.path.name
    stem = re.sub(r"\.(gz|zip)$", "", name, flags=re.IGNORECASE)
    ending = Path(stem).suffix.lower() or _PLAIN_SUFFIXES.get(format_, f".{format_}")
    return f"*{ending}" if format_ in ("xlsx", "parquet") else f"*{ending}*"
