"""What vendors' contracts promise: `fct_contract_promises`, and SLA policies that take their time from there.

So a promise is written once, in the contract register. Which clocks a promise has is said in policies/sla.yaml; what a
missed one costs the vendor, in `metrics.vendors.service_credits`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import polars as pl

from metrics.costs.lines import known
from metrics.sla.policy import SlaPolicy
from models.ddl import conform
from models.vendors import fct_contract_promises

_MICROSECONDS_PER_HOUR: Final = 3_600_000_000


def list_contract_promises(stg_vendor_contracts: pl.DataFrame) -> pl.DataFrame:
    """`fct_contract_promises`: every item of every contract once for each promise it was given, in order.

    Rows that name no contract or no vendor promise nothing to anybody, and those without a first day nothing at any
    time; they are left out. Rows of an item that differ only in what is not a promise, such as its price, are one.
    """
    promised = ["vendor_contract_id", "vendor", "item", "contract_start_date", "contract_end_date"]
    rows = (
        stg_vendor_contracts.with_columns(
            known("vendor_contract_id"),
            known("vendor"),
            known("item"),
            contract_start_date="start_date",
            contract_end_date="end_date",
        )
        .drop_nulls(["vendor_contract_id", "vendor", "contract_start_date"])
        .unique(
            [*promised, "currency_code", "sla_target_hours", "sla_target_ratio", "service_credit_ratio"],
            keep="first",
            maintain_order=True,
        )
        .sort("vendor_contract_id", "contract_start_date", "item", maintain_order=True)
    )
    number = pl.int_range(pl.len()).over("vendor_contract_line_id", "contract_start_date") + 1
    key = pl.concat_str("vendor_contract_line_id", pl.col("contract_start_date").cast(pl.String), separator=":")
    numbered = pl.when(number > 1).then(pl.concat_str(key, pl.lit("#"), number.cast(pl.String))).otherwise(key)
    return conform(rows.with_columns(contract_promise_id=numbered), fct_contract_promises)


def resolve_contract_promises(policies: Sequence[SlaPolicy], promises: pl.DataFrame) -> tuple[SlaPolicy, ...]:
    """SLA policies whose time is known: those that name a contract's item become one for each contract that has it.

    Each keeps the name of the policy and holds for tickets that the vendor took between the contract's first and last
    day (UTC). Of contracts that hold on the same day the one that began last counts. A policy whose item no contract of
    its vendor has, or none with a promise, becomes none: there is nothing to keep.

    Args:
        policies: in order of precedence.
        promises: `fct_contract_promises`.
    """
    found: list[SlaPolicy] = []
    for policy in policies:
        found += [policy] if policy.contract_item is None else _of_contracts(policy, promises)
    return tuple(found)


def _of_contracts(policy: SlaPolicy, promises: pl.DataFrame) -> Iterator[SlaPolicy]:
    assert policy.contract_item is not None
    is_item = pl.col("item").str.to_lowercase() == policy.contract_item.strip().lower()
    rows = promises.filter(
        is_item, pl.col("vendor").is_in(sorted(policy.scope.get("vendor", ()))), pl.col("sla_target_hours") > 0
    ).sort("contract_start_date", "contract_promise_id", descending=[True, False])
    for row in rows.iter_rows(named=True):
        yield replace(
            policy,
            within_microseconds=int(row["sla_target_hours"] * _MICROSECONDS_PER_HOUR),
            effective_from=row["contract_start_date"],
            effective_to=row["contract_end_date"],
            is_dated_by_taking=True,
            contract_item=None,
        )
