"""Working calendars from `calendars.yaml`: everything that is wrong is said with its line, its key and a remedy.

How the file is spelt is in `pipelines.policies.spelling`; what a calendar means is in
`metrics.calendars.working_calendar`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import available_timezones

from data_contracts.documents import Document, Path, Problem
from data_contracts.problems import suggest
from metrics.calendars.public_holidays import country_codes, region_holidays, subdivision_codes
from metrics.calendars.working_calendar import (
    MINUTES_OF_A_DAY,
    CalendarError,
    CalendarVersion,
    Intervals,
    WorkingCalendar,
    always_open,
)
from metrics.tickets.clocks import TeamCalendars
from pipelines.policies.spelling import ALWAYS_OPEN, WEEKDAYS, Calendar, CalendarFile, ExceptionalDay, Holidays, Version

#: Years for which regional holidays are listed: wide enough for any export and for what is due after it.
HOLIDAY_YEARS: Final = range(1970, 2101)
#: Names that a calendar cannot have, because SLA policies mean something else by them.
_RESERVED: Final = {
    ALWAYS_OPEN: f"'{ALWAYS_OPEN}' is open around the clock in every home",
    "team": "'team' means the calendar of the ticket's team in sla.yaml",
}


def build_calendars(file: CalendarFile, document: Document, problems: list[Problem]) -> tuple[WorkingCalendar, ...]:
    """The calendars of the file after `24x7`, which is always there. Adds what is wrong to `problems`."""
    built = {ALWAYS_OPEN: always_open(ALWAYS_OPEN)}
    for name, told in file.calendars.items():
        place = ("calendars", name)
        if name in _RESERVED and not (name == ALWAYS_OPEN and isinstance(told, str)):
            what = f"key '{name}': no calendar can have this name, because {_RESERVED[name]}"
            problems.append(document.problem(place, what, "Give it another name."))
        elif isinstance(told, str):
            built[name] = always_open(name)
        else:
            calendar = _Reader(document, place, problems).read(name, told)
            if calendar is not None:
                built[name] = calendar
    return tuple(built.values())


def build_team_calendars(
    file: CalendarFile, document: Document, common_names: Mapping[str, str], problems: list[Problem]
) -> TeamCalendars:
    """Which team works by which calendar. Adds what is wrong to `problems`.

    Args:
        common_names: other spellings of teams, in lower case, to the name by which tickets know them.
    """
    told = file.team_calendars
    if told is None:
        return TeamCalendars(default=ALWAYS_OPEN, teams={})
    known = sorted({ALWAYS_OPEN, *file.calendars})
    named = {("default",): told.default} | {("teams", team): name for team, name in told.teams.items()}
    for place, name in named.items():
        if name not in known:
            what = f"key '{place[-1]}': no calendar is called '{name}'"
            remedy = f"Define it under 'calendars', or use {' or '.join(known)}."
            problems.append(document.problem(("team_calendars", *place), what, remedy, suggest(name, known)))
    for team in told.teams:
        common = common_names.get(team.strip().lower(), team)
        if common != team:
            what = f"key '{team}': no ticket has this team, because dimensions.yaml calls it '{common}'"
            problems.append(document.problem(("team_calendars", "teams", team), what, f"Write '{common}'."))
    return TeamCalendars(default=told.default, teams=dict(told.teams))


def any_public_holidays(file: CalendarFile) -> bool:
    """Whether a calendar of the file takes its holidays from the package that knows those of countries."""
    told = [calendar for calendar in file.calendars.values() if isinstance(calendar, Calendar)]
    holidays = [each.holidays for calendar in told for each in (calendar, *calendar.versions)]
    return any(each is not None and each.country is not None for each in holidays)


@dataclass
class _Reader:
    """Reads one calendar and notes what is wrong with it."""

    document: Document
    place: Path
    problems: list[Problem]
    _count: int = field(init=False)

    def __post_init__(self) -> None:
        self._count = len(self.problems)

    def wrong(self, path: Path, what: str, remedy: str, suggestion: str | None = None) -> None:
        key = next(str(part) for part in reversed(path) if isinstance(part, str))
        self.problems.append(self.document.problem((*self.place, *path), f"key '{key}': {what}", remedy, suggestion))

    def read(self, name: str, told: Calendar) -> WorkingCalendar | None:
        self._check_zone(told.time_zone)
        shared = self._holidays(told.holidays, ("holidays",))
        shared_days = self._exceptional_days(told.exceptional_days, ())
        versions = [
            self._version(version, ("versions", index), shared, shared_days)
            for index, version in enumerate(told.versions)
        ]
        if not versions:
            self.wrong(("versions",), "is empty", "Give the calendar at least one week.")
        elif self._check_order(told.versions):
            self._check_effect(told.versions)
        if len(self.problems) > self._count:
            return None
        try:
            return WorkingCalendar(name, told.time_zone, tuple(versions))
        except CalendarError as error:
            remedy = "Give at least one weekday open hours, or remove the calendar."
            self.problems.append(self.document.problem(self.place, str(error).partition(";")[0], remedy))
            return None

    def _check_zone(self, time_zone: str) -> None:
        known = available_timezones()
        if time_zone in known:
            return
        what = f"no time zone is called '{time_zone}'"
        self.wrong(
            ("time_zone",), what, "Write an IANA name such as Europe/Amsterdam.", _suggest_zone(time_zone, known)
        )

    def _version(
        self, told: Version, path: Path, shared: _Days, shared_days: Mapping[date, tuple[Intervals, str | None]]
    ) -> CalendarVersion:
        week = {
            number: self._intervals(told.week[day], (*path, "week", day), WEEKDAYS[(number + 1) % 7])
            for number, day in enumerate(WEEKDAYS)
            if day in told.week
        }
        holidays = shared if told.holidays is None else self._holidays(told.holidays, (*path, "holidays"))
        days = {**shared_days, **self._exceptional_days(told.exceptional_days, path)}
        own_names = {day: name for day, (_, name) in days.items() if name is not None}
        return CalendarVersion(
            effective_from=told.effective_from or date(1900, 1, 1),
            week=week,
            holidays=frozenset(holidays.dates),
            exceptional_days={day: intervals for day, (intervals, _) in days.items()},
            day_names={**holidays.names, **own_names},
            holiday_region=holidays.region,
        )

    def _exceptional_days(
        self, told: Mapping[date, ExceptionalDay], path: Path
    ) -> dict[date, tuple[Intervals, str | None]]:
        found: dict[date, tuple[Intervals, str | None]] = {}
        for day, exceptional in told.items():
            at = (*path, "exceptional_days", day.isoformat())
            next_day = (day + timedelta(days=1)).isoformat()
            found[day] = (self._intervals(exceptional.hours, at, next_day), exceptional.name)
        return found

    def _holidays(self, told: Holidays, path: Path) -> _Days:
        named = {day: name for day, name in told.dates.items() if name is not None}
        if told.country is None:
            if told.subdivision is not None:
                what = f"'{told.subdivision}' says nothing without its country"
                self.wrong((*path, "subdivision"), what, "Add the country, such as 'country: DE'.")
            return _Days(tuple(told.dates), named)
        try:
            found = region_holidays(told.country, told.subdivision, HOLIDAY_YEARS)
        except CalendarError:
            self._explain_region(told.country, told.subdivision, path)
            return _Days((), {})
        region = told.country if told.subdivision is None else f"{told.country}-{told.subdivision}"
        return _Days((*found, *told.dates), {**found, **named}, region)

    def _explain_region(self, country: str, subdivision: str | None, path: Path) -> None:
        codes = country_codes()
        if codes.get(country) is None or len(country) > 3:
            what = f"no public holidays are known for '{country}'"
            remedy = "Write an ISO 3166 code such as NL, or list the days under 'dates'."
            self.wrong((*path, "country"), what, remedy, _nearest(country.replace(" ", ""), codes))
            return
        known = subdivision_codes(country)
        listed = ", ".join(sorted(set(known.values())))
        what = f"{country} has no subdivision '{subdivision}' with public holidays of its own"
        remedy = f"Known are {listed}." if listed else f"Remove it: only holidays of all of {country} are known."
        word = str(subdivision)
        prefix = f"{country}-"
        near = _nearest(word[len(prefix) :] if word.upper().startswith(prefix.upper()) else word, known)
        self.wrong((*path, "subdivision"), what, remedy, near)

    def _intervals(self, texts: Iterable[str], path: Path, next_day: str) -> Intervals:
        """The open minutes of a day; what makes no sense is noted and left out."""
        read: list[tuple[int, int, str, Path]] = []
        for index, text in enumerate(texts):
            # A day with one interval may be written without a list.
            at = (*path, index) if self.document.line_of((*self.place, *path, index)) else path
            minutes = self._interval(text, at, str(path[-1]), next_day)
            if minutes:
                read.append((*minutes, text, at))
        read.sort(key=lambda interval: interval[:2])
        has_overlap = False
        for (_, closes, earlier, _), (opens, _, later, at) in pairwise(read):
            if opens < closes:
                has_overlap = True
                remedy = "Let each interval begin when the one before it has ended, or later."
                self.wrong(at, f"'{earlier}' and '{later}' overlap", remedy)
        return () if has_overlap else tuple((opens, closes) for opens, closes, _, _ in read)

    def _interval(self, text: str, at: Path, day: str, next_day: str) -> tuple[int, int] | None:
        first, dash, last = text.replace("–", "-").partition("-")
        if not dash:
            self.wrong(at, f"'{text}' is not an interval", 'Write one such as "09:00-17:30".')
            return None
        opens, closes = _minutes(first), _minutes(last)
        for minutes, word in ((opens, first), (closes, last)):
            if minutes is None:
                what = f"'{word.strip()}' in '{text}' is not a time of day"
                self.wrong(at, what, "Write hours and minutes from 00:00 to 24:00, such as 09:00.")
                return None
        assert opens is not None
        assert closes is not None
        if opens < closes:
            return opens, closes
        if opens == closes:
            self.wrong(at, f"'{text}' has no length", "Remove it; a whole day is 00:00-24:00.")
            return None
        until_midnight = f"{first.strip()}-24:00"
        if closes == 0:
            remedy = f'Midnight at the end of a day is 24:00: write "{until_midnight}".'
        else:
            remedy = (
                "Swap the times, or split a night shift at midnight, so that each day has its own part: "
                f'{day}: ["{until_midnight}"] and {next_day}: ["00:00-{last.strip()}"].'
            )
        self.wrong(at, f"'{text}' ends before it begins", remedy)
        return None

    def _check_order(self, versions: Sequence[Version]) -> bool:
        is_ordered = True
        for index, (earlier, later) in enumerate(pairwise(versions), start=1):
            path: Path = ("versions", index)
            if later.effective_from is None:
                what = f"version {index + 1} does not say from when on it holds; only the first one may leave it out"
                self.problems.append(self.document.problem((*self.place, *path), what, "Add 'from: DATE'."))
                is_ordered = False
            elif earlier.effective_from is not None and earlier.effective_from >= later.effective_from:
                is_same = earlier.effective_from == later.effective_from
                what = (
                    f"two versions hold from {later.effective_from} on"
                    if is_same
                    else f"the version from {later.effective_from} stands after the one from {earlier.effective_from}"
                )
                self.wrong((*path, "from"), what, "List versions by date, each date once.")
                is_ordered = False
        return is_ordered

    def _check_effect(self, versions: Sequence[Version]) -> None:
        """Dates of a version that lie where another one holds: they would be passed over in silence."""
        for index, version in enumerate(versions):
            begins = version.effective_from if index > 0 else None
            ends = versions[index + 1].effective_from if index + 1 < len(versions) else None
            path: Path = ("versions", index)
            dates = [((*path, "holidays", "dates"), day) for day in (version.holidays or Holidays()).dates]
            dates += [((*path, "exceptional_days"), day) for day in version.exceptional_days]
            for at, day in dates:
                if (begins and day < begins) or (ends and day >= ends):
                    listed = self.document.at((*self.place, *at))
                    entry = listed.index(str(day)) if isinstance(listed, list) else str(day)
                    what = f"{day} changes nothing here, because on that day another version holds"
                    remedy = "Move it to that version, or beside 'versions', where it holds for all of them."
                    self.wrong((*at, entry), what, remedy)


@dataclass(frozen=True, slots=True)
class _Days:
    """Closed days, what some of them are called, and whose public holidays are among them."""

    dates: tuple[date, ...]
    names: Mapping[date, str]
    region: str | None = None


def _minutes(text: str) -> int | None:
    match = re.fullmatch(r"(\d{1,2}):([0-5]\d)", text.strip())
    minutes = int(match[1]) * 60 + int(match[2]) if match else -1
    return minutes if 0 <= minutes <= MINUTES_OF_A_DAY else None


def _suggest_zone(word: str, known: Iterable[str]) -> str | None:
    """The zone that was probably meant, be it misspelt or named by its city alone.

    Those of Etc are never meant: the sign of Etc/GMT+1 is the opposite of what everybody expects.
    """
    zones = [zone for zone in sorted(known) if "/" in zone and not zone.startswith("Etc/")]
    words = {zone.rpartition("/")[2].replace("_", " "): zone for zone in zones} | {zone: zone for zone in zones}
    return _nearest(word.replace("_", " ") if "/" not in word else word, words)


def _nearest(word: str, meanings: Mapping[str, str]) -> str | None:
    """What is meant by the word that is all but equal. Holland is not Poland, and PST not EST."""
    by_lower = {known.lower(): meaning for known, meaning in meanings.items()}
    near = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.8 if len(word) > 3 else 1)
    return by_lower[near[0]] if near else None
