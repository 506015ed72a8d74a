"""The tickets whose promises are measured: their stretches in one order, and what was said and begun in them.

Which of these stretches a clock runs in is decided in `metrics.sla.stretches` and the modules of the single targets.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from metrics.calendars.business_time import OpenTime
from metrics.sla.unseen_returns import has_unseen_returns, mark_unseen_returns
from metrics.sla.unshown import find_unshown
from metrics.tickets.rows import match_rows
from metrics.tickets.steps import CATEGORIES
from models.vocabulary import WORK, StatusCategory

_INSTANT: Final = pl.Datetime("us", "UTC")
#: Text that is compared and handed through again and again: as categories it costs a fraction.
_ENCODED: Final = ("waiting_reason", "team", "priority", "vendor")
_STRETCH: Final = (
    "started_at",
    "started_earliest_at",
    "started_latest_at",
    "ended_at",
    "status_category",
    *_ENCODED,
    "calendar",
    "cycle_number",
    "is_last",
)


@dataclass(frozen=True, slots=True)
class Lives:
    """Tickets that can have clocks.

    Attributes:
        tickets: their rows of `fct_tickets`. A ticket's place here is its `life`.
        stretches: by life and time, with the columns of an interval, `calendar` as a code, and `row`, their place. A
            ticket of which only a snapshot is known has one from creation to its end, and one from there on. Where
            tickets came back unseen, also `is_unseen` (`metrics.sla.unseen_returns`), and where exports were compared
            what `metrics.sla.unshown` adds.
    """

    tickets: pl.DataFrame
    stretches: pl.DataFrame

    def pick(self, is_wanted: pl.Series) -> Lives:
        """Only the lives that are wanted, numbered anew.

        Args:
            is_wanted: one flag per life.
        """
        if is_wanted.all():
            return self
        number = is_wanted.cast(pl.UInt32).cum_sum() - 1
        life = self.stretches["life"]
        stretches = self.stretches.with_columns(number.gather(life).alias("life")).filter(is_wanted.gather(life))
        return Lives(self.tickets.filter(is_wanted), stretches.drop("row").with_row_index("row"))

    def locate(self, told: pl.DataFrame) -> pl.DataFrame:
        """Rows with a `ticket_id` that are about these tickets, with `life` in its place."""
        lives = self.tickets.select("ticket_id").with_row_index("life")
        return told.join(lives, on="ticket_id", how="inner").drop("ticket_id")


def gather_lives(tickets: pl.DataFrame, intervals: pl.DataFrame, as_of: datetime, open_time: OpenTime) -> Lives:
    """Put tickets and their stretches in one order.

    Args:
        tickets: rows of `fct_tickets`.
        intervals: rows of `fct_ticket_intervals`, in any order.
        open_time: with every calendar that intervals and tickets name.
    """
    lived = tickets.filter("has_history")
    life = match_rows(intervals["ticket_id"], lived["ticket_id"])
    ordered = mark_unseen_returns(intervals.with_columns(life.alias("life")), lived)
    key = ordered.select(pl.col("life").cast(pl.Int64) * (1 << 32) + pl.col("interval_number")).to_series()
    if not key.is_sorted():
        ordered = ordered.with_columns(key.alias("key")).sort("key")
    known = _end_by_sight(tickets.filter(~pl.col("has_history") & pl.col("created_at").is_not_null()))
    known = known.filter(~pl.col("is_done") | (pl.col("resolved_at") >= pl.col("created_at")))
    known = known.filter(~pl.col("is_cancelled") | (pl.col("cancelled_at") >= pl.col("created_at")))
    stretches = _encode(ordered, open_time)
    if known.height:
        of_snapshots = _encode(_stretches_of_snapshots(known, lived.height, as_of), open_time)
        if has_unseen_returns(stretches):
            of_snapshots = of_snapshots.with_columns(is_unseen=pl.lit(False))
        stretches = pl.concat([stretches, of_snapshots])
    tickets = pl.concat([lived, known])
    return Lives(tickets, find_unshown(stretches, tickets).with_row_index("row"))


def _end_by_sight(known: pl.DataFrame) -> pl.DataFrame:
    """Tickets without history, of which those that nothing dates ended by the export that first shows them so.

    It can have been any time since their creation, and so can their first response.
    """
    is_undated = pl.col("settled_by_at").is_not_null()
    is_unanswered = is_undated & pl.col("first_response_at").is_null()
    return known.with_columns(
        *(
            pl.when(is_undated & pl.col(f"is_{end}")).then("settled_by_at").otherwise(name).alias(name)
            for end, name in (("done", "resolved_at"), ("done", "first_resolved_at"), ("cancelled", "cancelled_at"))
        ),
        first_response_earliest_at=pl.when(is_unanswered).then("created_at").otherwise("first_response_earliest_at"),
    )


def _encode(stretches: pl.DataFrame, open_time: OpenTime) -> pl.DataFrame:
    """The columns of a stretch, text as codes of one meaning whatever form it came in."""
    further = ["is_unseen"] if has_unseen_returns(stretches) else []
    return stretches.with_columns(
        pl.col(_ENCODED).cast(pl.Categorical),
        pl.col("status_category").cast(CATEGORIES),
        open_time.codes(stretches["calendar"]).alias("calendar"),
    ).select("life", *_STRETCH, *further)


def _stretches_of_snapshots(known: pl.DataFrame, offset: int, as_of: datetime) -> pl.DataFrame:
    until = pl.lit(as_of, dtype=_INSTANT)
    category = pl.col("status_category").cast(CATEGORIES)
    ends_at = pl.coalesce("resolved_at", "cancelled_at", until)
    queued = pl.lit(StatusCategory.QUEUED.value, dtype=CATEGORIES)
    is_settled = pl.col("is_done") | pl.col("is_cancelled")
    shared = {
        "life": pl.int_range(pl.len(), dtype=pl.UInt32) + offset,
        "waiting_reason": pl.lit(None, dtype=pl.String),
        "cycle_number": pl.lit(1, dtype=pl.Int64),
    }
    dimensions = ("team", "priority", "vendor", "calendar")
    before = known.select(
        *dimensions,
        started_at=pl.col("created_at"),
        ended_at=ends_at,
        status_category=pl.when(category.is_in(WORK)).then(category).otherwise(queued),
        is_last=~is_settled,
        started_earliest_at=pl.lit(None, dtype=_INSTANT),
        started_latest_at=pl.lit(None, dtype=_INSTANT),
        **shared,
    )
    settled = (
        pl.when("is_done").then(pl.lit(StatusCategory.DONE.value)).otherwise(pl.lit(StatusCategory.CANCELLED.value))
    )
    after = known.select(
        *dimensions,
        started_at=ends_at,
        ended_at=until,
        status_category=settled.cast(CATEGORIES),
        is_last=is_settled,
        started_earliest_at=pl.when(pl.col("settled_by_at").is_not_null()).then("created_at"),
        **shared,
    ).filter("is_last")
    return pl.concat([before, after], how="diagonal").sort("life", "is_last")
