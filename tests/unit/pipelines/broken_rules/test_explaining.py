"""Every explanation belongs to rules of its own, and a rule that none knows keeps the words of its contract."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from data_contracts.loader import load_fact_contract, load_warehouse_contracts, packaged_fact_contracts
from data_contracts.service_levels import ARRIVALS
from data_contracts.spec import Rule
from data_contracts.unique_columns import ASSERTION
from data_contracts.verdict import RuleResult
from models.catalog import STAGED
from models.finance import stg_cost_lines
from models.vendors import stg_vendor_invoice_lines
from models.vocabulary import Domain
from pipelines.broken_rules import late_data, repeated_values
from pipelines.broken_rules.evidence import Evidence
from pipelines.broken_rules.explaining import EXPLANATIONS, explain_broken, explanation_of, find_evidence
from pipelines.gate.audit import audit
from pipelines.policies.loading import load_policies
from pipelines.warehouse import Warehouse

RULES = {rule.id: rule for contract in load_warehouse_contracts() for rule in contract.rules}
ALL_RULES = [
    *RULES.values(),
    *(rule for name in packaged_fact_contracts() for rule in load_fact_contract(name).rules),
    # Rules that the contracts of a home bring.
    replace(RULES["cost_lines.cost_line_id.unique"], id=f"cost_lines.spend.number.{ASSERTION}", table_name="raw.spend"),
    replace(RULES["cost_lines.cost_line_id.unique"], id="cost_lines.spend.fresh", table_name=ARRIVALS),
]


@pytest.fixture
def evidence(warehouse: Warehouse, tmp_path: Path) -> Evidence:
    folder = tmp_path / "policies"
    folder.mkdir()
    return Evidence(warehouse, (), load_policies(folder), "EUR", "UTC")


def test_no_rule_has_two_explanations_and_each_explanation_has_rules() -> None:
    owned = [[rule.id for rule in ALL_RULES if each.belongs_to(rule)] for each in EXPLANATIONS]
    assert all(owned)
    together = [rule_id for ids in owned for rule_id in ids]
    assert len(together) == len(set(together))


def test_rules_that_contracts_of_a_home_bring_find_their_explanation() -> None:
    *_, repeated, late = ALL_RULES
    assert explanation_of(repeated) is repeated_values.EXPLANATION
    assert explanation_of(late) is late_data.EXPLANATION


def bring_lines(evidence: Evidence) -> None:
    rows = [
        {"cost_line_id": None, "source": "g", "currency_code": "USD", "amount_original": "2.5", "load_id": "1",
         "row_number": number, "posting_date": "2026-03-04"}
        for number in (1, 2)
    ]  # fmt: skip
    typed = pl.DataFrame(rows, schema_overrides={"cost_line_id": pl.String}).with_columns(
        pl.col("amount_original").cast(pl.Decimal(18, 4)), pl.col("posting_date").str.to_date()
    )
    evidence.warehouse.replace(stg_cost_lines, typed)


def ask(evidence: Evidence, rule: Rule) -> RuleResult:
    (result,) = explain_broken(audit(evidence.warehouse, [rule], reporting_currency="EUR"), evidence)
    return result


def test_a_rule_that_no_explanation_knows_keeps_its_words(evidence: Evidence) -> None:
    bring_lines(evidence)
    find_evidence(evidence, Domain.FINANCE)
    rule = replace(RULES["cost_lines.currency_code.convertible"], id="cost_lines.currency_code.is_one_of_ours")
    result = ask(evidence, rule)
    assert (result.failed_count, result.rule.message) == (2, rule.message)


def test_the_reporting_currency_is_in_doubt_only_where_no_amount_of_the_home_is_in_it(evidence: Evidence) -> None:
    """An invoice in euros says that somebody reports in them, though each line of the ledger is in dollars."""
    bring_lines(evidence)
    invoice = {"invoice_line_id": "1", "source": "v", "currency_code": " eur", "load_id": "1", "row_number": 1}
    evidence.warehouse.append(stg_vendor_invoice_lines, pl.DataFrame([invoice]))
    find_evidence(evidence, Domain.FINANCE)
    rule = RULES["cost_lines.currency_code.convertible"]
    assert ask(evidence, rule).rule.message == f"{rule.message} Missing: USD to EUR on 2026-03-04 (2 lines)."


def test_what_was_found_is_told_of_a_broken_rule_only(evidence: Evidence) -> None:
    bring_lines(evidence)
    find_evidence(evidence, Domain.FINANCE)
    rule = RULES["cost_lines.currency_code.convertible"]
    said = (
        "Missing: USD to EUR on 2026-03-04 (2 lines). None of 2 lines of money is in EUR, the reporting currency of "
        'kpi.toml. If you report in USD, write currency = "USD" under [reporting] there.'
    )
    assert ask(evidence, rule).rule.message == f"{rule.message} {said}"
    evidence.warehouse.execute("UPDATE stg.stg_cost_lines SET currency_code = 'EUR'")
    assert ask(evidence, rule).rule.message == rule.message


def test_evidence_of_a_domain_without_rows_is_nothing(evidence: Evidence) -> None:
    for domain in STAGED:
        find_evidence(evidence, domain)
    for name in ("ops_missing_rates", "ops_repeated_rows", "ops_repeated_lines", "ops_total_lines"):
        assert evidence.warehouse.rows(f"SELECT * FROM ops.{name}") == []
