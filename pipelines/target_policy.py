"""How policies/targets.yaml spells targets of KPIs and decisions on their baselines, and the records that it means.

What the records mean is documented in `metrics.signals.targets` and `metrics.signals.process_behaviour`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Annotated, Any, Final, Literal

from pydantic import Field, model_validator

from data_contracts.documents import Document, Problem
from metrics.signals.process_behaviour import Baseline
from metrics.signals.targets import Target, find_trouble
from metrics.spec import Metric
from models.vocabulary import Dimension, Grain
from pipelines.policy_files import Day, Exact, Strict, Texts

_BREAKDOWNS: Final = tuple(dimension.value for dimension in Dimension if dimension is not Dimension.OVERALL)


class _Target(Strict):
    metric: str
    value: Annotated[Exact, Field(max_digits=18, decimal_places=6)]
    period: Literal["week", "month", "quarter"] | None = None
    effective_from: Day | None = None
    effective_to: Day | None = None

    @model_validator(mode="before")
    @classmethod
    def _is_of_the_whole(cls, told: Any) -> Any:
        named = [name for name in _BREAKDOWNS if name in told] if isinstance(told, dict) else []
        if named:
            raise ValueError(f"a target is for the whole, not for one {named[0]}; leave out '{named[0]}'")
        return told


class _Baseline(Strict):
    metric: Annotated[Texts, Field(min_length=1)]
    effective_from: Day
    reason: str = Field(min_length=1)


class TargetFile(Strict):
    """`targets.yaml`."""

    targets: tuple[_Target, ...] = ()
    baselines: tuple[_Baseline, ...] = ()


def build_targets(
    file: TargetFile, metrics: Sequence[Metric], document: Document, problems: list[Problem]
) -> tuple[Target, ...]:
    """The targets; what contradicts itself or names an unknown KPI is added to the problems.

    Args:
        metrics: all metrics that there are.
    """
    by_name = {metric.name: metric for metric in metrics}
    targets: list[Target] = []
    for index, told in enumerate(file.targets):
        target = Target(
            told.metric, told.value, Grain(told.period) if told.period else None, told.effective_from, told.effective_to
        )
        trouble = find_trouble(target, by_name.get(told.metric))
        if trouble is not None:
            what, remedy = trouble[0], _with_guess(trouble[1], told.metric, by_name)
            problems.append(document.problem(("targets", index), f"target of {told.metric}: {what}", remedy))
        beginning = (target.metric, target.grain, target.first_date)
        if any((other.metric, other.grain, other.first_date) == beginning for other in targets):
            since = f"begin on {target.first_date}" if target.first_date else "begin on no day"
            what = f"two targets of {target.metric} for the same periods {since}"
            problems.append(document.problem(("targets", index), what, "Leave one, or give one an effective_from."))
        targets.append(target)
    return tuple(targets)


def build_baselines(
    file: TargetFile, metrics: Sequence[Metric], document: Document, problems: list[Problem]
) -> tuple[Baseline, ...]:
    """The decisions that a baseline begins; a KPI that is not known or named twice for one day is a problem."""
    by_name = {metric.name: metric for metric in metrics}
    baselines: list[Baseline] = []
    for index, told in enumerate(file.baselines):
        for name in told.metric:
            place = ("baselines", index, "metric")
            if name not in by_name:
                remedy = _with_guess("'kpi metrics' lists them.", name, by_name)
                problems.append(document.problem(place, f"'{name}' is no KPI", remedy))
            if any((other.metric, other.start_date) == (name, told.effective_from) for other in baselines):
                what = f"two baselines of {name} begin on {told.effective_from}"
                problems.append(document.problem(place, what, "Leave one, and tell both reasons in it."))
            baselines.append(Baseline(name, told.effective_from, told.reason))
    return tuple(baselines)


def find_misspelt_metrics(document: Document, metrics: Sequence[Metric]) -> Iterator[Problem]:
    """Names in a file that could not be decoded, of targets of KPIs that there are not."""
    by_name = {metric.name: metric for metric in metrics}
    written = document.value.get("targets") if isinstance(document.value, dict) else None
    for index, told in enumerate(written if isinstance(written, list) else []):
        name = told.get("metric") if isinstance(told, dict) else None
        if isinstance(name, str) and name not in by_name:
            remedy = _with_guess("'kpi metrics' lists them.", name, by_name)
            yield document.problem(("targets", index, "metric"), f"target of {name}: '{name}' is no KPI", remedy)


def _with_guess(remedy: str, name: str, by_name: Mapping[str, Metric]) -> str:
    near = get_close_matches(name, sorted(by_name), n=1) if name not in by_name else []
    return f"Did you mean '{near[0]}'? {remedy}" if near else remedy
