"""From the raw tables of a domain to its staged ones, with what could not be read and what the files themselves total.

How rows are typed and put together is in `pipelines.staging`; whether they may count is for `pipelines.gate.ingest`.
"""

from __future__ import annotations

from collections.abc import Sequence

from data_contracts.spec import ExportContract
from models.catalog import STAGED
from models.vocabulary import Domain
from pipelines.facts.tickets import data_reach
from pipelines.gate.audit import offer_data_clock
from pipelines.session import Session
from pipelines.staging.control_totals import total_up
from pipelines.staging.dimensions import spellings_of_lines
from pipelines.staging.lines import assemble_lines
from pipelines.staging.parts import stage_parts
from pipelines.staging.source_drift import store_money_drift, store_source_drift
from pipelines.staging.stored_findings import store_problems, store_totals
from pipelines.staging.ticket_tables import stage_tickets


def stage_domain(session: Session, domain: Domain, contracts: Sequence[ExportContract], *, rules_hash: str) -> str:
    """Bring the staged tables of a domain up to date with all files that are landed. Call inside a transaction.

    Args:
        rules_hash: of all but the files that decides what is staged.

    Returns:
        A word on how much was staged, if it was not everything.
    """
    warehouse = session.warehouse
    if domain is Domain.TICKETS:
        note = stage_tickets(session, contracts, rules_hash=rules_hash)
        clock = data_reach(warehouse)
        offer_data_clock(warehouse, clock)
        store_source_drift(session, clock)
        return note
    parts, totals, problems = stage_parts(warehouse, contracts, spellings=spellings_of_lines(session.project.policies))
    staged = [part for of_table in parts.values() for part in of_table]
    for table in STAGED[domain]:
        warehouse.replace(table, assemble_lines(parts.get(table.name, []), table, session.project.policies))
    store_money_drift(session, domain)
    store_problems(warehouse, domain, [*(part.problems for part in staged), *problems])
    store_totals(warehouse, domain, [*totals, total_up(staged)])
    return ""
