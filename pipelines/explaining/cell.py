"""Which published value is meant: a KPI, a period and a breakdown value as people write them, and what is published."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from metrics.periods import Period, local_date_of
from metrics.spec import Metric
from models.ddl import quote_text
from models.vocabulary import NO_VALUE, Dimension, Grain
from pipelines.explaining.nothing_there import is_of_the_clock, why_empty, why_no_value
from pipelines.published.rows import read_rows
from pipelines.words.numbers import list_all

if TYPE_CHECKING:
    import duckdb

_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")


class NotPublishedError(Exception):
    """What is asked for is not published. The message says what is near, for somebody who reads no Python."""


class HeldError(NotPublishedError):
    """What is asked for is not told, because the gate holds a KPI."""


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
        passed_over: the latest closed month, where nobody named one and the value has nothing there; else None.
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
    passed_over: Period | None

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

    def local_day(self, instant: str) -> str:
        """The day of an instant in the reporting time zone, both in SQL."""
        return f"CAST(timezone({quote_text(self.time_zone)}, {instant}) AS DATE)"

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
        HeldError: the KPI is held and has never been published.
    """
    definition = read_rows(connection, "FROM meta.metrics WHERE metric = $metric", {"metric": metric.name})
    if not definition or definition[0]["publication_state"] == "empty":
        raise NotPublishedError(why_empty(connection, metric))
    if definition[0]["publication_state"] == "held" and not _is_published(connection, metric):
        raise HeldError(f"{metric.name} is held, and no value of it was published yet: {definition[0]['held_reason']}")
    run = read_rows(connection, "FROM meta.run")[0]
    dimension, member = _breakdown(connection, metric, by)
    wanted = Period(*_parse(period)) if period is not None else None
    rows = _values(connection, metric, dimension, member, wanted)
    zone = run["reporting_time_zone"]
    if not rows:
        as_of, is_held = _as_of(definition[0], zone), definition[0]["publication_state"] == "held"
        raise NotPublishedError(why_no_value(connection, metric, dimension, member, wanted, as_of, is_held=is_held))
    chosen, passed_over = (rows[0], None) if wanted is not None else _latest(connection, metric, rows)
    found = Period(Grain(chosen["period_grain"]), chosen["period_start_date"])
    return Cell(
        metric, found, dimension, member, chosen, definition[0], _as_of(definition[0], zone) or found.end,
        run["reporting_currency_code"], zone, is_default=wanted is None, passed_over=passed_over,
    )  # fmt: skip


def _as_of(definition: Mapping[str, Any], zone: str) -> date | None:
    as_of: datetime | None = definition["fresh_as_of_at"]
    return local_date_of(as_of, zone) if as_of is not None else None


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
    if not equals and name not in {each.value for each in allowed}:
        raise NotPublishedError(_say_of_what(connection, metric, by.strip(), allowed))
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


def _say_of_what(
    connection: duckdb.DuckDBPyConnection, metric: Metric, member: str, allowed: Sequence[Dimension]
) -> str:
    """How to name a breakdown's value that was named without its breakdown."""
    query = """
        SELECT DISTINCT dimension, dimension_value FROM mart.metric_values
        WHERE metric = $metric AND list_contains($allowed, dimension) AND lower(dimension_value) = lower($member)
        ORDER BY ALL
    """
    parameters = {"metric": metric.name, "allowed": [each.value for each in allowed], "member": member}
    found = [f'"{row["dimension"]}={row["dimension_value"]}"' for row in read_rows(connection, query, parameters)]
    if found:
        return f"--by needs to know of what '{member}' is: write --by {' or --by '.join(found)}."
    told = list_all([each.value for each in allowed])
    return f"--by needs to know of what '{member}' is: write --by \"team={member}\", for instance. It is by {told}."


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
) -> tuple[dict[str, Any], Period | None]:
    """Of which month it is told if nobody names one: the one of report and `kpi metrics`. Where that has nothing, it is
    the last closed one before it that has, and the other is told as passed over.

    Args:
        rows: one at least, the latest first.
    """
    from pipelines.words.missing_values import periods_told

    told = periods_told(connection, Grain.MONTH.value).get(metric.name)
    closed = [row for row in rows if row["is_period_closed"] and (told is None or row["period_start_date"] <= told)]
    chosen = closed[0] if closed else rows[0]
    is_passed_over = told is not None and chosen["period_start_date"] < told
    return chosen, Period(Grain.MONTH, told) if told is not None and is_passed_over else None


def _is_published(connection: duckdb.DuckDBPyConnection, metric: Metric) -> bool:
    return bool(read_rows(connection, "FROM mart.metric_values WHERE metric = $name LIMIT 1", {"name": metric.name}))
