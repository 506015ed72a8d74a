"""Calendars as policy: what a file can say, and what each mistake in it is answered with, word for word."""

from __future__ import annotations

import re
from datetime import date
from importlib import resources
from pathlib import Path
from textwrap import dedent, indent
from typing import Final

import pytest

from data_contracts.documents import DocumentError
from metrics.calendars.working_calendar import WorkingCalendar
from pipelines.policies.loading import Policies, load_policies

MISTAKES: Final = Path(__file__).with_name("calendar_mistakes.txt")


def _load(tmp_path: Path, calendars: str, **others: str) -> Policies:
    folder = tmp_path / "policies"
    folder.mkdir()
    for name, text in {"calendars": calendars, **others}.items():
        (folder / f"{name}.yaml").write_text(dedent(text).lstrip(), encoding="utf-8")
    return load_policies(folder)


def _mistakes(tmp_path: Path, calendars: str, **others: str) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        _load(tmp_path, calendars, **others)
    return str(caught.value).splitlines()


def _desk(policies: Policies) -> WorkingCalendar:
    return next(calendar for calendar in policies.calendars if calendar.name == "desk")


def _calendar(lines: str) -> str:
    """A file with one calendar."""
    return "calendars:\n  desk:\n" + indent(dedent(lines).strip(), "    ") + "\n"


def test_holidays_beside_the_versions_hold_for_all_of_them_unless_a_version_has_its_own(tmp_path: Path) -> None:
    text = """
        time_zone: Europe/Berlin
        holidays: {country: DE, subdivision: BY, dates: {2026-12-24: Christmas Eve}}
        exceptional_days: {2026-06-20: "10:00-12:00"}
        versions:
          - week: {monday: "09:00-17:00"}
          - from: 2026-07-01
            week: {monday: "08:00-17:00"}
          - from: 2027-01-01
            week: {monday: "08:00-17:00"}
            holidays: {country: DE, subdivision: BE}
            exceptional_days: {2027-06-20: {hours: ["10:00-11:00", "12:00-13:00"], name: Open day}}
    """
    desk = _desk(_load(tmp_path, _calendar(text)))
    first, second, third = desk.versions
    assert first.holidays == second.holidays
    assert {date(2026, 1, 6), date(2026, 12, 24)} <= second.holidays  # the first is Epiphany, a holiday in Bavaria
    assert date(2027, 1, 6) not in third.holidays  # but not in Berlin
    assert (second.day_names[date(2026, 12, 24)], first.day_names[date(2026, 1, 6)]) == ("Christmas Eve", "Epiphany")
    assert (first.holiday_region, third.holiday_region) == ("DE-BY", "DE-BE")
    assert desk.intervals_on(date(2026, 6, 20)) == ((600, 720),)
    assert desk.intervals_on(date(2027, 6, 20)) == ((600, 660), (720, 780))
    assert third.day_names[date(2027, 6, 20)] == "Open day"


def test_a_shorter_day_and_a_closed_one_are_exceptional_days(tmp_path: Path) -> None:
    text = """
        time_zone: Europe/Amsterdam
        exceptional_days: {2026-12-24: "09:00-12:00", 2026-12-31: []}
        versions: [{week: {thursday: ["09:00-12:30", "13:00-17:30"]}}]
    """
    desk = _desk(_load(tmp_path, _calendar(text)))
    assert desk.intervals_on(date(2026, 12, 17)) == ((540, 750), (780, 1050))
    assert desk.intervals_on(date(2026, 12, 24)) == ((540, 720),)
    assert desk.intervals_on(date(2026, 12, 31)) == ()


def test_intervals_may_stand_in_any_order_and_touch(tmp_path: Path) -> None:
    text = """
        time_zone: UTC
        versions: [{week: {friday: ["13:00-24:00", "00:00–6:00", "6:00-12:30"]}}]
    """
    desk = _desk(_load(tmp_path, _calendar(text)))
    assert desk.intervals_on(date(2026, 3, 6)) == ((0, 360), (360, 750), (780, 1440))


def test_the_calendars_that_a_new_home_suggests_are_right(tmp_path: Path) -> None:
    suggested = (resources.files("pipelines.cli") / "home_files" / "policies" / "calendars.yaml").read_text("utf-8")
    policies = _load(tmp_path, re.sub("^# ", "", suggested, flags=re.MULTILINE))
    office = next(calendar for calendar in policies.calendars if calendar.name == "office")
    assert office.intervals_on(date(2026, 12, 24)) == ((540, 750),)
    assert policies.team_calendars.teams == {"Network Operations": "24x7"}


def test_a_country_that_reads_like_no_stays_a_country(tmp_path: Path) -> None:
    text = "time_zone: Europe/Oslo\nholidays: {country: NO}\nversions: [{week: {monday: ['09:00-17:00']}}]"
    desk = _desk(_load(tmp_path, _calendar(text)))
    assert desk.versions[0].day_names[date(2026, 5, 17)] == "Constitution Day"


def _told_mistakes() -> list[tuple[str, str, str]]:
    """Name, text and message of every case of the file beside this one."""
    _, *cases = re.split(r"^### ", MISTAKES.read_text(encoding="utf-8"), flags=re.MULTILINE)
    found = [re.fullmatch(r"(.+?)\n(.*)\n=> (.+?)\s*", case, flags=re.DOTALL) for case in cases]
    return [(case[1], case[2], case[3]) for case in found if case]


@pytest.mark.parametrize(
    ("text", "said"),
    [(text, said) for _, text, said in _told_mistakes()],
    ids=[name for name, *_ in _told_mistakes()],
)
def test_a_mistake_is_answered_with_its_line_key_and_remedy(tmp_path: Path, text: str, said: str) -> None:
    assert _mistakes(tmp_path, text) == [f"policies/{said}"]


def test_every_told_mistake_is_read() -> None:
    assert len(_told_mistakes()) == MISTAKES.read_text(encoding="utf-8").count("\n=> ") >= 43


def test_all_mistakes_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    text = """
        calendars:
          desk:
            time_zone: Europa/Berlin
            holidays: {country: XX}
            versions:
              - week: {monday: 9-17, tuesday: [09:00-10:00, 09:30-11:00]}
              - week: {}
        team_calendars: {default: office}
    """
    assert [line.partition(": ")[0] for line in _mistakes(tmp_path, text)] == [
        f"policies/calendars.yaml:{number}" for number in (3, 4, 6, 6, 7, 8)
    ]


def test_a_faulty_calendar_is_no_unknown_one_to_promises(tmp_path: Path) -> None:
    sla = "policies: [{id: a, target: resolution, within: 1h, calendar: desk}]"
    (said,) = _mistakes(tmp_path, _calendar("time_zone: Nowhere\nversions: [{week: {monday: 09:00-17:00}}]"), sla=sla)
    assert "no time zone" in said


def test_a_team_under_a_name_that_tickets_do_not_have_is_told(tmp_path: Path) -> None:
    calendars = "team_calendars:\n  default: 24x7\n  teams:\n    Service Desk: 24x7\n    servicedesk: 24x7"
    (said,) = _mistakes(tmp_path, calendars, dimensions="team: {Service Desk: [Servicedesk]}")
    assert said == (
        "policies/calendars.yaml:5: key 'servicedesk': no ticket has this team, because dimensions.yaml calls it "
        "'Service Desk'. Write 'Service Desk'."
    )
