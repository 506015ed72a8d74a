"""Files that are repeated snapshots: each is of one instant, which its name or its time tells, or it is refused."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from data_contracts.loader import load_export_contract
from data_contracts.spec import ExportContract, Snapshots
from models.vocabulary import SnapshotInstant
from pipelines.landing.loads import Landing, active_loads, land_export
from pipelines.readers import Limits
from pipelines.staging.sightings import find_sightings
from pipelines.staging.snapshot_instants import instants_of_names
from pipelines.warehouse import Warehouse

Drop = Callable[[str, str], Path]
HEADER = "number,state,opened\n"
DAILY = """
apiVersion: v3.2.0
kind: DataContract
id: desk
version: 1.0.0
status: active
domain: tickets
servers:
  - {server: landing, type: local, path: "*.csv*", format: csv}
schema:
  - name: tickets
    customProperties:
      - {property: shape, value: repeated_snapshots}
      - {property: snapshots, value: {instant: file_name, pattern: "t_%Y-%m-%d*.csv"}}
    properties:
      - name: number
        logicalType: string
        customProperties: [{property: feeds, value: tickets.ticket_id}]
      - name: state
        logicalType: string
        customProperties: [{property: feeds, value: tickets.status}]
      - name: opened
        logicalType: timestamp
        customProperties: [{property: feeds, value: tickets.created_at}]
customProperties:
  - {property: source, value: desk}
  - {property: timeZone, value: Europe/Amsterdam}
"""
BY_TIME = DAILY.replace('{instant: file_name, pattern: "t_%Y-%m-%d*.csv"}', "{instant: file_time}")


@pytest.fixture
def daily() -> ExportContract:
    return load_export_contract(DAILY, "contracts/desk.yaml", {})


@pytest.fixture
def by_time() -> ExportContract:
    return load_export_contract(BY_TIME, "contracts/desk.yaml", {})


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


def _rows(*states: str) -> str:
    return HEADER + "".join(
        f"T{number},{state},2026-03-0{number} 08:00\n" for number, state in enumerate(states, start=1)
    )


def _land(warehouse: Warehouse, contract: ExportContract, folder: Path) -> Landing:
    with warehouse.transaction():
        return land_export(warehouse, contract, folder, run_id="r1", limits=Limits())


def _exports(warehouse: Warehouse, contract: ExportContract) -> list[datetime]:
    """The instants of the exports that count."""
    found = find_sightings(warehouse, [contract])
    assert found is not None
    return sorted(found.exports["snapshot_at"])


@pytest.mark.parametrize(
    ("time_of_day", "instant"),
    [
        ("end", utc(2026, 11, 3, 22, 59, 59, 999999)),
        ("start", utc(2026, 11, 2, 23)),
        ("06:00", utc(2026, 11, 3, 5)),
    ],
)
def test_a_date_is_the_moment_of_its_day_that_the_contract_names(time_of_day: str, instant: datetime) -> None:
    settings = Snapshots(
        instant=SnapshotInstant.FILE_NAME, pattern="t_%Y-%m-%d.csv", time_zone="Europe/Amsterdam",
        time_of_day=time_of_day,
    )  # fmt: skip
    assert instants_of_names(settings, ["t_2026-11-03.csv", "t.csv"]) == [instant, None]


def test_the_end_of_a_day_is_its_last_microsecond_also_when_clocks_change() -> None:
    settings = Snapshots(instant=SnapshotInstant.FILE_NAME, pattern="t_%Y-%m-%d.csv", time_zone="Europe/Amsterdam")
    short, long = instants_of_names(settings, ["t_2026-03-29.csv", "t_2026-10-25.csv"])
    assert short == utc(2026, 3, 29, 21, 59, 59, 999999)
    assert long == utc(2026, 10, 25, 22, 59, 59, 999999)


@pytest.mark.parametrize(
    ("pattern", "name", "instant"),
    [
        ("e-%Y%m%dT%H%M.csv", "e-20261103T0600.csv", utc(2026, 11, 3, 5)),
        ("e-%Y%m%dT%H%M%z.csv", "e-20261103T0600+0530.csv", utc(2026, 11, 3, 0, 30)),
        ("e-%d%b%y_%I%M%p.csv", "e-03NOV26_0615pm.csv", utc(2026, 11, 3, 17, 15)),
        # The hour that autumn repeats is its first pass; the hour that spring skips moves on.
        ("e-%Y%m%dT%H%M.csv", "e-20261025T0230.csv", utc(2026, 10, 25, 0, 30)),
        ("e-%Y%m%dT%H%M.csv", "e-20260329T0230.csv", utc(2026, 3, 29, 1, 30)),
    ],
)
def test_a_name_with_a_time_tells_the_instant(pattern: str, name: str, instant: datetime) -> None:
    settings = Snapshots(instant=SnapshotInstant.FILE_NAME, pattern=pattern, time_zone="Europe/Amsterdam")
    assert instants_of_names(settings, [name]) == [instant]


def test_the_same_content_on_two_days_is_two_exports(warehouse: Warehouse, daily: ExportContract, drop: Drop) -> None:
    folder = drop("t_2026-03-07.csv", _rows("New"))
    (folder / "t_2026-03-08.csv").write_text(_rows("New"), encoding="utf-8")
    assert _land(warehouse, daily, folder).loaded_files == 2
    assert len(_exports(warehouse, daily)) == 2


def test_an_export_that_comes_twice_changes_nothing(warehouse: Warehouse, daily: ExportContract, drop: Drop) -> None:
    folder = drop("t_2026-03-07.csv", _rows("New"))
    (folder / "t_2026-03-07 (1).csv").write_text(_rows("New"), encoding="utf-8")
    (folder / "t_2026-03-07.csv.gz").write_bytes(gzip.compress(_rows("New").encode()))
    landing = _land(warehouse, daily, folder)
    assert (landing.loaded_files, landing.known_files, landing.refusals) == (1, 2, ())
    assert _land(warehouse, daily, folder).known_files == 3
    assert warehouse.rows('SELECT count(*) FROM raw."raw_desk__tickets"') == [(1,)]


def test_an_export_of_no_tickets_is_one(warehouse: Warehouse, daily: ExportContract, drop: Drop) -> None:
    folder = drop("t_2026-03-07.csv", _rows("New"))
    (folder / "t_2026-03-08.csv").write_text(HEADER, encoding="utf-8")
    _land(warehouse, daily, folder)
    assert len(_exports(warehouse, daily)) == 2


def test_a_corrected_file_replaces_the_export_of_its_day(
    warehouse: Warehouse, daily: ExportContract, drop: Drop
) -> None:
    folder = drop("t_2026-03-07.csv", _rows("New"))
    _land(warehouse, daily, folder)
    (folder / "t_2026-03-07.csv").write_text(_rows("Open"), encoding="utf-8")
    _land(warehouse, daily, folder)
    assert len(active_loads(warehouse, "desk")) == 1
    # Under another name it does so as well, once the old file is gone.
    (folder / "t_2026-03-07.csv").rename(folder / "old")
    (folder / "old").unlink()
    (folder / "t_2026-03-07 corrected.csv").write_text(_rows("Done"), encoding="utf-8")
    _land(warehouse, daily, folder)
    ((load_id, _),) = active_loads(warehouse, "desk")
    assert load_id.startswith("desk/tickets/t_2026-03-07 corrected.csv#")


def test_of_two_files_for_one_day_none_counts_until_one_is_gone(
    warehouse: Warehouse, daily: ExportContract, drop: Drop
) -> None:
    folder = drop("t_2026-03-07.csv", _rows("New"))
    _land(warehouse, daily, folder)
    (folder / "t_2026-03-07b.csv").write_text(_rows("Open"), encoding="utf-8")
    landing = _land(warehouse, daily, folder)
    assert [(refusal.file_name, refusal.code) for refusal in landing.refusals] == [
        ("t_2026-03-07.csv", "snapshot"),
        ("t_2026-03-07b.csv", "snapshot"),
    ]
    assert landing.refusals[0].message == (
        "t_2026-03-07.csv is an export of 2026-03-07 22:59 UTC, and so is t_2026-03-07b.csv, with different content. "
        "None of them is used. Take the wrong one out of the folder. If both are parts of one export, give each part a "
        "contract of its own, with the same source."
    )
    assert active_loads(warehouse, "desk") == []
    (folder / "t_2026-03-07b.csv").unlink()
    landing = _land(warehouse, daily, folder)
    assert (landing.refusals, landing.known_files) == ((), 1)
    assert len(active_loads(warehouse, "desk")) == 1
    assert warehouse.rows('SELECT count(*) FROM raw."raw_desk__tickets"') == [(1,)]


def test_a_name_that_tells_no_instant_is_refused(warehouse: Warehouse, daily: ExportContract, drop: Drop) -> None:
    landing = _land(warehouse, daily, drop("tickets.csv", _rows("New")))
    assert landing.refusals[0].code == "snapshot"
    assert landing.refusals[0].message == (
        "tickets.csv does not follow 't_%Y-%m-%d*.csv', by which desk tells when a file was exported. Rename the file, "
        "or correct 'pattern' in contracts/desk.yaml; * stands for what varies besides the date."
    )


def test_another_pattern_dates_the_same_loads_anew_and_lets_none_be_lost(
    warehouse: Warehouse, daily: ExportContract, drop: Drop
) -> None:
    folder = drop("t_2026-03-07.csv", _rows("New"))
    _land(warehouse, daily, folder)
    (folder / "t_2026-03-07.csv").unlink()
    mistaken = load_export_contract(DAILY.replace("t_%Y", "x_%Y"), "contracts/desk.yaml", {})
    landing = _land(warehouse, mistaken, folder)
    assert [refusal.file_name for refusal in landing.refusals] == ["t_2026-03-07.csv"]
    assert _exports(warehouse, mistaken) == []
    noon = load_export_contract(DAILY.replace('*.csv"}', '*.csv", timeOfDay: "12:00"}'), "contracts/desk.yaml", {})
    assert _land(warehouse, noon, folder).refusals == ()
    assert _exports(warehouse, noon) == [utc(2026, 3, 7, 11)]


def test_a_file_dated_before_its_tickets_were_created_goes_back_in_time(
    warehouse: Warehouse, daily: ExportContract, drop: Drop
) -> None:
    landing = _land(warehouse, daily, drop("t_2026-02-07.csv", _rows("New", "New", "New")))
    assert landing.refusals[0].code == "snapshot"
    assert landing.refusals[0].message == (
        "t_2026-02-07.csv goes back in time: it is dated 2026-02-07 22:59 UTC, but 3 of its 3 rows are of tickets that "
        "were created more than a day later, such as row 2, created 2026-03-01 07:00 UTC. Correct its name, or "
        "'pattern' in contracts/desk.yaml, now 't_%Y-%m-%d*.csv': day and month may stand the other way round."
    )
    assert warehouse.rows('SELECT count(*) FROM raw."raw_desk__tickets"') == [(0,)]


def test_one_wrong_date_in_a_row_does_not_refuse_the_file(
    warehouse: Warehouse, daily: ExportContract, drop: Drop
) -> None:
    text = _rows("New", "New", "New").replace("2026-03-02", "2062-03-02")
    assert _land(warehouse, daily, drop("t_2026-03-07.csv", text)).loaded_files == 1


def test_a_file_from_the_future_is_refused(warehouse: Warehouse, daily: ExportContract, drop: Drop) -> None:
    ahead = datetime.now(UTC) + timedelta(days=4)
    landing = _land(warehouse, daily, drop(f"t_{ahead:%Y-%m-%d}.csv", _rows("New")))
    assert "is from the future: it is dated" in landing.refusals[0].message


def _write_at(path: Path, text: str, at: datetime) -> None:
    path.write_text(text, encoding="utf-8")
    os.utime(path, (at.timestamp(), at.timestamp()))


def test_one_name_for_ever_new_exports_is_told_apart_by_its_time(
    warehouse: Warehouse, by_time: ExportContract, tmp_path: Path
) -> None:
    path = tmp_path / "landing" / "tickets.csv"
    path.parent.mkdir()
    for day, state in enumerate(("New", "Open", "New"), start=7):
        _write_at(path, _rows(state), utc(2026, 3, day, 6))
        assert _land(warehouse, by_time, path.parent).loaded_files == 1
        assert _land(warehouse, by_time, path.parent).known_files == 1
    assert _exports(warehouse, by_time) == [utc(2026, 3, day, 6) for day in (7, 8, 9)]


def test_a_copy_is_no_new_export_though_its_time_is_later(
    warehouse: Warehouse, by_time: ExportContract, tmp_path: Path
) -> None:
    folder = tmp_path / "landing"
    folder.mkdir()
    _write_at(folder / "a.csv", _rows("New"), utc(2026, 3, 7))
    _write_at(folder / "b.csv", _rows("Open"), utc(2026, 3, 8))
    _land(warehouse, by_time, folder)
    _write_at(folder / "copy of a.csv", _rows("New"), utc(2026, 3, 9))
    _write_at(folder / "b.csv", _rows("Open"), utc(2026, 3, 10))
    assert _land(warehouse, by_time, folder).loaded_files == 0
    assert _exports(warehouse, by_time) == [utc(2026, 3, 7), utc(2026, 3, 8)]
