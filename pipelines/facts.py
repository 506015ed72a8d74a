"""Staged tables into facts, and facts into metric values, each step only when what it depends on has changed.

The arithmetic is in `metrics`; here are only reading, writing and the decision whether a domain's verdict allows it.
A held domain keeps the facts of its last good batch.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import Table

from metrics.costs.countable_facts import transaction_domain
from metrics.costs.driving_metrics import NegativeWeightError
from metrics.measuring.measure import measure
from metrics.measuring.needed_columns import needed_columns
from metrics.periods import local_date_of
from metrics.registry import METRICS, promise_domains, required_domains
from metrics.spec import Metric
from metrics.vendors.contract_promises import list_contract_promises
from metrics.vendors.scorecard import build_scorecards
from models.catalog import domain_of
from models.finance import fct_cost_allocations, fct_cost_lines, fct_transactions, stg_cost_lines
from models.marts import metric_values
from models.planning import (
    fct_budget_lines,
    fct_budget_variances,
    fct_rework_costs,
    fct_ticket_delays,
    fct_year_end_forecasts,
)
from models.tickets import fct_sla_clocks, fct_ticket_days, fct_tickets
from models.vendor_ledger import fct_vendor_commitment_months
from models.vendor_performance import (
    fct_service_credits,
    fct_vendor_recoverables,
    vendor_scorecard_parts,
    vendor_scorecards,
)
from models.vendors import (
    fct_contract_promises,
    fct_deliveries,
    fct_vendor_invoice_lines,
    stg_vendor_contracts,
)
from models.vocabulary import Domain, VerdictState
from pipelines.cost_facts import build_cost_tables, upstream_tables
from pipelines.fingerprint import hash_parts
from pipelines.planning_facts import PLANNING_FACTS, delay_facts, planning_facts
from pipelines.reconciliation import (
    NotReconciledError,
    hold_cost_facts,
    reason_to_hold,
    reconcile_cost_facts,
    refuse_allocation,
)
from pipelines.session import Built, Session, Step, StepState
from pipelines.ticket_facts import (
    TICKET_FACTS,
    build_ticket_tables,
    describe_contract_policies,
    measured_until,
)
from pipelines.vendor_credit_facts import CREDIT_FACTS, CREDIT_SOURCES, build_credit_tables
from pipelines.vendor_facts import VENDOR_FACTS, build_vendor_tables, quarantined_records
from pipelines.verdicts import current_verdict

#: Facts that metrics are measured on, by name.
MEASURED_FACTS: tuple[Table, ...] = (
    fct_tickets,
    fct_ticket_days,
    fct_sla_clocks,
    fct_cost_lines,
    fct_cost_allocations,
    fct_transactions,
    fct_budget_lines,
    fct_budget_variances,
    fct_year_end_forecasts,
    fct_rework_costs,
    fct_ticket_delays,
    fct_deliveries,
    fct_vendor_invoice_lines,
    fct_service_credits,
    fct_vendor_recoverables,
    fct_vendor_commitment_months,
)


def build_contract_promises(session: Session) -> list[Step]:
    """What vendors' contracts promise. Tickets need it first: their SLA policies may take their time from there."""

    def build() -> Built:
        promises = list_contract_promises(session.warehouse.read(stg_vendor_contracts))
        return _replace(session, {fct_contract_promises: promises})

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
        _reporting(session),
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
        lambda: _replace(session, build_vendor_tables(session)),
        rates,
    )


def build_credit_facts(session: Session) -> list[Step]:
    """Service credits and what may be recovered. Promises about tickets need the tickets' verdict, too."""
    policies = session.project.policies.vendors
    clocks = data_clocks(session)

    def build() -> Built:
        until = {"tickets_until": clocks[Domain.TICKETS], "vendors_until": clocks[Domain.VENDORS]}
        return _replace(session, build_credit_tables(session, **until))

    return _build(
        session,
        Domain.VENDORS,
        CREDIT_FACTS,
        ("costs.yaml", "vendors.yaml"),
        build,
        [session.input_hash_of(name) for name in ("stage_finance", *(table.name for table in CREDIT_SOURCES))],
        also=promise_domains(policies),
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
    held = reason_to_hold(session)
    if held is not None:
        # What was planned is held against the costs that were kept, once both are of one batch again.
        return [_leave(session, table, "held", held) for table in PLANNING_FACTS]
    clocks = data_clocks(session)
    finance, counted = (
        _reporting_date(session, clocks[domain])
        for domain in (Domain.FINANCE, transaction_domain(session.project.policies.costs.transaction))
    )
    upstream = [session.input_hash_of(table.name) for table in (fct_cost_lines, fct_tickets)]
    dates = [str(finance), str(counted)]

    def build() -> Built:
        facts = planning_facts(session, finance_date=finance, transactions_date=min(finance, counted))
        return _replace(session, facts)

    return _build(session, Domain.FINANCE, PLANNING_FACTS, ("costs.yaml", "initiatives.yaml"), build, [upstream, dates])


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
        lambda: _replace(session, delay_facts(session)),
        [upstream, rates],
        also=(Domain.FINANCE,) if is_converted else (),
    )


def build_metric_values(session: Session) -> Step:
    """All metric values. Metrics that need a held domain keep the values of its last good batch."""
    verdicts = {domain: current_verdict(session.warehouse, domain) for domain in Domain}
    upstream = [session.input_hash_of(table.name) for table in MEASURED_FACTS]
    states = {domain.value: found[1].value if found else None for domain, found in verdicts.items()}
    held_costs = reason_to_hold(session) is not None
    option = str(session.as_of_option)
    input_hash = hash_parts(session.code_hash, upstream, states, held_costs, option, _reporting(session))
    held = [metric for metric in METRICS if reasons_to_hold(session, metric)]
    note = f"{len(METRICS) - len(held)} metrics measured" + (f", {len(held)} held" if held else "")
    return session.run_step(metric_values.name, input_hash, lambda: _metric_values(session, held), note=note)


def build_vendor_scorecards(session: Session) -> list[Step]:
    """Vendors' scorecards, from what is published of them: a held metric has the values of its last good batch."""
    held = {metric.name for metric in METRICS if reasons_to_hold(session, metric)}

    def build() -> Built:
        scores = build_scorecards(
            session.project.policies.vendors.scorecard,
            session.warehouse.read(metric_values),
            session.warehouse.read(fct_contract_promises),
            held,
        )
        return _replace(session, {vendor_scorecard_parts: scores.parts, vendor_scorecards: scores.totals})

    upstream = [session.input_hash_of(table.name) for table in (metric_values, fct_contract_promises)]
    policy = session.project.policies.hashes.get("vendors.yaml")
    input_hash = hash_parts(session.code_hash, upstream, policy, sorted(held))
    return session.run_steps([vendor_scorecard_parts.name, vendor_scorecards.name], input_hash, build)


def domains_of(session: Session, metric: Metric) -> tuple[Domain, ...]:
    """The domains whose verdicts a metric needs under this home's cost and vendor policies."""
    return required_domains(metric, session.project.policies.costs, session.project.policies.vendors)


def reasons_to_hold(session: Session, metric: Metric) -> list[str]:
    """Why a metric may not be published anew, each in one line: verdicts on its domains, and on the cost facts."""
    domains = domains_of(session, metric)
    verdicts = [current_verdict(session.warehouse, domain) for domain in domains]
    reasons = [verdict[2] for verdict in verdicts if verdict is not None and _is_held(verdict)]
    if Domain.FINANCE in domains and (reason := reason_to_hold(session)):
        reasons.append(reason)
    return reasons


def data_clocks(session: Session) -> dict[Domain, datetime | None]:
    """How far each domain's facts reach, or what `--as-of` says."""
    if session.as_of_option is not None:
        return dict.fromkeys(Domain, session.as_of_option)
    return {
        Domain.TICKETS: measured_until(session.warehouse),
        Domain.FINANCE: _end_of_day(session, "SELECT max(posting_date) FROM core.fct_cost_lines"),
        Domain.VENDORS: _end_of_day(
            session,
            """
            SELECT max(day) FROM (
                SELECT max(delivered_date) AS day FROM core.fct_deliveries WHERE NOT is_quarantined
                UNION ALL
                SELECT max(invoice_date) FROM core.fct_vendor_invoice_lines WHERE NOT is_quarantined
            )
            """,
        ),
    }


def _build(
    session: Session,
    domain: Domain,
    assets: Sequence[Table],
    policies: Sequence[str],
    build: Callable[[], Built],
    upstream: object = None,
    also: Collection[Domain] = (),
) -> list[Step]:
    """Replace some facts together, if the domain's verdict is pass and anything they depend on has changed.

    Args:
        also: further domains that must not be held; one without any file yet has nothing that could be.
    """
    verdict = current_verdict(session.warehouse, domain)
    if verdict is None:
        return [_leave(session, table, "empty", f"no file of {domain.value} was loaded yet") for table in assets]
    for needed in (verdict, *(current_verdict(session.warehouse, other) for other in also)):
        if needed is not None and _is_held(needed):
            return [_leave(session, table, "held", needed[2]) for table in assets]
    input_hash = hash_parts(
        session.code_hash,
        verdict[0],
        {name: session.project.policies.hashes.get(name) for name in policies},
        str(session.as_of_option),
        _reporting(session),
        upstream,
    )
    return session.run_steps([table.name for table in assets], input_hash, build)


def _replace(session: Session, frames: Mapping[Table, pl.DataFrame]) -> Built:
    for table, frame in frames.items():
        session.warehouse.replace(table, frame)
    return Built({table.name: frame.height for table, frame in frames.items()})


def _leave(session: Session, table: Table, state: StepState, note: str) -> Step:
    """Touch nothing: what the table holds is from the last good batch, or it is empty."""
    session.reporter.began(table.name)
    return session.report(Step(table.name, state, session.row_count_of(table.name), 0.0, note))


def _is_held(verdict: tuple[str, VerdictState, str] | None) -> bool:
    return verdict is not None and verdict[1] is VerdictState.HOLD


def _reporting(session: Session) -> dict[str, object]:
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


def _metric_values(session: Session, held: Sequence[Metric]) -> int:
    warehouse = session.warehouse
    needed = needed_columns([metric for metric in METRICS if metric not in held])
    facts = {table.name: warehouse.read(table, needed[table.name]) for table in MEASURED_FACTS if table.name in needed}
    clocks = data_clocks(session)
    zone = session.project.home.settings.reporting.time_zone
    frames = [_kept_values(session, [metric.name for metric in held])]
    groups: dict[datetime | None, list[Metric]] = {}
    for metric in METRICS:
        if metric not in held:
            # A period is closed when the data of every domain that the metric needs has passed its end.
            reaches = [clock for domain in domains_of(session, metric) if (clock := clocks[domain]) is not None]
            groups.setdefault(min(reaches, default=None), []).append(metric)
    for as_of, metrics in groups.items():
        if as_of is not None:
            frames.append(measure(metrics, facts, time_zone=zone, as_of=as_of))
    values = pl.concat(frames)
    warehouse.replace(metric_values, values)
    return values.height


def _kept_values(session: Session, names: Sequence[str]) -> pl.DataFrame:
    return session.warehouse.read(metric_values).filter(pl.col("metric").is_in(list(names)))


def _reporting_date(session: Session, clock: datetime | None) -> date:
    """The day of a data clock in the reporting time zone; before any data, a day that closes no period."""
    zone = session.project.home.settings.reporting.time_zone
    return date(1970, 1, 1) if clock is None else local_date_of(clock, zone)


def _end_of_day(session: Session, query: str) -> datetime | None:
    found: date | None = session.warehouse.rows(query)[0][0]
    if found is None:
        return None
    zone = ZoneInfo(session.project.home.settings.reporting.time_zone)
    return datetime.combine(found + timedelta(days=1), time(), zone).astimezone(UTC)
