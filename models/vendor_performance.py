"""What vendors' missed promises cost them, what is to be recovered from them, and how they score.

Contracts, invoices and deliveries themselves are in `models.vendors`.
"""

from __future__ import annotations

from models.schema import day, flag, instant, integer, money, quantity, rate, real, table, text
from models.vocabulary import Layer

fct_service_credits = table(
    Layer.CORE,
    "fct_service_credits",
    "One row per contract, promise and period: how far the promise was kept, and what is due where it was not.",
    text("service_credit_id", "Contract, promise and first day of the period", key=True),
    text("vendor_contract_id", "Contract", required=True),
    text("vendor", "Vendor; empty if rows of the contract contradict each other"),
    text("promise", "Name of the promise in policies/vendors.yaml", required=True),
    text("promise_kind", "sla, deliveries_in_force or deliveries_first_promise", required=True),
    text("period_grain", "month or quarter, as the contract counts", required=True),
    day("period_start_date", "First day of the period", required=True),
    day("period_end_date", "Last day of the period", required=True),
    day("covered_start_date", "First day of the period on which the contract holds", required=True),
    day("covered_end_date", "Last day of the period on which the contract holds", required=True),
    text("credit_state", "due, none, not_measured or period_open; see vocabulary.CreditState", required=True),
    text("reason", "Why nothing is due, or why it is not known; empty where it says itself"),
    integer("met_count", "Cases decided in those days that kept the promise", required=True),
    integer("breached_count", "Cases decided in those days that broke it", required=True),
    integer(
        "unmeasured_count", "Cases of those days that a contract rule set aside, or that lack a date", required=True
    ),
    real("attainment_ratio", "met / (met + breached); empty without any"),
    quantity("band_below_ratio", "The band that was reached: attainment is below this; empty if none"),
    quantity("credit_ratio", "Share of the fee that this band gives; 0 if the promise was kept; empty if not known"),
    money("fee_original", "Fee of those days that the share is taken of; empty if nothing was invoiced yet"),
    money("credit_uncapped_original", "That share of the fee, rounded to the cent"),
    money("cap_remaining_original", "What the contract's caps leave for this credit; empty without a cap"),
    money("credit_due_original", "Credit due: the lesser of the two"),
    money("given_original", "Credit notes that were given for it", required=True),
    money("to_claim_original", "Due less given, never below 0"),
    text("currency_code", "ISO 4217 code of the contract"),
    rate("fx_rate", "Units of reporting currency for one unit of the contract's, on the last covered day"),
    money("credit_due_reporting", "Credit due at that rate"),
    money("given_reporting", "Credit notes at the rates of their own dates"),
    money("to_claim_reporting", "To claim at the rate of the last covered day"),
    money("to_claim_at_least_reporting", "To claim if every unmeasured case had kept the promise"),
    money("to_claim_at_most_reporting", "To claim if every unmeasured case had broken it; empty if nothing limits it"),
    flag("is_quarantined", "Always false: what was set aside is counted in unmeasured_count", required=True),
)

fct_service_credit_clocks = table(
    Layer.CORE,
    "fct_service_credit_clocks",
    "One row per broken promise that a service credit rests on: the clocks, or late deliveries, to name in a claim.",
    text("service_credit_id", "Credit in fct_service_credits", key=True),
    integer("case_number", "Order of the decision within the credit, from 1", key=True),
    text("vendor", "Vendor"),
    text("ticket_id", "Ticket, qualified by its source; empty for a delivery"),
    text("sla_policy", "Policy in policies/sla.yaml that set the clock; empty for a delivery"),
    integer("cycle_number", "Cycle of the ticket's clock; empty for a delivery"),
    text("delivery_id", "Delivery, qualified by its source; empty for a clock"),
    day("decided_date", "Day on which it was decided, in the reporting time zone", required=True),
    instant("started_at", "When the vendor took the ticket; empty for a delivery"),
    instant("breached_at", "When the promise was broken; empty for a delivery"),
    integer("target_microseconds", "Time that was promised; empty for a delivery"),
    integer("elapsed_microseconds", "Time that the vendor took; empty for a delivery"),
    day("promised_date", "Promised date that counts; empty for a clock"),
    day("delivered_date", "Date of delivery; empty for a clock, and for what has not come"),
)

fct_service_credit_notes = table(
    Layer.CORE,
    "fct_service_credit_notes",
    "One row per part of a vendor's credit note that was given for missed promises.",
    text("vendor_invoice_line_id", "Line of the credit note", key=True),
    integer("part_number", "Order of the part within the line, from 1", key=True),
    text("service_credit_id", "Credit that the part is for; empty if none could be found"),
    text("vendor", "Vendor"),
    text("invoice_id", "Number of the credit note"),
    day("invoice_date", "Date of the credit note"),
    money("given_original", "Part of the credit note, above 0", required=True),
    text("currency_code", "ISO 4217 code of the credit note"),
    money("given_reporting", "The same in the reporting currency, at the rate of the credit note's date"),
)

fct_vendor_recoverables = table(
    Layer.CORE,
    "fct_vendor_recoverables",
    "One row per thing that may be recovered from a vendor: every billed line held against its rate card, every line "
    "that may be billed twice, and every service credit of a closed period.",
    text("vendor_recoverable_id", "Kind and record", key=True),
    text("recoverable_kind", "over_billing, duplicate_invoice or service_credit", required=True),
    text("vendor", "Vendor"),
    text("vendor_contract_id", "Contract, if one is known"),
    day("recovery_date", "Date of the invoice; for a service credit, the last covered day of its period"),
    money("amount_reporting", "What is to be recovered, above 0, or what a credit note took back; empty if not known"),
    money("at_least_reporting", "What it is at the least; empty if nothing limits it"),
    money("at_most_reporting", "What it is at the most; empty if nothing limits it"),
    text("vendor_invoice_line_id", "Billed line that proves it; empty for a service credit"),
    text("invoice_id", "Number of its invoice"),
    text("service_credit_id", "Credit in fct_service_credits; empty for a billed line"),
    flag("is_quarantined", "Whether a contract rule set the line aside", required=True),
)

vendor_scorecard_parts = table(
    Layer.MART,
    "vendor_scorecard_parts",
    "One row per vendor, period and part of the scorecard: the metric's value and what it is worth.",
    text("vendor", "Vendor", key=True),
    text("period_grain", "month or quarter", key=True),
    day("period_start_date", "First day of the period", key=True),
    day("period_end_date", "Last day of the period", required=True),
    flag("is_period_closed", "Whether the data of every part have passed the end of the period", required=True),
    text("part", "Name of the part in policies/vendors.yaml", key=True),
    text("metric", "Metric that it scores", required=True),
    quantity("weight_ratio", "Share of the whole", required=True),
    real("value", "Value of the metric; empty where it is not known"),
    text("unit", "Unit of the value"),
    real("metric_coverage_ratio", "Share of the metric's records that could be measured"),
    real("score_ratio", "Score of the value on the part's scale, 0 to 1; empty without a value"),
    real("at_least_ratio", "Least score that the bounds of the metric allow; 0 without a value", required=True),
    real("at_most_ratio", "Greatest score that they allow; 1 without a value", required=True),
    flag("is_measured", "Whether there is a value", required=True),
    flag("is_held", "Whether a contract holds the metric back: the value is of the last good batch", required=True),
)

vendor_scorecards = table(
    Layer.MART,
    "vendor_scorecards",
    "One row per vendor and period: the total of its scorecard, how much of it is measured, and within which bounds.",
    text("vendor", "Vendor", key=True),
    text("period_grain", "month or quarter", key=True),
    day("period_start_date", "First day of the period", key=True),
    day("period_end_date", "Last day of the period", required=True),
    flag("is_period_closed", "Whether the data of every part have passed the end of the period", required=True),
    real("score_ratio", "Weighted mean of the measured parts' scores, 0 to 1; empty if too little is measured"),
    text("score_state", "good, watch or act, by the policy's thresholds; empty without a score"),
    real("coverage_ratio", "Weight of the parts that are measured", required=True),
    real("lower_bound", "Total with every part at its least, and missing ones at 0", required=True),
    real("upper_bound", "Total with every part at its greatest, and missing ones at 1", required=True),
    integer("part_count", "Parts of the scorecard", required=True),
    integer("measured_part_count", "Parts that are measured", required=True),
    flag("is_held", "Whether a contract holds back a metric of a part", required=True),
)

TABLES = (
    fct_service_credits,
    fct_service_credit_clocks,
    fct_service_credit_notes,
    fct_vendor_recoverables,
    vendor_scorecard_parts,
    vendor_scorecards,
)
