"""One publication as the dashboard reads it: opened read-only for one page, so that all its numbers are of one run.

What the questions are is said by the pages; how a metric is measured, by `metrics.measuring`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from metrics.periods import Period
from models.vocabulary import NO_VALUE, Grain
from pipelines.cli.published import open_published, publication_of
from pipelines.dashboard.filters import Filters
from pipelines.published.publication import PublicationFacts, Reach, read_reaches
from pipelines.questions import packaged_questions
from pipelines.words.business_hours import CLOCK_NOTE, are_published_by_the_clock
from pipelines.words.certainty import WHOLE, Told
from pipelines.words.missing_values import explain_missing, periods_told
from pipelines.words.periods import describe_incomplete, describe_late, describe_not_compared, sentence_case
from pipelines.words.restatements import describe_earlier_value

if TYPE_CHECKING:
    import duckdb

    from pipelines.home import Home


#: What answers are remembered by: publication, SQL and parameters.
_Key = tuple[str, str, str]
#: Answers that are kept at most, of any publication; the oldest goes first.
_MOST_ANSWERS: Final = 256


@dataclass(slots=True)
class Answers:
    """Answers that were given already. The pages of all readers share one."""

    known: dict[_Key, pl.DataFrame] = field(default_factory=dict)

    def keep(self, key: _Key, answer: pl.DataFrame) -> None:
        """Remember an answer."""
        while len(self.known) >= _MOST_ANSWERS:
            self.known.pop(next(iter(self.known)), None)
        self.known[key] = answer


class Snapshot:
    """The published file, open for reading. Use `open_snapshot`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, answers: Answers) -> None:
        self._connection = connection
        self._answers = answers
        self.publication: PublicationFacts = publication_of(connection)
        self.reaches: list[Reach] = read_reaches(connection)

    def ask(self, query: str, parameters: Mapping[str, Any] | None = None) -> pl.DataFrame:
        """The answer to a query with `$name` parameters, in the order of its rows."""
        key = (self.publication.publication_id, query, repr(sorted((parameters or {}).items())))
        answer = self._answers.known.get(key)
        if answer is None:
            answer = self._connection.sql(query, params=dict(parameters or {})).pl()
            self._answers.keep(key, answer)
        return answer

    def values(self, dimension: str) -> list[str]:
        """The values of a breakdown for which anything is published, in order."""
        query = """
            SELECT DISTINCT dimension_value FROM mart.metric_values
            WHERE dimension = $dimension AND dimension_value IS NOT NULL AND period_grain = 'quarter'
            ORDER BY ALL
        """
        return self.ask(query, {"dimension": dimension})["dimension_value"].to_list()

    def span(self) -> tuple[date, date]:
        """From the first month of which anything is published to the day of the data's own clock."""
        query = """
            SELECT min(period_start_date) AS first FROM mart.metric_values
            WHERE period_grain = 'month' AND eligible_count > 0
        """
        publication = self.publication
        last = (publication.as_of_at or publication.published_at).date()
        first: date | None = self.ask(query)["first"].item()
        return min(first or last, last), last

    def definitions(self) -> pl.DataFrame:
        """`meta.metrics`, in the order of the registry."""
        return self.ask("FROM meta.metrics ORDER BY rowid")

    def definition(self, metric: str) -> dict[str, Any]:
        """What is published of one metric's meaning and state."""
        return self.definitions().row(by_predicate=pl.col("metric") == metric, named=True)

    def meanings(self, relation: str) -> dict[str, str]:
        """What is declared of the columns of a view or table, by name.

        Args:
            relation: `schema.name`.
        """
        schema, _, name = relation.partition(".")
        query = """
            SELECT column_name, comment FROM duckdb_columns()
            WHERE schema_name = $schema AND table_name = $name AND comment IS NOT NULL
        """
        return dict(self.ask(query, {"schema": schema, "name": name}).rows())

    def latest_periods(self, grain: str) -> dict[str, date]:
        """First day of the period of which each metric is told if nobody names one; those without one are left out."""
        return periods_told(self._connection, grain)

    def late_note(self, metric: str, grain: str) -> str:
        """That a metric is told of an earlier period than the report is, and why; empty if it is not."""
        question = packaged_questions()["numbers_of_a_period"]
        parameters = {parameter.name: parameter.default for parameter in question.parameters}
        numbers = self.ask(question.text, {**parameters, "period_grain": grain})
        row = numbers.row(by_predicate=pl.col("metric") == metric, named=True) if not numbers.is_empty() else None
        if row is None or row["is_wanted_closed"] is not False:
            return ""
        names = row["first_ended_data"].split(", ") if row["first_ended_data"] else []
        last = next((reach.last_date for reach in self.reaches if reach.data in names[:1]), None)
        wanted = Period(Grain(grain), row["wanted_start_date"])
        incomplete = describe_incomplete(wanted, row["label"], names, last)
        return describe_late(incomplete, row["period_start_date"], grain)

    def not_compared(self, metric: str, grain: str, start: date) -> str:
        """Why a closed period or the one before it is not whole, so that they are not compared; else empty."""
        parameters = {"period_grain": grain, "period_start_date": start.isoformat()}
        numbers = self.ask(packaged_questions()["numbers_of_a_period"].text, parameters)
        row = numbers.row(by_predicate=pl.col("metric") == metric, named=True)
        return describe_not_compared(start, grain, row)

    def told(self, metric: str, grain: str, start: date) -> Told:
        """Of which days of a period data tell."""
        found = self.ask(
            "SELECT told_from_date, told_until_date FROM mart.partial_periods "
            "WHERE metric = $metric AND period_grain = $grain AND period_start_date = CAST($start AS DATE)",
            {"metric": metric, "grain": grain, "start": start.isoformat()},
        )
        return WHOLE if found.is_empty() else Told(*found.row(0))

    def restated_note(self, metric: str, grain: str, start: date) -> str:
        """What was told of a closed period over everything before, until when, and why no longer; else empty."""
        question = packaged_questions()["restated_values"]
        parameters = {parameter.name: parameter.default for parameter in question.parameters}
        found = self.ask(question.text, {**parameters, "metric": metric})
        of_the_period = found.filter(period_grain=grain, period_start_date=start).to_dicts()
        return describe_earlier_value(of_the_period, self.publication.currency, self.publication.time_zone)

    def clock_note(self) -> str:
        """That business hours are hours of the clock, as a sentence; empty where some calendar is open less."""
        return f"{sentence_case(CLOCK_NOTE)}." if are_published_by_the_clock(self._connection) else ""

    def no_value_reason(self, metric: str, grain: str, start: date | None) -> str:
        """Why a metric has no value over everything; empty if it has one.

        Args:
            start: first day of the period that is shown; None if no closed one is.
        """
        told = {metric: start} if start is not None else None
        return explain_missing(self._connection, grain, told).get(metric, "")

    def rows_of(self, relation: str, filters: Filters, *, day: str | None = None) -> pl.DataFrame:
        """The rows of a view of `mart` that the filters let through.

        Args:
            day: SQL of the instant or date that has to lie in the filters' period; None if it does not matter.
        """
        columns = set(self.ask(f"DESCRIBE mart.{relation}")["column_name"])
        chosen = {name: list(values) for name, values in filters.chosen.items() if name in columns}
        conditions = [f"list_contains(${name}, coalesce({name}, '{NO_VALUE}'))" for name in chosen]
        parameters: dict[str, Any] = dict(chosen)
        if day is not None:
            zone = self.publication.time_zone
            local = f"CAST(timezone($zone, {day}) AS DATE)" if day.endswith("_at") else day
            conditions.append(f"{local} BETWEEN $first AND $last")
            parameters |= {"first": filters.first, "last": filters.last}
            if day.endswith("_at"):
                parameters["zone"] = zone
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        return self.ask(f"SELECT * FROM mart.{relation} {where}", parameters)


@contextmanager
def open_snapshot(home: Home, answers: Answers) -> Iterator[Snapshot]:
    """The publication that is there now.

    Raises:
        CommandError: nothing is published yet, or the file cannot be opened.
    """
    with open_published(home) as connection:
        yield Snapshot(connection, answers)
