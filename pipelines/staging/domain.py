"""From the raw tables of a domain to its staged ones, with what could not be read and what the files themselves total.

How rows are typed and put together is in `pipelines.staging`; whether they may count is for `pipelines.gate.ingest`.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from data_contracts.spec import ExportContract
from metrics.tickets.data_clock import data_clock
from models.catalog import STAGED
from models.ops import ops_control_totals, ops_loads, ops_value_problems
from models.tickets import stg_ticket_events, stg_tickets
from models.vocabulary import Domain
from pipelines.facts.tickets import note_changes
from pipelines.gate.audit import offer_data_clock
from pipelines.session import Session
from pipelines.staging.control_totals import total_up
from pipelines.staging.lines import assemble_lines
from pipelines.staging.parts import stage_parts
from pipelines.staging.shared_tickets import store_shared_tickets
from pipelines.staging.snapshots import read_snapshot_history
from pipelines.staging.source_drift import store_money_drift, store_source_drift
from pipelines.staging.tickets import assemble_events, assemble_tickets
from pipelines.warehouse import Warehouse


def stage_domain(session: Session, domain: Domain, contracts: Sequence[ExportContract]) -> None:
    """Make the staged tables of a domain of all files that are landed. Call inside a transaction."""
    warehouse, policies = session.warehouse, session.project.policies
    parts, totals, problems = stage_parts(warehouse, contracts)
    problems += [part.problems for staged in parts.values() for part in staged]
    totals.append(total_up(part for staged in parts.values() for part in staged))
    for table in STAGED[domain]:
        if table in (stg_tickets, stg_ticket_events):
            continue
        warehouse.replace(table, assemble_lines(parts.get(table.name, []), table, policies))
    if domain is Domain.TICKETS:
        history = read_snapshot_history(warehouse, contracts, policies)
        event_parts, ticket_parts = (parts.get(table.name, []) for table in (stg_ticket_events, stg_tickets))
        events, event_problems = assemble_events(event_parts, policies, history.events)
        tickets, ticket_problems = assemble_tickets(ticket_parts, events, event_parts, policies, history.tickets)
        warehouse.replace(stg_ticket_events, events)
        warehouse.replace(stg_tickets, tickets)
        note_changes(warehouse, [part.frame for part in (*event_parts, *ticket_parts)])
        clock = data_clock(tickets, events, loads=warehouse.read(ops_loads))
        offer_data_clock(warehouse, clock)
        store_source_drift(session, clock)
        shared_problems = store_shared_tickets(warehouse, [*ticket_parts, *event_parts])
        problems += [history.problems, event_problems, ticket_problems, shared_problems]
    else:
        store_money_drift(session, domain)
    _store_problems(warehouse, domain, problems)
    _store_totals(warehouse, domain, totals)


def _store_problems(warehouse: Warehouse, domain: Domain, problems: Sequence[pl.DataFrame]) -> None:
    warehouse.execute("DELETE FROM ops.ops_value_problems WHERE domain = ?", [domain.value])
    if not problems:
        return
    loads = warehouse.frame("SELECT load_id, export, 'raw.' || raw_table AS raw_table FROM ops.ops_loads")
    found = pl.concat(problems).unique(maintain_order=True).join(loads, on="load_id", how="left", maintain_order="left")
    warehouse.append(ops_value_problems, found.with_columns(pl.lit(domain.value).alias("domain")))


def _store_totals(warehouse: Warehouse, domain: Domain, totals: Sequence[pl.DataFrame]) -> None:
    warehouse.execute("DELETE FROM ops.ops_control_totals WHERE domain = ?", [domain.value])
    loads = warehouse.frame("SELECT load_id, export, file_name FROM ops.ops_loads")
    found = pl.concat(totals).join(loads, on="load_id", how="left", maintain_order="left")
    warehouse.append(ops_control_totals, found.with_columns(pl.lit(domain.value).alias("domain")))
