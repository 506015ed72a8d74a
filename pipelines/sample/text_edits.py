"""Small edits of written CSV files that leave every untouched row byte for byte as it was.

Only for putting faults into sample files: it relies on their having no line break inside a value.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self


class CsvEdit:
    """An open CSV file whose rows can be read, replaced, added and removed; written back on leaving the block.

    `rows[0]` is the first row after the header. A row that is not replaced keeps its bytes.
    """

    def __init__(self, path: Path, *, encoding: str = "utf-8", delimiter: str = ",") -> None:
        self._path = path
        self._encoding = encoding
        self._delimiter = delimiter
        text = path.read_bytes().decode(encoding)
        self._newline = "\r\n" if "\r\n" in text else "\n"
        self._lines = text.split(self._newline)[:-1]
        self.columns = self._parse(self._lines[0])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            text = "".join(line + self._newline for line in self._lines)
            self._path.write_bytes(text.encode(self._encoding))

    def __len__(self) -> int:
        return len(self._lines) - 1

    def __getitem__(self, index: int) -> dict[str, str]:
        return dict(zip(self.columns, self._parse(self._lines[index + 1]), strict=True))

    def __iter__(self) -> Iterator[dict[str, str]]:
        return (self[index] for index in range(len(self)))

    def replace(self, index: int, **values: str) -> None:
        """Set some values of a row. Column names with blanks are passed as `**{"Posting date": ...}`."""
        self._lines[index + 1] = self._write(self[index] | values)

    def add(self, row: dict[str, str], before: int | None = None) -> None:
        """Add a row at the end, or before another."""
        self._lines.insert(len(self._lines) if before is None else before + 1, self._write(row))

    def remove(self, indices: set[int]) -> None:
        """Remove rows."""
        self._lines = [line for number, line in enumerate(self._lines) if number - 1 not in indices]

    def rename_column(self, old: str, new: str) -> None:
        """Rename a column in the header."""
        self.columns = [new if column == old else column for column in self.columns]
        self._lines[0] = self._write(dict(zip(self.columns, self.columns, strict=True)))

    def middle(self, wanted: list[int]) -> int:
        """The middle one of some row indices.

        Raises ValueError where there is none: the sample is too small for the fault.
        """
        if not wanted:
            raise ValueError(f"{self._path.name} has no row that this defect could change; ask for more tickets.")
        return wanted[len(wanted) // 2]

    def _parse(self, line: str) -> list[str]:
        return next(csv.reader([line], delimiter=self._delimiter))

    def _write(self, row: dict[str, str]) -> str:
        buffer = io.StringIO()
        csv.writer(buffer, delimiter=self._delimiter, lineterminator="").writerow(row.values())
        return buffer.getvalue()


def latest_file(landing: Path, export: str) -> Path:
    """The last file of an export in order of name, which for all exports is the latest period."""
    return max((landing / export).iterdir(), key=lambda path: path.name)
