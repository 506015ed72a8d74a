"""Headers of budgets, vendor contracts, purchase orders, exchange rates and headcounts. Data only."""

from __future__ import annotations

import re
from typing import Final

from pipelines.infer.canonical_words import (
    AMOUNT,
    COUNT,
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

_BUDGETS: Final = TableWords(
    "budget_lines",
    (
        words("month_date", TIME, (1.0, r"^(month|period|month_date)$"), (0.5, r"month|period|date")),
        words(
            "kind",
            NAME,
            (1.0, r"^(kind|scenario|version|type)$"),
        ),
        words(
            "account",
            TEXT,
            (1.0, r"account"),
        ),
        words(
            "cost_centre",
            TEXT,
            (1.0, r"cost_cent(re|er)|department"),
        ),
        words(
            "team",
            NAME,
            (1.0, r"^team$"),
        ),
        words(
            "amount_original",
            AMOUNT,
            (1.0, r"^(amount|budget|forecast|plan|planned)(_amount)?$"),
            (0.6, r"amount|budget|forecast|planned"),
        ),
        CURRENCY,
    ),
    needs("month_date amount_original"),
    re.compile(r"budget|forecast|planned|plan_"),
)

_CONTRACTS: Final = TableWords(
    "vendor_contracts",
    (
        words(
            "vendor_contract_line_id",
            ID,
            (1.0, r"contract_line_?(id|number|no)"),
        ),
        words(
            "vendor_contract_id",
            ID,
            (1.0, r"^(vendor_)?contract(_id|_number|_no|_ref)?$"),
        ),
        VENDOR,
        words(
            "start_date",
            TIME,
            (1.0, r"^(start|begin|valid_from|effective|contract_start)(_date)?$"),
            (0.6, r"start|from"),
        ),
        words(
            "end_date",
            TIME,
            (1.0, r"^(end|expiry|valid_to|expires|contract_end|expiration)(_date)?$"),
            (0.6, r"(^|_)(end|expiry|until)(_|$)"),
        ),
        words(
            "notice_days",
            COUNT,
            (1.0, r"notice"),
        ),
        CURRENCY,
        words("committed_spend_original", AMOUNT, (1.0, r"commit"), (0.5, r"contract_value")),
        words(
            "item",
            NAME,
            (1.0, r"^(item|rate_card_item|service|role)$"),
        ),
        words("unit_price_original", AMOUNT, (1.0, r"unit_price|^(rate|price)$"), (0.6, r"(^|_)(rate|price)(_|$)")),
        words("price_start_date", TIME, (1.0, r"^(unit_)?(price|rate)_(valid_)?(from|start)(_date)?$")),
        words("price_end_date", TIME, (1.0, r"^(unit_)?(price|rate)_(valid_)?(to|until|end)(_date)?$")),
        words(
            "sla_target_hours",
            AMOUNT,
            (1.0, r"sla_?(target)?_hours|resolution_hours|target_hours"),
        ),
        words(
            "sla_target_ratio",
            AMOUNT,
            (1.0, r"sla_target(_ratio|_percent|_pct)?$|attainment"),
        ),
        words(
            "service_credit_ratio",
            AMOUNT,
            (1.0, r"service_credit|(^|_)credit(_|$)"),
        ),
    ),
    needs("vendor_contract_id start_date end_date", "vendor end_date committed_spend_original"),
    re.compile(r"contract|agreement|rate_card"),
)

_ORDERS: Final = TableWords(
    "purchase_orders",
    (
        words(
            "purchase_order_line_id",
            ID,
            (1.0, r"(po|order)_line_?(id|number|no)"),
        ),
        words(
            "purchase_order_id",
            ID,
            (1.0, r"^(po|purchase_order)(_id|_number|_no|_ref)?$|^order_(id|number|no|ref)$"),
        ),
        VENDOR,
        words(
            "vendor_contract_id",
            ID,
            (1.0, r"^(vendor_)?contract(_id|_number|_no|_ref)?$"),
        ),
        words("item", NAME, (1.0, r"^(item|product|service_item|sku)(_name|_description)?$"), (0.5, r"^description$")),
        words(
            "approved_original",
            AMOUNT,
            (1.0, r"approved|authori[sz]ed|^(order|po|committed)_(amount|value|total)$"),
            (0.6, r"(^|_)(amount|value|total)(_|$)"),
        ),
        CURRENCY,
        words(
            "start_date",
            TIME,
            (1.0, r"^(start|begin|valid_from|effective|service_start)(_date)?$"),
            (0.6, r"start|from"),
        ),
        words(
            "end_date",
            TIME,
            (1.0, r"^(end|expiry|valid_to|expires|service_end|expiration)(_date)?$"),
            (0.6, r"(^|_)(end|expiry|until|to)(_|$)"),
        ),
    ),
    needs("purchase_order_id approved_original vendor", "purchase_order_id approved_original vendor_contract_id"),
    re.compile(r"purchase|(^|_)po(_|$)|order"),
)

_RATES: Final = TableWords(
    "fx_rates",
    (
        words("rate_date", TIME, (1.0, r"^(rate_date|date|day|time_period)$"), (0.6, r"date")),
        words("base_currency_code", NAME, (1.0, r"base|^from(_currency)?$"), (0.5, r"^currency$")),
        words("quote_currency_code", NAME, (1.0, r"quote|target|^to(_currency)?$"), (0.5, r"currency_(denom|2)")),
        words("fx_rate", AMOUNT, (1.0, r"^(rate|fx_rate|exchange_rate|obs_value)$"), (0.6, r"rate")),
    ),
    needs("rate_date fx_rate base_currency_code quote_currency_code"),
    re.compile(r"fx|exchange|rates|currenc"),
)

_HEADCOUNT: Final = TableWords(
    "headcount",
    (
        words("month_date", TIME, (1.0, r"^(month|period)$"), (0.5, r"month|date")),
        words("team", NAME, (1.0, r"^team(_name)?$"), (0.6, r"department|group")),
        words(
            "headcount",
            AMOUNT,
            (1.0, r"headcount|^fte$|heads|(^|_)ftes?(_|$)"),
        ),
    ),
    needs("month_date team headcount"),
    re.compile(r"headcount|fte|staff"),
)

TABLES: Final = (_BUDGETS, _CONTRACTS, _ORDERS, _RATES, _HEADCOUNT)
