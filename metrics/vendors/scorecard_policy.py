"""How vendors are scored: the records of policies/vendors.yaml for scorecards.

What a vendor scores is computed in `metrics.vendors.scorecard`; reading the file is the pipeline's work.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Final

from metrics.kinds import Concentration, Ratio
from metrics.spec import Metric, Unit
from models.vocabulary import Dimension, Grain

#: Grains in which vendors are scored; a day or a week of a vendor is too little to judge.
SCORED_GRAINS: Final = (Grain.MONTH, Grain.QUARTER)


@dataclass(frozen=True, slots=True)
class ScorePoint:
    """A value of a metric and the score, 0 to 1, that it is worth."""

    value: Decimal
    score: Decimal


@dataclass(frozen=True, slots=True)
class ScorecardPart:
    """One part of a scorecard.

    Attributes:
        metric: name of a metric that is published by vendor and month.
        weight: share of the whole, above 0.
        scale: points in order of their values; between two the score lies on the line, beyond the ends it stays.
    """

    id: str
    metric: str
    weight: Decimal
    scale: tuple[ScorePoint, ...]


@dataclass(frozen=True, slots=True)
class Scorecard:
    """How vendors are scored.

    Attributes:
        parts: with weights that add up to 1.
        minimum_coverage: weight that must be measured for a total to be published.
        good_from, watch_from: totals from which on a vendor is good, or to be watched; below, one has to act.
    """

    parts: tuple[ScorecardPart, ...]
    minimum_coverage: Decimal = Decimal("0.5")
    good_from: Decimal = Decimal("0.8")
    watch_from: Decimal = Decimal("0.6")


def find_trouble(part: ScorecardPart, metric: Metric | None) -> tuple[str, str] | None:
    """What is wrong with a part by itself and how to mend it; None if nothing is.

    Args:
        metric: the metric that it names; None if there is none.
    """
    if metric is None:
        return f"no metric is called '{part.metric}'", "kpi metrics lists them."
    if Dimension.VENDOR not in metric.dimensions or not set(SCORED_GRAINS) <= set(metric.grains):
        return f"'{part.metric}' is not published by vendor and month", "Name one that is."
    if part.weight <= 0:
        return f"a weight of {part.weight} counts for nothing", "Give it one above 0, or leave the part out."
    beyond = [point.value for point in part.scale if abs(point.value) > _most(metric)]
    if beyond:
        what = f"the scale has {beyond[0]:f}, and '{part.metric}' is a ratio, of which 1 is the whole"
        return what, f"Write {(beyond[0] / 100).normalize():f} for {beyond[0]:f} %."
    scores = [point.score for point in part.scale]
    if len(scores) < 2 or {min(scores), max(scores)} != {Decimal(0), Decimal(1)}:
        return "the scale does not lead from 0 to 1", "Write the worst value with 0 and the best with 1."
    steps = [after - before for before, after in pairwise(scores)]
    if not (all(step >= 0 for step in steps) or all(step <= 0 for step in steps)):
        return "the scale rises and falls", "Let scores only rise, or only fall, as the value grows."
    return None


def _most(metric: Metric) -> Decimal:
    """The greatest value that a scale may name: a share is at most 1, and no ratio of amounts is above ten."""
    if metric.unit is not Unit.RATIO:
        return Decimal("Infinity")
    return Decimal(1) if isinstance(metric.kind, Ratio | Concentration) else Decimal(10)
