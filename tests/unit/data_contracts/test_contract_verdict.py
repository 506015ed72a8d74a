"""The decision: what holds a batch, what does not, and what a person is told."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import product

import pytest

from data_contracts.spec import Measure, Rule
from data_contracts.verdict import RuleResult, Verdict, decide, describe_result
from models.vocabulary import Domain, QualityDimension, RuleAction, RuleState, RuleTier, VerdictState


def rule(action: RuleAction, rule_id: str = "tickets.created_at.present", limit: Decimal | None = None) -> Rule:
    return Rule(
        id=rule_id,
        contract_id="warehouse_tickets",
        contract_version="1.0.0",
        domain=Domain.TICKETS,
        object_name="tickets",
        table_name="stg.stg_tickets",
        record_table="stg_tickets",
        tier=RuleTier.ROW,
        quality_dimension=QualityDimension.COMPLETENESS,
        severity="error",
        action=action,
        message="The ticket does not say when it was created.",
        protects=("ticket_created_count",),
        owner="service operations",
        measure=Measure.NULL_VALUES,
        quarantine_limit=limit,
        file="tickets.yaml",
        line=1,
    )


def result(action: RuleAction, state: RuleState, failed: int = 0, limit: Decimal | None = None) -> RuleResult:
    return RuleResult(
        rule=rule(action, limit=limit),
        state=state,
        evaluated_count=1000,
        failed_count=failed,
        failed_record_count=failed,
        record_count=100,
        error="no such column" if state is RuleState.ERRORED else None,
    )


PASSED = RuleResult(
    rule=rule(RuleAction.BLOCK, "tickets.ticket_id.unique"), state=RuleState.PASSED, evaluated_count=1000
)


def judge(*results: RuleResult) -> Verdict:
    return decide(Domain.TICKETS, results, "batch", {"warehouse_tickets": "1.0.0"})


@pytest.mark.parametrize(("action", "state"), list(product(RuleAction, RuleState)))
def test_what_holds(action: RuleAction, state: RuleState) -> None:
    failed = 1 if state is RuleState.FAILED else 0
    verdict = judge(PASSED, result(action, state, failed))
    holds = (action is RuleAction.BLOCK and state in (RuleState.FAILED, RuleState.ERRORED)) or (
        action is RuleAction.QUARANTINE and state is RuleState.ERRORED
    )
    assert verdict.state is (VerdictState.HOLD if holds else VerdictState.PASS)
    assert len(verdict.blocking) == holds


@pytest.mark.parametrize(
    ("failed", "limit", "state"),
    [
        (5, None, VerdictState.PASS),
        (6, None, VerdictState.HOLD),
        (6, Decimal("0.06"), VerdictState.PASS),
        (1, Decimal(0), VerdictState.HOLD),
        (0, Decimal(0), VerdictState.PASS),
    ],
)
def test_quarantine_holds_only_above_its_share_of_records(
    failed: int, limit: Decimal | None, state: VerdictState
) -> None:
    outcome = RuleState.FAILED if failed else RuleState.PASSED
    assert judge(PASSED, result(RuleAction.QUARANTINE, outcome, failed, limit)).state is state


def test_the_home_may_set_the_quarantine_limit() -> None:
    some = result(RuleAction.QUARANTINE, RuleState.FAILED, 6)
    verdict = decide(Domain.TICKETS, [some], "batch", {}, quarantine_limit=Decimal("0.1"))
    assert verdict.state is VerdictState.PASS


@pytest.mark.parametrize("results", [(), (result(RuleAction.BLOCK, RuleState.SKIPPED),)])
def test_nothing_judged_is_never_a_pass(results: tuple[RuleResult, ...]) -> None:
    verdict = judge(*results)
    assert verdict.state is VerdictState.HOLD
    assert "no rows have arrived" in verdict.summary


def test_the_summary_names_rule_rows_meaning_and_metrics() -> None:
    verdict = judge(PASSED, result(RuleAction.BLOCK, RuleState.FAILED, 1234))
    assert verdict.summary == (
        "tickets held by 1 rule: tickets.created_at.present: 1,234 of 1,000 rows."
        " The ticket does not say when it was created. Protects ticket_created_count."
    )
    over = judge(PASSED, result(RuleAction.QUARANTINE, RuleState.FAILED, 20))
    assert " rows (20.0 % of records, more than the 5.0 % that may be set aside). " in over.summary
    broken = result(RuleAction.QUARANTINE, RuleState.FAILED, 99_999)
    for count, share in ((100_000, "> 99.9 %"), (99_999, "100 %")):
        nearly = judge(PASSED, replace(broken, record_count=count))
        assert f" rows ({share} of records, more than the 5.0 %" in nearly.summary
    hardly = replace(result(RuleAction.QUARANTINE, RuleState.FAILED, 1, Decimal(0)), record_count=6341)
    assert " rows (< 0.1 % of records, more than the 0.0 % that" in judge(PASSED, hardly).summary
    passed = judge(
        PASSED, result(RuleAction.QUARANTINE, RuleState.FAILED, 2), result(RuleAction.WARN, RuleState.FAILED, 3)
    )
    assert passed.summary == (
        "tickets passed 1 of 3 rules (2 quarantined by 1 rule; 1 warning: tickets.created_at.present)."
    )
    twice = [result(RuleAction.QUARANTINE, RuleState.FAILED, count) for count in (2, 3)]
    assert "(at least 3 quarantined by 2 rules)" in judge(*twice).summary
    counted = decide(Domain.TICKETS, twice, "batch", {}, quarantined_count=4)
    many = [result(RuleAction.WARN, RuleState.FAILED, 1) for _ in range(5)]
    assert judge(*many).summary.endswith("created_at.present and 2 more)."), "what is not named is counted"
    assert "(4 quarantined by 2 rules)" in counted.summary, "each record once, as whoever knows them counts"
    assert "\n" not in verdict.summary + over.summary + passed.summary
    assert "could not be evaluated (no such column)" in describe_result(result(RuleAction.WARN, RuleState.ERRORED))
