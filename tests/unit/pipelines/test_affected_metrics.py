"""Which KPIs a rule protects, a column touches and a record counts in."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest

from data_contracts.loader import load_warehouse_contracts
from metrics.registry import METRICS
from models.vocabulary import RuleAction
from pipelines.gate.affected_metrics import (
    FACTS_OF_RECORDS,
    metrics_counting,
    metrics_of_domain,
    metrics_protected,
    metrics_touched,
    name_briefly,
)

NAMES = [metric.name for metric in METRICS]


def test_every_record_that_can_be_set_aside_says_which_facts_count_it() -> None:
    rules = [rule for contract in load_warehouse_contracts() for rule in contract.rules]
    assert {rule.record_table for rule in rules if rule.action is RuleAction.QUARANTINE} == FACTS_OF_RECORDS.keys()


def test_every_metric_counts_records_of_some_kind() -> None:
    counted = {fact for facts in FACTS_OF_RECORDS.values() for fact in facts}
    assert {metric.fact for metric in METRICS} == counted


def test_a_ticket_set_aside_touches_cost_per_transaction_and_not_deliveries() -> None:
    metrics = metrics_counting("stg_tickets")
    assert {"sla_attainment_ratio", "ticket_created_count", "cost_per_transaction_reporting"} <= set(metrics)
    assert "vendor_on_time_delivery_ratio" not in metrics
    assert metrics_counting("stg_benefit_lines") == []


def test_names_and_patterns_protect_what_they_match_and_nothing_protects_all_of_the_domain() -> None:
    assert metrics_protected("raw_x.a.b", ["cost_total_reporting", "sla_*"], "finance") == [
        name for name in NAMES if name == "cost_total_reporting" or fnmatchcase(name, "sla_*")
    ]
    assert metrics_protected("raw_x.a.b", [], "vendors") == metrics_of_domain("vendors")
    assert metrics_protected("raw_x.a.b", ["nothing_*"], "vendors") == []
    on_time = metrics_protected("deliveries.delivered_date.parsed", [], "vendors")
    assert on_time == [metric.name for metric in METRICS if metric.fact == "fct_deliveries"]


def test_a_column_touches_what_the_rules_about_it_protect() -> None:
    contracts = load_warehouse_contracts()
    about = [
        rule for contract in contracts for rule in contract.rules if rule.id.startswith("deliveries.delivered_date.")
    ]
    expected = {name for rule in about for name in metrics_protected(rule.id, rule.protects, "vendors")}
    assert expected
    assert set(metrics_touched(["deliveries.delivered_date"], contracts)) == expected
    # No rule is about the item, so it touches what any rule on its table protects.
    assert set(metrics_touched(["deliveries.item"], contracts)) >= expected
    assert metrics_touched(["deliveries.item"], []) == metrics_of_domain("vendors")


@pytest.mark.parametrize(
    ("names", "brief"),
    [
        ([name for name in NAMES if name.startswith("sla_")], ["sla_*"]),
        (["sla_attainment_ratio"], ["sla_attainment_ratio"]),
        ([], []),
        (NAMES, [f"{subject}_*" for subject in dict.fromkeys(name.partition("_")[0] for name in NAMES)]),
    ],
)
def test_names_are_told_briefly(names: list[str], brief: list[str]) -> None:
    assert name_briefly(names) == brief
