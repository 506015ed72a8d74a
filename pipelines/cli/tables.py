"""What commands print: aligned tables, headings and JSON.

On a terminal tables fit its width and may have colours. Anywhere else they are plain lines of any length, so that
other programs can read them. What to print is the commands' business.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Final, Literal, NamedTuple

import click

_UNLIMITED: Final = 100_000

#: Colour of each word that tells a state.
STATE_STYLES: Final = {
    "built": "green", "unchanged": "dim", "held": "bold red", "empty": "dim",
    "pass": "green", "hold": "bold red", "never judged": "dim",
    "passed": "green", "failed": "red", "errored": "bold red", "skipped": "dim",
    "succeeded": "green", "running": "yellow", "interrupted": "yellow",
    "published": "green", "better": "green", "worse": "red",
    "block": "red", "quarantine": "yellow", "warn": "yellow",
}  # fmt: skip


class Column(NamedTuple):
    """A column of a printed table. Text that is cut where the terminal ends is `is_cut`; else it is folded."""

    title: str
    is_right: bool = False
    is_cut: bool = False
    style: str = ""


def show_table(columns: Sequence[Column], rows: Sequence[Sequence[object]], *, indent: int = 0) -> None:
    """Print rows under their column titles. A cell that is a word of `STATE_STYLES` takes its colour."""
    from rich.console import Console
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", show_edge=False)
    on_terminal = is_terminal()
    for column in columns:
        table.add_column(
            Text(column.title),
            justify="right" if column.is_right else "left",
            no_wrap=column.is_right or column.is_cut or not on_terminal,
            overflow="ellipsis" if column.is_cut else "fold",
            style=column.style,
        )
    for row in rows:
        table.add_row(*(Text(text, style=STATE_STYLES.get(text, "")) for text in map(_one_line, row)))
    width = shutil.get_terminal_size().columns if on_terminal else _UNLIMITED
    colors: Literal["standard"] | None = "standard" if on_terminal else None
    console = Console(file=StringIO(), width=width, force_terminal=on_terminal, color_system=colors)
    console.print(Padding(table, (0, 0, 0, indent), expand=False))
    for line in console.file.getvalue().splitlines():  # type: ignore[attr-defined]
        click.echo(line.rstrip())


def show_heading(title: str, detail: str = "") -> None:
    """Print a title, with what belongs beside it in a lighter tone."""
    click.echo(click.style(title, bold=True) + (f"  {click.style(detail, dim=True)}" if detail else ""))


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


def _one_line(cell: object) -> str:
    text = "" if cell is None else str(cell)
    return "".join(_shown(character) for character in text) if not text.isprintable() else text


def _shown(character: str) -> str:
    """Control characters as visible stand-ins: data must not be able to steer a terminal."""
    if character.isprintable():
        return character
    return {"\n": "⏎", "\t": " ", "\r": ""}.get(character, "�")
