"""Measured records whose value is not known exactly: between which two ends it lies, in SQL.

Where exports are compared, a duration begins and ends some time between two of them (`metrics.tickets.leeways`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metrics.kinds import Mean, Percentile, Ratio, TimeShare
from metrics.spec import Metric
from pipelines.explaining.records import IS_MEASURED, Records, view_of

if TYPE_CHECKING:
    import duckdb

    from metrics.render.record_view_sql import RecordView


@dataclass(frozen=True, slots=True)
class DoubtsOfShare:
    """Measured records of a time share that may be anything: how many, what they come to, and the most they can be."""

    count: int
    part: int
    whole: int
    limit: int


def ends_of_records(metric: Metric, records: Records) -> str:
    """The measured records of a percentile with `least` and `greatest`, which are equal where the value is exact.

    There is no greatest where nothing bounds the value.
    """
    view = view_of(metric)
    kind, value = metric.kind, f"record.{records.part}"
    match kind:
        case Percentile(may_be_more=flag) if view and flag:
            least, greatest = value, f"CASE WHEN NOT fact.{flag} THEN {value} END"
        case Percentile(may_be_any=flag, at_most=at_most) if view and flag:
            least = f"CASE WHEN fact.{flag} THEN 0 ELSE {value} END"
            greatest = f"CASE WHEN fact.{flag} THEN {_limit(at_most, value)} ELSE {value} END"
        case Percentile(ends=ends) if view and ends:
            least, greatest = (f"coalesce(fact.{end}, {value})" for end in ends)
        case _:
            part = records.part
            return f"SELECT {part} AS least, {part} AS greatest FROM ({records.sql}) WHERE {IS_MEASURED}"
    return f"SELECT {least} AS least, {greatest} AS greatest {_with_fact(view, records)}"


def _limit(at_most: Sequence[str], *otherwise: str) -> str:
    """What a value that may be anything cannot exceed."""
    return f"coalesce({', '.join((*(f'fact.{name}' for name in at_most), *otherwise))})"


def doubts_of_share(connection: duckdb.DuckDBPyConnection, metric: Metric, records: Records) -> DoubtsOfShare:
    """What is not certain of the measured records of a time share."""
    view, kind = view_of(metric), metric.kind
    if view is None or not isinstance(kind, TimeShare) or not kind.may_be_any:
        return DoubtsOfShare(0, 0, 0, 0)
    sums = (f"coalesce(sum({each}), 0)" for each in (f"record.{records.part}", f"record.{records.whole}"))
    query = (
        f"SELECT count(*), {', '.join(sums)}, coalesce(sum({_limit(kind.at_most)}), 0) "
        f"{_with_fact(view, records)} AND fact.{kind.may_be_any}"
    )
    return DoubtsOfShare(*map(int, connection.execute(query).fetchall()[0]))


def _with_fact(view: RecordView, records: Records) -> str:
    """The measured records, with the fact that they are from."""
    same = " AND ".join(f"fact.{key} IS NOT DISTINCT FROM record.{key}" for key in view.keys)
    fact = f"{view.fact.schema}.{view.fact.name}"
    return f"FROM ({records.sql}) AS record LEFT JOIN {fact} AS fact ON {same} WHERE record.{IS_MEASURED}"


def count_in_doubt(connection: duckdb.DuckDBPyConnection, metric: Metric, records: Records) -> int:
    """How many of the measured records of a ratio may be otherwise, or of a mean may count more."""
    view, kind = view_of(metric), metric.kind
    flag = kind.doubt if isinstance(kind, Ratio) else kind.may_be_more if isinstance(kind, Mean) else ""
    if view is None or not flag:
        return 0
    query = f"SELECT count(*) {_with_fact(view, records)} AND fact.{flag}"
    if isinstance(kind, Ratio):
        query += f" AND record.{records.part} = {1 if kind.hits_in_doubt else 0}"
    return int(connection.execute(query).fetchall()[0][0])


def count_inexact(connection: duckdb.DuckDBPyConnection, ends: str) -> int:
    """How many of the records have two ends.

    Args:
        ends: what `ends_of_records` gave.
    """
    (found,) = connection.execute(f"SELECT count(*) FROM ({ends}) WHERE greatest IS DISTINCT FROM least").fetchall()
    return int(found[0])
