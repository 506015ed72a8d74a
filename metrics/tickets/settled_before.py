"""Tickets that were done or cancelled before the events that are known of them, dated by their own fields.

A log that begins between a resolution and the closure of it would otherwise date the resolution by the closure.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from models.vocabulary import ExportShape, StatusCategory

#: The fields that say since when a ticket is what it is, the better one first.
_FIELDS: Final = {
    StatusCategory.DONE.value: ("resolved_at", "closed_at"),
    StatusCategory.CANCELLED.value: ("closed_at", "resolved_at"),
}


def settle_by_fields(rows: pl.DataFrame, tickets: pl.DataFrame) -> pl.DataFrame:
    """The rows of lives, with an earlier instant for the first event of a ticket that was settled by then.

    That is one with a category of done or cancelled that says nothing of what was before. It takes place when the
    ticket's field says, if that is not before the ticket's creation and before the event. Nothing changes places, for
    before a first event there is only the ticket's beginning. Repeated snapshots have dated their own by the same
    fields, as far as other exports do not contradict them.

    Args:
        rows: beginnings and events in order of ticket and time: `ticket` (position in `tickets`), `is_beginning`,
            `occurred_at`, `status_category`, `status_before`, `status_category_before`.
        tickets: rows of `stg_tickets`.
    """
    begins = pl.col("is_beginning")
    tells_nothing_before = pl.col("status_before").is_null() & pl.col("status_category_before").is_null()
    is_settled_first = begins.shift(1) & ~begins & pl.col("status_category").is_in(list(_FIELDS)) & tells_nothing_before
    place = rows.select(is_settled_first.fill_null(False)).to_series().arg_true()
    if place.is_empty():
        return rows
    first = rows.select("ticket", "status_category", "occurred_at")[place].with_columns(place=place)
    own = tickets.select("export_shape", "created_at", "resolved_at", "closed_at")[first["ticket"]]
    category = pl.col("status_category")
    settled_at = pl.coalesce(pl.when(category == name).then(pl.coalesce(fields)) for name, fields in _FIELDS.items())
    dated = pl.concat([first, own], how="horizontal").with_columns(settled_at=settled_at)
    dated = dated.filter(
        pl.col("settled_at").is_between("created_at", "occurred_at", closed="left"),
        pl.col("export_shape").ne_missing(ExportShape.REPEATED_SNAPSHOTS.value),
    )
    return rows.with_columns(rows["occurred_at"].scatter(dated["place"], dated["settled_at"]))
