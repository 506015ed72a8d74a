"""The packaged analyst's questions on the command line: the one that was meant, and its parameters."""

from __future__ import annotations

import difflib

from pipelines.cli.exits import CommandError
from pipelines.questions import Parameter, Question, list_questions, read_question

__all__ = ["Parameter", "Question", "fill_parameters", "list_questions", "question_named", "read_question"]


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
