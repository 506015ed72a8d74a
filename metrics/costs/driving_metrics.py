"""Which metrics may divide cost among teams, and their values as weights.

How weights divide cost is in `metrics.costs.allocation`; measuring is in `metrics.measuring.measure`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

import polars as pl

from metrics.costs.policy import CostPolicy, Driver
from metrics.costs.policy_mistakes import PolicyMistake
from metrics.kinds import NetCount
from metrics.registry import METRICS, metric_named
from metrics.spec import Metric
from models.vocabulary import Dimension, Domain, Grain

#: Decimal places of a metric's value that count as weight.
_WEIGHT_PLACES = 6


class NegativeWeightError(ValueError):
    """A metric that drives cost is below zero for a team, and a share of cost cannot be."""


def driving_metrics(policy: CostPolicy) -> tuple[Metric, ...]:
    """The metrics that a policy divides cost by, each once."""
    names = dict.fromkeys(each.metric for each in policy.divisions if each.driver is Driver.METRIC and each.metric)
    return tuple(metric_named(name) for name in names)


def find_metric_mistakes(policy: CostPolicy) -> Iterator[PolicyMistake]:
    """Pools and steps that name a metric which cannot drive cost."""
    places = [("pools", index) for index in range(len(policy.pools))]
    places += [("step_down", index) for index in range(len(policy.step_down))]
    for place, divided in zip(places, policy.divisions, strict=True):
        why = _why_not(divided.metric) if divided.driver is Driver.METRIC and divided.metric else None
        if why is not None:
            what = f"{divided.described} is driven by the metric {divided.metric!r}, {why[0]}"
            yield PolicyMistake((*place, "metric"), what, why[1])


def drivable_metrics() -> tuple[str, ...]:
    """Names of all metrics that can drive cost."""
    return tuple(metric.name for metric in METRICS if _why_not(metric.name) is None)


def weigh_by_metrics(values: pl.DataFrame, metrics: Iterable[str], grain: Grain) -> pl.DataFrame:
    """Each team's value of each metric in each period of a grain, in millionths, where it is above zero.

    Args:
        values: rows of `models.marts.metric_values`, measured on facts that no cost entered.

    Returns:
        metric, period_start_date, team, weight (Int64). A team of which the metric is not measured has no row.

    Raises:
        NegativeWeightError: a value is below zero.
    """
    of_teams = values.filter(
        pl.col("metric").is_in(list(metrics)),
        pl.col("period_grain") == grain.value,
        pl.col("dimension") == Dimension.TEAM.value,
        pl.col("value").is_not_null(),
    ).select(
        "metric",
        "period_start_date",
        team="dimension_value",
        weight=pl.col("value").cast(pl.Decimal(38, _WEIGHT_PLACES)),
    )
    below = of_teams.filter(pl.col("weight") < 0).sort("metric", "period_start_date", "team")
    if not below.is_empty():
        metric, start, team, weight = below.row(0)
        raise NegativeWeightError(
            f"cost is divided by the metric {metric}, which is {weight.normalize():f} for the team {team} in the "
            f"{grain} that begins on {start}: a share of cost cannot be below zero. Name another driver in "
            "policies/costs.yaml"
        )
    return of_teams.filter(pl.col("weight") > 0).with_columns(pl.col("weight").to_physical().cast(pl.Int64))


def _why_not(name: str) -> tuple[str, str] | None:
    """Why a metric cannot drive cost, as the end of a sentence, and what to do; None if it can."""
    known = [metric.name for metric in METRICS]
    if name not in known:
        near = get_close_matches(name, known, n=1)
        return "which does not exist", f"Did you mean {near[0]!r}?" if near else "'kpi metrics' lists them all."
    metric = metric_named(name)
    # Delay is priced after cost is allocated, from the same policy file.
    is_of_cost = Domain.FINANCE in metric.requires or metric.follows_transactions or metric.fact == "fct_ticket_delays"
    if is_of_cost:
        why = "which is computed from cost itself, so that it would go round in a circle"
        return why, "Name a metric of work."
    if Dimension.TEAM not in metric.dimensions:
        return "which is not broken down by team", "Name one that is."
    if isinstance(metric.kind, NetCount):
        return "which can be below zero, as no share of cost can", "Name one that counts."
    if set(metric.grains) != set(Grain):
        return "which is not published for every period", "Name one that is."
    return None
