"""Plans and what became of them, from what the warehouse holds: reading and passing on. The arithmetic is in `metrics`.

Whether a domain's verdict allows it, and whether anything has changed, is decided in `pipelines.facts.steps`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import Final

import polars as pl
from sqlalchemy import Table

from metrics.costs import delay, rework
from metrics.costs.accrual import months_with_cost
from metrics.costs.budgets import compare_with_budget, convert_budget_lines
from metrics.costs.initiatives import sum_initiative_months, sum_initiative_returns, tag_initiative_lines
from metrics.costs.planning_policy import DelayMeasure, DelayRule
from metrics.costs.policy import TransactionKind
from metrics.costs.unit_cost_bridge import bridge_unit_costs
from metrics.costs.year_end import forecast_year_end
from models.ddl import polars_schema, qualified_name, quote_identifier, quote_text
from models.finance import fct_cost_allocations, fct_cost_lines, fct_transactions, stg_fx_rates
from models.planning import (
    fct_budget_lines,
    fct_budget_variances,
    fct_initiative_lines,
    fct_initiative_months,
    fct_initiative_returns,
    fct_rework_costs,
    fct_ticket_delays,
    fct_unit_cost_bridges,
    fct_year_end_forecasts,
    stg_benefit_lines,
    stg_budget_lines,
)
from models.tickets import fct_sla_clocks, fct_tickets
from models.vocabulary import SlaTarget
from pipelines.facts.vendors import quarantined_records
from pipelines.session import Session

_OF_RESOLUTION: Final = f"target = {quote_text(SlaTarget.RESOLUTION.value)}"
#: Facts that are built together from the facts of finance.
PLANNING_FACTS: tuple[Table, ...] = (
    fct_budget_lines,
    fct_budget_variances,
    fct_year_end_forecasts,
    fct_initiative_lines,
    fct_initiative_months,
    fct_initiative_returns,
    fct_rework_costs,
    fct_unit_cost_bridges,
)


def planning_facts(
    session: Session, *, finance_date: date, bridged_date: date, unposted: Collection[date]
) -> dict[Table, pl.DataFrame]:
    """All of `PLANNING_FACTS`.

    Args:
        finance_date: day of the data's clock of finance.
        bridged_date: that of cost per transaction, which also needs what is counted and what drives cost.
        unposted: months of which the ledger lacks all postings.
    """
    warehouse, reporting = session.warehouse, session.project.home.settings.reporting
    policy, initiatives = session.project.policies.costs, session.project.policies.initiatives
    digits = reporting.minor_unit_digits
    lines, rates = warehouse.read(fct_cost_lines), warehouse.read(stg_fx_rates)
    allocations, months = warehouse.read(fct_cost_allocations), months_with_cost(lines, unposted)
    budget = convert_budget_lines(
        warehouse.read(stg_budget_lines),
        rates,
        policy=policy,
        reporting_currency=reporting.currency,
        minor_unit_digits=digits,
        quarantined=quarantined_records(warehouse, stg_budget_lines),
    )
    variances = compare_with_budget(
        lines, budget, as_of_date=finance_date, minor_unit_digits=digits, unposted_months=unposted
    )
    tagged = tag_initiative_lines(
        lines,
        warehouse.read(stg_benefit_lines),
        rates,
        initiatives=initiatives,
        fx=policy.fx,
        reporting_currency=reporting.currency,
        minor_unit_digits=digits,
        quarantined_benefits=quarantined_records(warehouse, stg_benefit_lines),
    )
    reworked = pl.DataFrame(schema=polars_schema(fct_rework_costs))
    if policy.transaction is TransactionKind.RESOLVED_TICKETS:
        reworked = rework.divide_rework_costs(
            allocations,
            warehouse.read(fct_tickets, rework.TICKET_COLUMNS),
            warehouse.read(fct_sla_clocks, rework.CLOCK_COLUMNS, where=_OF_RESOLUTION),
            months=months,
            time_zone=reporting.time_zone,
            minor_unit_digits=digits,
        )
    return {
        fct_budget_lines: budget,
        fct_budget_variances: variances,
        fct_year_end_forecasts: forecast_year_end(
            variances,
            policy=policy.budget,
            fiscal_year_start_month=reporting.fiscal_year_start_month,
            minor_unit_digits=digits,
        ),
        fct_initiative_lines: tagged,
        fct_initiative_months: sum_initiative_months(tagged, as_of_date=finance_date),
        fct_initiative_returns: sum_initiative_returns(tagged, initiatives),
        fct_rework_costs: reworked,
        fct_unit_cost_bridges: bridge_unit_costs(
            allocations, warehouse.read(fct_transactions), months=months, as_of_date=bridged_date
        ),
    }


def delay_facts(session: Session) -> dict[Table, pl.DataFrame]:
    """`fct_ticket_delays`."""
    warehouse, reporting = session.warehouse, session.project.home.settings.reporting
    policy = session.project.policies.costs
    # Of a long history, rules price some tickets, by a fraction of what is known of them.
    may_be_resolved = "NOT is_cancelled AND (is_done OR is_quarantined OR unknown_since_at IS NOT NULL)"
    can_be_priced = f"{may_be_resolved} AND ({_in_scope(policy.delay)})"
    chosen = f"SELECT ticket_id FROM {qualified_name(fct_tickets)} WHERE {can_be_priced}"
    of_chosen = f"{_OF_RESOLUTION} AND ticket_id IN ({chosen})"
    is_late_priced = any(rule.measure is DelayMeasure.PAST_TARGET for rule in policy.delay)
    delays = delay.price_delays(
        warehouse.read(fct_tickets, delay.TICKET_COLUMNS, where=can_be_priced),
        warehouse.read(fct_sla_clocks, delay.CLOCK_COLUMNS, where=of_chosen if is_late_priced else "false"),
        warehouse.read(stg_fx_rates),
        rules=policy.delay,
        fx=policy.fx,
        reporting_currency=reporting.currency,
        time_zone=reporting.time_zone,
        minor_unit_digits=reporting.minor_unit_digits,
    )
    return {fct_ticket_delays: delays}


def _in_scope(rules: Iterable[DelayRule]) -> str:
    """SQL condition on tickets that those in the scope of any rule meet, and no other."""

    def is_in(rule: DelayRule) -> str:
        named = {column: ", ".join(map(quote_text, sorted(values))) or "NULL" for column, values in rule.scope.items()}
        return " AND ".join(f"{quote_identifier(column)} IN ({values})" for column, values in named.items()) or "true"

    return " OR ".join(f"({is_in(rule)})" for rule in rules) or "false"
