"""Small things that every computation over tickets' rows needs: to find a ticket's row, and to subtract instants."""

from __future__ import annotations

import polars as pl


def match_rows(ticket_ids: pl.Series, wanted: pl.Series) -> pl.Series:
    """For each ticket id, the position of that ticket in `wanted`, as a series called `position`.

    Rows that come grouped in the order of `wanted`, as these functions themselves give them, are only counted, which
    is many times faster than the join that any other order takes.

    Raises:
        KeyError: a ticket that is not in `wanted`.
    """
    begins = ticket_ids.ne_missing(ticket_ids.shift(1))
    if ticket_ids.filter(begins).equals(wanted):
        return (begins.cast(pl.UInt32).cum_sum() - 1).alias("position")
    index = pl.DataFrame({"ticket_id": wanted}).with_row_index("position")
    position = pl.DataFrame({"ticket_id": ticket_ids}).join(index, on="ticket_id", how="left", maintain_order="left")[
        "position"
    ]
    if position.has_nulls():
        missing = ticket_ids.filter(position.is_null())[0]
        raise KeyError(f"ticket {missing} has intervals but is not among the tickets; compute both from one staging")
    return position


def length(start: str, end: str) -> pl.Expr:
    """Microseconds by the clock on the wall between two instants."""
    return pl.col(end).to_physical() - pl.col(start).to_physical()
