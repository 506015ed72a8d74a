"""Invoices that end months before deliveries do, and the other way round: each is counted as far as its own export."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from demo_homes import DemoHome

from pipelines.cli.demo_home import DemoFacts, write_demo_home

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("vendor_clocks")]

FACTS = DemoFacts(tickets=400, years=1.0, seed=11)
LAST = date(2026, 8, 31)
BILLED = """
    SELECT vendor_contract_id, as_of_date, run_rate_start_date, run_rate_end_date, run_rate_spend_original
    FROM core.fct_vendor_commitments WHERE run_rate_end_date IS NOT NULL ORDER BY ALL
"""


def rewrite(path: Path, change: Callable[[dict[str, str]], dict[str, str] | None]) -> None:
    """Change the rows of a CSV file; those for which there is nothing are left out."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(changed for row in rows if (changed := change(row)) is not None)


def day(text: str, pattern: str) -> date:
    return datetime.strptime(text, pattern).replace(tzinfo=UTC).date()


@pytest.fixture
def made(tmp_path: Path) -> DemoHome:
    write_demo_home(tmp_path / "home", FACTS)
    return DemoHome(tmp_path / "home")


def test_months_whose_invoices_have_not_come_are_no_months_without_spend(made: DemoHome) -> None:
    for path in (made.landing / "vendor_invoices").iterdir():
        rewrite(path, lambda row: row if day(row["Invoice Date"], "%m/%d/%Y") <= LAST else None)
    made.measure()
    ((delivered, invoiced),) = made.warehouse(
        "SELECT (SELECT max(delivered_date) FROM core.fct_deliveries WHERE NOT is_quarantined), "
        "(SELECT max(invoice_date) FROM core.fct_vendor_invoice_lines WHERE NOT is_quarantined)"
    )
    assert invoiced <= LAST < delivered - timedelta(days=31)
    rows = made.warehouse(BILLED)
    assert rows
    for contract, as_of, first, until, spend in rows:
        assert as_of == invoiced + timedelta(days=1)
        assert until == as_of.replace(day=1) - timedelta(days=1)
        lines = made.warehouse(
            "SELECT sum(amount_original) FROM core.fct_vendor_invoice_lines "
            "WHERE vendor_contract_id = ? AND invoice_date BETWEEN ? AND ? AND NOT is_quarantined",
            [contract, first, until],
        )
        assert lines == [(spend or None,)] or (lines == [(None,)] and spend == Decimal(0))
    closed = dict(
        made.warehouse(
            "SELECT metric, max(period_end_date) FROM mart.metric_values WHERE is_period_closed "
            "AND dimension = 'overall' AND period_grain = 'month' AND starts_with(metric, 'vendor_') GROUP BY ALL"
        )
    )
    # Fees are invoiced: without them nobody knows what a broken promise is worth. Whether it was kept, one does.
    for money in ("billed", "recoverable", "recoverable_over_billing", "service_credit_due"):
        assert closed[f"vendor_{money}_reporting"] <= LAST
    for judged in ("vendor_on_time_delivery_ratio", "vendor_promise_kept_ratio"):
        assert closed[judged] > LAST


def test_deliveries_that_were_promised_after_their_export_ends_are_not_late(made: DemoHome) -> None:
    """As the export would have been made on that day: what was delivered since has no date yet."""

    def as_of_last(row: dict[str, str]) -> dict[str, str]:
        text = row["Delivered Date"]
        is_later = text[:1].isdigit() and day(text, "%d-%b-%y") > LAST
        return {**row, "Delivered Date": ""} if is_later else row

    (path,) = (made.landing / "deliveries").iterdir()
    rewrite(path, as_of_last)
    made.measure()
    ((ends,),) = made.warehouse("SELECT max(delivered_date) FROM core.fct_deliveries WHERE NOT is_quarantined")
    ((invoiced,),) = made.warehouse("SELECT max(invoice_date) FROM core.fct_vendor_invoice_lines")
    assert ends <= LAST < invoiced - timedelta(days=31)
    ((due, still_open),) = made.warehouse(
        """
        SELECT count(*) FILTER (delivered_date IS NOT NULL OR promised_date <= $ends),
               count(*) FILTER (delivered_date IS NULL AND promised_date > $ends)
        FROM core.fct_deliveries WHERE NOT is_quarantined AND promised_date IS NOT NULL
        """.replace("$ends", f"DATE '{ends}'")
    )
    ((eligible,),) = made.warehouse(
        "SELECT sum(eligible_count) FROM mart.metric_values WHERE metric = 'vendor_on_time_delivery_ratio' "
        "AND period_grain = 'month' AND dimension = 'overall'"
    )
    assert eligible == due
    assert still_open > 0
