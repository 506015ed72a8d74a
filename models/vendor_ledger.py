"""The vendor ledger: contracts and their prices, orders, suspected duplicates, and commitments against spend.

The billed lines themselves, and what vendors delivered, are in `models.vendors`.
"""

from __future__ import annotations

from models.schema import day, flag, integer, money, rate, table, text
from models.vocabulary import Layer

fct_vendor_contracts = table(
    Layer.CORE,
    "fct_vendor_contracts",
    "One row per contract as of the data's clock. What its rows contradict each other in is empty, and named.",
    text("vendor_contract_id", "Contract", key=True),
    text("source", "System that exported the contract", required=True),
    text("vendor", "Vendor"),
    day("start_date", "First day of the contract"),
    day("end_date", "Last day of the contract; empty if it is open-ended or not known"),
    integer("notice_days", "Days of notice before the end"),
    day("notice_date", "Last day on which notice can be given: the last day of the contract less the days of notice"),
    text("currency_code", "ISO 4217 code of the contract"),
    money("committed_spend_original", "Spend committed over the term, in the contract's currency"),
    rate("fx_rate", "Units of reporting currency for one unit of the contract's, as of the data's clock or its end"),
    day("fx_rate_date", "Day of that rate"),
    money("committed_spend_reporting", "Committed spend at that rate"),
    integer("until_end_days", "Days from the data's clock to the last day; negative once it is over"),
    integer("until_notice_days", "Days from the data's clock to the last day for notice; negative once it has passed"),
    text("contract_state", "active, expired, future or unclear; see vocabulary.ContractState", required=True),
    text("contradictory_columns", "Columns in which rows of the contract contradict each other, else empty"),
    integer("rate_card_item_count", "Items of the rate card", required=True),
    day("as_of_date", "Day of the data's clock"),
)

fct_vendor_rates = table(
    Layer.CORE,
    "fct_vendor_rates",
    "One row per contract, rate-card item and price, with the days on which it holds.",
    text("vendor_rate_id", "Price: contract, item, first day", key=True),
    text("vendor_contract_line_id", "Contract and item, qualified by source"),
    text("vendor_contract_id", "Contract"),
    text("vendor", "Vendor"),
    text("item", "Rate-card item"),
    day("price_start_date", "First day on which the price holds"),
    day("price_end_date", "Last day on which the price holds; empty if nothing ends it"),
    rate("unit_price_original", "Contracted unit price"),
    text("currency_code", "ISO 4217 code of the contract"),
    flag("is_overlapping", "Whether another price of the item holds on one of its days", required=True),
)

fct_purchase_orders = table(
    Layer.CORE,
    "fct_purchase_orders",
    "One row per purchase order, or per item of one, with what was billed on it.",
    text("purchase_order_line_id", "Order and item, qualified by its source", key=True),
    text("source", "System that exported the order", required=True),
    text("purchase_order_id", "Number of the order"),
    text("vendor", "Vendor"),
    text("vendor_contract_id", "Contract under which the order was placed"),
    text("item", "Ordered item; empty: open for anything"),
    day("start_date", "First day of service that the order covers"),
    day("end_date", "Last day of service that the order covers"),
    money("approved_original", "Approved amount, in the order's currency"),
    text("currency_code", "ISO 4217 code of the order"),
    money("billed_original", "Billed on the order in its currency, credit notes taken off", required=True),
    integer("billed_line_count", "Lines that were billed on it", required=True),
    integer(
        "unmeasured_line_count",
        "Lines that name it and cannot be added up: other currency, no amount, set aside",
        required=True,
    ),
    money("remaining_original", "Approved minus billed; below 0 is over the order"),
    day("over_since_date", "Date of the invoice with which what is billed went over the order and stayed over it"),
)

fct_invoice_duplicate_suspects = table(
    Layer.CORE,
    "fct_invoice_duplicate_suspects",
    "One row per invoice that may have been sent before. A suspicion: it changes no sum of what was billed.",
    text("duplicate_suspect_id", "The later invoice: source, vendor, number, date and currency", key=True),
    text("duplicate_group_id", "The first invoice of those that may all be the same", required=True),
    text("vendor", "Vendor", required=True),
    text("reason", "How the two numbers are alike; see vocabulary.DuplicateReason", required=True),
    text("first_source", "System that exported the earlier invoice", required=True),
    text("first_invoice_id", "Number of the earlier invoice", required=True),
    day("first_invoice_date", "Date of the earlier invoice"),
    text("second_source", "System that exported the later invoice", required=True),
    text("second_invoice_id", "Number of the later invoice", required=True),
    day("second_invoice_date", "Date of the later invoice"),
    integer("apart_days", "Days between the two dates", required=True),
    money("amount_original", "Amount of the later invoice"),
    text("currency_code", "ISO 4217 code of both"),
    money("amount_reporting", "Amount of the later invoice in the reporting currency"),
    text("duplicate_state", "open, or credited if a credit note takes one of the two back", required=True),
    text("credit_invoice_id", "Number of that credit note"),
    day("credit_invoice_date", "Date of that credit note"),
)

fct_vendor_commitments = table(
    Layer.CORE,
    "fct_vendor_commitments",
    "One row per contract with committed spend: what is used, and when it will be used up, as of the data's clock.",
    text("vendor_contract_id", "Contract", key=True),
    text("vendor", "Vendor"),
    day("start_date", "First day of the contract"),
    day("end_date", "Last day of the contract"),
    text("currency_code", "ISO 4217 code of the contract"),
    money("committed_spend_original", "Committed spend", required=True),
    money("spend_original", "Billed under the contract by the data's clock, credit notes taken off", required=True),
    money("remaining_original", "Committed minus billed; below 0 is more than was committed", required=True),
    integer("billed_line_count", "Lines in that spend", required=True),
    integer("unmeasured_line_count", "Lines that are or may be the contract's and cannot be added up", required=True),
    day(
        "known_since_date",
        "First invoice date of the exports that have invoices of the vendor, or of all if none has: what was billed "
        "before is not known",
    ),
    day("run_rate_start_date", "First day of the complete months whose spend makes the run-rate"),
    day("run_rate_end_date", "Last day of them"),
    money("run_rate_spend_original", "Spend of those months"),
    text("run_out_state", "What is known of the day on which it is used up; see vocabulary.RunOut", required=True),
    day("run_out_date", "Day on which it was or, at the run-rate, will be used up; empty if not within the term"),
    money("projected_spend_original", "Spend at the end of the term at the run-rate; of an ended contract, its spend"),
    money("shortfall_original", "Committed minus projected spend, if above 0: to be paid for nothing"),
    rate("fx_rate", "Units of reporting currency for one unit of the contract's"),
    money("committed_spend_reporting", "Committed spend at that rate"),
    money("spend_reporting", "Spend at that same rate, whatever day it was billed on"),
    money("shortfall_reporting", "Shortfall at that rate"),
    day("as_of_date", "Day of the data's clock of invoices"),
)

fct_vendor_commitment_months = table(
    Layer.CORE,
    "fct_vendor_commitment_months",
    "One row per contract with committed spend and month of its term until the data's clock.",
    text("vendor_contract_id", "Contract", key=True),
    day("month_date", "First day of the month", key=True),
    text("vendor", "Vendor"),
    text("currency_code", "ISO 4217 code of the contract"),
    money("spend_original", "Billed in the month", required=True),
    money("cumulative_spend_original", "Billed by the end of the month", required=True),
    money("committed_spend_original", "Committed spend", required=True),
    rate(
        "fx_rate",
        "Units of reporting currency for one unit of the contract's, on its first day or the first one after it of "
        "which a rate is known; the same in all months",
    ),
    day("fx_rate_date", "Day of that rate; empty for the reporting currency and for fixed rates"),
    money("cumulative_spend_reporting", "Billed by the end of the month, at that rate"),
    money("committed_spend_reporting", "Committed spend at that rate"),
    integer("unmeasured_line_count", "Lines by the end of the month that cannot be added up", required=True),
    flag(
        "is_quarantined",
        "Whether the spend is unknown: lines cannot be added up, or no invoice is of so early a month",
        required=True,
    ),
    flag(
        "is_understated",
        "Whether the contract began before the first invoice that is known of its vendor: at least so much was billed",
        required=True,
    ),
)

TABLES = (
    fct_vendor_contracts,
    fct_vendor_rates,
    fct_purchase_orders,
    fct_invoice_duplicate_suspects,
    fct_vendor_commitments,
    fct_vendor_commitment_months,
)
