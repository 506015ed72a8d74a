"""From the raw tables of a domain to its staged ones, with what could not be read and what the files themselves total.

How rows are typed and put together is in `pipelines.staging`; whether they may count is for `pipelines.gate.ingest`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

from data_contracts.spec import ExportContract
from models.catalog import STAGED
from models.ddl import qualified_name
from models.ops import ops_control_totals, ops_value_problems
from models.tickets import stg_ticket_events, stg_tickets
from models.vocabulary import Domain
from pipelines.facts.tickets import data_reach, note_changes
from pipelines.gate.audit import offer_data_clock
from pipelines.policies.loading import Policies
from pipelines.session import Session
from pipelines.staging.control_totals import total_up
from pipelines.staging.lines import assemble_lines
from pipelines.staging.mapping import StagedPart
from pipelines.staging.new_tickets import NewTickets, find_new_tickets, remember_staging
from pipelines.staging.parts import stage_parts
from pipelines.staging.shared_tickets import store_shared_tickets
from pipelines.staging.snapshots import read_snapshot_history
from pipelines.staging.source_drift import store_money_drift, store_source_drift
from pipelines.staging.tickets import assemble_events, assemble_tickets, sources_with_creations
from pipelines.warehouse import Warehouse


def stage_domain(session: Session, domain: Domain, contracts: Sequence[ExportContract], *, rules_hash: str) -> str:
    """Bring the staged tables of a domain up to date with all files that are landed. Call inside a transaction.

    Args:
        rules_hash: of all but the files that decides what is staged.

    Returns:
        A word on how much was staged, if it was not everything.
    """
    if domain is Domain.TICKETS:
        return _stage_tickets(session, contracts, rules_hash)
    warehouse, policies = session.warehouse, session.project.policies
    parts, totals, problems = stage_parts(warehouse, contracts)
    for table in STAGED[domain]:
        warehouse.replace(table, assemble_lines(parts.get(table.name, []), table, policies))
    store_money_drift(session, domain)
    _store_problems(warehouse, domain, [*_problems_of(parts.values()), *problems])
    _store_totals(warehouse, domain, [*totals, total_up(part for staged in parts.values() for part in staged)])
    return ""


def _stage_tickets(session: Session, contracts: Sequence[ExportContract], rules_hash: str) -> str:
    warehouse, policies = session.warehouse, session.project.policies
    new = find_new_tickets(session, contracts, rules_hash=rules_hash)
    creation_sources = None if new is None else _stage_new_tickets(warehouse, policies, new)
    if new is None or creation_sources is None:
        note = ""
        creation_sources = _stage_all_tickets(warehouse, contracts, policies)
    else:
        note = f"{len(new.ticket_ids):,} of {warehouse.count(stg_tickets):,} tickets were staged again."
    remember_staging(session, contracts, rules_hash=rules_hash, creation_sources=creation_sources)
    clock = data_reach(warehouse)
    offer_data_clock(warehouse, clock)
    store_source_drift(session, clock)
    return note


def _stage_all_tickets(warehouse: Warehouse, contracts: Sequence[ExportContract], policies: Policies) -> frozenset[str]:
    """Returns the sources that tell when tickets were created."""
    parts, totals, problems = stage_parts(warehouse, contracts)
    history = read_snapshot_history(warehouse, contracts, policies)
    event_parts, ticket_parts = (parts.get(table.name, []) for table in (stg_ticket_events, stg_tickets))
    events, event_problems = assemble_events(event_parts, policies, history.events)
    tickets, ticket_problems = assemble_tickets(ticket_parts, events, event_parts, policies, history.tickets)
    warehouse.replace(stg_ticket_events, events)
    warehouse.replace(stg_tickets, tickets)
    note_changes(warehouse, [part.frame for part in (*event_parts, *ticket_parts)])
    shared_problems = store_shared_tickets(warehouse, [*ticket_parts, *event_parts])
    found = [history.problems, event_problems, ticket_problems, shared_problems]
    _store_problems(warehouse, Domain.TICKETS, [*_problems_of(parts.values()), *problems, *found])
    _store_totals(warehouse, Domain.TICKETS, totals)
    return sources_with_creations(ticket_parts, history.tickets)


def _stage_new_tickets(warehouse: Warehouse, policies: Policies, new: NewTickets) -> frozenset[str] | None:
    """The same of the tickets that new loads tell of; None, and nothing done, where others would change as well."""
    parts, _, problems = stage_parts(warehouse, new.contracts, only=new.rows)
    event_parts, ticket_parts = (parts.get(table.name, []) for table in (stg_ticket_events, stg_tickets))
    if not sources_with_creations(ticket_parts) <= new.creation_sources:
        # The first creation that a source tells: its other tickets no longer begin with their first event.
        return None
    events, event_problems = assemble_events(event_parts, policies)
    tickets, ticket_problems = assemble_tickets(
        ticket_parts, events, event_parts, policies, creation_sources=new.creation_sources
    )
    warehouse.replace_rows(stg_ticket_events, "ticket_id", new.ticket_ids, events)
    warehouse.replace_rows(stg_tickets, "ticket_id", new.ticket_ids, tickets)
    told = [part.frame for part in (*event_parts, *ticket_parts)]
    note_changes(warehouse, told)
    found = [*_problems_of(parts.values()), *problems, event_problems, ticket_problems]
    _store_problems(warehouse, Domain.TICKETS, found, of=told)
    return new.creation_sources


def _problems_of(parts: Iterable[Sequence[StagedPart]]) -> list[pl.DataFrame]:
    return [part.problems for staged in parts for part in staged]


def _store_problems(
    warehouse: Warehouse,
    domain: Domain,
    problems: Sequence[pl.DataFrame],
    *,
    of: Sequence[pl.DataFrame] | None = None,
) -> None:
    """Put problems in the place of those that the domain had, or of those that some rows had.

    Args:
        of: frames with `load_id` and `row_number` of these rows.
    """
    known = f"FROM {qualified_name(ops_value_problems)} AS known"
    if of is None:
        warehouse.execute(f"DELETE {known} WHERE domain = ?", [domain.value])
    else:
        rows = pl.concat([frame.select(pl.col("load_id").cast(pl.String), "row_number") for frame in of]).unique()
        with warehouse.registered(rows) as staged:
            same = "known.load_id = staged.load_id AND known.row_number = staged.row_number"
            warehouse.execute(f"DELETE {known} USING {staged} AS staged WHERE {same}")
    if not problems:
        return
    loads = warehouse.frame("SELECT load_id, export, 'raw.' || raw_table AS raw_table FROM ops.ops_loads")
    found = pl.concat(problems).unique(maintain_order=True).join(loads, on="load_id", how="left", maintain_order="left")
    warehouse.append(ops_value_problems, found.with_columns(pl.lit(domain.value).alias("domain")))


def _store_totals(warehouse: Warehouse, domain: Domain, totals: Sequence[pl.DataFrame]) -> None:
    warehouse.execute("DELETE FROM ops.ops_control_totals WHERE domain = ?", [domain.value])
    if not totals:
        return
    loads = warehouse.frame("SELECT load_id, export, file_name FROM ops.ops_loads")
    found = pl.concat(totals).join(loads, on="load_id", how="left", maintain_order="left")
    warehouse.append(ops_control_totals, found.with_columns(pl.lit(domain.value).alias("domain")))
