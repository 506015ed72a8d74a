"""Trends of the published KPIs: the latest closed months, weeks or quarters of each, with definition and targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from pipelines.published.rows import read_rows
from pipelines.words.business_hours import CLOCK_NOTE, are_published_by_the_clock
from pipelines.words.certainty import Told
from pipelines.words.missing_values import explain_missing, periods_told
from pipelines.words.numbers import Bounds
from pipelines.words.periods import describe_not_compared, long_day, only_from

if TYPE_CHECKING:
    import duckdb

    from metrics.signals.targets import Target

#: Months, weeks or quarters that a trend shows.
TREND_LENGTH: Final = 12


@dataclass(frozen=True, slots=True)
class PeriodValue:
    """A metric's value of one closed month, week or quarter, over everything, and how sure it is.

    Attributes:
        missing_months: whole months of which the ledger has no line, as `2022-01, 2022-02`, where it is a sum of its
            cost; it is compared with no other then.
        told_from_date: first day of which its data tell, if that is later than its own first; it is compared with no
            other then either.
        last_begun_data: the data that begin so late, as `tickets, finance`.
        told_until_date, ended_data: last day of which its data tell, and which end then, if only a chosen as-of closed
            it; it is compared with no other then either.
    """

    start_date: date
    value: float | None
    lower_bound: float | None
    upper_bound: float | None
    eligible_count: int
    measured_count: int
    coverage_ratio: float | None
    missing_months: str | None = None
    told_from_date: date | None = None
    last_begun_data: str | None = None
    told_until_date: date | None = None
    ended_data: str | None = None

    @property
    def bounds(self) -> Bounds:
        """Between which values the truth lies."""
        return self.lower_bound, self.upper_bound

    @property
    def told(self) -> Told:
        """Of which of its days data tell."""
        return Told(self.told_from_date, self.told_until_date)


@dataclass(frozen=True, slots=True)
class BreakdownTarget:
    """What a KPI is to be for a team, priority, service or vendor, and whether it was in a closed period."""

    dimension: str
    dimension_value: str
    start_date: date
    value: float | None
    target_value: Decimal
    distance_value: Decimal | None
    target_state: str
    is_certain: bool | None


@dataclass(frozen=True, slots=True)
class MetricTrend:
    """What the published file says of one metric. `periods` are closed, in order, and may have gaps.

    Attributes:
        grain: month, week or quarter.
        breakdown_targets: those of single teams and the like, in the latest closed period of each.
        target: the target of the latest closed period; where none is closed, the one that is in force last.
        no_value_reason: why there is no value of its latest closed period to show; empty if there is one.
        clock_note: that its business hours are hours of the clock; empty where they are not, or it has none.
    """

    metric: str
    metric_version: int
    label: str
    meaning: str
    formula: str
    unit: str
    direction: str
    owner: str
    counted_records: str
    period_date: str
    requires: str
    closed_by: str
    publication_state: str
    held_reason: str | None
    fresh_as_of_at: datetime | None
    grain: str
    periods: tuple[PeriodValue, ...]
    no_value_reason: str = ""
    target: Decimal | None = None
    breakdown_targets: tuple[BreakdownTarget, ...] = ()
    clock_note: str = ""

    @property
    def latest(self) -> PeriodValue | None:
        """The latest closed period."""
        return self.periods[-1] if self.periods else None

    @property
    def period_before(self) -> PeriodValue | None:
        """The calendar month or quarter before the latest, to compare that with; None if it has no value row, or if
        one of the two is not whole.
        """
        return None if self.not_compared_reason else self._row_before

    @property
    def not_compared_reason(self) -> str:
        """Which of the latest period and the one before it is not whole, and why; empty if both are."""
        latest, before = self.latest, self._row_before
        if latest is None or latest.value is None:
            return ""
        told = {
            "missing_months": latest.missing_months,
            "previous_missing_months": before.missing_months if before else None,
            "told_from_date": latest.told_from_date,
            "previous_told_from_date": before.told_from_date if before else None,
            "last_begun_data": latest.last_begun_data or (before.last_begun_data if before else None),
            "told_until_date": latest.told_until_date,
            "previous_told_until_date": before.told_until_date if before else None,
            "ended_data": latest.ended_data or (before.ended_data if before else None),
        }
        return describe_not_compared(latest.start_date, self.grain, told)

    def only_from(self, period: PeriodValue) -> str:
        """From or until when a period is told that is not told from its beginning to its end; empty of others."""
        from metrics.periods import Period
        from models.vocabulary import Grain

        told = only_from(period.told_from_date, Period(Grain(self.grain), period.start_date).end)
        until = f"only until {long_day(period.told_until_date)}" if period.told_until_date else ""
        return ", ".join(filter(None, (told, until)))

    @property
    def _row_before(self) -> PeriodValue | None:
        wanted = self._start_before(self.periods[-1].start_date) if self.periods else None
        return next((period for period in self.periods if period.start_date == wanted), None)

    def trend(self, count: int = TREND_LENGTH) -> list[float | None]:
        """Values of the last months, weeks or quarters up to the latest, None where there is none."""
        if not self.periods:
            return []
        by_start = {period.start_date: period.value for period in self.periods}
        start, first = self.periods[-1].start_date, self.periods[0].start_date
        values: list[float | None] = []
        while len(values) < count and start >= first:
            values.append(by_start.get(start))
            start = self._start_before(start)
        return values[::-1]

    def _start_before(self, start: date) -> date:
        from metrics.periods import Period
        from models.vocabulary import Grain

        return Period(Grain(self.grain), start).previous.start


def read_trends(
    connection: duckdb.DuckDBPyConnection,
    *,
    count: int = TREND_LENGTH,
    metric: str | None = None,
    grain: str = "month",
) -> list[MetricTrend]:
    """All metrics (or one) in the order of the registry, each with its closed months, weeks or quarters up to the one
    of which it is told if nobody names one, as in the report. Where nothing is in that one, it has no value.
    """
    from pipelines.published.targets import read_targets

    definitions = read_rows(
        connection,
        """
        SELECT metric, metric_version, label, meaning, formula, unit, direction, owner, counted_records, period_date,
               requires, closed_by, publication_state, held_reason, fresh_as_of_at
        FROM meta.metrics ORDER BY rowid
        """,
    )
    reasons = explain_missing(connection, grain)
    told = periods_told(connection, grain)
    values = read_rows(
        connection,
        """
        SELECT metric, period_start_date AS start_date, value, lower_bound, upper_bound, eligible_count, measured_count,
               coverage_ratio, missing_months, told_from_date, last_begun_data, told_until_date, ended_data
        FROM mart.metric_values
        LEFT JOIN mart.missing_cost_months USING (metric, period_grain, period_start_date)
        LEFT JOIN mart.partial_periods USING (metric, period_grain, period_start_date)
        LEFT JOIN (SELECT unnest($names) AS metric, unnest($starts) AS told_date) USING (metric)
        WHERE period_grain = $grain AND dimension = 'overall'
          AND (told_date IS NULL OR period_start_date <= told_date)
          -- What is measured as of the data's clock has no closed period: its latest value is the only one.
          AND (is_period_closed
               OR metric IN (SELECT metric FROM meta.metrics WHERE contains(period_date, '(as_of_date)')))
          AND ($metric IS NULL OR metric = $metric)
        QUALIFY row_number() OVER (PARTITION BY metric ORDER BY period_start_date DESC) <= $count
        ORDER BY metric, period_start_date
        """,
        {"metric": metric, "count": count, "grain": grain, "names": list(told), "starts": list(told.values())},
    )
    by_metric: dict[str, list[PeriodValue]] = {}
    for row in values:
        by_metric.setdefault(row.pop("metric"), []).append(PeriodValue(**row))
    for name, start in told.items():
        periods = by_metric.get(name, [])
        if periods and periods[-1].start_date < start:
            by_metric[name] = [*periods[1 - count :], PeriodValue(start, None, None, None, 0, 0, None)]
    targets = read_targets(connection)
    of_breakdowns = _read_breakdown_targets(connection, grain)
    clock_note = CLOCK_NOTE if are_published_by_the_clock(connection) else ""
    return [
        MetricTrend(
            **row,
            grain=grain,
            breakdown_targets=tuple(of_breakdowns.get(row["metric"], ())),
            periods=(periods := tuple(by_metric.get(row["metric"], ()))),
            no_value_reason=reasons.get(row["metric"], ""),
            clock_note=clock_note if row["unit"] == "business_hours" else "",
            target=_target_of(targets.get(row["metric"], ()), grain, periods),
        )
        for row in definitions
        if metric in (None, row["metric"])
    ]


def _read_breakdown_targets(connection: duckdb.DuckDBPyConnection, grain: str) -> dict[str, list[BreakdownTarget]]:
    """Targets of breakdowns' values by metric, each with the latest closed period that it was for."""
    rows = read_rows(
        connection,
        """
        SELECT metric, dimension, dimension_value, period_start_date AS start_date, value, target_value,
               distance_value, target_state, is_certain
        FROM mart.kpi_targets
        WHERE period_grain = $grain AND dimension <> 'overall'
        QUALIFY row_number() OVER (
            PARTITION BY metric, dimension, dimension_value ORDER BY period_start_date DESC
        ) = 1
        ORDER BY metric, dimension, dimension_value
        """,
        {"grain": grain},
    )
    found: dict[str, list[BreakdownTarget]] = {}
    for row in rows:
        found.setdefault(row.pop("metric"), []).append(BreakdownTarget(**row))
    return found


def _target_of(targets: Sequence[Target], grain: str, periods: Sequence[PeriodValue]) -> Decimal | None:
    from metrics.signals.targets import target_in_force
    from models.vocabulary import Grain

    held_to = target_in_force(targets, Grain(grain), periods[-1].start_date if periods else date.max)
    return held_to.value if held_to else None
