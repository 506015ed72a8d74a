"""What `kpi status` says of late exports and of rules that hold, on records made by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.cli.build_records import BuildRecords, RuleRecord, VerdictRecord, read_build_records
from pipelines.cli.outcomes import show_holds
from pipelines.cli.status import describe_lateness
from pipelines.warehouse import open_warehouse
from pipelines.words.instrumentation import describe_place


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


def test_a_run_that_was_killed_is_not_under_way(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    with open_warehouse(path) as warehouse:
        names = "run_id, started_at, state"
        warehouse.execute(
            f"INSERT INTO ops.ops_runs ({names}) VALUES ('one', TIMESTAMPTZ '2026-03-14 06:00:00Z', 'running')"
        )
    records = read_build_records(path)
    assert records is not None
    (run,) = records.runs
    assert (run.state, run.message) == ("interrupted", "it was killed, or the machine stopped")


def _shown(rule: RuleRecord, summary: str, capsys: pytest.CaptureFixture[str]) -> str:
    verdict = VerdictRecord(rule.domain, "hold", summary, datetime(2026, 3, 14, tzinfo=UTC))
    show_holds(BuildRecords((), (), (), (rule,), (verdict,), ()))
    return " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("action", ["block", "quarantine"])
def test_the_message_of_a_rule_that_holds_is_told_once(action: str, capsys: pytest.CaptureFixture[str]) -> None:
    rule = replace(_rule("tickets.created_at.present", "desk:7", action=action), domain="tickets", counted="row")
    shown = _shown(rule, f"tickets held by 1 rule: {rule.rule_id}: 1 of 9 rows. {rule.message}", capsys)
    assert "tickets held by 1 rule:" in shown
    assert shown.count("A month is missing.") == 1


@pytest.mark.parametrize(
    ("failed", "records", "said"),
    [
        # 3 of 20 tickets are 15 %, and 5 % may be set aside: that holds.
        (3, 20, "3 of 40 rows broke it (15.0 % of the records; 5.0 % may be set aside), such as desk:7"),
        # 1 of 20 is no more than 5 %: another rule holds.
        (1, 20, "3 of 40 rows broke it, such as desk:7"),
        # Without records, 3 of 40 rows are 7.5 %.
        (None, None, "3 of 40 rows broke it (7.5 % of the records; 5.0 % may be set aside), such as desk:7"),
    ],
)
def test_a_rule_that_sets_too_much_aside_says_how_much_may_be(
    failed: int | None, records: int | None, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rule = replace(
        _rule("tickets.created_at.present", "desk:7", failed=3, action="quarantine"),
        domain="tickets", counted="row", evaluated_count=40, failed_record_count=failed, record_count=records,
        quarantine_limit_ratio=0.05,
    )  # fmt: skip
    assert said in _shown(rule, "tickets held by 1 rule: ...", capsys)


def test_missing_periods_are_counted_as_periods_and_a_late_export_not_at_all(
    capsys: pytest.CaptureFixture[str],
) -> None:
    missing = replace(_rule("cost_lines.ledger.periods_present", "2026-01"), counted="month", evaluated_count=3)
    shown = _shown(missing, "arrivals held by 1 rule: ...", capsys)
    assert "A month is missing. 1 of 3 months is missing" in shown
    assert "row" not in shown
    late = replace(_rule("cost_lines.ledger.fresh", "2026-01-02"), counted="promise", evaluated_count=1)
    shown = _shown(late, "arrivals held by 1 rule: ...", capsys)
    assert "1 of" not in shown


def test_a_home_that_was_run_last_before_there_were_such_columns_is_read(tmp_path: Path) -> None:
    file = tmp_path / "warehouse.duckdb"
    with open_warehouse(file) as warehouse:
        for column in ("counted", "failed_record_count", "record_count", "quarantine_limit_ratio"):
            warehouse.execute(f"ALTER TABLE ops.ops_rule_results DROP COLUMN {column}")
        warehouse.execute(
            """
            INSERT INTO ops.ops_rule_results BY NAME
            SELECT 'tickets' AS domain, 'b' AS batch_hash, 'tickets.ticket_id.unique' AS rule_id, 'c' AS contract_id,
                '1.0.0' AS contract_version, 'set' AS tier, 'uniqueness' AS quality_dimension, 'block' AS action,
                'failed' AS state, 8 AS evaluated_count, 2 AS failed_count, 'Twice.' AS message
            """
        )
    records = read_build_records(file)
    assert records is not None
    (rule,) = records.rules
    assert (rule.counted, rule.quarantine_limit_ratio, rule.set_aside_ratio) == ("row", None, 0.25)


def test_the_place_of_a_promise_is_the_export_that_made_it() -> None:
    row = {"source": "", "table_name": "ops_source_arrivals", "rule_id": "cost_lines.city_ledger.fresh"}
    assert describe_place(row) == "city_ledger"
    assert describe_place({**row, "source": "desk", "table_name": "ticket_events"}) == "desk ticket events"
