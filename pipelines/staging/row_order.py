"""Which of the rows that tell of one ticket is the later one, where each row is an update with an instant of its own.

The row of an event log says what the ticket was like after that update. So the row of the latest update says what it is
like, in whichever file it stands and whenever that came: a file of March that is dropped in May takes no word from
April's. Where rows are as late as each other, and where exports tell no events, files and rows count in their order,
which is for `pipelines.landing.load_order` to say.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import polars as pl

from pipelines.staging.mapping import StagedPart

#: Columns that `dated_by_events` gives a part of tickets: when its row's update happened, and the update's number.
_UPDATE: Final = {"update_at": "occurred_at", "update_number": "event_sequence"}
_UPDATE_TYPES: Final = {"update_at": pl.Datetime("us", "UTC"), "update_number": pl.Int64()}
#: Columns by which the rows of a ticket are ordered, the latest last; see `in_order`.
ROW_ORDER: Final = ("part_number", *_UPDATE)


def dated_by_events(tickets: StagedPart, events: StagedPart) -> StagedPart:
    """The part of tickets, each row with the instant and the number of the update that it is, if it is one.

    Args:
        tickets, events: what the same raw rows contribute to tickets and to their events, row by row.
    """
    told = [events.frame[name].alias(alias) for alias, name in _UPDATE.items() if name in events.frame.columns]
    return replace(tickets, frame=tickets.frame.with_columns(told))


def in_order(number: int, rows: pl.DataFrame, part: pl.DataFrame) -> pl.DataFrame:
    """Rows of tickets with `ROW_ORDER`: those of later parts after all of earlier ones, and within a part the updates
    by their instants and numbers. Rows that are no update, or whose instant could not be read, come first.

    Args:
        number: of the part, among all of them.
        rows: the part's rows with the columns of `stg_tickets`.
        part: the same as `dated_by_events` left them.
    """
    told = {name: part[name].cast(type_) for name, type_ in _UPDATE_TYPES.items() if name in part.columns}
    untold = {name: pl.lit(None, type_) for name, type_ in _UPDATE_TYPES.items() if name not in told}
    return rows.with_columns(pl.lit(number, pl.UInt16).alias("part_number")).with_columns(**told, **untold)
