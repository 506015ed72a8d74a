"""What initiatives cost and brought, and when they paid back."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from finance_frames import cost_lines, exchange_rates, rows_of
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.costs.exchange_rates import FxPolicy
from metrics.costs.initiatives import sum_initiative_months, sum_initiative_returns, tag_initiative_lines
from metrics.costs.planning_policy import BenefitLines, Initiative
from metrics.costs.policy_mistakes import find_initiative_mistakes
from models.ddl import polars_schema
from models.planning import (
    fct_initiative_lines,
    fct_initiative_months,
    fct_initiative_returns,
    stg_benefit_lines,
)

START = date(2026, 1, 10)
PORTAL = Initiative(
    "portal",
    "Self-service portal",
    owner="Support",
    start_date=START,
    payback_target_date=date(2026, 6, 30),
    tags=("P-17",),
    benefits=(BenefitLines(accounts=("8*",), descriptions=("*saving*",)), BenefitLines(descriptions=("Rebate*",))),
)


def booked(amount: str | None, day: date | None, tag: str | None = "portal", **more: Any) -> dict[str, Any]:
    return {
        "posting_date": day,
        "initiative": tag,
        "account": "6100",
        "description": "Licences",
        "amount_reporting": None if amount is None else Decimal(amount),
        **more,
    }


def claims(*rows: dict[str, Any]) -> pl.DataFrame:
    defaults = {"source": "claims", "currency_code": "EUR", "initiative": "Self-Service Portal ", "benefit_date": START}
    return rows_of(
        stg_benefit_lines,
        [{**defaults, "benefit_line_id": f"claims:{n}", "row_number": n, **row} for n, row in enumerate(rows)],
    )


def tag(
    *lines: dict[str, Any], benefits: pl.DataFrame | None = None, initiatives: tuple[Initiative, ...] = (PORTAL,)
) -> pl.DataFrame:
    found = tag_initiative_lines(
        cost_lines(*lines),
        claims() if benefits is None else benefits,
        exchange_rates((START, "USD", "EUR", "0.5")),
        initiatives=initiatives,
        fx=FxPolicy(),
        reporting_currency="EUR",
        quarantined_benefits=frozenset({"claims:2"}),
    )
    assert found.schema == polars_schema(fct_initiative_lines)
    return found


def test_a_line_is_cost_unless_a_pattern_of_its_initiative_says_benefit() -> None:
    found = tag(
        booked("100.00", START),
        booked("-30.00", START, "P-17", account="8400", description="Annual saving on calls"),
        booked("-5.00", START, "SELF-SERVICE PORTAL", description="rebate for volume"),
        # The account alone is not enough, nor is the text of another initiative's line.
        booked("-7.00", START, account="8400"),
        booked("-9.00", START, "other", description="Rebate"),
        booked("1.00", START, None),
        booked("1.00", START, " "),
    )
    assert found.select("initiative_id", "kind", "amount_reporting").rows() == [
        ("portal", "cost", Decimal(100)),
        ("portal", "benefit", Decimal(30)),
        ("portal", "benefit", Decimal(5)),
        ("portal", "cost", Decimal(-7)),
        ("other", "cost", Decimal(-9)),
    ]


def test_claims_are_benefits_with_their_own_sign_and_currency() -> None:
    benefits = claims(
        {"amount_original": Decimal(80), "currency_code": "USD"},
        {"amount_original": Decimal(-10), "initiative": None},
        {"amount_original": Decimal(3)},
        {"amount_original": Decimal(4), "currency_code": "XXX"},
    )
    found = tag(benefits=benefits)
    columns = ("line_id", "initiative_id", "kind", "amount_reporting", "is_quarantined")
    assert found.select(columns).rows() == [
        ("claims:0", "portal", "benefit", Decimal(40), False),
        ("claims:1", None, "benefit", Decimal(-10), False),
        ("claims:2", "portal", "benefit", Decimal(3), True),
        ("claims:3", "portal", "benefit", None, False),
    ]


def test_a_return_by_hand() -> None:
    # 100.00 in January, 20.00 in March; 60.00 back on 5 February, 40.00 on 5 March, 30.00 on 9 April.
    # On 5 March 100.00 cover 100.00: that is the day. The 20.00 of 20 March outrun it until 9 April.
    lines = tag(
        booked("100.00", START),
        booked("20.00", date(2026, 3, 20)),
        booked("-60.00", date(2026, 2, 5), account="81", description="saving"),
        booked("-40.00", date(2026, 3, 5), account="81", description="saving"),
        booked("-30.00", date(2026, 4, 9), account="81", description="saving"),
        booked("3.00", date(2026, 1, 9), is_quarantined=True),
        booked(None, START),
    )
    (row,) = sum_initiative_returns(lines, [PORTAL]).rows(named=True)
    assert row == {
        "initiative_id": "portal",
        "initiative_name": "Self-service portal",
        "owner": "Support",
        "start_date": START,
        "payback_target_date": date(2026, 6, 30),
        "is_declared": True,
        "first_line_date": START,
        "cost_to_date_reporting": Decimal(120),
        "benefit_to_date_reporting": Decimal(130),
        "net_to_date_reporting": Decimal(10),
        "return_ratio": pytest.approx(1 / 12),
        "payback_date": date(2026, 3, 5),
        # 120 of cost since 20 March against 100 of benefit, until 9 April brings 30.
        "paid_back_since_date": date(2026, 4, 9),
        "is_paid_back": True,
        "line_count": 7,
        "measured_line_count": 5,
        "line_before_start_count": 1,
    }
    months = sum_initiative_months(lines, as_of_date=date(2026, 5, 3))
    assert months.schema == polars_schema(fct_initiative_months)
    assert months.drop("initiative_id").rows() == [
        (date(2026, 1, 1), Decimal(100), Decimal(0), Decimal(100), Decimal(0), Decimal(-100)),
        (date(2026, 2, 1), Decimal(0), Decimal(60), Decimal(100), Decimal(60), Decimal(-40)),
        (date(2026, 3, 1), Decimal(20), Decimal(40), Decimal(120), Decimal(100), Decimal(-20)),
        (date(2026, 4, 1), Decimal(0), Decimal(30), Decimal(120), Decimal(130), Decimal(10)),
        (date(2026, 5, 1), Decimal(0), Decimal(0), Decimal(120), Decimal(130), Decimal(10)),
    ]


def test_what_has_cost_nothing_yet_has_not_paid_back() -> None:
    (row,) = sum_initiative_returns(tag(benefits=claims({"amount_original": Decimal(5)})), [PORTAL]).rows(named=True)
    assert (row["cost_to_date_reporting"], row["net_to_date_reporting"]) == (Decimal(0), Decimal(5))
    assert (row["payback_date"], row["is_paid_back"], row["return_ratio"]) == (None, False, None)


def test_declared_without_lines_and_tagged_without_declaration_are_both_seen() -> None:
    found = sum_initiative_returns(tag(booked("1.00", START, "Unheard of")), [PORTAL])
    assert found.schema == polars_schema(fct_initiative_returns)
    columns = ("initiative_id", "is_declared", "cost_to_date_reporting", "line_count")
    assert found.select(columns).rows() == [("Unheard of", False, Decimal(1), 1), ("portal", True, None, 0)]


MOVES = st.lists(st.tuples(st.integers(0, 40), st.booleans(), st.integers(-5_000, 20_000)), min_size=1, max_size=15)


@settings(deadline=None)
@given(MOVES)
def test_payback_is_the_first_day_at_whose_end_benefit_covers_cost(moves: list[tuple[int, bool, int]]) -> None:
    lines = [
        booked(str(Decimal(cents) / 100), START + timedelta(days=shift))
        if is_cost
        else booked(str(Decimal(-cents) / 100), START + timedelta(days=shift), account="8", description="saving")
        for shift, is_cost, cents in moves
    ]
    (row,) = sum_initiative_returns(tag(*lines), [PORTAL]).rows(named=True)
    paid_back = []
    for shift in sorted({move[0] for move in moves}):
        cost = sum(cents for when, is_cost, cents in moves if is_cost and when <= shift)
        benefit = sum(cents for when, is_cost, cents in moves if not is_cost and when <= shift)
        if 0 < cost <= benefit:
            paid_back.append(shift)
    assert row["payback_date"] == (START + timedelta(days=paid_back[0]) if paid_back else None)
    since = None
    for shift in sorted({move[0] for move in moves}, reverse=True):
        if shift not in paid_back:
            break
        since = START + timedelta(days=shift)
    assert row["paid_back_since_date"] == since
    assert row["is_paid_back"] == (since is not None)
    assert row["is_paid_back"] == (bool(paid_back) and paid_back[-1] == max(move[0] for move in moves))
    assert row["net_to_date_reporting"] * 100 == sum(-cents if is_cost else cents for _, is_cost, cents in moves)


@pytest.mark.parametrize(
    ("initiatives", "said"),
    [
        ((PORTAL, Initiative("p-17", "Another")), "both tagged 'p-17'"),
        ((Initiative("a", "A", start_date=START, payback_target_date=date(2026, 1, 9)),), "before it begins"),
        ((Initiative("a", "A", benefits=(BenefitLines(),)),), "would make every line a benefit"),
    ],
)
def test_initiatives_that_cannot_be_told_apart_or_judged_are_refused(
    initiatives: tuple[Initiative, ...], said: str
) -> None:
    (mistake,) = find_initiative_mistakes(initiatives)
    assert said in mistake.what
    assert mistake.place[:2] == ("initiatives", len(initiatives) - 1)
