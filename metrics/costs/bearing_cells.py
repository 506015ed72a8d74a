"""The cells of transactions that answer demands for cost, and what of the demands no cell answers.

A cell is a team, priority, service and vendor of which transactions were completed in a period. How pools become
demands is in `metrics.costs.allocation`.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from metrics.costs.money import split_by_largest_remainder
from metrics.periods import period_start
from models.vocabulary import ALL_POOLS, Grain

CELL: Final = ("team", "priority", "service", "vendor")

#: Who answers a demand for cost: the cells of the first of these that it names, and of what else it names as long as
#: there are such cells in the period. So the cost of a named team never leaves the team.
_NARROWINGS: dict[str, tuple[tuple[str, ...], ...]] = {
    "team": (("service", "vendor"), ("service",), ("vendor",), ()),
    "service": (("vendor",), ()),
    "vendor": ((),),
}


def sum_cells(fct_transactions: pl.DataFrame, grain: Grain, week_start: int) -> pl.DataFrame:
    """period_start_date, team, priority, service, vendor, transaction_count, in order, with their position as `tie`."""
    return (
        fct_transactions.group_by(
            period_start(pl.col("completed_date"), grain, week_start).alias("period_start_date"), *CELL
        )
        .agg(pl.col("transaction_count").sum())
        .filter(pl.col("transaction_count") > 0)
        .sort("period_start_date", *CELL)
        .with_row_index("tie")
    )


def divide_among_cells(
    demands: pl.DataFrame, debits: pl.DataFrame, cells: pl.DataFrame, *, is_by_pool: bool
) -> pl.DataFrame:
    """What transactions bear, by cell and pool, and then, not allocated, the demands that no cell answers.

    Args:
        debits: the demands of the debits alone, by which those that no cell answers are told apart.
        is_by_pool: whether pools are told apart where cost is borne; else all are one.
    """
    pools = [
        pl.col(name) if is_by_pool else pl.lit(ALL_POOLS).cast(demands.schema[name]).alias(name)
        for name in ("cost_pool", "driver")
    ]
    borne = []
    for anchor, narrowings in _NARROWINGS.items():
        anchored = _anchored(demands, anchor)
        for narrowing in narrowings:
            # Null keys match nothing, so a demand is narrowed only by what it names.
            keys = ["period_start_date", anchor, *narrowing]
            answered = anchored.join(cells, on=keys, how="semi").with_columns(pools)
            borne.append(_divide_by_count(answered, keys, cells))
            anchored = anchored.join(cells, on=keys, how="anti")
    allocated = (
        pl.concat(borne)
        .group_by("tie", "cost_pool", "driver")
        .agg(pl.col("amount").sum())
        .sort("tie", "cost_pool")
        .join(cells, on="tie", how="left", maintain_order="left")
        .with_columns(is_allocated=pl.lit(True), debit=pl.lit(0, dtype=pl.Int64), credit=pl.lit(0, dtype=pl.Int64))
    )
    return pl.concat([allocated, _sum_unanswered(demands, debits, cells)], how="diagonal")


def _anchored(demands: pl.DataFrame, anchor: str) -> pl.DataFrame:
    """The demands that name an anchor of `_NARROWINGS`, and none that stands before it."""
    anchors = list(_NARROWINGS)
    earlier = anchors[: anchors.index(anchor)]
    return demands.filter(pl.col(anchor).is_not_null(), *(pl.col(each).is_null() for each in earlier))


def _sum_unanswered(demands: pl.DataFrame, debits: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
    """Demands that no cell answers, added up by what they name: amount, and the debits and credits in it.

    Debits are divided for themselves, so their odd units may fall elsewhere than those of the net amount. Without
    credits they are the whole amount; with credits, what is left to these is never above zero.
    """
    keys = ["period_start_date", "team", "service", "vendor", "cost_pool", "driver"]
    amount, nothing = pl.col("amount"), pl.col("amount") * 0
    every = pl.concat(
        [demands.select(*keys, amount=amount, debit=nothing), debits.select(*keys, amount=nothing, debit=amount)]
    )
    unanswered = [
        _anchored(every, anchor).join(cells, on=["period_start_date", anchor], how="anti") for anchor in _NARROWINGS
    ]
    nameless = every.filter(pl.col(anchor).is_null() for anchor in _NARROWINGS)
    return (
        pl.concat([*unanswered, nameless])
        .group_by(keys)
        .agg(pl.col("amount", "debit").sum())
        .sort(keys)
        .with_columns(pl.max_horizontal("amount", "debit").alias("debit"))
        .with_columns(
            credit=pl.col("amount") - pl.col("debit"),
            is_allocated=pl.lit(False),
            transaction_count=pl.lit(0, dtype=pl.Int64),
        )
    )


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
