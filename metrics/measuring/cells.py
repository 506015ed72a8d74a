"""Records sorted into cells: one period of a grain and one value of a dimension each.

Periods and breakdown values become small whole numbers once, and with them every cell: numbers are grouped and sorted
many times faster than dates and texts. Sums are taken once per day and value; longer periods and the whole add days
up. What is summed is decided in `metrics.measuring.record_cells`; percentiles, which do not add up, are in
`metrics.measuring.percentiles`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from metrics.measuring.percentiles import Integers
from metrics.periods import period_start
from models.vocabulary import NO_VALUE, Dimension, Grain

DAY: Final = "period_day"

#: Columns that name a cell, in the order in which cells are sorted.
CELL: Final = ("period_grain", "period_start_date", "dimension", "dimension_value")

_START: Final = "period_start_date"
_CODE: Final = "value_code"
_NUMBER: Final = "cell_number"


@dataclass(frozen=True, slots=True)
class EncodedFact:
    """A fact whose breakdown is encoded.

    Attributes:
        frame: its rows; of each dimension the code of its value.
        values: dimension to its values in ascending order; the code of a value is its position.
    """

    frame: pl.DataFrame
    values: Mapping[Dimension, pl.Series]


def encode_breakdown(fact: pl.DataFrame) -> EncodedFact:
    """Replace the values of all dimensions that a fact has by codes. A row without a value has the value `(none)`.

    Text may come as categories.
    """
    dimensions = [dimension for dimension in Dimension if dimension.value in fact.columns]
    named = {dimension.value: pl.col(dimension.value).fill_null(NO_VALUE) for dimension in dimensions}
    found = fact.select(name.unique().cast(pl.String).sort().implode() for name in named.values())
    values = {dimension: found[dimension.value].explode() for dimension in dimensions}
    codes = [
        named[dimension.value].cast(pl.Enum(values[dimension])).to_physical().cast(pl.UInt32)
        for dimension in dimensions
    ]
    return EncodedFact(fact.with_columns(codes), values)


class Records:
    """Eligible records of a population, each with its day, its breakdown and what it contributes.

    Attributes:
        parts: contributions, one row per record.
    """

    parts: Final[pl.DataFrame]

    def __init__(self, frame: pl.DataFrame, values: Mapping[Dimension, pl.Series], week_start: int) -> None:
        """
        Args:
            frame: one row per record: its day (`DAY`), the code of its value of each dimension, and contributions.
            values: names of the codes, by dimension.
            week_start: ISO number of the first day of a week.
        """
        self.parts = frame.select(pl.exclude(DAY, *(dimension.value for dimension in values)))
        self._codes = {dimension: frame[dimension.value] for dimension in values}
        self._names = {**values, Dimension.OVERALL: pl.Series([""])}
        self._known_days = list_days(frame[DAY])
        first = self._known_days.to_physical()[0] if len(self._known_days) else 0
        self._day_number: Integers = (frame[DAY].to_physical() - first).cast(pl.Int64).to_numpy()
        self._week_start = week_start

    def sum_daily(self, dimensions: Sequence[Dimension], sums: Mapping[str, pl.Expr]) -> dict[Dimension, pl.DataFrame]:
        """Sums of contributions by day and value of each dimension, in that order.

        Args:
            sums: aggregations of `parts` by name, all of which add up: sums and counts.
        """
        daily = {dimension: self._sum_daily(dimension, sums) for dimension in dimensions if dimension in self._codes}
        if Dimension.OVERALL in dimensions:
            values = next(iter(daily.values()), None)
            if values is None:
                values = self._sum_daily(Dimension.OVERALL, sums)
            daily[Dimension.OVERALL] = _add_up(values.with_columns(pl.lit(0, dtype=pl.UInt32).alias(_CODE)))
        return daily

    def _sum_daily(self, dimension: Dimension, sums: Mapping[str, pl.Expr]) -> pl.DataFrame:
        count = len(self._names[dimension])
        number = pl.Series(_NUMBER, self._day_number * count)
        if dimension in self._codes:
            number += self._codes[dimension]
        day, code = pl.col(_NUMBER) // count, pl.col(_NUMBER) % count
        return (
            self.parts.lazy()
            .with_columns(number)
            .group_by(_NUMBER)
            .agg(**sums)
            .sort(_NUMBER)
            .select(
                pl.lit(self._known_days).gather(day).alias(_START),
                code.cast(pl.UInt32).alias(_CODE),
                pl.exclude(_NUMBER),
            )
            .collect(engine="streaming")
        )

    def take(self, part: str) -> pl.Series:
        """One contribution, which the records do not hold any longer: there are many, and each is long."""
        return self.parts.drop_in_place(part)

    def name_cells(self, daily: pl.DataFrame, dimension: Dimension, grain: Grain) -> pl.DataFrame:
        """The cells of a grain, from the sums by day: their names (`CELL`), then sums, in order of period and value."""
        if grain is not Grain.DAY:
            daily = _add_up(daily.with_columns(period_start(pl.col(_START), grain, self._week_start)))
        return daily.select(
            pl.lit(grain.value).alias("period_grain"),
            _START,
            pl.lit(dimension.value).alias("dimension"),
            self._names[dimension].gather(daily[_CODE]).alias("dimension_value"),
            pl.exclude(_START, _CODE),
        )

    def number_cells(self, dimension: Dimension, grain: Grain) -> Integers:
        """Of every record the number of its cell; numbers ascend with period and value, but have gaps."""
        starts = self._known_days.to_frame("day").select(period_start(pl.col("day"), grain, self._week_start))["day"]
        period_of_day: Integers = (starts.ne_missing(starts.shift(1)).cast(pl.Int64).cum_sum() - 1).to_numpy()
        number: Integers = period_of_day[self._day_number] * np.int64(len(self._names[dimension]))
        if dimension in self._codes:
            number += self._codes[dimension].to_numpy()
        return number


def list_days(days: pl.Series) -> pl.Series:
    """All days from the first to the last, in order; none if there are none."""
    bounds = days.to_frame("day").lazy().select(first=pl.col("day").min(), last=pl.col("day").max())
    return bounds.drop_nulls().select(day=pl.date_ranges("first", "last")).explode("day").collect()["day"]


def _add_up(daily: pl.DataFrame) -> pl.DataFrame:
    """Rows of the same period and value added up, in order of both."""
    return daily.lazy().group_by(_START, _CODE).agg(pl.all().sum()).sort(_START, _CODE).collect()
