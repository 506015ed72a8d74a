"""What rework costs: the part of the allocated cost that tickets bear which had to be done again, or came too late.

A ticket is reworked if it was reopened, or if a resolution clock of it was breached. Who bears cost at all is decided
in `metrics.costs.allocation`; here each cell of tickets divides what it bears among its own by count.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from metrics.costs.accrual import is_in_months
from metrics.costs.lines import known
from metrics.costs.money import from_minor_units, split_by_largest_remainder, to_minor_units
from metrics.periods import MONDAY, local_date, period_start
from models.ddl import conform
from models.planning import fct_rework_costs
from models.vocabulary import NO_VALUE, ClockState, Grain, SlaTarget

_BREAKDOWN = ("team", "priority", "service", "vendor")
_CELL = ("period_grain", "period_start_date", *_BREAKDOWN)
#: Columns of `fct_tickets` and `fct_sla_clocks` by which tickets are counted.
TICKET_COLUMNS: Final = (
    *("ticket_id", *_BREAKDOWN, "resolved_at", "reopen_count"),
    *("is_done", "is_cancelled", "is_quarantined"),
)
CLOCK_COLUMNS: Final = ("ticket_id", "target", "state")
#: What a ticket can be, in the order in which odd minor units of equal remainders are given out.
_PARTS = ("clean", "unknown", "reworked")


def divide_rework_costs(
    fct_cost_allocations: pl.DataFrame,
    fct_tickets: pl.DataFrame,
    fct_sla_clocks: pl.DataFrame,
    *,
    months: pl.Series,
    time_zone: str,
    minor_unit_digits: int = 2,
    week_start: int = MONDAY,
) -> pl.DataFrame:
    """`fct_rework_costs`: every cell that bears cost, with its tickets and what the reworked ones bear of it.

    Only for policies whose transactions are resolved tickets: then the cells of the allocation are cells of tickets.
    Each cell's cost is divided over its clean, unknown and reworked tickets by largest remainder, so the parts add up
    to what it bears exactly. A ticket of which only a snapshot is known cannot tell whether it was reopened, nor one
    whose resolution moved between two exports; unless one of its clocks was breached, it is unknown.

    Args:
        fct_cost_allocations: `fct_cost_allocations`, of all grains.
        fct_tickets: all tickets, `TICKET_COLUMNS`.
        fct_sla_clocks: all their resolution clocks, `CLOCK_COLUMNS`.
        months: those that have cost, see `metrics.costs.accrual.months_with_cost`; tickets of others bear none.
        time_zone: IANA name of the reporting time zone.
    """
    tickets = _count_tickets(fct_tickets, fct_sla_clocks, time_zone)
    tickets = tickets.filter(is_in_months(pl.col("completed_date"), months))
    periods = pl.concat(
        [
            tickets.group_by(
                pl.lit(grain.value).alias("period_grain"),
                period_start(pl.col("completed_date"), grain, week_start).alias("period_start_date"),
                *_BREAKDOWN,
            ).agg(pl.col(_PARTS).sum())
            for grain in Grain
        ]
    )
    cells = (
        fct_cost_allocations.filter("is_allocated")
        .group_by(_CELL)
        .agg(to_minor_units(pl.col("amount_reporting"), minor_unit_digits).sum().alias("amount"))
        .join(periods, on=_CELL, how="left")
        .sort(_CELL)
        # Cost in a cell of no ticket cannot be anybody's: nothing is known of it.
        .with_columns(pl.col(_PARTS).fill_null(0))
        .with_columns(unknown=pl.when(pl.sum_horizontal(_PARTS) == 0).then(1).otherwise("unknown"))
        .with_row_index("group")
    )
    parts = (
        cells.unpivot(_PARTS, index=["group", "amount"], variable_name="part", value_name="weight")
        .with_columns(tie=pl.col("part").replace_strict(list(_PARTS), [0, 1, 2], return_dtype=pl.Int64))
        .filter(pl.col("weight") > 0)
    )
    shares = parts.with_columns(share=split_by_largest_remainder(parts))
    for part in ("reworked", "unknown"):
        borne = shares.filter(pl.col("part") == part).select("group", pl.col("share").alias(f"{part}_amount"))
        cells = cells.join(borne, on="group", how="left", maintain_order="left")
    return conform(
        cells.with_columns(
            ticket_count=pl.sum_horizontal(_PARTS),
            reworked_ticket_count="reworked",
            unknown_ticket_count="unknown",
            allocated_reporting=from_minor_units(pl.col("amount"), minor_unit_digits),
            rework_reporting=from_minor_units(pl.col("reworked_amount").fill_null(0), minor_unit_digits),
            unknown_reporting=from_minor_units(pl.col("unknown_amount").fill_null(0), minor_unit_digits),
        ),
        fct_rework_costs,
    )


def _count_tickets(fct_tickets: pl.DataFrame, fct_sla_clocks: pl.DataFrame, time_zone: str) -> pl.DataFrame:
    """completed_date, breakdown, and how many tickets were clean, unknown and reworked: those that count as resolved
    transactions, see `metrics.costs.transactions`."""
    of_resolution = fct_sla_clocks.filter(pl.col("target") == SlaTarget.RESOLUTION.value)

    def has_clock(state: ClockState) -> pl.Expr:
        found = of_resolution.filter(pl.col("state") == state.value).get_column("ticket_id").unique()
        return pl.col("ticket_id").is_in(found.implode())

    is_late, may_be_late = has_clock(ClockState.BREACHED), has_clock(ClockState.NOT_MEASURED)
    reopened = pl.col("reopen_count")
    state = (
        pl.when(is_late | (reopened > 0).fill_null(False))
        .then(pl.lit("reworked"))
        .when(reopened.is_null() | may_be_late)
        .then(pl.lit("unknown"))
        .otherwise(pl.lit("clean"))
    )
    return (
        fct_tickets.filter(
            pl.col("is_done"), ~pl.col("is_cancelled"), ~pl.col("is_quarantined"), pl.col("resolved_at").is_not_null()
        )
        .select(
            *(known(column).fill_null(NO_VALUE) for column in _BREAKDOWN),
            completed_date=local_date(pl.col("resolved_at"), time_zone),
            state=state,
        )
        .group_by("completed_date", *_BREAKDOWN)
        .agg((pl.col("state") == part).sum().cast(pl.Int64).alias(part) for part in _PARTS)
    )
