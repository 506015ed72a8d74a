"""How far the exported ticket data reach: the instant that stands for "now" in everything computed from them.

It is never the time of a run, so that a rerun gives the same numbers. What one wrong date means for its own ticket is
a matter of the contract; here only, which instants are evidence of how far the data reach.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

import polars as pl

#: A file tells nothing later than its own landing, but for clocks that go wrong and zones that were mistaken.
_LANDING_TOLERANCE: Final = timedelta(days=1)
#: After so long without anything from any ticket, the instants of a few tickets are doubted.
_ISOLATION: Final = timedelta(days=90)
#: They are believed all the same if their file landed so soon after: a quiet desk that has begun to work again.
_RECENCY: Final = timedelta(days=31)
#: Few is one ticket in so many, rounded up; among fewer than the second number nobody can say what is usual.
_FEW: Final = 100
_FEWEST_TICKETS: Final = 20
#: Instants of a ticket that are past. An export shows a ticket as it stands then, whether anything happened or not.
PAST_INSTANTS: Final = ("created_at", "resolved_at", "closed_at", "last_seen_at")
#: How far back to look first.
_GLANCES: Final = (timedelta(days=7), _ISOLATION)


def data_clock(
    tickets: pl.DataFrame,
    events: pl.DataFrame,
    *,
    loads: pl.DataFrame | None = None,
    quarantined: Collection[str] | pl.Series = (),
) -> datetime | None:
    """The latest instant that the exports cover: the `as_of` of everything computed from them.

    Of events, creations, resolutions, closures and repeated snapshots; a due instant lies in the future and says
    nothing about it. One garbled date must not move it, for then every open ticket would age and every running clock
    breach. So these are no evidence:

    - tickets that a contract rule set aside;
    - instants more than a day after their own file landed;
    - the instants of at most one ticket in a hundred (of twenty tickets at least) after more than 90 days without
      anything, unless their file landed within 31 days of them. Whatever is computed is true as of the instant before
      that gap, also where those later instants turn out to be right.

    Args:
        tickets: rows of `stg_tickets`: `ticket_id`, `load_id` and `PAST_INSTANTS`.
        events: rows of `stg_ticket_events`: `ticket_id`, `load_id` and `occurred_at`.
        loads: `load_id` and `loaded_at` of `ops_loads`; without them nothing is known about landings.
        quarantined: `ticket_id` of tickets that a contract rule set aside.

    Returns:
        The instant; None if there is no evidence at all.
    """
    return last_evidence(_told(tickets, events), tickets.height, loads=loads, quarantined=quarantined)


def last_evidence(
    told: pl.LazyFrame,
    ticket_count: int,
    *,
    latest: datetime | None = None,
    loads: pl.DataFrame | None = None,
    quarantined: Collection[str] | pl.Series = (),
) -> datetime | None:
    """The same of the instants themselves, of which nearly always only the last weeks are read.

    Args:
        told: every instant that the exports tell of as past: `ticket_id`, `load_id` and `at`.
        ticket_count: how many tickets there are.
        latest: the latest of `told`, if whoever calls knows it; else all of them are read once to find it.
        loads, quarantined: see `data_clock`.
    """
    evidence = _evidence(told, loads, quarantined)
    few = -(-ticket_count // _FEW) if ticket_count >= _FEWEST_TICKETS else 0
    # Nearly always the last week is full of tickets; then nothing before it has to be looked at. Where it is not, one
    # garbled date may have been taken for the end.
    for instants, known in ((told, latest), (evidence, None)):
        last = known or instants.select(pl.col("at").max()).collect(engine="streaming").item()
        if last is None:
            return None
        for glance in _GLANCES:
            # Read out before anything is asked of them but their time, which the database answers alone.
            recent = told.filter(pl.col("at") > last - glance).collect(engine="streaming")
            found = _evidence(recent.lazy(), loads, quarantined).collect()
            if found["ticket_id"].n_unique() > few:
                return _last_believed(found, few)
    return _last_believed(evidence.collect(engine="streaming"), few)


def _told(tickets: pl.DataFrame, events: pl.DataFrame) -> pl.LazyFrame:
    """Every instant that the exports tell of as past, with its ticket and load."""
    # Loads may come as categories, which join with no text.
    keys = (pl.col("ticket_id"), pl.col("load_id").cast(pl.String))
    instants = [events.lazy().select(*keys, at="occurred_at")]
    instants += [tickets.lazy().select(*keys, at=name) for name in PAST_INSTANTS]
    return pl.concat(instants).filter(pl.col("at").is_not_null())


def _evidence(told: pl.LazyFrame, loads: pl.DataFrame | None, quarantined: Collection[str] | pl.Series) -> pl.LazyFrame:
    """The instants that may be true: `ticket_id`, `at`, and `is_recent`, whether their file landed soon after."""
    set_aside = pl.Series(quarantined if isinstance(quarantined, pl.Series) else sorted(quarantined), dtype=pl.String)
    if len(set_aside):
        told = told.filter(~pl.col("ticket_id").is_in(set_aside.implode()))
    if loads is None:
        return told.select("ticket_id", "at", is_recent=pl.lit(False))
    dated = told.join(loads.lazy().select("load_id", landed_at="loaded_at"), on="load_id", how="left")
    is_possible = pl.col("landed_at").is_null() | (pl.col("at") <= pl.col("landed_at") + _LANDING_TOLERANCE)
    is_recent = (pl.col("at") >= pl.col("landed_at") - _RECENCY).fill_null(False)
    return dated.filter(is_possible).select("ticket_id", "at", is_recent=is_recent)


def _last_believed(evidence: pl.DataFrame, few: int) -> datetime | None:
    """The latest instant that is recent or not isolated."""
    back = evidence.sort("at", descending=True)
    told_since = pl.col("ticket_id").is_first_distinct().cum_sum()
    is_gap = (told_since <= few) & (pl.col("at") - pl.col("at").shift(-1) > _ISOLATION)
    # What lies before all such gaps, looking back, has as many of them behind it as there are.
    judged = back.with_columns(gaps=is_gap.fill_null(False).cast(pl.UInt32).cum_sum().shift(1, fill_value=0))
    is_believed = pl.col("is_recent") | (pl.col("gaps") == pl.col("gaps").max())
    last = judged.filter(is_believed)["at"].max()
    return last if isinstance(last, datetime) else None


def forget_later_creations(
    tickets: pl.DataFrame, reach: datetime, *, quarantined: Collection[str] | pl.Series
) -> pl.DataFrame:
    """Tickets, without the creation of those that were set aside and say that they begin after all evidence ends.

    A ticket that begins after the data's clock is not there yet. One that was set aside because its creation cannot
    be true has to stay, eligible and not measured: its first event or its resolution says in which period.

    Args:
        reach: what `data_clock` gave.
    """
    set_aside = pl.Series(quarantined if isinstance(quarantined, pl.Series) else sorted(quarantined), dtype=pl.String)
    is_unknown = pl.col("ticket_id").is_in(set_aside.implode()) & (pl.col("created_at") > reach)
    return tickets.with_columns(created_at=pl.when(~is_unknown.fill_null(False)).then("created_at"))
