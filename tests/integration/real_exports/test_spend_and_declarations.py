"""Payments, invoices and declarations of real exports: every amount once, to the penny, with the sign of credits.

What is expected is computed from the raw files with Python's own `csv`, `ElementTree` and `Decimal`, and shares nothing
with the pipeline. Contracts and policies are in `homes/money`; there is no Python between a file and its lines.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from xml.etree import ElementTree

import duckdb
import pytest
from real_exports.real_homes import LANDINGS, RealHome

pytestmark = [pytest.mark.real_exports, pytest.mark.xdist_group("real_money")]

#: Spend file -> header of its amounts, as it is written.
AMOUNTS = {
    "finance/leeds_spend_2010-12.csv.gz": "Net amount",
    "finance/leeds_spend_2011-02.csv.gz": "Net Amount",
    "finance/leeds_spend_2012-11.csv.gz": " NetAmount ",
    "finance/northtyneside_spend_2021-11_cards.csv.gz": "Net Amount",
    "finance/northtyneside_spend_2022-03_invoices.csv.gz": "Net Amount",
    "finance/accounts_receivable.csv.gz": "InvoiceAmount",
}


@dataclass(frozen=True)
class Totals:
    """What the lines of a file come to."""

    count: int
    amount: Decimal
    credit_count: int
    credits: Decimal


def _total(amounts: list[Decimal]) -> Totals:
    negative = [amount for amount in amounts if amount < 0]
    return Totals(len(amounts), sum(amounts, Decimal(0)), len(negative), sum(negative, Decimal(0)))


def _rows(path: Path) -> Iterator[dict[str, str]]:
    data = gzip.decompress(path.read_bytes())
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252")
    yield from csv.DictReader(io.StringIO(text, newline=""))


def _amounts(path: Path, header: str) -> list[Decimal]:
    written = [(row[header] or "").strip().replace(",", "") for row in _rows(path)]
    return [Decimal(text) for text in written if text]


def _cases(path: Path, amount: str) -> Iterator[tuple[str, Decimal, set[str]]]:
    """Each case with its amount, which all its events must agree on, and the names of its events."""
    with gzip.open(path) as file:
        for _, element in ElementTree.iterparse(file):
            if not element.tag.endswith("}trace"):
                continue
            (name,) = [each.get("value") for each in element if each.get("key") == "concept:name"]
            events = [
                {each.get("key"): each.get("value") for each in event}
                for event in element
                if event.tag.endswith("}event")
            ]
            (told,) = {event[amount] for event in events}
            yield str(name), Decimal(str(told)), {str(event["concept:name"]) for event in events}
            element.clear()


@pytest.fixture(scope="module")
def home(home_of: Callable[[str], RealHome]) -> RealHome:
    return home_of("money")


@pytest.fixture(scope="module")
def staged(home: RealHome) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(home.home.warehouse), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def published(home: RealHome) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(home.home.published_file), read_only=True) as connection:
        yield connection


@pytest.mark.parametrize("file", AMOUNTS)
def test_control_totals_of_a_spend_file_are_those_of_the_raw_file(
    file: str, real_exports: Path, staged: duckdb.DuckDBPyConnection
) -> None:
    row = staged.execute(
        """
        SELECT count(*), sum(amount_original), count(*) FILTER (amount_original < 0),
               coalesce(sum(amount_original) FILTER (amount_original < 0), 0)
        FROM stg.stg_cost_lines JOIN ops.ops_loads USING (load_id) WHERE file_name = ?
        """,
        [Path(file).name],
    ).fetchone()
    assert row is not None
    assert Totals(*row) == _total(_amounts(real_exports / file, AMOUNTS[file]))


def test_published_control_totals_say_the_same(real_exports: Path, published: duckdb.DuckDBPyConnection) -> None:
    found = {
        (file, control): (count, amount)
        for file, control, count, amount in published.execute(
            "SELECT file_name, control, line_count, found_original FROM meta.control_totals"
        ).fetchall()
    }
    for file, header in AMOUNTS.items():
        totals = _total(_amounts(real_exports / file, header))
        assert found[Path(file).name, "amount of the file"] == (totals.count, totals.amount)
        assert found[Path(file).name, "credits of the file"] == (totals.count, totals.credits)


def test_no_line_of_a_spend_file_is_set_aside(staged: duckdb.DuckDBPyConnection) -> None:
    assert staged.execute("SELECT count(*) FROM ops.ops_quarantined_records").fetchone() == (0,)
    assert staged.execute("SELECT DISTINCT verdict FROM ops.ops_verdicts WHERE is_current").fetchall() == [("pass",)]


def test_equal_lines_are_all_kept(staged: duckdb.DuckDBPyConnection) -> None:
    """Thousands of North Tyneside's are split transactions."""
    row = staged.execute(
        """
        SELECT count(*) - count(DISTINCT row_hash) FROM stg.stg_cost_lines JOIN ops.ops_loads USING (load_id)
        WHERE starts_with(file_name, 'northtyneside')
        """
    ).fetchone()
    assert row is not None
    assert row[0] > 10_000


def _to_four_decimals(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.0001"), rounding=ROUND_HALF_EVEN)


@pytest.mark.parametrize(
    ("file", "source", "amount", "needed", "count"),
    [
        ("finance/DomesticDeclarations.xes.gz", "declarations", "(case)_Amount", "Payment Handled", 9_912),
        ("finance/PrepaidTravelCost.xes.gz", "prepaid", "(case)_RequestedAmount", None, 2_007),
    ],
)
def test_declarations_count_once(
    file: str,
    source: str,
    amount: str,
    needed: str | None,
    count: int,
    real_exports: Path,
    staged: duckdb.DuckDBPyConnection,
) -> None:
    expected = {
        f"{source}:{name}": _to_four_decimals(told)
        for name, told, events in _cases(real_exports / file, amount)
        if needed is None or needed in events
    }
    found = dict(
        staged.execute(
            "SELECT cost_line_id, amount_original FROM stg.stg_cost_lines WHERE source = ?", [source]
        ).fetchall()
    )
    assert len(expected) == count
    assert found == expected
    assert sum(found.values()) == sum(expected.values())


def test_declarations_lie_on_the_day_of_their_payment_or_first_step(
    real_exports: Path, staged: duckdb.DuckDBPyConnection
) -> None:
    events = {
        "declarations": ("finance/DomesticDeclarations.xes.gz", max, "Payment Handled"),
        "prepaid": ("finance/PrepaidTravelCost.xes.gz", min, None),
    }
    for source, (file, pick, needed) in events.items():
        expected = {}
        with gzip.open(real_exports / file) as content:
            for _, element in ElementTree.iterparse(content):
                if element.tag.endswith("}trace"):
                    (name,) = [each.get("value") for each in element if each.get("key") == "concept:name"]
                    told = [
                        {each.get("key"): str(each.get("value")) for each in event}
                        for event in element
                        if event.tag.endswith("}event")
                    ]
                    # The log's offsets are those of Amsterdam, so its own dates are local.
                    days = [each["time:timestamp"][:10] for each in told if needed in (None, each["concept:name"])]
                    if days:
                        expected[f"{source}:{name}"] = pick(days)
                    element.clear()
        found = staged.execute(
            "SELECT cost_line_id, CAST(posting_date AS VARCHAR) FROM stg.stg_cost_lines WHERE source = ?", [source]
        ).fetchall()
        assert dict(found) == expected


def test_paid_documents_are_counted_from_all_of_them(published: duckdb.DuckDBPyConnection) -> None:
    assert (
        published.execute("SELECT sum(transaction_count) FROM core.fct_transactions").fetchone()
        == published.execute(
            """
        SELECT count(DISTINCT (source, document_id, posting_date)) FROM core.fct_cost_lines
        WHERE document_id IS NOT NULL
        """
        ).fetchone()
    )


def test_all_files_of_the_home_are_looked_at() -> None:
    landed = {file for files in LANDINGS["money"].values() for file in files}
    assert landed == {*AMOUNTS, "finance/DomesticDeclarations.xes.gz", "finance/PrepaidTravelCost.xes.gz"}
