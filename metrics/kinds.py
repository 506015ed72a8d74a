"""The kinds of arithmetic that a metric can be, and how far its values may be put together again.

A kind says what is computed from the records of a metric's population; how, is in `metrics.measuring`: `records`,
`running_shares`, `stocks`, `concentration`, `costs` and `plans`. The words that explain a metric belong to
`metrics.spec`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Final, TypeAlias

import polars as pl

from models.vocabulary import WORK, StatusCategory

if TYPE_CHECKING:
    from metrics.spec import Population

_DURATION: Final = "_microseconds"
_MICROSECONDS_PER_HOUR: Final = 3_600_000_000


class Aggregation(StrEnum):
    """How a reader may put the values of several cells together; BI exports choose the type of a measure by it.

    Every member is a promise to the minor unit, kept over every breakdown and between all grains of which one divides
    the other: days of a week, a month and a quarter, and months of a quarter.
    """

    SUM = "sum"
    BREAKDOWN_SUM = "breakdown_sum"
    STOCK = "stock"
    PARTS = "parts"
    BREAKDOWN_PARTS = "breakdown_parts"
    STOCK_PARTS = "stock_parts"
    NONE = "none"

    @property
    def rule(self) -> str:
        """The same as an instruction."""
        return _AGGREGATION_RULES[self]

    @property
    def adds_over_periods(self) -> bool:
        """Whether the periods of a grain add up to the longer period that they divide."""
        return self in (Aggregation.SUM, Aggregation.PARTS)

    @property
    def adds_over_breakdown(self) -> bool:
        """Whether the values of one breakdown add up to the whole of the same period."""
        return self is not Aggregation.NONE

    @property
    def takes_last_period(self) -> bool:
        """Whether a longer period is what its last day or month is."""
        return self in (Aggregation.STOCK, Aggregation.STOCK_PARTS)

    @property
    def has_parts(self) -> bool:
        """Whether numerators and denominators combine, each for itself, and the value is one over the other."""
        return self in (Aggregation.PARTS, Aggregation.BREAKDOWN_PARTS, Aggregation.STOCK_PARTS)


_AGGREGATION_RULES: Final[dict[Aggregation, str]] = {
    Aggregation.SUM: "add values up, over periods and over the values of one breakdown",
    Aggregation.BREAKDOWN_SUM: (
        "add values up over one breakdown, never over periods: each is allocated anew, so take the cell of the longer "
        "period"
    ),
    Aggregation.STOCK: "add values up over one breakdown; of several periods take the last, never the sum",
    Aggregation.PARTS: (
        "add numerators and denominators up, over periods and over the values of one breakdown, then divide"
    ),
    Aggregation.BREAKDOWN_PARTS: (
        "add numerators and denominators up over one breakdown, then divide; never over periods: each is allocated "
        "anew, so take the cell of the longer period"
    ),
    Aggregation.STOCK_PARTS: (
        "add numerators and denominators up over one breakdown, then divide; of several periods take the last"
    ),
    Aggregation.NONE: "never; take the cell that was computed for the wider period or breakdown",
}


class CostPart(StrEnum):
    """Which part of the cost of a period: what a driver took, what none took, or both."""

    TOTAL = "total"
    ALLOCATED = "allocated"
    UNALLOCATED = "unallocated"


@dataclass(frozen=True)
class Percentile:
    """Continuous percentile of a column: of a duration in hours, of anything else as it is.

    Records without a value are not measured.

    Attributes:
        can_be_negative: whether nothing bounds the column from below, as with days of delay, of which early ones are
            negative. Durations and counts begin at 0.
        may_be_more: flag of records whose value is the least that it can be, and no telling how much more; no name
            where every value is exact.
        least, greatest: columns between which the value of a measured record lies, where it is not known exactly;
            empty of a record of which it is, and no names where it always is.
        may_be_any: flag of records whose value may be anything between 0 and `at_most`; no name where there are none.
        at_most: columns of which the first that is not empty is what such a value cannot exceed.
    """

    aggregation: ClassVar = Aggregation.NONE
    percent: int
    column: str
    can_be_negative: bool = False
    least: str = ""
    greatest: str = ""
    may_be_more: str = ""
    may_be_any: str = ""
    at_most: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.percent <= 100:
            raise ValueError(f"a percentile lies between 0 and 100, not at {self.percent}")
        if bool(self.least) != bool(self.greatest):
            raise ValueError("a value that is not known exactly has a least and a greatest end")
        if bool(self.may_be_any) != bool(self.at_most):
            raise ValueError("a value that may be anything has something that it cannot exceed")
        if sum(map(bool, (self.least, self.may_be_more, self.may_be_any))) > 1:
            raise ValueError("a value has two ends, may be more by any amount, or is limited by another: one of these")

    @property
    def ends(self) -> tuple[str, ...]:
        """The columns of both ends; none where the value is always exact."""
        return (self.least, self.greatest) if self.least else ()

    @property
    def scale(self) -> int:
        """How many units of the column make one unit of the value."""
        return _MICROSECONDS_PER_HOUR if self.column.endswith(_DURATION) else 1


@dataclass(frozen=True, eq=False)
class Ratio:
    """Share of measured records that are hits. Records for which `is_hit` is empty are not measured.

    Attributes:
        is_hit: whether a record is one.
        hits_in_doubt: flag of records that may be none although they are measured as hits; no name where none is.
        misses_in_doubt: flag of records that may be hits although they are measured as none.
    """

    aggregation: ClassVar = Aggregation.PARTS
    is_hit: pl.Expr
    hits_in_doubt: str = ""
    misses_in_doubt: str = ""

    def __post_init__(self) -> None:
        if self.hits_in_doubt and self.misses_in_doubt:
            raise ValueError("where both hits and misses may be otherwise, nothing is measured")

    @property
    def doubt(self) -> str:
        """The flag of records that may be otherwise; no name where there is none."""
        return self.hits_in_doubt or self.misses_in_doubt


@dataclass(frozen=True, eq=False)
class TimeShare:
    """Sum of one duration over the sum of another that contains it, both published in hours.

    Attributes:
        part: microseconds. Records that lack either are not measured.
        whole: microseconds, never less than `part`.
        whole_at_most: what `whole` cannot exceed, known for some records that are not measured: it narrows the bounds.
        may_be_any: flag of records that are measured, and of which `part` and `whole` may be anything up to `at_most`;
            no name where there are none.
        at_most: columns of which the first that is not empty is what `whole` cannot exceed of such a record.
    """

    aggregation: ClassVar = Aggregation.PARTS
    scale: ClassVar = _MICROSECONDS_PER_HOUR
    part: pl.Expr
    whole: pl.Expr
    whole_at_most: pl.Expr
    may_be_any: str = ""
    at_most: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mean:
    """Sum of a column that counts something, over the records that have it. Published beside a percentile.

    Attributes:
        column: records without a value are not measured.
        may_be_more: flag of records of which it is the least that it can be; no name where it is exact.
    """

    aggregation: ClassVar = Aggregation.PARTS
    column: str
    may_be_more: str = ""


@dataclass(frozen=True)
class Count:
    """Number of measured records."""

    aggregation: ClassVar = Aggregation.SUM


@dataclass(frozen=True, eq=False)
class NetCount:
    """Number of measured records less the number of those of another population of the same period and breakdown."""

    aggregation: ClassVar = Aggregation.SUM
    less: Population


@dataclass(frozen=True)
class Stock:
    """Tickets in some categories at the end of the last day of a period; of an open period, of its latest day.

    Every ticket in work is eligible, those whose category is known on that day are measured.
    """

    aggregation: ClassVar = Aggregation.STOCK
    categories: tuple[StatusCategory, ...]

    @property
    def is_of_all_work(self) -> bool:
        """Whether a ticket in work counts whatever its category."""
        return set(WORK) <= {category.value for category in self.categories}


@dataclass(frozen=True)
class Sum:
    """Exact sum of a money column. Records without that amount are not measured.

    Attributes:
        amount: the column.
        is_never_negative: whether no amount can be below 0, so that what is measured bounds the sum from below.
    """

    aggregation: ClassVar = Aggregation.SUM
    amount: str
    is_never_negative: bool = False


@dataclass(frozen=True)
class BoundedSum:
    """Exact sum of a money column of which every record says between what it lies, be it measured or not.

    A record that is not measured adds what is sure of it: of 20 to 50 it is 20, of 0 to 50 nothing. So the sum never
    lies outside its own bounds. Of a `Sum` nothing is known of such records but, at most, that they are not negative.

    Attributes:
        amount: records without it are not measured.
        least, greatest: columns of the ends; empty where nothing limits the record on that side.
    """

    aggregation: ClassVar = Aggregation.SUM
    amount: str
    least: str
    greatest: str


@dataclass(frozen=True)
class AmountShare:
    """Exact sum of one money column over that of another. Records that lack either are not measured.

    Empty where the whole is not above 0: credits may make it so. Nothing bounds it while a record is not measured.

    Attributes:
        part, whole: the columns.
    """

    aggregation: ClassVar = Aggregation.PARTS
    part: str
    whole: str


@dataclass(frozen=True)
class RunningShare:
    """Exact sum of what each record had reached by the end of its period over that of what it was to reach.

    A record may be known to have reached more than it says, nobody knows how much. It counts with what it says and is
    not measured: the share is then at least what the records say, and nothing bounds it from above. Records that lack
    either amount do not count, and nothing bounds the share while there are some.

    Attributes:
        part, whole: money columns; the whole of a record is above 0.
        is_understated: flag of records that may have reached more than the part.
    """

    aggregation: ClassVar = Aggregation.STOCK_PARTS
    part: str
    whole: str
    is_understated: str


@dataclass(frozen=True)
class Concentration:
    """How much of a sum of money comes from few: the Herfindahl-Hirschman index, the sum of the squared shares.

    1 is one vendor alone, 1/n are n equal ones. A vendor whose amounts do not add up to more than 0 has no share.

    Attributes:
        amount: money column that is added up.
        by: column that names whose it is; records without a name are not measured.
    """

    aggregation: ClassVar = Aggregation.NONE
    amount: str
    by: str


@dataclass(frozen=True)
class CostSum:
    """Exact sum of one part of the cost of a period."""

    aggregation: ClassVar = Aggregation.BREAKDOWN_SUM
    part: CostPart


@dataclass(frozen=True)
class UnitCost:
    """Allocated cost of a period over the transactions completed in it."""

    aggregation: ClassVar = Aggregation.BREAKDOWN_PARTS


@dataclass(frozen=True)
class BudgetVariance:
    """Actual cost of the months of a period that have a budget, less that budget."""

    aggregation: ClassVar = Aggregation.SUM


@dataclass(frozen=True)
class BudgetVarianceShare:
    """The same over the budget."""

    aggregation: ClassVar = Aggregation.PARTS


@dataclass(frozen=True)
class YearEndForecast:
    """What the fiscal year will have cost, seen from the end of a month, by the method that the policy chooses."""

    aggregation: ClassVar = Aggregation.STOCK


@dataclass(frozen=True)
class ReworkCost:
    """Allocated cost that reworked tickets bear."""

    aggregation: ClassVar = Aggregation.BREAKDOWN_SUM


@dataclass(frozen=True)
class ReworkShare:
    """The same over all allocated cost."""

    aggregation: ClassVar = Aggregation.BREAKDOWN_PARTS


#: Kinds that are computed from plans and from what was made of costs; see `metrics.measuring.plans`.
PLAN_KINDS: Final = (BudgetVariance, BudgetVarianceShare, YearEndForecast, ReworkCost, ReworkShare)

Kind: TypeAlias = (
    Percentile
    | Ratio
    | TimeShare
    | Mean
    | Count
    | NetCount
    | Stock
    | Sum
    | BoundedSum
    | AmountShare
    | RunningShare
    | Concentration
    | CostSum
    | UnitCost
    | BudgetVariance
    | BudgetVarianceShare
    | YearEndForecast
    | ReworkCost
    | ReworkShare
)

#: Kinds for which nothing counts as 0: where data are known, a period without records has a row.
KINDS_WITH_ZEROS: Final = (Count, NetCount, Stock)
