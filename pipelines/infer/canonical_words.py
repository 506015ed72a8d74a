"""Which words in a header speak for which canonical column. Data only; the choosing is in `mapping`.

A pattern is searched in the slug of a header (`net_amount`). Its weight says how sure it is: 1.0 says it in so many
words, 0.5 could well be something else. `kinds` are the logical types that can feed the column.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_TEXT: Final = ("string", "integer", "number", "boolean", "date", "timestamp")
_NAME: Final = ("string",)
_ID: Final = ("string", "integer")
_TIME: Final = ("timestamp", "date")
_AMOUNT: Final = ("number", "integer")
_COUNT: Final = ("integer",)
_FLAG: Final = ("boolean",)


@dataclass(frozen=True, slots=True)
class Words:
    """Patterns, most telling first, with their weights, for one canonical column."""

    column: str
    kinds: tuple[str, ...]
    patterns: tuple[tuple[float, re.Pattern[str]], ...]


@dataclass(frozen=True, slots=True)
class TableWords:
    """The columns of one canonical table.

    Attributes:
        needs: sets of columns of which at least one set must be fed for the table to be meant.
        hints: words in headers or the file's name that speak for the table.
    """

    table: str
    columns: tuple[Words, ...]
    needs: tuple[frozenset[str], ...]
    hints: re.Pattern[str]


def _words(column: str, kinds: tuple[str, ...], *patterns: tuple[float, str]) -> Words:
    return Words(column, kinds, tuple((weight, re.compile(pattern)) for weight, pattern in patterns))


def _needs(*sets: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(each.split()) for each in sets)


_VENDOR: Final = _words(
    "vendor",
    _NAME,
    (1.0, r"^(vendor|supplier)(_name)?$|^supplier_.*name$"),
    (0.8, r"(vendor|supplier|beneficiary|payee|merchant).*name|^(payee|beneficiary|merchant)$"),
)
_CURRENCY: Final = _words("currency_code", _NAME, (1.0, r"^currency(_code)?$|^(ccy|curr)$"), (0.8, r"currency"))

TICKETS: Final = TableWords(
    "tickets",
    (
        _words(
            "created_at",
            _TIME,
            (
                1.0,
                r"^(opened|created|reported|submitted|created_on|opened_on)(_at|_date|_time|_on)?$|^(creation|open|submit|report)_(date|time)$",
            ),
            (0.7, r"(^|_)(opened|created|creation|reported|submitted)(_|$)"),
            (0.4, r"start"),
        ),
        _words(
            "resolved_at",
            _TIME,
            (1.0, r"^(resolved|solved|resolution)_?(at|date|time|on)?$"),
            (0.6, r"(^|_)(resolved|solved)(_|$)"),
            (0.5, r"completed|fixed"),
        ),
        _words("closed_at", _TIME, (1.0, r"^closed?(_at|_date|_time|_on)?$"), (0.7, r"(^|_)closed(_|$)")),
        _words(
            "due_at",
            ("timestamp",),
            (1.0, r"^due(_at|_date|_time|_by)?$|^duedate$"),
            (0.7, r"(^|_)(due|deadline|target)(_|$)"),
        ),
        _words("first_response_at", _TIME, (1.0, r"first_(response|reply|responded)")),
        _words(
            "status",
            _TEXT,
            (1.0, r"^(status|state|incident_state|ticket_status|issue_status|request_status)$"),
            (0.7, r"(^|_)(status|state)$"),
            (0.7, r"^activity$|^concept_name$"),
            (0.3, r"lifecycle_transition"),
        ),
        _words(
            "priority",
            _TEXT,
            (1.0, r"^priority$"),
            (0.7, r"(^|_)priority$"),
            (0.6, r"severity|seriousness"),
            (0.4, r"^(urgency|impact)$"),
        ),
        _words(
            "team",
            _NAME,
            (1.0, r"^(assignment_group|assigned_group|assigned_team|team|group|queue|support_group|owner_group)$"),
            (0.7, r"(^|_)(group|team|queue|workgroup)(_|$)"),
            (0.6, r"support_section|responsible_section|^agency(_name)?$|organization_involved|department"),
        ),
        _words(
            "service",
            _NAME,
            (1.0, r"^(business_service|service|service_name|service_offering)$"),
            (0.7, r"^(product|application|component|components|project)(_name)?$"),
            (0.5, r"service_type|cmdb_ci|^project_key$"),
        ),
        _VENDOR,
        _words(
            "ticket_type",
            _NAME,
            (1.0, r"^(ticket_type|issue_?type|request_type|complaint_type|incident_type|type)$"),
            (0.6, r"^(category|classification)$"),
        ),
        _words("is_sla_met_at_source", _FLAG, (1.0, r"made_sla|sla_met|met_sla|within_sla")),
        _words("summary", _NAME, (1.0, r"^(summary|short_description|title|subject)$"), (0.4, r"^descriptor$")),
    ),
    _needs("created_at status", "status priority", "created_at closed_at", "status team"),
    re.compile(r"ticket|incident|issue|request|case|helpdesk|problem|changelog|complaint"),
)

EVENTS: Final = TableWords(
    "ticket_events",
    (
        _words(
            "event_sequence",
            _COUNT,
            (1.0, r"sys_mod_count|^(event_)?sequence(_number)?$|^(histories_)?history_id$|^histories_id$|^audits_id$"),
            (0.6, r"(^|_)(sequence|seq|mod_count)(_|$)"),
        ),
        *(words for words in TICKETS.columns if words.column in ("status", "priority", "team", "vendor")),
        _words(
            "actor",
            _NAME,
            (1.0, r"^(sys_updated_by|updated_by|changed_by|actor|org_resource|resource|author)$"),
            (0.8, r"author_(display_)?name|updated_by|changed_by"),
            (0.5, r"(^|_)(author|resource|user)(_id)?$"),
        ),
    ),
    (),
    re.compile(r"event|audit|histor|log"),
)

_COST_LINES: Final = TableWords(
    "cost_lines",
    (
        _words(
            "cost_line_id",
            _ID,
            (1.0, r"^(line|entry|journal_line|cost_line)_(id|number|no)$"),
            (0.7, r"^id$|transaction_(number|no|id)|(^|_)unique"),
        ),
        _words(
            "document_id",
            _ID,
            (1.0, r"^(document|journal|voucher|invoice|transaction)_?(id|number|no|ref)$"),
            (0.5, r"(^|_)(reference|document|journal)"),
        ),
        _words(
            "posting_date",
            _TIME,
            (1.0, r"^(posting|payment|paid|pay|booking|posted|transaction|journal)_date$|^date_(paid|posted)$"),
            (0.6, r"^date$|(^|_)date$"),
            (0.5, r"posted|booked|paid"),
        ),
        _words(
            "service_start_date",
            _TIME,
            (1.0, r"(service|period)_(start|from)"),
        ),
        _words(
            "service_end_date",
            _TIME,
            (1.0, r"(service|period)_(end|to)$"),
        ),
        _words(
            "account",
            _TEXT,
            (1.0, r"^(gl_)?account(_name|_code|_number)?$|^nominal(_code)?$|expenditure_category$"),
            (0.6, r"expenditure_(type|code)|expense_type|cost_type|subjective"),
        ),
        _words(
            "cost_centre",
            _TEXT,
            (1.0, r"cost_cent(re|er)|^directorate|^department$"),
            (0.7, r"service_?label$|division|directorate|business_unit|(^|_)department"),
            (0.4, r"^body_name$"),
        ),
        _words(
            "service",
            _NAME,
            (1.0, r"^service(_name|_category_label|_area)?$"),
            (0.7, r"^service_division_label$|service_(category|divis?ion)_label|service_label$"),
        ),
        _VENDOR,
        _words(
            "description",
            _NAME,
            (1.0, r"^(description|narrative|memo|text|line_description|details|purpose_of_spend)$"),
            (0.6, r"purpose|description|narrative|detailed_expenditure_type"),
            (0.3, r"classification"),
        ),
        _words(
            "amount_original",
            _AMOUNT,
            (1.0, r"^(net_)?amount(_net|_original|_gbp|_eur|_usd)?$|^net_value$"),
            (0.7, r"(^|_)(amount|net|value|gross|total)(_|$)"),
        ),
        _CURRENCY,
    ),
    _needs(
        "posting_date amount_original vendor",
        "posting_date amount_original account",
        "posting_date amount_original cost_centre",
    ),
    re.compile(r"spend|payment|ledger|journal|cost|expen[sd]|paid"),
)

_INVOICES: Final = TableWords(
    "vendor_invoice_lines",
    (
        _words(
            "vendor_invoice_line_id",
            _ID,
            (1.0, r"invoice_line_?(id|number|no)"),
        ),
        _words(
            "invoice_id",
            _ID,
            (1.0, r"^invoice_?(id|number|no|ref|num)?$"),
        ),
        _VENDOR,
        _words("invoice_date", _TIME, (1.0, r"^(invoice|bill|billing)_date$"), (0.4, r"^date$")),
        _words(
            "service_start_date",
            _TIME,
            (1.0, r"(service|period)_(start|from)"),
        ),
        _words(
            "service_end_date",
            _TIME,
            (1.0, r"(service|period)_(end|to)$"),
        ),
        _words(
            "purchase_order_id",
            _ID,
            (1.0, r"^(po|purchase_order)(_number|_id|_no)?$"),
        ),
        _words(
            "item", _NAME, (1.0, r"^(item|product|service_item|sku)(_name|_description)?$"), (0.5, r"^description$")
        ),
        _words("quantity", _AMOUNT, (1.0, r"^(quantity|qty|units)$"), (0.7, r"quantity|(^|_)qty(_|$)")),
        _words(
            "unit_price_original",
            _AMOUNT,
            (1.0, r"unit_price|^(rate|price)$"),
        ),
        _words(
            "amount_original",
            _AMOUNT,
            (1.0, r"^(invoice_|line_|net_)?amount$"),
            (0.6, r"(^|_)(amount|total|value)(_|$)"),
        ),
        _CURRENCY,
    ),
    _needs("invoice_id invoice_date amount_original", "invoice_id unit_price_original quantity"),
    re.compile(r"invoice|billing"),
)

_DELIVERIES: Final = TableWords(
    "deliveries",
    (
        _words(
            "delivery_id",
            _ID,
            (1.0, r"^(delivery|shipment|delivery_line|work_order)_?(id|number|no)$|^delivery$"),
            (0.7, r"^id$"),
            (0.5, r"asn|(^|_)dn_"),
        ),
        _VENDOR,
        _words("item", _NAME, (1.0, r"^item(_description|_name)?$"), (0.6, r"^(product|description|article)(_name)?$")),
        _words(
            "service", _NAME, (1.0, r"^(service|product_group|product_category)$"), (0.5, r"(^|_)(group|category)$")
        ),
        _words(
            "team",
            _NAME,
            (1.0, r"^(ordered_by|team|requested_by|site)$"),
            (0.6, r"^managed_by$"),
            (0.4, r"^country$|^project_code$"),
        ),
        _words(
            "quantity",
            _AMOUNT,
            (1.0, r"^(quantity|qty|line_item_quantity|ordered_quantity)$"),
            (0.6, r"quantity|(^|_)qty(_|$)"),
        ),
        _words(
            "ordered_date",
            _TIME,
            (1.0, r"^(order|ordered|po)_date$|po_sent_to_vendor"),
            (0.6, r"(^|_)(order|ordered|po)(_|$)"),
        ),
        _words(
            "first_promised_date",
            _TIME,
            (1.0, r"(first|original)(ly)?_(promised|scheduled|committed)"),
        ),
        _words(
            "promised_date",
            _TIME,
            (
                1.0,
                r"^(promised|scheduled_delivery|committed|promise|scheduled|expected_delivery|due|required)(_date|_at)?$",
            ),
            (0.7, r"promised|scheduled|expected|committed|(^|_)due(_|$)"),
        ),
        _words(
            "delivered_date",
            _TIME,
            (1.0, r"^(delivered|actual_delivery|delivered_to_client|received|completed)(_date|_at|_on)?$"),
            (0.7, r"delivered|actual.*deliver|received"),
            (0.5, r"delivery_date|delivery_recorded"),
        ),
        _words(
            "amount_original",
            _AMOUNT,
            (1.0, r"^(line_item_value|line_value|amount|order_value)$"),
            (0.5, r"(^|_)(value|amount|total)(_|$)"),
        ),
        _CURRENCY,
    ),
    _needs("promised_date delivered_date"),
    re.compile(r"deliver|shipment|work_order|scheduled"),
)

_BUDGETS: Final = TableWords(
    "budget_lines",
    (
        _words("month_date", _TIME, (1.0, r"^(month|period|month_date)$"), (0.5, r"month|period|date")),
        _words(
            "kind",
            _NAME,
            (1.0, r"^(kind|scenario|version|type)$"),
        ),
        _words(
            "account",
            _TEXT,
            (1.0, r"account"),
        ),
        _words(
            "cost_centre",
            _TEXT,
            (1.0, r"cost_cent(re|er)|department"),
        ),
        _words(
            "team",
            _NAME,
            (1.0, r"^team$"),
        ),
        _words(
            "amount_original",
            _AMOUNT,
            (1.0, r"^(amount|budget|forecast|plan|planned)(_amount)?$"),
            (0.6, r"amount|budget|forecast|planned"),
        ),
        _CURRENCY,
    ),
    _needs("month_date amount_original"),
    re.compile(r"budget|forecast|planned|plan_"),
)

_CONTRACTS: Final = TableWords(
    "vendor_contracts",
    (
        _words(
            "vendor_contract_line_id",
            _ID,
            (1.0, r"contract_line_?(id|number|no)"),
        ),
        _words(
            "vendor_contract_id",
            _ID,
            (1.0, r"^(vendor_)?contract(_id|_number|_no|_ref)?$"),
        ),
        _VENDOR,
        _words(
            "start_date",
            _TIME,
            (1.0, r"^(start|begin|valid_from|effective|contract_start)(_date)?$"),
            (0.6, r"start|from"),
        ),
        _words(
            "end_date",
            _TIME,
            (1.0, r"^(end|expiry|valid_to|expires|contract_end|expiration)(_date)?$"),
            (0.6, r"(^|_)(end|expiry|until)(_|$)"),
        ),
        _words(
            "notice_days",
            _COUNT,
            (1.0, r"notice"),
        ),
        _CURRENCY,
        _words("committed_spend_original", _AMOUNT, (1.0, r"commit"), (0.5, r"contract_value")),
        _words(
            "item",
            _NAME,
            (1.0, r"^(item|rate_card_item|service|role)$"),
        ),
        _words("unit_price_original", _AMOUNT, (1.0, r"unit_price|^(rate|price)$"), (0.6, r"(^|_)(rate|price)(_|$)")),
        _words(
            "sla_target_hours",
            _AMOUNT,
            (1.0, r"sla_?(target)?_hours|resolution_hours|target_hours"),
        ),
        _words(
            "sla_target_ratio",
            _AMOUNT,
            (1.0, r"sla_target(_ratio|_percent|_pct)?$|attainment"),
        ),
        _words(
            "service_credit_ratio",
            _AMOUNT,
            (1.0, r"service_credit|(^|_)credit(_|$)"),
        ),
    ),
    _needs("vendor_contract_id start_date end_date", "vendor end_date committed_spend_original"),
    re.compile(r"contract|agreement|rate_card"),
)

_RATES: Final = TableWords(
    "fx_rates",
    (
        _words("rate_date", _TIME, (1.0, r"^(rate_date|date|day|time_period)$"), (0.6, r"date")),
        _words("base_currency_code", _NAME, (1.0, r"base|^from(_currency)?$"), (0.5, r"^currency$")),
        _words("quote_currency_code", _NAME, (1.0, r"quote|target|^to(_currency)?$"), (0.5, r"currency_(denom|2)")),
        _words("fx_rate", _AMOUNT, (1.0, r"^(rate|fx_rate|exchange_rate|obs_value)$"), (0.6, r"rate")),
    ),
    _needs("rate_date fx_rate base_currency_code quote_currency_code"),
    re.compile(r"fx|exchange|rates|currenc"),
)

_HEADCOUNT: Final = TableWords(
    "headcount",
    (
        _words("month_date", _TIME, (1.0, r"^(month|period)$"), (0.5, r"month|date")),
        _words("team", _NAME, (1.0, r"^team(_name)?$"), (0.6, r"department|group")),
        _words(
            "headcount",
            _AMOUNT,
            (1.0, r"headcount|^fte$|heads|(^|_)ftes?(_|$)"),
        ),
    ),
    _needs("month_date team headcount"),
    re.compile(r"headcount|fte|staff"),
)

#: Every table that a row of an export may be meant for; `ticket_events` goes with `tickets`.
TABLES: Final = (TICKETS, _COST_LINES, _INVOICES, _DELIVERIES, _BUDGETS, _CONTRACTS, _RATES, _HEADCOUNT)
