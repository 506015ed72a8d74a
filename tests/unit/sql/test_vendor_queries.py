"""Questions and views about vendors, on a small published file whose answers are known by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import polars as pl
import pytest
from asked_questions import Answer, Fill, ask, definition_of

from metrics.measuring.measure import measure
from metrics.registry import metric_named
from metrics.vendors.recoverables import list_recoverables
from models.ddl import polars_schema
from models.vendor_performance import fct_service_credit_notes, fct_service_credits
from models.vendors import fct_vendor_invoice_lines
from pipelines.cli.questions import question_named

TODAY = date(2026, 7, 1)
OCTOBER, SEPTEMBER = date(2026, 10, 1), date(2026, 9, 1)
P85, SLA = "ticket_cycle_time_p85_business_hours", "sla_attainment_ratio"


def _line(number: int, vendor: str, amount: str, **columns: Any) -> dict[str, Any]:
    variance = columns.pop("variance", None)
    return {
        "vendor_invoice_line_id": f"ap:{number}",
        "source": "ap",
        "vendor": vendor,
        "item": "Visit",
        "invoice_date": date(2026, 5, number),
        "quantity": Decimal(1),
        "amount_original": Decimal(amount),
        "amount_reporting": Decimal(amount),
        "currency_code": "EUR",
        "match_state": "no_contract" if variance is None else "matched",
        "vendor_contract_id": None if variance is None else f"C-{vendor}",
        "purchase_order_state": "no_order",
        "contracted_original": None if variance is None else Decimal(amount) - Decimal(variance),
        "rate_card_variance_original": None if variance is None else Decimal(variance),
        "rate_card_variance_reporting": None if variance is None else Decimal(variance),
        "duplicate_at_stake_reporting": Decimal(0),
        "is_quarantined": False,
        **columns,
    }


@pytest.fixture
def bill(fill: Fill) -> Callable[..., pl.DataFrame]:
    """Publishes lines with what may be recovered of them, which it gives back."""

    def add(*lines: dict[str, Any]) -> pl.DataFrame:
        schema = polars_schema(fct_vendor_invoice_lines)
        frame = pl.DataFrame([{name: line.get(name) for name in schema} for line in lines], schema=schema)
        credits_, notes = (
            pl.DataFrame(schema=polars_schema(table)) for table in (fct_service_credits, fct_service_credit_notes)
        )
        found = list_recoverables(frame, credits_, notes)
        fill("fct_vendor_invoice_lines", *lines)
        fill("fct_vendor_recoverables", *found.rows(named=True))
        return found

    return add


def test_billed_above_contract(bill: Callable[..., pl.DataFrame], fill: Fill, answer: Answer) -> None:
    bill(
        _line(1, "Acme", "112", variance="12"),
        _line(2, "Acme", "-56", variance="-6"),
        _line(3, "Acme", "112", variance="12", invoice_date=date(2026, 4, 3)),
        _line(4, "Acme", "900", variance="900", is_quarantined=True),
        _line(5, "Globex", "90", variance="-10"),
        _line(6, "Initech", "500"),
    )
    first, second, april = date(2026, 5, 1), date(2026, 5, 2), date(2026, 4, 3)
    # Whose days those are: asked for as far as invoices are there.
    covered = date(2026, 6, 30)
    days = (april, covered)
    fill("meta_data_clocks", {"data": "invoices", "domain": "vendors", "last_date": covered})
    assert answer("billed_above_contract") == [
        ("Acme", "C-Acme", "Visit", "EUR", 3, 168, 150, 18, 18, 0, april, second, *days)
    ]
    assert answer("billed_above_contract", from_date="2026-05-01") == [
        ("Acme", "C-Acme", "Visit", "EUR", 2, 56, 50, 6, 6, 0, first, second, first, covered)
    ]
    (until_april,) = answer("billed_above_contract", to_date="2026-04-30")
    assert until_april[-2:] == (april, date(2026, 4, 30))
    assert answer("billed_above_contract", at_least_reporting="18.01") == []


def test_what_was_billed_too_low_pays_for_nothing_that_was_billed_too_high(
    bill: Callable[..., pl.DataFrame], answer: Answer
) -> None:
    found = bill(
        # An item that comes to less than its contract in all: 30 are to come back, whatever the other lines were.
        _line(1, "Acme", "130", variance="30"),
        _line(2, "Acme", "20", variance="-80"),
        _line(3, "Acme", "99", variance="-1"),
        # It may be billed twice, so that all of it is to come back, and nothing as over-billing.
        _line(4, "Acme", "80", variance="-20", duplicate_at_stake_reporting=Decimal(80)),
        _line(5, "Acme", "140", variance="40", duplicate_at_stake_reporting=Decimal(140)),
        # A credit note of what was billed too high before the first of these lines.
        _line(6, "Globex", "-55", variance="-5"),
        # No rate: how much it is in the reporting currency is not known.
        _line(7, "Hooli", "12", variance="2", amount_reporting=None, rate_card_variance_reporting=None),
        _line(8, "Initech", "70", variance="-30"),
    )
    rows = answer("billed_above_contract")
    assert [(row[0], *row[4:10]) for row in rows] == [
        ("Acme", 1, 130, 100, 30, 30, -81),
        ("Globex", 1, -55, -50, -5, -5, 0),
        ("Hooli", 1, 12, 10, 2, None, 0),
    ]
    as_of = datetime(2026, 7, 1, tzinfo=UTC)
    cells = measure(
        [metric_named("vendor_recoverable_over_billing_reporting")],
        {"fct_vendor_recoverables": found},
        time_zone="UTC",
        as_of=as_of,
    ).filter(dimension="overall", period_grain="month")
    assert cells["value"].sum() == sum(row[8] or 0 for row in rows) == 25


def test_the_variance_view_says_what_has_none(fill: Fill, published: duckdb.DuckDBPyConnection) -> None:
    fill(
        "fct_vendor_invoice_lines",
        _line(1, "Acme", "500"),
        _line(2, "Acme", "20", match_state="after_term"),
        _line(3, "Acme", "7", variance="1"),
    )
    rows = published.execute(
        "SELECT vendor_contract_id, rate_card_variance_reporting, unmatched_line_count, unmatched_reporting, "
        "unmatched_states FROM mart.vendor_rate_card_variance ORDER BY ALL"
    ).fetchall()
    assert rows == [("C-Acme", 1, 0, 0, None), (None, None, 2, 520, "after_term, no_contract")]


def _contract(name: str, until_notice: int | None, until_end: int | None, **columns: Any) -> dict[str, Any]:
    def day(offset: int | None) -> date | None:
        return None if offset is None else date.fromordinal(TODAY.toordinal() + offset)

    return {
        "vendor_contract_id": name,
        "source": "register",
        "vendor": f"Vendor {name}",
        "end_date": day(until_end),
        "notice_date": day(until_notice),
        "until_notice_days": until_notice,
        "until_end_days": until_end,
        "contract_state": "active",
        "rate_card_item_count": 1,
        "as_of_date": TODAY,
        **columns,
    }


def test_contracts_to_cancel_or_renew(fill: Fill, answer: Answer, published: duckdb.DuckDBPyConnection) -> None:
    fill(
        "fct_vendor_contracts",
        _contract("a", 90, 120),
        _contract("b", -1, 29),
        _contract("c", 0, 60),
        _contract("d", 91, 121),
        _contract("e", -5, 100),
        _contract("f", None, 90),
        _contract("g", None, None),
        _contract("h", -400, -300, contract_state="expired"),
    )
    fill(
        "fct_vendor_invoice_lines",
        _line(1, "Acme", "70", variance="0", vendor_contract_id="c"),
        _line(2, "Acme", "30", variance="0", vendor_contract_id="c", invoice_date=date(2025, 7, 1)),
        _line(3, "Acme", "5", variance="0", vendor_contract_id="c", invoice_date=date(2025, 7, 2)),
    )
    rows = answer("contracts_to_cancel_or_renew")
    assert [(row[1], row[3], row[4], row[6], row[8]) for row in rows] == [
        ("c", 0, False, 60, 75),
        ("b", -1, True, 29, None),
        ("a", 90, False, 120, None),
        ("f", None, False, 90, None),
    ]
    assert [row[1] for row in answer("contracts_to_cancel_or_renew", within_days="20")] == ["c"]
    # As of a day 350 days earlier only what had ended by now was near its end, and its notice was not over.
    then = date.fromordinal(TODAY.toordinal() - 350)
    before = answer("contracts_to_cancel_or_renew", as_of_date=then.isoformat())
    assert [(row[1], row[3], row[6]) for row in before] == [("h", -50, 50)]
    on_the_day = answer("contracts_to_cancel_or_renew", as_of_date=TODAY.isoformat())
    assert on_the_day == rows
    within = published.execute(
        "SELECT vendor_contract_id, notice_within_days, ends_within_days FROM mart.contract_expiries ORDER BY ALL"
    ).fetchall()
    assert within == [("a", 90, None), ("b", None, 30), ("c", 30, 60), ("d", None, None), ("e", None, None),
                      ("f", None, 90)]  # fmt: skip


def test_invoices_billed_twice(fill: Fill, answer: Answer) -> None:
    common = {
        "vendor": "Acme",
        "reason": "added_letters",
        "first_source": "ap",
        "second_source": "ap",
        "apart_days": 5,
        "currency_code": "EUR",
        "duplicate_group_id": "1",
    }
    fill(
        "fct_invoice_duplicate_suspects",
        {**common, "duplicate_suspect_id": "1", "first_invoice_id": "R1", "second_invoice_id": "R1A",
         "amount_reporting": Decimal(10), "duplicate_state": "open"},
        {**common, "duplicate_suspect_id": "2", "first_invoice_id": "R2", "second_invoice_id": "R2A",
         "amount_reporting": Decimal(99), "duplicate_state": "open"},
        {**common, "duplicate_suspect_id": "3", "first_invoice_id": "R3", "second_invoice_id": "R3A",
         "amount_reporting": Decimal(50), "duplicate_state": "credited", "credit_invoice_id": "CN3"},
    )  # fmt: skip
    assert [row[3] for row in answer("invoices_billed_twice")] == ["R2A", "R1A"]
    assert [row[3] for row in answer("invoices_billed_twice", duplicate_state="%")] == ["R2A", "R3A", "R1A"]
    assert answer("invoices_billed_twice", duplicate_state="credited")[0][-1] == "CN3"


def test_commitments_running_out(fill: Fill, answer: Answer) -> None:
    common = {"committed_spend_original": Decimal(1000), "remaining_original": Decimal(0), "billed_line_count": 1,
              "unmeasured_line_count": 0}  # fmt: skip
    fill(
        "fct_vendor_commitments",
        {**common, "vendor_contract_id": "a", "spend_original": Decimal(10), "run_out_state": "ended_short",
         "shortfall_reporting": Decimal(990)},
        {**common, "vendor_contract_id": "b", "spend_original": Decimal(1600), "run_out_state": "reached",
         "run_out_date": date(2026, 5, 20), "start_date": date(2025, 12, 31), "known_since_date": date(2026, 1, 3)},
        {**common, "vendor_contract_id": "c", "spend_original": Decimal(500), "run_out_state": "projected",
         "run_out_date": date(2026, 10, 8), "start_date": date(2026, 1, 1), "known_since_date": date(2026, 1, 3)},
    )  # fmt: skip
    assert [(row[1], row[5]) for row in answer("commitments_running_out")] == [("b", 1.6), ("c", 0.5), ("a", 0.01)]
    assert [row[-1] for row in answer("commitments_running_out")] == [date(2026, 1, 3), None, None]


def test_vendors_without_contract(fill: Fill, answer: Answer) -> None:
    fill(
        "fct_vendor_invoice_lines",
        _line(1, "Acme", "7", variance="0"),
        _line(2, "Globex", "500"),
        _line(3, "Globex", "-20"),
        _line(4, "Initech", "60", match_state="not_in_rate_card", item="Migration"),
    )
    second, third, fourth = (date(2026, 5, day) for day in (2, 3, 4))
    assert answer("vendors_without_contract") == [
        ("Globex", "no_contract", 2, 480, "Visit", second, third),
        ("Initech", "not_in_rate_card", 1, 60, "Migration", fourth, fourth),
    ]


def _booked(number: int, vendor: str | None, amount: str | None, **columns: Any) -> dict[str, Any]:
    return {
        "cost_line_id": f"gl:{number}",
        "source": "gl",
        "vendor": vendor,
        "posting_date": date(2026, 5, number),
        "matching_pool_count": 1,
        "amount_reporting": None if amount is None else Decimal(amount),
        "is_quarantined": False,
        **columns,
    }


def test_spend_by_vendor(fill: Fill, answer: Answer) -> None:
    """Two witnesses beside each other; credits keep their sign, and what is in no amount is counted."""
    fill(
        "fct_vendor_invoice_lines",
        _line(1, "Acme", "90"),
        _line(2, "Acme", "-30"),
        _line(3, "Globex", "140"),
        _line(4, "Globex", "7", is_quarantined=True),
        _line(5, "Hooli", "5", amount_reporting=None),
        _line(6, "Acme", "1000", invoice_date=date(2026, 6, 1)),
    )
    fill(
        "fct_cost_lines",
        _booked(1, "Acme", "60"),
        _booked(9, "Acme", None),
        _booked(2, None, "180"),
    )
    may = {"from_date": "2026-05-01", "to_date": "2026-05-31"}
    first, second, third, fourth, fifth, ninth = (date(2026, 5, number) for number in (1, 2, 3, 4, 5, 9))
    assert answer("spend_by_vendor", **may) == [
        ("(none)", 0, None, None, None, 1, 180, 0.75, 0, second, second),
        ("Globex", 1, 140, None, 0.7, 0, None, None, 1, third, fourth),
        ("Acme", 2, 60, -30, 0.3, 1, 60, 0.25, 1, first, ninth),
        ("Hooli", 0, None, None, None, 0, None, None, 1, fifth, fifth),
    ]
    assert answer("spend_by_vendor", from_date="2026-06-01")[0][:3] == ("Acme", 1, 1000)


def test_concentration_is_of_each_year_and_of_all(fill: Fill, published: duckdb.DuckDBPyConnection) -> None:
    fill(
        "fct_vendor_invoice_lines",
        _line(1, "Acme", "600"),
        _line(2, "Globex", "300"),
        _line(3, "Initech", "100", variance="0"),
        _line(4, "Umbrella", "-50"),
        _line(5, "Globex", "9", is_quarantined=True),
        _line(6, "Globex", "700", invoice_date=date(2025, 6, 1)),
    )
    rows = published.execute(
        """
        SELECT vendor, round(share_ratio, 3), round(cumulative_share_ratio, 3), round(concentration_ratio, 3),
            has_no_contract, unmeasured_line_count
        FROM mart.vendor_concentration WHERE year_date = DATE '2026-01-01' ORDER BY vendor_rank
        """
    ).fetchall()
    # 0.36 + 0.09 + 0.01
    assert rows == [
        ("Acme", 0.6, 0.6, 0.46, True, 0),
        ("Globex", 0.3, 0.9, 0.46, True, 1),
        ("Initech", 0.1, 1.0, 0.46, False, 0),
        ("Umbrella", None, 1.0, 0.46, True, 0),
    ]
    first = published.execute(
        "SELECT vendor, billed_reporting FROM mart.vendor_concentration WHERE year_date IS NULL AND vendor_rank = 1"
    ).fetchall()
    assert first == [("Globex", 1000)]


def test_late_deliveries_by_vendor(fill: Fill, answer: Answer) -> None:
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


def test_moved_delivery_promises(fill: Fill, answer: Answer) -> None:
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


def test_vendor_scorecard(fill: Fill, published: duckdb.DuckDBPyConnection, answer: Answer) -> None:
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
