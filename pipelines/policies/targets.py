"""How policies/targets.yaml spells targets of KPIs and decisions on their baselines, and the records that it means.

What the records mean is documented in `metrics.signals.targets` and `metrics.signals.process_behaviour`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from data_contracts.documents import Document, Problem
from metrics.signals.process_behaviour import Baseline
from metrics.signals.targets import Target, find_contradiction, find_trouble
from metrics.spec import Metric
from models.vocabulary import BREAKDOWNS, Dimension, Grain
from pipelines.policies.spelling import Day, Exact, Strict, Texts


def _one_name(value: Any) -> Any:
    """A name; one that is a number may stand without quotes."""
    if isinstance(value, list | tuple):
        raise ValueError("a target is for one name; write a target for each")
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


_Name = Annotated[str, BeforeValidator(_one_name), Field(min_length=1)]


class _Target(Strict):
    metric: str
    value: Annotated[Exact, Field(max_digits=18, decimal_places=6)]
    period: Literal["week", "month", "quarter"] | None = None
    effective_from: Day | None = None
    effective_to: Day | None = None

    team: _Name | None = None
    priority: _Name | None = None
    service: _Name | None = None
    vendor: _Name | None = None

    @model_validator(mode="after")
    def _is_of_one(self) -> Self:
        named = [name for name in BREAKDOWNS if getattr(self, name) is not None]
        if len(named) > 1:
            raise ValueError(
                f"a target is for the value of one breakdown, not for {' and '.join(named)} together; leave one"
            )
        return self

    def build(self) -> Target:
        """The record that it means."""
        named = [(Dimension(name), told) for name in BREAKDOWNS if (told := getattr(self, name)) is not None]
        dimension, value = named[0] if named else (Dimension.OVERALL, "")
        grain = Grain(self.period) if self.period else None
        return Target(self.metric, self.value, grain, self.effective_from, self.effective_to, dimension, value)


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
        target = told.build()
        trouble = find_trouble(target, by_name.get(told.metric))
        if trouble is not None:
            what, remedy = trouble[0], _with_guess(trouble[1], told.metric, by_name)
            problems.append(document.problem(("targets", index), f"target of {target.described}: {what}", remedy))
        contradiction = find_contradiction(targets, target)
        if contradiction is not None:
            problems.append(document.problem(("targets", index), *contradiction))
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
