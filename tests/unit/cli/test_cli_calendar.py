"""`kpi calendar`: open time day by day, why a day is as it is, and the same numbers as the kernel's."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import re
import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from metrics.calendars.business_time import OpenTime
from pipelines.policies.loading import load_policies

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Kpi

    from pipelines.home import Home

CALENDARS = """
calendars:
  office:
    time_zone: Europe/Amsterdam
    holidays: {country: NL}
    exceptional_days: {2026-12-24: {hours: "09:00-12:30", name: Christmas Eve}, 2026-03-28: "10:00-12:00"}
    versions:
      - week: &week
          monday: ["09:00-12:30", "13:00-17:30"]
          tuesday: ["09:00-12:30", "13:00-17:30"]
          wednesday: ["09:00-12:30", "13:00-17:30"]
          thursday: ["09:00-12:30", "13:00-17:30"]
          friday: ["09:00-12:30", "13:00-16:00"]
      - from: 2026-12-28
        week: {monday: "08:00-12:00", tuesday: "08:00-12:00", thursday: "08:00-12:00"}
        holidays: {dates: [2026-12-31]}
  night:
    time_zone: Europe/Amsterdam
    versions: [{week: {saturday: "22:00-24:00", sunday: "00:00-06:00"}}]
  fridge: 24x7
team_calendars: {default: office, teams: {Watch: fridge, Front Desk: office}}
"""
SLA = "policies: [{id: urgent, target: resolution, within: 4h, calendar: fridge}]"


@pytest.fixture
def office_home(home: Home) -> Home:
    (home.policies / "calendars.yaml").write_text(CALENDARS, encoding="utf-8")
    (home.policies / "sla.yaml").write_text(SLA, encoding="utf-8")
    settings = home.settings_file.read_text(encoding="utf-8")
    home.settings_file.write_text(settings.replace('"UTC"', '"Europe/Amsterdam"'), encoding="utf-8")
    return home


def test_each_day_says_its_hours_and_why(run_kpi: Kpi, office_home: Home) -> None:
    result = run_kpi(
        "calendar", "show", "office", "--from", "2026-12-23", "--to", "2026-12-31", "--home", office_home.folder
    )
    assert result.exit_code == 0, result.output
    assert result.output.splitlines() == [
        "office  Europe/Amsterdam, 2026-12-23 to 2026-12-31",
        "",
        "date        day  open                     hours  UTC     because",
        "2026-12-23  Wed  09:00-12:30 13:00-17:30     8h  +01:00",
        "2026-12-24  Thu  09:00-12:30              3h30m          exceptional day: Christmas Eve",
        "2026-12-25  Fri  closed                      0h          holiday: Christmas Day",
        "2026-12-26  Sat  closed                      0h          holiday: Second Day of Christmas",
        "2026-12-27  Sun  closed                      0h          weekend",
        "2026-12-28  Mon  08:00-12:00                 4h          hours of 2026-12-28 begin",
        "2026-12-29  Tue  08:00-12:00                 4h",
        "2026-12-30  Wed  closed                      0h          closed on Wednesdays",
        "2026-12-31  Thu  closed                      0h          holiday",
        "",
        "Open 19h30m (19.5 hours) on 4 of 9 days.",
    ]


def test_a_night_shift_in_spring_lacks_the_hour_that_the_clock_skips(run_kpi: Kpi, office_home: Home) -> None:
    result = run_kpi(
        "calendar", "show", "night", "--from", "2026-03-28", "--to", "2026-03-29", "--home", office_home.folder
    )
    assert result.output.splitlines()[3:] == [
        "2026-03-28  Sat  22:00-24:00     2h  +01:00",
        "2026-03-29  Sun  00:00-06:00     5h  +02:00  clocks go forward 1h",
        "",
        "Open 7h on 2 of 2 days.",
    ]


def test_round_the_clock_is_cut_into_days_of_the_reporting_zone(run_kpi: Kpi, office_home: Home) -> None:
    result = run_kpi(
        "calendar", "show", "fridge", "--from", "2026-10-24", "--to", "2026-10-25", "--home", office_home.folder
    )
    assert result.output.splitlines()[3:] == [
        "2026-10-24  Sat  00:00-24:00    24h  +02:00",
        "2026-10-25  Sun  00:00-24:00    25h  +01:00  clocks go back 1h",
        "",
        "Open 49h on 2 of 2 days.",
    ]


def test_an_hour_that_is_shown_twice_has_its_offset(run_kpi: Kpi, office_home: Home) -> None:
    span = ("--from", "2026-10-25T02:30+02:00", "--to", "2026-10-25T02:15+01:00")
    result = run_kpi("calendar", "show", "fridge", *span, "--home", office_home.folder)
    assert "2026-10-25  Sun  02:30+02:00-02:15+01:00    45m  +02:00 +01:00" in result.output
    assert "Open 45m (0.75 hours) on 1 of 1 day." in result.output


def test_between_two_instants_it_is_the_business_time_that_kpis_count(run_kpi: Kpi, office_home: Home) -> None:
    result = run_kpi(
        "calendar", "show", "office", "--from", "2026-12-23 16:45:30.5", "--to", "2026-12-28T09:00+01:00",
        "--json", "--home", office_home.folder,
    )  # fmt: skip
    told = json.loads(result.output)
    office = next(calendar for calendar in load_policies(office_home.policies).calendars if calendar.name == "office")
    zone = ZoneInfo("Europe/Amsterdam")
    start, end = datetime(2026, 12, 23, 16, 45, 30, 500_000, tzinfo=zone), datetime(2026, 12, 28, 9, tzinfo=zone)
    open_time = OpenTime.compile([office], datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    instants = [pl.Series([at.astimezone(UTC)], dtype=pl.Datetime("us", "UTC")) for at in (start, end)]
    # 44m29.5s of Wednesday, 3h30m of Christmas Eve, 1h of Monday.
    assert told["open_microseconds"] == open_time.between(pl.Series(["office"]), *instants).item() == 18_869_500_000
    assert told["open_microseconds"] == sum(day["open_microseconds"] for day in told["days"])
    assert told["days"][0]["intervals"] == [
        {
            "local": "16:45:30.500000-17:30",
            "opens_at": "2026-12-23T15:45:30.500000Z",
            "closes_at": "2026-12-23T16:30:00Z",
        }
    ]
    assert (told["starts_at"], told["ends_at"]) == ("2026-12-23T15:45:30.500000Z", "2026-12-28T08:00:00Z")


@pytest.mark.parametrize(
    ("start", "duration", "due"),
    [
        ("2026-12-23 16:30", "4h", "4h are over at 2026-12-24 12:00 (2026-12-24T11:00:00Z)."),
        # Exactly at closing time: not when the office opens again.
        ("2026-12-23 16:30", "4h30m", "4h30m are over at 2026-12-24 12:30 (2026-12-24T11:30:00Z)."),
        ("2026-12-24", "3h31m", "3h31m are over at 2026-12-28 08:01 (2026-12-28T07:01:00Z)."),
    ],
)
def test_for_finds_when_a_promise_is_due(run_kpi: Kpi, office_home: Home, start: str, duration: str, due: str) -> None:
    result = run_kpi("calendar", "show", "office", "--from", start, "--for", duration, "--home", office_home.folder)
    *_, total, found = result.output.splitlines()
    assert found == due
    assert total.startswith(f"Open {duration} ")


def test_csv_has_a_row_for_each_day(run_kpi: Kpi, office_home: Home, tmp_path: Path) -> None:
    target = tmp_path / "days.csv"
    arguments = (
        "calendar",
        "show",
        "office",
        "--from",
        "2026-12-24",
        "--to",
        "2026-12-25",
        "--home",
        office_home.folder,
    )
    printed = run_kpi(*arguments, "--format", "csv").output
    result = run_kpi(*arguments, "-o", target)
    assert result.output == f"Wrote 2 days to {target}\n"
    assert target.read_text(encoding="utf-8") == printed
    assert list(csv.DictReader(io.StringIO(printed))) == [
        {
            "date": "2026-12-24", "weekday": "thursday", "intervals": "09:00-12:30", "open_microseconds": "12600000000",
            "open_hours": "3.5", "utc_offset": "+01:00", "kind": "exceptional_day", "name": "Christmas Eve",
            "version_from_date": "1900-01-01",
        },
        {
            "date": "2026-12-25", "weekday": "friday", "intervals": "", "open_microseconds": "0", "open_hours": "0.0",
            "utc_offset": "+01:00", "kind": "holiday", "name": "Christmas Day", "version_from_date": "1900-01-01",
        },
    ]  # fmt: skip


def test_without_an_end_it_is_the_rest_of_the_month_and_without_a_start_all_of_it_before(
    run_kpi: Kpi, office_home: Home
) -> None:
    def days(*span: str) -> list[str]:
        result = run_kpi("calendar", "show", "office", *span, "--json", "--home", office_home.folder)
        return [day["date"] for day in json.loads(result.output)["days"]]

    assert (days("--from", "2026-12-24")[0], days("--from", "2026-12-24")[-1]) == ("2026-12-24", "2026-12-31")
    assert (days("--to", "2024-02-29")[0], len(days("--to", "2024-02-29"))) == ("2024-02-01", 29)
    today = datetime.now(ZoneInfo("Europe/Amsterdam")).date()
    assert days()[0] == str(today.replace(day=1))
    assert str(today) in days()


def test_list_says_zone_hours_versions_and_who_works_by_them(run_kpi: Kpi, office_home: Home) -> None:
    result = run_kpi("calendar", "list", "--home", office_home.folder)
    assert result.output.splitlines() == [
        "calendar  zone              from           a week  holidays   used by",
        "24x7      –                 always           168h  none       nobody",
        "office    Europe/Amsterdam  the beginning  38h30m  NL         all other teams, Front Desk",
        "office    Europe/Amsterdam  2026-12-28        12h  own dates  all other teams, Front Desk",
        "night     Europe/Amsterdam  always             8h  none       nobody",
        "fridge    –                 always           168h  none       Watch, SLA urgent",
        "",
        "'kpi calendar show NAME' shows open time day by day.",
    ]


def test_list_as_json(run_kpi: Kpi, office_home: Home) -> None:
    told = {
        one["calendar"]: one
        for one in json.loads(run_kpi("calendar", "list", "--json", "--home", office_home.folder).output)
    }
    assert set(told) == {"24x7", "office", "night", "fridge"}
    assert told["fridge"] == {
        "calendar": "fridge", "time_zone": None, "is_always_open": True, "is_default": False, "teams": ["Watch"],
        "sla_policies": ["urgent"], "versions": [],
    }  # fmt: skip
    assert told["night"]["versions"] == [
        {
            "effective_from_date": None, "week": {"saturday": ["22:00-24:00"], "sunday": ["00:00-06:00"]},
            "weekly_open_hours": 8.0, "holiday_region": None, "has_holidays": False, "exceptional_day_count": 0,
        }
    ]  # fmt: skip
    assert [version["effective_from_date"] for version in told["office"]["versions"]] == [None, "2026-12-28"]


_TWO_THINGS = "--format csv and the name days.xlsx say two things:"
_ANYTHING = "A file days.txt that ends in '.txt' could be anything."


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("offce",), "There is no calendar 'offce'. Did you mean 'office'?"),
        (("zzz",), "There is no calendar 'zzz'. 'kpi calendar list' lists them all."),
        (("Watch",), "There is no calendar 'Watch', but a team. It works by 'fridge'."),
        (
            ("office", "--from", "24.12.2026"),
            '--from "24.12.2026" is neither a date such as 2026-12-24 nor an instant such as "2026-12-24 16:30".',
        ),
        (
            ("office", "--from", "2026-12-24", "--to", "2026-12-01"),
            "No time lies between --from 2026-12-24 and --to 2026-12-01.",
        ),
        (
            ("office", "--from", "1066-10-14"),
            "--from 1066-10-14: give a day from 1970-01-01 to 2100-12-31; public holidays are known for those.",
        ),
        (("office", "--to", "2026-12-24", "--for", "4h"), "Give --to or --for, not both: --for finds the end."),
        (("office", "--for", "soon"), "--for 'soon' is not a duration; write one such as 30m, 4h or 2d."),
        (("office", "--for", "99999h"), "Calendar 'office' is not open for 99999h within ten years."),
        (
            ("office", "-o", "days.txt"),
            f"{_ANYTHING} Known are .csv and .json: let its name end in one of them, or add --format with csv or json.",
        ),
        (
            ("office", "-o", "days.xlsx", "--format", "csv"),
            f"{_TWO_THINGS} a file of that name is xlsx. Leave out --format, or choose another name.",
        ),
    ],
)
def test_what_cannot_be_shown_is_said_in_one_sentence(
    run_kpi: Kpi, office_home: Home, arguments: tuple[str, ...], said: str
) -> None:
    result = run_kpi("calendar", "show", *arguments, "--home", office_home.folder)
    assert result.exit_code == 2
    assert result.output == f"Error: {said}\n"


def test_a_mistake_in_the_policies_is_told_with_its_line(run_kpi: Kpi, office_home: Home) -> None:
    (office_home.policies / "calendars.yaml").write_text(
        CALENDARS.replace("Amsterdam", "Amsterdm", 1), encoding="utf-8"
    )
    result = run_kpi("calendar", "show", "office", "--home", office_home.folder)
    assert result.exit_code == 2
    assert "policies/calendars.yaml:4: key 'time_zone'" in result.output


def test_a_terminal_has_colours_and_keeps_within_its_width(office_home: Home) -> None:
    command = [sys.executable, "-m", "pipelines.cli.main", "calendar", "show", "office", "--from", "2026-12-24",
               "--to", "2026-12-27", "--home", str(office_home.folder)]  # fmt: skip
    master, slave = pty.openpty()
    environment = {**os.environ, "COLUMNS": "80", "TERM": "xterm-256color"}
    environment.pop("NO_COLOR", None)
    with subprocess.Popen(command, stdout=slave, stdin=slave, env=environment) as process:
        os.close(slave)
        shown = b""
        try:
            while chunk := os.read(master, 65_536):
                shown += chunk
        except OSError:  # how Linux says that the other end is closed
            pass
    os.close(master)
    assert process.returncode == 0
    lines = shown.decode().splitlines()
    by_day = {match[1]: line for line in lines if (match := re.match(r"\x1b\[\d+m(2026-12-2\d)", line))}
    assert by_day["2026-12-24"].startswith("\x1b[33m")  # yellow: open, but not as usual
    assert by_day["2026-12-25"].startswith("\x1b[36m")  # cyan: a holiday
    assert by_day["2026-12-27"].startswith("\x1b[2m")  # dim: a weekend
    plain = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in lines]
    assert max(map(len, plain)) <= 80
