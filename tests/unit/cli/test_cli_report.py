"""`kpi report`: the ending of the file says what is written, and what it cannot be is refused before anything is."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipelines.home import Home

if TYPE_CHECKING:
    from conftest import Kpi


def test_the_ending_says_what_is_written(run_kpi: Kpi, published_home: Home, tmp_path: Path) -> None:
    for name in ("report.html", "report.HTM"):
        result = run_kpi("report", "-o", tmp_path / name, "--home", published_home.folder)
        assert result.exit_code == 0, result.output
        assert (tmp_path / name).read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    result = run_kpi("report", "-o", tmp_path / "october.pptx", "--home", published_home.folder)
    assert result.exit_code == 0, result.output
    with zipfile.ZipFile(tmp_path / "october.pptx") as slides:
        assert "ppt/presentation.xml" in slides.namelist()


def test_a_pdf_is_the_report_and_in_a_folder_its_charts(run_kpi: Kpi, published_home: Home, tmp_path: Path) -> None:
    result = run_kpi("report", "-o", tmp_path / "october.pdf", "--home", published_home.folder)
    assert result.exit_code == 0, result.output
    assert (tmp_path / "october.pdf").read_bytes().startswith(b"%PDF-")
    result = run_kpi("report", "--format", "pdf", "--home", published_home.folder)
    assert result.exit_code == 0, result.output
    (made,) = (published_home.published / "report" / "pdf").iterdir()
    assert made.suffix == ".pdf"
    result = run_kpi("report", "--format", "pdf", "-o", tmp_path / "charts", "--home", published_home.folder)
    assert result.exit_code == 0, result.output
    assert {file.suffix for file in (tmp_path / "charts").iterdir()} == {".pdf"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("-o", "{folder}/one.png"), "name a folder for them, as in --format png -o {folder}/one."),
        (("--format", "png", "-o", "{folder}/one.png"), "each chart of a report is a picture of its own"),
        (("-o", "{folder}/one.docx"), "Known are .html and .pdf for the report, and .pptx for its slides"),
        (("-o", "{folder}/one"), "without ending could be anything"),
        (("--format", "html", "-o", "{folder}/one.pptx"), "say two things: a file of that name is pptx"),
        (("--format", "png", "-o", "{folder}/one.html"), "say two things: a file of that name is html"),
        (("--format", "png", "-o", "{folder}/one.pdf"), "say two things: a file of that name is pdf"),
    ],
)
def test_what_a_name_cannot_be_is_refused_and_nothing_is_written(
    run_kpi: Kpi, published_home: Home, tmp_path: Path, arguments: tuple[str, ...], told: str
) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    filled = [argument.format(folder=folder) for argument in arguments]
    result = run_kpi("report", *filled, "--home", published_home.folder)
    assert result.exit_code == 2
    assert told.format(folder=folder) in result.output
    assert list(folder.iterdir()) == []


def test_charts_go_into_a_folder(run_kpi: Kpi, published_home: Home, tmp_path: Path) -> None:
    folder = tmp_path / "2026.10"  # the dot of a folder's name is no ending
    result = run_kpi("report", "--format", "png", "-o", folder, "--home", published_home.folder)
    assert result.exit_code == 0, result.output
    assert {file.suffix for file in folder.iterdir()} == {".png"}
