"""The daily exports, read back without the pipeline: every day as the event log of the same tickets says it was."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from sample_files import AMSTERDAM, Sample, read_local

from data_contracts.loader import load_export_contract, packaged_templates
from pipelines.readers import ReadOptions, inspect_file, read_export
from pipelines.sample import write_sample_exports
from pipelines.sample.daily_tickets import COLUMNS

DAYS = 50


@pytest.fixture(scope="module")
def daily(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    landing = tmp_path_factory.mktemp("daily")
    return Sample(landing, write_sample_exports(landing, seed=11, tickets=600, years=0.5, daily_exports=DAYS))


def rows_of(path: Path) -> dict[str, dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row["number"]: row for row in csv.DictReader(file)}


def test_each_day_shows_what_the_event_log_says_of_its_end(daily: Sample) -> None:
    log: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in daily.csv_rows("servicenow_incidents"):
        log[row["number"]].append(row)
    for path in daily.files("daily_tickets"):
        day = date.fromisoformat(path.stem.removeprefix("tickets_"))
        end = datetime.combine(day + timedelta(days=1), time(), AMSTERDAM)
        shown = rows_of(path)
        for number, updates in log.items():
            before = [row for row in updates if read_local(row["sys_updated_at"]) < end]
            if not before:
                assert number not in shown
                continue
            last = before[-1]
            is_settled = last["incident_state"] in ("Closed", "Canceled")
            if is_settled and read_local(last["sys_updated_at"]) < end - timedelta(days=31):
                assert number not in shown
            if number in shown:
                names = ("incident_state", "assignment_group", "priority", "business_service")
                found = (shown[number][name] for name in ("state", "assigned_team", "priority", "service"))
                assert tuple(found) == tuple(last[name] for name in names)
                assert datetime.fromisoformat(shown[number]["opened"]) == read_local(last["opened_at"])
                assert bool(shown[number]["resolved"]) == (last["incident_state"] in ("Resolved", "Closed"))
            else:
                assert is_settled


def test_there_is_a_file_for_each_of_the_last_days_and_the_other_exports_stay_the_same(
    daily: Sample, tmp_path: Path
) -> None:
    files = [file for file in daily.summary.files if file.export == "daily_tickets"]
    assert [file.path for file in files] == [
        f"daily_tickets/tickets_{daily.summary.last_date - timedelta(days=ago):%Y-%m-%d}.csv"
        for ago in range(DAYS - 1, -1, -1)
    ]
    write_sample_exports(tmp_path, seed=11, tickets=600, years=0.5)
    assert not (tmp_path / "daily_tickets").exists()
    for file in daily.summary.files:
        if file.export != "daily_tickets":
            assert (tmp_path / file.path).read_bytes() == (daily.landing / file.path).read_bytes()


def test_the_files_land_whole_under_their_template(daily: Sample) -> None:
    templates = packaged_templates()
    contract = load_export_contract(templates["daily_tickets"], "daily_tickets.yaml", templates)
    (item,) = contract.objects
    assert tuple(column.name for column in item.columns) == COLUMNS
    options = ReadOptions(format="csv", columns={column.name: (column.physical_name,) for column in item.columns})
    for file in (file for file in daily.summary.files if file.export == "daily_tickets"):
        landed = read_export(inspect_file(daily.landing / file.path, daily.landing), options)
        assert landed.record_count == file.rows["tickets"]
        assert not landed.unknown_columns
        assert not landed.missing_columns
