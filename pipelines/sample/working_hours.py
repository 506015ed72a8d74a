"""Open hours of one team, laid out once as seconds so that adding open time costs a look-up.

This is the simulator's own clock work, deliberately independent of the one that measures KPIs in `metrics`: the two
can be held against each other.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, datetime, time, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

from pipelines.sample.company import Team, public_holidays

#: How far past the simulated end open hours are known, so that work begun near the end has somewhere to go.
_DAYS_BEYOND = 120


class OpenHours:
    """The open seconds of a team between two days. Instants are epoch seconds."""

    def __init__(self, team: Team, first: date, last: date) -> None:
        zone = ZoneInfo(team.zone)
        last = last + timedelta(days=_DAYS_BEYOND)
        first = first - timedelta(days=2)
        holidays = frozenset() if team.works_round_the_clock else public_holidays(team.country, first, last)
        starts: list[int] = []
        ends: list[int] = []
        for offset in range((last - first).days + 1):
            day = first + timedelta(days=offset)
            if day in holidays:
                continue
            for opens, closes in team.week[day.weekday()]:
                starts.append(_at(day, opens, zone))
                ends.append(_at(day, closes, zone))
        self._starts = starts
        self._ends = ends
        lengths = [end - start for start, end in zip(starts, ends, strict=True)]
        self._open_until = list(accumulate(lengths))
        self._open_before = [0, *self._open_until[:-1]]

    def open_seconds_before(self, at: int) -> int:
        """Open seconds from the beginning up to the instant `at`."""
        index = bisect_right(self._starts, at) - 1
        if index < 0:
            return 0
        return self._open_before[index] + min(at, self._ends[index]) - self._starts[index]

    def open_seconds_between(self, earlier: int, later: int) -> int:
        """Open seconds from one instant to a later one."""
        return self.open_seconds_before(later) - self.open_seconds_before(earlier)

    def advance(self, at: int, open_seconds: int) -> int:
        """The instant at which `open_seconds` more have been open; with 0, the next open instant."""
        target = self.open_seconds_before(at) + open_seconds
        index = bisect_right(self._open_until, target)
        if index == len(self._starts):
            return self._ends[-1] + target - self._open_until[-1]
        return max(at, self._starts[index] + target - self._open_before[index])


def _at(day: date, hours: float, zone: ZoneInfo) -> int:
    whole_days, hours = divmod(hours, 24)
    local = datetime.combine(day + timedelta(days=int(whole_days)), time(int(hours), round(hours % 1 * 60)), zone)
    return int(local.timestamp())
