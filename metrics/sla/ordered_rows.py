"""Rows in order, such as stretches by ticket and time: what held where something last began."""

from __future__ import annotations

import polars as pl


def since(begins: pl.Expr, value: pl.Expr) -> pl.Expr:
    """The value at the last row that begins something, for every row. The value must not be empty there."""
    return pl.when(begins).then(value).forward_fill()
