"""The analyst's questions, each run as it is on a small published file whose answers are known by hand."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from asked_questions import Row, ask, definition_of, value_of

import sql
from pipelines.cli.questions import Question, list_questions, question_named

HOUR = 3_600_000_000
OCTOBER, SEPTEMBER = date(2026, 10, 1), date(2026, 9, 1)
P85, SLA, UNIT_COST = (
    "ticket_cycle_time_p85_business_hours",
    "sla_attainment_ratio",
    "cost_per_transaction_reporting",
)

Fill = Callable[..., None]


@pytest.fixture
def answer(published: duckdb.DuckDBPyConnection) -> Callable[[str], list[tuple[Any, ...]]]:
    """The rows that a query gives, run as it is."""
    return lambda name: ask(published, question_named(name)).fetchall()


EVERY_QUESTION = pytest.mark.parametrize("question", list_questions(), ids=lambda question: question.name)


@EVERY_QUESTION
def test_a_query_answers_nothing_on_an_empty_publication(
    question: Question, published: duckdb.DuckDBPyConnection
) -> None:
    assert ask(published, question).fetchall() == []


@EVERY_QUESTION
def test_a_header_says_what_is_asked_and_how_to_run_it(question: Question) -> None:
    assert question.question.endswith("?")
    assert question.example.startswith(f"kpi query --query {question.name}")
    assert {parameter.name for parameter in question.parameters} == set(re.findall(r"\$(\w+)", question.text))
    assert all(parameter.default and parameter.meaning for parameter in question.parameters)
    assert set(re.findall(r"--param \"?(\w+)=", question.example)) <= {p.name for p in question.parameters}


#: Names by which every question asks for the same; each first day has a last one.
ONE_NAME = {"from_date": "to_date", "from_month": "to_month"}


@EVERY_QUESTION
def test_equal_parameters_have_equal_names_and_count_days_alike(question: Question) -> None:
    names = {parameter.name for parameter in question.parameters}
    assert not names & {"limit", "since_date", "first_date", "last_date", "until_date"}
    assert all(ONE_NAME[name] in names for name in names & set(ONE_NAME))
    assert "AT TIME ZONE 'UTC'" not in question.text
    assert not any("UTC" in parameter.meaning for parameter in question.parameters)
    for parameter in question.parameters:
        if parameter.name.endswith("_limit"):
            assert parameter.form == "number"
        if parameter.name.endswith(("_date", "_month")):
            assert parameter.form == "date"


@EVERY_QUESTION
def test_the_answer_shown_has_as_many_columns_as_the_real_one(
    question: Question, published: duckdb.DuckDBPyConnection
) -> None:
    shown = re.search(r"^-- answer: (.*)$", question.text, re.MULTILINE)
    assert shown is not None
    assert shown[1].count(" | ") + 1 == len(ask(published, question).description or ())


@EVERY_QUESTION
def test_a_value_has_its_kpi_and_its_unit_beside_it(question: Question, published: duckdb.DuckDBPyConnection) -> None:
    """A row that is pasted into a mail says by itself what its number is, and in what."""
    names = {str(described[0]) for described in ask(published, question).description or ()}
    values = {name for name in names if name in ("value", "change") or name.endswith("_value")} - {"dimension_value"}
    assert not values or "metric" in names
    assert not values or names & {"unit", "metric_unit"}


def test_headline_numbers(fill: Fill, answer: Callable[[str], list[tuple[Any, ...]]]) -> None:
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
    answer: Callable[[str], list[tuple[Any, ...]]],
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
    answer: Callable[[str], list[tuple[Any, ...]]],
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


def test_sla_attainment_by_team(fill: Fill, answer: Callable[[str], list[tuple[Any, ...]]]) -> None:
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


def test_worst_sla_breaches(
    published: duckdb.DuckDBPyConnection, fill: Fill, answer: Callable[[str], list[tuple[Any, ...]]]
) -> None:
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
        {**common, "ticket_id": "response", "target": "first_response", "elapsed_microseconds": 99 * HOUR},
    )
    assert answer("worst_sla_breaches") == [
        ("grave", "Desk", "P1", breached_at, 4.0, 20.0, 16.0, 1.0),
        ("slight", "Desk", "P1", breached_at, 4.0, 5.0, 1.0, 1.0),
    ]
    local_day = published.execute(
        question_named("worst_sla_breaches").text,
        {"from_date": "2026-10-04", "to_date": "2026-10-04", "row_limit": "9"},
    )
    assert len(local_day.fetchall()) == 2


def test_tickets_about_to_breach(
    published: duckdb.DuckDBPyConnection, fill: Fill, answer: Callable[[str], list[tuple[Any, ...]]]
) -> None:
    due_at = datetime(2026, 10, 4, tzinfo=UTC)
    common = {"sla_policy": "p1", "team": "Desk", "priority": "P1", "vendor": "Orbit", "target": "resolution"}
    soon = {"state": "running", "due_at": due_at, "remaining_microseconds": HOUR, "used_ratio": 0.75}
    # With the least time left, but nothing of it passes while the clock is paused.
    later = {"state": "paused", "remaining_microseconds": HOUR // 2, "used_ratio": 0.5}
    fill(
        "fct_sla_clocks",
        {**common, **later, "ticket_id": "later"},
        {**common, **soon, "ticket_id": "soon"},
        {**common, **soon, "ticket_id": "as soon, and less is used", "used_ratio": 0.5},
        {**common, **soon, "ticket_id": "aside"},
        {**common, **soon, "ticket_id": "far", "remaining_microseconds": 9 * HOUR},
        {**common, **soon, "ticket_id": "of the network", "team": "Network", "target": "periodic_update"},
        {**common, "ticket_id": "met", "state": "met"},
        {**common, "ticket_id": "breached", "state": "breached", "remaining_microseconds": -HOUR},
    )
    fill("fct_tickets", {"ticket_id": "aside", "is_quarantined": True}, {"ticket_id": "soon", "is_quarantined": False})
    assert answer("tickets_about_to_breach") == [
        ("of the network", "periodic_update", "p1", "running", "Network", "P1", "Orbit", due_at, 1.0, 0.75),
        ("soon", "resolution", "p1", "running", "Desk", "P1", "Orbit", due_at, 1.0, 0.75),
        ("as soon, and less is used", "resolution", "p1", "running", "Desk", "P1", "Orbit", due_at, 1.0, 0.5),
        ("later", "resolution", "p1", "paused", "Desk", "P1", "Orbit", None, 0.5, 0.5),
    ]
    in_order = published.execute("SELECT ticket_id, is_quarantined FROM mart.sla_at_risk").fetchall()
    assert [ticket for ticket, _ in in_order] == [
        "later", "aside", "of the network", "soon", "as soon, and less is used", "far",
    ]  # fmt: skip
    assert [ticket for ticket, is_quarantined in in_order if is_quarantined] == ["aside"]
    question = question_named("tickets_about_to_breach")
    found = ask(published, question, team="Desk", target="resolution", within_hours="1", row_limit="1").fetchall()
    assert [row[0] for row in found] == ["soon"]
    # However many run, those that are paused can be asked for.
    found = ask(published, question, state="paused", row_limit="1").fetchall()
    assert [row[0] for row in found] == ["later"]


def test_source_claim_against_clocks(fill: Fill, answer: Callable[[str], list[tuple[Any, ...]]]) -> None:
    fill(
        "metric_values",
        value_of("sla_source_attainment_ratio", OCTOBER, 1.0),
        value_of(SLA, OCTOBER, 0.75),
        value_of(SLA, SEPTEMBER, 0.5),
    )
    assert answer("source_claim_against_clocks") == [(SEPTEMBER, None, 0.5, None), (OCTOBER, 1.0, 0.75, 0.25)]


def test_slowest_tickets(fill: Fill, answer: Callable[[str], list[tuple[Any, ...]]]) -> None:
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


def test_cost_per_transaction(fill: Fill, answer: Callable[[str], list[tuple[Any, ...]]]) -> None:
    service = {"dimension": "service", "dimension_value": "Mail"}
    fill(
        "metric_values",
        value_of(UNIT_COST, OCTOBER, 2.5, denominator=8.0, upper_bound=3.0, **service),
        value_of("cost_total_reporting", OCTOBER, 50.0),
        value_of("cost_unallocated_reporting", OCTOBER, 5.0),
    )
    assert answer("cost_per_transaction") == [(OCTOBER, "Mail", 8, 2.5, 3.0, 0.1)]


def test_late_deliveries_by_vendor(fill: Fill, answer: Callable[[str], list[tuple[Any, ...]]]) -> None:
    in_amsterdam_the_tenth = datetime(2026, 10, 9, 23, tzinfo=UTC)
    fill("meta_run", {"reporting_time_zone": "Europe/Amsterdam"})
    fill("meta_metrics", definition_of("vendor_on_time_delivery_ratio", fresh_as_of_at=in_amsterdam_the_tenth))
    promised = date(2026, 10, 9)
    on_time = {"promised_date": promised, "delivered_date": promised, "delay_days": 0, "is_on_time": True}
    late = {"promised_date": promised, "delivered_date": date(2026, 10, 10), "delay_days": 1, "is_on_time": False}
    rows = [on_time, on_time, on_time, late, {"promised_date": promised}, {"promised_date": date(2026, 10, 10)}]
    fill(
        "fct_deliveries",
        *({"delivery_id": str(i), "vendor": "Acme", "is_quarantined": False, **row} for i, row in enumerate(rows)),
        {"delivery_id": "few", "vendor": "Rare", "is_quarantined": False, **on_time},
    )
    assert answer("late_deliveries_by_vendor") == [("Acme", 5, 0.6, 1.0, 1)]


def test_moved_delivery_promises(fill: Fill, answer: Callable[[str], list[tuple[Any, ...]]]) -> None:
    first = {"first_promised_date": OCTOBER}
    kept = {**first, "is_on_time": True, "is_on_time_by_first_promise": True, "first_promise_delay_days": 0}
    moved = {**first, "is_on_time": True, "is_on_time_by_first_promise": False, "first_promise_delay_days": 4}
    rows = [kept, kept, kept, {**moved, "promise_moved_days": 4}, {**moved, "promise_moved_days": 6}, {}]
    fill(
        "fct_deliveries",
        *({"delivery_id": str(i), "vendor": "Acme", "is_quarantined": False, **row} for i, row in enumerate(rows)),
    )
    # Delays 0, 0, 0, 4, 4: rank 0.85 * 4 = 3.4 lies between 4 and 4. The delivery under way counts nowhere.
    assert answer("moved_delivery_promises") == [("Acme", 5, 0.6, 1.0, 2, 5.0, 4.0)]


SEPTEMBER_CREDIT = {
    "service_credit_id": "A1/repairs/2026-09-01",
    "vendor_contract_id": "A1",
    "vendor": "Acme",
    "promise": "repairs",
    "credit_state": "due",
    "covered_start_date": SEPTEMBER,
    "covered_end_date": date(2026, 9, 30),
    "met_count": 9,
    "breached_count": 2,
    "attainment_ratio": 0.75,
    "band_below_ratio": Decimal("0.9"),
    "fee_original": Decimal(1000),
    "credit_due_original": Decimal(100),
    "given_original": Decimal(30),
    "to_claim_original": Decimal(70),
    "currency_code": "GBP",
    "to_claim_reporting": Decimal("84.00"),
}


def test_service_credits_to_claim(fill: Fill, published: duckdb.DuckDBPyConnection) -> None:
    given = {**SEPTEMBER_CREDIT, "service_credit_id": "given", "to_claim_original": Decimal(0)}
    older = {**SEPTEMBER_CREDIT, "service_credit_id": "older", "covered_end_date": date(2026, 8, 31)}
    is_open = {"service_credit_id": "open", "credit_state": "period_open", "covered_end_date": date(2026, 10, 31)}
    fill("fct_service_credits", SEPTEMBER_CREDIT, given, older, is_open)
    clock = {"service_credit_id": SEPTEMBER_CREDIT["service_credit_id"]}
    fill(
        "fct_service_credit_clocks",
        {**clock, "case_number": 2, "delivery_id": "erp:7"},
        {**clock, "case_number": 1, "ticket_id": "desk:1"},
    )
    (row,) = ask(published, question_named("service_credits_to_claim"), months="1").fetchall()
    assert row[:3] == ("Acme", "A1", "repairs")
    assert row[10:] == (Decimal(100), Decimal(30), Decimal(70), "GBP", Decimal(84), "desk:1, erp:7")
    assert len(ask(published, question_named("service_credits_to_claim"), months="2").fetchall()) == 2
    (until,) = ask(published, question_named("service_credits_to_claim"), months="1", to_date="2026-09-29").fetchall()
    assert until[4] == date(2026, 8, 31)


def test_vendor_scorecard(
    fill: Fill, published: duckdb.DuckDBPyConnection, answer: Callable[[str], list[tuple[Any, ...]]]
) -> None:
    key = {"vendor": "Acme", "period_grain": "month", "is_period_closed": True}
    september = {**key, "period_start_date": SEPTEMBER, "period_end_date": date(2026, 9, 30)}
    fill(
        "vendor_scorecards",
        {**september, "score_ratio": 0.75, "score_state": "watch", "lower_bound": 0.45, "upper_bound": 0.85,
         "coverage_ratio": 0.6},
        {**key, "period_start_date": OCTOBER, "period_end_date": date(2026, 10, 31), "is_period_closed": False},
        {**key, "period_start_date": date(2026, 8, 1), "period_end_date": date(2026, 8, 31), "score_ratio": 1.0},
    )  # fmt: skip
    fill(
        "vendor_scorecard_parts",
        {
            **september,
            "part": "repairs",
            "metric": SLA,
            "unit": "ratio",
            "value": 0.95,
            "score_ratio": 0.75,
            "weight_ratio": Decimal("0.6"),
        },
        {**september, "part": "billing", "metric": P85, "weight_ratio": Decimal("0.4")},
    )
    total = ("Acme", SEPTEMBER, 0.75, "watch", 0.45, 0.85, 0.6)
    assert answer("vendor_scorecard") == [
        (*total, "repairs", SLA, "ratio", 0.95, 0.75, Decimal("0.6"), pytest.approx(0.45)),
        (*total, "billing", P85, None, None, None, Decimal("0.4"), None),
    ]
    # Any day of September names it; August's parts are not there.
    question = question_named("vendor_scorecard")
    assert ask(published, question, to_date="2026-09-01").fetchall() == answer("vendor_scorecard") != []
    assert ask(published, question, to_date="2026-08-31").fetchall() == []


def test_coverage_gaps(fill: Fill, answer: Callable[[str], list[tuple[Any, ...]]]) -> None:
    fill(
        "metric_values",
        value_of(SLA, OCTOBER, 0.9),
        value_of(P85, OCTOBER, 3.0, coverage_ratio=0.6, measured_count=6, lower_bound=1.0),
    )
    assert answer("coverage_gaps") == [(P85, "ratio", OCTOBER, 0.6, 10, 6, 3.0, 1.0, None)]


def test_held_metrics_and_rules(fill: Fill, answer: Callable[[str], list[tuple[Any, ...]]]) -> None:
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


def test_a_parameter_narrows_the_answer(published: duckdb.DuckDBPyConnection, fill: Fill) -> None:
    common = {"is_done": True, "is_cancelled": False, "is_quarantined": False, "lead_time_business_microseconds": HOUR,
              "resolved_at": datetime(2026, 9, 30, 22, 30, tzinfo=UTC)}  # fmt: skip
    fill("meta_run", {"reporting_time_zone": "Europe/Amsterdam"})
    fill("fct_tickets", {**common, "ticket_id": "a", "team": "Desk"}, {**common, "ticket_id": "b", "team": "Network"})
    question = question_named("slowest_tickets")
    assert [row[0] for row in ask(published, question, team="Network").fetchall()] == ["b"]
    # Resolved on 1 October in Amsterdam.
    october, september = ({"from_date": day, "to_date": day} for day in ("2026-10-01", "2026-09-30"))
    assert len(ask(published, question, **october).fetchall()) == 2
    assert ask(published, question, **september).fetchall() == []
    assert [row[0] for row in ask(published, question, row_limit="1").fetchall()] == ["a"]


def test_where_the_time_goes(fill: Fill, answer: Callable[[str], list[tuple[Any, ...]]]) -> None:
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


def test_backlog_development(
    published: duckdb.DuckDBPyConnection, fill: Fill, answer: Callable[[str], list[tuple[Any, ...]]]
) -> None:
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


def test_oldest_open_tickets(fill: Fill, answer: Callable[[str], list[tuple[Any, ...]]]) -> None:
    common = {"team": "Desk", "is_done": False, "is_cancelled": False, "is_quarantined": False}
    fill(
        "fct_tickets",
        {**common, "ticket_id": "young", "age_business_microseconds": HOUR},
        {**common, "ticket_id": "old", "age_business_microseconds": 9 * HOUR},
        {**common, "ticket_id": "done", "is_done": True},
        {**common, "ticket_id": "aside", "is_quarantined": True, "age_business_microseconds": 99 * HOUR},
    )
    assert [(row[0], row[6]) for row in answer("oldest_open_tickets")] == [("old", 9.0), ("young", 1.0)]


#: Questions of some days or periods: a row of September and one of October in what they read.
@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("backlog_development", "from_date", "to_date"),
        ("coverage_gaps", "from_date", "to_date"),
        ("cost_per_transaction", "from_month", "to_month"),
        ("source_claim_against_clocks", "from_month", "to_month"),
        ("invoices_billed_twice", "from_date", "to_date"),
        ("late_deliveries_by_vendor", "from_date", "to_date"),
        ("moved_delivery_promises", "from_date", "to_date"),
    ],
)
def test_questions_may_be_asked_of_some_days(
    published: duckdb.DuckDBPyConnection, fill: Fill, name: str, first: str, last: str
) -> None:
    fill("meta_run", {"reporting_time_zone": "Europe/Amsterdam"})
    fill(
        "meta_metrics", definition_of("vendor_on_time_delivery_ratio", fresh_as_of_at=datetime(2026, 11, 1, tzinfo=UTC))
    )
    service = {"dimension": "service", "dimension_value": "Mail"}
    for month in (SEPTEMBER, OCTOBER):
        day = month.replace(day=15)
        fill(
            "metric_values",
            value_of("ticket_created_count", month, 9.0, coverage_ratio=0.5),
            value_of(SLA, month, 0.5),
            value_of(UNIT_COST, month, 2.5, denominator=8.0, **service),
        )
        delivery = {"promised_date": day, "first_promised_date": day, "delivered_date": day, "is_on_time": True}
        fill(
            "fct_deliveries",
            {**delivery, "delivery_id": str(day), "vendor": str(day.month), "is_quarantined": False,
             "is_on_time_by_first_promise": True},
        )  # fmt: skip
        suspect = {"vendor": "Acme", "reason": "added_letters", "first_source": "ap", "second_source": "ap"}
        fill(
            "fct_invoice_duplicate_suspects",
            {**suspect, "duplicate_suspect_id": str(day), "duplicate_group_id": "1", "first_invoice_id": "R1",
             "second_invoice_id": str(day.month), "second_invoice_date": day, "duplicate_state": "open"},
        )  # fmt: skip

    question = question_named(name)
    few = {"at_least_count": "1"} if "at_least_count" in {each.name for each in question.parameters} else {}

    def rows(**days: str) -> int:
        return len(ask(published, question, **few, **days).fetchall())

    assert rows() == 2
    assert rows(**{first: "2026-10-10"}) == rows(**{last: "2026-09-20"}) == 1
    assert rows(**{first: "2026-09-10", last: "2026-10-20"}) == 2
    assert rows(**{first: "2026-11-01"}) == rows(**{last: "2026-08-31"}) == 0


def test_every_view_file_creates_the_view_it_is_called() -> None:
    for view in sql.load_views():
        assert f"CREATE OR REPLACE VIEW {view.schema}.{view.name} AS" in view.text


def test_cost_lines_and_pools(fill: Fill, answer: Callable[[str], list[tuple[Any, ...]]]) -> None:
    def line(key: str, amount: str, **columns: Any) -> Row:
        common = {"cost_line_id": key, "source": "gl", "is_quarantined": False, "account": "6320"}
        return {**common, "amount_reporting": Decimal(amount), **columns}

    nowhere = {"cost_pool": "(none)", "matching_pool_count": 0}
    twice = {"cost_pool": "payroll", "matching_pool_count": 2, "other_cost_pools": "rest"}
    fill(
        "fct_cost_lines",
        line("1", "10.00", **nowhere),
        line("2", "-2.50", **nowhere),
        line("3", "99.00", vendor="Acme", **nowhere),
        line("4", "5.00", is_quarantined=True, **nowhere),
        line("5", "7.00", account="6110", **twice),
        line("6", "1.00", account="6110", cost_pool="payroll", matching_pool_count=1),
    )
    assert answer("cost_lines_and_pools") == [
        ("in no pool", "(none)", None, "6320", None, "Acme", 1, Decimal("99.0000")),
        ("in no pool", "(none)", None, "6320", None, None, 2, Decimal("7.5000")),
        ("in several pools", "payroll", "rest", "6110", None, None, 1, Decimal("7.0000")),
    ]
