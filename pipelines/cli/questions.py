"""The packaged analyst's questions: SQL files with a header of comments, to list and to run.

A header line is `-- question: ...`, `-- parameter <name>: <meaning>` or `-- example: ...`. A parameter's meaning may be
followed by what its values are, ` [date]`, ` [number]` or ` [one of: <value>, <value>]`, and by ` [default: <value>]`
if it may be left out. The queries themselves are in `sql/queries`.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from datetime import date
from importlib import resources
from typing import Final

from pipelines.cli.exits import CommandError

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


def question_named(name: str) -> Question:
    """The packaged question of that name.

    Raises:
        CommandError: there is none; the message suggests the one that was meant.
    """
    questions = {question.name: question for question in list_questions()}
    if name in questions:
        return questions[name]
    near = difflib.get_close_matches(name, questions, n=1, cutoff=0.4)
    hint = f"Did you mean '{near[0]}'?" if near else "'kpi query --list' lists them all."
    raise CommandError(f"There is no packaged query '{name}'. {hint}")


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


def fill_parameters(question: Question, given: dict[str, str]) -> dict[str, str]:
    """The given parameters, with the defaults of the others.

    Raises:
        CommandError: one is missing, not known, or has a value that it cannot have.
    """
    known = {parameter.name: parameter for parameter in question.parameters}
    unknown = [name for name in given if name not in known]
    if unknown:
        names = ", ".join(known) or "none"
        raise CommandError(f"'{question.name}' has no parameter '{unknown[0]}'. It has: {names}.")
    values = {name: parameter.default for name, parameter in known.items() if parameter.default is not None} | given
    for name, value in given.items():
        mistake = known[name].mistake(value)
        if mistake:
            raise CommandError(f"{name} of '{question.name}' cannot be '{value}': {mistake}")
    for name, parameter in known.items():
        if name not in values:
            raise CommandError(
                f"'{question.name}' needs {name}: {parameter.meaning}. Give it with --param {name}=VALUE."
                + (f" Example: {question.example}" if question.example else "")
            )
    return values
