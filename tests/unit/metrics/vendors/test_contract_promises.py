"""Promises of contracts: which there are, and the SLA policies that take their time from them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from finance_frames import rows_of

from metrics.sla.policy import SlaPolicy
from metrics.vendors.contract_promises import list_contract_promises, resolve_contract_promises
from models.ddl import polars_schema
from models.vendors import fct_contract_promises, stg_vendor_contracts
from models.vocabulary import SlaTarget

HOUR = 3_600_000_000
REPAIRS = SlaPolicy(
    id="repairs",
    target=SlaTarget.VENDOR_RESOLUTION,
    within_microseconds=0,
    scope={"vendor": frozenset({"Acme"})},
    contract_item="Repair visit",
)


def contracts(*rows: dict[str, Any]) -> pl.DataFrame:
    defaults = {
        "source": "register",
        "vendor_contract_line_id": "register:A1|Repair visit",
        "vendor_contract_id": "A1",
        "vendor": "Acme",
        "item": "Repair visit",
        "start_date": date(2026, 1, 1),
        "end_date": date(2026, 6, 30),
        "currency_code": "EUR",
        "sla_target_hours": Decimal(8),
        "sla_target_ratio": Decimal("0.95"),
        "service_credit_ratio": Decimal("0.1"),
    }
    return rows_of(stg_vendor_contracts, [{**defaults, **row} for row in rows])


def test_rows_that_promise_the_same_are_one_promise() -> None:
    """A contract with two prices of one item over time has two rows of it, and a promise that did not change."""
    listed = list_contract_promises(
        contracts({"unit_price_original": Decimal(10)}, {"unit_price_original": Decimal(12)})
    )
    assert listed.schema == polars_schema(fct_contract_promises)
    assert listed["contract_promise_id"].to_list() == ["register:A1|Repair visit:2026-01-01"]


def test_two_promises_for_one_item_have_their_own_keys() -> None:
    listed = list_contract_promises(contracts({}, {"sla_target_hours": Decimal(4)}))
    assert listed["contract_promise_id"].to_list() == [
        "register:A1|Repair visit:2026-01-01",
        "register:A1|Repair visit:2026-01-01#2",
    ]


@pytest.mark.parametrize("missing", ["vendor_contract_id", "vendor", "start_date"])
def test_what_names_no_contract_vendor_or_first_day_promises_nothing(missing: str) -> None:
    assert list_contract_promises(contracts({missing: None})).is_empty()


def test_a_policy_takes_the_time_and_the_days_of_each_contract_of_its_vendor() -> None:
    promises = list_contract_promises(
        contracts(
            {},
            {
                "vendor_contract_line_id": "register:A2|Repair visit",
                "vendor_contract_id": "A2",
                "item": "repair VISIT ",
                "start_date": date(2026, 5, 16),
                "end_date": None,
                "sla_target_hours": Decimal("1.5"),
            },
            {"vendor_contract_line_id": "other", "vendor": "Bolt"},
            {"vendor_contract_line_id": "unpromised", "item": "Rent", "sla_target_hours": None},
        )
    )
    plain = SlaPolicy(id="desk", target=SlaTarget.RESOLUTION, within_microseconds=HOUR)
    resolved = resolve_contract_promises((plain, REPAIRS), promises)
    # The contract that began last stands first, so that it has the days on which both hold.
    assert [
        (policy.id, policy.within_microseconds, policy.effective_from, policy.effective_to) for policy in resolved
    ] == [
        ("desk", HOUR, None, None),
        ("repairs", 3 * HOUR // 2, date(2026, 5, 16), None),
        ("repairs", 8 * HOUR, date(2026, 1, 1), date(2026, 6, 30)),
    ]
    assert [policy.is_dated_by_taking for policy in resolved] == [False, True, True]
    assert all(policy.contract_item is None for policy in resolved)


def test_a_policy_whose_item_no_contract_has_promises_nothing() -> None:
    assert resolve_contract_promises((REPAIRS,), list_contract_promises(contracts({"item": "Rent"}))) == ()
