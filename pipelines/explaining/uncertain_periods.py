"""Records that may belong to another period than the one they count in, in SQL, as they bound a value.

Why they may, and why such records bound a value like unmeasured ones, is said in `metrics.measuring.uncertain_periods`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from metrics.render.record_view_sql import RECORD_DATE
from pipelines.explaining.arithmetic import Arithmetic
from pipelines.explaining.cell import Cell
from pipelines.explaining.records import IS_MEASURED, Records, view_of, view_query
from pipelines.words.numbers import count_records

if TYPE_CHECKING:
    import duckdb

    from metrics.render.record_view_sql import RecordView


def may_leave(cell: Cell, view: RecordView) -> str:
    """Condition on `record`, of the cell, and `fact`, that it may belong to another period, in SQL."""
    first, last = _possible_days(cell, view)
    return f"({_is_trusted(view)} AND ({first} < {cell.days[0]} OR {last} > {cell.days[1]}))"


def may_come(cell: Cell, view: RecordView) -> str:
    """Condition on `record` and `fact` that it counts in another period and may belong to the cell's."""
    first, last = _possible_days(cell, view)
    is_elsewhere = f"record.{RECORD_DATE} NOT BETWEEN {cell.days[0]} AND {cell.days[1]}"
    return f"({_is_trusted(view)} AND {is_elsewhere} AND {first} <= {cell.days[1]} AND {last} >= {cell.days[0]})"


def is_uncertain(connection: duckdb.DuckDBPyConnection, view: RecordView) -> bool:
    """Whether it is open of any record of a view when it happened. Of a log of changes it is of none."""
    window = view.populations[0].window
    if not window:
        return False
    is_open = " OR ".join(f"{name} IS NOT NULL" for name in window)
    return bool(
        connection.execute(f"SELECT 1 FROM {view.fact.schema}.{view.fact.name} WHERE {is_open} LIMIT 1").fetchall()
    )


def possible_records(connection: duckdb.DuckDBPyConnection, cell: Cell, records: Records) -> Records | None:
    """The records that may belong to the cell, those of which that is not certain unmeasured; None if each is certain.

    Args:
        records: those that the value is computed from, of a record view.
    """
    view = view_of(cell.metric)
    if view is None or not is_uncertain(connection, view):
        return None
    leaving = view_query(cell.metric, view, [may_leave(cell, view), cell.of_member("record")])
    coming = view_query(cell.metric, view, [may_come(cell, view), cell.of_member("record")])
    return replace(records, sql=_spread(records, view.keys, leaving, coming))


def _spread(records: Records, keys: Sequence[str], leaving: str, coming: str) -> str:
    # Keys may be empty, as the policy of a clock that stands in for one that is missing.
    is_same = " AND ".join(f"gone.{key} IS NOT DISTINCT FROM own.{key}" for key in keys)
    is_certain = f"NOT EXISTS (SELECT 1 FROM ({leaving}) AS gone WHERE {is_same})"
    kept = {name: f"CASE WHEN {is_certain} THEN {name} END" for name in filter(None, (records.part, records.whole))}
    certain = ", ".join(f"{sql} AS {name}" for name, sql in kept.items())
    unknown = ", ".join(f"NULL AS {name}" for name in kept)
    return (
        f"SELECT * REPLACE ({IS_MEASURED} AND {is_certain} AS {IS_MEASURED}, {certain}) FROM ({records.sql}) AS own\n"
        f"UNION ALL BY NAME SELECT * REPLACE (FALSE AS {IS_MEASURED}, {unknown}) FROM ({coming})"
    )


def with_uncertain_periods(arithmetic: Arithmetic, possible: Arithmetic, noun: str) -> Arithmetic:
    """The arithmetic of a value, with the bounds of those records that may belong to its period, and what they are.

    Args:
        possible: what `possible_records` come to.
        noun: what the records are, as a plural.
    """
    own, wide = arithmetic.numbers, possible.numbers
    leaving, coming = own.measured_count - wide.measured_count, wide.eligible_count - own.eligible_count
    if not leaving and not coming:
        return arithmetic
    told = [f"Exports leave open whether {leaving:,} of them belong to this period or to another."] if leaving else []
    if coming:
        told.append(f"{count_records(coming, noun)} counted in other periods may belong to this one.")
    told.append("The bounds hold wherever these belong, and whatever they are.")
    numbers, steps = replace(own, bounds=wide.bounds), (*arithmetic.steps, " ".join(told))
    return replace(arithmetic, numbers=numbers, steps=steps, limits=possible.limits)


def _is_trusted(view: RecordView) -> str:
    """Whether what a record says of itself counts."""
    if "is_quarantined" in view.fact.columns:
        return f"NOT fact.is_quarantined AND {view.placed or 'TRUE'}"
    set_aside = "SELECT ticket_id FROM core.fct_tickets WHERE is_quarantined"
    return f"record.ticket_id NOT IN ({set_aside}) AND {view.placed or 'TRUE'}"


def _possible_days(cell: Cell, view: RecordView) -> tuple[str, str]:
    """First and last day on which a record can count."""
    population = view.populations[0]
    day, local = f"record.{RECORD_DATE}", cell.local_day
    # It happened after the export that does not show it yet. `least` and `greatest` leave out what is empty.
    earliest = f"fact.{population.earliest} + INTERVAL 1 MICROSECOND"
    first = f"least({local(earliest)}, {day})" if population.earliest else day
    last = f"greatest({local(f'fact.{population.latest}')}, {day})" if population.latest else day
    return first, last
