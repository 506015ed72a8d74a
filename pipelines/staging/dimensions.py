"""One name for one thing: aliases of teams, priorities, services and vendors, from policies/dimensions.yaml."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl


def apply_aliases(frame: pl.DataFrame, dimensions: Mapping[str, Mapping[str, str]]) -> pl.DataFrame:
    """Replace the values that a policy names; others stay as the source wrote them.

    Args:
        dimensions: dimension -> (alias in lower case -> common name). `<dimension>_before` columns follow it.
    """
    expressions = []
    for dimension, aliases in dimensions.items():
        for column in (dimension, f"{dimension}_before"):
            if aliases and column in frame.columns:
                replaced = (
                    pl.col(column)
                    .str.to_lowercase()
                    .replace_strict(list(aliases), list(aliases.values()), default=None, return_dtype=pl.String)
                )
                expressions.append(pl.coalesce(replaced, pl.col(column)).alias(column))
    return frame.with_columns(expressions)
