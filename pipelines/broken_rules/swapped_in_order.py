"""Files of one day that stand apart from the files before them as they are read, and go on with them when swapped.

A daily export tells of one day after the other. Where the files until now reach to 11 March, and the next tells of 3
December, that day may be 12 March. How far days lie apart in an export anyway is taken from the export itself. A file
is judged by those before it and the next one, so that the verdict is the same once data have come to December.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Final

from pipelines.broken_rules.days_of_files import swap

#: Days that go on from each other may have a weekend between them.
_USUAL_GAP: Final = 3
#: Where days lie further apart, nothing is said by a day that does.
_LARGEST_GAP: Final = 10
#: Files come in order if so many of them are about later days than the file before.
_IN_ORDER: Final = 0.9
#: Files of two neighbouring days lie within this.
_WEEK: Final = 7
#: Days by which the usual gap is known.
_FEWEST_DAYS: Final = 3
_LATEST_DAYS: Final = 60
#: Days with a smaller share of a usual day's events are told of by the way, as by a clock that is wrong.
_BY_THE_WAY: Final = 0.02

#: File -> day, as it is read -> events.
Days = Mapping[str, Mapping[date, int]]
#: Whether other files tell of a file's tickets rather about the day that is meant than about the one that it says.
Asked = Callable[[str, date], bool]


def find_in_order(
    order: Sequence[str], days: Days, one_day: Mapping[str, date], doubted: set[str], is_nearer: Asked
) -> Iterator[tuple[str, date]]:
    """Files that are probably swapped, each with the last day that is known of the files before it.

    Args:
        order: all files, the earliest first.
        one_day: files of one day -> that day.
        doubted: files that other signs give away already.
        is_nearer: see `Asked`; asked only where a file goes back to a day before the last known one, as one also does
            that fills a gap.
    """
    files = [file for file in order if file in days]
    told = _Told()
    for file, later in zip(files, [*files[1:], None], strict=True):
        day, counts, is_doubted = one_day.get(file), days[file], file in doubted
        if day is not None and not is_doubted:
            until = told.reach_that_fits(day)
            has_next = later is not None and 0 <= (_busy(days[later])[0] - day).days <= _WEEK
            if until is not None and not has_next and (day > until or is_nearer(file, day)):
                is_doubted = True
                yield file, until
        if not is_doubted:
            told.add(counts)
        elif day is not None:
            # The next file may go on from the day that this one means.
            told.add({swap(day): counts[day]})


def _busy(days: Mapping[date, int]) -> list[date]:
    """The days of more than a few events, in order; a few are far fewer than on the days on which most of them lie."""
    half, counted, usual = sum(days.values()) / 2, 0, 0
    for usual in sorted(days.values(), reverse=True):
        counted += usual
        if counted >= half:
            break
    return sorted(day for day, count in days.items() if count >= _BY_THE_WAY * usual)


class _Told:
    """What files have told of so far."""

    def __init__(self) -> None:
        self._counts: dict[date, int] = {}
        self._last_file: tuple[date, date] | None = None
        self._step_count = self._forward_count = 0

    def add(self, days: Mapping[date, int]) -> None:
        """Let one more file have been told."""
        for day, count in days.items():
            self._counts[day] = self._counts.get(day, 0) + count
        busy = _busy(days)
        if self._last_file is not None:
            self._step_count += 1
            self._forward_count += busy[0] >= self._last_file[0]
        self._last_file = busy[0], busy[-1]

    def reach_that_fits(self, day: date) -> date | None:
        """The last day told, where a day does not go on from the last file as it is read, and does so when swapped."""
        if self._last_file is None or abs((day - self._last_file[1]).days) <= _WEEK:
            return None
        if self._forward_count < _IN_ORDER * self._step_count:
            return None
        known = _busy(self._counts)
        if len(known) < _FEWEST_DAYS:
            return None
        gaps = [(later - earlier).days for earlier, later in pairwise(known[-_LATEST_DAYS:])]
        usual, until = max(_USUAL_GAP, *gaps), known[-1]
        # Day and month of no day lie nearer to each other than 27 days, so that a day which goes on from the last one
        # when it is swapped stands apart from it as it is read.
        goes_on = all(abs((each - until).days) <= usual for each in (self._last_file[1], swap(day)))
        return until if usual <= _LARGEST_GAP and goes_on else None
