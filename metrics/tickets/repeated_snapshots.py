"""Consecutive exports of the same tickets, compared: what differs becomes events at the granularity of the exports.

An export shows in which state a ticket is, never how it came there. So a change is dated by a field of the ticket that
says it exactly, if the exports before and after allow it, else by the first export that shows it. Which instant an
export is of, and what statuses mean, is known before; what events make of a ticket's life is in
`metrics.tickets.steps`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from metrics.tickets.snapshot_rows import equals_above, put_in_order
from models.vocabulary import StatusCategory

#: A change of any of these is an event. Category and waiting reason follow the status.
_COMPARED: Final = ("status", "team", "priority", "vendor")
_OF_STATUS: Final = ("status_category", "waiting_reason")
_PROVENANCE: Final = ("load_id", "row_number", "row_hash")
_QUEUED: Final = StatusCategory.QUEUED.value
_DONE: Final = StatusCategory.DONE.value
_CANCELLED: Final = StatusCategory.CANCELLED.value
_SETTLED: Final = (_DONE, _CANCELLED)
#: In none of these does a ticket begin.
_NOT_AT_FIRST: Final = (StatusCategory.WAITING.value, *_SETTLED)
#: Fields that no export can tell before they have happened.
_PAST_FIELDS: Final = ("created_at", "first_response_at", "resolved_at", "closed_at")
#: Stands for "never told" while values are carried forward, so that no ticket takes a value of the one before it.
_NONE: Final = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the exports tell of their tickets.

    Attributes:
        events: rows of `stg_ticket_events` (all but `source` and `actor`), in order of ticket and time.
        tickets: one row per ticket: `ticket_id`, `first_seen_at`, `last_seen_at`, `queued_until_at` (the last of the
            exports, from the first on, that show it queued), `has_disappeared`, `reopened_unseen_at` (the first
            resolution that moved while two exports both show the ticket done), and the instants `created_at`,
            `first_response_at`, `resolved_at` and `closed_at`, as far as the exports allow them.
        doubts: instants that the exports do not allow, and tickets that stand twice in one: `ticket_id`, `load_id`,
            `row_number`, `field` and `problem` (after_snapshot, outside_snapshots, unseen_reopening or
            repeated_in_snapshot).
    """

    events: pl.DataFrame
    tickets: pl.DataFrame
    doubts: pl.DataFrame


def compare_snapshots(rows: pl.DataFrame, exports: pl.DataFrame) -> Comparison:
    """Compare the consecutive exports in which each ticket occurs. The order in which they come plays no part.

    - A change of status, team, priority or vendor is one event with the values before and after. It happened after the
      last export that shows the state before and is dated by the export that shows the state after; an entry into done
      by `resolved_at`, else `closed_at`, a move within done by `closed_at`, and an entry into cancelled by `closed_at`,
      else `resolved_at`, where the field lies between those two exports. Where it does not, the exports are believed,
      and the field is a doubt.
    - An empty attribute says nothing: the last known value goes on.
    - A life begins at `created_at` with the status in which the ticket is first seen, for what was before is not known.
      A ticket that is first seen waiting, done or cancelled was queued until then: nobody begins by waiting.
    - A ticket that is first seen done or cancelled, and was not created since the export before, is known as from a
      single snapshot: it has no events, unless a later export shows it open again.
    - A resolution that moves while two exports both show the ticket done means that it was reopened unseen, or that
      somebody corrected the field: it is a doubt. The ticket comes back between the two, as late as can be: at the
      instant at which it is resolved again, as queued and without a status. How often it came back, and to what, is
      not known.
    - A ticket that a later export leaves out keeps its last state here, and goes on when it is seen again. What may be
      said of one that does not come back is up to `metrics.tickets.lives`.
    - Fields later than the export that shows them are not possible: a creation becomes the first export that shows the
      ticket, other fields become empty until an export allows them, and each is a doubt.
    - Exports that show no creation of any ticket: a ticket that is missing from the full export before it is first
      seen was created after that export, and by the time it is first seen or, if that comes first, was resolved or
      closed. For others it is not known, nor for one that was resolved or closed before that export.

    Args:
        rows: a row per ticket and export, or what `metrics.tickets.snapshot_rows.keep_changed_rows` kept of them:
            `ticket_id`, `export` (text), `snapshot_at`, `seen_until` (equal to `snapshot_at` where nothing was left
            out), `status`, `status_category`, `waiting_reason`, `team`, `priority`, `vendor`, `created_at`,
            `first_response_at`, `resolved_at`, `closed_at`, `load` (order of loads), `load_id`, `row_number` and
            `row_hash`. Of a ticket's rows in one export the last counts.
        exports: every export, those without rows included: `export`, `snapshot_at`, and `is_full`, whether a ticket
            that it leaves out is gone.
    """
    ordered = put_in_order(rows)
    is_repeated = ordered.select(equals_above("ticket", "snapshot_at").shift(-1, fill_value=False)).to_series()
    states = _carry_forward(ordered.filter(~is_repeated))
    lives = _lives(states, exports)
    changes = _date(_changes(states, lives))
    return Comparison(
        events=_events(changes),
        tickets=lives.drop("ticket", "created_after", "tells_history"),
        doubts=pl.concat([_repeated(ordered, is_repeated), *_impossible(states), *_contradictions(states, changes)]),
    )


def _is_first() -> pl.Expr:
    return pl.col("ticket").ne_missing(pl.col("ticket").shift(1))


def _has_moved() -> pl.Expr:
    """Whether a ticket that the export before shows done as well was resolved since that export."""
    resolved_at = pl.col("resolved_at")
    return (
        ~pl.col("is_first")
        & (pl.col("status_category") == _DONE)
        & (pl.col("status_category_before") == _DONE)
        & resolved_at.ne_missing(pl.col("resolved_at_before"))
        & (resolved_at > pl.col("shown_until"))
        & (resolved_at <= pl.col("snapshot_at"))
    )


def _has_returned() -> pl.Expr:
    """Whether a ticket was resolved once more though no export shows it open in between."""
    return _has_moved() & pl.col("resolved_at_before").is_not_null()


def _carry_forward(rows: pl.DataFrame) -> pl.DataFrame:
    """The state in each export, empty attributes filled from the one before, and the state before it.

    Adds `is_first` (of the ticket), `<attribute>_before` and `shown_until`, the latest export with the state before.
    """
    is_first = _is_first()
    says_status = pl.col("status").is_not_null() | is_first
    filled = rows.with_columns(
        is_first.alias("is_first"),
        *(
            pl.when(is_first).then(pl.col(name).fill_null(_NONE)).otherwise(name).forward_fill().alias(name)
            for name in _COMPARED
        ),
        *(
            pl.when(says_status).then(pl.col(name).cast(pl.String).fill_null(_NONE)).forward_fill().alias(name)
            for name in _OF_STATUS
        ),
    )
    before = [
        pl.when(~pl.col("is_first")).then(pl.col(name).shift(1)).alias(f"{name}_before")
        for name in (*_COMPARED, "status_category", "resolved_at")
    ]
    return filled.with_columns(*before, shown_until=pl.when(~pl.col("is_first")).then(pl.col("seen_until").shift(1)))


def _lives(states: pl.DataFrame, exports: pl.DataFrame) -> pl.DataFrame:
    """One row per ticket: what is known of it as a whole, and `tells_history`, whether it has events."""

    def possible(field: str) -> pl.Expr:
        return pl.when(pl.col(field) <= pl.col("seen_until")).then(field)

    is_settled = pl.col("status_category").is_in(_SETTLED)
    left_queue = (pl.col("status_category") != _QUEUED).cast(pl.UInt8).cum_max().cast(pl.Boolean)
    lives = states.group_by("ticket", maintain_order=True).agg(
        pl.col("ticket_id").first(),
        pl.col("created_at").drop_nulls().last(),
        pl.col("snapshot_at").first().alias("first_seen_at"),
        pl.col("seen_until").max().alias("last_seen_at"),
        pl.col("seen_until").filter(~left_queue).max().alias("queued_until_at"),
        possible("first_response_at").drop_nulls().last().alias("first_response_at"),
        *(possible(field).last().alias(field) for field in ("resolved_at", "closed_at")),
        pl.col("resolved_at").filter(_has_returned()).min().alias("reopened_unseen_at"),
        *(possible(field).first().alias(f"first_{field}") for field in ("resolved_at", "closed_at")),
        pl.col("export").first().alias("first_export"),
        pl.col("export").last().alias("last_export"),
        is_settled.first().alias("begins_settled"),
        (~is_settled).any().alias("was_open"),
    )
    dated = exports.unique().sort("export", "snapshot_at")
    dated = dated.with_columns(
        same_export_before=pl.col("export") == pl.col("export").shift(1), before=pl.col("snapshot_at").shift(1)
    ).select(
        pl.col("export").alias("first_export"),
        pl.col("snapshot_at").alias("first_seen_at"),
        "is_full",
        export_before_at=pl.when("same_export_before").then("before"),
    )
    latest_of = exports.group_by("export").agg(
        pl.col("snapshot_at").max().alias("latest_at"), pl.col("is_full").first().alias("last_is_full")
    )
    tells_creation = states.group_by("export").agg(pl.col("created_at").is_not_null().any().alias("tells_creation"))
    lives = (
        lives.join(dated, on=["first_export", "first_seen_at"], how="left", maintain_order="left")
        .join(latest_of.rename({"export": "last_export"}), on="last_export", how="left", maintain_order="left")
        .join(tells_creation.rename({"export": "first_export"}), on="first_export", how="left", maintain_order="left")
    )
    previous = pl.col("export_before_at")
    settled_at = pl.when("begins_settled").then(pl.min_horizontal("first_resolved_at", "first_closed_at"))
    # What was settled by an export that does not show it was there all the same, and left out.
    is_missed = pl.col("is_full") & previous.is_not_null() & (settled_at > previous).fill_null(True)
    is_found_new = is_missed & ~pl.col("tells_creation")
    created_at = pl.when(is_found_new).then(pl.min_horizontal("first_seen_at", settled_at)).otherwise("created_at")
    is_covered = (created_at >= previous).fill_null(is_missed)
    return lives.select(
        "ticket",
        "ticket_id",
        created_at=pl.when(created_at.is_not_null()).then(pl.min_horizontal(created_at, "first_seen_at")),
        first_response_at="first_response_at",
        resolved_at="resolved_at",
        closed_at="closed_at",
        first_seen_at="first_seen_at",
        last_seen_at="last_seen_at",
        queued_until_at="queued_until_at",
        has_disappeared=pl.when("last_is_full").then(pl.col("last_seen_at") < pl.col("latest_at")),
        reopened_unseen_at="reopened_unseen_at",
        # Then the export before it is the latest that shows what was before: nothing.
        created_after=pl.when(is_found_new).then(previous),
        tells_history=pl.col("was_open") | is_covered.fill_null(False),
    )


def _changes(states: pl.DataFrame, lives: pl.DataFrame) -> pl.DataFrame:
    """The first row of each ticket and those that differ from the row before, of tickets with a history.

    Adds `returns`, whether the ticket came back and was resolved since the row before, and `lower`.
    """
    differs = pl.any_horizontal(pl.col(name) != pl.col(f"{name}_before") for name in _COMPARED)
    states = states.with_columns(returns=_has_returned().fill_null(False))
    changes = states.filter(pl.col("is_first") | differs | pl.col("returns"))
    born = lives.select("ticket", "tells_history", "created_after", born_at="created_at")
    joined = changes.join(born, on="ticket", how="left", maintain_order="left")
    return joined.filter("tells_history").with_columns(
        # What happened first can have happened any time since the creation.
        lower=pl.when("is_first").then("born_at").otherwise("shown_until")
    )


def _date(changes: pl.DataFrame) -> pl.DataFrame:
    """Adds `occurred_at`, `is_exact`, and `doubted`, the name of a field that lies before the exports allow it."""
    category = pl.col("status_category")
    is_entry = pl.col("is_first") | (category != pl.col("status_category_before"))
    enters_done, enters_cancelled = is_entry & (category == _DONE), is_entry & (category == _CANCELLED)
    moves_within_done = ~is_entry & (category == _DONE) & (pl.col("status") != pl.col("status_before"))
    resolved, closed = pl.lit("resolved_at"), pl.lit("closed_at")
    first_field = pl.when(enters_done).then(resolved).when(enters_cancelled | moves_within_done).then(closed)
    second_field = pl.when(enters_done).then(closed).when(enters_cancelled).then(resolved)
    named = changes.with_columns(first_field=first_field, second_field=second_field)

    def value_of(field: str) -> pl.Expr:
        return (
            pl.when(pl.col(field) == "resolved_at")
            .then("resolved_at")
            .when(pl.col(field) == "closed_at")
            .then("closed_at")
        )

    def allowed(instant: pl.Expr) -> pl.Expr:
        is_early = (instant < pl.col("lower")).fill_null(False)
        return pl.when(~is_early & (instant <= pl.col("snapshot_at"))).then(instant)

    begins_open = pl.col("is_first") & ~category.is_in(_NOT_AT_FIRST)
    exact = pl.coalesce(
        pl.when(begins_open).then("born_at"),
        pl.when("returns").then("resolved_at"),
        allowed(value_of("first_field")),
        allowed(value_of("second_field")),
    )
    has_first = value_of("first_field").is_not_null()
    looked_at = pl.coalesce(value_of("first_field"), value_of("second_field"))
    is_contradicted = ~pl.col("is_first") & (looked_at < pl.col("lower"))
    return named.with_columns(
        occurred_at=pl.coalesce(exact, "snapshot_at"),
        is_exact=exact.is_not_null(),
        doubted=pl.when(is_contradicted).then(pl.when(has_first).then("first_field").otherwise("second_field")),
    )


def _events(changes: pl.DataFrame) -> pl.DataFrame:
    """Dated changes as rows of `stg_ticket_events`: only what changed is named."""
    is_first, returns = pl.col("is_first"), pl.col("returns")

    def told(name: str, when: pl.Expr) -> pl.Expr:
        return pl.when(when & (pl.col(name) != _NONE)).then(name).alias(name)

    differs = {name: is_first | (pl.col(name) != pl.col(f"{name}_before")) for name in _COMPARED}
    differs["status"] |= returns
    events = changes.select(
        "ticket",
        "ticket_id",
        "occurred_at",
        # Nothing of a ticket happened before it was created, however exactly a field tells the rest.
        earliest_at=pl.coalesce(pl.when(is_first).then("created_after"), pl.when(~pl.col("is_exact")).then("lower")),
        **{name: told(name, differs[name]) for name in _COMPARED},
        **{name: told(name, differs["status"]) for name in _OF_STATUS},
        **{
            f"{name}_before": told(f"{name}_before", differs[name] & ~is_first)
            for name in ("status", "team", "priority")
        },
        status_category_before=told("status_category_before", differs["status"] & ~is_first),
        **{name: pl.col(name) for name in _PROVENANCE},
    )
    # The exports say in which order changes came, also where exact fields put two of them at one instant.
    number = pl.int_range(pl.len(), dtype=pl.Int64)
    of_first = pl.when(_is_first()).then(number).forward_fill()
    events = _add_returns(events, changes).with_columns(event_sequence=number - of_first + 1)
    return events.select(pl.exclude("ticket", "event_sequence", "earliest_at"), "event_sequence", "earliest_at")


def _add_returns(events: pl.DataFrame, changes: pl.DataFrame) -> pl.DataFrame:
    """Events with those by which tickets came back unseen, each before the one that resolves it once more."""
    returns = changes["returns"]
    if not returns.any():
        return events
    queued = pl.lit(_QUEUED)
    came_back = events.with_columns(changes["lower"]).filter(returns)
    came_back = came_back.with_columns(
        earliest_at="lower",
        status_category=queued,
        **{name: pl.lit(None, pl.String) for name in ("status", "waiting_reason", "team", "priority", "vendor")},
        **{name: pl.lit(None, pl.String) for name in ("team_before", "priority_before")},
    )
    resolved = pl.when(pl.lit(returns))
    events = events.with_columns(
        status_before=resolved.then(None).otherwise("status_before"),
        status_category_before=resolved.then(queued).otherwise("status_category_before"),
    )
    place = pl.int_range(pl.len(), dtype=pl.Int64).alias("place")
    events = events.with_columns(place, is_resolution=pl.lit(True))
    came_back = came_back.with_columns(returns.arg_true().cast(pl.Int64).alias("place"), is_resolution=pl.lit(False))
    together = pl.concat([events, came_back.select(events.columns)]).sort("place", "is_resolution")
    return together.drop("place", "is_resolution")


def _doubt(rows: pl.DataFrame, field: pl.Expr, problem: str) -> pl.DataFrame:
    return rows.select(
        "ticket_id", "load_id", "row_number", field.cast(pl.String).alias("field"), pl.lit(problem).alias("problem")
    )


def _repeated(ordered: pl.DataFrame, is_repeated: pl.Series) -> pl.DataFrame:
    """Rows of a ticket that stands once more in the same export, in another state."""
    differs = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(-1)) for name in _COMPARED)
    twice = ordered.filter(is_repeated & ordered.select(differs).to_series())
    return _doubt(twice, pl.lit("ticket_id"), "repeated_in_snapshot")


def _impossible(states: pl.DataFrame) -> list[pl.DataFrame]:
    """Fields later than the export that shows them."""
    return [
        _doubt(states.filter(pl.col(field) > pl.col("snapshot_at")), pl.lit(field), "after_snapshot")
        for field in _PAST_FIELDS
    ]


def _contradictions(states: pl.DataFrame, changes: pl.DataFrame) -> list[pl.DataFrame]:
    """Fields that date a change before an export that still shows the state before, or after one that shows it done."""
    moved, returned = states.filter(_has_moved()), _has_returned()
    return [
        _doubt(changes.filter(pl.col("doubted").is_not_null()), pl.col("doubted"), "outside_snapshots"),
        _doubt(moved.filter(pl.col("resolved_at_before").is_null()), pl.lit("resolved_at"), "outside_snapshots"),
        _doubt(moved.filter(returned), pl.lit("resolved_at"), "unseen_reopening"),
    ]
