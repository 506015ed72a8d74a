"""Counting transactions of each kind, and the active time of teams."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
from finance_frames import ledger_lines, rows_of

from metrics.costs.policy import CostPolicy, TransactionKind
from metrics.costs.transactions import count_transactions, sum_active_time
from models.ddl import polars_schema
from models.finance import fct_transactions
from models.tickets import fct_tickets
from models.vendors import fct_deliveries
from models.vocabulary import NO_VALUE

AMSTERDAM = "Europe/Amsterdam"


def tickets(*rows: dict[str, Any]) -> pl.DataFrame:
    defaults = {
        "source": "desk",
        "team": "Network",
        "priority": "P1",
        "service": "VPN",
        "vendor": "Acme",
        "is_done": True,
        "is_cancelled": False,
        "is_quarantined": False,
        "has_history": True,
        "resolved_at": datetime(2026, 1, 5, 12, tzinfo=UTC),
    }
    return rows_of(fct_tickets, [{"ticket_id": f"desk:{n}", **defaults, **row} for n, row in enumerate(rows)])


def deliveries(*rows: dict[str, Any]) -> pl.DataFrame:
    return rows_of(fct_deliveries, [{"source": "erp", "is_quarantined": False, **row} for row in rows])


def count(
    kind: TransactionKind,
    *,
    fct_tickets: pl.DataFrame | None = None,
    lines: pl.DataFrame | None = None,
    delivered: pl.DataFrame | None = None,
    policy: CostPolicy | None = None,
    **more: Any,
) -> list[tuple[Any, ...]]:
    counted = count_transactions(
        policy or CostPolicy(transaction=kind),
        fct_tickets=tickets() if fct_tickets is None else fct_tickets,
        stg_cost_lines=ledger_lines() if lines is None else lines,
        fct_deliveries=deliveries() if delivered is None else delivered,
        time_zone=AMSTERDAM,
        **more,
    )
    assert counted.schema == polars_schema(fct_transactions)
    return counted.rows()


def test_tickets_count_on_the_local_day_of_their_last_resolution() -> None:
    # 23:30 UTC on 31 January is half past midnight on 1 February in Amsterdam.
    late = {"resolved_at": datetime(2026, 1, 31, 23, 30, tzinfo=UTC)}
    assert count(TransactionKind.RESOLVED_TICKETS, fct_tickets=tickets({}, {}, late)) == [
        (date(2026, 1, 5), "Network", "P1", "VPN", "Acme", 2),
        (date(2026, 2, 1), "Network", "P1", "VPN", "Acme", 1),
    ]


def test_tickets_open_cancelled_or_set_aside_do_not_count() -> None:
    frame = tickets(
        {"is_done": False, "resolved_at": None},
        {"is_cancelled": True},
        {"is_quarantined": True},
        {"resolved_at": None},
    )
    assert count(TransactionKind.RESOLVED_TICKETS, fct_tickets=frame) == []


def test_missing_values_count_under_none() -> None:
    frame = tickets({"team": None, "priority": "", "service": " ", "vendor": None})
    assert count(TransactionKind.RESOLVED_TICKETS, fct_tickets=frame) == [
        (date(2026, 1, 5), NO_VALUE, NO_VALUE, NO_VALUE, NO_VALUE, 1)
    ]


def test_a_document_counts_once_a_day_with_what_its_first_line_says() -> None:
    day, later = date(2026, 1, 5), date(2026, 1, 9)
    first = {"document_id": "P-1", "posting_date": day, "team": "Network", "vendor": "Acme", "row_number": 2}
    second = {"document_id": "P-1", "posting_date": day, "team": "Desktop", "vendor": "Nimbus", "row_number": 3}
    lines = ledger_lines(
        second,
        first,
        {"document_id": "P-1", "posting_date": later, "row_number": 4, "amount_original": Decimal(-5)},
        {"document_id": "P-1", "posting_date": day, "source": "cards", "row_number": 2},
        {"document_id": None, "posting_date": day, "row_number": 6},
        {"document_id": " ", "posting_date": day, "row_number": 7},
        {"document_id": "P-2", "posting_date": None, "row_number": 8},
    )
    assert count(TransactionKind.PAID_DOCUMENTS, lines=lines) == [
        (day, NO_VALUE, NO_VALUE, NO_VALUE, NO_VALUE, 1),
        (day, "Network", NO_VALUE, NO_VALUE, "Acme", 1),
        (later, NO_VALUE, NO_VALUE, NO_VALUE, NO_VALUE, 1),
    ]


def test_documents_take_team_and_service_from_the_cost_centre_and_skip_lines_set_aside() -> None:
    day = date(2026, 1, 5)
    lines = ledger_lines(
        {"document_id": "P-1", "posting_date": day, "cost_centre": "CC1"},
        {"document_id": "P-2", "posting_date": day, "cost_centre": "CC1"},
    )
    policy = CostPolicy(
        transaction=TransactionKind.PAID_DOCUMENTS,
        cost_centre_teams={"CC1": "Network"},
        cost_centre_services={"CC1": "VPN"},
    )
    assert count(
        TransactionKind.PAID_DOCUMENTS, lines=lines, policy=policy, quarantined_cost_lines=frozenset({"gl:3"})
    ) == [(day, "Network", NO_VALUE, "VPN", NO_VALUE, 1)]


def test_deliveries_count_on_the_day_of_delivery() -> None:
    day = date(2026, 1, 5)
    frame = deliveries(
        {"delivery_id": "1", "delivered_date": day, "vendor": "Acme"},
        {"delivery_id": "2", "delivered_date": day, "vendor": "Acme"},
        {"delivery_id": "3", "delivered_date": None, "vendor": "Acme"},
        {"delivery_id": "4", "delivered_date": day, "vendor": "Acme", "is_quarantined": True},
    )
    assert count(TransactionKind.DELIVERIES, delivered=frame) == [(day, NO_VALUE, NO_VALUE, NO_VALUE, "Acme", 2)]


def test_active_time_is_summed_by_team_and_day_of_resolution() -> None:
    frame = tickets(
        {"active_business_microseconds": 5},
        {"active_business_microseconds": 7},
        {"active_business_microseconds": None, "team": "Desktop"},
        {"active_business_microseconds": 9, "is_done": False, "resolved_at": None},
        {"active_business_microseconds": 11, "team": None},
    )
    assert sum_active_time(frame, AMSTERDAM).rows() == [
        (date(2026, 1, 5), NO_VALUE, 11),
        (date(2026, 1, 5), "Network", 12),
    ]
