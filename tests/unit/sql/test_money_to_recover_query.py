"""What vendors owe back, asked of a small published file whose answers are known by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import duckdb
from asked_questions import Row, ask, definition_of

from pipelines.cli.questions import question_named

HOUR = 3_600_000_000
OCTOBER, SEPTEMBER = date(2026, 10, 1), date(2026, 9, 1)

Fill = Callable[..., None]


def _recoverable(kind: str, amount: str | None, **columns: Any) -> Row:
    known = None if amount is None else Decimal(amount)
    return {
        "vendor_recoverable_id": f"{kind}:{columns}",
        "recoverable_kind": kind,
        "vendor": "Acme",
        "recovery_date": date(2026, 9, 5),
        "amount_reporting": known,
        "at_least_reporting": known,
        "at_most_reporting": known,
        "is_quarantined": False,
        **columns,
    }


def test_money_to_recover(fill: Fill, published: duckdb.DuckDBPyConnection) -> None:
    # Midnight after 30 September in Amsterdam: September is the last month that the data have passed.
    passed = datetime(2026, 9, 30, 22, tzinfo=UTC)
    fill("meta_run", {"reporting_time_zone": "Europe/Amsterdam"})
    fill("meta_metrics", definition_of("vendor_recoverable_reporting", fresh_as_of_at=passed))
    fill(
        "fct_vendor_recoverables",
        _recoverable("over_billing", "12.50", vendor_invoice_line_id="ap:2"),
        _recoverable("over_billing", "0.50", vendor_invoice_line_id="ap:1"),
        _recoverable("over_billing", "0", vendor_invoice_line_id="ap:3"),
        _recoverable("over_billing", None, vendor_invoice_line_id="ap:4", at_least_reporting=Decimal(0),
                     at_most_reporting=Decimal(5)),
        _recoverable("duplicate_invoice", "100", vendor_invoice_line_id="ap:9", at_least_reporting=Decimal(0)),
        _recoverable("service_credit", "7", service_credit_id="A1/repairs", recovery_date=date(2026, 8, 31)),
        _recoverable("over_billing", "0", vendor="Bolt"),
        _recoverable("over_billing", "99", vendor="Crane", is_quarantined=True),
        _recoverable("over_billing", None, vendor="Crane", vendor_invoice_line_id="ap:7",
                     recovery_date=date(2026, 8, 9)),
        _recoverable("over_billing", "0", vendor="Fair"),
        _recoverable("duplicate_invoice", None, vendor="Fair", at_least_reporting=Decimal(0),
                     at_most_reporting=Decimal(9)),
        _recoverable("service_credit", None, vendor="Dora", service_credit_id="D1/repairs",
                     at_least_reporting=Decimal(3), at_most_reporting=Decimal(9)),
    )  # fmt: skip
    fill(
        "fct_vendor_invoice_lines",
        {"vendor_invoice_line_id": "ap:4", "match_state": "not_in_rate_card"},
        {"vendor_invoice_line_id": "ap:7", "match_state": "no_contract"},
    )
    keys = "over_billed_lines, duplicate_lines, service_credits"
    by_month = published.execute(f"SELECT vendor, month_date, {keys} FROM mart.vendor_money_to_recover").fetchall()
    assert by_month == [
        ("Acme", SEPTEMBER, "ap:1, ap:2", "ap:9", None),
        ("Dora", SEPTEMBER, None, None, "D1/repairs"),
        ("Fair", SEPTEMBER, None, None, None),
        ("Crane", SEPTEMBER, None, None, None),
        ("Acme", date(2026, 8, 1), None, None, "A1/repairs"),
        ("Crane", date(2026, 8, 1), None, None, None),
    ]
    # 12.50 + 0.50 + 100 + 7; at the least without the suspicion, at the most with the line without a price.
    # An invoice that is dated later counts if it is asked for.
    fill("fct_vendor_recoverables", _recoverable("over_billing", "1000", vendor="Erin", recovery_date=OCTOBER))
    year = (OCTOBER.replace(year=2025), date(2026, 9, 30))
    assert ask(published, question_named("money_to_recover"), months="12").fetchall() == [
        (
            "Acme",
            120,
            13,
            100,
            7,
            20,
            125,
            1,
            date(2026, 8, 1),
            SEPTEMBER,
            *year,
            "the contract has not one price for it",
        ),
        # Not measured, but 3 of it are sure.
        ("Dora", 3, 0, 0, 3, 3, 9, 1, SEPTEMBER, SEPTEMBER, *year, "the service credit cannot be computed"),
        # Its line could be measured and nothing comes back of it; what may be sent twice could not.
        (
            "Fair",
            0,
            0,
            None,
            0,
            0,
            9,
            1,
            SEPTEMBER,
            SEPTEMBER,
            *year,
            "the invoice lacks what would tell whether it was sent twice",
        ),
        # That nothing was found is another thing than that nothing could be measured.
        (
            "Crane",
            None,
            None,
            0,
            0,
            None,
            None,
            2,
            date(2026, 8, 1),
            SEPTEMBER,
            *year,
            "set aside by a contract rule; the vendor has no contract in the register",
        ),
    ]
    # Of what was to recover before: the credit of August, and nothing where September alone is asked for.
    asked = question_named("money_to_recover")
    august, _ = ask(published, asked, months="12", to_date="2026-08-31").fetchall()
    year_before = (SEPTEMBER.replace(year=2025), date(2026, 8, 31))
    assert august == ("Acme", 7, 0, 0, 7, 7, 7, 0, date(2026, 8, 1), date(2026, 8, 1), *year_before, None)
    (october,) = ask(published, asked, months="1", to_date="2026-10-01").fetchall()
    assert october[:2] == ("Erin", 1000)
    assert [row[:2] for row in ask(published, asked, months="1").fetchall()] == [
        ("Acme", 113),
        ("Dora", 3),
        ("Fair", 0),
        ("Crane", None),
    ]


def test_money_to_recover_that_waits_for_data_of_others_is_told_until_those_of_vendors_end(
    fill: Fill, published: duckdb.DuckDBPyConnection
) -> None:
    invoices, deliveries = datetime(2026, 10, 2, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC)
    fill("meta_run", {"reporting_time_zone": "UTC"})
    fill("meta_metrics", definition_of("vendor_recoverable_reporting"))
    fill(
        "meta_data_clocks",
        {"data": "tickets", "domain": "tickets"},
        {"data": "invoices", "domain": "vendors", "as_of_at": invoices},
        {"data": "deliveries", "domain": "vendors", "as_of_at": deliveries},
    )
    fill(
        "fct_vendor_recoverables",
        _recoverable("over_billing", "7"),
        _recoverable("over_billing", "9", recovery_date=date(2026, 10, 1)),
    )
    (row,) = ask(published, question_named("money_to_recover"), months="12").fetchall()
    assert (row[1], row[-2]) == (7, date(2026, 9, 30))
