"""Time in which no export shows what a ticket was, and another category than the one that is taken may have counted.

A ticket that is first seen at work may have been queued before, and one that is seen queued and then waiting, done or
cancelled may have been worked on in between. Where a policy pauses in one of the two and not in the other, that leaves
open how much its clock counted. That a change itself is dated by an export is dealt with in `metrics.sla.gaps`, and
what priorities leave open in `metrics.sla.late_priorities`. Nothing here says that a ticket waited, was reopened or was
worked on between two exports that both show it queued: of that no export gives a sign.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from metrics.sla.policy import SlaPolicy, is_paused
from metrics.tickets.steps import CATEGORIES
from models.vocabulary import StatusCategory

_QUEUED, _ACTIVE, _WAITING = (
    pl.lit(category.value, dtype=CATEGORIES)
    for category in (StatusCategory.QUEUED, StatusCategory.ACTIVE, StatusCategory.WAITING)
)
_COLUMNS: Final = ("unshown_category", "unshown_from", "unshown_until")


def find_unshown(stretches: pl.DataFrame, tickets: pl.DataFrame) -> pl.DataFrame:
    """The stretches with `unshown_category`, in which the ticket may have been from `unshown_from` to `unshown_until`.

    All three are empty where its category is as it is told. Where none of the tickets is told by exports that are
    compared, as in a log, there are no such columns.

    - First seen at work: queued, from its creation to that export.
    - Queued, and next seen waiting, done or cancelled: active, since the export before. Where a field dates the end,
      that is the last one of those from the first on that show it queued, or else the stretch's start.

    Args:
        stretches: of whole tickets, in order, with `life` and the columns of an interval.
        tickets: a row of `fct_tickets` for each life.
    """
    is_sampled = tickets["is_sampled"].fill_null(False)
    if not is_sampled.any():
        return stretches
    category, started = pl.col("status_category"), pl.col("started_at")
    is_theirs = pl.lit(is_sampled.gather(stretches["life"]))
    queued_until = pl.lit(tickets["first_response_earliest_at"].gather(stretches["life"]))
    follows = pl.col("life").shift(-1) == pl.col("life")
    following = pl.when(follows).then(category.shift(-1))
    is_left = (category == _QUEUED) & following.is_not_null() & ~following.is_in(["queued", "active"])
    shown_until = pl.max_horizontal(started, pl.coalesce(pl.col("started_earliest_at").shift(-1), queued_until))
    may_be_active = is_theirs & is_left & (shown_until < pl.col("ended_at"))
    may_be_queued = is_theirs & pl.col("started_latest_at").is_not_null()
    return stretches.with_columns(
        unshown_category=pl.when(may_be_queued).then(_QUEUED).when(may_be_active).then(_ACTIVE),
        unshown_from=pl.when(may_be_queued).then(started).when(may_be_active).then(shown_until),
        unshown_until=pl.when(may_be_queued).then("started_latest_at").when(may_be_active).then("ended_at"),
    )


def has_unshown(rows: pl.DataFrame) -> bool:
    """Whether of any ticket something is not shown."""
    return "unshown_category" in rows.columns


def forget_unshown(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of clocks that are judged as exports show them."""
    return rows.drop(_COLUMNS, strict=False)


def pause_unshown(rows: pl.DataFrame, policies: Sequence[SlaPolicy]) -> pl.DataFrame:
    """Whether clocks would stand still if their tickets were in the categories that are not shown.

    Args:
        rows: with `policy`, a position, and `is_held`.

    Returns:
        The rows with `unshown_is_paused`, empty where there is no `unshown_category`, or the clock's holder has not the
        ticket.
    """
    is_told = pl.col("unshown_category").is_not_null() & pl.col("is_held")
    is_paused_in = _stands_in(rows, policies, pl.col("unshown_category"))
    return rows.with_columns(unshown_is_paused=pl.when(is_told).then(pl.lit(is_paused_in)))


def may_have_begun(rows: pl.DataFrame, policies: Sequence[SlaPolicy]) -> pl.DataFrame:
    """The rows with `may_have_begun`: whether the clock of a ticket that is seen waiting, or at work, would have run in
    what may have come before, if it began or came back: queued, and at work if it waits.

    Args:
        rows: with `policy`, a position.
    """
    runs_queued, runs_active = (~pl.lit(_stands_in(rows, policies, category)) for category in (_QUEUED, _ACTIVE))
    category = pl.col("status_category")
    return rows.with_columns(
        may_have_begun=((category == _WAITING) & (runs_queued | runs_active)) | ((category == _ACTIVE) & runs_queued)
    )


def _stands_in(rows: pl.DataFrame, policies: Sequence[SlaPolicy], category: pl.Expr) -> pl.Series:
    """Whether the policy of each row pauses in a category, for no reason that is told."""
    asked = rows.select("policy", status_category=category, waiting_reason=pl.lit(None, pl.String))
    return asked.select(is_paused(policies)).to_series()
