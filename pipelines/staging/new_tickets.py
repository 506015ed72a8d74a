"""Which raw rows have to be staged again when files came: those of the tickets that the new files tell of.

What is staged of a ticket depends on all raw rows that tell of it and on no other, so a daily run types the rows of
some thousand tickets in the place of a whole history. Where that is not certain, `find_new_tickets` finds nothing and
everything is staged: after a change of code, contracts or policies, when a load was replaced, at the first load of an
export, where what is staged of a ticket depends on others as well, and where so much is new that it would cost more.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import polars as pl

from data_contracts.spec import ExportContract
from models.ddl import polars_schema, qualified_name
from models.ops import ops_ticket_stagings
from models.vocabulary import Domain
from pipelines.landing.load_order import ordered_loads
from pipelines.landing.loads import active_loads
from pipelines.session import Session
from pipelines.staging.chosen_rows import RowsOfTickets, find_told_tickets
from pipelines.staging.ticket_keys import are_apart
from pipelines.warehouse import Warehouse

#: Staging everything is cheaper than staging more than one row in so many apart.
_MOST_NEW: Final = 10


@dataclass(frozen=True, slots=True)
class NewTickets:
    """The tickets that new loads tell of, and where all that is told of them lies.

    Attributes:
        contracts: by which the new loads were read.
        rows: all that is told of these tickets.
        creation_sources: sources that told creations when everything was staged last.
    """

    contracts: tuple[ExportContract, ...]
    rows: RowsOfTickets
    creation_sources: frozenset[str]


def find_new_tickets(session: Session, contracts: Sequence[ExportContract], *, rules_hash: str) -> NewTickets | None:
    """What to stage again; None where everything is to be staged.

    Args:
        rules_hash: of all that decides what is staged of a raw row.
    """
    warehouse = session.warehouse
    known = None if session.is_full else _last_staging(warehouse, rules_hash)
    if known is None:
        return None
    last_order, creation_sources = known
    staged = set(last_order)
    order = _ordered_load_ids(warehouse, contracts)
    active = set(order)
    new = active - staged
    told_by = [contract for contract in contracts if any(load_id.startswith(f"{contract.id}/") for load_id in new)]
    only_adds = staged <= active and {_object_of(load_id) for load_id in new} <= {_object_of(load) for load in staged}
    # The name of a new file can say of older ones that they count in another order, where all names say it in one way.
    is_order_kept = [load_id for load_id in order if load_id in staged] == last_order
    if not (
        new and only_adds and is_order_kept and are_apart(told_by, contracts) and _are_few(warehouse, new, told_by)
    ):
        return None
    return NewTickets(tuple(told_by), find_told_tickets(warehouse, told_by, frozenset(new)), creation_sources)


def remember_staging(
    session: Session, contracts: Sequence[ExportContract], *, rules_hash: str, creation_sources: Collection[str]
) -> None:
    """Note with what all tickets are staged by now. Call in the transaction that staged them.

    Args:
        creation_sources: sources that tell when tickets were created.
    """
    record = {
        "rules_hash": rules_hash,
        "load_ids": json.dumps(_ordered_load_ids(session.warehouse, contracts)),
        "creation_sources": json.dumps(sorted(creation_sources)),
        "staged_at": datetime.now(UTC),
        "run_id": session.run_id,
    }
    schema = polars_schema(ops_ticket_stagings)
    session.warehouse.replace(ops_ticket_stagings, pl.DataFrame([record], schema=schema))


def _last_staging(warehouse: Warehouse, rules_hash: str) -> tuple[list[str], frozenset[str]] | None:
    """The loads that the staged tickets come from, as they counted, and the sources that told creations, if by the same
    rules.
    """
    # Tables that another run has written since, such as one of an older version, are not those that are remembered.
    found = warehouse.rows(
        f"""
        SELECT staged.load_ids, staged.creation_sources
        FROM {qualified_name(ops_ticket_stagings)} AS staged
        JOIN ops.ops_steps AS steps ON steps.asset = 'stage_{Domain.TICKETS.value}' AND steps.run_id = staged.run_id
        WHERE staged.rules_hash = ?
        """,
        [rules_hash],
    )
    return (json.loads(found[0][0]), frozenset(json.loads(found[0][1]))) if found else None


def _ordered_load_ids(warehouse: Warehouse, contracts: Iterable[ExportContract]) -> list[str]:
    """The loads of each object of some contracts, the later ones last."""
    return [
        load.load_id
        for contract in contracts
        for item in contract.objects
        for load in ordered_loads(warehouse, contract.id, item.name)
    ]


def _are_few(warehouse: Warehouse, new: Collection[str], told_by: Iterable[ExportContract]) -> bool:
    counts = dict(warehouse.rows("SELECT load_id, row_count FROM ops.ops_loads"))
    active = [load_id for contract in told_by for load_id, _ in active_loads(warehouse, contract.id)]
    return sum(counts[load_id] for load_id in new) * _MOST_NEW <= sum(counts[load_id] for load_id in active)


def _object_of(load_id: str) -> str:
    """Contract and schema object of a load."""
    return "/".join(load_id.split("/")[:2])
