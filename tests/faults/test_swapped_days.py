"""Files of one single day in which day and month are swapped: what gives them away, and what is no sign."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from dated_logs import (
    DAY_FIRST,
    MONTH_FIRST,
    Files,
    Rows,
    day_of,
    days_from,
    ingest,
    land_file,
    message_of,
    run_home,
    write_log,
)
from demo_homes import DemoHome
from plain_exports import write_plain_home
from spoilt_rows import STATUSES

from pipelines.broken_rules.swapped_dates import RULE

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]

ROW = "fault matrix row"
#: 12 March is read as 3 December, which is to come; and 5 December as 12 May, which is over.
AHEAD, BACK = day_of(3, 12, 2024), day_of(12, 5, 2024)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return write_plain_home(tmp_path / "home", {"statuses.yaml": STATUSES})


def _updates(day: datetime, form: str = DAY_FIRST, *, tickets: int = 12) -> Rows:
    """A day's export: what was created three days ago is closed, and as much is created."""
    ago = day - timedelta(days=3)
    return [
        {
            "ticket_id": f"T{created:%y%m%d}{number}", "created_at": f"{created + timedelta(hours=8):{form}}",
            "occurred_at": f"{day + timedelta(hours=hour, minutes=number):{form}}", "status": status,
        }
        for created, status, hour in ((day, "New", 8), (ago, "Closed", 14))
        for number in range(tickets)
    ]  # fmt: skip


def _dated(days: list[datetime], **settings: Any) -> dict[str, Rows]:
    """A file a day, called by the day."""
    return {f"desk_{day:%Y-%m-%d}.csv": _updates(day, **settings) for day in days}


def _numbered(days: list[datetime]) -> dict[str, Rows]:
    """A file a day, which come in order, and whose names tell no day."""
    return {f"desk_{number:03}.csv": _updates(day) for number, day in enumerate(days)}


def _until(day: datetime, count: int = 30) -> list[datetime]:
    """The days before a day."""
    return [day - timedelta(days=ago) for ago in range(count, 0, -1)]


@pytest.mark.parametrize("lag", [0, 1], ids=["named by its day", "named by the next morning"])
@pytest.mark.parametrize(
    ("day", "read", "meant"),
    [(AHEAD, "3 December 2024", "12 March 2024"), (BACK, "12 May 2024", "5 December 2024")],
    ids=["ahead", "back"],
)
def test_the_first_file_of_a_home_is_given_away_by_its_name(
    day: datetime, read: str, meant: str, lag: int, home: Path
) -> None:
    name = f"desk_{day + timedelta(days=lag):%Y%m%d}.csv"
    write_log(home, {name: _updates(day, MONTH_FIRST)})
    message = message_of(ingest(home))
    assert message is not None
    assert (
        f"In landing/desk/{name} 'occurred_at' dates all 24 events, as they are read, to {read}; with day and month "
        f"the other way round they are of {meant}, as the file's name says."
    ) in message
    assert f'{{property: ignoreFiles, value: ["{name}"]}}' in message
    assert (
        f"write there under customProperties of 'desk': - {{property: datesAreRight, value: [\"{name}\"]}}" in message
    )


@pytest.mark.parametrize("day", [AHEAD, BACK], ids=["ahead", "back"])
def test_a_later_landing_is_given_away_by_the_files_before_it(
    day: datetime, home: Path, record_property: Callable[[str, object], None]
) -> None:
    """Also once data have come to the month as which it was read, and where all is read anew."""
    landing = home / "landing" / "desk"
    write_log(home, _numbered(_until(day)))
    assert message_of(ingest(home)) is None
    land_file(landing / "desk_030.csv", _updates(day, MONTH_FIRST))
    message = message_of(ingest(home))
    assert message is not None
    assert f"and the files before it reach to {day - timedelta(days=1):%-d %B %Y}." in message
    for number, later in enumerate(days_from(f"{day + timedelta(days=1):%Y-%m-%d}", 290), 31):
        land_file(landing / f"desk_{number:03}.csv", _updates(later, tickets=2))
    assert message_of(ingest(home)) == message == message_of(ingest(home, is_full=True))
    ((count,),) = DemoHome(home).warehouse("SELECT count(*) FROM ops.ops_quarantined_records WHERE rule_id = ?", [RULE])
    assert count == 24
    record_property(
        ROW, [f"file: one day, swapped, read {'ahead' if day is AHEAD else 'back'}", f"caught: {RULE}", "", "", ""]
    )


def test_a_history_and_one_file_after_it_are_enough(home: Path) -> None:
    write_log(home, {"history.csv": [row for day in _until(AHEAD) for row in _updates(day)]})
    assert message_of(ingest(home)) is None
    land_file(home / "landing" / "desk" / "new.csv", _updates(AHEAD, MONTH_FIRST))
    assert "landing/desk/new.csv" in (message_of(ingest(home)) or "")


def test_days_that_follow_each_other_are_all_told(home: Path) -> None:
    """From one day on, the system writes the month first."""
    swapped = {
        f"desk_03{number}.csv": _updates(day, MONTH_FIRST) for number, day in enumerate(days_from("2024-03-04", 6))
    }
    write_log(home, {**_numbered(_until(day_of(3, 4, 2024))), **swapped})
    message = message_of(ingest(home))
    assert message is not None
    assert all(f'"{name}"' in message for name in swapped)
    assert "So it is in 3 more files." in message


def test_the_only_file_is_given_away_by_dates_that_can_only_be_read_the_other_way_round(home: Path) -> None:
    """Its tickets were created on 29 February, which is no day of the month 29."""
    write_log(home, {"desk.csv": _updates(day_of(3, 3, 2024) - timedelta(days=2), MONTH_FIRST)})
    message = message_of(ingest(home))
    assert message is not None
    assert "to 3 January 2024" in message
    assert "1 March 2024, and 12 dates of the file can only be read so, none only the way the contract says." in message


GOOD: dict[str, Files] = {
    "a file a day, called by the day": _dated(days_from("2024-02-20", 60)),
    "a file a day, called by the next": {
        f"{day + timedelta(days=1):%Y%m%d}.csv": _updates(day) for day in days_from("2024-02-20", 60)
    },
    "a file a day, in order": _numbered(days_from("2024-02-20", 60)),
    "the latest file first": _numbered(days_from("2024-02-20", 60)[::-1]),
    "a pause, and days that go on after it": _numbered([*_until(AHEAD), *days_from("2024-12-03", 5)]),
    "one day of each month": _numbered([day_of(month, 4, 2024) for month in range(1, 13)]),
    "a history that came later": _numbered([*_until(BACK), *days_from("2024-02-20", 60)]),
    "one old day that came later": _numbered([*days_from("2024-02-20", 20), *_until(BACK, 200), day_of(5, 12, 2024)]),
    "a name that nobody can be sure of": {"desk_05.12.2024.csv": _updates(day_of(5, 12, 2024))},
    "a name with the day of the events and that of the export": {
        "desk_2024-05-12_made_2024-12-05.csv": _updates(day_of(5, 12, 2024))
    },
    "the same number for day and month": {"desk_2024-03-03.csv": _updates(day_of(3, 3, 2024), MONTH_FIRST, tickets=2)},
    "two typing errors": {
        "desk.csv": [
            *_updates(day_of(3, 12, 2024)),
            *({**row, "created_at": "03/13/2024 08:00"} for row in _updates(day_of(3, 12, 2024), tickets=1)),
        ]
    },
    "some rows of another system": {
        "desk.csv": [*_updates(day_of(3, 1, 2024), tickets=9), *_updates(day_of(3, 1, 2024), MONTH_FIRST, tickets=3)]
    },
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_no_alarm_is_raised_without_a_reason(name: str, home: Path) -> None:
    write_log(home, GOOD[name])
    assert message_of(ingest(home)) is None


def test_whoever_knows_better_says_so_in_the_contract(home: Path) -> None:
    files = {"desk_2024-03-12.csv": _updates(AHEAD, MONTH_FIRST), "desk_2024-04-05.csv": _updates(day_of(4, 5, 2024))}
    write_log(home, files)
    assert message_of(ingest(home)) is not None
    contract = home / "contracts" / "desk.yaml"
    before = "      - {property: shape, value: event_log}\n"
    says = '      - {property: datesAreRight, value: ["desk_2024-03-*.csv"]}\n'
    contract.write_text(contract.read_text(encoding="utf-8").replace(before, before + says), encoding="utf-8")
    assert message_of(ingest(home)) is None


def test_where_other_files_came_under_its_name_the_remedy_says_so(home: Path) -> None:
    """A log that is overwritten with its latest day: leaving out its name leaves out all days."""
    write_log(home, {"desk.csv": [row for day in _until(AHEAD) for row in _updates(day)]})
    ingest(home)
    land_file(home / "landing" / "desk" / "desk.csv", _updates(AHEAD, MONTH_FIRST))
    message = message_of(ingest(home))
    assert message is not None
    assert "That leaves out all that came under the name 'desk.csv', also what is right" in message


def test_a_daily_export_is_put_right_as_the_run_says(home: Path) -> None:
    """Neither the data's clock nor any other rule is moved by the day that was swapped."""
    days = [*_until(AHEAD), AHEAD]
    write_log(home, _dated(days[:-1]))
    run_home(home)
    landing, contract = home / "landing" / "desk", home / "contracts" / "desk.yaml"
    land_file(landing / "desk_2024-03-12.csv", _updates(AHEAD, MONTH_FIRST))
    told = run_home(home)
    (held,) = told["held"]
    messages = {rule["rule"]: rule["message"] for rule in held["rules"]}
    assert "12 March 2024, as the file's name says" in messages[RULE]
    assert "ticket_events.occurred_at.not_before_created" not in messages

    line = '  - {property: ignoreFiles, value: ["desk_2024-03-12.csv"]}\n'
    contract.write_text(contract.read_text(encoding="utf-8") + line, encoding="utf-8")
    land_file(landing / "desk_2024-03-12_again.csv", _updates(AHEAD))
    assert run_home(home)["held"] == []
    ((last,),) = DemoHome(home).warehouse("SELECT max(ended_at)::DATE::VARCHAR FROM core.fct_ticket_intervals")
    assert last == "2024-03-12"
