"""Headers of costs, vendor invoices and deliveries. Data only."""

from __future__ import annotations

import re
from typing import Final

from pipelines.infer.canonical_words import (
    AMOUNT,
    CURRENCY,
    ID,
    NAME,
    TEXT,
    TIME,
    VENDOR,
    TableWords,
    needs,
    words,
)

COST_LINES: Final = TableWords(
    "cost_lines",
    (
        words(
            "cost_line_id",
            ID,
            (1.0, r"^(line|entry|journal_line|cost_line)_(id|number|no)$"),
            (0.7, r"^id$|transaction_(number|no|id)|(^|_)unique"),
        ),
        words(
            "document_id",
            ID,
            (1.0, r"^(document|journal|voucher|invoice|transaction)_?(id|number|no|ref)$"),
            (0.5, r"(^|_)(reference|document|journal)"),
        ),
        words(
            "posting_date",
            TIME,
            (1.0, r"^(posting|payment|paid|pay|booking|posted|transaction|journal)_date$|^date_(paid|posted)$"),
            (0.6, r"^date$|(^|_)date$"),
            (0.5, r"posted|booked|paid"),
        ),
        words(
            "service_start_date",
            TIME,
            (1.0, r"(service|period)_(start|from)"),
        ),
        words(
            "service_end_date",
            TIME,
            (1.0, r"(service|period)_(end|to)$"),
        ),
        words(
            "account",
            TEXT,
            (1.0, r"^(gl_)?account(_name|_code|_number)?$|^nominal(_code)?$|expenditure_category$"),
            (0.6, r"expenditure_(type|code)|expense_type|cost_type|subjective"),
        ),
        words(
            "cost_centre",
            TEXT,
            (1.0, r"cost_cent(re|er)|^directorate|^department$"),
            (0.7, r"service_?label$|division|directorate|business_unit|(^|_)department"),
            (0.4, r"^body_name$"),
        ),
        words(
            "service",
            NAME,
            (1.0, r"^service(_name|_category_label|_area)?$"),
            (0.7, r"^service_division_label$|service_(category|divis?ion)_label|service_label$"),
        ),
        VENDOR,
        words(
            "description",
            NAME,
            (1.0, r"^(description|narrative|memo|text|line_description|details|purpose_of_spend)$"),
            (0.6, r"purpose|description|narrative|detailed_expenditure_type"),
            (0.3, r"classification"),
        ),
        words(
            "amount_original",
            AMOUNT,
            (1.0, r"^(net_)?amount(_net|_original|_gbp|_eur|_usd)?$|^net_value$"),
            (0.7, r"(^|_)(amount|net|value|gross|total)(_|$)"),
        ),
        CURRENCY,
    ),
    needs(
        "posting_date amount_original vendor",
        "posting_date amount_original account",
        "posting_date amount_original cost_centre",
    ),
    re.compile(r"spend|payment|ledger|journal|cost|expen[sd]|paid"),
)

_INVOICES: Final = TableWords(
    "vendor_invoice_lines",
    (
        words(
            "vendor_invoice_line_id",
            ID,
            (1.0, r"invoice_line_?(id|number|no)"),
        ),
        words(
            "invoice_id",
            ID,
            (1.0, r"^invoice_?(id|number|no|ref|num)?$"),
        ),
        VENDOR,
        words("invoice_date", TIME, (1.0, r"^(invoice|bill|billing)_date$"), (0.4, r"^date$")),
        words(
            "service_start_date",
            TIME,
            (1.0, r"(service|period)_(start|from)"),
        ),
        words(
            "service_end_date",
            TIME,
            (1.0, r"(service|period)_(end|to)$"),
        ),
        words(
            "purchase_order_id",
            ID,
            (1.0, r"^(po|purchase_order)(_number|_id|_no)?$"),
        ),
        words("item", NAME, (1.0, r"^(item|product|service_item|sku)(_name|_description)?$"), (0.5, r"^description$")),
        words("quantity", AMOUNT, (1.0, r"^(quantity|qty|units)$"), (0.7, r"quantity|(^|_)qty(_|$)")),
        words(
            "unit_price_original",
            AMOUNT,
            (1.0, r"unit_price|^(rate|price)$"),
        ),
        words(
            "amount_original",
            AMOUNT,
            (1.0, r"^(invoice_|line_|net_)?amount$"),
            (0.6, r"(^|_)(amount|total|value)(_|$)"),
        ),
        CURRENCY,
    ),
    needs("invoice_id invoice_date amount_original", "invoice_id unit_price_original quantity"),
    re.compile(r"invoice|billing"),
)

_DELIVERIES: Final = TableWords(
    "deliveries",
    (
        words(
            "delivery_id",
            ID,
            (1.0, r"^(delivery|shipment|delivery_line|work_order)_?(id|number|no)$|^delivery$"),
            (0.7, r"^id$"),
            (0.5, r"asn|(^|_)dn_"),
        ),
        VENDOR,
        words("item", NAME, (1.0, r"^item(_description|_name)?$"), (0.6, r"^(product|description|article)(_name)?$")),
        words("service", NAME, (1.0, r"^(service|product_group|product_category)$"), (0.5, r"(^|_)(group|category)$")),
        words(
            "team",
            NAME,
            (1.0, r"^(ordered_by|team|requested_by|site)$"),
            (0.6, r"^managed_by$"),
            (0.4, r"^country$|^project_code$"),
        ),
        words(
            "quantity",
            AMOUNT,
            (1.0, r"^(quantity|qty|line_item_quantity|ordered_quantity)$"),
            (0.6, r"quantity|(^|_)qty(_|$)"),
        ),
        words(
            "ordered_date",
            TIME,
            (1.0, r"^(order|ordered|po)_date$|po_sent_to_vendor"),
            (0.6, r"(^|_)(order|ordered|po)(_|$)"),
        ),
        words(
            "first_promised_date",
            TIME,
            (1.0, r"(first|original)(ly)?_(promised|scheduled|committed)"),
        ),
        words(
            "promised_date",
            TIME,
            (
                1.0,
                r"^(promised|scheduled_delivery|committed|promise|scheduled|expected_delivery|due|required)(_date|_at)?$",
            ),
            (0.7, r"promised|scheduled|expected|committed|(^|_)due(_|$)"),
        ),
        words(
            "delivered_date",
            TIME,
            (1.0, r"^(delivered|actual_delivery|delivered_to_client|received|completed)(_date|_at|_on)?$"),
            (0.7, r"delivered|actual.*deliver|received"),
            (0.5, r"delivery_date|delivery_recorded"),
        ),
        words(
            "amount_original",
            AMOUNT,
            (1.0, r"^(line_item_value|line_value|amount|order_value)$"),
            (0.5, r"(^|_)(value|amount|total)(_|$)"),
        ),
        CURRENCY,
    ),
    needs("promised_date delivered_date"),
    re.compile(r"deliver|shipment|work_order|scheduled"),
)

TABLES: Final = (COST_LINES, _INVOICES, _DELIVERIES)
