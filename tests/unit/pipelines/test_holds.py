"""What a broken rule holds: the metrics that require it and no others, and facts only where rows cannot be loaded."""

from __future__ import annotations

import pytest

from data_contracts.loader import (
    load_export_contract,
    load_fact_contract,
    load_warehouse_contracts,
    packaged_templates,
)
from metrics.costs.policy import CostPolicy
from metrics.registry import METRICS, metric_named, required_rules
from models.catalog import STAGED, tables_of
from models.vocabulary import LOAD_TIERS, Layer, RuleAction
from pipelines.facts.inputs import FACT_INPUTS, FACT_OF_RECORDS
from pipelines.gate.affected_metrics import is_required
from pipelines.gate.holds import HeldBack, reasons_to_hold, unfit_tables
from pipelines.kpis.values import MEASURED_FACTS
from pipelines.policies.loading import Policies
from pipelines.scaffold import HomeFacts, write_home

PACKAGED = [
    *(rule for contract in load_warehouse_contracts() for rule in contract.rules),
    *load_fact_contract("cost_facts").rules,
]


@pytest.fixture(scope="module")
def policies(tmp_path_factory: pytest.TempPathFactory) -> Policies:
    from pipelines.home import Home
    from pipelines.project import load_project

    folder = tmp_path_factory.mktemp("home") / "home"
    write_home(folder, HomeFacts("Trial"))
    return load_project(Home(folder)).policies


def held(policies: Policies, *broken: HeldBack) -> set[str]:
    return {metric.name for metric in METRICS if reasons_to_hold(metric, broken, policies)}


def broken(rule_id: str, judged: str = "tickets", **more: object) -> HeldBack:
    return HeldBack(rule_id=rule_id, judged=judged, reason=f"{rule_id}: is broken.", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("rule", PACKAGED, ids=lambda rule: rule.id)
def test_every_rule_that_ships_protects_something(rule: object) -> None:
    assert rule.protects or any(is_required(rule.id, metric.rules) for metric in METRICS)  # type: ignore[attr-defined]


def test_every_pattern_of_a_metric_names_a_rule() -> None:
    ids = [
        *(rule.id for rule in PACKAGED),
        *(f"{table.removeprefix('stg_')}.rows.present" for table in FACT_OF_RECORDS),
        *(
            rule.id
            for name, text in packaged_templates().items()
            for rule in load_export_contract(text, name, packaged_templates()).arrival_rules
        ),
        "tickets.any_snapshot.fresh",
        "tickets.any_snapshot.periods_present",
    ]
    for metric in METRICS:
        for pattern in metric.rules:
            assert any(is_required(rule_id, [pattern]) for rule_id in ids), f"{metric.name}: {pattern}"


def test_every_fact_says_which_staged_tables_it_is_made_of() -> None:
    staged = {table.name for tables in STAGED.values() for table in tables}
    assert FACT_INPUTS.keys() == {table.name for table in tables_of(Layer.CORE)}
    assert {name for names in FACT_INPUTS.values() for name in names} == staged
    assert {table.name for table in MEASURED_FACTS} <= FACT_INPUTS.keys()


def test_rules_on_keys_keep_their_table_out_and_no_other_rule_does() -> None:
    for rule in PACKAGED:
        if rule.action is RuleAction.BLOCK and rule.table_name.startswith("stg."):
            is_of_key = rule.id.endswith(("_id.unique", "_id.present")) or rule.id.startswith("fx_rates.")
            assert (rule.tier in LOAD_TIERS) == is_of_key, rule.id


def test_a_metric_never_goes_on_where_its_facts_are_kept(policies: Policies) -> None:
    for rule in PACKAGED:
        if rule.tier in LOAD_TIERS:
            table = rule.table_name.removeprefix("stg.")
            stopped = held(policies, broken(rule.id, rule.domain.value, tables=(table,)))
            assert {metric.name for metric in METRICS if table in FACT_INPUTS[metric.fact]} <= stopped, rule.id


FIRST_RESPONSE = "sla_first_response_attainment_ratio"
ON_TIME = "vendor_on_time_delivery_ratio"
VARIANCE = "cost_budget_variance_ratio"
UNIT_COST = "cost_per_transaction_reporting"
BILLED = "vendor_billed_reporting"


@pytest.mark.parametrize(
    ("rule_id", "judged", "some_held", "some_not"),
    [
        ("tickets.first_response_at.not_in_future", "tickets", FIRST_RESPONSE, "ticket_created_count"),
        ("ticket_events.ticket_id.known", "tickets", "sla_attainment_ratio", ON_TIME),
        ("headcount.month_date_and_team.unique", "finance", UNIT_COST, VARIANCE),
        ("budget_lines.kind.known", "finance", VARIANCE, "cost_total_reporting"),
        ("vendor_contracts.vendor.present", "vendors", "vendor_rate_card_variance_reporting", BILLED),
        ("deliveries.promised_date.parsed", "vendors", ON_TIME, BILLED),
        ("fct_cost_lines.amount_reporting.converted", "cost_facts", "cost_total_reporting", "cost_budget_reporting"),
    ],
)
def test_a_rule_holds_what_requires_it(
    rule_id: str, judged: str, some_held: str, some_not: str, policies: Policies
) -> None:
    found = held(policies, broken(rule_id, judged))
    assert some_held in found
    assert some_not not in found


def test_cost_per_transaction_hangs_on_what_it_is_divided_by(policies: Policies) -> None:
    cost = metric_named("cost_per_transaction_reporting")
    assert cost.name in held(policies, broken("tickets.resolved_at.not_before_created"))
    assert "tickets.status.*" in required_rules(cost, CostPolicy())
    assert "tickets.status.*" not in required_rules(metric_named("cost_budget_reporting"), CostPolicy())


def test_too_many_records_set_aside_hold_every_metric_that_counts_them(policies: Policies) -> None:
    rule = broken("tickets.first_response_at.not_in_future", record_table="stg_tickets")
    assert {"ticket_created_count", "sla_attainment_ratio", "cost_per_transaction_reporting"} <= held(policies, rule)
    assert "vendor_on_time_delivery_ratio" not in held(policies, rule)


def test_a_rule_of_a_home_holds_what_it_names_or_else_its_domain(policies: Policies) -> None:
    named = broken("raw_desk__tickets.a.b", protects=("sla_*",))
    assert held(policies, named) == {metric.name for metric in METRICS if metric.name.startswith("sla_")}
    for rule_id in ("raw_desk__tickets.a.b", "tickets.own.rule", "tickets"):
        found = held(policies, broken(rule_id))
        assert {"ticket_created_count", "sla_attainment_ratio", "cost_per_transaction_reporting"} <= found
        assert "vendor_on_time_delivery_ratio" not in found


def test_a_table_is_kept_out_with_the_reason_of_the_first_rule() -> None:
    first, second = (broken(rule, tables=("stg_tickets",)) for rule in ("tickets.a.b", "tickets.c.d"))
    assert unfit_tables([broken("tickets.e.f"), first, second]) == {"stg_tickets": first.reason}
