"""Which kinds of records people ask for by their key: the fact that has them, and the staged rows they were made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import Table

from models import finance, planning, tickets, vendor_ledger, vendor_performance, vendors
from models.ddl import quote_text
from pipelines.explaining.cell import NotPublishedError
from pipelines.published.rows import read_rows

if TYPE_CHECKING:
    import duckdb

#: Keys that a message lists at most.
_MOST_KEYS: Final = 6
#: From which similarity on another key may be the one that was meant.
_ALIKE: Final = 0.9


@dataclass(frozen=True, slots=True)
class RecordKind:
    """One kind of record.

    Attributes:
        noun: what one is called.
        fact: table of the core layer.
        key: its key.
        staged: staged tables that its rows come from, each with the column that names it; none where it was computed
            from other records.
        condition: which rows of the fact are such records, in SQL, if not all.
    """

    noun: str
    fact: Table
    key: str
    staged: tuple[tuple[Table, str], ...] = ()
    condition: str = "TRUE"


KINDS: Final[tuple[RecordKind, ...]] = (
    RecordKind(
        "ticket",
        tickets.fct_tickets,
        "ticket_id",
        ((tickets.stg_tickets, "ticket_id"), (tickets.stg_ticket_events, "ticket_id")),
    ),
    RecordKind("cost line", finance.fct_cost_lines, "cost_line_id", ((finance.stg_cost_lines, "cost_line_id"),)),
    RecordKind(
        "budget line", planning.fct_budget_lines, "budget_line_id", ((planning.stg_budget_lines, "budget_line_id"),)
    ),
    RecordKind(
        "benefit line",
        planning.fct_initiative_lines,
        "line_id",
        ((planning.stg_benefit_lines, "benefit_line_id"),),
        "kind = 'benefit'",
    ),
    RecordKind("delivery", vendors.fct_deliveries, "delivery_id", ((vendors.stg_deliveries, "delivery_id"),)),
    RecordKind(
        "invoice line",
        vendors.fct_vendor_invoice_lines,
        "vendor_invoice_line_id",
        ((vendors.stg_vendor_invoice_lines, "vendor_invoice_line_id"),),
    ),
    RecordKind(
        "purchase order line",
        vendor_ledger.fct_purchase_orders,
        "purchase_order_line_id",
        ((vendors.stg_purchase_orders, "purchase_order_line_id"),),
    ),
    RecordKind(
        "vendor contract",
        vendor_ledger.fct_vendor_contracts,
        "vendor_contract_id",
        ((vendors.stg_vendor_contracts, "vendor_contract_id"),),
    ),
    RecordKind("service credit", vendor_performance.fct_service_credits, "service_credit_id"),
    RecordKind("amount to recover", vendor_performance.fct_vendor_recoverables, "vendor_recoverable_id"),
)


def kind_of(fact: str) -> RecordKind:
    """The kind whose records a fact has.

    Raises:
        KeyError: no kind has.
    """
    return next(kind for kind in KINDS if kind.fact.name == fact)


def find_record(connection: duckdb.DuckDBPyConnection, asked: str) -> tuple[RecordKind, str]:
    """The record that is meant by a key, or by what follows the source in it where that names one alone.

    Args:
        connection: to a published file.

    Raises:
        NotPublishedError: there is none, or several; the message says which.
    """
    wanted = asked.strip()
    exact = _matching(connection, wanted, "{key}")
    if exact:
        return exact[0]
    found = _matching(
        connection, wanted, "CASE WHEN contains({key}, ':') THEN substr({key}, strpos({key}, ':') + 1) END"
    )
    if len(found) == 1:
        return found[0]
    if found:
        more = f" and {len(found) - _MOST_KEYS} more" if len(found) > _MOST_KEYS else ""
        listed = ", ".join(f"{key} ({kind.noun})" for kind, key in found[:_MOST_KEYS])
        raise NotPublishedError(f"'{wanted}' may be any of {listed}{more}. Name it with its source.")
    near = _near(connection, wanted)
    hint = f"Did you mean {' or '.join(repr(key) for key in near)}?" if near else "A key stands before each record."
    raise NotPublishedError(f"No ticket, cost line, budget, invoice or delivery has the key '{wanted}'. {hint}")


def _matching(connection: duckdb.DuckDBPyConnection, wanted: str, name: str) -> list[tuple[RecordKind, str]]:
    """The records that are called so.

    Args:
        name: SQL over `{key}` that gives what a record may be called.
    """
    return [
        (kind, row["key"])
        for kind in KINDS
        for row in read_rows(
            connection,
            f"SELECT {kind.key} AS key FROM core.{kind.fact.name} "
            f"WHERE ({kind.condition}) AND {name.format(key=kind.key)} = $wanted ORDER BY 1",
            {"wanted": wanted},
        )
    ]


def _near(connection: duckdb.DuckDBPyConnection, wanted: str) -> list[str]:
    """Keys that look alike, with or without their source, the nearest first."""
    text = quote_text(wanted.casefold())
    parts = [
        f"SELECT {kind.key} AS key, greatest(jaro_winkler_similarity(lower({kind.key}), {text}), "
        f"jaro_winkler_similarity(lower(substr({kind.key}, strpos({kind.key}, ':') + 1)), {text})) AS alike "
        f"FROM core.{kind.fact.name} WHERE {kind.condition}"
        for kind in KINDS
    ]
    query = f"SELECT key FROM ({' UNION ALL '.join(parts)}) WHERE alike >= {_ALIKE} ORDER BY alike DESC, key LIMIT 3"
    return [row["key"] for row in read_rows(connection, query)]
