"""What a file that a command writes is to be: what `--format` says, or else the ending of its name.

One set of words for all commands with `-o`: a name that says nothing, and one that says something else than `--format`,
are refused, since a spreadsheet that is CSV inside opens with an error, in the program of whoever it was sent to.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pipelines.cli.exits import CommandError

#: What an ending says that a file is, also one that no command writes.
_OF_ENDING: Final[dict[str, str]] = {
    "csv": "csv",
    "json": "json",
    "parquet": "parquet",
    "xlsx": "xlsx",
    "xls": "xls",
    "xlsm": "xlsm",
    "html": "html",
    "htm": "html",
    "pptx": "pptx",
    "pdf": "pdf",
    "png": "png",
}
_NOT_ON_SCREEN: Final = {"parquet": "Parquet", "xlsx": "A workbook"}


def format_of_name(output: Path) -> str | None:
    """What the ending of a file's name says that it is; None where it says nothing."""
    return _OF_ENDING.get(output.suffix.lstrip(".").lower())


def asked_format(output_format: str | None, *, as_json: bool) -> str | None:
    """What `--format` and `--json` ask for.

    Raises:
        CommandError: they ask for two things.
    """
    if as_json and output_format not in (None, "json"):
        raise CommandError(f"--json and --format {output_format} say two things. Leave out one of them.")
    return "json" if as_json else output_format


def choose_format(asked: str | None, output: Path | None, known: Sequence[str], *, on_screen: str) -> str:
    """What to write: what was asked for, or else what the file's name says.

    Args:
        asked: what `--format` says.
        output: the file, if there is one.
        known: what the file can be.
        on_screen: what is shown where there is no file and nothing was asked for.

    Raises:
        CommandError: nobody says what the file is to be, its name says something else than what was asked for, or what
            was asked for cannot be shown on a screen.
    """
    if output is None:
        if asked in _NOT_ON_SCREEN:
            raise CommandError(f"{_NOT_ON_SCREEN[asked]} is not for reading on a screen; name a file with -o FILE.")
        return asked or on_screen
    by_name = format_of_name(output)
    if asked is not None:
        require_agreement(asked, output)
    chosen = asked or by_name
    if chosen not in known:
        raise CommandError(
            f"{what_name_says(output)} Known are {_listed([f'.{each}' for each in known])}: let its name end in "
            f"one of them, or add --format with {_listed(known, 'or')}."
        )
    return chosen


def require_agreement(asked: str, output: Path) -> None:
    """Refuse a name that says something else than what was asked for.

    Raises:
        CommandError: it does.
    """
    by_name = format_of_name(output)
    if by_name not in (None, asked):
        raise CommandError(
            f"--format {asked} and the name {output} say two things: a file of that name is {by_name}. Leave out "
            "--format, or choose another name."
        )


def what_name_says(output: Path) -> str:
    """A sentence on a name that the command cannot take."""
    if format_of_name(output) is not None:
        return f"{output} is not what this command writes."
    ends = f"that ends in '{output.suffix}'" if output.suffix else "without ending"
    return f"A file {output} {ends} could be anything."


def _listed(words: Sequence[str], joint: str = "and") -> str:
    return f"{', '.join(words[:-1])} {joint} {words[-1]}"
