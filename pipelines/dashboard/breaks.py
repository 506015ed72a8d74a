"""Breaks in lines: periods that have no row, between the first and the last that have one."""

from __future__ import annotations

from datetime import date

import polars as pl

from metrics.periods import Period
from models.vocabulary import Grain


def with_breaks(values: pl.DataFrame) -> pl.DataFrame:
    """The rows, and one without a value for each period between them, so that no line is drawn across it.

    Args:
        values: `period_grain` of one grain, `period_start_date`, `is_period_closed`, and `dimension_value` where a line
            is of one.
    """
    if values.is_empty() or "period_grain" not in values.columns:
        return values
    grain = Grain(values["period_grain"][0])
    lines = values.partition_by("dimension_value") if "dimension_value" in values.columns else [values]
    added = [
        line.head(1).select(
            pl.lit(start).alias(name)
            if name == "period_start_date"
            else pl.lit(value=True).alias(name)
            if name == "is_period_closed"
            else pl.col(name)
            if name in ("period_grain", "dimension", "dimension_value", "metric")
            else pl.lit(None, line.schema[name]).alias(name)
            for name in line.columns
        )
        for line in lines
        for start in _between(line["period_start_date"].to_list(), grain)
    ]
    return pl.concat([values, *added]).sort("period_start_date", maintain_order=True) if added else values


def _between(starts: list[date], grain: Grain) -> list[date]:
    known, period, missing = set(starts), Period(grain, min(starts)), []
    while period.start < max(starts):
        if period.start not in known:
            missing.append(period.start)
        period = period.following
    return missing
