"""The head of a delimited file: its first records, and the delimiter they speak for.

Reading the whole file does not belong here.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import islice
from typing import Final

from pipelines.readers.headers import count_matches

# Where nothing else decides, the one that is rarest within values wins.
DELIMITERS: Final = ("\t", "|", ";", ",")
_SAMPLE_BYTES: Final = 256 << 10
_SAMPLE_RECORDS: Final = 500
_LINE: Final = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n|\Z)")

# The module's default of 128 KiB a field is less than a pasted e-mail thread in a ticket's description.
csv.field_size_limit(min(sys.maxsize, 2**31 - 1))


class HeadRecords:
    """Iterates over the records at the start of UTF-8 text and knows where the next one begins.

    Attributes:
        offset: byte position after the records taken so far.
    """

    def __init__(self, utf8: bytes, delimiter: str, quote: str) -> None:
        self.offset = 0
        self._utf8 = utf8
        self._records = read_records(self._lines(), delimiter, quote)

    def __iter__(self) -> Iterator[list[str]]:
        return self._records

    def _lines(self) -> Iterator[str]:
        while self.offset < len(self._utf8):
            line = _LINE.match(self._utf8, self.offset)
            assert line is not None
            self.offset = line.end()
            yield line.group().decode("utf-8", "replace")


def read_records(lines: Iterator[str], delimiter: str, quote: str) -> Iterator[list[str]]:
    """Split lines into records; quotes count only at the start of a field, as spreadsheets read them."""
    if quote:
        return csv.reader(lines, delimiter=delimiter, quotechar=quote)
    return csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE)


def detect_delimiter(utf8: bytes, quote: str, header_row: int, columns: Mapping[str, tuple[str, ...]]) -> str:
    """Choose among comma, semicolon, tab and bar.

    What counts, in this order: how many properties of the contract find their header; the share of the first records
    as wide as the header, so that decimal commas do not make a comma-separated file; the width. A file of a single
    column gets a delimiter that does not split its records.
    """
    scores: dict[str, tuple[int, float, int]] = {}
    for delimiter in DELIMITERS:
        records = _sample(utf8, delimiter, quote)[header_row - 1 :]
        if not records:
            continue
        header, body = records[0], [record for record in records[1:] if record]
        share = sum(len(record) == len(header) for record in body) / len(body) if body else 1.0
        scores[delimiter] = (count_matches(header, columns), share, len(header))
    splitting = {delimiter: score for delimiter, score in scores.items() if score[2] > 1}
    # One stray delimiter in the only header of a single-column file is no reason to split it.
    whole = {delimiter: score for delimiter, score in scores.items() if score[2] == 1}
    best = max(splitting, key=splitting.__getitem__, default=None)
    sole = max(whole, key=whole.__getitem__, default=None)
    if best is None or (sole is not None and splitting[best][0] < whole[sole][0]):
        return sole or ","
    return best


def _sample(utf8: bytes, delimiter: str, quote: str) -> list[list[str]]:
    head = utf8[:_SAMPLE_BYTES]
    records: list[list[str]] = []
    # What cannot be parsed with this delimiter speaks for itself through the records before it.
    with suppress(csv.Error):
        records.extend(islice(HeadRecords(head, delimiter, quote), _SAMPLE_RECORDS))
    # The sample may end in the middle of a record.
    return records[:-1] if len(head) < len(utf8) and 1 < len(records) < _SAMPLE_RECORDS else records
