"""The staged tables of tickets: of everything, one part of a long history after the other, or of new tickets alone.

How tickets are put together is in `pipelines.staging.tickets`; which rows belong together, in
`pipelines.staging.ticket_keys`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from data_contracts.spec import ExportContract
from models.tickets import stg_ticket_events, stg_tickets
from models.vocabulary import Domain
from pipelines.facts.tickets import note_changes
from pipelines.policies.loading import Policies
from pipelines.session import Session
from pipelines.staging.chosen_rows import ChosenRows, slice_tickets
from pipelines.staging.mapping import StagedPart
from pipelines.staging.new_tickets import NewTickets, find_new_tickets, remember_staging
from pipelines.staging.parts import stage_parts
from pipelines.staging.shared_tickets import store_shared_tickets
from pipelines.staging.snapshots import read_snapshot_history
from pipelines.staging.stored_findings import store_problems, store_totals
from pipelines.staging.ticket_histories import replace_histories, store_histories
from pipelines.staging.ticket_keys import are_apart
from pipelines.staging.tickets import assemble_events, assemble_tickets, begin_with_events, sources_with_creations
from pipelines.warehouse import Warehouse

#: Raw rows that are put together at once at most, where they can be taken apart: it takes some 1 GB.
_ROWS_AT_ONCE: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class _Assembled:
    """What some raw rows become.

    Attributes:
        events, tickets: rows of the staged tables, texts with few values as categories.
        told: `ticket_id`, `load_id` and `row_number` of all that was read, one frame for each export and table.
        problems, totals: rows of `ops_value_problems` and `ops_control_totals`.
        creation_sources: sources that tell when tickets were created.
    """

    events: pl.DataFrame
    tickets: pl.DataFrame
    told: list[pl.DataFrame]
    problems: list[pl.DataFrame]
    totals: list[pl.DataFrame]
    creation_sources: frozenset[str]


def stage_tickets(session: Session, contracts: Sequence[ExportContract], *, rules_hash: str) -> str:
    """Bring `stg_tickets` and `stg_ticket_events` up to date, and with them what rules ask of each ticket's events.

    Returns a word on how many tickets, if not all.
    """
    warehouse, policies = session.warehouse, session.project.policies
    new = find_new_tickets(session, contracts, rules_hash=rules_hash)
    sources = None if new is None else _stage_new(warehouse, policies, new)
    if new is None or sources is None:
        note = ""
        sources = _stage_all(warehouse, contracts, policies)
    else:
        note = f"{len(new.rows.ticket_ids):,} of {warehouse.count(stg_tickets):,} tickets were staged again."
    remember_staging(session, contracts, rules_hash=rules_hash, creation_sources=sources)
    return note


def _stage_all(warehouse: Warehouse, contracts: Sequence[ExportContract], policies: Policies) -> frozenset[str]:
    """Returns the sources that tell when tickets were created."""
    pieces = []
    for some, rows in _pieces(warehouse, contracts):
        piece = _assemble(warehouse, some, policies, only=rows)
        note_changes(warehouse, piece.told)
        piece.told.clear()
        pieces.append(piece)
    sources = frozenset[str]().union(*(piece.creation_sources for piece in pieces))
    events = pl.concat([piece.events for piece in pieces])
    tickets = pl.concat([piece.tickets for piece in pieces])
    warehouse.replace(stg_tickets, begin_with_events(tickets, events, sources))
    warehouse.replace(stg_ticket_events, events)
    store_histories(warehouse)
    store_problems(warehouse, Domain.TICKETS, [found for piece in pieces for found in piece.problems])
    store_totals(warehouse, Domain.TICKETS, [found for piece in pieces for found in piece.totals])
    return sources


def _pieces(
    warehouse: Warehouse, contracts: Sequence[ExportContract]
) -> Iterator[tuple[list[ExportContract], ChosenRows | None]]:
    """Contracts whose rows have to be put together at once, each with the rows, if these are not all."""
    counts: dict[str, int] = dict(
        warehouse.rows("SELECT export, sum(row_count)::BIGINT FROM ops.ops_loads GROUP BY export")
    )
    large = [contract for contract in contracts if are_apart([contract], contracts)]
    count = -(-sum(counts.get(contract.id, 0) for contract in large) // _ROWS_AT_ONCE)
    if count <= 1:
        yield list(contracts), None
        return
    # Also where none is left: it says of what snapshots there were that there are none.
    yield [contract for contract in contracts if contract not in large], None
    for rows in slice_tickets(warehouse, large, count):
        yield large, rows


def _stage_new(warehouse: Warehouse, policies: Policies, new: NewTickets) -> frozenset[str] | None:
    """The same of the tickets that new loads tell of; None, and nothing done, where others would change as well."""
    found = _assemble(warehouse, new.contracts, policies, only=new.rows)
    if not found.creation_sources <= new.creation_sources:
        # The first creation that a source tells: its other tickets no longer begin with their first event.
        return None
    tickets = begin_with_events(found.tickets, found.events, new.creation_sources)
    warehouse.replace_rows(stg_ticket_events, "ticket_id", new.rows.ticket_ids, found.events)
    warehouse.replace_rows(stg_tickets, "ticket_id", new.rows.ticket_ids, tickets)
    replace_histories(warehouse, new.rows.ticket_ids, found.events, tickets)
    note_changes(warehouse, found.told)
    store_problems(warehouse, Domain.TICKETS, found.problems, of=found.told)
    return new.creation_sources


def _assemble(
    warehouse: Warehouse,
    contracts: Sequence[ExportContract],
    policies: Policies,
    *,
    only: ChosenRows | None,
) -> _Assembled:
    """
    Args:
        only: the rows to read, of contracts that are apart; all where it is not given.
    """
    parts, totals, problems = stage_parts(warehouse, contracts, only=only)
    event_parts, ticket_parts = (parts.get(table.name, []) for table in (stg_ticket_events, stg_tickets))
    every: list[StagedPart] = [*event_parts, *ticket_parts]
    found = [*(part.problems for part in every), *problems]
    compared_events = compared_tickets = None
    if only is None:
        history = read_snapshot_history(warehouse, contracts, policies)
        compared_events, compared_tickets = history.events, history.tickets
        found += [history.problems, store_shared_tickets(warehouse, every)]
    events, event_problems = assemble_events(event_parts, policies, compared_events)
    tickets, ticket_problems = assemble_tickets(ticket_parts, event_parts, policies, compared_tickets)
    return _Assembled(
        events,
        tickets,
        [part.frame.select("ticket_id", "load_id", "row_number") for part in every],
        [*found, event_problems, ticket_problems],
        totals,
        sources_with_creations(ticket_parts, compared_tickets),
    )
