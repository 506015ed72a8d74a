"""The workbook: every number as the file has it, dates as dates, no formula whatever the exports say."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import duckdb
import fastexcel
import polars as pl
import pytest
from number_readers import bits

from metrics.registry import HEADLINES
from pipelines.publish.excel import write_workbook

if TYPE_CHECKING:
    from conftest import CleanRun

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("publication")]

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
    assert book.sheet_names == [
        "Headlines", *(metric.label for metric in HEADLINES), "KPIs by month", "KPIs by week",
        "By team", "By priority", "By service", "By vendor",
        "SLA at risk", "Vendor scorecard", "Money to recover", "What to recover", "Held", "Definitions", "Publication",
    ]  # fmt: skip
    headlines = book.load_sheet("Headlines").to_polars()
    assert headlines["Metric"].to_list() == [metric.name for metric in HEADLINES]
    assert headlines["Month"].dtype.is_temporal()
    definitions = book.load_sheet("Definitions").to_polars()
    assert definitions["Metric"].to_list() == [
        name for (name,) in clean_run.demo.published("SELECT metric FROM meta.metrics ORDER BY rowid")
    ]
    publication = dict(book.load_sheet("Publication").to_polars().select("What", "Value").rows())
    assert publication["content_hash"] == clean_run.demo.content_hash()


def listed(workbook: Path, sheet: str) -> pl.DataFrame:
    return fastexcel.read_excel(workbook).load_sheet(sheet, schema_sample_rows=None).to_polars()


def day_of(instant: datetime) -> date:
    return instant.date()


@pytest.mark.parametrize(("sheet", "grain"), [("KPIs by month", "month"), ("KPIs by week", "week")])
def test_every_kpi_is_listed_by_period_with_change_target_and_certainty(
    workbook: Path, clean_run: CleanRun, sheet: str, grain: str
) -> None:
    values = clean_run.demo.published(
        "SELECT metric, period_start_date, value, lower_bound, upper_bound, coverage_ratio FROM mart.metric_values "
        f"WHERE period_grain = '{grain}' AND dimension = 'overall' AND is_period_closed ORDER BY 1, 2 DESC"
    )
    targets = {
        (metric, day): (value, state, is_certain)
        for metric, day, value, state, is_certain in clean_run.demo.published(
            "SELECT metric, period_start_date, target_value, target_state, is_certain FROM mart.kpi_targets "
            f"WHERE period_grain = '{grain}' AND dimension = 'overall'"
        )
    }
    # Weeks of cost that reach into a month before the ledger begins are compared with none.
    incomplete = set(
        clean_run.demo.published(
            f"SELECT metric, period_start_date FROM mart.missing_cost_months WHERE period_grain = '{grain}'"
        )
    )
    assert bool(incomplete) == (grain == "week")
    # Nor are periods within which data begin.
    partial = {
        (metric, day): told_from
        for metric, day, told_from in clean_run.demo.published(
            f"SELECT metric, period_start_date, told_from_date FROM mart.partial_periods WHERE period_grain = '{grain}'"
        )
    }
    assert partial
    incomplete |= set(partial)
    of_metric: dict[str, list[tuple[Any, ...]]] = {}
    for metric, *rest in values:
        of_metric.setdefault(metric, []).append(tuple(rest))
    frame = listed(workbook, sheet).filter(Closed="yes")
    assert set(frame["Metric"]) == set(of_metric)
    judged = 0
    for metric, periods in of_metric.items():
        found = list(frame.filter(Metric=metric).iter_rows(named=True))
        kept = periods[:53] if grain == "week" else periods
        assert [day_of(row["From"]) for row in found] == [period[0] for period in kept]
        by_day = {day: value for day, value, *_ in periods}
        for row, (day, value, lower, upper, coverage) in zip(found, kept, strict=True):
            told = (row["Value"], row["At least"], row["At most"], row["Coverage, %"])
            assert [bits(number) for number in told] == [bits(number) for number in (value, lower, upper, coverage)]
            told_from = row["Told only from"]
            assert (told_from and day_of(told_from)) == partial.get((metric, day))
            before = day - timedelta(days=7) if grain == "week" else (day - timedelta(days=1)).replace(day=1)
            is_comparable = incomplete.isdisjoint({(metric, day), (metric, before)})
            if value is not None and by_day.get(before) is not None and is_comparable:
                assert bits(row["Period before"]) == bits(by_day[before])
                assert bits(row["Change"]) == bits(value - by_day[before])
            else:
                assert row["Change"] is None
            wanted = targets.get((metric, day), (None, None, None))
            told_target = (row["Target"], row["Met or missed"], row["Sure, whatever is not measured"])
            assert told_target[:2] == (wanted[0] and float(wanted[0]), wanted[1] and wanted[1].replace("_", " "))
            assert told_target[2] == {True: "yes", False: "no", None: None}[wanted[2]]
            judged += wanted[0] is not None
    assert judged > 10


@pytest.mark.parametrize("dimension", ["team", "priority", "service", "vendor"])
def test_breakdowns_have_their_last_three_closed_months(workbook: Path, clean_run: CleanRun, dimension: str) -> None:
    rows = clean_run.demo.published(
        "SELECT metric, dimension_value, period_start_date, value FROM mart.metric_values WHERE period_grain = 'month' "
        f"AND dimension = '{dimension}' AND is_period_closed AND eligible_count > 0"
    )
    months: dict[str, set[date]] = {}
    for metric, _, day, _ in rows:
        months.setdefault(metric, set()).add(day)
    last = {metric: sorted(days)[-3:] for metric, days in months.items()}
    expected = {(metric, of, day, bits(value)) for metric, of, day, value in rows if day in last[metric]}
    frame = listed(workbook, f"By {dimension}")
    told = frame.select("Metric", dimension.capitalize(), "From", "Value").rows()
    assert {(metric, of, day_of(day), bits(value)) for metric, of, day, value in told} == expected
    assert len(told) == len(expected) > 100


def test_a_team_with_a_target_of_its_own_has_it_in_its_row(workbook: Path, clean_run: CleanRun) -> None:
    rows = clean_run.demo.published(
        "SELECT metric, dimension_value, period_start_date, target_value, target_state FROM mart.kpi_targets "
        "WHERE period_grain = 'month' AND dimension = 'team' QUALIFY "
        "dense_rank() OVER (PARTITION BY metric ORDER BY period_start_date DESC) <= 3"
    )
    assert {(metric, of) for metric, of, *_ in rows} == {
        ("cost_per_transaction_reporting", "Service Desk"), ("sla_attainment_ratio", "Facilities"),
    }  # fmt: skip
    told = listed(workbook, "By team").drop_nulls("Target").select("Metric", "Team", "From", "Target", "Met or missed")
    assert {(metric, of, day_of(day), value, state) for metric, of, day, value, state in told.rows()} == {
        (metric, of, day, float(value), state) for metric, of, day, value, state in rows
    }


def test_vendors_and_promises_are_those_that_are_published(workbook: Path, clean_run: CleanRun) -> None:
    published = clean_run.demo.published
    risky = listed(workbook, "SLA at risk")
    assert sorted(risky["Ticket"].to_list()) == [
        ticket for (ticket,) in published("SELECT ticket_id FROM mart.sla_at_risk ORDER BY 1")
    ]
    ((zone,),) = published("SELECT reporting_time_zone FROM meta.run")
    ((due,),) = published(f"SELECT min(timezone('{zone}', due_at)) FROM mart.sla_at_risk")
    assert abs(risky[f"Due, {zone}"].min() - due) < timedelta(seconds=1)  # as the clocks of the company show it
    money = listed(workbook, "Money to recover")
    first, last = (day_of(day) for day in money.select("Counted from", "Counted to").row(0))
    summed = published(
        "SELECT vendor, sum(amount_reporting) FROM mart.vendor_recoverable_facts WHERE recovery_date BETWEEN "
        f"DATE '{first}' AND DATE '{last}' AND NOT is_quarantined GROUP BY 1 HAVING sum(amount_reporting) <> 0 "
        "ORDER BY 1"
    )
    told = money.filter(pl.col("To recover, EUR") != 0).sort("Vendor")
    assert [(name, Decimal(str(amount))) for name, amount in told.select("Vendor", "To recover, EUR").rows()] == [
        (name, amount.normalize()) for name, amount in summed
    ]
    scored = published("SELECT count(*) FROM mart.vendor_scorecard_parts JOIN (SELECT max(period_start_date) AS day "
                       "FROM mart.vendor_scorecards WHERE period_grain = 'month' AND is_period_closed) AS latest "
                       "ON latest.day = period_start_date WHERE period_grain = 'month'")  # fmt: skip
    assert listed(workbook, "Vendor scorecard").height == scored[0][0] > 0


def test_notes_of_records_are_the_declared_meanings(workbook: Path, clean_run: CleanRun) -> None:
    names = ("SLA at risk", "Vendor scorecard", "Money to recover", "What to recover", "Held")
    notes = {name: _notes_of(workbook, name) for name in names}
    for told in notes.values():
        assert told and not [
            note for note in told if not re.fullmatch(r"(?!(\w+) \(in SQL: \1\)).+ \(in SQL: \w+\)", note)
        ]
    query = "SELECT column_name, comment FROM duckdb_columns() WHERE table_name = $name AND schema_name = 'mart'"
    with duckdb.connect(str(clean_run.demo.home.published_file), read_only=True) as connection:
        declared = dict(connection.execute(query, {"name": "sla_at_risk"}).fetchall())
    assert len(notes["SLA at risk"]) == listed(workbook, "SLA at risk").width
    for column in ("sla_policy", "remaining_hours", "due_at"):
        assert f"{declared[column]} (in SQL: {column})" in notes["SLA at risk"]
    assert any(note.startswith("Weighted mean") for note in notes["Vendor scorecard"])
    assert any("its share of the whole (in SQL: points)" in note for note in notes["Vendor scorecard"])


def _notes_of(workbook: Path, sheet: str) -> list[str]:
    """The notes of a sheet's cells."""
    with zipfile.ZipFile(workbook) as parts:
        number = fastexcel.read_excel(workbook).sheet_names.index(sheet) + 1
        links = parts.read(f"xl/worksheets/_rels/sheet{number}.xml.rels").decode()
        (comments,) = re.findall(r"comments\d+\.xml", links)
        root = ElementTree.fromstring(parts.read(f"xl/{comments}"))
    return ["".join(each.itertext()) for each in root.iter() if each.tag.endswith("}comment")]


def test_what_is_held_is_told_with_its_reason(clean_run: CleanRun, tmp_path: Path) -> None:
    file, path = tmp_path / "built.duckdb", tmp_path / "kpi.xlsx"
    shutil.copyfile(clean_run.demo.home.published_file, file)
    write_workbook(file, path)
    assert listed(path, "Held").row(0)[0] == "Nothing is held."
    with duckdb.connect(str(file)) as connection:
        connection.execute("UPDATE meta.verdicts SET verdict = 'hold', summary = 'Why.' WHERE domain = 'tickets'")
        connection.execute("UPDATE meta.metrics SET publication_state = 'held' WHERE metric = 'sla_attainment_ratio'")
    write_workbook(file, path)
    (row,) = listed(path, "Held").iter_rows(named=True)
    assert (row["Domain"], row["Reason"], row["Held metrics"]) == ("tickets", "Why.", "sla_attainment_ratio")


def test_it_is_small_and_the_same_for_the_same_publication(workbook: Path, clean_run: CleanRun, tmp_path: Path) -> None:
    again = tmp_path / "kpi.xlsx"
    write_workbook(clean_run.demo.home.published_file, again)
    assert again.read_bytes() == workbook.read_bytes()
    assert workbook.stat().st_size < 5_000_000


def test_headers_are_frozen_and_numbers_have_formats(workbook: Path) -> None:
    with zipfile.ZipFile(workbook) as parts:
        sheets = [parts.read(name).decode() for name in parts.namelist() if name.startswith("xl/worksheets/sheet")]
        styles = parts.read("xl/styles.xml").decode()
    assert sheets
    for sheet in sheets:
        assert 'state="frozen"' in sheet
        assert "<f>" not in sheet, "a formula"
        assert re.search(r'<col min="1" max="1" width="\d', sheet)
    for shown in ("yyyy-mm-dd", "#,##0.0%", "#,##0.00"):
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
