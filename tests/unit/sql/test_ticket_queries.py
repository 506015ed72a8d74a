"""Questions about tickets, promises and coverage, on a small published file whose answers are known by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import duckdb
import pytest
from asked_questions import Answer, Fill, ask, definition_of, value_of

from pipelines.cli.questions import question_named

HOUR = 3_600_000_000
OCTOBER, SEPTEMBER = date(2026, 10, 1), date(2026, 9, 1)
P85, SLA, UNIT_COST = (
    "ticket_cycle_time_p85_business_hours",
    "sla_attainment_ratio",
    "cost_per_transaction_reporting",
)


def test_headline_numbers(fill: Fill, answer: Answer) -> None:
    fill("meta_metrics", definition_of(P85), definition_of(SLA, publication_state="held"))
    fill(
        "metric_values",
        value_of(P85, SEPTEMBER, 16.0),
        value_of(P85, OCTOBER, 14.0, lower_bound=13.0, upper_bound=15.0),
        value_of(P85, date(2026, 11, 1), 1.0, is_period_closed=False),
        value_of(SLA, OCTOBER, 0.9),
        value_of("ticket_resolved_count", OCTOBER, 5.0),
    )
    assert answer("headline_numbers") == [
        (SLA, SLA, SLA, OCTOBER, 0.9, None, None, None, None, 1.0, True),
        (P85, P85, P85, OCTOBER, 14.0, 16.0, -2.0, 13.0, 15.0, 1.0, False),
    ]


@pytest.mark.parametrize(
    ("direction", "expected"),
    [
        ("down_is_good", {"Network": "better", "Desk": "worse", "Field": "same"}),
        ("up_is_good", {"Network": "worse", "Desk": "better", "Field": "same"}),
        ("neither", {"Network": "less", "Desk": "more", "Field": "same"}),
    ],
)
def test_who_moved(
    direction: str,
    expected: dict[str, str],
    fill: Fill,
    answer: Answer,
) -> None:
    """The largest changes first, judged by the KPI's own direction; who has only one of both values stands last."""
    of_teams = [
        ("Desk", SEPTEMBER, 10.0),
        ("Desk", OCTOBER, 13.0),
        ("Field", SEPTEMBER, 10.0),
        ("Field", OCTOBER, 10.0),
        ("Network", SEPTEMBER, 10.0),
        ("Network", OCTOBER, 6.0),
        ("New", OCTOBER, 5.0),
        ("Old", SEPTEMBER, 5.0),
        ("Older", date(2026, 8, 1), 5.0),
    ]
    fill("meta_metrics", definition_of(P85, direction=direction, unit="business_hours"))
    fill(
        "metric_values",
        value_of(P85, OCTOBER, 14.0),
        value_of(P85, OCTOBER, 9.0, dimension="service", dimension_value="Mail"),
        *(
            value_of(P85, month, value, dimension="team", dimension_value=name, lower_bound=value, upper_bound=value)
            for name, month, value in of_teams
        ),
    )
    rows = answer("who_moved")
    changes = [("Network", -4.0), ("Desk", 3.0), ("Field", 0.0)]
    assert [(row[3], row[7], row[8]) for row in rows] == [
        *((name, change, expected[name]) for name, change in changes),
        ("New", None, "new"),
        ("Old", None, "gone"),
    ]
    assert {(*row[:3], row[4]) for row in rows} == {(P85, "business_hours", "team", OCTOBER)}
    assert rows[0][11:] == (10, 10, *[None] * 5)


@pytest.mark.parametrize(
    ("before", "now", "movement"),
    [
        ((10.0, 10.0), (12.0, 14.0), "worse"),
        ((9.0, 11.0), (11.0, 14.0), "not_sure"),
        ((9.0, None), (12.0, 14.0), "not_sure"),
        ((None, 10.0), (12.0, None), "worse"),
        ((None, None), (12.0, 14.0), "not_sure"),
    ],
)
def test_who_moved_where_the_bounds_of_two_periods_overlap_is_not_sure(
    before: tuple[float | None, float | None],
    now: tuple[float | None, float | None],
    movement: str,
    fill: Fill,
    answer: Answer,
) -> None:
    fill("meta_metrics", definition_of(P85, direction="down_is_good", unit="business_hours"))
    told = ((SEPTEMBER, 10.0, before), (OCTOBER, 13.0, now))
    fill(
        "metric_values",
        value_of(P85, OCTOBER, 13.0),
        *(
            value_of(
                P85,
                month,
                value,
                dimension="team",
                dimension_value="Desk",
                lower_bound=bounds[0],
                upper_bound=bounds[1],
            )
            for month, value, bounds in told
        ),
    )
    ((*_, change, moved),) = [row[:9] for row in answer("who_moved")]
    assert (change, moved) == (3.0, movement)


def test_sla_attainment_by_team(fill: Fill, answer: Answer) -> None:
    team = {"dimension": "team", "denominator": 100.0}
    fill(
        "metric_values",
        value_of(SLA, SEPTEMBER, 0.1, dimension_value="Desk", numerator=10.0, **team),
        value_of(SLA, OCTOBER, 0.97, dimension_value="Desk", numerator=97.0, **team),
        value_of(SLA, OCTOBER, 0.9, dimension_value="Network", numerator=90.0, **team),
    )
    assert answer("sla_attainment_by_team") == [
        ("Network", OCTOBER, 0.9, 100, 10, 5),
        ("Desk", OCTOBER, 0.97, 100, 3, 0),
    ]


def test_worst_sla_breaches(published: duckdb.DuckDBPyConnection, fill: Fill, answer: Answer) -> None:
    fill("meta_run", {"reporting_time_zone": "Europe/Amsterdam"})
    breached_at = datetime(2026, 10, 3, 22, 30, tzinfo=UTC)  # 4 October in Amsterdam
    common = {
        "team": "Desk",
        "priority": "P1",
        "target": "resolution",
        "state": "breached",
        "breached_at": breached_at,
        "target_microseconds": 4 * HOUR,
        "paused_microseconds": HOUR,
    }
    fill(
        "fct_sla_clocks",
        {**common, "ticket_id": "slight", "elapsed_microseconds": 5 * HOUR},
        {**common, "ticket_id": "grave", "elapsed_microseconds": 20 * HOUR},
        {**common, "ticket_id": "met", "state": "met", "elapsed_microseconds": 99 * HOUR},
        {**common, "ticket_id": "aside", "elapsed_microseconds": 99 * HOUR},
        {**common, "ticket_id": "response", "target": "first_response", "elapsed_microseconds": 99 * HOUR},
    )
    fill("fct_tickets", {"ticket_id": "aside", "is_quarantined": True})
    assert answer("worst_sla_breaches") == [
        ("grave", "Desk", "P1", breached_at, 4.0, 20.0, 16.0, 1.0),
        ("slight", "Desk", "P1", breached_at, 4.0, 5.0, 1.0, 1.0),
    ]
    local_day = published.execute(
        question_named("worst_sla_breaches").text,
        {"from_date": "2026-10-04", "to_date": "2026-10-04", "row_limit": "9"},
    )
    assert len(local_day.fetchall()) == 2


def test_tickets_about_to_breach(published: duckdb.DuckDBPyConnection, fill: Fill, answer: Answer) -> None:
    due_at = datetime(2026, 10, 4, tzinfo=UTC)
    common = {"sla_policy": "p1", "team": "Desk", "priority": "P1", "vendor": "Orbit", "target": "resolution"}
    soon = {"state": "running", "due_at": due_at, "remaining_microseconds": HOUR, "used_ratio": 0.75}
    # With the least time left, but nothing of it passes while the clock is paused.
    later = {"state": "paused", "remaining_microseconds": HOUR // 2, "used_ratio": 0.5}
    later |= {"remaining_lower_microseconds": HOUR // 4, "remaining_upper_microseconds": HOUR}
    perhaps = {"due_at": due_at + timedelta(hours=3), "remaining_microseconds": 9 * HOUR}
    perhaps |= {"remaining_lower_microseconds": 5 * HOUR, "remaining_upper_microseconds": 9 * HOUR}
    fill(
        "fct_sla_clocks",
        {**common, **later, "ticket_id": "later"},
        {**common, **soon, "ticket_id": "soon"},
        {**common, **soon, "ticket_id": "as soon, and less is used", "used_ratio": 0.5},
        {**common, **soon, "ticket_id": "aside"},
        {**common, **soon, "ticket_id": "far", "remaining_microseconds": 9 * HOUR},
        # It may have counted for 4 hours more than files show.
        {**common, **soon, **perhaps, "ticket_id": "perhaps sooner"},
        {**common, **soon, "ticket_id": "of the network", "team": "Network", "target": "periodic_update"},
        {**common, "ticket_id": "met", "state": "met"},
        {**common, "ticket_id": "breached", "state": "breached", "remaining_microseconds": -HOUR},
    )
    fill("fct_tickets", {"ticket_id": "aside", "is_quarantined": True}, {"ticket_id": "soon", "is_quarantined": False})
    assert answer("tickets_about_to_breach") == [
        (
            "perhaps sooner",
            "resolution",
            "p1",
            "running",
            "Desk",
            "P1",
            "Orbit",
            perhaps["due_at"],
            9.0,
            5.0,
            9.0,
            0.75,
        ),
        ("of the network", "periodic_update", "p1", "running", "Network", "P1", "Orbit", due_at, 1.0, None, None, 0.75),
        ("soon", "resolution", "p1", "running", "Desk", "P1", "Orbit", due_at, 1.0, None, None, 0.75),
        (
            "as soon, and less is used",
            "resolution",
            "p1",
            "running",
            "Desk",
            "P1",
            "Orbit",
            due_at,
            1.0,
            None,
            None,
            0.5,
        ),
        ("later", "resolution", "p1", "paused", "Desk", "P1", "Orbit", None, 0.5, 0.25, 1.0, 0.5),
    ]
    in_order = published.execute("SELECT ticket_id, is_quarantined FROM mart.sla_at_risk").fetchall()
    assert [ticket for ticket, _ in in_order] == [
        "later", "aside", "of the network", "soon", "as soon, and less is used", "perhaps sooner", "far",
    ]  # fmt: skip
    assert [ticket for ticket, is_quarantined in in_order if is_quarantined] == ["aside"]
    question = question_named("tickets_about_to_breach")
    found = ask(published, question, team="Desk", target="resolution", within_hours="1", row_limit="1").fetchall()
    assert [row[0] for row in found] == ["soon"]
    assert answer("promises_at_risk_by_team") == [("Desk", 4, 1, 3, 1, 1.0), ("Network", 1, 0, 1, 0, 1.0)]
    # However many run, those that are paused can be asked for.
    found = ask(published, question, state="paused", row_limit="1").fetchall()
    assert [row[0] for row in found] == ["later"]


def test_source_claim_against_clocks(fill: Fill, answer: Answer) -> None:
    fill(
        "metric_values",
        value_of("sla_source_attainment_ratio", OCTOBER, 1.0),
        value_of(SLA, OCTOBER, 0.75),
        value_of(SLA, SEPTEMBER, 0.5),
    )
    assert answer("source_claim_against_clocks") == [(SEPTEMBER, None, 0.5, None), (OCTOBER, 1.0, 0.75, 0.25)]


def test_slowest_tickets(fill: Fill, answer: Answer) -> None:
    fill("meta_run", {"reporting_time_zone": "Europe/Amsterdam"})
    resolved_at = datetime(2026, 10, 4, tzinfo=UTC)
    common = {
        "team": "Desk",
        "is_done": True,
        "is_cancelled": False,
        "is_quarantined": False,
        "resolved_at": resolved_at,
    }
    fill(
        "fct_tickets",
        {**common, "ticket_id": "quick", "lead_time_business_microseconds": HOUR},
        {**common, "ticket_id": "slow", "lead_time_business_microseconds": 9 * HOUR},
        {**common, "ticket_id": "open", "is_done": False},
        {**common, "ticket_id": "aside", "is_quarantined": True, "lead_time_business_microseconds": 99 * HOUR},
    )
    assert [(row[0], row[3]) for row in answer("slowest_tickets")] == [("slow", 9.0), ("quick", 1.0)]


def test_where_the_time_goes(fill: Fill, answer: Answer) -> None:
    fill("meta_run", {"reporting_time_zone": "Europe/Amsterdam"})
    resolved_at = datetime(2026, 10, 4, tzinfo=UTC)
    common = {"is_done": True, "is_quarantined": False, "resolved_at": resolved_at}
    fill(
        "fct_tickets",
        {**common, "ticket_id": "a"},
        {**common, "ticket_id": "b"},
        {**common, "ticket_id": "aside", "is_quarantined": True},
        {**common, "ticket_id": "open", "is_done": False, "resolved_at": None},
    )
    stretches = [
        ("a", "Desk", "queued", 2),
        ("a", "Desk", "active", 1),
        ("a", "Network", "active", 3),
        ("a", "Network", "done", 50),
        ("a", "Network", "waiting", 1),
        ("b", "Desk", "waiting", 5),
        ("aside", "Desk", "active", 99),
        ("open", "Desk", "active", 99),
    ]
    fill(
        "fct_ticket_intervals",
        *(
            {
                "ticket_id": ticket,
                "interval_number": number,
                "team": team,
                "status_category": category,
                "duration_business_microseconds": hours * HOUR,
            }
            for number, (ticket, team, category, hours) in enumerate(stretches)
        ),
    )
    assert answer("where_the_time_goes") == [
        ("Desk", 2, 8.0, 0.25, 0.125, 0.625),
        ("Network", 1, 4.0, None, 0.75, 0.25),
    ]


def test_backlog_development(published: duckdb.DuckDBPyConnection, fill: Fill, answer: Answer) -> None:
    counts = {
        "created": 9.0,
        "resolved": 4.0,
        "cancelled": 2.0,
        "net_flow": 5.0,
        "backlog": 3.0,
        "work_in_progress": 7.0,
    }
    fill(
        "metric_values",
        *(value_of(f"ticket_{name}_count", OCTOBER, value, coverage_ratio=0.5) for name, value in counts.items()),
        value_of("ticket_created_count", SEPTEMBER, 1.0),
        value_of("ticket_created_count", OCTOBER, 8.0, dimension="team", dimension_value="Desk"),
        value_of("ticket_created_count", OCTOBER, 1.0, period_grain="day"),
    )
    assert answer("backlog_development") == [
        (OCTOBER, True, 9, 4, 2, 5, 3, 7, 0.5),
        (SEPTEMBER, True, 1, None, None, None, None, None, None),
    ]
    of_team = ask(published, question_named("backlog_development"), team="Desk").fetchall()
    assert [row[2] for row in of_team] == [8]


def test_oldest_open_tickets(fill: Fill, answer: Answer) -> None:
    common = {"team": "Desk", "is_done": False, "is_cancelled": False, "is_quarantined": False}
    fill(
        "fct_tickets",
        {**common, "ticket_id": "young", "age_business_microseconds": HOUR},
        {**common, "ticket_id": "old", "age_business_microseconds": 9 * HOUR},
        {**common, "ticket_id": "done", "is_done": True},
        {**common, "ticket_id": "aside", "is_quarantined": True, "age_business_microseconds": 99 * HOUR},
    )
    assert [(row[0], row[6]) for row in answer("oldest_open_tickets")] == [("old", 9.0), ("young", 1.0)]


def test_coverage_gaps(fill: Fill, answer: Answer) -> None:
    fill(
        "metric_values",
        value_of(SLA, OCTOBER, 0.9),
        value_of(P85, OCTOBER, 3.0, coverage_ratio=0.6, measured_count=6, lower_bound=1.0),
    )
    assert answer("coverage_gaps") == [(P85, "ratio", OCTOBER, 0.6, 10, 6, 3.0, 1.0, None)]


def test_held_metrics_and_rules(fill: Fill, answer: Answer) -> None:
    fill(
        "meta_verdicts",
        {"domain": "tickets", "verdict": "hold", "summary": "held"},
        {"domain": "finance", "verdict": "pass", "summary": "all rules passed"},
    )
    rule = {"domain": "tickets", "action": "block", "failed_count": 3, "message": "three rows"}
    fill(
        "meta_rule_results",
        {**rule, "rule_id": "stg_tickets.ticket_id.unique", "state": "failed"},
        {**rule, "rule_id": "stg_tickets.ticket_id.not_null", "state": "passed"},
        {**rule, "rule_id": "stg_tickets.team.known", "state": "failed", "action": "quarantine"},
    )
    held = {"publication_state": "held"}
    fill("meta_metrics", definition_of(SLA, **held), definition_of(UNIT_COST, requires="finance, tickets", **held))
    assert answer("held_metrics_and_rules") == [
        ("tickets", "stg_tickets.ticket_id.unique", "block", 3, "three rows", f"{UNIT_COST}, {SLA}"),
    ]
