"""The relations that measures read, as semantic layers describe them: what a row is, its columns, its measures.

What a measure computes is decided in `metrics.render.measures`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from metrics.registry import METRICS
from metrics.render.measures import CELLS, Measure, measures
from metrics.render.record_view_sql import ELIGIBLE, MEASURED, RECORD_DATE, RecordView
from metrics.render.record_views import RECORD_VIEWS
from metrics.spec import Metric
from models.marts import metric_values


class FieldKind(StrEnum):
    """What a column holds, in words that every format translates."""

    TEXT = "text"
    DATE = "date"
    INSTANT = "instant"
    FLAG = "flag"
    INTEGER = "integer"
    MONEY = "money"
    REAL = "real"


@dataclass(frozen=True, slots=True)
class Field:
    """A column that readers filter and group by.

    Attributes:
        name: the column.
        meaning: what it says.
        kind: what it holds.
    """

    name: str
    meaning: str
    kind: FieldKind


@dataclass(frozen=True, slots=True)
class Relation:
    """A view or table of the schema `mart` that measures read.

    Attributes:
        name: the relation.
        label: short name for people.
        meaning: what one row is, and how to ask.
        entity: what one row is, as a name.
        keys: columns that tell one row from another.
        date: column of the day or of the first day of the period.
        fields: columns to filter and group by, without the date.
        numbers: columns that are aggregated, with their meanings.
        measures: the metrics that are computed from it.
    """

    name: str
    label: str
    meaning: str
    entity: str
    keys: tuple[str, ...]
    date: str
    fields: tuple[Field, ...]
    numbers: tuple[Field, ...]
    measures: tuple[Measure, ...]

    @property
    def columns(self) -> tuple[Field, ...]:
        """All columns: the date, those to group by, and those that are aggregated."""
        date = Field(
            self.date, "Day of the record, or first day of the period, in the reporting time zone", FieldKind.DATE
        )
        return (date, *self.fields, *self.numbers)


_TEXT_OR_WORD: Final = re.compile(r"'(?:[^']|'')*'|\w+")


def qualify(sql: str, relation: Relation, prefix: str) -> str:
    """The SQL with the prefix before every column of the relation; texts stay as they are."""
    names = {field.name for field in relation.columns}
    return _TEXT_OR_WORD.sub(lambda found: f"{prefix}{found[0]}" if found[0] in names else found[0], sql)


_CELL_FIELDS: Final = {
    "metric": FieldKind.TEXT,
    "period_grain": FieldKind.TEXT,
    "period_end_date": FieldKind.DATE,
    "is_period_closed": FieldKind.FLAG,
    "dimension": FieldKind.TEXT,
    "dimension_value": FieldKind.TEXT,
}
_CELL_NUMBERS: Final = (
    "value",
    "numerator",
    "denominator",
    "lower_bound",
    "upper_bound",
    "eligible_count",
    "measured_count",
    "coverage_ratio",
)

#: How published cells are asked.
CELLS_MEANING: Final = (
    "One row per metric, period and breakdown value, as published. Always choose one period_grain and one dimension: "
    "values of several are empty here, for they count the same records several times."
)


def relations(metrics: Sequence[Metric] = METRICS) -> tuple[Relation, ...]:
    """Everything that measures read: the record views in their order, then the published cells."""
    chosen = measures(metrics)
    found = [
        _record_relation(view, tuple(each for each in chosen if each.relation == view.name)) for view in RECORD_VIEWS
    ]
    cells = metric_values.columns
    of_cells = Relation(
        name=CELLS,
        label="KPI values",
        meaning=CELLS_MEANING,
        entity="kpi_value",
        keys=tuple(str(column.name) for column in metric_values.primary_key),
        date="period_start_date",
        fields=tuple(Field(name, cells[name].comment or "", kind) for name, kind in _CELL_FIELDS.items()),
        numbers=tuple(_number(name, cells[name].comment or "") for name in _CELL_NUMBERS),
        measures=tuple(each for each in chosen if each.reads_cells),
    )
    return (*found, of_cells)


def _record_relation(view: RecordView, chosen: tuple[Measure, ...]) -> Relation:
    meanings = view.column_meanings()
    numbers = {ELIGIBLE, MEASURED, *(column.name for column in view.columns)}
    return Relation(
        name=view.name,
        label=view.label,
        meaning=view.meaning,
        entity=view.name.removesuffix("s"),
        keys=view.keys,
        date=RECORD_DATE,
        fields=tuple(
            Field(name, text, FieldKind.INTEGER if name == "cycle_number" else FieldKind.TEXT)
            for name, text in meanings.items()
            if name not in {*numbers, RECORD_DATE}
        ),
        numbers=tuple(_number(name, text) for name, text in meanings.items() if name in numbers),
        measures=chosen,
    )


def _number(name: str, meaning: str) -> Field:
    """A column that is aggregated; its unit, which stands last in its name, says what it holds."""
    if name.endswith("_reporting"):
        return Field(name, meaning, FieldKind.MONEY)
    is_whole = name.endswith(("_count", "_microseconds", "_days"))
    return Field(name, meaning, FieldKind.INTEGER if is_whole else FieldKind.REAL)
