"""What an hour of delay costs, to the half cent."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from finance_frames import exchange_rates, rows_of
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.costs.delay import price_delays
from metrics.costs.exchange_rates import FxPolicy
from metrics.costs.planning_policy import DelayClock, DelayMeasure, DelayRule
from metrics.costs.policy import CostPolicy
from metrics.costs.policy_mistakes import find_policy_mistakes
from models.ddl import polars_schema
from models.planning import fct_ticket_delays
from models.tickets import fct_sla_clocks, fct_tickets

HOUR = 3_600_000_000
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def tickets(*rows: dict[str, Any]) -> pl.DataFrame:
    defaults = {
        "source": "desk",
        "team": "Network",
        "priority": "P1",
        "is_done": True,
        "is_cancelled": False,
        "is_quarantined": False,
        "has_history": True,
        "resolved_at": NOON,
    }
    return rows_of(fct_tickets, [{"ticket_id": str(n), **defaults, **row} for n, row in enumerate(rows)])


def clocks(*rows: dict[str, Any]) -> pl.DataFrame:
    defaults = {"target": "resolution", "state": "breached", "target_microseconds": 4 * HOUR}
    return rows_of(fct_sla_clocks, [{**defaults, **row} for row in rows])


def price(
    of: pl.DataFrame, *rules: DelayRule, sla: pl.DataFrame | None = None, rates: pl.DataFrame | None = None
) -> pl.DataFrame:
    found = price_delays(
        of,
        clocks() if sla is None else sla,
        exchange_rates() if rates is None else rates,
        rules=rules,
        fx=FxPolicy(),
        reporting_currency="EUR",
        time_zone="Europe/Amsterdam",
    )
    assert found.schema == polars_schema(fct_ticket_delays)
    return found


def rule(price_per_hour: str, name: str = "waiting", **more: Any) -> DelayRule:
    return DelayRule(name, Decimal(price_per_hour), **more)


def amounts(found: pl.DataFrame) -> list[Any]:
    return found.get_column("amount_reporting").to_list()


def test_half_a_cent_goes_to_the_even_one() -> None:
    # At 36.00 an hour a second costs a cent: half a second half a cent, a microsecond more a little more.
    halves = [500_000, 500_001, 1_500_000, 2_500_000, 0]
    of = tickets(*({"waiting_business_microseconds": length} for length in halves))
    assert amounts(price(of, rule("36.00"))) == [Decimal(cents) / 100 for cents in (0, 1, 2, 2, 0)]


def test_a_cap_is_reached_and_not_passed() -> None:
    of = tickets(*({"waiting_business_microseconds": length} for length in (2 * HOUR, 2 * HOUR + 1, 3 * HOUR)))
    found = price(of, rule("50", cap_per_ticket=Decimal("100.00")))
    # A microsecond over two hours is less than half a cent more.
    assert found.select("amount_reporting", "is_capped").rows() == [
        (Decimal(100), False),
        (Decimal(100), False),
        (Decimal(100), True),
    ]


def test_the_first_rule_whose_scope_a_ticket_is_in_prices_it() -> None:
    hour = {"waiting_business_microseconds": HOUR, "waiting_calendar_microseconds": 3 * HOUR}
    of = tickets(hour, {**hour, "priority": "P2"}, {**hour, "team": "Desk"}, {**hour, "team": None})
    found = price(
        of,
        rule("10", "urgent", scope={"priority": frozenset({"P1"}), "team": frozenset({"Network", "Desk"})}),
        rule("2", "network", clock=DelayClock.CALENDAR, scope={"team": frozenset({"Network"})}),
    )
    # The fourth has no price: no row, not nothing.
    assert found.select("ticket_id", "delay_rule", "clock", "delay_microseconds", "amount_reporting").rows() == [
        ("0", "urgent", "business", HOUR, Decimal(10)),
        ("1", "network", "calendar", 3 * HOUR, Decimal(6)),
        ("2", "urgent", "business", HOUR, Decimal(10)),
    ]


def test_tickets_that_are_open_or_cancelled_are_not_priced_and_unknown_time_costs_nobody_knows_what() -> None:
    created = NOON - timedelta(days=9)
    of = tickets(
        {"waiting_business_microseconds": HOUR, "is_done": False},
        {"waiting_business_microseconds": HOUR, "is_cancelled": True},
        {"has_history": False},
        {"waiting_business_microseconds": HOUR, "is_quarantined": True, "resolved_at": None, "created_at": created},
    )
    found = price(of, rule("10"))
    assert found.select("ticket_id", "resolved_at", "delay_microseconds", "amount_reporting").rows() == [
        ("2", NOON, None, None),
        ("3", created, None, None),
    ]


def test_time_past_the_target_on_both_clocks() -> None:
    sla = clocks(
        # Two cycles: an hour and a half late on the promise's clock, then met.
        {
            "ticket_id": "0",
            "elapsed_microseconds": 5 * HOUR + HOUR // 2,
            "breached_at": NOON - timedelta(hours=20),
            "stopped_at": NOON,
        },
        {"ticket_id": "0", "state": "met", "elapsed_microseconds": HOUR, "stopped_at": NOON},
        {"ticket_id": "1", "state": "met", "elapsed_microseconds": 4 * HOUR, "stopped_at": NOON},
        {"ticket_id": "1", "target": "first_response", "elapsed_microseconds": 9 * HOUR},
        {"ticket_id": "4", "elapsed_microseconds": 9 * HOUR, "breached_at": NOON, "stopped_at": NOON},
        {"ticket_id": "4", "state": "not_measured", "not_told": "instants", "elapsed_microseconds": 9 * HOUR},
    )
    # 2 was promised nothing. Of the snapshot 3 it is not known when it was resolved, on the promise's clock, nor of the
    # second cycle of 4.
    of = tickets({}, {}, {}, {"has_history": False}, {})
    for clock, hours in ((DelayClock.BUSINESS, "1.5"), (DelayClock.CALENDAR, "20")):
        found = price(of, rule("10", measure=DelayMeasure.PAST_TARGET, clock=clock), sla=sla)
        assert found.select("ticket_id", "amount_reporting").rows() == [
            ("0", 10 * Decimal(hours)),
            ("1", Decimal(0)),
            ("3", None),
            ("4", None),
        ]


def test_lead_time_is_priced_on_either_clock() -> None:
    of = tickets({"lead_time_business_microseconds": 2 * HOUR, "lead_time_calendar_microseconds": 5 * HOUR})
    found = [price(of, rule("3", measure=DelayMeasure.LEAD_TIME, clock=clock)) for clock in DelayClock]
    assert [amounts(frame) for frame in found] == [[Decimal(6)], [Decimal(15)]]


def test_a_price_in_another_currency_takes_the_rate_of_the_day_of_resolution() -> None:
    # 23:30 UTC on the 5th is the 6th in Amsterdam. Of the day before the first rate none is known.
    rates = exchange_rates((date(2026, 1, 5), "USD", "EUR", "0.9"), (date(2026, 1, 6), "EUR", "USD", "1.25"))
    late, early = datetime(2026, 1, 5, 23, 30, tzinfo=UTC), datetime(2026, 1, 4, tzinfo=UTC)
    of = tickets(*({"waiting_business_microseconds": 7 * HOUR, "resolved_at": when} for when in (NOON, late, early)))
    found = price(of, rule("10", currency="USD", cap_per_ticket=Decimal(60)), rates=rates)
    assert found.select("amount_reporting", "fx_rate", "is_capped").rows() == [
        (Decimal(54), Decimal("0.9"), True),
        (Decimal(48), Decimal("0.8"), True),
        (None, None, False),
    ]


def test_without_rules_nothing_is_priced() -> None:
    assert price(tickets({"waiting_business_microseconds": HOUR})).is_empty()


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 10**15), min_size=1, max_size=6),
    st.decimals("0.0001", "99999.9999", places=4),
    st.none() | st.decimals("0.01", "999999.99", places=2),
)
def test_it_is_exactly_time_times_price(lengths: list[int], per_hour: Decimal, cap: Decimal | None) -> None:
    of = tickets(*({"waiting_business_microseconds": length} for length in lengths))
    found = price(of, rule(str(per_hour), cap_per_ticket=cap))
    for amount, length in zip(amounts(found), lengths, strict=True):
        exact = Fraction(length, HOUR) * Fraction(per_hour)
        if cap is not None:
            exact = min(exact, Fraction(cap))
        assert amount == Decimal(round(exact * 100)) / 100


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ((rule("1"), rule("2")), "declared twice"),
        ((rule("0"),), "price_per_hour is 0"),
        ((rule("NaN"),), "price_per_hour is NaN"),
        ((rule("1.00001"),), "more than four decimals"),
        ((rule("1", cap_per_ticket=Decimal(-1)),), "cap_per_ticket is -1"),
    ],
)
def test_rules_that_cannot_be_meant_are_refused(rules: tuple[DelayRule, ...], said: str) -> None:
    (mistake,) = find_policy_mistakes(CostPolicy(delay=rules))
    assert said in mistake.what
    assert mistake.place[0] == "delay"
