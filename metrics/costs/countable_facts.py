"""Which facts may be counted as transactions, and what policies/costs.yaml may say of them.

How they are counted is in `metrics.costs.transactions`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from typing import Final

import sqlalchemy
from sqlalchemy import Table

from metrics.costs.policy import CountedFact, TransactionKind
from models.catalog import domain_of, table_named, tables_of
from models.finance import fct_cost_lines, stg_cost_lines
from models.tickets import fct_tickets
from models.vendors import fct_deliveries
from models.vocabulary import Domain, Layer

#: Facts whose rows are records of what happened, and which are there before any cost is allocated.
COUNTABLE_FACTS: Final[dict[str, Table]] = {
    table.name: table
    for table in tables_of(Layer.CORE)
    if table.primary_key.columns and (table is fct_cost_lines or domain_of(table) in (Domain.TICKETS, Domain.VENDORS))
}

#: The table that each short name counts. Documents are staged lines: these say in which order a file has them.
_COUNTED_BY_KIND: Final[dict[TransactionKind, Table]] = {
    TransactionKind.RESOLVED_TICKETS: fct_tickets,
    TransactionKind.PAID_DOCUMENTS: stg_cost_lines,
    TransactionKind.DELIVERIES: fct_deliveries,
}


def counted_table(transaction: TransactionKind | CountedFact) -> Table:
    """The table whose records a policy counts as transactions."""
    if isinstance(transaction, CountedFact):
        return table_named(transaction.fact)
    return _COUNTED_BY_KIND[transaction]


def transaction_domain(transaction: TransactionKind | CountedFact) -> Domain:
    """The domain whose contracts protect what a policy counts."""
    return domain_of(counted_table(transaction))


def find_mistakes(counted: CountedFact) -> Iterator[tuple[str, str, str]]:
    """What is wrong with a general transaction: the key of the policy file, what is wrong, and what to write."""
    table = COUNTABLE_FACTS.get(counted.fact)
    if table is None:
        what = f"'{counted.fact}' is no fact whose records can be counted"
        yield "fact", what, _suggest(counted.fact, COUNTABLE_FACTS)
        return
    dated = _columns(table, (sqlalchemy.Date, sqlalchemy.DateTime))
    if counted.date_column not in dated:
        what = f"{counted.fact} has no date or instant '{counted.date_column}'"
        yield "date", what, _suggest(counted.date_column, dated)
    names = [column.name for column in table.columns]
    for name in counted.distinct:
        if name not in names:
            yield "distinct", f"{counted.fact} has no column '{name}'", _suggest(name, names)
    texts, flags = _columns(table, (sqlalchemy.Text,)), _columns(table, (sqlalchemy.Boolean,))
    for name in (*counted.patterns, *counted.flags):
        if name not in (*texts, *flags):
            what = f"{counted.fact} has no column '{name}' of text or of true and false"
            yield "where", what, _suggest(name, (*texts, *flags))
        elif name in counted.patterns and name in flags:
            yield "where", f"'{name}' of {counted.fact} is true or false, not a text", f"Write {name}: true."
        elif name in counted.flags and name in texts:
            yield "where", f"'{name}' of {counted.fact} is a text, not true or false", f'Write {name}: "a pattern*".'


def _columns(table: Table, kinds: tuple[type, ...]) -> list[str]:
    return [column.name for column in table.columns if isinstance(column.type, kinds)]


def _suggest(word: str, known: Iterable[str]) -> str:
    names: Sequence[str] = list(known)
    near = get_close_matches(word, names, n=1)
    return f"Did you mean '{near[0]}'?" if near else f"Write one of {', '.join(names)}."
