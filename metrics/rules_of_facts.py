"""Which contract rules the metrics of each fact require: while one of them holds, no new values are published.

Patterns of rule ids, `<table>.<column or set>.<assertion>`. A metric that needs more or less than its fact says so in
its own record. Rules themselves stand in `data_contracts`, which this package does not know; `pipelines.gate.holds`
brings the two together.
"""

from __future__ import annotations

from typing import Final

Patterns = tuple[str, ...]

#: Everything that a ticket's life is read from. First responses are apart: only their own metrics need them.
TICKET_RULES: Final[Patterns] = (
    *(
        f"tickets.{part}.*"
        for part in (
            *("rows", "ticket_id", "team", "priority", "service", "vendor"),
            *("created_at", "resolved_at", "closed_at", "status"),
            *("events", "values", "times", "instants", "null_share"),
        )
    ),
    "ticket_events.*",
    # What a contract promises of when its data come, `<table>.<export>.<assertion>`.
    *(f"tickets.*.{assertion}" for assertion in ("fresh", "periods_present")),
)
FIRST_RESPONSE_RULES: Final[Patterns] = (*TICKET_RULES, "tickets.first_response_at.*")

_RATES: Final = "fx_rates.*"
#: Cost lines in the reporting currency, and that nothing of them was lost or doubled.
_COST_LINES: Final[Patterns] = ("cost_lines.*", _RATES, "fct_cost_lines.*")
_ALLOCATIONS: Final[Patterns] = (*_COST_LINES, "headcount.*")
_INVOICES: Final[Patterns] = ("vendor_invoice_lines.*", _RATES)

DELIVERY_RULES: Final[Patterns] = ("deliveries.*",)
#: Billed money that is held against prices, commitments and orders.
CONTRACT_RULES: Final[Patterns] = (*_INVOICES, "vendor_contracts.*", "purchase_orders.*")

#: Fact that metrics are measured on -> patterns of the rules that they require.
RULES_OF_FACTS: Final[dict[str, Patterns]] = {
    "fct_tickets": TICKET_RULES,
    "fct_ticket_days": TICKET_RULES,
    "fct_ticket_intervals": TICKET_RULES,
    "fct_sla_clocks": TICKET_RULES,
    "fct_ticket_delays": (*TICKET_RULES, _RATES),
    "fct_cost_lines": _COST_LINES,
    "fct_cost_allocations": _ALLOCATIONS,
    "fct_budget_lines": ("budget_lines.*", _RATES),
    "fct_budget_variances": (*_COST_LINES, "budget_lines.*"),
    "fct_year_end_forecasts": (*_COST_LINES, "budget_lines.*"),
    "fct_rework_costs": (*_ALLOCATIONS, *TICKET_RULES),
    "fct_deliveries": DELIVERY_RULES,
    "fct_vendor_invoice_lines": _INVOICES,
    "fct_vendor_commitment_months": (*_INVOICES, "vendor_contracts.*"),
    # Promises about tickets and deliveries come in by policies/vendors.yaml: see `metrics.registry.required_rules`.
    "fct_service_credits": (*_INVOICES, "vendor_contracts.*"),
    "fct_vendor_recoverables": CONTRACT_RULES,
}
