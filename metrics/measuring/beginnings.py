"""From which day on each source tells of what happens: where its data begin, without what reaches back before that.

An export that was cut at a day tells of it and what follows, and often also of a little before it: a ticket that was
open already brings its own past along. How far data reach is in `metrics.tickets.data_clock`; which periods are told in
part, in `metrics.measuring.partial_periods`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate, pairwise
from typing import Final

import polars as pl

#: A day with less than one in so many of the records of a usual day is a thin one.
_THIN: Final = 10
#: What lies before the beginning is at most one record in so many, rounded up.
_FEW: Final = 100
#: What stands alone before the beginning is followed by more days than this without anything.
_ISOLATION_DAYS: Final = 28
#: A source with less than one in so many of all records of its kind begins no period of all of them.
_SMALL: Final = 10


@dataclass(frozen=True, slots=True)
class Beginning:
    """Where the data of one source begin.

    Attributes:
        data: tickets, finance, deliveries or invoices.
        source: system whose data they are.
        first_date: the first day of which they tell.
        quiet_days: for how many days in a row they have told of nothing since, more than once or right after the first
            day, and followed by more than a hundredth of the records. A period that begins not more than so many days
            before `first_date` may have begun with such days.
    """

    data: str
    source: str
    first_date: date
    quiet_days: int


def find_beginnings(days: pl.DataFrame) -> list[Beginning]:
    """The beginning of every source that matters: small ones, by which no sum is much larger, have none.

    Args:
        days: `data`, `source`, `day` in the reporting time zone and `record_count`, one row each.
    """
    found: list[Beginning] = []
    for (data,), kind in days.group_by("data", maintain_order=True):
        least = kind["record_count"].sum() / _SMALL
        for (source,), rows in kind.group_by("source", maintain_order=True):
            counts = dict(rows.select("day", "record_count").iter_rows())
            if sum(counts.values()) >= least:
                found.append(Beginning(str(data), str(source), *begin(counts)))
    return sorted(found, key=lambda one: (one.data, one.source))


def begin(counts: Mapping[date, int]) -> tuple[date, int]:
    """The first day of which data tell, and for how many days in a row they have told of nothing since.

    Before that day lies at most one record in a hundred, rounded up, and only on days that have less than a tenth of
    the records of a usual one (the median of the days that have any), or before more than four weeks without anything,
    which is longer than any such stretch later on. Neither heeds silences that no more than the last hundredth of the
    records follows, rounded down: of an export that was picked by ticket, the ends of the last ones lie weeks apart,
    and tell nothing of how quiet the work is.

    Args:
        counts: day -> records, of every day that has any.
    """
    days = sorted(counts)
    few = -(-sum(counts.values()) // _FEW)
    usual = sorted(counts.values())[len(counts) // 2]
    busy = [day for day in days if counts[day] * _THIN >= usual]
    if sum(counts[day] for day in days if day < busy[0]) > few:
        busy = days
    silences = [(later - earlier).days - 1 for earlier, later in pairwise(busy)]
    before_tail = silences[: _silences_before_tail(counts, busy)]
    first = _after_strays(counts, busy, before_tail, few)
    # The first one is known to have been, however little comes after it.
    since = before_tail[first:] or silences[first : first + 1]
    # One hole, such as a file that is missing, does not count; but what is booked on one day of a month is followed by
    # silence, be it a hole or not.
    return busy[first], max(sorted(since)[-2], since[0]) if len(since) > 1 else sum(since)


def _silences_before_tail(counts: Mapping[date, int], busy: Sequence[date]) -> int:
    """How many of the silences between busy days more than the last hundredth of all records follows.

    Rounded down, so that no one record is a tail of less than a hundred: a ledger has two postings a month.
    """
    few = sum(counts.values()) // _FEW
    after = accumulate(counts[day] for day in reversed(busy[1:]))
    return len(busy) - 1 - sum(count <= few for count in after)


def _after_strays(counts: Mapping[date, int], busy: Sequence[date], silences: Sequence[int], few: int) -> int:
    """Which of the busy days is the first after those that stand alone."""
    first = 0
    # The longest silence after each one.
    longest = [0, *accumulate(reversed(silences), max)][-2::-1]
    for index, (silence, later) in enumerate(zip(silences, longest, strict=True), 1):
        if sum(count for day, count in counts.items() if day < busy[index]) > few:
            break
        if silence > max(_ISOLATION_DAYS, later):
            first = index
    return first
