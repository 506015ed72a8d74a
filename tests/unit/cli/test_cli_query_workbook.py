"""`kpi query -o answer.xlsx`: real numbers and dates, nothing that Excel changes in silence, and what was asked."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import fastexcel
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.home import Home
from pipelines.workbook_sheets import MOST_DIGITS, ExactFloat, is_kept_number

Ask = Callable[..., tuple[Path, str]]

if TYPE_CHECKING:
    import polars as pl
    from conftest import Kpi


def sheet(path: Path, name: str = "Result") -> pl.DataFrame:
    return fastexcel.read_excel(path).load_sheet(name, schema_sample_rows=None).to_polars()


def parts_of(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as parts:
        return {name: parts.read(name).decode() for name in parts.namelist()}


@pytest.fixture
def ask(run_kpi: Kpi, published_home: Home, tmp_path: Path) -> Ask:
    """Writes the answer to a workbook, and returns it with what was said."""

    def run(query: str, *more: str, name: str = "answer.xlsx") -> tuple[Path, str]:
        path = tmp_path / name
        result = run_kpi("query", query, "-o", path, *more, "--home", published_home.folder)
        assert result.exit_code == 0, result.output
        return path, result.output

    return run


def test_numbers_and_dates_are_numbers_and_dates(ask: Ask) -> None:
    path, said = ask(
        "SELECT DATE '2026-10-01' AS day_date, 1.10::DECIMAL(18, 4) AS amount_reporting, 0.1::DOUBLE + 0.2 AS ratio, "
        "TIMESTAMPTZ '2026-10-01 12:30:15.25+02:00' AS created_at, true AS is_open, "
        "NULL::INTEGER AS nothing, 7 AS number"
    )
    assert "Wrote 1 row to" in said
    (row,) = sheet(path).iter_rows(named=True)
    assert row["day_date"] == datetime(2026, 10, 1)  # noqa: DTZ001
    assert row["created_at"] == datetime(2026, 10, 1, 10, 30, 15, 250_000)  # noqa: DTZ001
    assert (row["is_open"], row["nothing"], row["number"]) == (True, None, 7)
    assert row["amount_reporting"] == 1.1
    assert row["ratio"] == 0.1 + 0.2  # all 17 digits: 0.30000000000000004
    assert row["ratio"] != 0.3


def test_the_header_stays_in_view_and_has_filters(ask: Ask) -> None:
    path, _ = ask("SELECT 1 AS a, 2 AS b")
    parts = parts_of(path)
    assert 'state="frozen"' in parts["xl/worksheets/sheet1.xml"]
    assert '<autoFilter ref="A1:B2"/>' in parts["xl/worksheets/sheet1.xml"]


def test_what_excel_cannot_keep_stands_as_text_and_is_told(ask: Ask) -> None:
    path, said = ask(
        "SELECT cost_line_id, amount_reporting, 1234567890123456::BIGINT AS large, DATE '1899-12-31' AS old_date "
        "FROM fct_cost_lines ORDER BY ALL"
    )
    found = sheet(path).to_dict(as_series=False)
    # Sixteen digits, of which Excel would keep fifteen, beside a number that it keeps.
    assert found["amount_reporting"] == ["0.1", "-12345678901234.0500"]
    assert found["large"] == ["1234567890123456"] * 2
    assert found["old_date"] == ["1899-12-31"] * 2
    assert "amount_reporting: 1 value stands as text. Excel keeps only 15 digits" in said
    assert "large: 2 values stand as text" in said
    assert "old_date: 2 values stand as text. Excel knows no day before 1900" in said
    about = dict(sheet(path, "About").rows())
    assert about["column amount_reporting"].startswith("1 value stands as text")
    comments = next(text for name, text in parts_of(path).items() if name.startswith("xl/comments"))
    # The first such cell of each column.
    assert sorted(re.findall(r'<comment ref="(\w+)"', comments)) == ["B3", "C2", "D2"]
    assert "a sum over the column leaves such values out" in comments


def test_a_second_sheet_says_what_was_asked_and_as_of_when(run_kpi: Kpi, published_home: Home, tmp_path: Path) -> None:
    path = tmp_path / "answer.xlsx"
    arguments = ("sla_attainment_by_team", "--param", "goal_ratio=0.9", "-o", path, "--home", published_home.folder)
    result = run_kpi("query", *arguments)
    assert result.exit_code == 0, result.output
    about = dict(sheet(path, "About").rows())
    assert about["question"].startswith("Which teams miss their resolution SLA")
    assert about["query"] == "sla_attainment_by_team"
    assert about["parameter goal_ratio"].startswith("0.9 (attainment aimed at")
    assert about["parameter period_grain"].startswith("month (")  # the default that was used
    assert about["data until"] == "tickets 2026-11-03"
    assert about["as of"] == "2026-11-03T12:30:15.250000Z"
    assert about["publication"] == "20261123T060000-abc123-12345678"
    assert about["reporting currency"] == "EUR"
    assert "FROM mart.kpi_sla_attainment_ratio" in about["SQL"]
    assert fastexcel.read_excel(path).sheet_names == ["Result", "About"]


def test_what_looks_like_a_formula_stays_text(ask: Ask) -> None:
    path, _ = ask("""SELECT '=1+1' AS "=header()", '@SUM(1)' AS at, '-5' AS number, 'http://example.org' AS address""")
    parts = parts_of(path)
    assert sheet(path).row(0) == ("=1+1", "@SUM(1)", "-5", "http://example.org")
    assert sheet(path).columns[0] == "=header()"
    cells = parts["xl/worksheets/sheet1.xml"]
    assert "<f>" not in cells
    assert "hyperlink" not in cells
    assert 'quotePrefix="1"' in parts["xl/styles.xml"]


def test_a_number_that_is_none_to_excel_is_told_apart_from_one_with_many_digits(ask: Ask) -> None:
    path, said = ask("SELECT unnest(['nan'::DOUBLE, 'infinity'::DOUBLE, 0.5]) AS ratio")
    assert sheet(path)["ratio"].to_list() == ["nan", "inf", "0.5"]
    assert "ratio: 2 values stand as text. Excel has no infinite numbers" in said
    assert "digits" not in said


def test_lists_are_json_and_texts_too_long_for_a_cell_are_told(ask: Ask) -> None:
    path, said = ask("SELECT [1, 2] AS numbers, repeat('x', 40000) AS long")
    numbers, long = sheet(path).row(0)
    assert (numbers, len(long)) == ("[1, 2]", 32_767)
    assert "long: 1 text is cut. A cell holds 32,767 characters at most" in said


def test_the_same_answer_is_the_same_file(ask: Ask) -> None:
    query = "SELECT * FROM fct_cost_lines ORDER BY ALL"
    first, second = (ask(query, name=f"{name}.xlsx")[0] for name in ("first", "second"))
    assert first.read_bytes() == second.read_bytes()


def test_no_rows_are_a_header_alone(ask: Ask) -> None:
    path, said = ask("SELECT 1 AS number WHERE false")
    assert "Wrote 0 rows" in said
    assert sheet(path).columns == ["number"]
    assert dict(sheet(path, "About").rows())["rows"] == "0"


def test_more_rows_than_a_sheet_holds_leave_the_old_file(
    run_kpi: Kpi, published_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.cli.query_workbook.MOST_ROWS", 10)
    path = tmp_path / "answer.xlsx"
    path.write_text("old")
    arguments = ("-o", path, "--home", published_home.folder)
    assert run_kpi("query", "FROM range(10)", *arguments).exit_code == 0
    path.write_text("old")
    result = run_kpi("query", "FROM range(11)", *arguments)
    assert result.exit_code == 2
    assert "more than 10 rows" in result.output
    assert "answer.csv or answer.parquet" in result.output
    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".")] == []


@pytest.mark.parametrize("name", ["answer.xls", "answer.txt", "answer"])
def test_an_ending_that_nobody_knows_is_told_those_that_are(
    run_kpi: Kpi, published_home: Home, tmp_path: Path, name: str
) -> None:
    result = run_kpi("query", "SELECT 1", "-o", tmp_path / name, "--home", published_home.folder)
    assert result.exit_code == 2
    assert ".csv, .json, .parquet and .xlsx" in " ".join(result.output.split())
    assert not (tmp_path / name).exists()


def test_a_workbook_is_not_for_the_screen(run_kpi: Kpi, published_home: Home) -> None:
    result = run_kpi("query", "SELECT 1", "--format", "xlsx", "--home", published_home.folder)
    assert result.exit_code == 2
    assert "name a file with -o FILE" in result.output


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**14), max_value=10**14))
def test_a_number_in_a_cell_is_the_one_that_was_published(amount: Decimal) -> None:
    written = f"{ExactFloat(amount)}"
    if is_kept_number(amount):
        assert Decimal(written) == amount
        # Excel shows and saves no more digits than these.
        assert Decimal(f"{float(amount):.{MOST_DIGITS}g}") == amount
    else:
        digits = "".join(map(str, amount.as_tuple().digits)).strip("0")
        assert len(digits) > MOST_DIGITS
