"""What `kpi status` says of late exports and of rules that hold, on records made by hand."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipelines.cli.build_records import BuildRecords, RuleRecord, VerdictRecord
from pipelines.cli.outcomes import show_holds
from pipelines.cli.status import describe_lateness
from pipelines.instrumentation_words import describe_place


def _rule(rule_id: str, *keys: str, failed: int = 1, action: str = "block", state: str = "failed") -> RuleRecord:
    return RuleRecord(
        domain="arrivals", rule_id=rule_id, contract_id="ledger", action=action, state=state, evaluated_count=9,
        failed_count=failed, message="A month is missing.", sample_keys=keys, protects=(), tier="set", query=None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (_rule("cost_lines.ledger.fresh", "2026-03-14"), "ledger is late (newest 2026-03-14)"),
        (_rule("cost_lines.ledger.periods_present", "2026-01"), "ledger lacks 2026-01"),
        (
            _rule("cost_lines.ledger.periods_present", "2026-01", "2026-02", "2026-04", "2026-05", failed=7),
            "ledger lacks 2026-01, 2026-02, 2026-04 and 4 more",
        ),
        (_rule("cost_lines.ledger.fresh", failed=0, state="errored"), "ledger could not be judged"),
    ],
)
def test_lateness_is_told_by_export(rule: RuleRecord, said: str) -> None:
    assert describe_lateness(rule) == said


@pytest.mark.parametrize(("action", "times"), [("block", 1), ("quarantine", 2)])
def test_a_summary_is_cut_where_the_rules_below_say_it_all(
    action: str, times: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only the summary says how many records may be set aside."""
    rule = _rule("cost_lines.ledger.periods_present", "2026-01", action=action)
    summary = f"arrivals held by 1 rule: {rule.rule_id}: 1 of 9 rows (of which 5.0% may be). {rule.message}"
    verdict = VerdictRecord("arrivals", "hold", summary, datetime(2026, 3, 14, tzinfo=UTC))
    show_holds(BuildRecords((), (), (), (rule,), (verdict,), ()))
    shown = capsys.readouterr().out
    assert "arrivals held by 1 rule:" in shown
    assert shown.count("A month is missing.") == times


def test_the_place_of_a_promise_is_the_export_that_made_it() -> None:
    row = {"source": "", "table_name": "ops_source_arrivals", "rule_id": "cost_lines.city_ledger.fresh"}
    assert describe_place(row) == "city_ledger"
    assert describe_place({**row, "source": "desk", "table_name": "ticket_events"}) == "desk ticket events"
