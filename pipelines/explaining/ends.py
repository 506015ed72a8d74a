"""Measured records whose value is not known exactly: between which two ends it lies, in SQL.

Where exports are compared, a duration begins and ends some time between two of them (`metrics.tickets.leeways`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from metrics.kinds import Percentile
from metrics.spec import Metric
from pipelines.explaining.records import IS_MEASURED, Records, view_of

if TYPE_CHECKING:
    import duckdb


def ends_of_records(metric: Metric, records: Records) -> str:
    """The measured records of a percentile with `least` and `greatest`, which are equal where the value is exact."""
    view = view_of(metric)
    if view is None or not isinstance(metric.kind, Percentile) or not metric.kind.ends:
        return f"SELECT {records.part} AS least, {records.part} AS greatest FROM ({records.sql}) WHERE {IS_MEASURED}"
    same = " AND ".join(f"fact.{key} IS NOT DISTINCT FROM record.{key}" for key in view.keys)
    return (
        f"SELECT coalesce(fact.{metric.kind.least}, record.{records.part}) AS least, "
        f"coalesce(fact.{metric.kind.greatest}, record.{records.part}) AS greatest FROM ({records.sql}) AS record "
        f"LEFT JOIN {view.fact.schema}.{view.fact.name} AS fact ON {same} WHERE record.{IS_MEASURED}"
    )


def count_inexact(connection: duckdb.DuckDBPyConnection, ends: str) -> int:
    """How many of the records have two ends.

    Args:
        ends: what `ends_of_records` gave.
    """
    (found,) = connection.execute(f"SELECT count(*) FROM ({ends}) WHERE least < greatest").fetchall()
    return int(found[0])
