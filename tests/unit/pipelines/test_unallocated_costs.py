"""Cost that nobody bears is told in money, with why and what would change it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import duckdb
import pytest

from metrics.costs.policy import CostPolicy, CostPool, CountedFact, Driver, StepDown, TransactionKind
from models.catalog import table_named
from models.ddl import create_table
from pipelines.notices.unallocated_costs import (
    DriverGap,
    MonthGap,
    PoolGap,
    PoolLines,
    TransactionSpan,
    UnallocatedCosts,
    find_cost_notices,
    read_unallocated,
)


def gap(driver: Driver, *, team: str = "(none)", service: str = "(none)", months: int = 1) -> DriverGap:
    last = date(2026, months, 1)
    amount = Decimal("1234.5000")
    return DriverGap("premises", driver.value, team, service, "(none)", amount, months, date(2026, 1, 1), last)


#: Tickets of half a year that name teams and services, and no vendor.
SPAN = TransactionSpan(date(2026, 1, 3), date(2026, 6, 20), frozenset({"team", "service"}))


def told(
    *gaps: DriverGap,
    pool_gap: PoolGap | None = None,
    policy: CostPolicy | None = None,
    span: TransactionSpan = SPAN,
    month_gaps: tuple[MonthGap, ...] = (),
) -> list[str]:
    found = UnallocatedCosts(pool_gap, span, month_gaps, gaps)
    return [notice.message for notice in find_cost_notices(found, policy or CostPolicy(), "EUR")]


def test_nothing_open_is_no_notice() -> None:
    assert told() == []


def test_lines_in_no_pool() -> None:
    (message,) = told(pool_gap=PoolGap(24, Decimal("9891.5900"), 1369))
    assert message.startswith("9,891.59 EUR of cost in 24 of 1,369 cost lines is in no pool of policies/costs.yaml")


def test_a_pool_that_selects_nothing_is_named_and_one_that_comes_too_late_is_told_apart() -> None:
    pools = tuple(CostPool(name, driver=Driver.DIRECT) for name in ("rents", "suplies", "late"))
    lines = (PoolLines("rents", "late"), PoolLines("(none)", None))
    found = UnallocatedCosts(span=SPAN, pool_lines=lines)
    messages = [notice.message for notice in find_cost_notices(found, CostPolicy(pools=pools), "EUR")]
    assert [message.split(" of policies", 1)[0] for message in messages] == ["The pool 'suplies'", "The pool 'late'"]
    assert "selects no cost line. Look whether its patterns are spelt as the ledger spells" in messages[0]
    assert "pools above it take all that it selects" in messages[1]
    # Where no line has come, nothing can be said of pools.
    assert list(find_cost_notices(UnallocatedCosts(), CostPolicy(pools=pools), "EUR")) == []


@pytest.mark.parametrize("driver", list(Driver))
def test_every_driver_says_why_it_left_cost_and_what_to_do(driver: Driver) -> None:
    (message,) = told(gap(driver))
    assert message.startswith(f"1,234.50 EUR of the pool 'premises' ({driver}) stays unallocated in 2026-01: ")
    assert message.count(". ") == 1
    assert message.endswith(".")


def test_a_named_bearer_without_transactions_is_named() -> None:
    (message,) = told(gap(Driver.DIRECT, team="Facilities", months=3))
    assert "in 3 months from 2026-01 to 2026-03: the team 'Facilities' completed no transaction then, and" in message
    (message,) = told(gap(Driver.DIRECT, service="Email"))
    assert "Look whether tickets write that service in another way, or name another bearer" in message


def test_a_supporting_team_is_told_by_its_step() -> None:
    policy = CostPolicy(step_down=(StepDown("IT Office", Driver.HEADCOUNT),))
    (message,) = told(gap(Driver.DIRECT, team="IT Office"), policy=policy)
    assert ": the team 'IT Office' hands its cost on by headcount, and no team has headcount there. " in message


def test_many_gaps_end_with_their_sum() -> None:
    messages = told(*(gap(driver) for driver in Driver), gap(Driver.DIRECT, team="Facilities"))
    assert len(messages) == 6
    assert messages[-1].startswith("2 smaller amounts, 2,469.00 EUR together, stay unallocated for like reasons")


def test_one_fact_is_told_once_with_all_that_it_costs() -> None:
    """Lines of one pool and team that name different services and vendors are one gap, of the sum of them all."""
    with duckdb.connect(":memory:") as connection:
        _create_clock(connection)
        connection.execute("CREATE SCHEMA core")
        connection.execute(
            "CREATE TABLE core.fct_cost_lines AS SELECT DATE '2026-06-30' AS posting_date, false AS is_quarantined, "
            "DATE '2026-01-01' AS cost_start_date, DATE '2026-06-30' AS cost_end_date, "
            "1 AS matching_pool_count, 1.0::DECIMAL(18, 4) AS amount_reporting, 'direct_lines' AS cost_pool, "
            "NULL::VARCHAR AS other_cost_pools"
        )
        connection.execute(
            "CREATE TABLE core.fct_transactions AS SELECT unnest([DATE '2026-01-03', DATE '2026-06-20']) AS "
            "completed_date, 'Desk' AS team, '(none)' AS service, 'Acme' AS vendor, 1 AS transaction_count"
        )
        connection.execute("""
            CREATE TABLE core.fct_cost_allocations AS
            SELECT 'direct_lines' AS cost_pool, 'direct' AS driver, team, service, vendor,
                   amount::DECIMAL(18, 4) AS amount_reporting, day AS period_start_date, 'month' AS period_grain,
                   false AS is_allocated
            FROM (VALUES
                ('Back office', '(none)', 'Acme', 10.25, DATE '2026-01-01'),
                ('Back office', 'Email', 'Acme', 20.50, DATE '2026-01-01'),
                ('Back office', 'Email', 'Zeta', -5.00, DATE '2026-02-01'),
                ('Back office', '(none)', 'Zeta', 100.00, DATE '2026-03-01'),
                ('(none)', 'Email', 'Acme', 1.00, DATE '2026-03-01'),
                ('(none)', 'Email', 'Zeta', 2.00, DATE '2026-03-01'),
                ('(none)', '(none)', 'Zeta', 0.50, DATE '2026-03-01')
            ) AS rows(team, service, vendor, amount, day)
        """)
        unallocated = read_unallocated(connection)
    messages = [notice.message for notice in find_cost_notices(unallocated, CostPolicy(), "EUR")]
    # 10.25 + 20.50 - 5.00 + 100.00 = 125.75, and 1.00 + 2.00 = 3.00
    assert [message.partition(": ")[0] for message in messages] == [
        "125.75 EUR of the pool 'direct_lines' (direct) stays unallocated in 3 months from 2026-01 to 2026-03",
        "3.00 EUR of the pool 'direct_lines' (direct) stays unallocated in 2026-03",
        "0.50 EUR of the pool 'direct_lines' (direct) stays unallocated in 2026-03",
    ]
    assert ["Back office" in messages[0], "'Email'" in messages[1], "'Zeta'" in messages[2]] == [True] * 3


def _create_clock(connection: duckdb.DuckDBPyConnection) -> None:
    """The table that says until when each KPI's data reach."""
    connection.execute("CREATE SCHEMA ops")
    connection.execute(create_table(table_named("ops_metric_states")))


def told_of(unallocated: UnallocatedCosts) -> list[str]:
    """What is said of months without cost."""
    notices = find_cost_notices(unallocated, CostPolicy(), "EUR")
    return [notice.message for notice in notices if notice.code == "month_without_cost"]


def test_months_without_a_cost_line_are_named() -> None:
    with duckdb.connect(":memory:") as connection:
        connection.execute("CREATE SCHEMA core")
        for name in ("fct_cost_lines", "fct_transactions", "fct_cost_allocations"):
            connection.execute(create_table(table_named(name)))
        _create_clock(connection)
        assert read_unallocated(connection).costless_months == ()
        # Posted in November and in March, for a service in January; a line of April was set aside.
        connection.execute(
            "INSERT INTO core.fct_cost_lines BY NAME SELECT * FROM (VALUES "
            "(DATE '2025-11-03', DATE '2025-11-01', DATE '2025-11-30', 1.0, false), "
            "(DATE '2026-03-03', DATE '2026-01-15', DATE '2026-01-20', 1.0, false), "
            "(DATE '2026-04-03', DATE '2026-04-01', DATE '2026-04-30', 1.0, true)"
            ") AS lines (posting_date, cost_start_date, cost_end_date, amount_reporting, is_quarantined)"
        )
        unallocated = read_unallocated(connection)
        # By '--as-of' April is over; and so is May where clocks are ahead of UTC.
        connection.execute(
            "INSERT INTO ops.ops_metric_states BY NAME "
            "SELECT 'cost_total_reporting' AS metric, false AS is_held, "
            "TIMESTAMPTZ '2026-05-31 23:00:00+00' AS fresh_as_of_at"
        )
        later, ahead = read_unallocated(connection), read_unallocated(connection, "Europe/Amsterdam")
    assert unallocated.costless_months == (date(2025, 12, 1), date(2026, 2, 1), date(2026, 3, 1))
    assert later.costless_months == (*unallocated.costless_months, date(2026, 4, 1))
    assert ahead.costless_months == (*later.costless_months, date(2026, 5, 1))
    (message,) = told_of(ahead)
    assert message.startswith(
        "No cost line lies in 2025-12, 2026-02, 2026-03 and 2 more months, though the ledger begins before and they "
        "are over, by '--as-of'. What they cost is not known"
    )
    assert told_of(unallocated) == [
        (
            "No cost line lies in 2025-12, 2026-02, 2026-03, though the ledger begins before and goes on after. "
            "What they cost is not known: the cost of a quarter with one of them has no bounds, and the resolved "
            "tickets in it are not measured. Land the file that is missing."
        )
    ]


def counting(transaction: TransactionKind | CountedFact) -> CostPolicy:
    return CostPolicy(transaction=transaction)


def test_the_spelling_is_looked_for_where_transactions_are_written() -> None:
    policy = counting(TransactionKind.DELIVERIES)
    (message,) = told(gap(Driver.DIRECT, team="Facilities"), policy=policy)
    assert "the team 'Facilities' completed no transaction then, and transactions are deliveries here. " in message
    assert "Look whether deliveries write that team in another way" in message


@pytest.mark.parametrize(
    ("transaction", "named", "remedy"),
    [
        (TransactionKind.RESOLVED_TICKETS, "resolved tickets", "Let the contract of the ticket export feed one"),
        (TransactionKind.PAID_DOCUMENTS, "paid documents", "Name theirs by cost_centres in policies/costs.yaml"),
        (TransactionKind.DELIVERIES, "deliveries", "Let the contract of the export of deliveries feed one"),
        (CountedFact("fct_sla_clocks", "decided_at"), "records of fct_sla_clocks", "Let the contract of its export"),
    ],
)
def test_transactions_that_name_no_team_are_the_reason(
    transaction: TransactionKind | CountedFact, named: str, remedy: str
) -> None:
    span = TransactionSpan(SPAN.first_date, SPAN.last_date)
    (message,) = told(gap(Driver.FIXED_SHARES, team="Desk"), policy=counting(transaction), span=span)
    assert (
        f"transactions are {named} here, and none of them names a team, also not the team 'Desk'. {remedy}" in message
    )
    assert message.endswith("or count others by transaction in policies/costs.yaml.")


def test_months_without_transactions_are_told_once_for_all_pools() -> None:
    months = {"month_count": 2, "first_month": date(2026, 7, 1), "last_month": date(2026, 8, 1)}
    gaps = (MonthGap(is_before=False, amount_reporting=Decimal("10.0000"), **months),)
    (message,) = told(month_gaps=gaps)
    assert message.startswith(
        "10.00 EUR of cost in 2 months from 2026-07 to 2026-08 stays unallocated: transactions are resolved tickets "
        "here, and the last one was completed on 2026-06-20"
    )
    (message,) = told(month_gaps=gaps, span=TransactionSpan())
    assert "and there is none. Land the export that tells of them" in message
