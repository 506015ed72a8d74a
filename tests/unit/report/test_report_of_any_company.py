"""The report of companies of any size and with any names."""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO
from pathlib import Path

import duckdb
import pytest
from made_companies import HOSTILE, SLA, UNIT_COST, Company, kept, publish
from pptx import Presentation
from report_pages import seen

from pipelines.report.archive import write_issues
from pipelines.report.facts import NothingToReportError
from pipelines.report.page import render_report
from pipelines.report.reading import read_facts
from pipelines.report.slides import build_slides


def test_two_hundred_teams_ten_years_and_names_from_anywhere(tmp_path: Path) -> None:
    company = Company(teams=200, months=120, tickets=1000, vendors=300, name=HOSTILE)
    file = publish(tmp_path / "kpi.duckdb", company)
    facts = read_facts(file)
    page = seen(render_report(facts))
    now, before = (sum(kept(team, back) for team in range(200)) / 2000 for back in (0, 1))
    assert f"{now * 100:.1f} %" in page.text
    assert f"after {before * 100:.1f} % before, and missed its target of at least 93.0 %." in page.text
    # 300 vendors owe 10.25 each.
    assert "3,075.00 EUR are to be recovered from 300 vendors" in page.text
    assert "and 276 more; the command below gives all." in page.text
    # A thousand promises run, five in each team; 9 of 20 have 8 hours or less left.
    assert (
        "1,000 promises are running, neither kept nor broken yet; 450 of them have 8 open hours or less left."
        in page.text
    )
    assert "600 of 1,000 are drawn, always the same ones" in page.text
    assert "192 others" in page.text  # teams of the drivers that are not named; with them the rows add up
    assert HOSTILE.split("\u202e")[0].strip() in page.text
    slides = Presentation(BytesIO(build_slides(facts))).slides
    assert len(slides) > 10


def test_the_drivers_of_two_hundred_teams_add_up(tmp_path: Path) -> None:
    facts = read_facts(publish(tmp_path / "kpi.duckdb", Company(teams=200, months=3)))
    rows = facts.rows(f"drivers {UNIT_COST}")
    assert len(rows) > 150
    total = sum((row["change_value"] for row in rows), Decimal(0))
    assert total == rows[0]["value_after"] - rows[0]["value_before"] != 0


def test_one_team_with_one_ticket(tmp_path: Path) -> None:
    file = publish(tmp_path / "kpi.duckdb", Company())
    page = seen(render_report(read_facts(file)))
    assert f"SLA attainment, resolution was {kept(0, 0) * 10:.1f} % in October 2026" in page.text
    assert "Too few periods are closed to tell a signal from usual variation." in page.text
    assert "1 promise is running, neither kept nor broken yet; 1 of them has 8 open hours or less left." in page.text
    assert "others" not in page.text
    # Neither weeks nor quarters have values, so only the month gets an issue, and the index names it.
    issues = write_issues(file, tmp_path / "report", "One")
    assert [issue.period.name for issue in issues] == ["2026-10"]
    assert "October 2026" in seen((tmp_path / "report" / "index.html").read_text(encoding="utf-8").replace(
        'href="', 'href="#')).text  # fmt: skip


def test_nothing_published_yet(tmp_path: Path) -> None:
    file = publish(tmp_path / "kpi.duckdb", None)
    page = seen(render_report(read_facts(file)))
    assert "Nothing to report yet" in page.text
    assert "No period is closed yet, so there is no number to report." in page.text
    assert "<svg" not in "".join(page.texts)
    assert write_issues(file, tmp_path / "report", "Nobody") == []
    assert (tmp_path / "report" / "latest.html").is_file()


def test_one_held_kpi_keeps_its_value_and_says_why(tmp_path: Path) -> None:
    file = publish(tmp_path / "kpi.duckdb", Company(teams=2, months=14, held=SLA))
    page = seen(render_report(read_facts(file)))
    assert "1 KPI is held by the gate and shown as of earlier data." in page.text
    assert "Stale: the data end at 2026-11-02 00:00 UTC." in page.text
    assert "broke a rule." in page.text
    assert "and 16 more; the command below gives all." in page.text  # of forty rules
    assert f"{kept(0, 0) * 5 + kept(1, 0) * 5:.1f} %" in page.text


def test_a_file_of_another_version_says_what_to_do(tmp_path: Path) -> None:
    file = publish(tmp_path / "kpi.duckdb", Company())
    with duckdb.connect(str(file)) as connection:
        connection.execute("DROP TABLE mart.kpi_targets")
    with pytest.raises(NothingToReportError, match=r"another version .* Run 'kpi run' to publish it anew"):
        read_facts(file)
