"""Which columns and rows of the facts are read to measure metrics: those that they need, without what holds nothing."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Table

from metrics.measuring.needed_columns import columns_of_ends, needed_columns
from metrics.spec import Metric
from models.catalog import table_named
from models.ddl import qualified_name, quote_identifier
from models.tickets import fct_ticket_intervals, fct_tickets
from pipelines.warehouse import Warehouse


def columns_to_read(warehouse: Warehouse, metrics: Sequence[Metric]) -> dict[str, list[str]]:
    """Columns by fact, in the order of the table's declaration; a fact that is not named is not read.

    Between what a duration lies is empty wherever sources tell its ends exactly. Of such columns the database finds
    that they are empty in no time, while a million rows of each would take their memory.
    """
    needed = needed_columns(metrics)
    for fact, ends in columns_of_ends(metrics).items():
        counts = ", ".join(f"count({quote_identifier(name)})" for name in ends)
        (found,) = warehouse.rows(f"SELECT {counts} FROM {qualified_name(table_named(fact))}")
        empty = {name for name, count in zip(ends, found, strict=True) if not count}
        needed[fact] = [name for name in needed[fact] if name not in empty]
    return needed


def rows_to_read(fact: Table) -> str:
    """A condition on the rows of a fact, in SQL.

    Of a log of changes, what its tickets went through is in the facts that count it: a stock asks for the stretches of
    those tickets alone whose history is made of exports.
    """
    if fact is not fct_ticket_intervals:
        return "true"
    return f"ticket_id IN (SELECT ticket_id FROM {qualified_name(fct_tickets)} WHERE is_sampled)"
