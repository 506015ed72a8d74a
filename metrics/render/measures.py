"""What a semantic layer offers: one measure per metric, under the metric's own name, and the relation that it reads.

A measure reads one of two things. A metric that single records tell is computed from a record view
(`metrics.render.record_views`), so that it may be cut by any days and breakdowns. Any other is read from the published
cells (`mart.metric_values`), and given only where those may be put together: of several cells that must not be, a
measure is empty rather than wrong. That is decided here once; a module per format only writes it down. What columns the
relations have is in `metrics.render.relations`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import gcd
from typing import Final

from metrics.kinds import (
    AmountShare,
    BoundedSum,
    Count,
    Mean,
    Percentile,
    Ratio,
    Sum,
    TimeShare,
)
from metrics.registry import METRICS
from metrics.render.record_view_sql import MEASURED, RecordView
from metrics.render.record_views import RECORD_VIEWS
from metrics.spec import Metric, Unit

#: Relation of the published cells, in the schema `mart`.
CELLS: Final = "metric_values"


class Function(StrEnum):
    """What is done with an expression over the rows of a group."""

    SUM = "sum"
    COUNT = "count"
    COUNT_DISTINCT = "count_distinct"
    MAX = "max"
    PERCENTILE = "percentile"


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One aggregate: a function of one expression over the columns of the relation.

    Attributes:
        name: unique over all measures.
        function: what is done.
        expression: SQL over columns of the relation.
        percent: for a percentile, 0 to 100.
    """

    name: str
    function: Function
    expression: str
    percent: int | None = None

    @property
    def sql(self) -> str:
        """The aggregate in the SQL that DuckDB and PostgreSQL share."""
        match self.function:
            case Function.PERCENTILE:
                return f"PERCENTILE_CONT({(self.percent or 0) / 100}) WITHIN GROUP (ORDER BY {self.expression})"
            case Function.COUNT_DISTINCT:
                return f"COUNT(DISTINCT {self.expression})"
            case _:
                return f"{self.function.upper()}({self.expression})"


class Shape(StrEnum):
    """What a measure is made of; formats that have no SQL of their own write each in their own way.

    `total`: one sum. `quotient`: the first aggregate over the second, empty unless that is above 0. `percentile`: one
    percentile, rounded to `parts` of a unit and divided by `scale`. `cells`: the formula over published cells.
    """

    TOTAL = "total"
    QUOTIENT = "quotient"
    PERCENTILE = "percentile"
    CELLS = "cells"


@dataclass(frozen=True, slots=True)
class Measure:
    """One metric as a semantic layer computes it.

    Attributes:
        metric: the metric.
        relation: what it reads, in the schema `mart`.
        shape: what it is made of.
        aggregates: what is aggregated, in the order of use.
        formula: SQL over `{name}` of the aggregates.
        parts: of a percentile, how many parts of a unit it is a whole number of.
        scale: of a percentile, how many units of the column make one of the value.
    """

    metric: Metric
    relation: str
    shape: Shape
    aggregates: tuple[Aggregate, ...]
    formula: str
    parts: int = 1
    scale: int = 1

    @property
    def name(self) -> str:
        """Name of the metric and of the measure."""
        return self.metric.name

    @property
    def reads_cells(self) -> bool:
        """Whether it reads published cells rather than records."""
        return self.relation == CELLS

    @property
    def sql(self) -> str:
        """The whole measure as one expression of the SQL that DuckDB and PostgreSQL share."""
        return self.formula.format(**{aggregate.name: aggregate.sql for aggregate in self.aggregates})


#: Column of a record view that a metric counts hits in, where its name does not say so.
_HITS: Final[dict[str, str]] = {
    "ticket_reopen_ratio": "reopened_count",
    "ticket_first_contact_resolution_ratio": "first_contact_count",
    "sla_source_attainment_ratio": "source_claim_met_count",
    "sla_attainment_ratio": "resolution_met_count",
    "sla_first_response_attainment_ratio": "first_response_met_count",
    "sla_periodic_update_attainment_ratio": "periodic_update_met_count",
    "sla_vendor_response_attainment_ratio": "vendor_response_met_count",
    "sla_vendor_resolution_attainment_ratio": "vendor_resolution_met_count",
    "vendor_on_time_delivery_ratio": "on_time_count",
    "vendor_on_time_delivery_first_promise_ratio": "on_time_by_first_promise_count",
    "vendor_promise_kept_ratio": "promise_kept_count",
}

#: Columns of a record view that are the part and the whole of a share.
_SHARES: Final[dict[str, tuple[str, str]]] = {
    "ticket_flow_efficiency_business_ratio": ("flow_active_business_microseconds", "flow_whole_business_microseconds"),
    "ticket_flow_efficiency_calendar_ratio": ("flow_active_calendar_microseconds", "flow_whole_calendar_microseconds"),
    "vendor_off_contract_ratio": ("judged_off_contract_reporting", "judged_amount_reporting"),
}

#: Columns of a record view that hold one kind of the amounts that are to come back.
_AMOUNTS: Final[dict[str, str]] = {
    "vendor_recoverable_over_billing_reporting": "over_billing_reporting",
    "vendor_recoverable_duplicate_reporting": "duplicate_invoice_reporting",
    "vendor_recoverable_service_credit_reporting": "service_credit_reporting",
}


def measures(metrics: Sequence[Metric] = METRICS) -> tuple[Measure, ...]:
    """One measure per metric, in the order of the metrics."""
    return tuple(_measure(metric) for metric in metrics)


def _measure(metric: Metric) -> Measure:
    views = [view for view in RECORD_VIEWS if metric.population in view.populations]
    found = _of_records(metric, views[0]) if views else None
    return found or _of_cells(metric)


def _of_records(metric: Metric, view: RecordView) -> Measure | None:
    """The measure over records, or None if single records do not tell the metric."""
    match metric.kind:
        case Percentile(percent=percent, column=column, scale=scale):
            taken = Aggregate(f"{metric.name}_unrounded", Function.PERCENTILE, column, percent)
            # Between two whole numbers the percentile lies on a whole number of such parts of one: what is rounded off
            # is what the database lost while it interpolated.
            parts = 100 // gcd(percent, 100)
            formula = f"ROUND(CAST({{{taken.name}}} AS DOUBLE PRECISION) * {parts}) / {parts * scale}"
            return Measure(metric, view.name, Shape.PERCENTILE, (taken,), formula, parts, scale)
        case Ratio():
            return _quotient(metric, view, _HITS[metric.name])
        case Mean(column=column):
            return _quotient(metric, view, column)
        case TimeShare() | AmountShare():
            return _share(metric, view, *_SHARES[metric.name])
        case Count():
            return _sum(metric, view, MEASURED)
        case Sum(amount=amount):
            return _sum(metric, view, amount)
        case BoundedSum(amount=amount):
            return _sum(metric, view, _AMOUNTS.get(metric.name, amount))
        case _:
            return None


def _sum(metric: Metric, view: RecordView, column: str) -> Measure:
    total = Aggregate(f"{metric.name}_total", Function.SUM, column)
    return Measure(metric, view.name, Shape.TOTAL, (total,), f"{{{total.name}}}")


def _quotient(metric: Metric, view: RecordView, column: str) -> Measure:
    """Sum of a column over the number of records that have it."""
    return _divided(
        metric,
        view,
        Aggregate(f"{metric.name}_numerator", Function.SUM, column),
        Aggregate(f"{metric.name}_denominator", Function.COUNT, column),
    )


def _share(metric: Metric, view: RecordView, part: str, whole: str) -> Measure:
    """Sum of one column over that of another."""
    return _divided(
        metric,
        view,
        Aggregate(f"{metric.name}_numerator", Function.SUM, part),
        Aggregate(f"{metric.name}_denominator", Function.SUM, whole),
    )


def _divided(metric: Metric, view: RecordView, numerator: Aggregate, denominator: Aggregate) -> Measure:
    """Numerator over denominator; empty unless that is above 0, for a share of nothing or of a credit is none."""
    formula = f"{_CAST.format(f'{{{numerator.name}}}')} / {_CAST.format(f'{{{denominator.name}}}')}"
    guarded = f"CASE WHEN {{{denominator.name}}} > 0 THEN {formula} END"
    return Measure(metric, view.name, Shape.QUOTIENT, (numerator, denominator), guarded)


_CAST: Final = "CAST({} AS DOUBLE PRECISION)"


@dataclass(frozen=True, slots=True)
class CellRule:
    """How published cells of a metric may be put together.

    Attributes:
        over_periods: whether several periods of one grain may.
        over_breakdown: whether several values of one breakdown may.
        parts: columns that are added up: the value, or numerator and denominator, which are then divided.
        is_money: whether what is added up has four decimals exactly.
    """

    over_periods: bool
    over_breakdown: bool
    parts: tuple[str, ...]
    is_money: bool

    @property
    def is_single(self) -> bool:
        """Whether no two cells may be put together."""
        return not (self.over_periods or self.over_breakdown)


def cell_rule(metric: Metric) -> CellRule:
    """How published cells of a metric may be put together, so that the result is what the wider cell would say."""
    parts = ("numerator", "denominator") if metric.aggregation.has_parts else ("value",)
    return CellRule(
        over_periods=metric.aggregation.adds_over_periods,
        over_breakdown=metric.aggregation.adds_over_breakdown,
        parts=parts,
        is_money=metric.unit is Unit.REPORTING or len(parts) == 2,
    )


def _of_cells(metric: Metric) -> Measure:
    """The published value of one cell; of several, what may be put together of them, else nothing."""

    def over_cells(suffix: str, function: Function, expression: str) -> Aggregate:
        theirs = f"CASE WHEN metric = '{metric.name}' THEN {expression} END"
        return Aggregate(f"{metric.name}_{suffix}", function, theirs)

    cells = over_cells("cells", Function.COUNT, "1")
    value = over_cells("one_value", Function.MAX, "value")
    one = f"WHEN {{{cells.name}}} = 1 THEN {{{value.name}}}"
    rule = cell_rule(metric)
    if rule.is_single:
        return Measure(metric, CELLS, Shape.CELLS, (cells, value), f"CASE {one} END")
    guards = [
        over_cells("grains", Function.COUNT_DISTINCT, "period_grain"),
        over_cells("breakdowns", Function.COUNT_DISTINCT, "dimension"),
    ]
    if not rule.over_periods:
        guards.append(over_cells("periods", Function.COUNT_DISTINCT, "period_start_date"))
    if not rule.over_breakdown:
        guards.append(over_cells("breakdown_values", Function.COUNT_DISTINCT, "dimension_value"))
    exact = "CAST({} AS DECIMAL(18, 4))" if rule.is_money else "{}"
    totals = [over_cells(f"{part}_total", Function.SUM, exact.format(part)) for part in rule.parts]
    known = [over_cells(f"{part}_known_cells", Function.COUNT, part) for part in rule.parts]
    conditions = [f"{{{guard.name}}} = 1" for guard in guards]
    conditions += [f"{{{each.name}}} = {{{cells.name}}}" for each in known]
    together = _CAST.format(f"{{{totals[0].name}}}")
    if len(totals) == 2:
        conditions.append(f"{{{totals[1].name}}} > 0")
        together = f"{together} / {_CAST.format(f'{{{totals[1].name}}}')}"
    formula = f"CASE {one} WHEN {' AND '.join(conditions)} THEN {together} END"
    return Measure(metric, CELLS, Shape.CELLS, (cells, value, *guards, *known, *totals), formula)
