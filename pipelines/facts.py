"""Staged tables into facts, and facts into metric values, each step only when what it depends on has changed.

The arithmetic is in `metrics`; here are only reading, writing and the decision whether the gate allows it: see
`pipelines.holds`. Facts of tables that may not be loaded keep the rows of their last good batch, and metrics that are
held keep its values.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import Table

from metrics.costs.countable_facts import transaction_domain
from metrics.costs.driving_metrics import NegativeWeightError
from metrics.measuring.measure import measure
from metrics.measuring.needed_columns import needed_columns
from metrics.periods import local_date_of
from metrics.registry import METRICS, required_domains
from metrics.signals.change_drivers import explain_changes
from metrics.signals.process_behaviour import find_signals
from metrics.signals.targets import judge_targets
from metrics.spec import Metric
from metrics.vendors.contract_promises import list_contract_promises
from metrics.vendors.scorecard import build_scorecards
from models.catalog import domain_of
from models.finance import fct_cost_allocations, fct_cost_lines, fct_transactions, stg_cost_lines, stg_fx_rates
from models.marts import kpi_change_drivers, kpi_signals, kpi_targets, metric_values
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
from models.vocabulary import Domain
from pipelines.cost_facts import build_cost_tables, upstream_tables
from pipelines.fact_inputs import FACT_INPUTS
from pipelines.fingerprint import hash_parts
from pipelines.holds import Reason, read_holds, reasons_to_hold, unfit_tables
from pipelines.metric_states import store_metric_states
from pipelines.planning_facts import PLANNING_FACTS, delay_facts, planning_facts
from pipelines.reconciliation import (
    NotReconciledError,
    hold_cost_facts,
    reconcile_cost_facts,
    refuse_allocation,
)
from pipelines.reconciliation import (
    reason_to_hold as reason_to_hold_costs,
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

#: Facts that are computed together, and not written yet.
Frames = Mapping[Table, pl.DataFrame]

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
        lambda: build_vendor_tables(session),
        rates,
    )


def build_credit_facts(session: Session) -> list[Step]:
    """Service credits and what may be recovered, from the facts of vendors and tickets as they are kept."""
    clocks = data_clocks(session)

    def build() -> Frames:
        until = {"tickets_until": clocks[Domain.TICKETS], "vendors_until": clocks[Domain.VENDORS]}
        return build_credit_tables(session, **until)

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
    finance, counted = (
        _reporting_date(session, clocks[domain])
        for domain in (Domain.FINANCE, transaction_domain(session.project.policies.costs.transaction))
    )
    upstream = [session.input_hash_of(table.name) for table in (fct_cost_lines, fct_tickets)]
    dates = [str(finance), str(counted)]

    def build() -> Frames:
        return planning_facts(session, finance_date=finance, transactions_date=min(finance, counted))

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


def build_metric_values(session: Session) -> Step:
    """All metric values, and the state of each metric. One that is held keeps the values of its last good batch."""
    reasons = find_reasons(session)
    upstream = [session.input_hash_of(table.name) for table in MEASURED_FACTS]
    told = {name: [[reason.rule_id, reason.text] for reason in found] for name, found in reasons.items()}
    input_hash = hash_parts(session.code_hash, upstream, told, str(session.as_of_option), _reporting(session))
    held = [metric for metric in METRICS if metric.name in reasons]
    note = f"{len(METRICS) - len(held)} metrics measured" + (f", {len(held)} held" if held else "")
    return session.run_step(metric_values.name, input_hash, lambda: _metric_values(session, reasons), note=note)


def build_vendor_scorecards(session: Session) -> list[Step]:
    """Vendors' scorecards, from what is published of them: a held metric has the values of its last good batch."""
    held = set(find_reasons(session))

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


def build_kpi_signals(session: Session) -> list[Step]:
    """Whether values are signals and meet their targets, and what drove their changes, from what is published."""
    policies = session.project.policies

    def build() -> Built:
        values = session.warehouse.read(metric_values)
        frames = {
            kpi_signals: find_signals(values, policies.baselines),
            kpi_targets: judge_targets(values, policies.targets, METRICS),
            kpi_change_drivers: explain_changes(values, METRICS),
        }
        return _replace(session, frames)

    upstream = session.input_hash_of(metric_values.name)
    input_hash = hash_parts(session.code_hash, upstream, policies.hashes.get("targets.yaml"))
    return session.run_steps([kpi_signals.name, kpi_targets.name, kpi_change_drivers.name], input_hash, build)


def domains_of(session: Session, metric: Metric) -> tuple[Domain, ...]:
    """The domains whose verdicts a metric needs under this home's cost and vendor policies."""
    return required_domains(metric, session.project.policies.costs, session.project.policies.vendors)


def find_reasons(session: Session) -> dict[str, list[Reason]]:
    """Metrics that may not be published anew, each with the rules that hold it."""
    held = read_holds(session.warehouse, session.project.contracts)
    reasons = {metric.name: reasons_to_hold(metric, held, session.project.policies) for metric in METRICS}
    return {name: found for name, found in reasons.items() if found}


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


def group_by_clock(
    session: Session, metrics: Sequence[Metric], clocks: Mapping[Domain, datetime | None]
) -> dict[datetime | None, list[Metric]]:
    """Metrics by how far their data reach: as far as those of every domain that they need."""
    groups: dict[datetime | None, list[Metric]] = {}
    for metric in metrics:
        reaches = [clock for domain in domains_of(session, metric) if (clock := clocks[domain]) is not None]
        groups.setdefault(min(reaches, default=None), []).append(metric)
    return groups


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
        also_needs: staged tables beside those of `pipelines.fact_inputs`.
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
        return built if isinstance(built, Built) else _replace(session, {table: built[table] for table in fit})

    input_hash = hash_parts(
        session.code_hash,
        verdict[0],
        {name: session.project.policies.hashes.get(name) for name in policies},
        str(session.as_of_option),
        _reporting(session),
        upstream,
    )
    return [*session.run_steps([table.name for table in fit], input_hash, write), *left]


def _replace(session: Session, frames: Mapping[Table, pl.DataFrame]) -> Built:
    for table, frame in frames.items():
        session.warehouse.replace(table, frame)
    return Built({table.name: frame.height for table, frame in frames.items()})


def _leave(session: Session, table: Table, state: StepState, note: str) -> Step:
    """Touch nothing: what the table holds is from the last good batch, or it is empty."""
    session.reporter.began(table.name)
    return session.report(Step(table.name, state, session.row_count_of(table.name), 0.0, note))


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


def _metric_values(session: Session, reasons: Mapping[str, Sequence[Reason]]) -> int:
    warehouse = session.warehouse
    needed = needed_columns([metric for metric in METRICS if metric.name not in reasons])
    facts = {table.name: warehouse.read(table, needed[table.name]) for table in MEASURED_FACTS if table.name in needed}
    clocks = data_clocks(session)
    zone = session.project.home.settings.reporting.time_zone
    frames = [_kept_values(session, reasons)]
    groups = group_by_clock(session, [metric for metric in METRICS if metric.name not in reasons], clocks)
    for as_of, metrics in groups.items():
        if as_of is not None:
            frames.append(measure(metrics, facts, time_zone=zone, as_of=as_of))
    values = pl.concat(frames)
    warehouse.replace(metric_values, values)
    fresh = {metric.name: as_of for as_of, metrics in groups.items() for metric in metrics}
    store_metric_states(warehouse, reasons, fresh, set(values["metric"].unique()))
    return values.height


def _kept_values(session: Session, names: Collection[str]) -> pl.DataFrame:
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
