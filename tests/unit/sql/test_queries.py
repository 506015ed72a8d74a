"""What holds of every packaged query, whatever it asks, and of the views that ship beside them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import duckdb
import pytest
from asked_questions import Fill, ask, definition_of, value_of

import sql
from pipelines.cli.questions import Question, list_questions, question_named

HOUR = 3_600_000_000
OCTOBER, SEPTEMBER = date(2026, 10, 1), date(2026, 9, 1)
SLA, UNIT_COST = "sla_attainment_ratio", "cost_per_transaction_reporting"

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
