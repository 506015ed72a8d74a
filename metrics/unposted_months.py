"""Months in which nothing at all was posted, between months of many postings: a file of the ledger never came.

Cost may lie in such a month nevertheless, because lines of other months are spread over its days: it looks like a month
that cost next to nothing. So it is judged by when lines were booked, against the other months of its source. Of months
that are there in part `metrics.part_months` tells.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Final

import polars as pl

from metrics.part_months import PART
from metrics.usual_values import FINDING_SCHEMA, LIMIT

#: The member of the finding, beside those of `metrics.part_months`.
UNPOSTED: Final = "nothing posted"
#: How far before and after a month the months lie that it is compared with.
_REACH_DAYS: Final = 24 * 31
_FEWEST_OTHER_MONTHS: Final = 3
#: So many full months there must be for each month without postings, where these are one gap and where they are
#: several: what is empty more often is how books are kept, such as payment runs every other month or each quarter.
_FEWEST_FULL_PER_MONTH: Final = 2
_FEWEST_FULL_OF_SEVERAL: Final = 3


def find_unposted_months(months: pl.DataFrame, *, excluded: Collection[date] = ()) -> pl.DataFrame:
    """Months without any line, between the first and the last of a source that books many in each month.

    A month is told if three quarters of the months around it have so many lines that none at all is beyond what chance
    makes of a count: books of few lines say nothing. Nor do months that are empty in another year, too; gaps that come
    again and again; and a gap of half as many months as have postings, after which books began anew.

    Args:
        months: one row per source and month that has lines: `source`, `first_date` (of the month), `line_count`.
        excluded: days of known incidents: a month that has any may well have nothing.

    Returns:
        Findings by `FINDING_SCHEMA`, of the measure `part of a month` and the member `UNPOSTED`: from the first to the
        last day of the month, 0 lines.
    """
    skipped = {day.replace(day=1) for day in excluded}
    found = []
    for (source,), of_source in months.sort("first_date").group_by("source", maintain_order=True):
        counts = dict(of_source.select("first_date", pl.col("line_count").cast(pl.Float64)).rows())
        for month in _exceptional_gaps(list(counts), _count_full(of_source["line_count"])):
            expected = None if month in skipped else _usual_count(counts, month)
            if expected is not None:
                found.append((source, month, expected, expected - _least_by_chance(expected)))
    schema = {name: FINDING_SCHEMA[name] for name in ("source", "first_date", "expected", "tolerance")}
    told = pl.DataFrame(found, schema=schema, orient="row").with_columns(
        measure=pl.lit(PART), member=pl.lit(UNPOSTED), last_date=pl.col("first_date").dt.month_end(), observed=0.0
    )
    return told.select(FINDING_SCHEMA.names()).sort("source", "first_date")


def _usual_count(counts: Mapping[date, float], month: date) -> float | None:
    """How many lines the months around one have, by their median; None where none at all may be chance."""
    near = pl.Series([count for other, count in counts.items() if abs((other - month).days) <= _REACH_DAYS])
    if len(near) < _FEWEST_OTHER_MONTHS or _least_by_chance(near.quantile(0.25, "nearest") or 0) <= 0:
        return None
    return float(pl.Series(near).quantile(0.5, "nearest") or 0)


def _least_by_chance(count: float) -> float:
    """The fewest lines that chance makes of so many: a count spreads by 1/2 around its square root (Anscombe 1948)."""
    return max(0.0, max(0.0, math.sqrt(count + 3 / 8) - LIMIT / 2) ** 2 - 3 / 8)


def _count_full(counts: pl.Series) -> int:
    """How many months have at least half as many lines as the upper quartile: one that has just begun says nothing."""
    upper = counts.quantile(0.75, "nearest") or 0
    return int((2 * counts >= upper).sum())


def _exceptional_gaps(posted: Sequence[date], full_count: int) -> list[date]:
    """The months between those in which something was posted, unless books are kept so that there are such months."""
    runs = [run for one, other in pairwise(posted) if (run := _between(one, other))]
    gaps = [month for run in runs for month in run]
    fewest = _FEWEST_FULL_PER_MONTH if len(runs) == 1 else _FEWEST_FULL_OF_SEVERAL
    if runs and full_count <= fewest * len(gaps):
        return []
    of_year = [month.month for month in gaps]
    return [month for month in gaps if of_year.count(month.month) == 1]


def _between(one: date, other: date) -> list[date]:
    first, last = one.year * 12 + one.month, other.year * 12 + other.month - 1
    return [date(number // 12, number % 12 + 1, 1) for number in range(first, last)]
