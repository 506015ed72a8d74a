"""Supporting teams hand on their cost, one after the other, in the order that the policy declares.

In its step a team gives all cost that has reached it, from pools and from the steps before, to the teams that are not
closed yet, by the step's driver, and is closed: nothing reaches it any more. So the order decides, as in any step-down
(or step-ladder) method: https://en.wikipedia.org/wiki/Cost_allocation. Each pool's cost is divided for itself, to the
minor unit, so a pool costs after the steps what it cost before.

Cost that was handed on follows the receiving team alone: what the line said of service and vendor was about the work of
the team that gave it away.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from metrics.costs.money import split_by_largest_remainder

_AMOUNT: Final = "amount"


def hand_on_costs(demands: pl.DataFrame, steps: Sequence[tuple[str, pl.DataFrame]]) -> pl.DataFrame:
    """The demands after all steps. What nobody takes, or shares leave of 1, stays with the team that gives.

    Args:
        demands: period_start_date, month_date, cost_pool, driver, team, service, vendor, amount (Int64 minor units).
            `month_date` is needed on all rows if a step is weighed by month.
        steps: supporting team and weights (team, weight, and period_start_date or month_date), in order.
    """
    closed: list[str] = []
    for team, weights in steps:
        closed.append(team)
        is_given = (pl.col("team").cast(pl.String) == team).fill_null(False)
        given = demands.filter(is_given)
        if given.is_empty():
            continue
        is_open = ~pl.col("team").cast(pl.String).is_in(closed) | pl.col("team").is_null()
        sums = given.group_by("period_start_date", "month_date", "cost_pool", "driver").agg(pl.col(_AMOUNT).sum())
        divided, untaken = divide_by_weight(sums, weights.filter(is_open))
        own_team = pl.lit(team).cast(demands.schema["team"])
        handed_on = pl.concat([divided, untaken], how="diagonal").with_columns(pl.col("team").fill_null(own_team))
        demands = pl.concat([demands.filter(~is_given), handed_on], how="diagonal")
    return demands


def divide_by_weight(costs: pl.DataFrame, weights: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Each cost among the teams that have a weight for it, exactly, and the costs for which none has.

    Args:
        costs: `amount` and whatever names a cost, but no team.
        weights: team, weight, and columns of `costs` that say for which costs they are; without any, for all.

    Returns:
        The parts, with `team` (null sorts last among equals), and the costs that nobody takes.
    """
    keys = [column for column in weights.columns if column not in ("team", "weight")]
    numbered = costs.with_row_index("group")
    weighted = numbered.join(weights, on=keys, how="inner") if keys else numbered.join(weights, how="cross")
    ordered = weighted.sort("group", pl.col("team"), nulls_last=True).with_row_index("tie")
    divided = ordered.with_columns(split_by_largest_remainder(ordered).alias(_AMOUNT)).drop("group", "tie", "weight")
    untaken = costs.join(weights, on=keys, how="anti") if keys else costs.clear() if weights.height else costs
    return divided, untaken
