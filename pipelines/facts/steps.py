"""Staged tables into facts, each step only when what it depends on has changed.

The arithmetic is in `metrics`; here are only reading, writing and the decision whether the gate allows it: see
`pipelines.gate.holds`. Facts of tables that may not be loaded keep the rows of their last good batch. What is measured
on facts is in `pipelines.kpis.values`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType

import polars as pl
from sqlalchemy import Table

from metrics.costs.driving_metrics import NegativeWeightError
from metrics.registry import metric_named
from metrics.vendors.contract_promises import list_contract_promises
from models.catalog import domain_of
from models.finance import fct_cost_allocations, fct_cost_lines, fct_transactions, stg_cost_lines, stg_fx_rates
from models.planning import fct_ticket_delays
from models.tickets import fct_sla_clocks, fct_tickets
from models.vendors import fct_contract_promises, stg_vendor_contracts
from models.vocabulary import Domain
from pipelines.facts.costs import build_cost_tables, upstream_tables
from pipelines.facts.data_clocks import data_clocks, reach_of, reporting_date, unposted_months
from pipelines.facts.inputs import FACT_INPUTS
from pipelines.facts.plans import PLANNING_FACTS, delay_facts, planning_facts
from pipelines.facts.tickets import (
    TICKET_FACTS,
    build_ticket_tables,
    describe_contract_policies,
)
from pipelines.facts.vendor_credits import CREDIT_FACTS, CREDIT_SOURCES, build_credit_tables
from pipelines.facts.vendors import VENDOR_FACTS, build_vendor_tables, quarantined_records
from pipelines.fingerprint import hash_parts
from pipelines.gate.holds import read_holds, unfit_tables
from pipelines.gate.reconciliation import (
    NotReconciledError,
    hold_cost_facts,
    reconcile_cost_facts,
    refuse_allocation,
)
from pipelines.gate.reconciliation import (
    reason_to_hold as reason_to_hold_costs,
)
from pipelines.gate.verdicts import current_verdict
from pipelines.session import Built, Session, Step, StepState

#: Facts that are computed together, and not written yet.
Frames = Mapping[Table, pl.DataFrame]


def build_contract_promises(session: Session) -> list[Step]:
    """What vendors' contracts promise. Tickets need it first: their SLA policies may take their time from there."""

    def build() -> Frames:
        return {fct_contract_promises: list_contract_promises(session.warehouse.read(stg_vendor_contracts))}

    return _build(session, Domain.VENDORS, (fct_contract_promises,), (), build)


def build_ticket_facts(session: Session) -> list[Step]:
    """Intervals, tickets, SLA clocks and daily counts, in one transaction."""
    policies = session.project.policies
    rules = ("calendars.yaml", "sla.yaml")
    staging = ("statuses.yaml", "dimensions.yaml")
    rules_hash = hash_parts(
        session.code_hash,
        {name: policies.hashes.get(name) for name in (*rules, *staging)},
        {contract.id: contract.content_hash for contract in session.project.contracts_of(Domain.TICKETS)},
        reporting_settings(session),
    )
    return _build(
        session,
        Domain.TICKETS,
        TICKET_FACTS,
        rules,
        lambda: build_ticket_tables(session, rules_hash=rules_hash),
        describe_contract_policies(session),
    )


def build_vendor_facts(session: Session) -> list[Step]:
    """Deliveries, contracts with their prices, billed lines and purchase orders."""
    rates = session.input_hash_of("stage_finance")
    policies = ("costs.yaml", "vendors.yaml")
    return _build(
        session,
        Domain.VENDORS,
        VENDOR_FACTS,
        policies,
        lambda: build_vendor_tables(session),
        rates,
    )


def build_credit_facts(session: Session) -> list[Step]:
    """Service credits and what may be recovered, from the facts of vendors and tickets as they are kept."""
    clocks = data_clocks(session)

    def build() -> Frames:
        return build_credit_tables(session, tickets_until=clocks.tickets, deliveries_until=clocks.deliveries)

    return _build(
        session,
        Domain.VENDORS,
        CREDIT_FACTS,
        ("costs.yaml", "vendors.yaml"),
        build,
        [session.input_hash_of(name) for name in ("stage_finance", *(table.name for table in CREDIT_SOURCES))],
    )


def build_cost_facts(session: Session) -> list[Step]:
    """Cost lines in the reporting currency, transactions, and the allocation of cost to them.

    They are kept only if they reconcile with the staged lines; else the last good ones stay, and are held.
    """
    assets = (fct_cost_lines, fct_transactions, fct_cost_allocations)
    # Its own facts change with it, and the verdict on the domain covers what is staged.
    tables = [table for table in upstream_tables(session.project.policies.costs) if domain_of(table) != Domain.FINANCE]
    upstream = [(table.name, session.input_hash_of(table.name)) for table in tables]
    policies = ("costs.yaml", "dimensions.yaml")
    try:
        return _build(session, Domain.FINANCE, assets, policies, lambda: _cost_facts(session, upstream), upstream)
    except NotReconciledError as error:
        hold_cost_facts(session, error, [table.name for table in assets])
        return [_leave(session, table, "held", error.verdict.summary) for table in assets]


def build_planning_facts(session: Session) -> list[Step]:
    """Budgets and their variance, the year's end, initiatives, rework and the bridge of unit cost."""
    clocks = data_clocks(session)
    finance = reporting_date(session, clocks.finance)
    reach = reach_of(metric_named("cost_per_transaction_reporting"), session.project.policies, clocks)
    bridged = reporting_date(session, reach.breakdowns_until if reach else None)
    upstream = [session.input_hash_of(table.name) for table in (fct_cost_lines, fct_tickets)]
    unposted = unposted_months(session)
    dates = [str(finance), str(bridged), *map(str, unposted)]

    def build() -> Frames:
        return planning_facts(session, finance_date=finance, bridged_date=bridged, unposted=unposted)

    # Costs that do not reconcile are kept from an older batch: nothing of this one is held against them.
    return _build(
        session,
        Domain.FINANCE,
        PLANNING_FACTS,
        ("costs.yaml", "initiatives.yaml"),
        build,
        [upstream, dates],
        also_unfit={stg_cost_lines.name: held} if (held := reason_to_hold_costs(session)) else {},
    )


def build_delay_facts(session: Session) -> list[Step]:
    """What the delay of tickets cost, where a policy prices it. Prices in other currencies need finance's rates."""
    currency = session.project.home.settings.reporting.currency
    is_converted = any(rule.currency not in (None, currency) for rule in session.project.policies.costs.delay)
    upstream = [session.input_hash_of(table.name) for table in (fct_tickets, fct_sla_clocks)]
    rates = session.input_hash_of("stage_finance") if is_converted else None
    return _build(
        session,
        Domain.TICKETS,
        [fct_ticket_delays],
        ("costs.yaml",),
        lambda: delay_facts(session),
        [upstream, rates],
        also_needs=(stg_fx_rates.name,) if is_converted else (),
    )


def _build(
    session: Session,
    domain: Domain,
    assets: Sequence[Table],
    policies: Sequence[str],
    build: Callable[[], Frames | Built],
    upstream: object = None,
    *,
    also_needs: Collection[str] = (),
    also_unfit: Mapping[str, str] = MappingProxyType({}),
) -> list[Step]:
    """Replace those of some facts whose staged tables may be loaded, if anything that they depend on has changed.

    Args:
        build: computes all of them from what is staged; facts that it writes itself are replaced all or not at all.
        also_needs: staged tables beside those of `pipelines.facts.inputs`.
        also_unfit: staged tables that facts may not be made of, for another reason than a rule on them.
    """
    verdict = current_verdict(session.warehouse, domain)
    if verdict is None:
        return [_leave(session, table, "empty", f"no file of {domain.value} was loaded yet") for table in assets]
    unfit = {**unfit_tables(read_holds(session.warehouse, session.project.contracts)), **also_unfit}
    needed = {table: (*FACT_INPUTS[table.name], *also_needs) for table in assets}
    reasons = {table: next((unfit[name] for name in names if name in unfit), None) for table, names in needed.items()}
    left = [_leave(session, table, "held", reason) for table, reason in reasons.items() if reason is not None]
    fit = [table for table, reason in reasons.items() if reason is None]
    if not fit:
        return left

    def write() -> Built:
        built = build()
        return built if isinstance(built, Built) else replace_tables(session, {table: built[table] for table in fit})

    input_hash = hash_parts(
        session.code_hash,
        verdict[0],
        {name: session.project.policies.hashes.get(name) for name in policies},
        str(session.as_of_option),
        reporting_settings(session),
        upstream,
    )
    return [*session.run_steps([table.name for table in fit], input_hash, write), *left]


def replace_tables(session: Session, frames: Mapping[Table, pl.DataFrame]) -> Built:
    """Put frames in the place of tables. Call in a transaction."""
    for table, frame in frames.items():
        session.warehouse.replace(table, frame)
    return Built({table.name: frame.height for table, frame in frames.items()})


def _leave(session: Session, table: Table, state: StepState, note: str) -> Step:
    """Touch nothing: what the table holds is from the last good batch, or it is empty."""
    session.reporter.began(table.name)
    return session.report(Step(table.name, state, session.row_count_of(table.name), 0.0, note))


def reporting_settings(session: Session) -> dict[str, object]:
    """What kpi.toml says of currency, zone and periods, to be hashed."""
    return session.project.home.settings.reporting.model_dump(mode="json")


def _cost_facts(session: Session, upstream: object) -> Built:
    """The cost facts and the verdict on them. Raises NotReconciledError, which rolls them back."""
    quarantined = quarantined_records(session.warehouse, stg_cost_lines)
    verdict = current_verdict(session.warehouse, Domain.FINANCE)
    judged = hash_parts(session.code_hash, verdict and verdict[0], upstream)
    try:
        counts = build_cost_tables(session, quarantined=quarantined, clocks=lambda: data_clocks(session))
    except NegativeWeightError as error:
        raise refuse_allocation(error, judged) from error
    reconcile_cost_facts(session, judged)
    return Built(counts)
