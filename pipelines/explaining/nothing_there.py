"""Why there is no value to explain: nothing feeds the KPI, its data end before, or nothing lies in the period."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from metrics.periods import Period
from metrics.spec import AS_OF_DATE, Metric
from models.vocabulary import Dimension, Grain
from pipelines.published.rows import read_rows
from pipelines.words.numbers import list_all
from pipelines.words.periods import long_day, name_period, sentence_case

if TYPE_CHECKING:
    import duckdb

#: Periods that a message lists at most.
_MOST_PERIODS: Final = 6


def why_empty(connection: duckdb.DuckDBPyConnection, metric: Metric) -> str:
    """Why a KPI has no value of any period."""
    from pipelines.words.missing_values import explain_missing

    reason = explain_missing(connection, Grain.MONTH.value).get(metric.name, "nothing counts for it yet")
    return f"{metric.name} has no value at all: {reason}."


def why_no_value(
    connection: duckdb.DuckDBPyConnection,
    metric: Metric,
    dimension: Dimension,
    member: str,
    wanted: Period | None,
    as_of: date | None,
    *,
    is_held: bool,
) -> str:
    """Why a period has no row, and which have.

    Args:
        wanted: the period that was asked for; None if it was the latest month.
        as_of: day of the data's clock; None if there is none.
        is_held: whether the gate holds the KPI.
    """
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
    if is_of_the_clock(metric):
        why = "It is of the day of the data's clock alone."
    elif is_held:
        why = f"It is held: what is published is of data until {long_day(as_of)}." if as_of else "It is held."
    elif wanted is not None and as_of is not None and as_of < wanted.start:
        why = f"Its data reach {long_day(as_of)}."
    else:
        why = f"{sentence_case(why_nothing(connection, metric, dimension, member, wanted))}." if wanted else ""
    return " ".join(filter(None, (f"There is no value of {metric.name}{when}{of}.", why, _periods(by_grain, grain))))


def why_nothing(
    connection: duckdb.DuckDBPyConnection, metric: Metric, dimension: Dimension, member: str, period: Period
) -> str:
    """Why there is no value in a period that the data reach."""
    from pipelines.words.missing_values import explain_missing

    begun = connection.execute(
        """
        SELECT told_from_date, last_begun_data FROM mart.partial_periods
        WHERE metric = $metric AND told_from_date > $end ORDER BY told_from_date LIMIT 1
        """,
        {"metric": metric.name, "end": period.end},
    ).fetchone()
    if begun:
        told_from, data = begun
        return f"data of {list_all(data.split(', '))} begin after it, on {long_day(told_from)}"
    if dimension is not Dimension.OVERALL:
        name = name_period(period.start, period.grain.value)
        return (
            f"there is nothing to measure: the {dimension.value} '{member}' has no {metric.counted_records} in {name}"
        )
    reasons = explain_missing(connection, period.grain.value, {metric.name: period.start})
    return reasons.get(metric.name, "nothing counts for it there")


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
