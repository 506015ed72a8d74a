"""Files of event logs in which day and month are swapped though all can be read: found, told and set aside."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from demo_homes import DemoHome
from plain_exports import write_export, write_plain_home
from spoilt_rows import STATUSES

from models.vocabulary import Domain
from pipelines.broken_rules.swapped_dates import RULE
from pipelines.cli.main import kpi
from pipelines.gate.ingest import Batch, ingest_domain
from pipelines.session import SilentReporter, open_session

pytestmark = pytest.mark.xdist_group("faults")

ROW = "fault matrix row"
FED = {
    "tickets": ("ticket_id", "created_at", "status"),
    "ticket_events": ("ticket_id", "occurred_at", "status"),
}
DAY_FIRST, MONTH_FIRST, ISO = "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M", "%Y-%m-%d %H:%M:%S"
ZONES = ("UTC", "Pacific/Auckland", "America/Los_Angeles", "Asia/Kolkata")
Rows = list[dict[str, str]]
#: Name of a file -> its rows.
Files = Mapping[str, Rows]


def _rows(days: Iterable[datetime], form: str = DAY_FIRST, *, tickets: int = 8, prefix: str = "T") -> Rows:
    """So many tickets a day, each created in the morning and resolved in the afternoon."""
    return [
        {
            "ticket_id": f"{prefix}{day:%y%m%d}{number}", "created_at": f"{created:{form}}",
            "occurred_at": f"{created + timedelta(hours=late):{form}}", "status": status,
        }
        for day in days
        for number in range(tickets)
        for created in [day + timedelta(hours=8, minutes=7 * number)]
        for status, late in (("New", 0), ("Closed", 6))
    ]  # fmt: skip


def _days(first: str, count: int, *, step: int = 1) -> list[datetime]:
    return [datetime.fromisoformat(first) + timedelta(days=step * number) for number in range(count)]


def _day(month: int, day: int, year: int = 2026) -> datetime:
    return datetime.fromisoformat(f"{year}-{month:02}-{day:02}")


#: Days of all parts of a month, ten times as many tickets as the file that is spoilt has at most.
HISTORY = {"a_history.csv": _rows(_days("2026-01-05", 87))}
EARLY_APRIL = _days("2026-04-01", 3)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return write_plain_home(tmp_path / "home", {"statuses.yaml": STATUSES})


def _write(home: Path, files: Files, *, form: str = DAY_FIRST, zone: str = "UTC") -> None:
    write_export(home, "desk", FED, [], shape="event_log", zone=zone)
    contract = home / "contracts" / "desk.yaml"
    contract.write_text(contract.read_text(encoding="utf-8").replace(ISO, form), encoding="utf-8")
    landing = home / "landing" / "desk"
    (landing / "rows.csv").unlink()
    for name, rows in files.items():
        _land(landing / name, rows)


def _land(path: Path, rows: Rows) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _ingest(home: Path, *, is_full: bool = False) -> Batch:
    with open_session(DemoHome(home).project(), reporter=SilentReporter(), is_full=is_full) as session:
        return ingest_domain(session, Domain.TICKETS)


def _found(batch: Batch) -> str | None:
    """What is said of such files; None where there is none."""
    (result,) = [result for result in batch.results if result.rule.id == RULE]
    assert result.state.value == ("failed" if result.failed_count else "passed")
    return result.rule.message if result.failed_count else None


def _run(home: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(
        CliRunner().invoke(kpi, ["run", "--json", "--home", str(home)], catch_exceptions=False).stdout
    )
    return told


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(("wanted", "written"), [(DAY_FIRST, MONTH_FIRST), (MONTH_FIRST, DAY_FIRST)])
def test_a_file_with_day_and_month_swapped_is_set_aside_and_told(
    wanted: str, written: str, zone: str, home: Path, record_property: Callable[[str, object], None]
) -> None:
    """In whatever zone, though staged instants are UTC; and no run ends with the clock that it pretends."""
    history = {name: _rows(_days("2026-01-05", 87), wanted) for name in HISTORY}
    _write(home, {**history, "b_april.csv": _rows(EARLY_APRIL, written)}, form=wanted, zone=zone)
    message = _found(_ingest(home))
    assert message is not None
    assert (
        "In landing/desk/b_april.csv 'occurred_at' dates all 48 events, as they are read, to day 4 of 3 months, from 4 "
        "January 2026 to 4 March 2026; with day and month the other way round they are of 1 April 2026 to 3 April 2026."
    ) in message
    assert '{property: ignoreFiles, value: ["b_april.csv"]}' in message
    assert f"with dates as the contract reads them ({wanted})" in message
    demo = DemoHome(home)
    aside = demo.warehouse("SELECT record_id FROM ops.ops_quarantined_records WHERE rule_id = ? ORDER BY ALL", [RULE])
    assert aside == [(f"plain:T26040{day}{number}",) for day in (1, 2, 3) for number in range(8)]
    record_property(ROW, ["file: day and month swapped", f"caught: {RULE}", "", "", ""])


def test_the_datas_clock_does_not_follow_such_a_file_and_a_run_tells_of_it_until_it_is_put_right(home: Path) -> None:
    _write(home, {**HISTORY, "b_april.csv": _rows(_days("2026-04-05", 3), MONTH_FIRST)})
    for _ in range(2):
        (note,) = [each for each in _run(home)["notices"] if each["code"] == "swapped_dates"]
        assert "In landing/desk/b_april.csv" in note["message"]
    ((reach,),) = DemoHome(home).warehouse("SELECT max(ended_at) FROM core.fct_ticket_intervals")
    assert reach < datetime(2026, 4, 2, tzinfo=ZoneInfo("UTC"))

    contract = home / "contracts" / "desk.yaml"
    line = '  - {property: ignoreFiles, value: ["b_april.csv"]}\n'
    contract.write_text(contract.read_text(encoding="utf-8") + line, encoding="utf-8")
    _land(home / "landing" / "desk" / "c_april.csv", _rows(_days("2026-04-05", 3)))
    told = _run(home)
    assert [each for each in told["notices"] if each["code"] == "swapped_dates"] == told["held"] == []
    ((reach,),) = DemoHome(home).warehouse("SELECT max(ended_at) FROM core.fct_ticket_intervals")
    assert reach > datetime(2026, 4, 7, tzinfo=ZoneInfo("UTC"))


def test_where_it_holds_kpis_it_is_told_there_alone(home: Path) -> None:
    _write(home, {**HISTORY, "b_april.csv": _rows(_days("2026-04-01", 9), MONTH_FIRST)})
    told = _run(home)
    (held,) = told["held"]
    assert RULE in [rule["rule"] for rule in held["rules"]]
    assert [each for each in told["notices"] if each["code"] == "swapped_dates"] == []


def test_new_files_are_judged_as_all_are(home: Path) -> None:
    _write(home, HISTORY)
    assert _found(_ingest(home)) is None
    _land(home / "landing" / "desk" / "b_april.csv", _rows(EARLY_APRIL, MONTH_FIRST))
    found = _found(_ingest(home))
    assert found is not None
    _land(home / "landing" / "desk" / "c_may.csv", _rows(_days("2026-05-01", 20)))
    assert _found(_ingest(home)) == found == _found(_ingest(home, is_full=True))


#: Exports in which nothing is wrong.
GOOD = {
    "days of all parts of months": {**HISTORY, "b.csv": _rows(EARLY_APRIL)},
    "a file a day": {f"{day:%m%d}.csv": _rows([day], tickets=15) for day in _days("2026-01-05", 60)},
    "one day of each month, several months a file": {
        f"{first}.csv": _rows([_day(first + later, 4) for later in range(3)]) for first in (1, 4, 7)
    },
    "one day of each month, a month a file": {
        f"{month}.csv": _rows([_day(month, 4)], tickets=20) for month in range(1, 8)
    },
    "late days of several months": {**HISTORY, "b.csv": _rows([_day(month, 15) for month in (1, 2, 3)])},
    "the first of the month for years": {
        **HISTORY, "b.csv": _rows([_day(month, 1, year) for year in (2024, 2025) for month in range(1, 13)])
    },
    "one day, and one ticket of the same day of another month": {
        **HISTORY,
        "b.csv": [*_rows([_day(3, 4)], tickets=40), *_rows([_day(1, 4)], tickets=1, prefix="L")],
    },
    "too few to tell": {**HISTORY, "b.csv": _rows(EARLY_APRIL, MONTH_FIRST, tickets=3)},
    "nothing to compare with": {"b.csv": _rows(EARLY_APRIL, MONTH_FIRST)},
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_no_alarm_is_raised_without_a_reason(name: str, home: Path) -> None:
    _write(home, GOOD[name])
    assert _found(_ingest(home)) is None


def test_dates_that_begin_with_the_year_are_not_doubted(home: Path) -> None:
    """Nobody writes the year, the day and the month in that order."""
    history = {"a_history.csv": _rows(_days("2026-01-05", 87), ISO)}
    _write(home, {**history, "b.csv": _rows([_day(month, 4) for month in (1, 2, 3)], ISO)}, form=ISO)
    assert _found(_ingest(home)) is None
