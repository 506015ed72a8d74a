"""How sure a number is: the interval in which it must lie, whatever the unmeasured records were.

Every function takes and gives Polars expressions over one row per cell. An empty bound means that nothing bounds the
value on that side. Counting what is eligible and what is measured belongs to `metrics.measuring.records`,
`metrics.measuring.stocks` and `metrics.measuring.costs`; bounds of percentiles are in `metrics.measuring.percentiles`.
"""

from __future__ import annotations

from typing import TypeAlias

import polars as pl

#: Lower and upper end.
Bounds: TypeAlias = tuple[pl.Expr, pl.Expr]

_UNBOUNDED = pl.lit(None, dtype=pl.Float64)
_NONE = pl.lit(0, dtype=pl.Int64)


def ratio_bounds(
    hits: pl.Expr,
    measured: pl.Expr,
    eligible: pl.Expr,
    *,
    hits_in_doubt: pl.Expr = _NONE,
    misses_in_doubt: pl.Expr = _NONE,
) -> Bounds:
    """`[(H − D)/E, (H + F + E − M)/E]`: all unmeasured records miss, or all of them hit. Empty if none is eligible.

    D are hits that may be misses, F are misses that may be hits: measured records, and yet not certain.
    """
    some_eligible = pl.when(eligible > 0).then(eligible)
    return (
        (hits - hits_in_doubt) / some_eligible,
        (hits + misses_in_doubt + eligible - measured) / some_eligible,
    )


def count_bounds(measured: pl.Expr, eligible: pl.Expr) -> Bounds:
    """`[M, E]`: no unmeasured record truly counts, or every one does."""
    return measured.cast(pl.Float64), eligible.cast(pl.Float64)


def net_count_bounds(measured: tuple[pl.Expr, pl.Expr], eligible: tuple[pl.Expr, pl.Expr]) -> Bounds:
    """`[M₁ − E₂, E₁ − M₂]` of a count less another: each end takes one at its least, the other at its greatest."""
    return (measured[0] - eligible[1]).cast(pl.Float64), (eligible[0] - measured[1]).cast(pl.Float64)


def stock_bounds(
    counted: pl.Expr,
    measured: pl.Expr,
    eligible: pl.Expr,
    *,
    in_doubt: pl.Expr = _NONE,
    certain: pl.Expr = _NONE,
    possible: pl.Expr = _NONE,
) -> Bounds:
    """`[H − D + C, H − D + P + E − M]`: no ticket whose category is unknown lies in the counted ones, or all do.

    D are counted tickets whose place is only seen before and after; of those and others like them, C are certain to lie
    in the counted categories, and P can. Where each place is known, all three are 0.
    """
    known = counted - in_doubt
    return (known + certain).cast(pl.Float64), (known + possible + eligible - measured).cast(pl.Float64)


def mean_bounds(total: pl.Expr, measured: pl.Expr, eligible: pl.Expr, *, in_doubt: pl.Expr = _NONE) -> Bounds:
    """`[S/E, ∞)`: an unmeasured record counts at least 0 and may count anything. Empty if none is eligible.

    Args:
        in_doubt: measured records that may count more than they do.
    """
    mean = total / pl.when(eligible > 0).then(eligible)
    return mean, pl.when((measured == eligible) & (in_doubt == 0)).then(mean)


def time_share_bounds(part: pl.Expr, whole: pl.Expr, missing: pl.Expr, is_limited: pl.Expr) -> Bounds:
    """`[P/(W + X), (P + X)/(W + X)]` for X the most time that records can add to the whole that are not certain.

    Such a record, be it unmeasured or measured as one of many things that it may be, adds to the part at least nothing
    and at most what it adds to the whole; both ratios lie furthest out where that is as much as it can be. Where
    nothing limits X the share may be anything from 0 to 1. Empty if no time can be.

    Args:
        part: exact sum of the part over the records that are certain.
        whole: exact sum of the whole over them.
        missing: exact sum, over the others, of what the whole cannot exceed.
        is_limited: whether that is known of each of the others.
    """
    total = whole + missing
    some = pl.when(total > 0).then(total).cast(pl.Float64)
    lower = pl.when(is_limited).then(part.cast(pl.Float64) / some).otherwise(0.0)
    upper = pl.when(is_limited).then((part + missing).cast(pl.Float64) / some).otherwise(1.0)
    return lower, upper


def sum_bounds(value: pl.Expr, measured: pl.Expr, eligible: pl.Expr, *, is_never_negative: bool = False) -> Bounds:
    """The sum itself if everything was measured; else unbounded, for a missing amount may have any size and sign.

    Where no amount can be below 0, the sum of the measured ones bounds it from below nevertheless.
    """
    known = pl.when(measured == eligible).then(value).otherwise(_UNBOUNDED)
    return (value.fill_null(0) if is_never_negative else known), known


def running_share_bounds(value: pl.Expr, measured: pl.Expr, understated: pl.Expr, eligible: pl.Expr) -> Bounds:
    """The share itself if everything was measured; at least the share if all other records are understated; else
    unbounded."""
    is_least = measured + understated == eligible
    return (
        pl.when(is_least).then(value).otherwise(_UNBOUNDED),
        pl.when(measured == eligible).then(value).otherwise(_UNBOUNDED),
    )


def concentration_bounds(value: pl.Expr, measured: pl.Expr, eligible: pl.Expr) -> Bounds:
    """The index itself if everything was measured; else 0 to 1, for a missing amount may dwarf all others."""
    is_known = measured == eligible
    return pl.when(is_known).then(value).otherwise(0.0), pl.when(is_known).then(value).otherwise(1.0)


def unit_cost_bounds(
    least: pl.Expr, most: pl.Expr, completed: pl.Expr, set_aside: pl.Expr, *, is_cost_known: pl.Expr
) -> Bounds:
    """Cost per transaction, whatever becomes of what no driver took and of transactions that were set aside.

    Any line that no driver took may belong to the cell, or not, and any transaction that was set aside may count, or
    not. A cost above zero is divided by as many as may be for the lower end and by as few for the upper, and one below
    zero the other way round. Empty if a cost line of the period is unmeasured, or if nothing can have been completed.

    Args:
        least: exact allocated cost of the cell with every unallocated credit of the period.
        most: the same with every unallocated debit.
        completed: transactions of the cell that count.
        set_aside: further ones that may.
        is_cost_known: whether all cost lines of the period could be used.
    """
    many = pl.when(completed + set_aside > 0).then(completed + set_aside)
    few = pl.when(completed + set_aside > 0).then(pl.max_horizontal(completed, 1))
    lower = least.cast(pl.Float64) / pl.when(least < 0).then(few).otherwise(many)
    upper = most.cast(pl.Float64) / pl.when(most < 0).then(many).otherwise(few)
    return pl.when(is_cost_known).then(lower), pl.when(is_cost_known).then(upper)
