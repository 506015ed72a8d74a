"""Which gaps in instrumentation still happen, by the last months of each metric, and what they take together.

Exports end at different times, so that each metric has last months of its own. What is to be put right first is decided
in `metrics.instrumentation.scorecard`.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from models.vocabulary import GapKind

#: How far back gaps of a metric are looked for: months, up to its last closed one.
MONTHS: Final = 13
#: A gap still happens if it lies in one of so many last closed months of a metric, or in the open one. They are taken
#: together, so that a month of few records does not come first by chance.
RECENT_MONTHS: Final = 3

#: What names a gap: whose records, of which table, for which reason.
PLACE: Final = ["source", "table_name", "rule_id"]
_TOLD: Final = (GapKind.QUARANTINED.value, GapKind.NOT_INSTRUMENTED.value, GapKind.UNALLOCATED.value)


def find_latest_gaps(gaps: pl.DataFrame, months: pl.DataFrame) -> pl.DataFrame:
    """The row of each gap and metric in the latest closed month that has it, or in the open one where none has.

    Args:
        gaps: rows of `models.marts.instrumentation_gaps`.
        months: `metric`, `period_start_date` and `eligible_count` of each closed month of each metric over everything.

    Returns:
        The columns of `gaps`, and `last_closed_date` and `last_seen_date`, first days of the metric's last closed
        month and of the latest month that has the gap; `recent_lost`, the coverage that it takes from the last closed
        months together, empty where it lies in none of them; `is_recent`, whether it still happens.
    """
    return _with_recent_losses(_latest_of_each_metric(gaps, months), gaps, months)


def _latest_of_each_metric(gaps: pl.DataFrame, months: pl.DataFrame) -> pl.DataFrame:
    """Of each place and metric the latest closed month that the gap touches; the open one where there is none.

    Beside it `last_seen_date`, the last month of the gap, and `last_closed_date`, the last closed one of the metric.
    """
    last = months.group_by("metric").agg(last_closed_date=pl.col("period_start_date").max())
    month, last_month = pl.col("period_start_date"), pl.col("last_closed_date")
    told = gaps.filter(pl.col("gap_kind").is_in(_TOLD)).join(last, on="metric", how="left")
    near = told.filter(last_month.is_null() | (month > last_month.dt.offset_by(f"-{MONTHS}mo")))
    return (
        near.with_columns(last_seen_date=month.max().over(*PLACE, "metric"))
        .sort("is_period_closed", "period_start_date", descending=True)
        .unique([*PLACE, "metric"], keep="first", maintain_order=True)
    )


def _with_recent_losses(touched: pl.DataFrame, gaps: pl.DataFrame, months: pl.DataFrame) -> pl.DataFrame:
    """With `recent_lost`, the coverage that a gap takes from the last closed months of a metric together; empty where
    it lies in none of them; and `is_recent`, whether it lies in one of them or in the open month."""
    newest = months.sort("period_start_date", descending=True).group_by("metric", maintain_order=True)
    recent = newest.head(RECENT_MONTHS)
    eligible = recent.group_by("metric").agg(recent_eligible_count=pl.col("eligible_count").sum())
    lost = (
        gaps.join(recent.select("metric", "period_start_date"), on=["metric", "period_start_date"], how="semi")
        .group_by(*PLACE, "metric")
        .agg(recent_count=pl.col("attributed_record_count").sum())
        .join(eligible, on="metric", how="left")
        .with_columns(
            recent_lost=pl.when(pl.col("recent_eligible_count") > 0)
            .then(pl.col("recent_count") / pl.col("recent_eligible_count"))
        )
        .drop("recent_count", "recent_eligible_count")
    )  # fmt: skip
    in_open = gaps.filter(~pl.col("is_period_closed")).select(*PLACE, "metric").unique()
    return (
        touched.join(lost, on=[*PLACE, "metric"], how="left")
        .join(in_open.with_columns(is_in_open=pl.lit(value=True)), on=[*PLACE, "metric"], how="left")
        .with_columns(is_recent=pl.col("recent_lost").is_not_null() | pl.col("is_in_open").fill_null(value=False))
        .drop("is_in_open")
    )
