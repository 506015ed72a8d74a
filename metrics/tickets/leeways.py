"""Between what instants and durations of a ticket's life lie, where comparing exports dates them only so closely.

A change that an export first shows happened since the export before. So a duration that begins or ends with one is
known to within the time between the two: it has a least and a greatest length. What a log tells, or a field of the
ticket, is exact. The durations themselves, which take every change for as late as it can have been, are measured in
`metrics.tickets.lives`; what the bounds of a metric are is in `metrics.measuring`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import polars as pl

from metrics.calendars.business_time import OpenTime
from metrics.tickets.rows import match_rows
from metrics.tickets.steps import IS_UNSEEN_RETURN
from models.vocabulary import StatusCategory

_INSTANT: Final = pl.Datetime("us", "UTC")
_LEAST, _GREATEST = "least", "greatest"
#: Duration -> the instants between which it lies.
_SPANS: Final = {
    "lead_time": ("created", "resolved"),
    "cycle_time": ("active", "resolved"),
    "first_resolution": ("created", "first_resolved"),
    "first_response": ("created", "response"),
    "age": ("created", "now"),
}
_INSTANTS: Final = ("created", "active", "resolved", "first_resolved", "response", "cancelled")
#: Instants that decide in which period a ticket counts.
_OF_PERIODS: Final = ("created", "resolved", "cancelled")


def bound_lives(
    measured: pl.DataFrame, intervals: pl.DataFrame, steps: pl.DataFrame, as_of: datetime, open_time: OpenTime
) -> list[pl.Series]:
    """Between what each instant and each duration lies that is not known exactly.

    - A ticket that exports show queued has not been active yet; whatever takes it out of the queue, somebody can have
      begun on the way. One that the first export shows active may have been queued before.
    - A ticket of which only a resolution that moved tells that it came back may have stayed resolved since the one
      before.
    - The first resolution can have come as soon as the ticket was created, for it may have come back before an export
      showed it.
    - What lies between two exports is counted by the calendar of either state, where their calendars differ.

    Args:
        measured: a row per ticket with the columns of `fct_tickets`, `ticket`, `is_compared`, `first_seen_at`,
            `queued_until_at` and `reopened_unseen_at`.
        intervals: rows of `fct_ticket_intervals` of the same tickets, in order of time.
        steps: their steps.

    Returns:
        Columns `<created, resolved or cancelled>_earliest_at` and
        `<duration>_<least or greatest>_<clock>_microseconds`, aligned with `measured`, empty where an instant or a
        duration is exact; no columns where all are, as in a log.
    """
    is_compared = measured["is_compared"]
    if not is_compared.any():
        return []
    ends = _ends(measured, steps, as_of)
    rows = _rows(intervals, measured, ends["created_from"])
    differs = pl.any_horizontal(pl.col(f"{name}_from") != pl.col(f"{name}_to") for name in _INSTANTS).fill_null(False)
    changes = _changes_of_calendar(rows)
    has_change = pl.repeat(False, measured.height, eager=True).scatter(changes["life"], True)
    is_open = is_compared & (ends.select(differs).to_series() | has_change)
    if not is_open.any():
        return []
    own, values = ends.filter(is_open), measured.filter(is_open)
    rows, changes = _pick(rows, is_open), _pick(changes, is_open)
    found = _windows(ends.with_columns(is_compared=is_compared))
    for measure, (start, end) in _SPANS.items():
        windows = {
            _LEAST: own.select(start=f"{start}_to", end=f"{end}_from"),
            _GREATEST: own.select(start=f"{start}_from", end=f"{end}_to"),
        }
        wall = {name: _wall_time(window) for name, window in windows.items()}
        for clock, lengths in (("calendar", wall), ("business", _open_time(windows, rows, changes, open_time))):
            value = values[f"{measure}_{clock}_microseconds"]
            is_exact = (lengths[_LEAST] == value) & (lengths[_GREATEST] == value)
            is_told = value.is_not_null() & ~is_exact
            for name, length in lengths.items():
                empty = pl.repeat(None, measured.height, dtype=pl.Int64, eager=True)
                told = empty.scatter(is_open.arg_true().filter(is_told), length.filter(is_told))
                found.append(told.alias(f"{measure}_{name}_{clock}_microseconds"))
    return found


def _windows(ends: pl.DataFrame) -> list[pl.Series]:
    """From when an instant can have been that decides the period of a ticket."""
    is_earlier = {name: pl.col("is_compared") & (pl.col(f"{name}_from") < pl.col(f"{name}_at")) for name in _OF_PERIODS}
    return ends.select(
        pl.when(is_earlier[name]).then(f"{name}_from").alias(f"{name}_earliest_at") for name in _OF_PERIODS
    ).get_columns()


def _ends(measured: pl.DataFrame, steps: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Of each instant, `<name>_from` and `<name>_to`, between which it lies; one row per ticket."""
    until = pl.lit(as_of, dtype=_INSTANT)
    blurred = steps.filter(pl.col("earliest_at") < pl.col("started_at")).select(
        "ticket", "started_at", "earliest_at", "status_category"
    )

    def earliest(instant: str, wanted: pl.Expr) -> pl.Series:
        """The latest export that shows what was before, of the steps that begin at that instant."""
        of_ticket = blurred.filter(wanted).group_by("ticket", "started_at").agg(pl.col("earliest_at").min())
        asked = measured.select("ticket", started_at=instant)
        return asked.join(of_ticket, on=["ticket", "started_at"], how="left", maintain_order="left")["earliest_at"]

    is_done, is_cancelled = (
        pl.col("status_category") == category.value for category in (StatusCategory.DONE, StatusCategory.CANCELLED)
    )
    created, active = pl.col("created_at"), pl.col("first_active_at")
    queued_until = pl.when(pl.col("queued_until_at") <= until).then("queued_until_at")
    is_active_at_sight = (active == created) & (pl.col("first_seen_at") > created)
    resolved_from = pl.coalesce(
        pl.lit(_resolved_before(measured, steps)), pl.lit(earliest("resolved_at", is_done)), "resolved_at"
    )
    created_from = pl.coalesce(pl.lit(earliest("created_at", pl.lit(True))), created)
    return measured.select(
        "created_at",
        "resolved_at",
        "cancelled_at",
        created_from=created_from,
        created_to=created,
        active_from=pl.min_horizontal(pl.max_horizontal(created_from, queued_until), active),
        active_to=pl.when(is_active_at_sight).then(pl.min_horizontal("first_seen_at", until)).otherwise(active),
        resolved_from=resolved_from,
        cancelled_from=pl.coalesce(pl.lit(earliest("cancelled_at", is_cancelled)), "cancelled_at"),
        cancelled_to="cancelled_at",
        resolved_to="resolved_at",
        first_resolved_from=created_from,
        first_resolved_to="first_resolved_at",
        response_from=pl.coalesce(
            pl.min_horizontal("first_response_earliest_at", "first_response_at"), "first_response_at"
        ),
        response_to="first_response_at",
        now_from=until,
        now_to=until,
    )


def _resolved_before(measured: pl.DataFrame, steps: pl.DataFrame) -> pl.Series:
    """When each ticket was resolved before it came back, if only a resolution that moved tells that it did.

    That one stands if somebody corrected the field. Where it came back so several times, it is the one before them all.
    """
    moved = measured.select("ticket", "reopened_unseen_at").drop_nulls("reopened_unseen_at")
    theirs = steps.join(moved.select("ticket"), on="ticket", how="semi", maintain_order="left")
    is_done = pl.col("status_category") == StatusCategory.DONE.value
    resolved_at = pl.coalesce("earliest_at", "started_at").filter(is_done)
    cycles = (
        theirs.group_by("ticket", "cycle_number", maintain_order=True)
        .agg(is_unseen=IS_UNSEEN_RETURN.first(), resolved_before=resolved_at.first())
        .with_columns(resolved_before=pl.when(~pl.col("is_unseen")).then("resolved_before").forward_fill())
    )
    last = cycles.unique("ticket", keep="last", maintain_order=True).filter("is_unseen")
    return measured.select("ticket").join(last, on="ticket", how="left", maintain_order="left")["resolved_before"]


def _rows(intervals: pl.DataFrame, measured: pl.DataFrame, created_from: pl.Series) -> pl.DataFrame:
    """The stretches of compared tickets in order, each with its `life`, the place of its ticket.

    The first one begins at the earliest instant at which the ticket can have been created.
    """
    position = match_rows(intervals["ticket_id"], measured["ticket_id"])
    told = intervals.select("interval_number", "calendar", "started_at", "started_earliest_at", "ended_at")
    rows = told.with_columns(position.alias("life")).filter(measured["is_compared"].gather(position))
    begins = pl.col("interval_number") == 1
    from_creation = pl.min_horizontal("started_at", pl.lit(created_from.gather(rows["life"])))
    return rows.with_columns(started_at=pl.when(begins).then(from_creation).otherwise("started_at")).sort(
        "life", "interval_number"
    )


def _pick(rows: pl.DataFrame, is_wanted: pl.Series) -> pl.DataFrame:
    """The rows of the lives that are wanted, which are numbered anew."""
    number = is_wanted.cast(pl.Int64).cum_sum() - 1
    wanted = rows.filter(is_wanted.gather(rows["life"]))
    return wanted.with_columns(number.gather(wanted["life"]).alias("life"))


def _changes_of_calendar(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows that begin some time between two exports and by another calendar than the one before, `calendar_before`."""
    before, goes_on = pl.col("calendar").shift(1), pl.col("life") == pl.col("life").shift(1)
    is_blurred = pl.col("started_earliest_at") < pl.col("started_at")
    return rows.with_columns(calendar_before=before).filter(goes_on & is_blurred & (pl.col("calendar") != before))


def _wall_time(window: pl.DataFrame) -> pl.Series:
    length = pl.col("end").to_physical() - pl.col("start").to_physical()
    return window.select(length.clip(0)).to_series()


def _open_time(
    windows: Mapping[str, pl.DataFrame], rows: pl.DataFrame, changes: pl.DataFrame, open_time: OpenTime
) -> dict[str, pl.Series]:
    """Open time of each life within its least and its greatest window."""
    lengths = {name: _sum(_within(rows, window), window.height, open_time) for name, window in windows.items()}
    if changes.is_empty():
        return lengths
    times = {
        _LEAST: open_time.between(*changes.select("calendar_before", "started_earliest_at", "started_at")),
        _GREATEST: open_time.between(*changes.select("calendar", "started_earliest_at", "started_at")),
    }
    for name, window in windows.items():
        start, end = (window[column].gather(changes["life"]) for column in ("start", "end"))
        touches = changes.select((pl.col("started_at") > start) & (pl.col("started_earliest_at") < end)).to_series()
        moved = changes.select("life", times[name].alias("time")).filter(touches)
        sums = _sum_by_life(moved, window.height)
        lengths[name] = lengths[name] + sums if name == _GREATEST else (lengths[name] - sums).clip(0)
    return lengths


def _within(rows: pl.DataFrame, window: pl.DataFrame) -> pl.DataFrame:
    """What of the stretches lies within the window of their life."""
    start, end = (window[column].gather(rows["life"]) for column in ("start", "end"))
    cut = rows.with_columns(
        started_at=pl.max_horizontal("started_at", pl.lit(start)),
        ended_at=pl.when(pl.lit(end).is_not_null()).then(pl.min_horizontal("ended_at", pl.lit(end))),
    )
    return cut.filter(pl.lit(start).is_not_null() & (pl.col("ended_at") > pl.col("started_at")))


def _sum(stretches: pl.DataFrame, count: int, open_time: OpenTime) -> pl.Series:
    time = open_time.between(*stretches.select("calendar", "started_at", "ended_at"))
    return _sum_by_life(stretches.select("life", time.alias("time")), count)


def _sum_by_life(times: pl.DataFrame, count: int) -> pl.Series:
    sums = times.group_by("life").agg(pl.col("time").sum())
    return pl.zeros(count, dtype=pl.Int64, eager=True).scatter(sums["life"], sums["time"])
