"""Money: ledger and spend lines, exchange rates, headcount, and how costs were allocated.

Vendors' contracts, invoices and deliveries are in `models.vendors`, budgets and initiatives in `models.planning`.
"""

from __future__ import annotations

from models.schema import day, flag, integer, money, provenance, quantity, rate, table, text
from models.vocabulary import Layer

stg_cost_lines = table(
    Layer.STG,
    "stg_cost_lines",
    "One row per line of a ledger or spend export, amount and sign as booked. Equal lines are all kept.",
    text(
        "cost_line_id",
        "Line, qualified by its source; the load and row number where the export has no key",
        key=True,
    ),
    text("source", "System that exported the line", required=True),
    text("document_id", "Journal, invoice or payment number that the line belongs to"),
    day("posting_date", "Date on which the line was booked or paid"),
    day("service_start_date", "First day of the service period, if the line has one"),
    day("service_end_date", "Last day of the service period, inclusive"),
    text("account", "General ledger account or expenditure category"),
    text("cost_centre", "Cost centre or department"),
    text("team", "Team that bears the cost, where the export or policies/costs.yaml names it"),
    text("service", "Service that the cost belongs to"),
    text("vendor", "Vendor or supplier"),
    text("initiative", "Initiative that the line is tagged to"),
    text("description", "Text of the line"),
    money("amount_original", "Amount in the line's own currency; credits and reversals negative"),
    text("currency_code", "ISO 4217 code of the line's own currency"),
    *provenance(),
)

stg_fx_rates = table(
    Layer.STG,
    "stg_fx_rates",
    "One row per exchange rate: one unit of base costs fx_rate units of quote.",
    day("rate_date", "Day for which the rate holds", key=True),
    text("base_currency_code", "ISO 4217 code", key=True),
    text("quote_currency_code", "ISO 4217 code", key=True),
    rate("fx_rate", "Units of quote for one unit of base"),
    text("source", "System that exported the rate", required=True),
    *provenance(),
)

stg_headcount = table(
    Layer.STG,
    "stg_headcount",
    "One row per team and month: people, for the headcount driver.",
    day("month_date", "First day of the month", key=True),
    text("team", "Team", key=True),
    quantity("headcount", "Full-time equivalents", required=True),
    text("source", "System that exported the figure", required=True),
    *provenance(),
)

fct_cost_lines = table(
    Layer.CORE,
    "fct_cost_lines",
    "One row per cost line in the reporting currency, with its pool.",
    text("cost_line_id", "Line, qualified by its source", key=True),
    text("source", "System that exported the line", required=True),
    text("document_id", "Journal, invoice or payment number"),
    day("posting_date", "Date on which the line was booked or paid"),
    day("cost_start_date", "First day on which the cost lies under the policy's basis (accrual or cash)"),
    day("cost_end_date", "Last day on which the cost lies, inclusive"),
    text("cost_pool", "First pool of policies/costs.yaml that selects the line; (none) if no pool does"),
    integer("matching_pool_count", "How many pools of policies/costs.yaml select the line", required=True),
    text("other_cost_pools", "Further pools that select the line, which the first keeps it from, in their order"),
    text("account", "General ledger account or expenditure category"),
    text("cost_centre", "Cost centre or department"),
    text("team", "Team that bears the cost, if named"),
    text("service", "Service that the cost belongs to"),
    text("vendor", "Vendor or supplier"),
    text("initiative", "Initiative that the line is tagged to"),
    text("description", "Text of the line"),
    money("amount_original", "Amount in the line's own currency; credits negative"),
    text("currency_code", "ISO 4217 code of the line's own currency"),
    rate(
        "fx_rate",
        "Units of reporting currency for one unit of the line's currency; empty if no rate is known",
    ),
    day("fx_rate_date", "Day of the rate that was used"),
    money("amount_reporting", "Amount in the reporting currency, rounded half to even to its minor unit"),
    flag(
        "is_quarantined",
        "Whether a contract rule set the line aside: eligible, but not measured",
        required=True,
    ),
)

fct_cost_allocations = table(
    Layer.CORE,
    "fct_cost_allocations",
    "Cost of each period by breakdown and, by month and quarter, by pool. Rows of one period and pool add up to what "
    "the pool costs in it, to the cent.",
    text("period_grain", "day, week, month or quarter", key=True),
    day("period_start_date", "First day of the period", key=True),
    text(
        "cost_pool",
        "Pool; (all) for what is allocated by day and week, which would be too much to tell apart by pool",
        key=True,
    ),
    text("driver", "How the pool is allocated; (all) for all pools", required=True),
    text("team", "Team that bears the cost", key=True),
    text("priority", "Priority of the transactions that bear the cost", key=True),
    text("service", "Service of the transactions that bear the cost", key=True),
    text("vendor", "Vendor of the transactions that bear the cost", key=True),
    flag("is_allocated", "False for what no driver took: shown, never spread in silence", required=True),
    integer("transaction_count", "Transactions that bear the cost", required=True),
    money("amount_reporting", "Cost in the reporting currency", required=True),
    money(
        "unallocated_debit_reporting",
        "The debits of what no driver took, each line by its own sign; 0 where is_allocated",
        required=True,
    ),
    money(
        "unallocated_credit_reporting",
        "The credits of what no driver took, at most 0; with the debits they are amount_reporting",
        required=True,
    ),
)

fct_transactions = table(
    Layer.CORE,
    "fct_transactions",
    "Completed transactions per day and breakdown: the denominator of cost per transaction.",
    day("completed_date", "Day of completion in the reporting time zone", key=True),
    text("team", "Team", key=True),
    text("priority", "Priority", key=True),
    text("service", "Service", key=True),
    text("vendor", "Vendor", key=True),
    integer("transaction_count", "Completed transactions of the policy's kind", required=True),
    integer(
        "set_aside_count",
        "Further ones that a contract rule set aside, or tickets of which exports leave open when they were resolved: "
        "it is not certain that or when they count",
        required=True,
    ),
)

TABLES = (
    stg_cost_lines,
    stg_fx_rates,
    stg_headcount,
    fct_cost_lines,
    fct_cost_allocations,
    fct_transactions,
)
