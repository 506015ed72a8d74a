"""What is drawn of a made-up operation: each draw is a hash of the seed, of what is drawn and of the ticket's number.

So tickets can be made in any batches, on any machine, and stay the same. What the draws decide is in
`benchmarks.ticket_history`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Final

import polars as pl

from benchmarks.operation import BEGINS_AT, ENDS_AT
from benchmarks.ticket_scripts import SCRIPTS_PER_SOURCE, SOURCE_WEIGHTS, draw_scripts

HOUR: Final = 3_600_000_000
#: One event in so many is exported twice.
DUPLICATES: Final = 100
#: Tickets that arrive in an hour of the week, by hour of a workday and of a day off (UTC).
_WORKDAY: Final = (1, 1, 1, 1, 2, 4, 8, 14, 18, 18, 16, 14, 14, 16, 16, 14, 12, 9, 7, 5, 4, 3, 2, 1)
_DAY_OFF: Final = (1,) * 7 + (2,) * 12 + (1,) * 5


@dataclass(frozen=True)
class Operation:
    """How many tickets there are, and everything that is drawn of them."""

    ticket_count: int
    seed: int
    scripts: pl.DataFrame = field(repr=False)

    @classmethod
    def of_size(cls, events: int, seed: int) -> Operation:
        """An operation with about so many events, duplicates included."""
        scripts = draw_scripts(seed)
        told = scripts.group_by("source").agg(mean=pl.col("is_told").sum() / SCRIPTS_PER_SOURCE).sort("source")["mean"]
        mean = sum(weight * mean for weight, mean in zip(SOURCE_WEIGHTS, told, strict=True)) / sum(SOURCE_WEIGHTS)
        return cls(max(1, round(events / (mean * (1 + 1 / DUPLICATES)))), seed, scripts)

    def draw(self, purpose: str, key: pl.Expr) -> pl.Expr:
        """A number of 64 random bits for each key."""
        # Not Python's hash, which differs from run to run.
        salt = int.from_bytes(hashlib.sha256(f"{purpose} {self.seed}".encode()).digest()[:8])
        return _mix(key.cast(pl.UInt64) ^ pl.lit(salt, dtype=pl.UInt64))

    def pick(self, purpose: str, key: pl.Expr, weights: Sequence[int]) -> pl.Expr:
        """A position, as often as its weight says."""
        wheel = [position for position, weight in enumerate(weights) for _ in range(weight)]
        spun = self.draw(purpose, key) % len(wheel)
        return pl.lit(pl.Series(wheel, dtype=pl.UInt32)).gather(spun) if len(set(weights)) > 1 else spun.cast(pl.UInt32)

    def created_at(self, ticket: int) -> int:
        """When a ticket is created, in microseconds."""
        frame = pl.DataFrame({"ticket": [ticket]}, schema={"ticket": pl.UInt64})
        return int(frame.select(self.arrival()).item())

    def arrival(self) -> pl.Expr:
        """Microseconds of creation: tickets are numbered by it, more of them in office hours."""
        week = microseconds(BEGINS_AT), 7 * 24 * HOUR
        weights = [weight for day in range(7) for weight in (_WORKDAY if (day + 4) % 7 < 5 else _DAY_OFF)]
        through = [0, *accumulate(weights)]
        total = through[-1]
        weeks = (microseconds(ENDS_AT) - week[0]) / week[1]
        # The last week is cut, so tickets of the week's whole count are spread over a little more than the span.
        jitter = fraction(self.draw("arrival", pl.col("ticket")))
        at = (pl.col("ticket").cast(pl.Float64) + jitter * 0.999) / self.ticket_count * weeks
        of_week = at.floor()
        spun = (at - of_week) * total
        hour_of = [hour for hour, weight in enumerate(weights) for _ in range(weight)]
        hour = pl.lit(pl.Series(hour_of, dtype=pl.UInt32)).gather(spun.floor().clip(0, total - 1).cast(pl.UInt32))
        before = pl.lit(pl.Series(through, dtype=pl.Float64)).gather(hour)
        weight = pl.lit(pl.Series(weights, dtype=pl.Float64)).gather(hour)
        since = (hour.cast(pl.Float64) + ((spun - before) / weight).clip(0, 1)) * HOUR
        return (of_week.cast(pl.Int64) * week[1] + since.cast(pl.Int64) + week[0]).alias("created_at")


def _mix(number: pl.Expr) -> pl.Expr:
    """The finaliser of SplitMix64: unlike `Expr.hash` it stays the same from one version of Polars to the next."""
    number = number * pl.lit(0x9E3779B97F4A7C15, dtype=pl.UInt64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        number = (number ^ (number // pl.lit(1 << shift, dtype=pl.UInt64))) * pl.lit(factor, dtype=pl.UInt64)
    return number ^ (number // pl.lit(1 << 31, dtype=pl.UInt64))


def fraction(bits: pl.Expr) -> pl.Expr:
    """Random bits as a number above 0 and at most 1."""
    return ((bits // (1 << 32)).cast(pl.Float64) + 1) / (1 << 32)


def microseconds(instant: datetime) -> int:
    """Microseconds since 1970."""
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
