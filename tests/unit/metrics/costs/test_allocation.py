"""Allocation: golden cases by hand, and totals that hold whatever the ledger, the drivers and the transactions."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from finance_frames import active_time, cost_lines, headcounts, transactions
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.costs.accrual import spread_costs
from metrics.costs.allocation import GRAINS_BY_POOL, allocate_costs
from metrics.costs.policy import CostPolicy, CostPool, Driver, StepDown
from metrics.costs.weights import DriverData
from models.ddl import polars_schema
from models.finance import fct_cost_allocations
from models.marts import metric_values
from models.vocabulary import NO_VALUE, Grain

JANUARY = date(2026, 1, 1)
NONE = NO_VALUE


def january(amount: str, pool: str, **more: Any) -> dict[str, Any]:
    """A cost of the whole of January 2026."""
    return {
        "amount_reporting": Decimal(amount),
        "cost_start_date": JANUARY,
        "cost_end_date": date(2026, 1, 31),
        "cost_pool": pool,
        **more,
    }


def allocate(
    lines: pl.DataFrame,
    counts: pl.DataFrame,
    *pools: CostPool,
    grain: Grain = Grain.MONTH,
    steps: tuple[StepDown, ...] = (),
    headcount: pl.DataFrame | None = None,
    active_hours: pl.DataFrame | None = None,
    metrics: pl.DataFrame | None = None,
    tickets: pl.DataFrame | None = None,
) -> pl.DataFrame:
    return allocate_costs(
        lines,
        counts,
        policy=CostPolicy(pools=pools, step_down=steps),
        drivers=DriverData(
            headcount=headcounts() if headcount is None else headcount,
            active_hours=active_time() if active_hours is None else active_hours,
            resolved_tickets=counts if tickets is None else tickets,
            metric_values=polars_schema(metric_values).to_frame() if metrics is None else metrics,
        ),
        grain=grain,
    )


def cells(frame: pl.DataFrame, is_allocated: bool = True) -> dict[tuple[str, ...], tuple[Decimal, int]]:
    """(team, priority, service, vendor) -> (amount, transactions)."""
    chosen = frame.filter(pl.col("is_allocated") == is_allocated)
    rows = chosen.select("team", "priority", "service", "vendor", "amount_reporting", "transaction_count").rows()
    return {row[:4]: row[4:] for row in rows}


def by_team(frame: pl.DataFrame, is_allocated: bool = True) -> dict[str, Decimal]:
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for (team, *_), (amount, _) in cells(frame, is_allocated).items():
        totals[team] += amount
    return dict(totals)


TWO_TEAMS = transactions(
    (date(2026, 1, 5), "Network", "P1", "VPN", "Acme", 1),
    (date(2026, 1, 6), "Network", "P2", "VPN", NONE, 2),
    (date(2026, 1, 20), "Desktop", "P2", "Mail", NONE, 3),
)


def test_a_direct_cost_goes_to_its_team_by_transactions() -> None:
    # 100.00 over 1 and 2 of Network's 3 transactions: 33.33 r 1 and 66.66 r 2; the cent over to the larger remainder.
    pools = allocate(cost_lines(january("100.00", "a", team="Network")), TWO_TEAMS, CostPool("a"))
    assert pools.schema == polars_schema(fct_cost_allocations)
    assert cells(pools) == {
        ("Network", "P1", "VPN", "Acme"): (Decimal("33.33"), 1),
        ("Network", "P2", "VPN", NONE): (Decimal("66.67"), 2),
    }
    assert cells(pools, is_allocated=False) == {}
    assert pools.select("period_grain", "period_start_date", "cost_pool", "driver").unique().rows() == [
        ("month", JANUARY, "a", "direct")
    ]


def test_a_credit_is_allocated_as_what_it_takes_back() -> None:
    pools = allocate(cost_lines(january("-100.00", "a", team="Network")), TWO_TEAMS, CostPool("a"))
    assert [amount for amount, _ in cells(pools).values()] == [Decimal("-33.33"), Decimal("-66.67")]


def test_a_direct_cost_stays_with_its_service_and_vendor_while_they_have_transactions() -> None:
    lines = cost_lines(
        january("10.00", "a", team="Network", service="VPN", vendor="Acme"),
        # Network resolved nothing about Mail: the cost stays in the team all the same.
        january("9.00", "a", team="Network", service="Mail"),
    )
    # 10.00 to the one cell of Acme; 9.00 over 1 : 2.
    assert cells(allocate(lines, TWO_TEAMS, CostPool("a"))) == {
        ("Network", "P1", "VPN", "Acme"): (Decimal("13.00"), 1),
        ("Network", "P2", "VPN", NONE): (Decimal("6.00"), 2),
    }


def test_a_direct_cost_without_team_goes_to_its_service_or_vendor() -> None:
    lines = cost_lines(january("6.00", "a", service="Mail", vendor="Acme"), january("5.00", "a", vendor="Acme"))
    assert cells(allocate(lines, TWO_TEAMS, CostPool("a"))) == {
        ("Network", "P1", "VPN", "Acme"): (Decimal("5.00"), 1),
        ("Desktop", "P2", "Mail", NONE): (Decimal("6.00"), 3),
    }


def test_a_direct_cost_that_finds_nobody_is_shown_with_what_it_names() -> None:
    lines = cost_lines(
        january("1.00", "a"),
        january("2.00", "a", team="Payroll", vendor="Acme"),
        january("3.00", "a", service="Print", vendor="Acme"),
        january("4.00", "a", vendor="Nimbus"),
    )
    pools = allocate(lines, TWO_TEAMS, CostPool("a"))
    assert cells(pools) == {}
    assert cells(pools, is_allocated=False) == {
        (NONE, NONE, NONE, NONE): (Decimal("1.00"), 0),
        ("Payroll", NONE, NONE, "Acme"): (Decimal("2.00"), 0),
        (NONE, NONE, "Print", "Acme"): (Decimal("3.00"), 0),
        (NONE, NONE, NONE, "Nimbus"): (Decimal("4.00"), 0),
    }


def test_lines_in_no_pool_are_not_allocated() -> None:
    pools = allocate(cost_lines(january("7.00", NONE, team="Network")), TWO_TEAMS, CostPool("a"))
    assert cells(pools, is_allocated=False) == {(NONE, NONE, NONE, NONE): (Decimal("7.00"), 0)}
    assert pools["driver"].to_list() == [NONE]


def test_what_fixed_shares_leave_of_one_stays_open() -> None:
    # 0.05 over 0.5 : 0.25 : open 0.25, in cents 2 r 2/4, 1 r 1/4, 1 r 1/4: the cent over to the first.
    rent = CostPool("rent", driver=Driver.FIXED_SHARES, shares={"Network": Decimal("0.5"), "Desktop": Decimal("0.25")})
    pools = allocate(cost_lines(january("0.05", "rent")), TWO_TEAMS, rent)
    assert by_team(pools) == {"Network": Decimal("0.03"), "Desktop": Decimal("0.01")}
    assert cells(pools, is_allocated=False) == {(NONE, NONE, NONE, NONE): (Decimal("0.01"), 0)}


def open_ends(frame: pl.DataFrame) -> list[tuple[Decimal, Decimal]]:
    """Debits and credits of each row that nobody took, in order."""
    rows = frame.filter(~pl.col("is_allocated"))
    return rows.select("unallocated_debit_reporting", "unallocated_credit_reporting").rows()


def test_debits_and_credits_that_nobody_took_are_told_apart_line_by_line() -> None:
    lines = cost_lines(january("7.00", NONE), january("-7.00", NONE), january("5.00", "a"), january("-9.00", "a"))
    pools = allocate(lines, TWO_TEAMS, CostPool("a"))
    assert cells(pools.filter(pl.col("cost_pool") == NONE), is_allocated=False) == {
        (NONE, NONE, NONE, NONE): (Decimal("0.00"), 0)
    }
    assert open_ends(pools) == [(Decimal("7.00"), Decimal("-7.00")), (Decimal("5.00"), Decimal("-9.00"))]


def test_of_debits_and_credits_that_shares_leave_in_part_the_rest_of_each_is_open() -> None:
    rent = CostPool("rent", driver=Driver.FIXED_SHARES, shares={"Network": Decimal("0.75")})
    pools = allocate(cost_lines(january("80.00", "rent"), january("-80.00", "rent")), TWO_TEAMS, rent)
    assert by_team(pools) == {"Network": Decimal("0.00")}
    assert open_ends(pools) == [(Decimal("20.00"), Decimal("-20.00"))]


def test_debits_and_credits_that_a_supporting_team_keeps_are_told_apart() -> None:
    lines = cost_lines(january("50.00", "a", team="Payroll"), january("-20.00", "a", team="Payroll"))
    step = StepDown("Payroll", driver=Driver.FIXED_SHARES, shares={"Network": Decimal("0.6")})
    pools = allocate(lines, TWO_TEAMS, CostPool("a"), steps=(step,))
    assert by_team(pools) == {"Network": Decimal("18.00")}
    assert by_team(pools, is_allocated=False) == {"Payroll": Decimal("12.00")}
    assert open_ends(pools) == [(Decimal("20.00"), Decimal("-8.00"))]


def test_a_share_of_a_team_without_transactions_is_shown_under_the_team() -> None:
    rent = CostPool("rent", driver=Driver.FIXED_SHARES, shares={"Network": Decimal("0.6"), "Payroll": Decimal("0.4")})
    pools = allocate(cost_lines(january("10.00", "rent")), TWO_TEAMS, rent)
    assert by_team(pools) == {"Network": Decimal("6.00")}
    assert by_team(pools, is_allocated=False) == {"Payroll": Decimal("4.00")}


def test_headcount_is_that_of_the_month_also_in_a_week_of_two_months() -> None:
    # 7.00 over Thursday 29 January to Wednesday 4 February 2026: a euro a day. January has 1 : 1 people, February
    # 3 : 1. The week from 26 January has 29 to 31 January (3.00, 1.50 each) and 1 February (1.00, 0.75 and 0.25).
    lines = cost_lines(
        {**january("7.00", "pay"), "cost_start_date": date(2026, 1, 29), "cost_end_date": date(2026, 2, 4)}
    )
    people = headcounts(
        (JANUARY, "Network", "2.5"),
        (JANUARY, "Desktop", "2.5"),
        (date(2026, 2, 1), "Network", "3"),
        (date(2026, 2, 1), "Desktop", "1"),
    )
    counts = transactions(
        (date(2026, 1, 30), "Network", "P1", NONE, NONE, 1), (date(2026, 1, 30), "Desktop", "P1", NONE, NONE, 1)
    )
    pool = CostPool("pay", driver=Driver.HEADCOUNT)
    weeks = allocate(lines, counts, pool, grain=Grain.WEEK, headcount=people)
    first = weeks.filter(pl.col("period_start_date") == date(2026, 1, 26))
    assert by_team(first) == {"Network": Decimal("2.25"), "Desktop": Decimal("1.75")}
    months = allocate(lines, counts, pool, headcount=people)
    assert by_team(months) == {"Network": Decimal("1.50"), "Desktop": Decimal("1.50")}


def test_a_month_without_headcount_is_not_allocated() -> None:
    people = headcounts((date(2025, 12, 1), "Network", "5"), (JANUARY, "Network", "0"))
    pool = CostPool("pay", driver=Driver.HEADCOUNT)
    pools = allocate(cost_lines(january("7.00", "pay")), TWO_TEAMS, pool, headcount=people)
    assert cells(pools) == {}
    assert cells(pools, is_allocated=False) == {(NONE, NONE, NONE, NONE): (Decimal("7.00"), 0)}


def test_resolved_tickets_drive_all_teams_also_those_without_a_name() -> None:
    # 10.00 over 3 Network, 3 Desktop and 4 without team.
    counts = pl.concat([TWO_TEAMS, transactions((date(2026, 1, 7), NONE, "P1", NONE, NONE, 4))])
    pools = allocate(cost_lines(january("10.00", "tools")), counts, CostPool("tools", driver=Driver.RESOLVED_TICKETS))
    assert by_team(pools) == {"Network": Decimal("3.00"), "Desktop": Decimal("3.00"), NONE: Decimal("4.00")}


def test_active_business_hours_drive_by_the_hours_of_the_period() -> None:
    hours = active_time(
        (date(2026, 1, 5), "Network", 3_000_000),
        (date(2026, 1, 9), "Desktop", 1_000_000),
        (date(2026, 2, 1), "Desktop", 90_000_000),
    )
    pool = CostPool("desk", driver=Driver.ACTIVE_BUSINESS_HOURS)
    pools = allocate(cost_lines(january("8.00", "desk")), TWO_TEAMS, pool, active_hours=hours)
    assert by_team(pools) == {"Network": Decimal("6.00"), "Desktop": Decimal("2.00")}


@pytest.mark.parametrize("driver", [Driver.HEADCOUNT, Driver.RESOLVED_TICKETS, Driver.ACTIVE_BUSINESS_HOURS])
def test_a_driver_whose_weights_are_all_zero_takes_nothing(driver: Driver) -> None:
    pools = allocate(
        cost_lines(january("8.00", "a")),
        transactions((JANUARY, "Network", "P1", NONE, NONE, 0)),
        CostPool("a", driver=driver),
        headcount=headcounts((JANUARY, "Network", "0")),
        active_hours=active_time((JANUARY, "Network", 0)),
    )
    assert cells(pools) == {}
    assert cells(pools, is_allocated=False) == {(NONE, NONE, NONE, NONE): (Decimal("8.00"), 0)}


def test_tickets_can_drive_a_pool_when_documents_are_what_is_counted() -> None:
    documents = transactions((JANUARY, "Network", NONE, NONE, "Acme", 1), (JANUARY, "Desktop", NONE, NONE, "Acme", 1))
    tickets = transactions((JANUARY, "Network", NONE, NONE, NONE, 3), (JANUARY, "Desktop", NONE, NONE, NONE, 1))
    pool = CostPool("a", driver=Driver.RESOLVED_TICKETS)
    pools = allocate(cost_lines(january("4.00", "a")), documents, pool, tickets=tickets)
    assert by_team(pools) == {"Network": Decimal("3.00"), "Desktop": Decimal("1.00")}


def test_a_split_invoice_is_spread_and_allocated_line_by_line() -> None:
    # One invoice of 100.01 for 20 January to 10 February (22 days) is split: 66.67 for Network, 33.34 for Desktop.
    # 6667 cents: 303 a day and 1 over: January's 12 days 12 * 303 + 1 = 3637, February's 10 days 3030.
    # 3334 cents: 151 a day and 12 over, one on each day of January: 12 * 152 = 1824, February 10 * 151 = 1510.
    # As one line of 10001 cents, 454 a day and 13 over, January would have 12 * 455 = 5460, not 3637 + 1824 = 5461.
    days = {"cost_start_date": date(2026, 1, 20), "cost_end_date": date(2026, 2, 10), "document_id": "INV-7"}
    lines = cost_lines(january("66.67", "a", team="Network", **days), january("33.34", "a", team="Desktop", **days))
    counts = pl.concat([TWO_TEAMS, TWO_TEAMS.with_columns(pl.col("completed_date").dt.offset_by("1mo"))])
    pools = allocate(lines, counts, CostPool("a"))
    months = {start: by_team(part) for (start,), part in pools.group_by("period_start_date")}
    assert months == {
        JANUARY: {"Network": Decimal("36.37"), "Desktop": Decimal("18.24")},
        date(2026, 2, 1): {"Network": Decimal("30.30"), "Desktop": Decimal("15.10")},
    }
    quarter = allocate(lines, counts, CostPool("a"), grain=Grain.QUARTER)
    assert by_team(quarter) == {"Network": Decimal("66.67"), "Desktop": Decimal("33.34")}


def test_by_day_and_week_pools_are_one_where_cost_is_borne_and_apart_where_it_is_not() -> None:
    # 6.00 and 3.00 of two pools on 5 January, when only Network's one transaction was completed, and 2.00 of nobody.
    day = {"cost_start_date": date(2026, 1, 5), "cost_end_date": date(2026, 1, 5)}
    lines = cost_lines(
        january("6.00", "a", team="Network", vendor="Nobody Inc", **day),
        january("3.00", "b", team="Network", **day),
        january("2.00", "b", vendor="Nobody Inc", **day),
    )
    found = {
        grain: allocate(lines, TWO_TEAMS, CostPool("a"), CostPool("b"), grain=grain).select(
            "cost_pool", "driver", "vendor", "is_allocated", "amount_reporting"
        )
        for grain in (Grain.DAY, Grain.QUARTER)
    }
    assert found[Grain.DAY].rows() == [
        ("(all)", "(all)", "Acme", True, Decimal("9.00")),
        ("b", "direct", NONE, False, Decimal("2.00")),
    ]
    assert found[Grain.QUARTER].filter(~pl.col("is_allocated")).rows() == [
        ("b", "direct", "Nobody Inc", False, Decimal("2.00"))
    ]
    assert found[Grain.QUARTER].filter("is_allocated")["cost_pool"].unique().sort().to_list() == ["a", "b"]


def test_an_empty_ledger_gives_an_empty_table() -> None:
    for grain in Grain:
        pools = allocate(cost_lines(), TWO_TEAMS, CostPool("a"), grain=grain)
        assert pools.is_empty()
        assert pools.schema == polars_schema(fct_cost_allocations)


teams = st.sampled_from(["Network", "Desktop", "Payroll"])
services = st.sampled_from(["VPN", "Mail"])
vendors = st.sampled_from(["Acme", "Nimbus"])
days = st.dates(date(2025, 12, 20), date(2026, 2, 10))
pool_names = ["direct", "shares", "people", "tickets", "hours", NONE, "of an older policy"]
shares = st.lists(st.decimals(0, Decimal("0.5"), places=4), min_size=2, max_size=2)


@st.composite
def ledgers(draw: st.DrawFn) -> pl.DataFrame:
    rows = []
    for _ in range(draw(st.integers(0, 8))):
        start = draw(days)
        rows.append(
            {
                "amount_reporting": Decimal(draw(st.integers(-(10**6), 10**6))).scaleb(-2),
                "cost_start_date": start,
                "cost_end_date": start + timedelta(days=draw(st.integers(0, 45))),
                "cost_pool": draw(st.sampled_from(pool_names)),
                "team": draw(st.none() | teams),
                "service": draw(st.none() | services),
                "vendor": draw(st.none() | vendors),
                "is_quarantined": draw(st.integers(0, 9)) == 0,
            }
        )
    return cost_lines(*rows)


@given(
    lines=ledgers(),
    counted=st.dictionaries(
        st.tuples(days, teams | st.just(NO_VALUE), st.sampled_from(["P1", "P2"]), services, vendors),
        st.integers(0, 9),
        max_size=12,
    ),
    people=st.dictionaries(
        st.tuples(st.sampled_from([date(2025, 12, 1), JANUARY]), teams),
        st.decimals(0, 40, places=2),
        max_size=5,
    ),
    hours=st.dictionaries(st.tuples(days, teams), st.integers(0, 10**12), max_size=6),
    parts=shares,
)
@settings(max_examples=40, deadline=None)
def test_allocated_and_unallocated_are_the_total_of_each_period_and_pool(
    lines: pl.DataFrame,
    counted: dict[tuple[date, str, str, str, str], int],
    people: dict[tuple[date, str], Decimal],
    hours: dict[tuple[date, str], int],
    parts: list[Decimal],
) -> None:
    pools = (
        CostPool("direct"),
        CostPool("shares", driver=Driver.FIXED_SHARES, shares=dict(zip(["Network", "Desktop"], parts, strict=True))),
        CostPool("people", driver=Driver.HEADCOUNT),
        CostPool("tickets", driver=Driver.RESOLVED_TICKETS),
        CostPool("hours", driver=Driver.ACTIVE_BUSINESS_HOURS),
    )
    counts = transactions(*((*key, count) for key, count in counted.items()))
    for grain in Grain:
        allocated = allocate(
            lines,
            counts,
            *pools,
            grain=grain,
            headcount=headcounts(*((month, team, str(number)) for (month, team), number in people.items())),
            active_hours=active_time(*((day, team, time) for (day, team), time in hours.items())),
        )
        keys = ["period_start_date", *(["cost_pool"] if grain in GRAINS_BY_POOL else [])]
        expected = (
            spread_costs(lines, grain)
            .join(lines.select("cost_line_id", "cost_pool"), on="cost_line_id")
            .group_by(keys)
            .agg(pl.col("amount_reporting").sum())
            .sort(keys)
        )
        actual = allocated.group_by(keys).agg(pl.col("amount_reporting").sum()).sort(keys)
        assert actual.rows() == expected.rows()

        debit, credit = pl.col("unallocated_debit_reporting"), pl.col("unallocated_credit_reporting")
        assert (allocated.filter("is_allocated").select(debit.abs() - credit).to_series() == 0).all()
        untaken = allocated.filter(~pl.col("is_allocated"))
        is_whole = (debit + credit == pl.col("amount_reporting")) & (debit >= 0) & (credit <= 0)
        assert untaken.select(is_whole).to_series().all()

        primary_key = [column.name for column in fct_cost_allocations.primary_key.columns]
        assert not allocated.select(primary_key).is_duplicated().any()
        assert allocated.null_count().sum_horizontal().item() == 0
        assert (allocated.filter("is_allocated")["transaction_count"] > 0).all()
        assert (allocated.filter(~pl.col("is_allocated"))["transaction_count"] == 0).all()
        assert allocated.equals(
            allocate(
                lines.reverse(),
                counts.reverse(),
                *pools,
                grain=grain,
                headcount=headcounts(*((m, t, str(n)) for (m, t), n in reversed(people.items()))),
                active_hours=active_time(*((d, t, time) for (d, t), time in reversed(hours.items()))),
            )
        ), "the order of the rows must not matter"
