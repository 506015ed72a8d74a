"""Why a packaged question has no row to answer with: a name that is not there, days the wrong way round, or no data.

It is told by the names of the parameters, which mean the same in every question (`pipelines.questions`). No error: an
empty answer can be the true one.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from pipelines.cli.published import describe_reaches
from pipelines.published.publication import read_reaches
from pipelines.questions import Question
from pipelines.words.numbers import count_of, list_some

if TYPE_CHECKING:
    import duckdb

#: What stands for all, or for a day that the data decide.
_NO_NAMES: Final = ("*", "")
_SPANS: Final = (("from_date", "to_date"), ("from_month", "to_month"))
#: Columns of tickets that name what a breakdown has: also of tickets of which nothing was measured.
_TICKET_COLUMNS: Final = ("team", "priority", "service")
_MOST_NAMES: Final = 5


def explain_no_rows(connection: duckdb.DuckDBPyConnection, question: Question, values: Mapping[str, str]) -> list[str]:
    """Why a question has no answer, in whole sentences: what is certainly wrong, else what may be the reason.

    Args:
        connection: to the published file.
        values: of all the question's parameters.
    """
    told = [*_wrong_names(connection, values), *_wrong_spans(question, values)]
    told = told or _never_restated(connection, question, values)
    told = told or _metric_without_values(connection, question, values)
    return told or _beyond_data(connection, question, values)


def _wrong_names(connection: duckdb.DuckDBPyConnection, values: Mapping[str, str]) -> list[str]:
    told = []
    for name, value in values.items():
        if value in _NO_NAMES:
            continue
        known = _names_of(connection, name)
        if known and value not in known:
            called = "KPI" if name == "metric" else name
            told.append(f"There is no {called} '{value}'. {_nearest(value, known, called)}")
    return told


def _names_of(connection: duckdb.DuckDBPyConnection, parameter: str) -> list[str]:
    """The names that a parameter can have; none if it is no name or nothing has one."""
    if parameter == "metric":
        query = "SELECT metric FROM meta.metrics ORDER BY rowid"
    elif parameter in ("team", "priority", "service", "vendor"):
        query = f"SELECT DISTINCT dimension_value FROM mart.metric_values WHERE dimension = '{parameter}'"
        if parameter in _TICKET_COLUMNS:
            query += f" UNION SELECT {parameter} FROM core.fct_tickets WHERE {parameter} IS NOT NULL"
        query += " ORDER BY 1"
    else:
        return []
    return [name for (name,) in connection.execute(query).fetchall()]


def _nearest(value: str, known: Sequence[str], called: str) -> str:
    by_lower = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(value.casefold(), by_lower, n=1, cutoff=0.6)
    if near:
        return f"Did you mean '{by_lower[near[0]]}'?"
    if called == "KPI":
        return "'kpi metrics' lists them all."
    return f"There are {list_some(known, _MOST_NAMES)}."


def _wrong_spans(question: Question, values: Mapping[str, str]) -> list[str]:
    days = _days_of(question, values)
    return [
        f"{first} {days[first]} is after {last} {days[last]}, so there is no day between them."
        for first, last in _SPANS
        if first in days and last in days and days[first] > days[last]
    ]


def _days_of(question: Question, values: Mapping[str, str]) -> dict[str, str]:
    """Days that were chosen, in ISO form, which sorts as days do; neither defaults nor words such as `latest`."""
    return {
        each.name: values[each.name]
        for each in question.parameters
        if each.form == "date"
        and values.get(each.name, each.default) != each.default
        and values[each.name][0].isdigit()
    }


def _never_restated(connection: duckdb.DuckDBPyConnection, question: Question, values: Mapping[str, str]) -> list[str]:
    """That nothing was told otherwise, where that is asked for: there is nothing wrong with the question."""
    if question.name != "restated_values":
        return []
    asked = values.get("metric", "*")
    restated = [name for (name,) in connection.execute("SELECT DISTINCT metric FROM meta.restated_values").fetchall()]
    if not restated:
        return ["No value of a closed month or quarter was told otherwise than before."]
    if asked == "*" or asked in restated:
        return []
    others = f"of {count_of(len(restated), 'other KPI')} there {'is one' if len(restated) == 1 else 'are some'}"
    told = f"No value of {asked} in a closed month or quarter was told otherwise than before"
    return [f"{told}; {others}: metric=* lists all."]


def _metric_without_values(
    connection: duckdb.DuckDBPyConnection, question: Question, values: Mapping[str, str]
) -> list[str]:
    """What is to say of the KPI that is asked for: it cannot be taken apart, or has no value at all."""
    from metrics.kinds import Percentile
    from metrics.registry import metric_named
    from pipelines.words.missing_values import explain_missing

    name = values.get("metric", "*")
    try:
        metric = metric_named(name)
    except KeyError:
        return []
    if question.name == "what_drove_a_change" and isinstance(metric.kind, Percentile):
        told = "percentiles cannot be taken apart: nothing that teams add up to is the percentile of all"
        return [f"{name} is a percentile, and {told}. Ask for a mean, a sum or a share; 'kpi metrics' lists the KPIs."]
    reason = explain_missing(connection, values.get("period_grain", "month")).get(name)
    return [f"{name} has no value: {reason}."] if reason else []


def _beyond_data(connection: duckdb.DuckDBPyConnection, question: Question, values: Mapping[str, str]) -> list[str]:
    """How the chosen days lie to the data, which is what may be the reason."""
    first = connection.execute("SELECT min(period_start_date) FROM mart.metric_values").fetchall()[0][0]
    reaches = read_reaches(connection)
    last = max((reach.last_date for reach in reaches if reach.last_date is not None), default=None)
    if first is None or last is None:
        return ["Nothing is measured yet: 'kpi status' says what is read and held."]
    days = _days_of(question, values)
    until = describe_reaches(reaches)
    span = f"the first period with values begins on {first}, {until}"
    for name, day in days.items():
        if (name.startswith("to_") and day < first.isoformat()) or (
            name.startswith("from_") and day > last.isoformat()
        ):
            side = "before" if name.startswith("to_") else "after"
            return [f"{name} {day} is {side} all data: {span}."]
    chosen = ", ".join(f"{each.name}={values[each.name]}" for each in question.parameters if each.name in values)
    # Of what is so on a day, such as contracts that end soon, nothing need be there whatever the periods are.
    has_period = any(
        each.name == "period_grain" or each.name.startswith(("from_", "to_")) for each in question.parameters
    )
    told = span if has_period else until
    return [f"Nothing that is published answers to {chosen}: {told}." if chosen else f"Nothing answers: {told}."]
