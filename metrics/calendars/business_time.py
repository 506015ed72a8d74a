"""Open time between instants, exact to the microsecond.

Business time is `B(b) - B(a)`, where `B(t)` is the open time before `t`: so it adds up over any split, is never
negative, and each version of a calendar counts for its own days. What a calendar is, is said in
`metrics.calendars.working_calendar`, when exactly it is open in `metrics.calendars.open_stretches`; which team works by
which, and what is measured with it, does not belong here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

import polars as pl

from metrics.calendars.open_stretches import DAY_MICROSECONDS, open_stretches, to_microseconds
from metrics.calendars.working_calendar import (
    CalendarError,
    CalendarVersion,
    WorkingCalendar,
    always_open,
)

__all__ = ["CalendarError", "CalendarVersion", "OpenTime", "WorkingCalendar", "always_open"]


@dataclass(frozen=True, slots=True)
class OpenTime:
    """Calendars compiled over a span of UTC time, to look up `B(t)` and its inverse for whole columns.

    Each calendar becomes its list of open stretches in UTC. To find the stretch that counts for an instant without a
    search, time is cut into equal slots no longer than the shortest closed time between two stretches: then the last
    stretch to begin before the slot's end is the only one that can be open in it, and all before it are over.

    Instants outside the span count as its nearest end. Build one with `compile`.

    Attributes:
        names: the calendars; a calendar's position is its code.
    """

    names: tuple[str, ...]
    _start: int
    _span: int
    _slot_length: int
    _slot_count: int
    _stretch_of_slot: pl.Series
    _opens_at: pl.Series
    _length: pl.Series
    _open_before: pl.Series
    _open_through_key: pl.Series

    @classmethod
    def compile(cls, calendars: Sequence[WorkingCalendar], start: datetime, end: datetime) -> OpenTime:
        """Compile calendars for the instants from `start` to `end`, both with an offset.

        Raises:
            CalendarError: two calendars have one name, or the span is empty.
        """
        if start >= end:
            raise CalendarError(f"no time lies between {start} and {end}")
        names = tuple(calendar.name for calendar in calendars)
        for name in names:
            if names.count(name) > 1:
                raise CalendarError(f"two calendars have the name '{name}'; give each its own")
        first = to_microseconds(start)
        span = to_microseconds(end) - first
        stretches_of = [open_stretches(calendar, first, first + span) for calendar in calendars]
        gaps = [later[0] - earlier[1] for stretches in stretches_of for earlier, later in pairwise(stretches)]
        slot_length = min([*gaps, DAY_MICROSECONDS])
        slot_count = span // slot_length + 1
        slot_ends = pl.int_range(1, slot_count + 1, dtype=pl.Int64, eager=True) * slot_length
        tables = []
        offset = 0
        slots = []
        for code, stretches in enumerate(stretches_of):
            # An empty stretch first, so that every slot has one that began.
            table = pl.DataFrame(
                {
                    "opens_at": [-1, *(opening - first for opening, _ in stretches)],
                    "length": [0, *(closing - opening for opening, closing in stretches)],
                },
                schema={"opens_at": pl.Int64, "length": pl.Int64},
            ).with_columns(open_before=pl.col("length").cum_sum() - pl.col("length"))
            key = (code * (span + 1) + pl.col("open_before") + pl.col("length")).alias("open_through_key")
            tables.append(table.with_columns(key))
            slots.append((table["opens_at"].search_sorted(slot_ends, side="left") - 1 + offset).cast(pl.UInt32))
            offset += table.height
        empty = pl.Schema(dict.fromkeys(("opens_at", "length", "open_before", "open_through_key"), pl.Int64)).to_frame()
        table = pl.concat([empty, *tables])
        return cls(
            names=names,
            _start=first,
            _span=span,
            _slot_length=slot_length,
            _slot_count=slot_count,
            _stretch_of_slot=pl.concat([pl.Series([], dtype=pl.UInt32), *slots]),
            _opens_at=table["opens_at"],
            _length=table["length"],
            _open_before=table["open_before"],
            _open_through_key=table["open_through_key"],
        )

    def codes(self, calendar: pl.Series) -> pl.Series:
        """The calendars of a column of names as codes, which every lookup takes in the place of names.

        Raises:
            CalendarError: a name that was not compiled.
        """
        if isinstance(calendar.dtype, pl.Enum):
            # An enumeration needs no look at the rows: only its few names are looked up.
            return self.codes(calendar.dtype.categories).gather(calendar.to_physical())
        unknown = set(calendar.unique().drop_nulls()) - set(self.names)
        if unknown:
            known = ", ".join(sorted(self.names)) or "none"
            raise CalendarError(f"no calendar is called '{min(unknown)}'; known are {known}")
        return calendar.replace_strict(list(self.names), list(range(len(self.names))), return_dtype=pl.UInt32)

    def open_before(self, calendar: pl.Series, instant: pl.Series) -> pl.Series:
        """`B(t)`: open microseconds of each calendar from the span's start to each instant.

        Args:
            calendar: names, or codes from `codes`.
            instant: UTC instants. Empty ones give empty results.
        """
        codes = self._as_codes(calendar).cast(pl.Int64)
        at = (instant.to_physical() - self._start).clip(0, self._span)
        stretch = self._stretch_of_slot.gather(codes * self._slot_count + at // self._slot_length)
        since_opening = (at - self._opens_at.gather(stretch)).clip(0, self._length.gather(stretch))
        return (self._open_before.gather(stretch) + since_opening).alias("open_microseconds")

    def instant_at(self, calendar: pl.Series, open_microseconds: pl.Series) -> pl.Series:
        """The inverse of `B`: the earliest instant before which a calendar was open for so long.

        Where a calendar is closed, `B` stands still; of all instants with the same `B` this is the first, the moment
        of closing. No open time at all is reached at the span's start; more than the span holds gives an empty result.
        """
        codes = self._as_codes(calendar).cast(pl.Int64)
        wanted = open_microseconds.clip(lower_bound=0)
        found = self._open_through_key.search_sorted(codes * (self._span + 1) + wanted, side="left")
        is_reached = wanted <= self._total().gather(codes)
        stretch = pl.select(pl.when(is_reached).then(found)).to_series()
        reached = self._opens_at.gather(stretch) + wanted - self._open_before.gather(stretch)
        instant = pl.select(pl.when(wanted == 0).then(0).otherwise(reached) + self._start).to_series()
        return instant.cast(pl.Datetime("us", "UTC")).alias("instant")

    def around(self, calendar: pl.Series, start: pl.Series, end: pl.Series) -> tuple[pl.Series, pl.Series]:
        """`B` at the start and at the end of stretches.

        Where a stretch ends as the next row's begins, by the same calendar, both are one instant: it is looked up once.
        """
        codes = self._as_codes(calendar)
        at_start = self.open_before(codes, start)
        goes_over = ((end == start.shift(-1)) & (codes == codes.shift(-1))).fill_null(False)
        apart = (~goes_over).arg_true()
        at_end = at_start.shift(-1).scatter(apart, self.open_before(codes.gather(apart), end.gather(apart)))
        return at_start, at_end

    def between(self, calendar: pl.Series, start: pl.Series, end: pl.Series) -> pl.Series:
        """Open microseconds from each start to each end; negative where the end lies before the start."""
        codes = self._as_codes(calendar)
        return self.open_before(codes, end) - self.open_before(codes, start)

    def _as_codes(self, calendar: pl.Series) -> pl.Series:
        return calendar if calendar.dtype == pl.UInt32 else self.codes(calendar)

    def _total(self) -> pl.Series:
        """Open microseconds of the whole span, by calendar code."""
        every = pl.Series(range(len(self.names)), dtype=pl.UInt32)
        return self.open_before(every, pl.Series([self._start + self._span] * len(self.names), dtype=pl.Int64))
