"""CSV and its relatives, read completely: whatever a record looks like, all of its text lands.

Parsed by Arrow's CSV reader rather than Polars' own: it treats a quote inside an unquoted field as text, and hands over
records of the wrong width with their number instead of failing or padding them unseen. Both take under two seconds for
a million rows of fifteen columns.

Types and null tokens do not belong here; encodings are in ``text``, the first records in ``dialect``.
"""

from __future__ import annotations

import csv
import io
import json
from itertools import islice
from typing import Final

import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.csv  # type: ignore[import-untyped]

from pipelines.readers.dialect import DELIMITERS, HeadRecords, detect_delimiter, read_records
from pipelines.readers.files import FileFacts, read_content
from pipelines.readers.headers import HeaderMatch, count_matches, match_headers
from pipelines.readers.landing import land_columns
from pipelines.readers.line_ends import ReturnShield, repair_doubled_returns
from pipelines.readers.options import SURPLUS, LandedFrame, ReadOptions
from pipelines.readers.refusals import RefusalCode, RefusedFile
from pipelines.readers.text import decode_text
from pipelines.words.numbers import count_of

_BLOCK_BYTES: Final = 8 << 20
_END: Final = "\x1eend of export\x1e"
_HEADER_SEARCH: Final = 20
_LISTED: Final = 5
_INDEX: Final = "_index"


def read_delimited(facts: FileFacts, options: ReadOptions) -> LandedFrame:
    """Read a delimited text file.

    Every record below the header lands, blank lines and totals too. A short record is padded with nulls; the surplus
    fields of a long one land as a JSON array in ``_surplus``; both are noted. A last record that is short, in a file
    that does not end with a line end, means a cut-off file, unless another record is exactly as short.

    Raises:
        RefusedFile: ``encoding``, ``binary``, ``empty``, ``header``, ``format`` or ``truncated``.
    """
    data = read_content(facts)
    _refuse_other_format(data, facts.name)
    text = decode_text(data, options.encoding, facts.name)
    del data
    utf8, repair_notes = repair_doubled_returns(text.utf8)
    delimiter = options.delimiter or detect_delimiter(utf8, options.quote, options.header_row, options.columns)

    preamble, header, offset = _read_head(utf8, delimiter, options, facts.name)
    match = _match(header, utf8, delimiter, options, facts.name)
    shield = ReturnShield(utf8[:offset], utf8[offset:])
    del utf8
    frame, notes = _read_body(shield, len(header), delimiter, options, facts.name)
    notes = [*text.notes, *repair_notes, *_describe_preamble(preamble), *match.notes, *notes]
    return land_columns(
        frame,
        match,
        options,
        first_row=options.header_row + 1,
        encoding=text.encoding,
        delimiter=delimiter,
        notes=notes,
    )


def _refuse_other_format(data: bytes, name: str) -> None:
    known = (
        (b"PK\x03\x04", "a workbook or an archive within an archive"),
        (b"\x1f\x8b", "compressed twice"),
        (b"PAR1", "a Parquet file"),
        (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    )
    for magic, what in known:
        if data.startswith(magic):
            raise RefusedFile(
                RefusalCode.FORMAT,
                f"{name} is {what}, not the delimited text that the contract says.",
                "Correct the format in the contract's server entry, or export as CSV.",
            )


def _read_head(utf8: bytes, delimiter: str, options: ReadOptions, name: str) -> tuple[list[list[str]], list[str], int]:
    """Return the records before the header, the header, and the byte offset of what follows."""
    head = HeadRecords(utf8, delimiter, options.quote)
    try:
        records = list(islice(head, options.header_row))
    except csv.Error as error:
        raise RefusedFile(
            RefusalCode.HEADER,
            f"{name}: the header cannot be read ({error}).",
            "Check the delimiter in the contract, and the header for a quote that is never closed.",
            row=options.header_row,
        ) from error
    if len(records) < options.header_row:
        raise RefusedFile(
            RefusalCode.HEADER,
            f"{name} has {count_of(len(records), 'row')}, but the contract says that the header is row "
            f"{options.header_row}.",
            "Correct headerRow in the contract, or export again.",
            row=options.header_row,
        )
    header = records[-1]
    if not any(field.strip() for field in header):
        raise RefusedFile(
            RefusalCode.HEADER,
            f"{name}: row {options.header_row}, which should hold the headers, is blank.",
            "Say in the contract (headerRow) which row holds them.",
            row=options.header_row,
        )
    return records[:-1], header, head.offset


def _match(header: list[str], utf8: bytes, delimiter: str, options: ReadOptions, name: str) -> HeaderMatch:
    try:
        return match_headers(header, options.columns, options.required, file_name=name, header_row=options.header_row)
    except RefusedFile as refusal:
        hint = _find_header_elsewhere(header, utf8, delimiter, options)
        if hint is None:
            raise
        raise RefusedFile(refusal.code, refusal.message, hint, row=refusal.row, column=refusal.column) from refusal


def _find_header_elsewhere(header: list[str], utf8: bytes, delimiter: str, options: ReadOptions) -> str | None:
    """Look for a better explanation of missing columns than a renaming: another row, another delimiter."""
    found = count_matches(header, options.columns)
    # Without a declared delimiter, the one detected is that of the wrong row.
    for candidate in (delimiter,) if options.delimiter else DELIMITERS:
        records = islice(HeadRecords(utf8, candidate, options.quote), _HEADER_SEARCH)
        matches = [count_matches(record, options.columns) for record in records]
        best = max(range(len(matches)), key=matches.__getitem__)
        if matches[best] > found and best + 1 != options.header_row:
            return f"Row {best + 1} looks like the header: write headerRow: {best + 1} into the contract."
    detected = detect_delimiter(utf8, options.quote, options.header_row, options.columns)
    if detected != delimiter and len(header) == 1 and detected in header[0]:
        return (
            f"The delimiter looks like {detected!r}, not {delimiter!r}: export it as before, or write under "
            f"customProperties of the contract: - {{property: delimiter, value: {json.dumps(detected)}}}."
        )
    return None


def _read_body(
    shield: ReturnShield, width: int, delimiter: str, options: ReadOptions, name: str
) -> tuple[pl.DataFrame, list[str]]:
    """Return the records as columns 0, 1, ... (plus ``_surplus`` if needed) in the order of the file, and notes."""
    columns = [str(position) for position in range(width)]
    body = shield.body
    if not body:
        return pl.DataFrame(schema=dict.fromkeys(columns, pl.String)), ["The file holds a header and no records."]
    ends_in_line_end = body.endswith((b"\n", b"\r"))
    odd: dict[int, list[str]] = {}

    def keep_odd_record(record: pa.csv.InvalidRow) -> str:
        fields = read_records(io.StringIO(record.text, newline=""), delimiter, options.quote)
        odd[record.number - 1] = [shield.restore(field) for field in next(iter(fields), [])]
        return "skip"

    # A record of our own at the very end comes back whole only if no quote is left open before it.
    end = (b"" if ends_in_line_end else b"\n") + (_END + delimiter * (width - 1) + "\n").encode()
    table = _parse(body + end, columns, delimiter, options.quote, keep_odd_record)
    count = table.num_rows - 1 + len(odd)
    if table.num_rows == 0 or table.column(0)[-1].as_py() != _END:
        row = options.header_row + count + 1
        raise RefusedFile(
            RefusalCode.TRUNCATED,
            f"{name} is cut off: a quote opens in row {row} and is never closed.",
            "Export or transfer it again. If it is whole, a value in that row begins with a stray quote: remove it.",
            row=row,
        )
    frame = shield.restore_all(pl.DataFrame(pl.from_arrow(table.slice(0, table.num_rows - 1))))
    if odd and not ends_in_line_end:
        _refuse_cut_record(odd, count, width, options, name)
    if not odd:
        return frame, []
    return _splice(frame, odd, columns, count), _describe_odd(odd, width, options.header_row)


def _parse(data: bytes, columns: list[str], delimiter: str, quote: str, on_odd: object) -> pa.Table:
    block_bytes = _BLOCK_BYTES
    while True:
        try:
            return pa.csv.read_csv(
                pa.BufferReader(data),
                # One thread: only then do records of the wrong width come with their number. It is no slower.
                read_options=pa.csv.ReadOptions(column_names=columns, block_size=block_bytes, use_threads=False),
                parse_options=pa.csv.ParseOptions(
                    delimiter=delimiter,
                    quote_char=quote or False,
                    newlines_in_values=True,
                    ignore_empty_lines=False,
                    invalid_row_handler=on_odd,
                ),
                convert_options=pa.csv.ConvertOptions(
                    column_types=dict.fromkeys(columns, pa.large_string()),
                    null_values=[""],
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=True,
                    check_utf8=False,
                ),
            )
        except pa.ArrowInvalid as error:
            # A single record longer than a block; rare enough to start over with room for all of them.
            if "straddling" not in str(error) or block_bytes > len(data):
                raise
            block_bytes = len(data) + 1


def _refuse_cut_record(odd: dict[int, list[str]], count: int, width: int, options: ReadOptions, name: str) -> None:
    last = odd.get(count - 1)
    if last is None or len(last) >= width:
        return
    if any(len(fields) == len(last) for index, fields in odd.items() if index != count - 1):
        return
    row = options.header_row + count
    raise RefusedFile(
        RefusalCode.TRUNCATED,
        f"{name} is cut off: its last record, row {row}, has {len(last)} of {width} fields and no line end.",
        "Export or transfer the file again. If it is whole, end its last line with a line end.",
        row=row,
    )


def _splice(frame: pl.DataFrame, odd: dict[int, list[str]], columns: list[str], count: int) -> pl.DataFrame:
    """Put the records of other widths back into their places."""
    width = len(columns)
    indexes = pl.Series(_INDEX, range(count), dtype=pl.Int64)
    regular = frame.with_columns(indexes.filter(~indexes.is_in(list(odd))).alias(_INDEX))
    irregular = pl.DataFrame(
        [
            [
                *((field or None) for field in fields[:width]),
                *[None] * (width - len(fields)),
                _join_surplus(fields[width:]),
                index,
            ]
            for index, fields in odd.items()
        ],
        schema={**dict.fromkeys([*columns, SURPLUS], pl.String), _INDEX: pl.Int64},
        orient="row",
    )
    whole = pl.concat([regular, irregular], how="diagonal").sort(_INDEX).drop(_INDEX)
    return whole if whole[SURPLUS].count() else whole.drop(SURPLUS)


def _join_surplus(fields: list[str]) -> str | None:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")) if any(fields) else None


def _describe_odd(odd: dict[int, list[str]], width: int, header_row: int) -> list[str]:
    short = [header_row + 1 + index for index, fields in sorted(odd.items()) if len(fields) < width]
    long = [header_row + 1 + index for index, fields in sorted(odd.items()) if any(fields[width:])]
    notes = []
    if short:
        notes.append(f"{_count_records(short)} fewer than {width} fields ({_list_rows(short)}); the rest is null.")
    if long:
        notes.append(
            f"{_count_records(long)} more than {width} fields ({_list_rows(long)}); the surplus landed in {SURPLUS}."
        )
    return notes


def _count_records(rows: list[int]) -> str:
    return "1 record has" if len(rows) == 1 else f"{len(rows):,} records have"


def _list_rows(rows: list[int]) -> str:
    listed = ", ".join(f"{row}" for row in rows[:_LISTED])
    return f"row{'s' if len(rows) > 1 else ''} {listed}{', ...' if len(rows) > _LISTED else ''}"


def _describe_preamble(preamble: list[list[str]]) -> list[str]:
    if not preamble:
        return []
    shown = " / ".join(" ".join(field for field in record if field) for record in preamble)
    told = count_of(len(preamble), "row above the header is no record", "rows above the header are not records")
    return [f"{told} and did not land: {shown[:300]}"]
