"""Which columns of the facts the metrics are computed from, so that nothing else has to be read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import polars as pl

from metrics.kinds import (
    PLAN_KINDS,
    AmountShare,
    BoundedSum,
    Concentration,
    CostSum,
    Mean,
    NetCount,
    Percentile,
    Ratio,
    ReworkCost,
    ReworkShare,
    RunningShare,
    Stock,
    Sum,
    TimeShare,
    UnitCost,
)
from metrics.spec import AS_OF_DATE, Metric, Population
from models.catalog import table_named
from models.vocabulary import BREAKDOWNS, Dimension

_COST_FACTS: Final = ("fct_cost_lines", "fct_cost_allocations", "fct_transactions")

#: Columns by which `metrics.measuring.fact_records.clock_records` and `metrics.measuring.stocks` know a ticket.
_OF_TICKETS: Final = (
    *("ticket_id", "has_history", "is_done", "is_cancelled", "is_quarantined"),
    *("created_at", "resolved_at", "cancelled_at", "settled_by_at", "unknown_since_at"),
    *BREAKDOWNS,
)
#: Columns by which `metrics.measuring.uncertain_stocks` knows where a ticket was when.
_OF_STRETCHES: Final = (
    *("ticket_id", "interval_number", "cycle_number", "started_at", "started_earliest_at", "status"),
    *("status_category", "team", "priority", "vendor"),
)
_OF_CLOCKS: Final = ("ticket_id", "target", "state", "not_told", "decided_at", *BREAKDOWNS)


def needed_columns(metrics: Sequence[Metric]) -> dict[str, list[str]]:
    """The columns that `metrics.measuring.measure.measure` reads, by fact and in the order of the table's declaration.

    A fact that is not named is not read.
    """
    needed: dict[str, set[str]] = {}
    for metric in metrics:
        for fact, columns in _columns_of(metric):
            needed.setdefault(fact, set()).update(columns)
    return {
        fact: [column.name for column in table_named(fact).columns if column.name in columns]
        for fact, columns in needed.items()
    }


def columns_of_ends(metrics: Sequence[Metric]) -> dict[str, list[str]]:
    """Those of the needed columns that say how exactly values are known, by fact. One that is empty may be left out."""
    found: dict[str, set[str]] = {}
    for metric in metrics:
        named = {*metric.population.window, *(metric.kind.ends if isinstance(metric.kind, Percentile) else ())}
        if named:
            found.setdefault(metric.fact, set()).update(named)
    return {fact: sorted(names) for fact, names in found.items()}


def _columns_of(metric: Metric) -> Iterable[tuple[str, Iterable[str]]]:
    """Facts that a metric is computed from, each with columns of it."""
    if metric.population.span:
        yield metric.population.span.fact, metric.population.span.start.meta.root_names()
    if isinstance(metric.kind, PLAN_KINDS):
        yield metric.fact, table_named(metric.fact).columns.keys()
        if isinstance(metric.kind, ReworkCost | ReworkShare):
            for fact in ("fct_cost_lines", "fct_transactions"):
                yield fact, table_named(fact).columns.keys()
        return
    match metric.kind:
        case CostSum() | UnitCost():
            for fact in _COST_FACTS:
                yield fact, table_named(fact).columns.keys()
        case Stock():
            yield metric.fact, table_named(metric.fact).columns.keys()
            yield "fct_tickets", (*_OF_TICKETS, "source", "is_sampled")
            yield "fct_ticket_intervals", _OF_STRETCHES
        case NetCount(less=less):
            yield from _columns_of_population(metric.population, [])
            yield from _columns_of_population(less, [])
        case Percentile(column=column, ends=ends, at_most=at_most):
            named = filter(None, (column, *ends, metric.kind.may_be_more, metric.kind.may_be_any, *at_most))
            yield from _columns_of_population(metric.population, [pl.col(name) for name in named])
        case Mean(column=column, may_be_more=flag):
            yield from _columns_of_population(metric.population, [pl.col(name) for name in (column, flag) if name])
        case Sum(amount=column):
            yield from _columns_of_population(metric.population, [pl.col(column)])
        case BoundedSum(amount=amount, least=least, greatest=greatest):
            yield from _columns_of_population(metric.population, [pl.col(name) for name in (amount, least, greatest)])
        case Ratio(is_hit=is_hit, doubt=flag):
            yield from _columns_of_population(metric.population, [is_hit, *([pl.col(flag)] if flag else [])])
        case TimeShare(part=part, whole=whole, whole_at_most=limit, may_be_any=flag, at_most=at_most):
            in_doubt = [pl.col(name) for name in (flag, *at_most) if name]
            yield from _columns_of_population(metric.population, [part, whole, limit, *in_doubt])
        case AmountShare(part=amount, whole=of):
            yield from _columns_of_population(metric.population, [pl.col(amount), pl.col(of)])
        case RunningShare(part=amount, whole=of, is_understated=flag):
            yield from _columns_of_population(metric.population, [pl.col(name) for name in (amount, of, flag)])
        case Concentration(amount=amount, by=by):
            yield from _columns_of_population(metric.population, [pl.col(amount), pl.col(by)])
        case _:
            yield from _columns_of_population(metric.population, [])


def _columns_of_population(
    population: Population, contributions: Sequence[pl.Expr]
) -> Iterable[tuple[str, Iterable[str]]]:
    if population.fact == "fct_sla_clocks":
        yield population.fact, (*_OF_CLOCKS, *population.window)
        yield "fct_tickets", _OF_TICKETS
        return
    expressions = [population.period, population.is_eligible, population.is_placed, *contributions]
    named = [name for expression in expressions for name in expression.meta.root_names() if name != AS_OF_DATE]
    breakdown = [dimension.value for dimension in population.dimensions if dimension is not Dimension.OVERALL]
    yield population.fact, [*named, *breakdown, *population.window, "is_quarantined"]
