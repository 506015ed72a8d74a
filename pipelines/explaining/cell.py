"""Which published value is meant: a KPI, a period and a breakdown value as people write them, and what is published."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from metrics.periods import Period, local_date_of
from metrics.spec import AS_OF_DATE, Metric
from models.ddl import quote_text
from models.vocabulary import NO_VALUE, Dimension, Grain
from pipelines.published.rows import read_rows
from pipelines.words.numbers import list_all
from pipelines.words.periods import name_period

if TYPE_CHECKING:
    import duckdb

_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
#: Periods that a message lists at most.
_MOST_PERIODS: Final = 6


class NotPublishedError(Exception):
    """What is asked for is not published. The message says what is near, for somebody who reads no Python."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One published value, and what is published beside it.

    Attributes:
        metric: the KPI.
        period: its period.
        dimension: `overall`, or the breakdown.
        member: value of the breakdown; empty text for overall.
        published: its row of `mart.metric_values`.
        definition: the KPI's row of `meta.metrics`.
        as_of_date: day of the data's clock of the published values, in the reporting time zone.
        currency: of reporting amounts.
        time_zone: in which days are cut.
        is_default: whether nobody named the period.
    """

    metric: Metric
    period: Period
    dimension: Dimension
    member: str
    published: Mapping[str, Any]
    definition: Mapping[str, Any]
    as_of_date: date
    currency: str
    time_zone: str
    is_default: bool

    @property
    def is_whole(self) -> bool:
        """Whether it is the value over everything."""
        return self.dimension is Dimension.OVERALL

    @property
    def is_held(self) -> bool:
        """Whether the value is that of an earlier publication, because the gate holds the KPI."""
        return bool(self.definition["publication_state"] == "held")

    @property
    def is_of_the_clock(self) -> bool:
        """Whether it is measured as of the data's clock alone, and has no period that could be over."""
        return is_of_the_clock(self.metric)

    @property
    def last_day(self) -> date:
        """Last day of the period of which anything is known."""
        return min(self.period.end, self.as_of_date)

    @property
    def days(self) -> tuple[str, str]:
        """First and last day of the period, in SQL."""
        return _date(self.period.start), _date(self.period.end)

    def of_member(self, relation: str = "") -> str:
        """Condition in SQL that a row belongs to the breakdown's value; true for the whole.

        Args:
            relation: name of the relation that has the breakdown's column.
        """
        if self.is_whole:
            return "TRUE"
        column = f"{relation}.{self.dimension.value}" if relation else self.dimension.value
        return f"coalesce({column}, {quote_text(NO_VALUE)}) = {quote_text(self.member)}"

    @property
    def arguments(self) -> list[str]:
        """What a command line is to say to mean it."""
        by = [] if self.is_whole else ["--by", f"{self.dimension.value}={self.member}"]
        return [self.metric.name, self.period.name, *by]


def _date(day: date) -> str:
    return f"DATE '{day.isoformat()}'"


def find_cell(connection: duckdb.DuckDBPyConnection, metric: Metric, period: str | None, by: str | None) -> Cell:
    """The published value that is meant.

    Args:
        connection: to a published file.
        period: as people write it, or None for the latest closed month.
        by: `team=Service Desk`, or None for the value over everything.

    Raises:
        NotPublishedError: there is no such breakdown, value of it or period; the message says which there are.
    """
    definition = read_rows(connection, "FROM meta.metrics WHERE metric = $metric", {"metric": metric.name})
    if not definition or definition[0]["publication_state"] == "empty":
        raise NotPublishedError(_why_empty(connection, metric))
    run = read_rows(connection, "FROM meta.run")[0]
    dimension, member = _breakdown(connection, metric, by)
    wanted = Period(*_parse(period)) if period is not None else None
    rows = _values(connection, metric, dimension, member, wanted)
    chosen = rows[0] if wanted is not None and rows else _latest(connection, metric, rows) if rows else None
    if chosen is None:
        raise NotPublishedError(_why_no_value(connection, metric, dimension, member, wanted))
    found = Period(Grain(chosen["period_grain"]), chosen["period_start_date"])
    zone = run["reporting_time_zone"]
    return Cell(
        metric, found, dimension, member, chosen, definition[0], _as_of(definition[0], zone, found),
        run["reporting_currency_code"], zone, is_default=wanted is None,
    )  # fmt: skip


def _as_of(definition: Mapping[str, Any], zone: str, period: Period) -> date:
    as_of: datetime | None = definition["fresh_as_of_at"]
    return local_date_of(as_of, zone) if as_of is not None else period.end


def _parse(text: str) -> tuple[Grain, date]:
    from pipelines.report.period import parse_period

    try:
        # The standard library reads weeks as days, too.
        if _DAY.fullmatch(text.strip()):
            return Grain.DAY, date.fromisoformat(text.strip())
        parsed = parse_period(text)
    except ValueError as error:
        told = f"'{text}' is no period; write a month 2026-10, a week 2026-W45, a quarter 2026-Q3 or a day 2026-10-14."
        raise NotPublishedError(told) from error
    return parsed.grain, parsed.start


def _breakdown(connection: duckdb.DuckDBPyConnection, metric: Metric, by: str | None) -> tuple[Dimension, str]:
    if by is None:
        return Dimension.OVERALL, ""
    name, equals, member = by.partition("=")
    allowed = [each for each in metric.dimensions if each is not Dimension.OVERALL]
    name, member = name.strip().lower(), member.strip()
    if not allowed:
        raise NotPublishedError(f"{metric.name} is published over everything only: it has no breakdown.")
    if name not in {each.value for each in allowed}:
        told = list_all([each.value for each in allowed])
        raise NotPublishedError(f"{metric.name} is not broken down by '{name}'. It is by {told}.")
    query = """
        SELECT DISTINCT dimension_value FROM mart.metric_values
        WHERE metric = $metric AND dimension = $dimension ORDER BY 1
    """
    known = [row["dimension_value"] for row in read_rows(connection, query, {"metric": metric.name, "dimension": name})]
    if member in known:
        return Dimension(name), member
    by_case = {each.casefold(): each for each in known}
    if member.casefold() in by_case:
        return Dimension(name), by_case[member.casefold()]
    if not equals or not member:
        raise NotPublishedError(f"Write --by {name}=VALUE. {_members(name, known)}")
    near = [by_case[each] for each in difflib.get_close_matches(member.casefold(), by_case, n=3, cutoff=0.5)]
    hint = f"Did you mean {' or '.join(repr(each) for each in near)}?" if near else _members(name, known)
    raise NotPublishedError(f"{metric.name} has no value of the {name} '{member}'. {hint}")


def _members(name: str, known: Sequence[str]) -> str:
    more = f" and {len(known) - 20} more" if len(known) > 20 else ""
    return f"There are values of {name}: {', '.join(known[:20])}{more}." if known else f"There is none by {name} yet."


def _values(
    connection: duckdb.DuckDBPyConnection, metric: Metric, dimension: Dimension, member: str, wanted: Period | None
) -> list[dict[str, Any]]:
    """The row of the wanted period, or all rows of the KPI's months, latest first."""
    grain = wanted.grain if wanted else Grain.MONTH
    parameters = {
        "metric": metric.name, "dimension": dimension.value, "member": member, "grain": grain.value,
        "start": wanted.start if wanted else None,
    }  # fmt: skip
    query = """
        FROM mart.metric_values
        WHERE metric = $metric AND dimension = $dimension AND dimension_value = $member
            AND period_grain = $grain AND ($start IS NULL OR period_start_date = $start)
        ORDER BY period_start_date DESC
    """
    return read_rows(connection, query, parameters)


def _latest(
    connection: duckdb.DuckDBPyConnection, metric: Metric, rows: Sequence[dict[str, Any]]
) -> dict[str, Any] | None:
    """Of which month it is told if nobody names one: the one of report and `kpi metrics`, if it has a row there."""
    from pipelines.words.missing_values import periods_told

    told = periods_told(connection, Grain.MONTH.value).get(metric.name)
    closed = [row for row in rows if row["is_period_closed"] and (told is None or row["period_start_date"] <= told)]
    return next(iter(closed), None) or next(iter(rows), None)


def _why_empty(connection: duckdb.DuckDBPyConnection, metric: Metric) -> str:
    from pipelines.words.missing_values import explain_missing

    reason = explain_missing(connection, Grain.MONTH.value).get(metric.name, "nothing counts for it yet")
    return f"{metric.name} has no value at all: {reason}."


def _why_no_value(
    connection: duckdb.DuckDBPyConnection, metric: Metric, dimension: Dimension, member: str, wanted: Period | None
) -> str:
    query = """
        SELECT period_grain, count(*) AS period_count, min(period_start_date) AS first_date,
            max(period_start_date) AS last_date, list(period_start_date ORDER BY period_start_date DESC) AS starts
        FROM mart.metric_values
        WHERE metric = $metric AND dimension = $dimension AND dimension_value = $member
        GROUP BY period_grain
    """
    rows = read_rows(connection, query, {"metric": metric.name, "dimension": dimension.value, "member": member})
    by_grain = {row["period_grain"]: row for row in rows}
    of = "" if dimension is Dimension.OVERALL else f" for the {dimension.value} '{member}'"
    grain = wanted.grain.value if wanted else Grain.MONTH.value
    if wanted is not None and wanted.grain not in metric.grains:
        grains = list_all([each.value for each in metric.grains])
        return (
            f"{metric.name} is not published by {grain}, but by {grains}. {_periods(by_grain, metric.grains[0].value)}"
        )
    when = f" of {name_period(wanted.start, grain)}" if wanted else " of any month"
    stock = " It is of the day of the data's clock alone." if is_of_the_clock(metric) else ""
    return f"There is no value of {metric.name}{when}{of}.{stock} {_periods(by_grain, grain)}"


def is_of_the_clock(metric: Metric) -> bool:
    """Whether a KPI is measured as of the data's clock alone, such as the age of open work."""
    return metric.population.period_column == AS_OF_DATE


def _periods(by_grain: Mapping[str, Mapping[str, Any]], grain: str) -> str:
    """Which periods there are: all of few, the ends of many."""
    row = by_grain.get(grain)
    if row is None:
        return "There is none at all."
    names = [Period(Grain(grain), start).name for start in row["starts"]]
    if len(names) <= _MOST_PERIODS:
        return f"There is one of {list_all(names[::-1])}."
    return f"There are {len(names):,}, from {names[-1]} to {names[0]}."
