"""The packaged analyst's questions: SQL files with a header of comments, in `sql/queries`.

A header line is `-- question: ...`, `-- parameter <name>: <meaning>` or `-- example: ...`. A parameter's meaning may be
followed by what its values are, ` [date]`, ` [number]` or ` [one of: <value>, <value>]`, and by ` [default: <value>]`
if it may be left out. Here they are found and decoded; commands list and run them (`pipelines.cli.query`),
and the report takes every number from them (`pipelines.report`).
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Final

_HEADER: Final = re.compile(r"--\s*(question|parameters?|example)\b\s*([a-z_0-9]*)\s*:\s*(.*)", re.IGNORECASE)
_VALUES: Final = re.compile(r"\s*\[(date|number|one of:\s*([^\]]*?))\s*\]")
_ISO_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?")
_DEFAULT: Final = re.compile(r"\s*\[default:\s*(.*?)\s*\]\s*$")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value that a question asks for.

    Attributes:
        name: name in the SQL, without `$`.
        meaning: what it is, in words.
        default: value if it is not given; None if it must be given.
        form: `date`, `number`, or nothing for any text.
        choices: the only values that there are; nothing for any.
    """

    name: str
    meaning: str
    default: str | None
    form: str = ""
    choices: tuple[str, ...] = ()

    def mistake(self, value: str) -> str | None:
        """What is wrong with a value that was given, as a whole sentence; None if nothing is."""
        if value == self.default:
            return None
        if self.choices and value not in self.choices:
            near = difflib.get_close_matches(value, self.choices, n=1)
            return f"it is one of {', '.join(self.choices)}" + (f"; did you mean '{near[0]}'?" if near else ".")
        if self.form == "date" and not _is_date(value):
            default = f", or {self.default}" if self.default and not _is_date(self.default) else ""
            return f"it is a day such as 2026-06-01 (year, month and day){default}."
        if self.form == "number" and not _NUMBER.fullmatch(value):
            return "it is a number such as 10 or 0.95, with a point and no thousands separators."
        return None


def _is_date(value: str) -> bool:
    if not _ISO_DATE.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Question:
    """One packaged query."""

    name: str
    question: str
    parameters: tuple[Parameter, ...]
    example: str
    text: str


def list_questions() -> list[Question]:
    """All packaged questions, by name."""
    folder = resources.files("sql") / "queries"
    if not folder.is_dir():
        return []
    files = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".sql")), key=lambda entry: entry.name)
    return [read_question(entry.name.removesuffix(".sql"), entry.read_text(encoding="utf-8")) for entry in files]


@cache
def packaged_questions() -> dict[str, Question]:
    """All packaged questions by name, read once."""
    return {question.name: question for question in list_questions()}


def read_question(name: str, text: str) -> Question:
    """Decode the header of a query."""
    question, example = "", ""
    parameters: list[Parameter] = []
    for line in text.splitlines():
        if line.strip() and not line.startswith("--"):
            break
        found = _HEADER.match(line)
        if found is None:
            continue
        key, parameter, said = found[1].lower(), found[2], found[3].strip()
        if key == "question":
            question = said
        elif key == "example":
            example = said
        elif parameter:
            parameters.append(_read_parameter(parameter, said))
    return Question(name, question, tuple(parameters), example, text)


def _read_parameter(name: str, said: str) -> Parameter:
    default, values = _DEFAULT.search(said), _VALUES.search(said)
    meaning = _VALUES.sub("", _DEFAULT.sub("", said))
    choices = tuple(re.split(r"\s*,\s*", values[2])) if values and values[2] else ()
    form = values[1] if values and not choices else ""
    return Parameter(name, meaning, default[1] if default else None, form, choices)
