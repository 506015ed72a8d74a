"""The packaged analyst's questions: SQL files with a header of comments, to list and to run.

A header line is `-- question: ...`, `-- parameter <name>: <meaning>` (with ` [default: <value>]` at its end if it may
be left out), or `-- example: ...`. The queries themselves are in `sql/queries`.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from importlib import resources
from typing import Final

from pipelines.cli.exits import CommandError

_HEADER: Final = re.compile(r"--\s*(question|parameters?|example)\b\s*([a-z_0-9]*)\s*:\s*(.*)", re.IGNORECASE)
_DEFAULT: Final = re.compile(r"\s*\[default:\s*(.*?)\s*\]\s*$")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value that a question asks for. `default` is None if it must be given."""

    name: str
    meaning: str
    default: str | None


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
            default = _DEFAULT.search(said)
            parameters.append(Parameter(parameter, _DEFAULT.sub("", said), default[1] if default else None))
    return Question(name, question, tuple(parameters), example, text)


def fill_parameters(question: Question, given: dict[str, str]) -> dict[str, str]:
    """The given parameters, with the defaults of the others.

    Raises:
        CommandError: one is missing, or not known.
    """
    known = {parameter.name: parameter for parameter in question.parameters}
    unknown = [name for name in given if name not in known]
    if unknown:
        names = ", ".join(known) or "none"
        raise CommandError(f"'{question.name}' has no parameter '{unknown[0]}'. It has: {names}.")
    values = {name: parameter.default for name, parameter in known.items() if parameter.default is not None} | given
    for name, parameter in known.items():
        if name not in values:
            raise CommandError(
                f"'{question.name}' needs {name}: {parameter.meaning}. Give it with --param {name}=VALUE."
                + (f" Example: {question.example}" if question.example else "")
            )
    return values
