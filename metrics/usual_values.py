"""What is usual for a source by its own past, and what lies beyond it: robust statistics that all drift is judged by.

Robust, so that neither one busy day nor an old incident moves what is usual: medians, and the median absolute
deviation. What is usual spreads by chance alone at least as much as counting does. No test of a hypothesis, and no
forecast: a trend or a season within the past widens what is usual.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import polars as pl

#: The least of a past that says anything.
FEWEST_BEFORE: Final = 8
#: How many spreads away from the median is unusual: seen by chance about once in a million times where the spread is
#: that of a normal distribution.
LIMIT: Final = 5.0
#: Makes the median absolute deviation the standard deviation of a normal distribution: 1 / Phi^-1(3/4).
NORMAL: Final = 1.4826

FINDING_SCHEMA: Final = pl.Schema(
    {
        "source": pl.String,
        "measure": pl.String,
        "member": pl.String,
        "first_date": pl.Date,
        "last_date": pl.Date,
        "observed": pl.Float64,
        "expected": pl.Float64,
        "tolerance": pl.Float64,
    }
)


def find_unusual(frame: pl.DataFrame, slots: list[str], window_start: date, chance: pl.Expr) -> pl.DataFrame:
    """Rows of the window that lie beyond what is usual in their slot, with `expected` and `tolerance`.

    Args:
        frame: `first_date`, `observed`, the slots, and whatever `chance` asks.
        slots: columns within which rows are compared.
        window_start: rows that begin on it or later are judged; those before are the past.
        chance: how far chance alone spreads what is observed.
    """
    before = frame.filter(pl.col("first_date") < window_start)
    medians = before.group_by(slots).agg(pl.col("observed").median().alias("expected"), pl.len().alias("before_count"))
    deviations = (
        before.join(medians, on=slots)
        .group_by(slots)
        .agg((pl.col("observed") - pl.col("expected")).abs().median().alias("deviation"))
    )
    return (
        frame.filter(pl.col("first_date") >= window_start)
        .join(medians.filter(pl.col("before_count") >= FEWEST_BEFORE), on=slots)
        .join(deviations, on=slots)
        .with_columns((LIMIT * pl.max_horizontal(NORMAL * pl.col("deviation"), chance)).alias("tolerance"))
        .filter((pl.col("observed") - pl.col("expected")).abs() > pl.col("tolerance"))
    )


def chance_of_share(count: pl.Expr) -> pl.Expr:
    """How far a share of `count` things spreads by chance. One more or less is chance, whatever a median of 0 says."""
    expected = pl.col("expected")
    return pl.max_horizontal((expected * (1 - expected) / count).sqrt(), 1 / count)
