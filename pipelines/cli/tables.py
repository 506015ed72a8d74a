"""What commands print: aligned tables, headings and JSON.

On a terminal tables fit its width and may have colours. Anywhere else they are plain lines of any length, so that
other programs can read them. What to print is the commands' business.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path
from textwrap import fill
from typing import Final, NamedTuple

import click

#: More rows than this are printed plainly even on a terminal: fitting them takes long.
_MOST_FITTED: Final = 500
#: Longer lines of text are hard to read.
_READABLE: Final = 110
_BETWEEN: Final = "  "
#: A verdict's summary that is longer is told in short.
_MOST_OF_A_SUMMARY: Final = 80
_SUMMARY: Final = re.compile(r"\w+( \w+)? (passed|held) ")

#: Colour of each word that tells a state.
STATE_STYLES: Final = {
    "built": "green", "unchanged": "dim", "held": "bold red", "empty": "dim",
    "pass": "green", "hold": "bold red", "never judged": "dim", "no files": "dim",
    "passed": "green", "failed": "red", "errored": "bold red", "skipped": "dim",
    "succeeded": "green", "running": "yellow", "interrupted": "yellow",
    "published": "green", "better": "green", "worse": "red",
    "breaking": "red", "compatible": "green",
    "block": "red", "quarantine": "yellow", "warn": "yellow",
}  # fmt: skip


class Column(NamedTuple):
    """A column of a printed table. Text that is cut where the terminal ends is `is_cut`; else it is folded.

    A column with a rank of `left_out` is not shown where the terminal is too narrow for all: 1 goes first.
    """

    title: str
    is_right: bool = False
    is_cut: bool = False
    left_out: int = 0


def show_table(columns: Sequence[Column], rows: Sequence[Sequence[object]], *, styles: Sequence[str] = ()) -> None:
    """Print rows under their column titles. A cell that is a word of `STATE_STYLES` takes its colour.

    Args:
        styles: a style for each row, empty for none; on a terminal only.
    """
    cells = [[one_line(cell) for cell in row] for row in rows]
    if is_terminal() and len(rows) <= _MOST_FITTED:
        columns, cells = _leave_out(columns, cells)
        _show_fitted(columns, cells, styles or [""] * len(cells))
    else:
        _show_plain(columns, cells)


def _leave_out(
    columns: Sequence[Column], cells: Sequence[Sequence[str]]
) -> tuple[Sequence[Column], Sequence[Sequence[str]]]:
    """Without the columns that may be left out, as many as it takes for the others to be shown whole."""
    from rich.cells import cell_len

    widths = [
        max(map(cell_len, [column.title, *(row[index] for row in cells)])) + len(_BETWEEN)
        for index, column in enumerate(columns)
    ]
    kept = list(range(len(columns)))
    for index in sorted(kept, key=lambda index: columns[index].left_out):
        if columns[index].left_out and sum(widths[other] for other in kept) > shutil.get_terminal_size().columns:
            kept.remove(index)
    return [columns[index] for index in kept], [[row[index] for index in kept] for row in cells]


def _show_fitted(columns: Sequence[Column], cells: Sequence[Sequence[str]], styles: Sequence[str]) -> None:
    """As wide as the terminal: texts are folded or cut, numbers never."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, len(_BETWEEN), 0, 0), header_style="bold", show_edge=False)
    for column in columns:
        table.add_column(
            Text(column.title),
            justify="right" if column.is_right else "left",
            no_wrap=column.is_right or column.is_cut,
            overflow="ellipsis" if column.is_cut else "fold",
        )
    for row, style in zip(cells, styles, strict=True):
        table.add_row(*(Text(text, style=STATE_STYLES.get(text, "")) for text in row), style=style or None)
    width = shutil.get_terminal_size().columns
    output = StringIO()
    Console(file=output, width=width, force_terminal=True, color_system="standard").print(table)
    click.echo(output.getvalue(), nl=False)


def _show_plain(columns: Sequence[Column], cells: Sequence[Sequence[str]]) -> None:
    """As wide as it takes."""
    from rich.cells import cell_len

    lines = [[column.title for column in columns], *cells]
    widths = [max(cell_len(line[index]) for line in lines) for index in range(len(columns))]
    for line in lines:
        padded = []
        for column, width, text in zip(columns, widths, line, strict=True):
            space = " " * (width - cell_len(text))
            padded.append(space + text if column.is_right else text + space)
        click.echo(_BETWEEN.join(padded).rstrip())


def in_short(summary: str, where: str = "'kpi check' tells all") -> str:
    """A verdict's summary without what does not fit into a line, and where the rest is told; never cut within a word.

    Other texts, and summaries that fit, stay as they are.
    """
    whole = one_line(summary)
    head, colon, _ = whole.partition(": ")
    if len(whole) <= _MOST_OF_A_SUMMARY or not colon or not _SUMMARY.match(whole):
        return whole
    return f"{head}; {where})" if "(" in head else f"{head} ({where})"


def show_heading(title: str, detail: str = "") -> None:
    """Print a title, with what belongs beside it in a lighter tone."""
    click.echo(click.style(title, bold=True) + (f"  {click.style(detail, dim=True)}" if detail else ""))


def show_paragraph(text: str, *, indent: int = 0) -> None:
    """Print a text, folded to the width of the terminal; one line anywhere else."""
    width = min(shutil.get_terminal_size().columns, _READABLE) if is_terminal() else sys.maxsize
    margin = " " * indent
    click.echo(fill(one_line(text), width, initial_indent=margin, subsequent_indent=margin, break_on_hyphens=False))


def show_json(document: object) -> None:
    """Print one JSON document. Decimals are texts, so that none is rounded; instants are ISO 8601 in UTC."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2, default=encode_value))


def encode_value(value: object) -> object:
    """A value that JSON does not know, as one that it does, losing nothing."""
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, datetime):
        return write_instant(value)
    if isinstance(value, date | Decimal | Path):
        return str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    return str(value)


def write_instant(instant: datetime) -> str:
    """ISO 8601; in UTC with a Z if the zone is known, with microseconds only where there are any."""
    if instant.tzinfo is None:
        return instant.isoformat()
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def is_terminal() -> bool:
    """Whether somebody looks at the output."""
    return sys.stdout.isatty()


def one_line(cell: object) -> str:
    """A text as it may stand in a line of a terminal."""
    text = "" if cell is None else str(cell)
    return "".join(_shown(character) for character in text) if not text.isprintable() else text


def _shown(character: str) -> str:
    """Control characters as visible stand-ins: data must not be able to steer a terminal."""
    if character.isprintable():
        return character
    return {"\n": "⏎", "\t": " ", "\r": ""}.get(character, "�")
