"""What `kpi explain` tells while the gate holds KPIs: that they are, and by what, and nothing of today's records."""

from __future__ import annotations

import json
from collections.abc import Sequence

import duckdb
import pytest
from demo_homes import DemoHome
from explained_values import P85, SLA, explaining

from metrics.registry import METRICS
from models.vocabulary import Domain
from pipelines.cli.exits import ExitCode
from pipelines.explaining.holds import withheld_with

pytestmark = pytest.mark.xdist_group("explain")

REASON = "tickets.team.present: 30 of 40 rows. The team is missing. Put it right."
OF_TICKETS = [metric.name for metric in METRICS if Domain.TICKETS in metric.requires]


def hold(home: DemoHome, metrics: Sequence[str], *, is_never_published: bool = False) -> None:
    """Publish as the gate does when it holds some KPIs."""
    with duckdb.connect(str(home.home.published_file)) as connection:
        connection.execute(
            "UPDATE meta.metrics SET publication_state = 'held', held_reason = ?, "
            "held_since_at = TIMESTAMPTZ '2026-11-16 06:00:00+00' WHERE list_contains(?, metric)",
            [REASON, list(metrics)],
        )
        if is_never_published:
            connection.execute("DELETE FROM mart.metric_values WHERE list_contains(?, metric)", [list(metrics)])


def a_ticket(home: DemoHome) -> str:
    query = "SELECT min(ticket_id) FROM core.fct_tickets WHERE is_done AND NOT is_quarantined AND has_history"
    return str(home.published(query)[0][0])


def test_held_kpi_is_told_and_not_computed(clean: DemoHome) -> None:
    hold(clean, [SLA])
    own = explaining(clean)
    result = own(SLA)
    assert result.exit_code == ExitCode.HELD
    assert "It is held since" in result.output
    assert REASON in result.output
    assert "it is not computed here" in result.output
    document = own(SLA, "--json")
    assert document.exit_code == ExitCode.HELD
    told = json.loads(document.output)
    assert told["agrees"] is None
    assert told["withheld_with"] == [SLA]
    assert told["records"]["sql"] is None


def test_held_kpi_offers_and_lists_no_records(clean: DemoHome) -> None:
    hold(clean, [SLA])
    own = explaining(clean)
    commands = own(SLA).output.split("6. How to go on\n")[1]
    assert "kpi status" in commands
    assert "kpi check" in commands
    assert "explain" not in commands
    assert "query" not in commands
    for option in ("--records", "--sql"):
        refused = own(SLA, option)
        assert refused.exit_code == ExitCode.HELD
        assert f"{SLA} is held" in refused.output
        assert "SELECT" not in refused.output


def test_held_kpi_that_was_never_published_says_so(clean: DemoHome) -> None:
    hold(clean, OF_TICKETS, is_never_published=True)
    result = explaining(clean)(SLA)
    assert result.exit_code == ExitCode.HELD
    assert f"{SLA} is held, and no value of it was published yet: {REASON}" in result.output


def test_period_that_is_not_published_of_a_held_kpi_says_so(clean: DemoHome) -> None:
    hold(clean, [SLA])
    result = explaining(clean)(SLA, "2031-01")
    assert result.exit_code == ExitCode.USAGE
    assert "It is held: what is published is of data until" in result.output


def test_record_is_not_said_to_lack_what_is_held(clean: DemoHome) -> None:
    key = a_ticket(clean)
    before = json.loads(explaining(clean)("--record", key, "--json").output)["counted_in"]
    hold(clean, OF_TICKETS)
    result = explaining(clean)("--record", key)
    assert result.exit_code == 0
    where = result.output.split("2. Where it counts")[1].split("3. The rows")[0]
    assert "not told: held" in where
    assert "not measured" not in where
    assert REASON in where
    walked = json.loads(explaining(clean)("--record", key, "--json").output)
    assert {(each["day"], name) for each in walked["counted_in"] for name in each["metrics"]} == {
        (each["day"], name) for each in before for name in each["metrics"]
    }
    assert [each["reason"] for each in walked["holds"]] == [REASON]
    for each in walked["counted_in"]:
        if set(each["metrics"]) & set(OF_TICKETS):
            assert each["contributes"] == {}
            assert each["not_measured_because"] is None


def test_kpi_that_shares_columns_with_a_held_one_is_not_called_wrong(clean: DemoHome) -> None:
    """Of tickets' lead time the record view has one column, and it is empty while one of its percentiles is held."""
    median, slowest = "ticket_lead_time_p50_business_hours", "ticket_lead_time_p95_business_hours"
    hold(clean, [slowest])
    own = explaining(clean)
    result = own(median)
    assert result.exit_code == ExitCode.HELD
    assert "NOT WHAT WAS PUBLISHED" not in result.output
    assert f"{slowest} is held, and computed from the same columns" in result.output
    refused = own(median, "--sql")
    assert refused.exit_code == ExitCode.HELD
    assert slowest in refused.output
    assert own(P85).exit_code == 0
    where = own("--record", a_ticket(clean)).output.split("2. Where it counts")[1].split("3. The rows")[0]
    assert f"not told while {slowest} is held" in where


def test_which_kpis_are_withheld_with_which() -> None:
    by_name = {metric.name: metric for metric in METRICS}
    created = frozenset({"ticket_created_count"})
    assert withheld_with(by_name["ticket_net_flow_count"], created) == ("ticket_created_count",)
    assert withheld_with(by_name["ticket_created_count"], created) == ("ticket_created_count",)
    assert withheld_with(by_name["ticket_resolved_count"], created) == ()
    assert withheld_with(by_name[SLA], created) == ()
    assert withheld_with(by_name["cost_total_reporting"], frozenset(by_name) - {"cost_total_reporting"}) == ()
