"""Rows of repeated snapshots put in order, and which of them say something that the export before did not.

What their differences mean is said in `metrics.tickets.repeated_snapshots`.
"""

from __future__ import annotations

from typing import Final

import polars as pl

#: A key of so many values no longer fits 128 bits.
_MOST_KEYS: Final = 2**127


def keep_changed_rows(sightings: pl.DataFrame) -> pl.DataFrame:
    """The rows in which a ticket differs from its row in the export before, and its last one, with `seen_until`.

    Of a year of daily exports, that is a small part. `metrics.tickets.repeated_snapshots` says of the kept rows what it
    says of all.

    Args:
        sightings: a row per ticket and export: `ticket_id`, `snapshot_at`, `content` (equal only for equal rows),
            `load` and `row_number` (order of rows within one export), and any other columns.

    Returns:
        The kept rows in order of ticket and time. `seen_until` is the latest export up to which, in every export that
        shows the ticket, the row was the same.
    """
    ordered = put_in_order(sightings)
    ordered = ordered.filter(~equals_above("ticket", "snapshot_at", "content"))
    is_told_twice = equals_above("ticket", "snapshot_at")
    # A ticket that stands in one export in two ways has a last row there, which only all its rows can tell.
    is_alone = ~(is_told_twice | is_told_twice.shift(-1, fill_value=False))
    repeats = equals_above("ticket", "content") & is_alone
    ends_life = pl.col("ticket").ne_missing(pl.col("ticket").shift(-1))
    is_kept = ordered.select(~repeats | ends_life).to_series()
    seen_until = ordered["snapshot_at"].filter(is_kept.shift(-1, fill_value=True)).alias("seen_until")
    return ordered.filter(is_kept).drop("ticket").with_columns(seen_until)


def equals_above(*names: str) -> pl.Expr:
    """Whether a row equals the row above it in these columns, none of which is ever empty."""
    return pl.all_horizontal(pl.col(name) == pl.col(name).shift(1) for name in names).fill_null(False)


def put_in_order(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows in order of ticket, export, load and row, with `ticket`, a number.

    Packed into one key, which sorts several times faster than four columns.
    """
    coded = rows.with_columns(_number(rows["ticket_id"]).alias("ticket"))
    if coded.is_empty():
        return coded
    parts = ("ticket", "snapshot_at", "load", "row_number")
    numbers = [pl.col(name).to_physical().cast(pl.Int128) for name in parts]
    lows = coded.select([number.min() for number in numbers]).row(0)
    highs = coded.select([number.max() for number in numbers]).row(0)
    key, width = pl.lit(0, dtype=pl.Int128), 1
    for number, low, high in zip(numbers, lows, highs, strict=True):
        spread = int(high) - int(low) + 1
        key, width = key * spread + (number - int(low)), width * spread
    if width >= _MOST_KEYS:
        return coded.sort(parts)
    return coded[coded.select(key).to_series().arg_sort()]


def _number(texts: pl.Series) -> pl.Series:
    """The position of each text among the distinct ones in order: only those are sorted, which are few."""
    categories = texts.cast(pl.Categorical)
    codes = categories.to_physical()
    distinct = pl.DataFrame({"code": codes, "category": categories}).unique("code")
    distinct = distinct.sort(pl.col("category").cast(pl.String)).with_row_index("number")
    return codes.to_frame("code").join(distinct, on="code", how="left", maintain_order="left")["number"]
