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


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a part: the key of the policy file that says it, what is wrong, and how to mend it."""

    key: str
    what: str
    remedy: str


def find_trouble(part: ScorecardPart, metric: Metric | None) -> Trouble | None:
    """What is wrong with a part by itself; None if nothing is.

    Args:
        metric: the metric that it names; None if there is none.
    """
    if metric is None:
        return Trouble("metric", f"no metric is called '{part.metric}'", "kpi metrics lists them.")
    if Dimension.VENDOR not in metric.dimensions or not set(SCORED_GRAINS) <= set(metric.grains):
        return Trouble("metric", f"'{part.metric}' is not published by vendor and month", "Name one that is.")
    if part.weight <= 0:
        what = f"a weight of {part.weight} counts for nothing"
        return Trouble("weight", what, "Give it one above 0, or leave the part out.")
    beyond = [point.value for point in part.scale if abs(point.value) > _most(metric)]
    if beyond:
        ratio = "a ratio between 0 and 1" if _most(metric) == 1 else "a ratio, of which 1 is the whole"
        what = f"the scale has {beyond[0]:f}, and '{part.metric}' is {ratio}"
        written = [f"{(value / 100).normalize():f} for {value:f} %" for value in beyond]
        return Trouble("scale", what, f"Write {', '.join(written)}.")
    scores = [point.score for point in part.scale]
    if len(scores) < 2 or {min(scores), max(scores)} != {Decimal(0), Decimal(1)}:
        what = "the scale does not lead from 0 to 1"
        return Trouble("scale", what, "Write the worst value with 0 and the best with 1.")
    steps = [after - before for before, after in pairwise(scores)]
    if not (all(step >= 0 for step in steps) or all(step <= 0 for step in steps)):
        what = "the scale rises and falls"
        return Trouble("scale", what, "Let scores only rise, or only fall, as the value grows.")
    return None


def _most(metric: Metric) -> Decimal:
    """The greatest value that a scale may name: a share is at most 1, and no ratio of amounts is above ten."""
    if metric.unit is not Unit.RATIO:
        return Decimal("Infinity")
    return Decimal(1) if isinstance(metric.kind, Ratio | Concentration) else Decimal(10)
