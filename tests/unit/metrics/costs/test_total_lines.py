"""Totals between lines of money: by their words, by what they come to, and what is no total."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.costs.total_lines import TOTAL_SCHEMA, WORD, find_totals, find_words

TEXTS = ("cost_line_id", "document_id", "account", "cost_centre", "vendor", "description", "currency_code")
AMOUNTS = ["10.00", "20.50", "-5.25", "31.00", "7.00", "1.75"]
SUM = "65.00"


def _frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    given = {"load_id": "a.csv", "source": "books", "currency_code": "EUR", "vendor": "Ace", "account": "6100"}
    filled = [{**given, "row_number": number, **row} for number, row in enumerate(rows, 2)]
    schema = {**dict.fromkeys(("load_id", "source", *TEXTS), pl.String), "row_number": pl.Int64,
              "amount_original": pl.Decimal(18, 4)}  # fmt: skip
    cells = [{name: row.get(name) for name in schema} for row in filled]
    return pl.DataFrame(
        [{**row, "amount_original": row["amount_original"] and Decimal(row["amount_original"])} for row in cells],
        schema=schema,
    )


def _find(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    found = find_totals(
        _frame(rows), key="cost_line_id", document="document_id", places=("account", "cost_centre"),
        texts=("vendor", "description"),
    )  # fmt: skip
    return found.select("row_number", "column", "text", "other_count").rows()


def _lines(*more: dict[str, Any], amounts: list[str] = AMOUNTS) -> list[dict[str, Any]]:
    return [*({"amount_original": amount} for amount in amounts), *more]


@pytest.mark.parametrize(
    "text",
    [
        *("Total", "TOTAL", "total:", "Grand Total", "grand total", "Sub-total", "Subtotal", "Subtotals", "Total 2026"),
        *("** Total **", "Summe", "Gesamtsumme", "Zwischensumme", "Gesamt", "Gesamtergebnis", "Sous-total"),
        *("Total général", "Totaal", "Eindtotaal", "Totale", "Total amount", "Total costs"),
    ],
)
@pytest.mark.parametrize("column", ["account", "cost_centre", "document_id"])
def test_a_word_for_a_total_in_place_of_an_account_is_one_wherever_it_stands(text: str, column: str) -> None:
    rows = _lines()
    rows.insert(3, {column: text, "amount_original": "1.00"})
    assert _find(rows) == [(5, column, text, None)]


@pytest.mark.parametrize(
    "text",
    [
        *("Total Energies", "TotalEnergies SE", "Totalsoft", "Total Facilities Management", "Subtotal Ltd", "Sum Up"),
        *("Summer party", "Gesamtschule Nord", "Teetotal", "6100", "", "Total cost of ownership study", "Summit"),
    ],
)
def test_a_name_that_has_the_word_in_it_is_no_total(text: str) -> None:
    assert pl.Series([text]).str.contains(WORD).to_list() == [False]
    assert _find(_lines({"account": text, "vendor": text, "description": text, "amount_original": "1.00"})) == []


def test_a_number_that_says_total_is_one_also_where_it_is_the_key() -> None:
    assert _find(_lines({"cost_line_id": "books:Total", "amount_original": "1.00"})) == [
        (8, "cost_line_id", "Total", None)
    ]


def test_a_total_of_a_group_is_one_where_the_file_has_the_group() -> None:
    travel = [{"account": "Travel", "amount_original": amount} for amount in ("1.00", "2.00")]
    assert _find(_lines(*travel, {"account": "Travel Total", "amount_original": "3.00"})) == [
        (10, "account", "Travel Total", None)
    ]
    assert _find(_lines(*travel, {"account": "Total for Travel", "amount_original": "3.00"})) == [
        (10, "account", "Total for Travel", None)
    ]
    assert _find(_lines({"account": "Travel Total", "amount_original": "3.00"})) == []


def test_somebody_may_be_called_total() -> None:
    """A vendor or text of that word is believed only with the sum, or at the end of a row that names nothing else."""
    rows = _lines()
    rows.insert(2, {"vendor": "Total", "amount_original": "99.00"})
    assert _find(rows) == []
    assert _find(_lines({"vendor": "Total", "amount_original": "99.00"})) == []
    assert _find(_lines({"vendor": "Total", "amount_original": SUM})) == [(8, "vendor", "Total", 6)]
    assert _find(_lines({"vendor": "Total", "account": None, "amount_original": "99.00"})) == [
        (8, "vendor", "Total", None)
    ]
    # So far it comes to 30.50.
    rows = _lines()
    rows.insert(2, {"description": "Subtotal", "amount_original": "30.50"})
    assert _find(rows) == [(4, "description", "Subtotal", None)]


def test_a_total_of_a_document_is_one_by_its_word_and_its_sum() -> None:
    document = [{"document_id": "J1", "amount_original": amount} for amount in ("4.00", "6.00")]
    total = {"document_id": "J1", "description": "Total", "amount_original": "10.00"}
    assert _find(_lines(*document, total, {"amount_original": "1.00"})) == [(10, "description", "Total", None)]
    assert _find(_lines(*document, {**total, "amount_original": "10.01"}, {"amount_original": "1.00"})) == []


@pytest.mark.parametrize("at", [0, len(AMOUNTS)])
def test_a_line_at_either_end_that_comes_to_all_others_is_a_total_without_a_word(at: int) -> None:
    rows = _lines()
    rows.insert(at, {"amount_original": SUM})
    assert _find(rows) == [(at + 2, None, None, 6)]


@pytest.mark.parametrize(
    ("amounts", "why"),
    [
        (["10.00", "20.00", "30.00", "60.00"], "three others may be equal by chance"),
        (["10", "20", "-5", "65", "31", "7", "2"], "it stands in the middle"),
        (["100", "-100", "50", "20", "-20", "0", "50"], "a reversal and its rebooking"),
        (["10", "20", "5", "31", "7", "2", "-75"], "a balanced journal"),
        (["0", "0", "0", "0", "0", "0", "0"], "nothing is nobody's total"),
        ([*AMOUNTS, "65.01"], "a cent more"),
    ],
)
def test_what_comes_to_the_sum_by_chance_is_no_total(amounts: list[str], why: str) -> None:
    assert _find(_lines(amounts=amounts)) == [], why


def test_currencies_and_files_are_totalled_apart() -> None:
    rows = [*_lines(), {"amount_original": SUM, "currency_code": "USD"}, {"amount_original": SUM, "load_id": "b.csv"}]
    assert _find(rows) == []


@given(
    st.lists(st.decimals("0.01", "99999.99", places=2), min_size=5, max_size=40),
    st.booleans(),
    st.decimals("0.01", "0.99", places=2),
)
def test_the_sum_of_any_lines_is_found_and_nothing_beside_it(
    amounts: list[Decimal], is_first: bool, off: Decimal
) -> None:
    total = sum(amounts, Decimal(0))
    lines = [{"amount_original": str(amount)} for amount in amounts]
    where = 0 if is_first else len(lines)
    assert _find([*lines[:where], {"amount_original": str(total)}, *lines[where:]]) == [
        (where + 2, None, None, len(amounts))
    ]
    others = [*lines[:where], {"amount_original": str(total + off)}, *lines[where:]]
    twice = total + off + total
    ends = {Decimal(others[0]["amount_original"]), Decimal(others[-1]["amount_original"])}
    if all(2 * end != twice for end in ends):
        assert _find(others) == []


def test_a_figure_of_a_plan_is_a_total_by_the_words_of_its_places_alone() -> None:
    """In the same words as a line of a ledger; a plan for a group may well be the sum of those for its parts."""
    figures = pl.DataFrame(
        {
            "load_id": ["plan.csv"] * 6,
            "row_number": [2, 3, 4, 5, 6, 7],
            "cost_centre": ["Desk", "Gesamtergebnis", "Total Energies", None, "Subtotal", "Desk"],
            "account": ["6100", "6100", "6100", "Totaal:", "Total", None],
        }
    )
    found = find_words(figures, places=["cost_centre", "account"])
    assert found.schema == TOTAL_SCHEMA
    assert found.select("row_number", "text").rows() == [(3, "Gesamtergebnis"), (5, "Totaal:"), (6, "Subtotal")]
