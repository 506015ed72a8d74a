"""Contracts held against real invoices: sums equal plain SQL, and no real invoice is taken for a duplicate."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from real_exports.real_homes import HERE

from pipelines.home import Home
from pipelines.project import load_project
from pipelines.run import run_project
from pipelines.session import SilentReporter

pytestmark = [pytest.mark.real_exports, pytest.mark.xdist_group("real_vendor_ledger")]

SCMS, RECEIVABLES = "vendors/scms_delivery_history.csv.gz", "finance/accounts_receivable.csv.gz"

#: The raw lines, and of each vendor's item the least pack price there ever was.
PLAIN = """
    CREATE TABLE lines AS
    SELECT "Vendor" AS vendor, "Item Description" AS item, CAST("Line Item Quantity" AS DECIMAL(18, 6)) AS quantity,
        CAST("Pack Price" AS DECIMAL(18, 4)) AS pack_price, CAST("Line Item Value" AS DECIMAL(18, 4)) AS value,
        strptime("Delivered to Client Date", '%d-%b-%y') AS delivered
    FROM read_csv(?, all_varchar = true);
    CREATE TABLE prices AS SELECT vendor, item, min(pack_price) AS unit_price FROM lines GROUP BY ALL;
"""
#: The prices as a register of contracts over all years of the export.
REGISTER = """
    SELECT 'C-' || vendor AS contract_id, vendor, '2006-01-01' AS start_date, '2015-12-31' AS end_date,
        90 AS notice_days, 'USD' AS currency, 1000000 AS committed_spend, item, unit_price
    FROM prices ORDER BY ALL
"""


@pytest.fixture(scope="module")
def plain(real_exports: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        create_lines, create_prices, _ = PLAIN.split(";")
        connection.execute(create_lines, [str(real_exports / SCMS)])
        connection.execute(create_prices)
        yield connection


@pytest.fixture(scope="module")
def home(plain: duckdb.DuckDBPyConnection, real_exports: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("real") / "vendor_ledger")
    shutil.copytree(HERE / "homes" / "vendor_ledger", home.folder)
    for export, file in (("scms_lines", SCMS), ("receivables", RECEIVABLES)):
        (home.landing / export).mkdir(parents=True)
        shutil.copy(real_exports / file, home.landing / export)
    (home.landing / "vendor_contracts").mkdir()
    plain.execute(f"COPY ({REGISTER}) TO '{home.landing / 'vendor_contracts' / 'register.csv'}' (HEADER)")
    assert run_project(load_project(home), reporter=SilentReporter()).held == ()
    return home


def _rows(home: Home, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(home.published_file), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_the_variance_of_every_vendor_equals_plain_sql(home: Home, plain: duckdb.DuckDBPyConnection) -> None:
    expected = plain.execute(
        """
        SELECT vendor, count(*), sum(value), sum(value - CAST(round(quantity * unit_price, 2) AS DECIMAL(18, 4)))
        FROM lines JOIN prices USING (vendor, item) GROUP BY ALL ORDER BY ALL
        """
    ).fetchall()
    found = _rows(
        home,
        """
        SELECT vendor, count(*), sum(amount_reporting), sum(rate_card_variance_reporting)
        FROM core.fct_vendor_invoice_lines WHERE source = 'scms' GROUP BY ALL ORDER BY ALL
        """,
    )
    assert found == expected
    assert len(found) == 73


def test_a_commitment_is_used_up_on_the_day_that_plain_sql_finds(home: Home, plain: duckdb.DuckDBPyConnection) -> None:
    # No line is negative, so that the total never falls.
    expected = plain.execute(
        """
        SELECT 'C-' || vendor, min(delivered)::DATE FROM (
            SELECT vendor, delivered, sum(value) OVER (PARTITION BY vendor ORDER BY delivered) AS total FROM lines
        ) WHERE total >= 1000000 GROUP BY ALL ORDER BY ALL
        """
    ).fetchall()
    found = _rows(
        home,
        "SELECT vendor_contract_id, run_out_date FROM core.fct_vendor_commitments WHERE run_out_state = 'reached' "
        "ORDER BY ALL",
    )
    assert found == expected
    assert len(found) > 20


def test_no_real_invoice_is_taken_for_a_duplicate(home: Home) -> None:
    # Five customers have two invoices over one amount, under numbers that have nothing in common.
    assert _rows(home, "SELECT count(*) FROM core.fct_invoice_duplicate_suspects") == [(0,)]
    assert _rows(home, "SELECT count(*), count(duplicate_at_stake_reporting) FROM core.fct_vendor_invoice_lines") == [
        (12_790, 12_790)
    ]


def test_real_invoices_that_are_sent_again_are_all_found(home: Home, real_exports: Path) -> None:
    """Every fiftieth invoice comes once more, a week later, its number written in one of four ways."""
    with duckdb.connect() as connection:
        invoices = connection.execute(
            "SELECT customerID, invoiceNumber, strptime(InvoiceDate, '%m/%d/%Y')::DATE, InvoiceAmount "
            f"FROM read_csv('{real_exports / RECEIVABLES}', all_varchar = true) ORDER BY 2"
        ).fetchall()[::50]
    ways = (
        ("same_number", lambda number: number),
        ("written_differently", lambda number: number.lstrip("0")),
        ("added_letters", lambda number: f"{number}-A"),
        ("typing_error", lambda number: number[:-3] + number[-2] + number[-3] + number[-1]),
    )
    planted, rows = {}, []
    for index, (customer, number, day, amount) in enumerate(invoices):
        reason, write = ways[index % len(ways)]
        again = write(number)
        later = date.fromordinal(day.toordinal() + 7)
        # Some numbers have no leading zero to lose, or two equal digits to swap: they stay the same number.
        planted[customer, number, again] = (reason if again != number else "same_number", Decimal(amount))
        rows.append({"invoiceNumber": again, "customerID": customer, "InvoiceDate": f"{later:%m/%d/%Y}",
                     "InvoiceAmount": amount})  # fmt: skip
    with (home.landing / "receivables" / "accounts_receivable_again.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    # Under its own key an invoice of a later file would replace the one before; the day makes it another.
    contract = home.contracts / "receivables.yaml"
    text = contract.read_text(encoding="utf-8")
    feed = "{property: feeds, value: vendor_invoice_lines.invoice_date}"
    both = "{property: feeds, value: [vendor_invoice_lines.invoice_date, vendor_invoice_lines.vendor_invoice_line_id]}"
    contract.write_text(text.replace(feed, both), encoding="utf-8")
    assert run_project(load_project(home), reporter=SilentReporter()).held == ()
    found = {
        tuple(row[:3]): tuple(row[3:])
        for row in _rows(
            home,
            "SELECT vendor, first_invoice_id, second_invoice_id, reason, amount_original "
            "FROM core.fct_invoice_duplicate_suspects",
        )
    }
    assert found == planted
    assert len({reason for reason, _ in planted.values()}) == len(ways)
