"""What a metric is: one frozen record that says its meaning, its records and its arithmetic.

A `Population` says which rows of a fact should count and which date decides their period. A kind (`metrics.kinds`)
says what is computed from them. A `Metric` joins the two with the words that people read. Views, the data dictionary
and the published definitions are all made from these records. The list of metrics is in `metrics.registry`; computing
them is in `metrics.measuring.measure`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import polars as pl

from metrics.kinds import Aggregation, Kind, NetCount, UnitCost
from metrics.rules_of_facts import RULES_OF_FACTS
from models.vocabulary import Dimension, Domain, Grain

#: Column that every record has while it is judged: the date of the data's own clock, in the reporting time zone.
AS_OF_DATE: Final = "as_of_date"

ALL_GRAINS: Final = tuple(Grain)

_METRIC_NAME: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+")


class Unit(StrEnum):
    """Unit of a metric's value; it is also the last part of the metric's name."""

    BUSINESS_HOURS = "business_hours"
    CALENDAR_HOURS = "calendar_hours"
    RATIO = "ratio"
    COUNT = "count"
    DAYS = "days"
    REPORTING = "reporting"

    @property
    def label(self) -> str:
        """The unit in words that a reader without this documentation understands."""
        return _UNIT_LABELS[self]


_UNIT_LABELS: Final[dict[Unit, str]] = {
    Unit.BUSINESS_HOURS: "open hours of the team's calendar",
    Unit.CALENDAR_HOURS: "hours by the clock on the wall",
    Unit.RATIO: "ratio; 1 is the whole",
    Unit.COUNT: "count",
    Unit.DAYS: "calendar days",
    Unit.REPORTING: "reporting currency",
}


class Direction(StrEnum):
    """Which way the number should go."""

    UP_IS_GOOD = "up_is_good"
    DOWN_IS_GOOD = "down_is_good"
    NEUTRAL = "neutral"


@dataclass(frozen=True, eq=False)
class Span:
    """From when on a fact tells of every period, so that a period without records is a period with none.

    Attributes:
        fact: table of the core layer.
        start: instant or date of each of its rows; the earliest begins the span. It ends with the data's clock.
    """

    fact: str
    start: pl.Expr


@dataclass(frozen=True, eq=False)
class Population:
    """Which rows of a fact should count, and in which period. Two populations are the same only by identity.

    Attributes:
        fact: table of the core layer.
        records: what is counted, in words that follow a number: "566 of 577 tickets".
        period_column: column that decides the period; shown to readers.
        period_meaning: what that date is, in words.
        period: instant or date that decides the period. Differs from `period_column` only for records that were set
            aside, which have to be attributed somehow although that column may be the very thing that is wrong.
        is_eligible: whether the row should count. Rows for which this is false or empty belong to no cell.
        eligibility: the same rule in words.
        dimensions: breakdowns that the fact can give.
        is_placed: whether the record is known to belong to its period. One of which that is not known is eligible, and
            not measured.
        earliest, latest: columns between which `period` lies where that is not known exactly: after the one, and by the
            other. Empty of a record of which it is known on that side; no name where it always is.
        span: from when on a period without eligible rows is known to have none; None if that is never known.
    """

    fact: str
    records: str
    period_column: str
    period_meaning: str
    period: pl.Expr
    is_eligible: pl.Expr
    eligibility: str
    dimensions: tuple[Dimension, ...]
    span: Span | None = None
    is_placed: pl.Expr = field(default_factory=lambda: pl.lit(True))
    earliest: str = ""
    latest: str = ""

    @property
    def window(self) -> tuple[str, ...]:
        """The columns between which the period's instant lies where it is not known exactly; none if it always is."""
        return tuple(filter(None, (self.earliest, self.latest)))


@dataclass(frozen=True, eq=False)
class Metric:
    """One published number: its definition, complete.

    Attributes:
        name: `<subject>_<measure>[_<statistic>]_<unit>`; the view is `kpi_<name>`.
        label: short name for people.
        meaning: what the number says, in one or two sentences.
        formula: how it is computed, in words and column names.
        unit: unit of the value; the name ends with it.
        direction: which way it should go.
        owner: who answers for the definition.
        requires: domains whose data it needs; a period is closed when the data of all of them have passed its end.
        whole_requires: domains that alone close a period of the whole, where only its breakdowns need the others: what
            a month cost is known before it is known who bears it. Empty where the whole needs all that they need.
        population: which records count and in which period.
        rules: patterns of the contract rules that it requires, `<table>.<column or set>.<assertion>`: while one of
            them holds, no new values are published; those of its fact unless it names its own.
        kind: what is computed from them.
        version: raised by one whenever the meaning changes, with a line in docs/decisions.md.
        grains: periods for which it is published.
        dimensions: breakdowns; those of the population unless it is narrower.
        is_headline: whether it is one of the three numbers that an executive sees first.
        follows_transactions: whether it also needs the domains that the cost policy's transactions and drivers
            come from; see `metrics.registry.required_domains`.
        follows_promises: whether it also needs the domains that the promises of policies/vendors.yaml are judged by.
    """

    name: str
    label: str
    meaning: str
    formula: str
    unit: Unit
    direction: Direction
    owner: str
    requires: tuple[Domain, ...]
    population: Population
    kind: Kind
    version: int = 1
    grains: tuple[Grain, ...] = ALL_GRAINS
    dimensions: tuple[Dimension, ...] = ()
    rules: tuple[str, ...] = ()
    whole_requires: tuple[Domain, ...] = ()
    is_headline: bool = False
    follows_transactions: bool = False
    follows_promises: bool = False

    def __post_init__(self) -> None:
        if not _METRIC_NAME.fullmatch(self.name):
            raise ValueError(f"metric name {self.name!r} must be lower-case words joined by single underscores")
        if not self.name.endswith(f"_{self.unit}"):
            raise ValueError(f"metric name {self.name!r} must end with its unit, _{self.unit}")
        if self.version < 1:
            raise ValueError(f"metric {self.name}: versions count from 1, not {self.version}")
        if not self.requires:
            raise ValueError(f"metric {self.name}: name at least one domain whose contracts protect it")
        if not self.rules:
            if self.fact not in RULES_OF_FACTS:
                raise ValueError(f"metric {self.name}: name the rules it requires; {self.fact} has none by default")
            object.__setattr__(self, "rules", RULES_OF_FACTS[self.fact])
        allowed = self.population.dimensions
        unknown = [dimension.value for dimension in self.dimensions if dimension not in allowed]
        if unknown:
            raise ValueError(f"metric {self.name}: {self.population.fact} has no {', '.join(unknown)} to break down by")
        if not self.dimensions:
            object.__setattr__(self, "dimensions", allowed)

    @property
    def fact(self) -> str:
        """Table of the core layer that the records come from."""
        return self.population.fact

    @property
    def aggregation(self) -> Aggregation:
        """How its values may be put together again."""
        return self.kind.aggregation

    @property
    def period_date(self) -> str:
        """Which date decides the period, in words, with the column's name; of what is taken off, that of its own."""
        told = [self.population, *([self.kind.less] if isinstance(self.kind, NetCount) else [])]
        return "; what is taken off: ".join(f"{each.period_meaning} ({each.period_column})" for each in told)

    @property
    def counted_records(self) -> str:
        """What its counts count, in words that follow a number."""
        if isinstance(self.kind, UnitCost):
            return f"{self.population.records} and transactions"
        return self.population.records

    @property
    def view(self) -> str:
        """Name of the view that publishes it."""
        return f"kpi_{self.name}"

    def definition(self) -> dict[str, str | int]:
        """The columns of `meta_metrics` that the definition alone decides."""
        return {
            "metric": self.name,
            "metric_version": self.version,
            "label": self.label,
            "meaning": self.meaning,
            "formula": self.formula,
            "unit": self.unit.value,
            "aggregation": self.aggregation.value,
            "direction": self.direction.value,
            "owner": self.owner,
            "counted_records": self.counted_records,
            "period_date": self.period_date,
            "requires": ", ".join(domain.value for domain in self.requires),
            "closed_by": ", ".join(domain.value for domain in self.whole_requires or self.requires),
            "rules": ", ".join(self.rules),
        }
