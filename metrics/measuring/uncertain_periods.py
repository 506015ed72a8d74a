"""Records that may belong to another period than their own, for exports date them only to between two files.

For the bounds of a cell such a record is as uncertain as one that is not measured: it may be there, and then it counts
what it counts, or elsewhere. And those that count in another period, and may belong to this one, are as many records
more of which nothing is measured here. To leave a record out moves no value further than the worst, or the best, that
it could be: so bounds of that kind hold whichever of them belong where. Between what instants lie is found in
`metrics.tickets.leeways`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import polars as pl

from metrics.measuring.cells import DAY
from metrics.periods import Reporting, local_date, period_start
from metrics.spec import Population
from models.vocabulary import Grain

#: First and last day on which a record can count.
FROM_DAY: Final = "from_day"
TO_DAY: Final = "to_day"
_NEXT: Final = pl.duration(microseconds=1)


def possible_days(
    population: Population, fact: pl.DataFrame, is_trusted: pl.Expr, reporting: Reporting
) -> list[pl.Expr]:
    """`FROM_DAY` and `TO_DAY` of eligible records with their `DAY`; nothing where each is known to count on its own.

    Args:
        fact: where the records are from; columns that are empty of all of them may be left out.
        is_trusted: whether what a record says of itself counts.
    """
    told = [name for name in population.window if name in fact.columns and fact[name].count()]
    if not told:
        return []
    # It happened after the export that does not show it yet.
    ends = {population.earliest: pl.col(population.earliest) + _NEXT, population.latest: pl.col(population.latest)}
    days = {
        name: pl.when(is_trusted & pl.col(name).is_not_null()).then(local_date(ends[name], reporting.time_zone))
        for name in told
    }
    first, last = (days.get(name, pl.lit(None, dtype=pl.Date)) for name in (population.earliest, population.latest))
    return [pl.min_horizontal(first, DAY).alias(FROM_DAY), pl.max_horizontal(last, DAY).alias(TO_DAY)]


def spread_over_periods(
    records: pl.DataFrame, breakdown: Collection[str], grain: Grain, week_start: int
) -> pl.DataFrame | None:
    """The records as they bound the cells of a grain: what may belong to several periods is unmeasured in each of them.

    Args:
        records: with `DAY`, `FROM_DAY`, `TO_DAY`, the columns of the breakdown, and what they contribute.

    Returns:
        The same columns without `FROM_DAY` and `TO_DAY`, and a row more for each further period of a record, on the
        first day of it; None where each record is known to belong to its period.
    """
    own, first, last = (period_start(pl.col(name), grain, week_start) for name in (DAY, FROM_DAY, TO_DAY))
    is_open = (first != own) | (last != own)
    wanderers = records.filter(is_open)
    if wanderers.is_empty():
        return None
    kept = {DAY, FROM_DAY, TO_DAY, *breakdown}
    contributed = [name for name in records.columns if name not in kept]
    at_home = records.with_columns(pl.when(~is_open).then(name).alias(name) for name in contributed)
    elsewhere = (
        wanderers.select(*breakdown, own.alias("own"), days=pl.date_ranges(FROM_DAY, TO_DAY))
        .with_row_index("record")
        .explode("days")
        .with_columns(period_start(pl.col("days"), grain, week_start).alias(DAY))
        .filter(pl.col(DAY) != pl.col("own"))
        .unique(["record", DAY])
        .select(DAY, *breakdown)
    )
    return pl.concat([at_home.drop(FROM_DAY, TO_DAY), elsewhere], how="diagonal")
