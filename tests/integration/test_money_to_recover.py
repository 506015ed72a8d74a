"""Money to recover is one number: in the KPI, in the packaged queries and wherever it is shown.

The company's vendors bill some lines too high and others of the same items too low, and send invoices that are dated
after the day until which the data are told.
"""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from pipelines.report.asking import ask
from pipelines.report.money import money_section, recoverable_total
from pipelines.report.reading import read_facts
from pipelines.words.numbers import count_of

if TYPE_CHECKING:
    from conftest import CleanRun
    from demo_homes import DemoHome

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("publication")]

#: Midnight after 31 October in the company's zone; there are invoices of November.
AS_OF = datetime(2026, 10, 31, 23, tzinfo=UTC)
#: What is billed for one price by the contract, line after line.
BILLED_FOR_ONE = (Decimal("1.50"), Decimal("0.10"), Decimal("1.25"), Decimal(1))


@pytest.fixture(scope="module")
def company(clean_run: CleanRun, tmp_path_factory: pytest.TempPathFactory) -> DemoHome:
    """The small company, billed too high and too low."""
    demo = clean_run.never_run.copy_to(tmp_path_factory.mktemp("money") / "home").publish_to("duckdb")
    (path,) = (demo.landing / "vendor_invoices").iterdir()
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for number, row in enumerate(rows):
        price = (Decimal(row["Unit Price"]) * BILLED_FOR_ONE[number % 4]).quantize(Decimal("0.01"))
        row |= {"Unit Price": str(price), "Amount": str(price * Decimal(row["Quantity"]))}
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    assert not demo.run(as_of=AS_OF).failed
    return demo


def test_what_was_billed_above_contract_adds_up_to_its_kpi(company: DemoHome) -> None:
    with duckdb.connect(str(company.home.published_file), read_only=True) as connection:
        rows = ask(connection, "billed_above_contract").rows
    kpi = "metric = 'vendor_recoverable_over_billing_reporting' AND period_grain = 'month'"
    by_vendor = company.published(
        f"SELECT dimension_value, sum(CAST(value AS DECIMAL(18, 4))) FROM mart.metric_values "
        f"WHERE {kpi} AND dimension = 'vendor' GROUP BY ALL HAVING sum(value) <> 0"
    )
    told: dict[str, Decimal] = {}
    for row in rows:
        told[row["vendor"]] = told.get(row["vendor"], Decimal(0)) + row["over_billed_reporting"]
    assert told == dict(by_vendor) != {}
    # Too low on lines of the same items, and on some by more than was billed too high.
    assert any(row["under_billed_reporting"] < 0 for row in rows)
    assert any(row["over_billed_reporting"] + row["under_billed_reporting"] < 0 for row in rows)


_VENDORS_PAGE = """
from pipelines.dashboard.app import PAGES, page_function
page_function(next(show for _, name, _, show in PAGES if name == "vendors"))()
"""


def test_report_query_and_dashboard_tell_the_same_of_the_same_months(
    company: DemoHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, last = date(2025, 11, 1), date(2026, 10, 31)
    listed = company.published(
        "SELECT vendor, sum(amount_reporting) FROM mart.vendor_recoverable_facts "
        "WHERE NOT is_quarantined AND recovery_date BETWEEN ? AND ? GROUP BY ALL HAVING sum(amount_reporting) > 0",
        [first, last],
    )
    expected = sum((amount for _, amount in listed), Decimal(0))
    ((later,),) = company.published(
        "SELECT sum(amount_reporting) FROM mart.vendor_recoverable_facts WHERE recovery_date > ?", [last]
    )
    assert expected > 0 < later, "nothing is dated after the data's clock"

    facts = read_facts(company.home.published_file)
    with duckdb.connect(str(company.home.published_file), read_only=True) as connection:
        rows = ask(connection, "money_to_recover").rows
    assert {(row["counted_from_date"], row["counted_to_date"]) for row in rows} == {(first, last)}
    assert sum(row["recoverable_reporting"] for row in rows) == recoverable_total(facts) == expected
    vendors = count_of(len(listed), "vendor")
    figure = next(figure for figure in money_section(facts).figures if figure.id == "recoverable")
    told = f"{expected:,.2f} EUR are to be recovered from {vendors} over the twelve months to October 2026."
    assert figure.sentences[0] == told
    assert figure.table is not None
    assert len(figure.table.rows) == len(listed)

    monkeypatch.setenv("KPI_HOME", str(company.folder))
    page = AppTest.from_string(_VENDORS_PAGE, default_timeout=60).run()
    assert not page.exception
    assert f"### {expected:,.2f} EUR" in [part.value for part in page.markdown]
    captions = [part.value for part in page.caption]
    assert f"From {vendors}." in captions
    assert any("November 2025 to October 2026: the last 12 that the data of" in caption for caption in captions)
