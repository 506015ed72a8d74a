"""Asking a published file the packaged questions, so that an analyst can repeat every number of a report.

Nothing is computed here; what is asked is in `sql/queries`.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from pipelines.questions import packaged_questions


@dataclass(frozen=True)
class Answer:
    """What a packaged question gave.

    Attributes:
        question: its name.
        asked: the question itself.
        parameters: those that were given, without the defaults.
        rows: by column name.
    """

    question: str
    asked: str
    parameters: Mapping[str, str]
    columns: tuple[str, ...]
    rows: tuple[dict[str, Any], ...]

    @property
    def command(self) -> str:
        """The command that gives the same rows."""
        given = "".join(f" --param {shlex.quote(f'{name}={value}')}" for name, value in self.parameters.items())
        return f"kpi query --query {self.question}{given}"


def ask(connection: duckdb.DuckDBPyConnection, name: str, **parameters: str) -> Answer:
    """Run a packaged question.

    Args:
        connection: to a published file.
        parameters: those that are not to have their default.

    Raises:
        KeyError: there is no such question, or it has no such parameter.
    """
    question = packaged_questions()[name]
    values = {parameter.name: parameter.default for parameter in question.parameters}
    for parameter, value in parameters.items():
        if parameter not in values:
            raise KeyError(f"{name} has no parameter {parameter}")
        values[parameter] = value
    cursor = connection.execute(question.text, values or None)
    columns = tuple(column[0] for column in cursor.description or ())
    rows = tuple(dict(zip(columns, row, strict=True)) for row in cursor.fetchall())
    return Answer(name, question.question, parameters, columns, rows)
