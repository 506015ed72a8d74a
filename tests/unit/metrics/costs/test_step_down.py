"""Supporting teams hand on their cost: golden cases by hand, and totals that hold whatever the steps."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest
from finance_frames import cost_lines, headcounts, transactions
from hypothesis import given, settings
from hypothesis import strategies as st
from test_allocation import JANUARY, allocate, by_team, cells, january, ledgers

from metrics.costs.accrual import spread_costs
from metrics.costs.allocation import GRAINS_BY_POOL
from metrics.costs.policy import CostPolicy, CostPool, Driver, StepDown
from metrics.costs.policy_mistakes import find_policy_mistakes
from metrics.costs.step_down import divide_by_weight
from models.vocabulary import NO_VALUE, Grain

PEOPLE = headcounts(
    (JANUARY, "Personnel", "2"),
    (JANUARY, "Buildings", "4"),
    (JANUARY, "Platform", "10"),
    (JANUARY, "Network", "30"),
    (JANUARY, "Desktop", "20"),
)
#: Platform resolves tickets of its own, too: what it hands on it does not bear by them.
COUNTS = transactions(
    (date(2026, 1, 5), "Network", "P1", "VPN", "Acme", 3),
    (date(2026, 1, 6), "Desktop", "P1", "Mail", NO_VALUE, 1),
    (date(2026, 1, 7), "Platform", "P1", "Hosting", NO_VALUE, 4),
)
DIRECT = CostPool("own")


def test_three_teams_hand_on_their_cost_one_after_the_other() -> None:
    # 640.00 of Personnel by headcount of the other four: 4 + 10 + 30 + 20 = 64 people, ten euros each:
    #   Buildings 40.00, Platform 100.00, Network 300.00, Desktop 200.00.
    # Buildings then has 1000.00 + 40.00 = 1040.00, of which nothing goes back to Personnel. By headcount of
    #   Platform 10, Network 30, Desktop 20 = 60: 1040 / 6 = 173.33 r, 520.00, 346.66 r; the two remainders are
    #   173.333.. and 346.666.., so the cent over goes to Desktop: 173.33, 520.00, 346.67.
    # Platform then has 500.00 + 100.00 + 173.33 = 773.33, by resolved tickets 3 : 1 (its own 4 do not count):
    #   Network 579.9975, Desktop 193.3325: 579.99 and 193.33, the cent over to the larger remainder, Network: 580.00.
    # Network: 300.00 + 520.00 + 580.00 = 1400.00. Desktop: 200.00 + 346.67 + 193.33 = 740.00. Together 2140.00.
    lines = cost_lines(
        january("640.00", "own", team="Personnel"),
        january("1000.00", "own", team="Buildings"),
        january("500.00", "own", team="Platform", service="Hosting"),
    )
    steps = (
        StepDown("Personnel", Driver.HEADCOUNT),
        StepDown("Buildings", Driver.HEADCOUNT),
        StepDown("Platform", Driver.RESOLVED_TICKETS),
    )
    pools = allocate(lines, COUNTS, DIRECT, steps=steps, headcount=PEOPLE)
    assert by_team(pools) == {"Network": Decimal("1400.00"), "Desktop": Decimal("740.00")}
    assert cells(pools, is_allocated=False) == {}
    assert pools.select("cost_pool", "driver").unique().rows() == [("own", "direct")]


def test_the_order_of_the_steps_decides() -> None:
    # The other way round: Buildings' 1000.00 first, by headcount of Personnel 2, Network 30, Desktop 20 = 52:
    #   38.4615.., 576.9230.., 384.6153..: 38.46, 576.92, 384.61, one cent over to Desktop's .53..: 384.62.
    # Personnel's 640.00 + 38.46 = 678.46 then to Network 30, Desktop 20, and none to Buildings: 407.076, 271.384,
    #   one cent over to Network's remainder .6: 407.08 and 271.38.
    people = PEOPLE.filter(pl.col("team") != "Platform")
    lines = cost_lines(january("640.00", "own", team="Personnel"), january("1000.00", "own", team="Buildings"))
    steps = (StepDown("Buildings", Driver.HEADCOUNT), StepDown("Personnel", Driver.HEADCOUNT))
    pools = allocate(lines, COUNTS, DIRECT, steps=steps, headcount=people)
    assert by_team(pools) == {"Network": Decimal("984.00"), "Desktop": Decimal("656.00")}


def test_each_pool_is_handed_on_for_itself_and_a_credit_as_what_it_takes_back() -> None:
    lines = cost_lines(
        january("4.00", "own", team="Platform"),
        january("-8.00", "other", team="Platform"),
        january("1.00", "other", team="Desktop", service="Mail"),
    )
    steps = (StepDown("Platform", Driver.RESOLVED_TICKETS),)
    pools = allocate(lines, COUNTS, DIRECT, CostPool("other"), steps=steps)
    sums = pools.group_by("cost_pool", "team").agg(pl.col("amount_reporting").sum()).sort("cost_pool", "team")
    assert sums.rows() == [
        ("other", "Desktop", Decimal("-1.00")),
        ("other", "Network", Decimal("-6.00")),
        ("own", "Desktop", Decimal("1.00")),
        ("own", "Network", Decimal("3.00")),
    ]


def test_what_is_handed_on_follows_the_team_alone() -> None:
    # Desktop has cells of two services. Platform's line names one of them, which was about Platform's own work.
    counts = pl.concat([COUNTS, transactions((JANUARY, "Desktop", "P1", "Hosting", NO_VALUE, 3))])
    lines = cost_lines(january("4.00", "own", team="Platform", service="Hosting"))
    step = StepDown("Platform", Driver.FIXED_SHARES, {"Desktop": Decimal(1)})
    assert cells(allocate(lines, counts, DIRECT, steps=(step,))) == {
        ("Desktop", "P1", "Hosting", NO_VALUE): (Decimal("3.00"), 3),
        ("Desktop", "P1", "Mail", NO_VALUE): (Decimal("1.00"), 1),
    }


@pytest.mark.parametrize("driver", [Driver.HEADCOUNT, Driver.RESOLVED_TICKETS, Driver.ACTIVE_BUSINESS_HOURS])
def test_weights_that_are_all_zero_leave_the_cost_visible_under_the_team(driver: Driver) -> None:
    only_platform = transactions((JANUARY, "Platform", "P1", "Hosting", NO_VALUE, 4))
    people = headcounts((JANUARY, "Platform", "9"), (JANUARY, "Network", "0"))
    lines = cost_lines(january("5.00", "own", team="Platform", service="Hosting"))
    pools = allocate(lines, only_platform, DIRECT, steps=(StepDown("Platform", driver),), headcount=people)
    assert cells(pools) == {}
    assert cells(pools, is_allocated=False) == {("Platform", NO_VALUE, NO_VALUE, NO_VALUE): (Decimal("5.00"), 0)}


def test_what_shares_leave_of_one_stays_with_the_team_and_is_not_handed_on_later() -> None:
    steps = (
        StepDown("Platform", Driver.FIXED_SHARES, {"Network": Decimal("0.5"), "Personnel": Decimal("0.25")}),
        StepDown("Personnel", Driver.FIXED_SHARES, {"Desktop": Decimal(1)}),
    )
    pools = allocate(cost_lines(january("8.00", "own", team="Platform")), COUNTS, DIRECT, steps=steps)
    assert by_team(pools) == {"Network": Decimal("4.00"), "Desktop": Decimal("2.00")}
    assert by_team(pools, is_allocated=False) == {"Platform": Decimal("2.00")}


def test_a_week_of_two_months_is_handed_on_by_the_people_of_each() -> None:
    # 7.00 over Thursday 29 January to Wednesday 4 February: a euro a day, of Platform. January 1 : 1, February 3 : 1.
    # The week from 26 January has 3.00 of January (1.50 each) and 1.00 of February (0.75 and 0.25).
    line = {
        **january("7.00", "own", team="Platform"),
        "cost_start_date": date(2026, 1, 29),
        "cost_end_date": date(2026, 2, 4),
    }
    people = headcounts(
        (JANUARY, "Network", "1"),
        (JANUARY, "Desktop", "1"),
        (date(2026, 2, 1), "Network", "3"),
        (date(2026, 2, 1), "Desktop", "1"),
    )
    counts = transactions(
        (date(2026, 1, 30), "Network", "P1", NO_VALUE, NO_VALUE, 1),
        (date(2026, 1, 30), "Desktop", "P1", NO_VALUE, NO_VALUE, 1),
    )
    steps = (StepDown("Platform", Driver.HEADCOUNT),)
    weeks = allocate(cost_lines(line), counts, DIRECT, grain=Grain.WEEK, steps=steps, headcount=people)
    first = weeks.filter(pl.col("period_start_date") == date(2026, 1, 26))
    assert by_team(first) == {"Network": Decimal("2.25"), "Desktop": Decimal("1.75")}


def test_a_step_of_a_team_that_no_cost_reaches_changes_nothing() -> None:
    lines = cost_lines(january("8.00", "own", team="Network"))
    steps = (StepDown("Nobody", Driver.HEADCOUNT),)
    assert allocate(lines, COUNTS, DIRECT, steps=steps).equals(allocate(lines, COUNTS, DIRECT))


steps_of = st.permutations(["Network", "Desktop", "Payroll", "Personnel"]).flatmap(
    lambda order: st.lists(
        st.sampled_from([Driver.HEADCOUNT, Driver.RESOLVED_TICKETS, Driver.FIXED_SHARES]), max_size=3
    ).map(
        lambda drivers: tuple(
            StepDown(team, driver, {order[-1]: Decimal("0.7")} if driver is Driver.FIXED_SHARES else {})
            for team, driver in zip(order, drivers, strict=False)
        )
    )
)


@given(
    lines=ledgers(),
    steps=steps_of,
    counted=st.dictionaries(
        st.tuples(st.dates(date(2025, 12, 20), date(2026, 2, 10)), st.sampled_from(["Network", "Desktop", "Payroll"])),
        st.integers(0, 9),
        max_size=8,
    ),
    people=st.dictionaries(
        st.tuples(
            st.sampled_from([date(2025, 12, 1), JANUARY, date(2026, 2, 1)]),
            st.sampled_from(["Network", "Desktop", "Payroll", "Personnel"]),
        ),
        st.decimals(0, 40, places=2),
        max_size=8,
    ),
)
@settings(max_examples=25, deadline=None)
def test_steps_conserve_the_total_of_every_period_and_pool_and_close_their_team(
    lines: pl.DataFrame,
    steps: tuple[StepDown, ...],
    counted: dict[tuple[date, str], int],
    people: dict[tuple[date, str], Decimal],
) -> None:
    assert list(find_policy_mistakes(CostPolicy(step_down=steps))) == []
    counts = transactions(*((day, team, "P1", "VPN", "Acme", n) for (day, team), n in counted.items()))
    given_people = headcounts(*((month, team, str(number)) for (month, team), number in people.items()))
    pools = (
        CostPool("direct"),
        CostPool("people", driver=Driver.HEADCOUNT),
        CostPool("tickets", driver=Driver.RESOLVED_TICKETS),
    )
    for grain in Grain:
        allocated = allocate(lines, counts, *pools, grain=grain, steps=steps, headcount=given_people)
        keys = ["period_start_date", *(["cost_pool"] if grain in GRAINS_BY_POOL else [])]
        expected = (
            spread_costs(lines, grain)
            .join(lines.select("cost_line_id", "cost_pool"), on="cost_line_id")
            .group_by(keys)
            .agg(pl.col("amount_reporting").sum())
            .sort(keys)
        )
        assert allocated.group_by(keys).agg(pl.col("amount_reporting").sum()).sort(keys).rows() == expected.rows()
        closed = [step.team for step in steps]
        assert allocated.filter("is_allocated", pl.col("team").is_in(closed)).is_empty()


@given(
    st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=5),
    st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 10**12), min_size=1),
)
@settings(max_examples=60, deadline=None)
def test_a_part_is_its_exact_share_within_one_unit(amounts: list[int], weights: dict[str, int]) -> None:
    costs = pl.DataFrame({"cost": list(range(len(amounts))), "amount": amounts})
    parts, untaken = divide_by_weight(costs, pl.DataFrame({"team": list(weights), "weight": list(weights.values())}))
    assert untaken.is_empty()
    for number, amount in enumerate(amounts):
        of_cost = parts.filter(cost=number)
        assert of_cost["amount"].sum() == amount
        for team, part in of_cost.select("team", "amount").rows():
            assert abs(part - Fraction(amount * weights[team], sum(weights.values()))) < 1


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ((StepDown(" ", Driver.HEADCOUNT),), "Write the name of a team"),
        ((StepDown("A", Driver.HEADCOUNT), StepDown("A", Driver.HEADCOUNT)), "A team hands its cost on once"),
        ((StepDown("A", Driver.DIRECT),), "its cost is to leave the team"),
        ((StepDown("A", Driver.FIXED_SHARES, {"A": Decimal(1)}),), "handed on its cost by then"),
        (
            (StepDown("A", Driver.HEADCOUNT), StepDown("B", Driver.FIXED_SHARES, {"A": Decimal(1)})),
            "step_down of 'B' gives a share to 'A', which has handed on its cost by then",
        ),
        ((StepDown("A", Driver.METRIC),), "names none: Write metric"),
        ((StepDown("A", Driver.HEADCOUNT, metric="ticket_created_count"),), "Write driver: metric"),
        ((StepDown("A", Driver.FIXED_SHARES, {"B": Decimal("1.2")}),), "add up to 1.2, more than 1"),
    ],
)
def test_steps_that_contradict_themselves_are_refused(steps: tuple[StepDown, ...], message: str) -> None:
    mistakes = find_policy_mistakes(CostPolicy(step_down=steps))
    assert any(message in f"{mistake.what}: {mistake.remedy}" for mistake in mistakes)
