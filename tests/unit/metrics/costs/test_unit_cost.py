"""Pools, days and attributes of cost lines, and policies that contradict themselves."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from finance_frames import exchange_rates, ledger_lines

from metrics.costs.exchange_rates import FxPolicy
from metrics.costs.lines import convert_cost_lines
from metrics.costs.policy import CostBasis, CostPolicy, CostPool, Driver
from metrics.costs.policy_mistakes import find_policy_mistakes
from models.ddl import polars_schema
from models.finance import fct_cost_lines
from models.vocabulary import NO_VALUE


def convert(*rows: dict[str, Any], policy: CostPolicy, quarantined: frozenset[str] = frozenset()) -> pl.DataFrame:
    defaults = {"amount_original": Decimal("10.00"), "posting_date": date(2026, 2, 15)}
    return convert_cost_lines(
        ledger_lines(*({**defaults, **row} for row in rows)),
        exchange_rates(),
        policy=policy,
        reporting_currency="EUR",
        quarantined=quarantined,
    )


def test_the_frame_is_the_declared_table_and_equal_lines_are_all_kept() -> None:
    split_transaction = {"document_id": "INV-7", "account": "4711"}
    lines = convert(split_transaction, split_transaction, policy=CostPolicy())
    assert lines.schema == polars_schema(fct_cost_lines)
    assert lines["amount_reporting"].sum() == Decimal("20.00")
    assert lines["cost_line_id"].to_list() == ["gl:2", "gl:3"]


def test_accrual_takes_the_service_period_or_else_the_whole_month_of_posting() -> None:
    lines = convert(
        {"service_start_date": date(2026, 1, 10), "service_end_date": date(2026, 3, 9)},
        {},
        {"service_start_date": date(2026, 1, 10)},
        {"service_start_date": date(2026, 3, 9), "service_end_date": date(2026, 1, 10)},
        {"posting_date": None},
        policy=CostPolicy(basis=CostBasis.ACCRUAL),
    )
    month = (date(2026, 2, 1), date(2026, 2, 28))
    assert lines.select("cost_start_date", "cost_end_date").rows() == [
        (date(2026, 1, 10), date(2026, 3, 9)),
        month,
        month,
        month,
        (None, None),
    ]


def test_cash_takes_the_posting_date() -> None:
    lines = convert(
        {"service_start_date": date(2026, 1, 10), "service_end_date": date(2026, 3, 9)},
        policy=CostPolicy(basis=CostBasis.CASH),
    )
    assert lines.select("cost_start_date", "cost_end_date").row(0) == (date(2026, 2, 15), date(2026, 2, 15))


def test_the_first_matching_pool_wins_and_patterns_are_whole_and_case_blind() -> None:
    policy = CostPolicy(
        pools=(
            CostPool("salaries", accounts=("40*",), cost_centres=("CC1?",)),
            CostPool("licences", descriptions=("*licence (eu)*",)),
            CostPool("cloud", vendors=("acme.cloud", "Nimbus*")),
            CostPool("forties", accounts=("40*",)),
        )
    )
    lines = convert(
        {"account": "4010", "cost_centre": "cc12", "description": "LICENCE (EU) 2026"},
        {"account": "4010", "cost_centre": "CC123"},
        {"account": "5000", "description": "Yearly\nLicence (EU) renewal"},
        {"account": "5000", "vendor": "ACME.Cloud"},
        {"account": "5000", "vendor": "acmeXcloud"},
        {"account": "5000", "vendor": "nimbus GmbH"},
        {},
        policy=policy,
    )
    assert lines["cost_pool"].to_list() == ["salaries", "forties", "licences", "cloud", NO_VALUE, "cloud", NO_VALUE]


def test_a_pool_without_patterns_takes_every_line() -> None:
    assert convert({}, policy=CostPolicy(pools=(CostPool("all"),)))["cost_pool"].to_list() == ["all"]


def test_team_and_service_come_from_the_line_or_else_from_its_cost_centre() -> None:
    policy = CostPolicy(cost_centre_teams={"CC1": "Network"}, cost_centre_services={"CC1": "VPN"})
    lines = convert(
        {"cost_centre": "CC1"},
        {"cost_centre": " CC1 ", "team": "Desktop", "service": " "},
        {"cost_centre": "CC2"},
        policy=policy,
    )
    assert lines.select("team", "service").rows() == [("Network", "VPN"), ("Desktop", "VPN"), (None, None)]


def test_quarantined_lines_stay_and_say_so() -> None:
    lines = convert({}, {}, policy=CostPolicy(), quarantined=frozenset({"gl:3"}))
    assert lines["is_quarantined"].to_list() == [False, True]


def test_an_empty_ledger_gives_an_empty_table() -> None:
    assert convert(policy=CostPolicy(pools=(CostPool("all"),))).schema == polars_schema(fct_cost_lines)


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        (CostPolicy(pools=(CostPool("a"), CostPool("a"))), "declared twice"),
        (CostPolicy(pools=(CostPool(NO_VALUE),)), "name of its own"),
        (CostPolicy(pools=(CostPool("a", shares={"T": Decimal(1)}),)), "driven by direct"),
        (CostPolicy(pools=(CostPool("a", driver=Driver.FIXED_SHARES),)), "names none"),
        (
            CostPolicy(
                pools=(CostPool("a", driver=Driver.FIXED_SHARES, shares={"T": Decimal("0.6"), "U": Decimal("0.41")}),)
            ),
            r"add up to 1\.01, more than 1",
        ),
        (CostPolicy(pools=(CostPool("a", driver=Driver.FIXED_SHARES, shares={"T": Decimal("-0.1")}),)), "0 to 1"),
        (CostPolicy(pools=(CostPool("a", driver=Driver.FIXED_SHARES, shares={"T": Decimal("NaN")}),)), "0 to 1"),
        (CostPolicy(fx=FxPolicy(max_age_days=-1)), "max_age_days"),
        (CostPolicy(fx=FxPolicy(fixed={"USD": Decimal(0)})), "above 0"),
    ],
)
def test_a_policy_that_contradicts_itself_is_refused(policy: CostPolicy, message: str) -> None:
    (mistake,) = find_policy_mistakes(policy)
    assert re.search(message, f"{mistake.what}: {mistake.remedy}")


def test_shares_up_to_one_are_accepted() -> None:
    third = Decimal("0.333333333333")
    for shares in ({"T": third, "U": third}, {"T": Decimal(1)}):
        pools = (CostPool("a", driver=Driver.FIXED_SHARES, shares=shares),)
        assert list(find_policy_mistakes(CostPolicy(pools=pools))) == []
