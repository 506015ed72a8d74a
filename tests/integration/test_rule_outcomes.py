"""The history of rule results: kept with each verdict, by source where a rule is broken, thinned out, never lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pytest
from demo_homes import DemoHome

from models.vocabulary import Domain
from pipelines.gate.ingest import ingest_domain
from pipelines.gate.rule_outcomes import EVERY_DAY, EVERY_JUDGEMENT
from pipelines.run import check_project
from pipelines.sample import DEFECTS
from pipelines.session import SilentReporter, open_session

pytestmark = pytest.mark.xdist_group("rule_outcomes")

BROKEN = "ticket_events.occurred_at.not_before_created"


def judge(demo: DemoHome, domain: Domain = Domain.TICKETS, *, is_full: bool = False) -> str:
    """Load and judge one domain as a run does; the run's id."""
    with open_session(demo.project(), is_full=is_full) as session:
        ingest_domain(session, domain)
        return session.run_id


def outcomes(demo: DemoHome, domain: Domain = Domain.TICKETS) -> list[dict[str, Any]]:
    """The history of a domain, oldest first."""
    with duckdb.connect(str(demo.home.warehouse), read_only=True) as connection:
        query = "FROM ops.ops_rule_outcomes WHERE domain = ? ORDER BY decided_at, rule_id, source"
        return connection.execute(query, [domain.value]).pl().to_dicts()


def execute(demo: DemoHome, *statements: str) -> None:
    with duckdb.connect(str(demo.home.warehouse)) as connection:
        for statement in statements:
            connection.execute(statement)


def test_every_judged_batch_is_kept_with_what_each_rule_found_by_source(clean: DemoHome) -> None:
    (first,) = {row["run_id"] for row in outcomes(clean)}
    DEFECTS["resolved_before_created"].apply(clean.landing)
    second = judge(clean)

    found = outcomes(clean)
    assert {row["run_id"] for row in found} == {first, second}
    latest = [row for row in found if row["run_id"] == second]
    stored = clean.warehouse(
        "SELECT rule_id, batch_hash, state, evaluated_count, failed_count, contract_version FROM ops.ops_rule_results "
        "WHERE domain = 'tickets' ORDER BY rule_id"
    )
    columns = ("rule_id", "batch_hash", "state", "evaluated_count", "failed_count", "contract_version")
    assert [tuple(row[name] for name in columns) for row in latest if row["source"] == ""] == stored
    ((verdict, run_id, decided_at),) = clean.warehouse(
        "SELECT verdict, run_id, decided_at FROM ops.ops_verdicts WHERE domain = 'tickets' AND is_current"
    )
    assert {(row["verdict"], row["run_id"], row["decided_at"]) for row in latest} == {(verdict, run_id, decided_at)}

    # Only rules that were broken are told by source, and there every source is: records are counted each once.
    broken = {row["rule_id"] for row in latest if row["source"] == "" and row["failed_count"]}
    assert {row["rule_id"] for row in latest if row["source"]} == broken
    counted = dict(clean.warehouse("SELECT source, count(*) FROM stg.stg_tickets GROUP BY source"))
    set_aside = dict(
        clean.warehouse(
            "SELECT source, count(*) FROM ops.ops_quarantined_records JOIN stg.stg_tickets ON record_id = ticket_id "
            "WHERE rule_id = ? GROUP BY source",
            [BROKEN],
        )
    )
    assert set(set_aside) == {"zendesk"}
    of_rule = {row["source"]: (row["record_count"], row["failed_record_count"]) for row in latest
               if row["rule_id"] == BROKEN}  # fmt: skip
    assert of_rule == {
        "": (sum(counted.values()), sum(set_aside.values())),
        **{source: (count, set_aside.get(source, 0)) for source, count in counted.items()},
    }


def test_the_same_batch_with_the_same_outcome_is_kept_once_and_looks_leave_nothing(clean: DemoHome) -> None:
    before = outcomes(clean)
    judge(clean)
    judge(clean, is_full=True)
    assert outcomes(clean) == before

    DEFECTS["resolved_before_created"].apply(clean.landing)
    check_project(clean.project(), reporter=SilentReporter())
    assert outcomes(clean) == before


def test_a_home_that_was_judged_before_there_was_a_history_keeps_its_latest_results(clean: DemoHome) -> None:
    before = outcomes(clean)
    execute(
        clean,
        "DROP TABLE ops.ops_rule_outcomes",
        "ALTER TABLE ops.ops_rule_results DROP COLUMN failed_record_count",
        "ALTER TABLE ops.ops_rule_results DROP COLUMN record_count",
    )
    DEFECTS["resolved_before_created"].apply(clean.landing)
    judge(clean)

    taken_over = [row for row in outcomes(clean) if row["run_id"] == before[0]["run_id"]]
    assert [{**row, "record_count": None, "failed_record_count": None} for row in before if row["source"] == ""] == (
        taken_over
    )


def test_of_old_judgements_the_last_of_each_day_and_then_of_each_month_stays(clean: DemoHome) -> None:
    now = datetime.now(UTC)
    noon = now.replace(hour=12, minute=0, second=0, microsecond=0)
    # A month's first day, so that a day later is the same month.
    long_ago = (noon - EVERY_DAY - timedelta(days=62)).replace(day=1)
    a_while_ago = noon - EVERY_JUDGEMENT - timedelta(days=5)
    lately = noon - timedelta(days=5)
    hour, day = timedelta(hours=1), timedelta(days=1)
    old = {
        "long ago": long_ago,
        "long ago, the next day": long_ago + day,
        "a month later": long_ago + timedelta(days=31),
        "a while ago": a_while_ago,
        "a while ago, an hour later": a_while_ago + hour,
        "a while ago, the next day": a_while_ago + day,
        "lately": lately,
        "lately, an hour later": lately + hour,
    }
    execute(
        clean,
        *(
            "INSERT INTO ops.ops_rule_outcomes SELECT * REPLACE "
            f"('{name}' AS run_id, '{at.isoformat()}'::TIMESTAMPTZ AS decided_at) "
            "FROM ops.ops_rule_outcomes WHERE run_id NOT IN "
            f"({', '.join(repr(known) for known in old)})"
            for name, at in old.items()
        ),
    )
    DEFECTS["resolved_before_created"].apply(clean.landing)
    judge(clean)

    kept = {row["run_id"] for row in outcomes(clean)} & set(old)
    assert set(old) - kept == {"long ago", "a while ago"}
    # Another domain is thinned out when it is judged itself.
    assert set(old) <= {row["run_id"] for row in outcomes(clean, Domain.VENDORS)}
