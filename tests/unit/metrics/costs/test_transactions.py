"""Counting transactions of each kind, and the active time of teams."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from finance_frames import ledger_lines, rows_of

from metrics.costs.countable_facts import COUNTABLE_FACTS, find_mistakes, transaction_domain
from metrics.costs.policy import CostPolicy, CountedFact, TransactionKind
from metrics.costs.transactions import count_transactions, sum_active_time
from models.ddl import polars_schema
from models.finance import fct_transactions
from models.tickets import fct_tickets
from models.vendors import fct_deliveries, fct_vendor_invoice_lines
from models.vocabulary import NO_VALUE, Domain

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
    kind: TransactionKind | CountedFact,
    *,
    fct_tickets: pl.DataFrame | None = None,
    lines: pl.DataFrame | None = None,
    delivered: pl.DataFrame | None = None,
    policy: CostPolicy | None = None,
    is_set_aside: bool = False,
    **more: Any,
) -> list[tuple[Any, ...]]:
    """Rows without the count of those that were set aside, or, if that is asked for, only with it."""
    counted = count_transactions(
        policy or CostPolicy(transaction=kind),
        {
            "fct_tickets": tickets() if fct_tickets is None else fct_tickets,
            "stg_cost_lines": ledger_lines() if lines is None else lines,
            "fct_deliveries": deliveries() if delivered is None else delivered,
        },
        time_zone=AMSTERDAM,
        **more,
    )
    assert counted.schema == polars_schema(fct_transactions)
    wanted, other = (
        ("set_aside_count", "transaction_count") if is_set_aside else ("transaction_count", "set_aside_count")
    )
    return counted.filter(pl.col(wanted) > 0).drop(other).rows()


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


def test_what_was_set_aside_is_counted_apart_on_the_best_day_it_has() -> None:
    created = datetime(2026, 1, 3, 12, tzinfo=UTC)
    frame = tickets(
        {"is_quarantined": True},
        {"is_quarantined": True, "is_done": False, "resolved_at": None, "created_at": created},
        {"is_quarantined": True, "is_cancelled": True},
        {},
    )
    where = ("Network", "P1", "VPN", "Acme")
    assert count(TransactionKind.RESOLVED_TICKETS, fct_tickets=frame, is_set_aside=True) == [
        (date(2026, 1, 3), *where, 1),
        (date(2026, 1, 5), *where, 1),
    ]
    assert count(TransactionKind.RESOLVED_TICKETS, fct_tickets=frame) == [(date(2026, 1, 5), *where, 1)]


def test_a_document_is_set_aside_only_if_every_line_of_it_is() -> None:
    day = date(2026, 1, 5)
    lines = ledger_lines(
        {"document_id": "P-1", "posting_date": day, "team": "Network"},
        {"document_id": "P-1", "posting_date": day, "team": "Desktop"},
        {"document_id": "P-2", "posting_date": day, "team": "Network"},
    )
    given: dict[str, Any] = {"lines": lines, "quarantined_cost_lines": frozenset({"gl:2", "gl:4"})}
    assert count(TransactionKind.PAID_DOCUMENTS, **given) == [(day, "Desktop", NO_VALUE, NO_VALUE, NO_VALUE, 1)]
    assert count(TransactionKind.PAID_DOCUMENTS, is_set_aside=True, **given) == [
        (day, "Network", NO_VALUE, NO_VALUE, NO_VALUE, 1)
    ]


def test_a_delivery_set_aside_lies_on_its_promised_day_if_it_never_came() -> None:
    frame = deliveries(
        {"delivery_id": "1", "is_quarantined": True, "promised_date": date(2026, 1, 7), "vendor": "Acme"},
        {"delivery_id": "2", "promised_date": date(2026, 1, 7), "vendor": "Acme"},
    )
    assert count(TransactionKind.DELIVERIES, delivered=frame, is_set_aside=True) == [
        (date(2026, 1, 7), NO_VALUE, NO_VALUE, NO_VALUE, "Acme", 1)
    ]


def test_any_fact_can_be_counted_by_distinct_keys_patterns_and_flags() -> None:
    frame = rows_of(
        fct_vendor_invoice_lines,
        [
            {"vendor_invoice_line_id": f"ap:{number}", "source": source, "invoice_id": invoice, "vendor": vendor,
             "invoice_date": date(2026, 1, day), "is_quarantined": is_set_aside}
            for number, (source, invoice, vendor, day, is_set_aside) in enumerate([
                ("ap", "I-1", "Acme Ltd", 9, False),  # of two days, the first counts
                ("ap", "I-1", "ACME Ltd", 5, False),
                ("ap", "I-2", "Acme GmbH", 6, True),
                ("ap2", "I-1", "acme", 7, False),  # another source's number is another invoice
                ("ap", "I-3", "Nimbus", 8, False),
                ("ap", " ", "Acme", 8, False),
            ])
        ],
    )  # fmt: skip
    invoices = CountedFact("fct_vendor_invoice_lines", "invoice_date", ("invoice_id",), {"vendor": ("acme*",)})
    assert transaction_domain(invoices) is Domain.VENDORS
    counted = count_transactions(
        CostPolicy(transaction=invoices), {fct_vendor_invoice_lines.name: frame}, time_zone=AMSTERDAM
    )
    assert counted.drop("team", "priority", "service").rows() == [
        (date(2026, 1, 5), "ACME Ltd", 1, 0),
        (date(2026, 1, 6), "Acme GmbH", 0, 1),
        (date(2026, 1, 7), "acme", 1, 0),
    ]


def test_declarations_are_tickets_of_a_type_that_are_done() -> None:
    late = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)
    frame = tickets(
        {"ticket_type": "Declaration", "resolved_at": late},
        {"ticket_type": "declaration (domestic)", "resolved_at": late, "is_done": False},
        {"ticket_type": "Travel permit", "resolved_at": late},
        {"ticket_type": None, "resolved_at": late},
    )
    declarations = CountedFact("fct_tickets", "resolved_at", (), {"ticket_type": ("declaration*",)}, {"is_done": True})
    assert count(declarations, fct_tickets=frame) == [(date(2026, 2, 1), "Network", "P1", "VPN", "Acme", 1)]


def test_facts_that_can_be_counted_are_records_that_no_cost_enters() -> None:
    assert {"fct_tickets", "fct_sla_clocks", "fct_deliveries", "fct_vendor_invoice_lines", "fct_cost_lines"} <= set(
        COUNTABLE_FACTS
    )
    assert not {"fct_ticket_days", "fct_cost_allocations", "fct_transactions"} & set(COUNTABLE_FACTS)


@pytest.mark.parametrize(
    ("counted", "mistakes"),
    [
        (CountedFact("fct_delivery", "delivered_date"), [("fact", "Did you mean 'fct_deliveries'?")]),
        (CountedFact("fct_transactions", "completed_date"), [("fact", None)]),
        (CountedFact("fct_deliveries", "vendor"), [("date", None)]),
        (
            CountedFact("fct_deliveries", "delivery_date", ("order",), {"vendr": ("x",), "is_on_time": ("yes",)}),
            [
                ("date", "Did you mean 'delivered_date'?"),
                ("distinct", None),
                ("where", "Did you mean 'vendor'?"),
                ("where", "Write is_on_time: true."),
            ],
        ),
        (CountedFact("fct_deliveries", "delivered_date", flags={"vendor": True}), [("where", None)]),
    ],
)
def test_mistakes_in_a_counted_fact_are_told_with_key_and_remedy(
    counted: CountedFact, mistakes: list[tuple[str, str | None]]
) -> None:
    found = list(find_mistakes(counted))
    assert [key for key, _, _ in found] == [key for key, _ in mistakes]
    for (_, what, remedy), (_, expected) in zip(found, mistakes, strict=True):
        assert what and remedy
        assert expected is None or remedy == expected
