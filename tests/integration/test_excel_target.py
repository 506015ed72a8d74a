"""The workbook: every number as the file has it, dates as dates, no formula whatever the exports say."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import fastexcel
import pytest

from metrics.registry import HEADLINES
from pipelines.publish.excel import write_workbook

if TYPE_CHECKING:
    from conftest import CleanRun

pytestmark = pytest.mark.xdist_group("publication")

#: What a spreadsheet would run if it took the name of a team for a formula.
EVIL = (
    '=HYPERLINK("http://example.org","x")',
    "+1+1",
    "-2+3",
    "@SUM(1)",
    "\t=1+1",
    "ops\x07\x00 _x0041_",
    "🚨 עברית <b>&\"'",
)


@pytest.fixture(scope="module")
def workbook(clean_run: CleanRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("excel") / "kpi.xlsx"
    write_workbook(clean_run.demo.home.published_file, path)
    return path


def test_it_has_headlines_a_sheet_for_each_and_definitions(workbook: Path, clean_run: CleanRun) -> None:
    book = fastexcel.read_excel(workbook)
    assert book.sheet_names[0] == "Headlines"
    assert book.sheet_names[-2:] == ["Definitions", "Publication"]
    assert len(book.sheet_names) == len(HEADLINES) + 3
    headlines = book.load_sheet("Headlines").to_polars()
    assert headlines["Metric"].to_list() == [metric.name for metric in HEADLINES]
    assert headlines["Month"].dtype.is_temporal()
    definitions = book.load_sheet("Definitions").to_polars()
    assert definitions["Metric"].to_list() == [
        name for (name,) in clean_run.demo.published("SELECT metric FROM meta.metrics ORDER BY rowid")
    ]
    publication = dict(book.load_sheet("Publication").to_polars().select("What", "Value").rows())
    assert publication["content_hash"] == clean_run.demo.content_hash()


def test_headers_are_frozen_and_numbers_have_formats(workbook: Path) -> None:
    with zipfile.ZipFile(workbook) as parts:
        sheets = [parts.read(name).decode() for name in parts.namelist() if name.startswith("xl/worksheets/sheet")]
        styles = parts.read("xl/styles.xml").decode()
    assert sheets
    for sheet in sheets:
        assert 'state="frozen"' in sheet
        assert "<f>" not in sheet, "a formula"
        assert re.search(r'<col min="1" max="1" width="\d', sheet)
    for shown in ("yyyy-mm-dd", "0.0%", "#,##0.00"):
        assert shown in styles


def test_names_that_look_like_formulas_stay_texts(clean_run: CleanRun, tmp_path: Path) -> None:
    file, path = tmp_path / "built.duckdb", tmp_path / "kpi.xlsx"
    shutil.copyfile(clean_run.demo.home.published_file, file)
    with duckdb.connect(str(file)) as connection:
        for number, name in enumerate(EVIL):
            connection.execute(
                "INSERT INTO mart.metric_values SELECT * REPLACE ('team' AS dimension, ? AS dimension_value) FROM "
                "mart.metric_values WHERE metric = ? AND period_grain = 'month' AND dimension = 'overall' LIMIT 1",
                [f"{name}{number}", HEADLINES[0].name],
            )
    write_workbook(file, path)
    read = fastexcel.read_excel(path).load_sheet(1).to_polars()["Of"].to_list()
    for number, name in enumerate(EVIL):
        if name.isprintable():
            assert f"{name}{number}" in read
    with zipfile.ZipFile(path) as parts:
        assert all("<f>" not in parts.read(part).decode() for part in parts.namelist() if "worksheets/sheet" in part)
        assert 'quotePrefix="1"' in parts.read("xl/styles.xml").decode()


@pytest.mark.slow
def test_libreoffice_opens_it(workbook: Path, tmp_path: Path) -> None:
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        pytest.skip("LibreOffice is not installed")
    profile = f"-env:UserInstallation=file://{tmp_path / 'profile'}"
    for kind in ("pdf", "csv"):
        subprocess.run(
            [office, profile, "--headless", "--convert-to", kind, "--outdir", str(tmp_path), str(workbook)],
            check=True, capture_output=True, timeout=180,
        )  # fmt: skip
    assert (tmp_path / "kpi.pdf").read_bytes().startswith(b"%PDF")
    lines = (tmp_path / "kpi.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("KPI,Metric,Unit,Month")
    assert len(lines) == len(HEADLINES) + 1
    assert date.fromisoformat(re.findall(r"\d{4}-\d\d-\d\d", lines[1])[0]).day == 1
