"""Who bears a cost: pools divided among teams by their driver, then among the team's transactions.

Three stages, each exact to the minor unit by largest remainder:

1. Pool to team, by the pool's driver. A direct line goes where it says itself.
2. Supporting team to other teams, step by step; see `metrics.costs.step_down`.
3. Team to the cells (team, priority, service, vendor) in which transactions were completed in the period, by count.

What no driver takes stays as rows with `is_allocated` false: a line in no pool, a direct line that names nobody, what
fixed shares leave of 1, a driver whose weights are all missing or zero, a team without transactions in the period, a
supporting team whose cost nobody takes. Such a row also says what debits and credits it has, each line by its own sign:
lines that cancel in a pool need not go the same way later, so the net amount would bound nothing.
By month and quarter all this is told by pool. By day and week, where pools times cells times periods would be tens of
millions of rows that nobody reads, what is allocated is told of all pools together, and what is not allocated names
services and vendors only where transactions have them.

Each grain is allocated for itself, by the transactions of its own periods: the day, week, month and quarter view of
a pool have equal totals, yet a team without transactions on a day may well have some in that month.

How costs lie in time is in `metrics.costs.accrual`; how transactions are counted in `metrics.costs.transactions`; by
what cost is divided in `metrics.costs.weights`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import polars as pl

from metrics.costs.accrual import is_in_months, months_with_cost, select_measured_lines, spread_groups
from metrics.costs.bearing_cells import CELL, divide_among_cells, sum_cells
from metrics.costs.money import from_minor_units
from metrics.costs.policy import CostPolicy, Driver
from metrics.costs.step_down import divide_by_weight, hand_on_costs
from metrics.costs.weights import DriverData, Weights
from metrics.periods import MONDAY
from models.ddl import conform
from models.finance import fct_cost_allocations
from models.vocabulary import ALL_POOLS, NO_VALUE, Grain

#: Grains in which cost is told by pool to the last cell.
GRAINS_BY_POOL: Final = (Grain.MONTH, Grain.QUARTER)


def allocate_costs(
    fct_cost_lines: pl.DataFrame,
    fct_transactions: pl.DataFrame,
    *,
    policy: CostPolicy,
    drivers: DriverData,
    grain: Grain,
    minor_unit_digits: int = 2,
    week_start: int = MONDAY,
) -> pl.DataFrame:
    """`fct_cost_allocations` of one grain. The rows of a period and pool add up to what the pool costs in it; by day
    and week, the rows of a period to what all pools cost.

    Drivers: `direct` follows the line's own (or its cost centre's) team, service and vendor; `fixed_shares` the
    policy; `headcount` the people of each month (a week or quarter takes each month's for its days there);
    `resolved_tickets`, `active_business_hours` and `metric` the teams' figures of the period. Teams without a name
    are a team of their own, `(none)`, for these three. What lies in a month without any cost bears none and weighs
    nothing, also where a week or quarter reaches into it; only a driving metric is that of the whole period.

    Raises:
        ValueError: amounts that cannot be summed exactly.
        NegativeWeightError: a driving metric is below zero for a team.
    """
    months = months_with_cost(fct_cost_lines)
    fct_transactions, drivers = _within(fct_transactions, months), _drivers_within(drivers, months)
    of_pools = pl.DataFrame(
        {"cost_pool": [pool.id for pool in policy.pools], "driver": [pool.driver.value for pool in policy.pools]},
        schema={"cost_pool": pl.String, "driver": pl.String},
    )
    lines = (
        select_measured_lines(fct_cost_lines)
        .select("cost_start_date", "cost_end_date", "amount_reporting", "cost_pool", "team", "service", "vendor")
        .join(of_pools, on="cost_pool", how="left")
        .with_columns(pl.col("driver").fill_null(NO_VALUE))
    )
    is_by_pool = grain in GRAINS_BY_POOL
    if not is_by_pool:
        lines = lines.with_columns(_known_to(fct_transactions, "service"), _known_to(fct_transactions, "vendor"))
    weights = Weights(policy, drivers, grain, week_start)
    used = {pool.driver for pool in policy.pools} - {Driver.DIRECT}
    by_driver = {driver: weights.of_pools(driver, policy.pools) for driver in Driver if driver in used}
    steps = [(step.team, weights.of(step)) for step in policy.step_down]
    named = pl.DataFrame({"team": [step.team for step in policy.step_down]}, schema={"team": pl.String})
    names = _list_names(lines, fct_transactions, named, *by_driver.values(), *(weight for _, weight in steps))
    costs = _sum_costs(
        _encode_names(lines, names),
        grain,
        minor_unit_digits,
        week_start,
        is_by_month=any(step.driver is Driver.HEADCOUNT for step in policy.step_down),
    )
    encoded = {driver: _encode_names(weight, names) for driver, weight in by_driver.items()}
    encoded_steps = [(team, _encode_names(weight, names)) for team, weight in steps]
    debits = _place_demands(costs.filter("is_debit"), encoded, encoded_steps)
    net = costs.group_by(pl.exclude("is_debit", "amount")).agg(pl.col("amount").sum())
    demands = _place_demands(net, encoded, encoded_steps)
    # A team that has handed on its cost bears none by transactions of its own, not even what nobody took.
    bearing = fct_transactions.filter(~pl.col("team").is_in([step.team for step in policy.step_down]))
    cells = sum_cells(_encode_names(bearing, names), grain, week_start)
    return conform(
        divide_among_cells(demands, debits, cells, is_by_pool=is_by_pool).with_columns(
            pl.col(*CELL).fill_null(NO_VALUE),
            period_grain=pl.lit(grain.value),
            amount_reporting=from_minor_units(pl.col("amount"), minor_unit_digits),
            unallocated_debit_reporting=from_minor_units(pl.col("debit"), minor_unit_digits),
            unallocated_credit_reporting=from_minor_units(pl.col("credit"), minor_unit_digits),
        ),
        fct_cost_allocations,
    )


def _within(daily: pl.DataFrame, months: pl.Series) -> pl.DataFrame:
    return daily.filter(is_in_months(pl.col("completed_date"), months))


def _drivers_within(drivers: DriverData, months: pl.Series) -> DriverData:
    """Drivers of days in some months; headcount is of months already, and divides each month's own cost."""
    return replace(
        drivers,
        active_hours=_within(drivers.active_hours, months),
        resolved_tickets=_within(drivers.resolved_tickets, months),
    )


def _known_to(fct_transactions: pl.DataFrame, column: str) -> pl.Expr:
    """The column, empty where it has a value that no transaction has: nobody answers to that."""
    known = fct_transactions.get_column(column).unique().implode()
    return pl.when(pl.col(column).is_in(known)).then(column)


def _list_names(*frames: pl.DataFrame) -> dict[str, pl.Enum]:
    """All values of each text column that frames are joined and grouped by, in order, as a type of whole numbers."""
    names: dict[str, pl.Enum] = {}
    for column in ("cost_pool", "driver", *CELL):
        values = {NO_VALUE, ALL_POOLS}
        for frame in frames:
            if column in frame.columns:
                values.update(frame.get_column(column).unique().drop_nulls())
        names[column] = pl.Enum(sorted(values))
    return names


def _encode_names(frame: pl.DataFrame, names: dict[str, pl.Enum]) -> pl.DataFrame:
    """The frame with its text columns as whole numbers: millions of rows are grouped several times faster."""
    return frame.with_columns(pl.col(column).cast(type_) for column, type_ in names.items() if column in frame.columns)


def _sum_costs(
    lines: pl.DataFrame, grain: Grain, minor_unit_digits: int, week_start: int, *, is_by_month: bool
) -> pl.DataFrame:
    """Cost per period, pool and, for direct lines, what they name; debits and credits apart.

    Args:
        is_by_month: whether all cost is kept by month within the period, and not only what headcount drives.

    Returns:
        period_start_date, month_date, cost_pool, driver, team, service, vendor, is_debit, amount (Int64 minor units).
    """
    bearers = ["team", "service", "vendor"]
    columns = ["cost_pool", "driver", *bearers, "is_debit"]
    lines = lines.with_columns(
        pl.when(pl.col("driver") == Driver.DIRECT.value).then(pl.col(column)).alias(column) for column in bearers
    ).with_columns(is_debit=pl.col("amount_reporting") > 0)
    groups = lines.select(columns).unique(maintain_order=True).with_row_index("group")
    grouped = lines.join(groups, on=columns, how="left", nulls_equal=True)
    spread = spread_groups(
        grouped, grain, minor_unit_digits=minor_unit_digits, week_start=week_start, is_cut_at_months=True
    )
    has_month = pl.lit(is_by_month) | (pl.col("driver") == Driver.HEADCOUNT.value)
    month = pl.when(has_month).then(pl.col("month_date")).alias("month_date")
    return (
        spread.join(groups.select("group", "driver"), on="group", how="left")
        .group_by("group", "period_start_date", month)
        .agg(pl.col("amount").sum())
        .join(groups, on="group", how="left")
        .drop("group")
    )


def _place_demands(
    costs: pl.DataFrame, by_driver: Mapping[Driver, pl.DataFrame], steps: Sequence[tuple[str, pl.DataFrame]]
) -> pl.DataFrame:
    """Who is asked to bear the costs, after the drivers of the pools and all steps.

    Args:
        costs: see `_sum_costs`.
        by_driver: the weights of each driver that is used.
        steps: see `metrics.costs.step_down.hand_on_costs`.
    """
    driven = [
        _divide_among_teams(costs.filter(pl.col("driver") == driver.value), weights)
        for driver, weights in by_driver.items()
    ]
    undriven = costs.filter(~pl.col("driver").cast(pl.String).is_in([driver.value for driver in by_driver]))
    return hand_on_costs(pl.concat([undriven, *driven], how="diagonal"), steps)


def _divide_among_teams(costs: pl.DataFrame, weights: pl.DataFrame) -> pl.DataFrame:
    """Costs of one driver by team; the team stays null for what the driver does not take."""
    divided, untaken = divide_by_weight(costs.drop("team"), weights)
    return pl.concat([divided, untaken], how="diagonal")
