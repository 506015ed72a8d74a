"""Files of event logs in which day and month are swapped though all can be read: found, told and set aside."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from dated_logs import (
    DAY_FIRST,
    ISO,
    MONTH_FIRST,
    day_of,
    days_from,
    ingest,
    land_file,
    message_of,
    rows_of,
    run_home,
    write_log,
)
from demo_homes import DemoHome
from plain_exports import write_plain_home
from spoilt_rows import STATUSES

from pipelines.broken_rules.swapped_dates import RULE

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]

ROW = "fault matrix row"
ZONES = ("UTC", "Pacific/Auckland", "America/Los_Angeles", "Asia/Kolkata")
#: Days of all parts of a month, ten times as many tickets as the file that is spoilt has at most.
HISTORY = {"a_history.csv": rows_of(days_from("2026-01-05", 87))}
EARLY_APRIL = days_from("2026-04-01", 3)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return write_plain_home(tmp_path / "home", {"statuses.yaml": STATUSES})


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(("wanted", "written"), [(DAY_FIRST, MONTH_FIRST), (MONTH_FIRST, DAY_FIRST)])
def test_a_file_with_day_and_month_swapped_is_set_aside_and_told(
    wanted: str, written: str, zone: str, home: Path, record_property: Callable[[str, object], None]
) -> None:
    """In whatever zone, though staged instants are UTC; and no run ends with the clock that it pretends."""
    history = {name: rows_of(days_from("2026-01-05", 87), wanted) for name in HISTORY}
    write_log(home, {**history, "b_april.csv": rows_of(EARLY_APRIL, written)}, form=wanted, zone=zone)
    message = message_of(ingest(home))
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
    write_log(home, {**HISTORY, "b_april.csv": rows_of(days_from("2026-04-05", 3), MONTH_FIRST)})
    for _ in range(2):
        (note,) = [each for each in run_home(home)["notices"] if each["code"] == "swapped_dates"]
        assert "In landing/desk/b_april.csv" in note["message"]
    ((reach,),) = DemoHome(home).warehouse("SELECT max(ended_at) FROM core.fct_ticket_intervals")
    assert reach < datetime(2026, 4, 2, tzinfo=ZoneInfo("UTC"))

    contract = home / "contracts" / "desk.yaml"
    line = '  - {property: ignoreFiles, value: ["b_april.csv"]}\n'
    contract.write_text(contract.read_text(encoding="utf-8") + line, encoding="utf-8")
    land_file(home / "landing" / "desk" / "c_april.csv", rows_of(days_from("2026-04-05", 3)))
    told = run_home(home)
    assert [each for each in told["notices"] if each["code"] == "swapped_dates"] == told["held"] == []
    ((reach,),) = DemoHome(home).warehouse("SELECT max(ended_at) FROM core.fct_ticket_intervals")
    assert reach > datetime(2026, 4, 7, tzinfo=ZoneInfo("UTC"))


def test_where_it_holds_kpis_it_is_told_there_alone(home: Path) -> None:
    write_log(home, {**HISTORY, "b_april.csv": rows_of(days_from("2026-04-01", 9), MONTH_FIRST)})
    told = run_home(home)
    (held,) = told["held"]
    assert RULE in [rule["rule"] for rule in held["rules"]]
    assert [each for each in told["notices"] if each["code"] == "swapped_dates"] == []


def test_new_files_are_judged_as_all_are(home: Path) -> None:
    write_log(home, HISTORY)
    assert message_of(ingest(home)) is None
    land_file(home / "landing" / "desk" / "b_april.csv", rows_of(EARLY_APRIL, MONTH_FIRST))
    found = message_of(ingest(home))
    assert found is not None
    land_file(home / "landing" / "desk" / "c_may.csv", rows_of(days_from("2026-05-01", 20)))
    assert message_of(ingest(home)) == found == message_of(ingest(home, is_full=True))


#: Exports in which nothing is wrong.
GOOD = {
    "days of all parts of months": {**HISTORY, "b.csv": rows_of(EARLY_APRIL)},
    "a file a day": {f"{day:%m%d}.csv": rows_of([day], tickets=15) for day in days_from("2026-01-05", 60)},
    "one day of each month, several months a file": {
        f"{first}.csv": rows_of([day_of(first + later, 4) for later in range(3)]) for first in (1, 4, 7)
    },
    "one day of each month, a month a file": {
        f"{month}.csv": rows_of([day_of(month, 4)], tickets=20) for month in range(1, 8)
    },
    "late days of several months": {**HISTORY, "b.csv": rows_of([day_of(month, 15) for month in (1, 2, 3)])},
    "the first of the month for years": {
        **HISTORY, "b.csv": rows_of([day_of(month, 1, year) for year in (2024, 2025) for month in range(1, 13)])
    },
    "one day, and one ticket of the same day of another month": {
        **HISTORY,
        "b.csv": [*rows_of([day_of(3, 4)], tickets=40), *rows_of([day_of(1, 4)], tickets=1, prefix="L")],
    },
    "too few to tell": {**HISTORY, "b.csv": rows_of(EARLY_APRIL, MONTH_FIRST, tickets=3)},
    "nothing to compare with": {"b.csv": rows_of(EARLY_APRIL, MONTH_FIRST)},
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_no_alarm_is_raised_without_a_reason(name: str, home: Path) -> None:
    write_log(home, GOOD[name])
    assert message_of(ingest(home)) is None


def test_dates_that_begin_with_the_year_are_not_doubted(home: Path) -> None:
    """Nobody writes the year, the day and the month in that order."""
    history = {"a_history.csv": rows_of(days_from("2026-01-05", 87), ISO)}
    write_log(home, {**history, "b.csv": rows_of([day_of(month, 4) for month in (1, 2, 3)], ISO)}, form=ISO)
    assert message_of(ingest(home)) is None
