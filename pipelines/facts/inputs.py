"""Which staged tables each fact is made of, through whatever facts stand between.

A staged table that may not be loaded keeps these facts, and no others, at their last good rows. How they are made is in
the modules that build them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Table

_TICKETS: Final = ("stg_tickets", "stg_ticket_events")
_CONTRACTS: Final = ("stg_vendor_contracts",)
_RATES: Final = ("stg_fx_rates",)
_COSTS: Final = ("stg_cost_lines", *_RATES, "stg_headcount")
_INVOICES: Final = ("stg_vendor_invoice_lines", "stg_purchase_orders", *_CONTRACTS, *_RATES)

#: Fact -> staged tables. What a policy adds (tickets as transactions, promises about deliveries) is in the facts of
#: those, which stay consistent with themselves; the metrics are then held by `metrics.registry.required_rules`.
FACT_INPUTS: Final[dict[str, tuple[str, ...]]] = {
    "fct_contract_promises": _CONTRACTS,
    "fct_ticket_intervals": _TICKETS,
    "fct_tickets": _TICKETS,
    "fct_sla_clocks": _TICKETS,
    "fct_ticket_days": _TICKETS,
    "fct_ticket_delays": _TICKETS,
    "fct_cost_lines": _COSTS,
    "fct_transactions": _COSTS,
    "fct_cost_allocations": _COSTS,
    "fct_budget_lines": ("stg_budget_lines", *_RATES),
    "fct_budget_variances": (*_COSTS, "stg_budget_lines"),
    "fct_year_end_forecasts": (*_COSTS, "stg_budget_lines"),
    "fct_initiative_lines": (*_COSTS, "stg_benefit_lines"),
    "fct_initiative_months": (*_COSTS, "stg_benefit_lines"),
    "fct_initiative_returns": (*_COSTS, "stg_benefit_lines"),
    "fct_rework_costs": (*_COSTS, *_TICKETS),
    "fct_unit_cost_bridges": _COSTS,
    "fct_deliveries": ("stg_deliveries",),
    "fct_vendor_contracts": (*_CONTRACTS, *_RATES),
    "fct_vendor_rates": (*_CONTRACTS, *_RATES),
    "fct_vendor_invoice_lines": _INVOICES,
    "fct_purchase_orders": _INVOICES,
    "fct_invoice_duplicate_suspects": _INVOICES,
    "fct_vendor_commitments": _INVOICES,
    "fct_vendor_commitment_months": _INVOICES,
    "fct_service_credits": _INVOICES,
    "fct_service_credit_clocks": _INVOICES,
    "fct_service_credit_notes": _INVOICES,
    "fct_vendor_recoverables": _INVOICES,
}

#: Staged table -> the fact with one row for each of its records. Once it has rows, an empty table is a lost export.
FACT_OF_RECORDS: Final[dict[str, str]] = {
    "stg_tickets": "fct_tickets",
    "stg_cost_lines": "fct_cost_lines",
    "stg_vendor_invoice_lines": "fct_vendor_invoice_lines",
    "stg_deliveries": "fct_deliveries",
}


def inputs_of(facts: Iterable[Table]) -> frozenset[str]:
    """All staged tables that any of the facts is made of."""
    return frozenset(name for fact in facts for name in FACT_INPUTS[fact.name])
