"""By what cost is divided among teams: the weights of each driver, as whole numbers.

Dividing is in `metrics.costs.allocation`; which metrics may be weights in `metrics.costs.driving_metrics`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import lcm

import polars as pl

from metrics.costs.driving_metrics import weigh_by_metrics
from metrics.costs.policy import CostPolicy, CostPool, Driver, StepDown
from metrics.periods import period_start
from models.vocabulary import NO_VALUE, Grain


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverData:
    """What drivers are computed from.

    Attributes:
        headcount: `stg_headcount`.
        active_hours: see `metrics.costs.transactions.sum_active_time`.
        resolved_tickets: resolved tickets in the shape of `fct_transactions`.
        metric_values: values of the driving metrics, as `metrics.measuring.measure` gives them.
    """

    headcount: pl.DataFrame
    active_hours: pl.DataFrame
    resolved_tickets: pl.DataFrame
    metric_values: pl.DataFrame


class Weights:
    """The weights of all drivers of a policy in the periods of one grain."""

    def __init__(self, policy: CostPolicy, data: DriverData, grain: Grain, week_start: int) -> None:
        metrics = {each.metric for each in policy.divisions if each.driver is Driver.METRIC and each.metric}
        self._of_metrics = weigh_by_metrics(data.metric_values, metrics, grain) if metrics else None
        self._of_drivers = {
            Driver.HEADCOUNT: _weigh_headcount(data.headcount),
            Driver.RESOLVED_TICKETS: _weigh_by_period(data.resolved_tickets, "transaction_count", grain, week_start),
            Driver.ACTIVE_BUSINESS_HOURS: _weigh_by_period(
                data.active_hours, "active_business_microseconds", grain, week_start
            ),
        }

    def of(self, divided: CostPool | StepDown) -> pl.DataFrame:
        """The weights that a pool or step is divided by.

        Returns:
            team, weight (Int64, above 0), and period_start_date or month_date where the weights change over time. A
            null team has what fixed shares leave of 1.
        """
        if divided.driver is Driver.FIXED_SHARES:
            return _weigh_fixed_shares(divided.shares)
        if divided.driver is Driver.METRIC and self._of_metrics is not None:
            return self._of_metrics.filter(pl.col("metric") == divided.metric).drop("metric")
        return self._of_drivers[divided.driver]

    def of_pools(self, driver: Driver, pools: tuple[CostPool, ...]) -> pl.DataFrame:
        """The weights of all pools of one driver; with the column cost_pool where they are a pool's own."""
        if driver in self._of_drivers:
            return self._of_drivers[driver]
        own = [self.of(pool).with_columns(cost_pool=pl.lit(pool.id)) for pool in pools if pool.driver is driver]
        schema = {"cost_pool": pl.String, "team": pl.String, "weight": pl.Int64}
        return pl.concat(own, how="diagonal") if own else pl.DataFrame(schema=schema)


def _weigh_fixed_shares(shares_of_teams: Mapping[str, Decimal]) -> pl.DataFrame:
    """team, weight: whole parts. A null team has what the shares leave of 1."""
    shares: dict[str | None, Fraction] = {team: Fraction(share) for team, share in shares_of_teams.items()}
    shares[None] = 1 - sum(shares.values(), Fraction(0))
    whole = lcm(*(share.denominator for share in shares.values()))
    rows = [(team, int(share * whole)) for team, share in shares.items() if share > 0]
    return pl.DataFrame(rows, schema={"team": pl.String, "weight": pl.Int64}, orient="row")


def _weigh_headcount(stg_headcount: pl.DataFrame) -> pl.DataFrame:
    """month_date, team, weight: people in millionths. Rows without team, month or people are no weight."""
    return (
        stg_headcount.filter(pl.col("headcount") > 0, pl.col("team") != NO_VALUE, pl.col("month_date").is_not_null())
        .group_by(period_start(pl.col("month_date"), Grain.MONTH), "team")
        .agg(weight=pl.col("headcount").cast(pl.Decimal(18, 6)).to_physical().sum().cast(pl.Int64))
    )


def _weigh_by_period(daily: pl.DataFrame, measure: str, grain: Grain, week_start: int) -> pl.DataFrame:
    """period_start_date, team, weight: a daily measure of teams, summed."""
    return (
        daily.group_by(period_start(pl.col("completed_date"), grain, week_start).alias("period_start_date"), "team")
        .agg(weight=pl.col(measure).sum())
        .filter(pl.col("weight") > 0)
    )
