"""`kpi instrumentation` on a home with a gap, one that is clean, and a name that does not exist."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import date
from typing import TYPE_CHECKING

import duckdb
import pytest

from metrics.registry import METRICS
from pipelines.cli.exits import ExitCode
from pipelines.home import Home
from pipelines.words.instrumentation import describe_effect

if TYPE_CHECKING:
    from conftest import Kpi

EFFECT = (
    "SLA attainment, resolution, Oct 2026 (its last closed month): takes 5.0 points of coverage (3 of 60) and makes "
    "5.0 points of the 8.0 points between its bounds; 2 more KPIs"
)
_ROW = {
    "source": "desk", "table_name": "tickets", "rule_id": "tickets.status.mapped", "fix_rank": 1,
    "gap_kind": "quarantined", "action": "quarantine", "what_to_do": "=Map it.", "record_count": 40,
    "failed_record_count": 4, "captured_ratio": 0.9, "captured_change_ratio": -0.05, "protected_metric_count": 60,
    "affected_metric_count": 3, "held_metric_count": 0, "metric": "sla_attainment_ratio",
    "metric_label": "SLA attainment, resolution", "metric_period_start_date": date(2026, 10, 1),
    "metric_last_closed_date": date(2026, 10, 1), "is_recent": True, "last_seen_date": date(2026, 10, 1),
    "metric_record_count": 3, "metric_eligible_count": 60, "metric_lost_coverage_ratio": 0.05,
    "metric_width_value": 0.05, "metric_bounds_width_value": 0.08, "metric_unit": "ratio",
}  # fmt: skip
_GAP = {
    "metric": "sla_attainment_ratio", "period_start_date": date(2026, 10, 1), "source": "desk", "table_name": "tickets",
    "rule_id": "tickets.status.mapped", "gap_kind": "quarantined", "is_period_closed": True, "record_count": 3,
    "sole_record_count": 3, "attributed_record_count": 3.0, "eligible_count": 60, "unmeasured_count": 5,
    "lost_coverage_ratio": 0.05, "width_value": 0.05, "bounds_width_value": 0.08, "is_unbounded": False,
    "unit": "ratio",
}  # fmt: skip


@pytest.fixture
def with_gaps(published_home: Home) -> Home:
    """The published home with one gap and one rule that nothing broke."""
    clean = {**_ROW, "rule_id": "tickets.fine", "fix_rank": None, "gap_kind": "none", "what_to_do": None}
    with duckdb.connect(str(published_home.published_file)) as connection:
        for table, row in (
            ("instrumentation_scorecard", _ROW), ("instrumentation_scorecard", clean), ("instrumentation_gaps", _GAP),
        ):  # fmt: skip
            marks = ", ".join("?" for _ in row)
            connection.execute(f"INSERT INTO mart.{table} ({', '.join(row)}) VALUES ({marks})", list(row.values()))
    return published_home


def test_a_gap_is_told_with_what_it_does_and_what_to_do(run_kpi: Kpi, with_gaps: Home) -> None:
    output = run_kpi("instrumentation", "--home", with_gaps.folder).output
    assert output.splitlines()[2:] == [
        "  1  tickets.status.mapped",
        "     desk tickets · quarantined · 4 of 40 records set aside · 90.0 % captured, ▼ 5.0 points",
        f"     {EFFECT}",
        "     → =Map it.",
    ]
    assert "tickets.fine" in run_kpi("instrumentation", "--all", "--home", with_gaps.folder).output


def test_it_fits_a_terminal_of_eighty(run_kpi: Kpi, with_gaps: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.cli.tables.is_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    for arguments in (["--all"], ["sla_attainment_ratio"]):
        output = run_kpi("instrumentation", *arguments, "--home", with_gaps.folder).output
        plain = re.sub(r"\x1b\[[0-9;]*m", "", output)
        assert "tickets.status.mapped" in plain
        assert max(map(len, plain.splitlines())) <= 80


def test_for_programs_and_spreadsheets(run_kpi: Kpi, with_gaps: Home) -> None:
    (row,) = json.loads(run_kpi("instrumentation", "--json", "--home", with_gaps.folder).output)
    assert row["metric_width_value"] == 0.05
    (cells,) = csv.DictReader(io.StringIO(run_kpi("instrumentation", "--csv", "--home", with_gaps.folder).output))
    assert cells["captured_ratio"] == "0.9"
    assert cells["what_to_do"] == "'=Map it.", "a spreadsheet must not run it"
    (gap,) = json.loads(
        run_kpi("instrumentation", "kpi_sla_attainment_ratio", "--json", "--home", with_gaps.folder).output
    )
    assert (gap["rule_id"], gap["width_value"]) == ("tickets.status.mapped", 0.05)


def test_a_file_of_another_version_is_said_to_be_one(run_kpi: Kpi, with_gaps: Home) -> None:
    with duckdb.connect(str(with_gaps.published_file)) as connection:
        connection.execute("ALTER TABLE mart.instrumentation_scorecard DROP COLUMN is_recent")
    told = run_kpi("instrumentation", "--home", with_gaps.folder)
    assert told.exit_code == ExitCode.USAGE
    assert "another version of this program" in " ".join(told.output.split())


def test_nothing_to_put_right_is_said(run_kpi: Kpi, published_home: Home) -> None:
    assert "Nothing is to be put right" in run_kpi("instrumentation", "--home", published_home.folder).output
    told = run_kpi("instrumentation", "sla_attainment_ratio", "--home", published_home.folder).output
    assert told.startswith("sla_attainment_ratio has no gap")


def test_an_unknown_kpi_is_an_error_with_the_likely_name(run_kpi: Kpi, published_home: Home) -> None:
    result = run_kpi("instrumentation", "sla_atainment_ratio", "--home", published_home.folder)
    assert result.exit_code == ExitCode.USAGE
    assert "Did you mean 'sla_attainment_ratio'?" in result.output


def test_a_gap_that_has_stopped_says_when_it_was_seen_last() -> None:
    row = {**_ROW, "is_recent": False, "last_seen_date": date(2026, 6, 1)}
    assert describe_effect(row, "EUR").startswith(
        "last seen in Jun 2026; SLA attainment, resolution, Oct 2026 (its last"
    )


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"held_metric_count": 2}, "holds 2 KPIs: their last good values stay"),
        (
            {"metric": None},
            "no gap of a KPI is counted here; a value that it leaves missing in the last months has a row of its own",
        ),
        ({"metric_width_value": None}, "takes 5.0 points of coverage (3 of 60) and a bound is missing; 2 more KPIs"),
        (
            {"metric_width_value": None, "metric_lost_coverage_ratio": 0.0},
            "(its last closed month): may move the bound that it has, and is not why the other is missing; 2 more KPIs",
        ),
        (
            {"metric_width_value": 0.08, "affected_metric_count": 1},
            "makes all of the 8.0 points between its bounds",
        ),
        (
            {"metric_width_value": 0.0, "metric_lost_coverage_ratio": 0.0},
            "Oct 2026 (its last closed month): its bounds do not move; 2 more KPIs",
        ),
    ],
)
def test_what_a_gap_does_in_words(changed: dict[str, object], told: str) -> None:
    assert describe_effect({**_ROW, **changed}, "EUR").endswith(told)


@pytest.mark.parametrize(
    ("unit", "width", "whole", "told"),
    [
        ("business_hours", 0.01, 0.02, "makes its bounds differ, by less than 0.1 h"),
        ("business_hours", 0.01, 3.2, "makes less than 0.1 h of the 3.2 h between its bounds"),
        ("business_hours", 3.2, 3.2, "makes all of the 3.2 h between its bounds"),
        ("business_hours", 1.5, 3.2, "makes 1.5 h of the 3.2 h between its bounds"),
        ("ratio", 0.0001, 0.0002, "makes its bounds differ, by less than 0.1 points"),
        ("reporting", 0.002, 0.003, "makes its bounds differ, by less than 0.01 EUR"),
    ],
)
def test_a_width_too_small_to_be_shown_is_said_to_be_small(unit: str, width: float, whole: float, told: str) -> None:
    row = _ROW | {
        "metric_unit": unit, "metric_width_value": width, "metric_bounds_width_value": whole,
        "metric_lost_coverage_ratio": None, "affected_metric_count": 1,
    }  # fmt: skip
    assert describe_effect(row, "EUR") == f"SLA attainment, resolution, Oct 2026 (its last closed month): {told}"


@pytest.mark.parametrize(
    ("closed", "told"),
    [
        (date(2026, 12, 1), "Oct 2026 (its last closed month is Dec 2026): takes"),
        (None, "Oct 2026 (no month is closed yet): takes"),
    ],
)
def test_a_gap_says_until_when_the_months_of_its_kpi_are_closed(closed: date | None, told: str) -> None:
    assert told in describe_effect({**_ROW, "metric_last_closed_date": closed}, "EUR")


def test_status_counts_each_kpi_once(run_kpi: Kpi, published_home: Home) -> None:
    said = run_kpi("status", "--home", published_home.folder).output
    assert f"{len(METRICS)} KPIs: 1 published, 1 held and {len(METRICS) - 2} without values." in said
