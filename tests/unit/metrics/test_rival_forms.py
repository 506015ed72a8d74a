"""The kernel against the same facts in textbook Polars and in DuckDB SQL, on an operation of some thousand tickets.

The forms share no arithmetic with it, are written in two languages, and have to agree to the microsecond. The data have
what makes tickets hard: reopenings, pauses, ties, duplicates, disorder, changes of team and priority in mid-ticket,
sources that tell whole states and sources that tell only changes.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from benchmarks import textbook_polars, textbook_sql
from benchmarks.compared import COLUMNS, Rules, comparable
from benchmarks.operation import ENDS_AT, RULES
from benchmarks.ticket_draws import Operation
from benchmarks.ticket_events import read_parquet, write
from metrics.calendars.business_time import OpenTime
from metrics.tickets.clocks import covering_span, sources_with_replies, sources_with_teams
from metrics.tickets.facts import MeasuringRules, measure_tickets
from metrics.tickets.flow import add_up_days
from metrics.tickets.replies import sources_with_reply_events

Facts = dict[str, pl.DataFrame]


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Staged tickets and events of two years."""
    folder = tmp_path_factory.mktemp("operation")
    write(Operation.of_size(29_000, seed=3), folder, {".": ENDS_AT}, with_csv=False)
    return read_parquet(folder)


@pytest.fixture(scope="module")
def measured(staged: tuple[pl.DataFrame, pl.DataFrame]) -> Facts:
    """What the kernel makes of them."""
    return measure(*staged, RULES)


def measure(tickets: pl.DataFrame, events: pl.DataFrame, rules: Rules) -> Facts:
    measuring = MeasuringRules(
        as_of=rules.as_of,
        reach=rules.as_of,
        open_time=OpenTime.compile(rules.calendars, *covering_span(tickets, events, rules.as_of)),
        team_calendars=rules.team_calendars,
        sla_policies=rules.policies,
        reply_sources=sources_with_replies(tickets, events),
        reply_event_sources=sources_with_reply_events(events),
        team_sources=sources_with_teams(tickets, events),
        time_zone=rules.time_zone,
    )
    facts = measure_tickets(tickets, events, measuring)
    days = add_up_days(facts.day_changes, as_of=rules.as_of, time_zone=rules.time_zone)
    return {"fct_tickets": facts.tickets, "fct_sla_clocks": facts.clocks, "fct_ticket_days": days}


def test_the_operation_has_what_is_hard(staged: tuple[pl.DataFrame, pl.DataFrame], measured: Facts) -> None:
    tickets, events = staged
    assert tickets.height > 4_500
    assert events.select("ticket_id", "occurred_at", "status", "actor").is_duplicated().mean() > 0.015
    states = set(measured["fct_sla_clocks"]["state"])
    assert states == {"met", "breached", "running", "paused", "cancelled"}
    facts = measured["fct_tickets"]
    for name in ("reopen_count", "handoff_count", "duplicate_event_count", "waiting_business_microseconds"):
        assert (facts[name] > 0).mean() > 0.03
    clocks = measured["fct_sla_clocks"]
    assert set(clocks["sla_policy"]) == {policy.id for policy in RULES.policies}
    # Clocks that a change of priority put beyond their target stop counting from that very instant.
    started = events.select("ticket_id", breached_at="occurred_at").unique()
    assert clocks.join(started, on=["ticket_id", "breached_at"], how="semi").height > 20


@pytest.mark.parametrize("compute", [textbook_polars.compute_facts, textbook_sql.compute_facts], ids=["polars", "sql"])
def test_the_rival_forms_agree(
    compute: Callable[[pl.DataFrame, pl.DataFrame, Rules], Facts],
    staged: tuple[pl.DataFrame, pl.DataFrame],
    measured: Facts,
) -> None:
    rival = compute(*staged, RULES)
    for table in COLUMNS:
        assert_frame_equal(comparable(table, rival[table]), comparable(table, measured[table]))
