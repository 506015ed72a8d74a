from __future__ import annotations

import dataclasses
from decimal import Decimal

import polars as pl
import pytest

from metrics.costs.countable_facts import transaction_domain
from metrics.costs.policy import CostPolicy, CostPool, Driver, TransactionKind
from metrics.kinds import (
    PLAN_KINDS,
    Aggregation,
    BoundedSum,
    CostSum,
    Count,
    Mean,
    NetCount,
    Percentile,
    Stock,
    Sum,
    UnitCost,
)
from metrics.registry import HEADLINES, METRICS, closing_domains, metric_named, required_domains
from metrics.spec import AS_OF_DATE, Direction, Metric, Unit
from metrics.vendor_populations import VENDOR_INVOICE_LINES
from metrics.vendors.credit_policy import CreditPromise, CreditTerms
from metrics.vendors.policy import VendorPolicy
from models.catalog import table_named
from models.marts import meta_metrics
from models.vocabulary import Dimension, Domain, Layer, PromiseKind

EVERY_METRIC = pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)


def test_names_and_labels_are_unique() -> None:
    assert len({metric.name for metric in METRICS}) == len(METRICS)
    assert len({metric.label for metric in METRICS}) == len(METRICS)


def test_there_are_three_headlines_one_for_each_question() -> None:
    assert [metric.name for metric in HEADLINES] == [
        "ticket_cycle_time_p85_business_hours",
        "sla_attainment_ratio",
        "cost_per_transaction_reporting",
    ]


@EVERY_METRIC
def test_a_metric_reads_declared_columns(metric: Metric) -> None:
    fact = table_named(metric.fact)
    assert fact.schema == Layer.CORE
    assert metric.population.period_column in (*fact.columns.keys(), AS_OF_DATE)
    for dimension in metric.dimensions:
        assert dimension is Dimension.OVERALL or dimension.value in fact.columns
    match metric.kind:
        case Percentile(column=column) | Mean(column=column) | Sum(amount=column):
            assert column in fact.columns
        case BoundedSum(amount=amount, least=least, greatest=greatest):
            assert {amount, least, greatest} <= set(fact.columns.keys())
        case _:
            by_kind = (CostSum, UnitCost, Count, NetCount, Stock, *PLAN_KINDS)
            assert isinstance(metric.kind, by_kind) or metric.unit is Unit.RATIO


@EVERY_METRIC
def test_a_metric_is_explained_in_sentences(metric: Metric) -> None:
    for text in (metric.meaning, metric.formula, metric.population.eligibility):
        assert text[0].isupper() or text[0].isdigit() or text.split()[0] == "met"
        assert text.endswith(".")
    assert metric.unit.label
    assert f"({metric.population.period_column})" in metric.period_date


@EVERY_METRIC
def test_the_definition_fills_the_published_table(metric: Metric) -> None:
    definition = metric.definition()
    missing = {column.name for column in meta_metrics.columns} - set(definition)
    assert missing == {"publication_state", "held_reason", "held_since_at", "fresh_as_of_at"}
    assert all(definition.values())


@EVERY_METRIC
def test_the_statistic_in_the_name_is_the_one_computed(metric: Metric) -> None:
    if isinstance(metric.kind, Percentile):
        assert f"_p{metric.kind.percent}_" in metric.name
        assert ("business" in metric.kind.column) == (metric.unit is Unit.BUSINESS_HOURS)
        assert ("calendar" in metric.kind.column) == (metric.unit is Unit.CALENDAR_HOURS)
        assert metric.kind.scale == (1 if metric.unit in (Unit.COUNT, Unit.DAYS) else 3_600_000_000)
    assert ("_mean_" in metric.name) == isinstance(metric.kind, Mean)


def test_a_mean_is_published_only_beside_a_percentile() -> None:
    percentiles = {metric.kind.column for metric in METRICS if isinstance(metric.kind, Percentile)}
    assert {metric.kind.column for metric in METRICS if isinstance(metric.kind, Mean)} <= percentiles


def test_stocks_and_percentiles_say_that_they_do_not_add_up_over_time() -> None:
    combined = {metric.name: metric.aggregation for metric in METRICS}
    assert combined["ticket_work_in_progress_count"] is Aggregation.STOCK
    assert combined["ticket_created_count"] is combined["ticket_net_flow_count"] is Aggregation.SUM
    assert combined["ticket_age_p50_business_hours"] is Aggregation.NONE
    assert combined["ticket_flow_efficiency_business_ratio"] is combined["ticket_touch_mean_count"] is Aggregation.PARTS
    assert combined["cost_total_reporting"] is combined["cost_of_rework_reporting"] is Aggregation.BREAKDOWN_SUM
    assert combined["cost_per_transaction_reporting"] is Aggregation.BREAKDOWN_PARTS
    assert combined["vendor_committed_spend_used_ratio"] is Aggregation.STOCK_PARTS
    assert len({aggregation.rule for aggregation in Aggregation}) == len(Aggregation)


def test_a_metric_is_found_by_its_name() -> None:
    assert metric_named("sla_attainment_ratio").kind is not None
    with pytest.raises(KeyError):
        metric_named("sla_attainment_pct")


def test_cost_by_paid_documents_needs_no_tickets() -> None:
    policy = CostPolicy(transaction=TransactionKind.PAID_DOCUMENTS, pools=(CostPool("all"),))
    assert required_domains(metric_named("cost_per_transaction_reporting"), policy) == (Domain.FINANCE,)


def test_a_driver_brings_its_domain_with_it() -> None:
    shares = {"Desk": Decimal(1)}
    pools = (
        CostPool("payroll", driver=Driver.ACTIVE_BUSINESS_HOURS),
        CostPool("rent", driver=Driver.FIXED_SHARES, shares=shares),
    )
    policy = CostPolicy(transaction=TransactionKind.DELIVERIES, pools=pools)
    cost = metric_named("cost_allocated_reporting")
    assert required_domains(cost, policy) == (Domain.TICKETS, Domain.FINANCE, Domain.VENDORS)
    assert required_domains(metric_named("vendor_billed_reporting"), policy) == (Domain.VENDORS,)


def test_promises_bring_the_domain_that_they_are_judged_by() -> None:
    recoverable = metric_named("vendor_recoverable_reporting")
    for kind, domains in (
        (PromiseKind.SLA, (Domain.TICKETS, Domain.VENDORS)),
        (PromiseKind.DELIVERIES_IN_FORCE, (Domain.VENDORS,)),
    ):
        terms = CreditTerms(contracts=("*",), promises=(CreditPromise("promise", kind=kind),))
        assert required_domains(recoverable, CostPolicy(), VendorPolicy(credits=(terms,))) == domains
    assert required_domains(recoverable, CostPolicy()) == (Domain.VENDORS,)


def test_what_a_period_cost_is_closed_by_finance_and_who_bears_it_by_all() -> None:
    total = metric_named("cost_total_reporting")
    assert required_domains(total, CostPolicy()) == (Domain.TICKETS, Domain.FINANCE)
    assert closing_domains(total, CostPolicy()) == (Domain.FINANCE,)
    for name in ("cost_allocated_reporting", "cost_unallocated_reporting", "cost_per_transaction_reporting"):
        assert closing_domains(metric_named(name), CostPolicy()) == (Domain.TICKETS, Domain.FINANCE)
    for metric in METRICS:
        assert set(metric.whole_requires) <= set(metric.requires)


def test_what_is_billed_too_high_or_twice_needs_no_tickets() -> None:
    terms = CreditTerms(contracts=("*",), promises=(CreditPromise("promise", kind=PromiseKind.SLA),))
    policy = VendorPolicy(credits=(terms,))
    for name in ("over_billing", "duplicate"):
        metric = metric_named(f"vendor_recoverable_{name}_reporting")
        assert required_domains(metric, CostPolicy(), policy) == (Domain.VENDORS,)
    owed = metric_named("vendor_recoverable_service_credit_reporting")
    assert required_domains(owed, CostPolicy(), policy) == (Domain.TICKETS, Domain.VENDORS)


def test_every_kind_of_transaction_has_a_domain() -> None:
    assert {kind: transaction_domain(kind) for kind in TransactionKind} == {
        TransactionKind.RESOLVED_TICKETS: Domain.TICKETS,
        TransactionKind.PAID_DOCUMENTS: Domain.FINANCE,
        TransactionKind.DELIVERIES: Domain.VENDORS,
    }


def _metric(**changes: object) -> Metric:
    return dataclasses.replace(metric_named("vendor_billed_reporting"), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "Vendor Billed_reporting"}, "lower-case words"),
        ({"name": "vendor_billed_usd"}, "must end with its unit, _reporting"),
        ({"version": 0}, "versions count from 1"),
        ({"requires": ()}, "at least one domain"),
        ({"dimensions": (Dimension.PRIORITY,)}, "has no priority to break down by"),
    ],
)
def test_a_metric_that_contradicts_itself_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        _metric(**changes)


def test_a_narrower_breakdown_is_kept() -> None:
    assert _metric(dimensions=(Dimension.OVERALL,)).dimensions == (Dimension.OVERALL,)
    assert _metric(dimensions=()).dimensions == VENDOR_INVOICE_LINES.dimensions


def test_a_percentile_beyond_the_scale_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 100"):
        Percentile(101, "lead_time_business_microseconds")


def test_a_percentile_is_uncertain_in_one_way_only() -> None:
    with pytest.raises(ValueError, match="cannot exceed"):
        Percentile(50, "waiting_business_microseconds", may_be_any="is_sampled")
    with pytest.raises(ValueError, match="one of these"):
        Percentile(50, "reopen_count", may_be_more="is_sampled", may_be_any="is_sampled", at_most=("touch_count",))


def test_a_definition_is_data() -> None:
    rows = pl.DataFrame([metric.definition() for metric in METRICS])
    assert rows["metric_version"].dtype == pl.Int64
    assert set(rows["direction"]) <= set(Direction)
