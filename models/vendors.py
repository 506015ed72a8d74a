"""Vendors: their contracts, orders, invoices and deliveries as staged, and the facts of what they delivered and billed.

What was paid stands in `models.finance`; what is made of contracts, orders and invoices together in
`models.vendor_ledger`.
"""

from __future__ import annotations

from models.schema import day, flag, integer, money, provenance, quantity, rate, table, text
from models.vocabulary import Layer

stg_vendor_contracts = table(
    Layer.STG,
    "stg_vendor_contracts",
    "One row per contract, rate-card item and price. An item whose price changes has a row for each price.",
    text("vendor_contract_line_id", "Contract and item, qualified by source; all prices of an item share it", key=True),
    text("source", "System that exported the contract", required=True),
    text("vendor_contract_id", "Contract"),
    text("vendor", "Vendor"),
    day("start_date", "First day of the contract"),
    day("end_date", "Last day of the contract"),
    integer("notice_days", "Days of notice before the end"),
    text("currency_code", "ISO 4217 code of the contract"),
    money("committed_spend_original", "Spend committed over the term, in the contract's currency"),
    text("item", "Rate-card item"),
    rate("unit_price_original", "Contracted unit price, in the contract's currency"),
    day("price_start_date", "First day on which the price holds; empty: the contract's first day"),
    day(
        "price_end_date",
        "Last day on which the price holds; empty: until the item's next price begins, else the contract's last day",
    ),
    quantity("sla_target_hours", "Resolution target that the contract promises, in hours"),
    quantity("sla_target_ratio", "Attainment that the contract promises"),
    quantity("service_credit_ratio", "Share of the month's fee due as credit when the promise is missed"),
    *provenance(),
)

stg_vendor_invoice_lines = table(
    Layer.STG,
    "stg_vendor_invoice_lines",
    "One row per line of a vendor's invoice or credit note, sign as billed.",
    text("vendor_invoice_line_id", "Line, qualified by its source", key=True),
    text("source", "System that exported the invoice", required=True),
    text("invoice_id", "Invoice number as the vendor wrote it"),
    text("vendor", "Vendor"),
    day("invoice_date", "Date of the invoice"),
    day("service_start_date", "First day of the billed service"),
    day("service_end_date", "Last day of the billed service"),
    text("purchase_order_id", "Purchase order"),
    text("item", "Billed item"),
    quantity("quantity", "Billed quantity"),
    rate("unit_price_original", "Billed unit price"),
    money("amount_original", "Billed amount; credit notes negative"),
    text("currency_code", "ISO 4217 code"),
    *provenance(),
)

stg_purchase_orders = table(
    Layer.STG,
    "stg_purchase_orders",
    "One row per purchase order, or per item of one.",
    text("purchase_order_line_id", "Order and item, qualified by its source", key=True),
    text("source", "System that exported the order", required=True),
    text("purchase_order_id", "Number of the order, as invoices name it"),
    text("vendor", "Vendor"),
    text("vendor_contract_id", "Contract under which the order was placed"),
    text("item", "Ordered item; empty: the order is open for anything"),
    money("approved_original", "Approved amount, in the order's currency"),
    text("currency_code", "ISO 4217 code of the order"),
    day("start_date", "First day of service that the order covers"),
    day("end_date", "Last day of service that the order covers"),
    *provenance(),
)

stg_deliveries = table(
    Layer.STG,
    "stg_deliveries",
    "One row per delivery line or work order.",
    text("delivery_id", "Delivery line, qualified by its source", key=True),
    text("source", "System that exported the delivery", required=True),
    text("vendor", "Vendor"),
    text("item", "What was ordered"),
    text("service", "Service or product group"),
    text("team", "Team or site that ordered"),
    quantity("quantity", "Ordered quantity"),
    day("ordered_date", "Date of the order"),
    day("first_promised_date", "First promise"),
    day("promised_date", "Promise in force"),
    day("delivered_date", "Date of delivery"),
    money("amount_original", "Value of the line"),
    text("currency_code", "ISO 4217 code"),
    *provenance(),
)

fct_contract_promises = table(
    Layer.CORE,
    "fct_contract_promises",
    "One row per contract, rate-card item and promise, with the days on which it holds.",
    text("contract_promise_id", "Contract, item and first day, qualified by source", key=True),
    text("vendor_contract_id", "Contract"),
    text("vendor", "Vendor"),
    text("item", "Rate-card item"),
    day("contract_start_date", "First day of the contract"),
    day("contract_end_date", "Last day of the contract; empty if it is open-ended"),
    text("currency_code", "ISO 4217 code of the contract"),
    quantity("sla_target_hours", "Time that the contract promises, in hours; empty for an item without a promise"),
    quantity("sla_target_ratio", "Attainment that the contract promises"),
    quantity("service_credit_ratio", "Share of the period's fee due as credit when the attainment is missed"),
)

fct_deliveries = table(
    Layer.CORE,
    "fct_deliveries",
    "One row per delivery: promised, delivered and whether on time.",
    text("delivery_id", "Delivery line, qualified by its source", key=True),
    text("source", "System that exported the delivery", required=True),
    text("vendor", "Vendor"),
    text("service", "Service or product group"),
    text("team", "Team or site that ordered"),
    text("item", "What was ordered"),
    day("ordered_date", "Date of the order"),
    day("promised_date", "Promise in force"),
    day("first_promised_date", "First promise"),
    day("delivered_date", "Date of delivery"),
    integer("delay_days", "Delivered minus promised date; negative is early"),
    flag("is_on_time", "Delivered on or before the promised date; empty if either date is unknown"),
    integer("first_promise_delay_days", "Delivered minus first promised date; negative is early"),
    flag(
        "is_on_time_by_first_promise",
        "Delivered on or before the first promised date; empty if either date is unknown",
    ),
    integer("promise_moved_days", "Promise in force minus first promise; positive is later"),
    flag("is_quarantined", "Whether a contract rule set the delivery aside", required=True),
)

fct_vendor_invoice_lines = table(
    Layer.CORE,
    "fct_vendor_invoice_lines",
    "One row per vendor invoice line in the reporting currency, with the contract and the order that it falls under.",
    text("vendor_invoice_line_id", "Line, qualified by its source", key=True),
    text("source", "System that exported the invoice", required=True),
    text("invoice_id", "Invoice number"),
    text("vendor", "Vendor"),
    day("invoice_date", "Date of the invoice"),
    day("service_start_date", "First day of the billed service"),
    day("service_end_date", "Last day of the billed service"),
    text("purchase_order_id", "Purchase order that the invoice names"),
    text("item", "Billed item"),
    quantity("quantity", "Billed quantity"),
    rate("unit_price_original", "Billed unit price"),
    money("amount_original", "Billed amount; credit notes negative"),
    text("currency_code", "ISO 4217 code"),
    rate("fx_rate", "Units of reporting currency for one unit of the line's currency"),
    money("amount_reporting", "Billed amount in the reporting currency"),
    text("vendor_contract_id", "Contract that covers the line; empty if none or more than one does"),
    text("match_state", "What came of holding the line against contracts; see vocabulary.InvoiceMatch", required=True),
    text("purchase_order_line_id", "Order, or item of an order, that the line draws on"),
    text(
        "purchase_order_state",
        "What came of holding the line against the order it names; see vocabulary.PurchaseOrderMatch",
        required=True,
    ),
    rate("contract_unit_price_original", "Price of one by the rate card; empty unless the line is matched"),
    money(
        "contracted_original",
        "Billed quantity at the contract's price, with its sign; 0 of a credit that corrects a price",
    ),
    money("contracted_reporting", "The same in the reporting currency, at the line's rate"),
    money("rate_card_variance_original", "Billed minus contracted amount: above 0 is billed too much"),
    money("rate_card_variance_reporting", "The same in the reporting currency"),
    money(
        "off_contract_reporting",
        "Billed amount if no contract covers the line, 0 if one does; empty if that is not known",
    ),
    money(
        "duplicate_at_stake_reporting",
        "Billed amount if the line's invoice is suspected to be sent twice and not credited, else 0; empty if the "
        "invoice has not what is needed to judge. No sum leaves it out",
    ),
    flag("is_quarantined", "Whether a contract rule set the line aside", required=True),
)

TABLES = (
    stg_vendor_contracts,
    stg_vendor_invoice_lines,
    stg_purchase_orders,
    stg_deliveries,
    fct_contract_promises,
    fct_deliveries,
    fct_vendor_invoice_lines,
)
