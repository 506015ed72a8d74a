"""How a record view is written in SQL: what it is made of, and the statements that create and comment it.

Which views there are is in `metrics.render.record_views`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Table

from metrics.render.views import GENERATED_FROM, commented, view_text
from metrics.spec import Population
from models.ddl import quote_text
from models.vocabulary import NO_VALUE, Dimension

#: Day of a record, in every record view.
RECORD_DATE: Final = "period_date"
#: 1 of every record, so that sums of it count records.
ELIGIBLE: Final = "eligible_count"
#: 1 of every record that was not set aside and is known to belong to its period, 0 of the others.
MEASURED: Final = "measured_count"


@dataclass(frozen=True, slots=True)
class RecordColumn:
    """What a record contributes to a metric: a number, or nothing where it is not measured.

    Attributes:
        name: the column.
        meaning: what it says.
        sql: the number, of a record that was not set aside.
    """

    name: str
    meaning: str
    sql: str


@dataclass(frozen=True, slots=True)
class RecordView:
    """One record view.

    Attributes:
        name: the view, in the schema `mart`.
        label: short name for people.
        meaning: what one row is.
        populations: those whose records it has; of a record of one that does not belong to another, the columns of
            the other are empty.
        fact: table of the core layer.
        keys: columns of the fact that tell one record from another, some of which may be empty.
        details: further columns of the fact that readers filter by.
        period: date that decides the period, or instant, in SQL.
        eligible: condition, in SQL.
        columns: what the records contribute.
        placed: whether a record is known to belong to its period, in SQL; empty where each is.
        is_instant: whether `period` is an instant, which is cut into days in the reporting time zone.
        clock: metric whose data clock `as_of_date` is, where the condition or the period depends on it.
        source: what stands in for the fact, in SQL, if it is not read as it is.
    """

    name: str
    label: str
    meaning: str
    populations: tuple[Population, ...]
    fact: Table
    keys: tuple[str, ...]
    period: str
    eligible: str
    columns: tuple[RecordColumn, ...]
    details: tuple[str, ...] = ()
    is_instant: bool = False
    clock: str | None = None
    source: str | None = None
    placed: str = ""

    @property
    def dimensions(self) -> tuple[Dimension, ...]:
        """Breakdowns that the records have; not `overall`, which is no column."""
        return tuple(each for each in self.populations[0].dimensions if each is not Dimension.OVERALL)

    def column_meanings(self) -> dict[str, str]:
        """Every column of the view, in order, with its meaning."""
        declared = self.fact.columns
        return {
            **{name: declared[name].comment or "" for name in self.keys},
            RECORD_DATE: f"Day that decides the period, in the reporting time zone: {self._period_meaning}",
            **{
                each.value: f"{declared[each.value].comment or each.value}; {NO_VALUE} where there is none"
                for each in self.dimensions
            },
            **{name: declared[name].comment or "" for name in self.details},
            ELIGIBLE: "1; its sum counts the records that should count",
            MEASURED: "1, or 0 for a record that a contract rule set aside"
            + (" or of which it is not known whether it belongs to its period" if self.placed else "")
            + "; empty while a KPI that counts them is held",
            **{column.name: column.meaning for column in self.columns},
        }

    @property
    def _period_meaning(self) -> str:
        return self.populations[0].period_meaning


def record_view(view: RecordView, metrics: Mapping[str, Sequence[str]]) -> str:
    """Statements that create and comment a record view.

    Args:
        view: the view.
        metrics: of its columns the metrics that are computed from them: while one is held, the column is empty.
    """
    fact = f"{view.fact.schema}.{view.fact.name}"
    header = commented(
        f"Generated from metrics/render/record_views.py {GENERATED_FROM}.",
        "",
        view.meaning,
        f"Counted: {view.populations[0].eligibility}",
        "What a record contributes is empty where that is not measured; of one that was set aside, everything is. So "
        "is a column while a KPI that is computed from it is held.",
    )
    is_trusted = f"NOT fact.is_quarantined AND {view.placed}" if view.placed else "NOT fact.is_quarantined"
    held = {name for name in (MEASURED, *(column.name for column in view.columns)) if metrics.get(name)}
    day = f"timezone(run.reporting_time_zone, {view.period})" if view.is_instant else view.period
    columns = [
        *(f"fact.{name}" for name in view.keys),
        f"CAST({day} AS DATE) AS {RECORD_DATE}",
        *(f"coalesce(fact.{each.value}, '{NO_VALUE}') AS {each.value}" for each in view.dimensions),
        *(f"fact.{name}" for name in view.details),
        f"1 AS {ELIGIBLE}",
        _unless_held(MEASURED, f"CASE WHEN {is_trusted} THEN 1 ELSE 0 END", held),
        *(_unless_held(column.name, f"CASE WHEN {is_trusted} THEN {column.sql} END", held) for column in view.columns),
    ]
    lines = [f"FROM {view.source or fact} AS fact"]
    if view.is_instant:
        lines.append("CROSS JOIN meta.run AS run")
    if view.clock:
        lines.append(
            "CROSS JOIN (\n"
            "    SELECT CAST(timezone(run.reporting_time_zone, metrics.fresh_as_of_at) AS DATE) AS as_of_date\n"
            f"    FROM meta.metrics AS metrics CROSS JOIN meta.run AS run WHERE metrics.metric = '{view.clock}'\n"
            ") AS clock"
        )
    if held:
        named = {name: ", ".join(map(quote_text, metrics[name])) for name in sorted(held)}
        flags = [
            f"        max(CASE WHEN metric IN ({names}) THEN 1 ELSE 0 END) AS {name}" for name, names in named.items()
        ]
        # A row whatever happens: where nothing is held, nothing is found.
        lines.append(
            "CROSS JOIN (\n    SELECT\n"
            + ",\n".join(flags)
            + "\n    FROM meta.metrics WHERE publication_state = 'held'\n) AS held"
        )
    lines.append(f"WHERE ({view.eligible}) AND {view.period} IS NOT NULL;")
    return view_text(
        f"mart.{view.name}",
        header,
        [f"    {column}" for column in columns],
        "\n".join(lines),
        view.meaning,
        view.column_meanings(),
    )


def _unless_held(name: str, sql: str, held: Set[str]) -> str:
    """A column, empty while a metric that is computed from it is held."""
    if name not in held:
        return f"{sql} AS {name}"
    return f"CASE WHEN coalesce(held.{name}, 0) = 0 THEN {sql} END AS {name}"
