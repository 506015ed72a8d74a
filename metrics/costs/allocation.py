"""Who bears a cost: pools divided among teams by their driver, then among the team's transactions.

Two stages, each exact to the minor unit by largest remainder:

1. Pool to team, by the pool's driver. A direct line goes where it says itself.
2. Team to the cells (team, priority, service, vendor) in which transactions were completed in the period, by count.

What no driver takes stays as rows with `is_allocated` false: a line in no pool, a direct line that names nobody, what
fixed shares leave of 1, a driver whose weights are all missing or zero, a team without transactions in the period.
Each grain is allocated for itself, by the transactions of its own periods: the day, week, month and quarter view of
a pool have equal totals, yet a team without transactions on a day may well have some in that month.

How costs lie in time is in `metrics.costs.accrual`; how transactions are counted in `metrics.costs.transactions`.
"""

from __future__ import annotations

from fractions import Fraction
from math import lcm

import polars as pl

from metrics.costs.accrual import select_measured_lines, spread_groups
from metrics.costs.money import from_minor_units, split_by_largest_remainder
from metrics.costs.policy import CostPolicy, CostPool, Driver, TransactionKind
from metrics.periods import MONDAY, period_start
from models.ddl import conform
from models.finance import fct_cost_allocations
from models.vocabulary import NO_VALUE, Grain

_CELL = ("team", "priority", "service", "vendor")

#: Who answers a demand for cost: the cells of the first of these that it names, and of what else it names as long as
#: there are such cells in the period. So the cost of a named team never leaves the team.
_NARROWINGS: dict[str, tuple[tuple[str, ...], ...]] = {
    "team": (("service", "vendor"), ("service",), ("vendor",), ()),
    "service": (("vendor",), ()),
    "vendor": ((),),
}


def allocate_costs(
    fct_cost_lines: pl.DataFrame,
    fct_transactions: pl.DataFrame,
    *,
    policy: CostPolicy,
    headcount: pl.DataFrame,
    active_hours: pl.DataFrame,
    grain: Grain,
    minor_unit_digits: int = 2,
    week_start: int = MONDAY,
    resolved_tickets: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """`fct_cost_allocations` of one grain. The rows of a period and pool add up to what the pool costs in it.

    Drivers: `direct` follows the line's own (or its cost centre's) team, service and vendor; `fixed_shares` the
    policy; `headcount` the people of each month (a week or quarter takes each month's for its days there);
    `resolved_tickets` and `active_business_hours` the teams' figures of the period. Teams without a value are a team
    of their own, `(none)`, for the last two.

    Args:
        headcount: `stg_headcount`.
        active_hours: see `metrics.costs.transactions.sum_active_time`.
        resolved_tickets: resolved tickets in the shape of `fct_transactions`, for the driver of that name; needed
            only if the policy counts other transactions.

    Raises:
        ValueError: amounts that cannot be summed exactly, or `resolved_tickets` is needed and missing.
    """
    if resolved_tickets is None:
        resolved_tickets = fct_transactions
        if policy.transaction is not TransactionKind.RESOLVED_TICKETS:
            named = [pool.id for pool in policy.pools if pool.driver is Driver.RESOLVED_TICKETS]
            if named:
                raise ValueError(
                    f"pools {', '.join(named)} are driven by resolved tickets, but the policy counts "
                    f"{policy.transaction}: pass the resolved tickets as well"
                )
    drivers = pl.DataFrame(
        {"cost_pool": [pool.id for pool in policy.pools], "driver": [pool.driver.value for pool in policy.pools]},
        schema={"cost_pool": pl.String, "driver": pl.String},
    )
    lines = (
        select_measured_lines(fct_cost_lines)
        .join(drivers, on="cost_pool", how="left")
        .with_columns(pl.col("driver").fill_null(NO_VALUE))
    )
    weights = {
        Driver.FIXED_SHARES: _weigh_fixed_shares(policy.pools),
        Driver.HEADCOUNT: _weigh_headcount(headcount),
        Driver.RESOLVED_TICKETS: _weigh_by_period(resolved_tickets, "transaction_count", grain, week_start),
        Driver.ACTIVE_BUSINESS_HOURS: _weigh_by_period(active_hours, "active_business_microseconds", grain, week_start),
    }
    names = _list_names(lines, fct_transactions, *weights.values())
    costs = _sum_costs(_encode_names(lines, names), grain, minor_unit_digits, week_start)
    driven = [
        _divide_among_teams(costs.filter(pl.col("driver") == driver.value), _encode_names(team_weights, names))
        for driver, team_weights in weights.items()
    ]
    undriven = costs.filter(~pl.col("driver").cast(pl.String).is_in([driver.value for driver in weights]))
    cells = _sum_cells(_encode_names(fct_transactions, names), grain, week_start)
    return conform(
        _divide_among_cells(pl.concat([undriven, *driven], how="diagonal"), cells).with_columns(
            pl.col(*_CELL).fill_null(NO_VALUE),
            period_grain=pl.lit(grain.value),
            amount_reporting=from_minor_units(pl.col("amount"), minor_unit_digits),
        ),
        fct_cost_allocations,
    )


def _list_names(*frames: pl.DataFrame) -> dict[str, pl.Enum]:
    """All values of each text column that frames are joined and grouped by, in order, as a type of whole numbers."""
    names: dict[str, pl.Enum] = {}
    for column in ("cost_pool", "driver", *_CELL):
        values = {NO_VALUE}
        for frame in frames:
            if column in frame.columns:
                values.update(frame.get_column(column).unique().drop_nulls())
        names[column] = pl.Enum(sorted(values))
    return names


def _encode_names(frame: pl.DataFrame, names: dict[str, pl.Enum]) -> pl.DataFrame:
    """The frame with its text columns as whole numbers: millions of rows are grouped several times faster."""
    return frame.with_columns(pl.col(column).cast(type_) for column, type_ in names.items() if column in frame.columns)


def _sum_costs(lines: pl.DataFrame, grain: Grain, minor_unit_digits: int, week_start: int) -> pl.DataFrame:
    """Cost per period (and month, for headcount), pool and, for direct lines, what they name.

    Returns:
        period_start_date, month_date, cost_pool, driver, team, service, vendor, amount (Int64 minor units).
    """
    bearers = ["team", "service", "vendor"]
    columns = ["cost_pool", "driver", *bearers]
    lines = lines.with_columns(
        pl.when(pl.col("driver") == Driver.DIRECT.value).then(pl.col(column)).alias(column) for column in bearers
    )
    groups = lines.select(columns).unique(maintain_order=True).with_row_index("group")
    grouped = lines.join(groups, on=columns, how="left", nulls_equal=True)
    spread = spread_groups(
        grouped, grain, minor_unit_digits=minor_unit_digits, week_start=week_start, is_cut_at_months=True
    )
    month = pl.when(pl.col("driver") == Driver.HEADCOUNT.value).then(pl.col("month_date")).alias("month_date")
    return (
        spread.join(groups.select("group", "driver"), on="group", how="left")
        .group_by("group", "period_start_date", month)
        .agg(pl.col("amount").sum())
        .join(groups, on="group", how="left")
        .drop("group")
    )


def _weigh_fixed_shares(pools: tuple[CostPool, ...]) -> pl.DataFrame:
    """cost_pool, team, weight: whole parts of each pool. A null team has what the shares leave of 1."""
    rows: list[tuple[str, str | None, int]] = []
    for pool in pools:
        if pool.driver is not Driver.FIXED_SHARES:
            continue
        shares: dict[str | None, Fraction] = {team: Fraction(share) for team, share in pool.shares.items()}
        shares[None] = 1 - sum(shares.values(), Fraction(0))
        whole = lcm(*(share.denominator for share in shares.values()))
        rows += [(pool.id, team, int(share * whole)) for team, share in shares.items() if share > 0]
    schema = {"cost_pool": pl.String, "team": pl.String, "weight": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


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


def _divide_among_teams(costs: pl.DataFrame, weights: pl.DataFrame) -> pl.DataFrame:
    """Costs of one driver by team; the team stays null for what the driver does not take."""
    keys = [column for column in weights.columns if column not in ("team", "weight")]
    costs = costs.drop("team").with_row_index("group")
    weighted = costs.join(weights, on=keys, how="inner")
    ordered = weighted.sort("group", pl.col("team"), nulls_last=True).with_row_index("tie")
    divided = ordered.with_columns(amount=split_by_largest_remainder(ordered))
    return pl.concat([divided, costs.join(weights, on=keys, how="anti")], how="diagonal").drop("group", "tie", "weight")


def _sum_cells(fct_transactions: pl.DataFrame, grain: Grain, week_start: int) -> pl.DataFrame:
    """period_start_date, team, priority, service, vendor, transaction_count, in order, with their position as `tie`."""
    return (
        fct_transactions.group_by(
            period_start(pl.col("completed_date"), grain, week_start).alias("period_start_date"), *_CELL
        )
        .agg(pl.col("transaction_count").sum())
        .filter(pl.col("transaction_count") > 0)
        .sort("period_start_date", *_CELL)
        .with_row_index("tie")
    )


def _divide_among_cells(demands: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
    """What transactions bear, by cell and pool, and then, not allocated, the demands that no cell answers."""
    borne, unanswered = [], []
    for anchor, narrowings in _NARROWINGS.items():
        anchored = demands.filter(pl.col(anchor).is_not_null())
        demands = demands.filter(pl.col(anchor).is_null())
        for narrowing in narrowings:
            # Null keys match nothing, so a demand is narrowed only by what it names.
            keys = ["period_start_date", anchor, *narrowing]
            borne.append(_divide_by_count(anchored.join(cells, on=keys, how="semi"), keys, cells))
            anchored = anchored.join(cells, on=keys, how="anti")
        unanswered.append(anchored)
    allocated = (
        pl.concat(borne)
        .group_by("tie", "cost_pool", "driver")
        .agg(pl.col("amount").sum())
        .sort("tie", "cost_pool")
        .join(cells, on="tie", how="left", maintain_order="left")
        .with_columns(is_allocated=pl.lit(True))
    )
    keys = ["period_start_date", "team", "service", "vendor", "cost_pool"]
    unallocated = (
        pl.concat([*unanswered, demands])
        .group_by(*keys, "driver")
        .agg(pl.col("amount").sum())
        .sort(keys)
        .with_columns(is_allocated=pl.lit(False), transaction_count=pl.lit(0, dtype=pl.Int64))
    )
    return pl.concat([allocated, unallocated], how="diagonal")


def _divide_by_count(demands: pl.DataFrame, keys: list[str], cells: pl.DataFrame) -> pl.DataFrame:
    """Demands that the same cells answer, added up and divided among them by their transactions.

    Returns:
        tie (the cell), cost_pool, driver, amount.
    """
    parts = (
        demands.group_by("cost_pool", "driver", *keys)
        .agg(pl.col("amount").sum())
        .with_row_index("group")
        .join(cells.select(*keys, "tie", weight="transaction_count"), on=keys, how="inner")
    )
    return parts.select("tie", "cost_pool", "driver", amount=split_by_largest_remainder(parts))
