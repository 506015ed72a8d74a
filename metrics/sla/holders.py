"""Promises of a vendor or a team that holds a ticket for a while: operational level agreements, underpinning contracts.

Their clocks run only while the holder that their policies name has the ticket, and each holder has clocks of its own.
Who the holder is, is judged anew in every stretch; all other rules are those of `metrics.sla.running`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from metrics.sla.lives import Lives
from metrics.sla.ordered_rows import since
from metrics.sla.policy import HOLDER_SCOPE, SlaPolicy
from metrics.sla.running import match_policies
from metrics.sla.stretches import GOES_ON, cut_at_end, resolution_stretches
from metrics.sla.unseen_returns import is_unseen
from metrics.sla.unshown import forget_unshown
from metrics.tickets.replies import TicketReplies
from models.vocabulary import WORK

_IS_OPEN: Final = pl.col("status_category").is_in(WORK)


@dataclass(frozen=True, slots=True)
class Holding:
    """The tickets that one holder had, and when.

    Attributes:
        scope: vendors and teams that are this holder, as its policies name them.
        lives: the tickets on which it ever had a promise to keep.
        matched: for each of their stretches, the position of the holder's policy that covers it, empty if none does.
        is_held: for each of their stretches, whether the holder had the open ticket.
    """

    scope: Mapping[str, frozenset[str]]
    lives: Lives
    matched: pl.Series
    is_held: pl.Series

    def held_by(self) -> pl.Series:
        """For each stretch of the lives, the last one up to it in which the holder had the ticket."""
        held = pl.DataFrame({"is_held": self.is_held}).with_row_index("row")
        return held.select(pl.when("is_held").then("row").forward_fill()).to_series()


def find_holdings(lives: Lives, policies: Sequence[SlaPolicy]) -> Iterator[Holding]:
    """Who held which tickets when, one holder after the other.

    Policies that name the same vendors and teams are one holder's: they share a clock, and a change of priority leads
    from one to the next. Of policies that cover one stretch the first has it, and the ticket is not in the hands of
    the others' holders then. A stretch that no policy covers, because none names its priority, stays with its holders.
    Only an open ticket is held, and what a snapshot cannot tell is not.

    Args:
        policies: of one target, in order of precedence.
    """
    is_anyones = lives.stretches.select(_IS_OPEN & pl.any_horizontal(_has(policy.holder) for policy in policies))
    ever_held = _any_of_life(lives, is_anyones.to_series()) & lives.tickets["has_history"]
    lives = lives.pick(ever_held)
    covered = match_policies(_date_takings(lives.stretches), lives, policies, judged_at_start=())
    of_holder: dict[tuple[frozenset[str] | None, ...], list[int]] = {}
    for position, policy in enumerate(policies):
        of_holder.setdefault(tuple(policy.scope.get(name) for name in HOLDER_SCOPE), []).append(position)
    stretches = lives.stretches.with_columns(covered.alias("covered"))
    for positions in of_holder.values():
        scope = policies[positions[0]].holder
        is_own = pl.col("covered").is_in(positions)
        told = stretches.select(
            matched=pl.when(_IS_OPEN & is_own).then("covered"),
            is_held=_IS_OPEN & _has(scope) & (is_own | pl.col("covered").is_null()),
        )
        has_promise = _any_of_life(lives, told["matched"].is_not_null())
        if has_promise.any():
            is_kept = has_promise.gather(lives.stretches["life"])
            told = told.filter(is_kept)
            yield Holding(scope, lives.pick(has_promise), told["matched"], told["is_held"])


def _date_takings(stretches: pl.DataFrame) -> pl.DataFrame:
    """Add `taken_at`: when the vendor of each stretch took the ticket, in that cycle."""
    is_taken = pl.any_horizontal(
        pl.col(name).ne_missing(pl.col(name).shift(1)) for name in ("life", "cycle_number", "vendor")
    )
    return stretches.with_columns(taken_at=since(is_taken, pl.col("started_at")))


def _has(scope: Mapping[str, frozenset[str]]) -> pl.Expr:
    """Whether a row's vendor and team are those of a holder."""
    return pl.all_horizontal(pl.col(name).is_in(sorted(values)).fill_null(False) for name, values in scope.items())


def _any_of_life(lives: Lives, is_true: pl.Series) -> pl.Series:
    """Per life, whether something is true of any of its stretches."""
    found = lives.stretches["life"].filter(is_true).unique()
    return pl.repeat(False, lives.tickets.height, eager=True).scatter(found, True)


def vendor_resolution_stretches(holding: Holding, continues: pl.Series | None, as_of: datetime) -> pl.DataFrame:
    """The stretches of the holder's resolution clocks, up to each cycle's stop, be it that others have the ticket then.

    A cycle of no length was in nobody's hands, unless its ticket came back unseen.

    Args:
        continues: per ticket, whether reopening continues the one clock; None if none does.
    """
    rows = resolution_stretches(holding.lives, continues, as_of)
    return rows.filter((pl.col("started_at") < pl.col("clock_ends_at")) | GOES_ON | is_unseen(rows))


def vendor_response_stretches(
    holding: Holding, continues: pl.Series | None, replies: TicketReplies, as_of: datetime
) -> pl.DataFrame:
    """The stretches of the holder's response clocks: from where it takes the ticket in a cycle to its first response.

    - It responds by an entry into active while it has the ticket, be it at the instant at which it takes it. To take a
      ticket over that is active already is no response.
    - It responds by a public reply after the instant at which it takes the ticket: one at that instant is the word of
      whoever handed it on.
    - The clock stops, too, where another takes the open ticket, and where it is resolved.

    Args:
        continues: per ticket, whether a reopening begins no second clock; None if every one does.
    """
    rows = forget_unshown(vendor_resolution_stretches(holding, None, as_of))
    # When exports show a holder to take the ticket or to answer counts as the instant at which it did.
    rows = rows.with_columns(started_earliest_at=pl.when(is_unseen(rows)).then("started_earliest_at"))
    rows = rows.with_columns(matched=holding.matched.gather(rows["row"]), is_held=holding.is_held.gather(rows["row"]))
    rows = _from_first_taking(rows, continues)
    clocks = _find_stops(rows, _signs_of_work(holding, replies))
    names = ("clock_ends_at", "sure_until", "counts_until", "is_stopped", "is_cancelled")
    rows = rows.with_columns(clocks[name].gather(rows["clock"]) for name in names)
    return cut_at_end(rows).drop("matched", "is_held", "clock")


def _from_first_taking(rows: pl.DataFrame, continues: pl.Series | None) -> pl.DataFrame:
    """Each cycle's stretches from the one on in which the holder first has the ticket. Adds `clock`, from 0."""
    taken = pl.col("matched").is_not_null().cast(pl.UInt32)
    taken_before = taken.cum_sum() - taken
    is_taken = taken_before + taken > since(pl.col("begins"), taken_before)
    cycle = pl.col("begins").cast(pl.UInt32).cum_sum()
    rows = rows.with_columns(cycle.alias("cycle")).filter(is_taken)
    rows = rows.with_columns(begins=pl.col("cycle").ne_missing(pl.col("cycle").shift(1)))
    if continues is not None:
        begins_life = pl.col("life").ne_missing(pl.col("life").shift(1))
        is_first = (pl.col("cycle") == since(begins_life, pl.col("cycle"))) | ~continues.gather(rows["life"])
        rows = rows.filter(is_first)
        one = continues.gather(rows["life"])
        rows = rows.with_columns(cycle_number=pl.when(one).then(1).otherwise("cycle_number"))
    return rows.with_columns(clock=pl.col("begins").cast(pl.UInt32).cum_sum() - 1).drop("cycle")


def _signs_of_work(holding: Holding, replies: TicketReplies) -> pl.DataFrame:
    """All replies and the holder's own entries into active: `life`, `at` and `is_entry`."""
    entries = replies.active_entries.filter(_has(holding.scope))
    return pl.concat(
        [
            holding.lives.locate(replies.replies).select("life", at="replied_at", is_entry=pl.lit(False)),
            holding.lives.locate(entries).select("life", at="entered_at", is_entry=pl.lit(True)),
        ]
    )


def _find_stops(rows: pl.DataFrame, signs: pl.DataFrame) -> pl.DataFrame:
    """One row per clock, in order, with how and when it ends: by a response, in other hands, or with its cycle."""
    left = rows.filter(_IS_OPEN & ~pl.col("is_held"))
    left = left.filter(pl.col("clock").ne_missing(pl.col("clock").shift(1))).select("clock", left_at="started_at")
    clocks = rows.filter("begins").join(left, on="clock", how="left", maintain_order="left")
    held_until = pl.min_horizontal("left_at", "clock_ends_at")
    responses = clocks.select("clock", "life", "started_at", held_until.alias("held_until")).join(signs, on="life")
    at, taken_at = pl.col("at"), pl.col("started_at")
    is_own = (at > taken_at) | (pl.col("is_entry") & (at == taken_at))
    responses = responses.filter(is_own & (at <= pl.col("held_until")))
    first = responses.group_by("clock").agg(responded_at=pl.col("at").min())
    clocks = clocks.join(first, on="clock", how="left", maintain_order="left")
    stop = pl.min_horizontal("left_at", "responded_at")
    goes_on = stop.is_null() & GOES_ON
    return clocks.with_columns(clock_ends_at=pl.min_horizontal(stop, "clock_ends_at")).select(
        "clock_ends_at",
        # Of a ticket that left the exports, a clock that goes on is sure only until then, and counts no longer.
        *(
            pl.when(goes_on).then(name).otherwise("clock_ends_at").alias(name)
            for name in ("sure_until", "counts_until")
        ),
        is_stopped=pl.col("is_stopped") | stop.is_not_null(),
        is_cancelled=pl.col("is_cancelled") & stop.is_null(),
    )
