"""Sums over the records of a record view, from which most of its values follow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.explaining.records import IS_MEASURED, Records
from pipelines.published.rows import read_rows

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over the records: of all that contribute, and how many of them are measured."""

    eligible: int
    measured: int
    contributing: int
    part: Any
    whole: Any


def sum_records(connection: duckdb.DuckDBPyConnection, records: Records) -> Totals:
    """Add the records up."""
    whole = f"sum({records.whole})" if records.whole else "NULL"
    query = f"""
        SELECT count(*) AS eligible, count(*) FILTER ({IS_MEASURED}) AS measured,
            count({records.part}) AS contributing, sum({records.part}) AS part, {whole} AS whole
        FROM ({records.sql})
    """
    return Totals(**read_rows(connection, query)[0])
