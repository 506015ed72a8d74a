"""What a cost line is for: the records of policies/costs.yaml, and `fct_cost_lines`.

How amounts are spread over periods is in `metrics.costs.accrual`, who bears them in `metrics.costs.allocation`, what
they are divided by in `metrics.costs.transactions`. Reading the policy file is the pipeline's work.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

import polars as pl

from metrics.costs.exchange_rates import FxPolicy, FxRateRule, convert_to_reporting
from models.ddl import conform
from models.finance import fct_cost_lines
from models.vocabulary import NO_VALUE

__all__ = [
    "CostBasis",
    "CostPolicy",
    "CostPool",
    "Driver",
    "FxPolicy",
    "FxRateRule",
    "TransactionKind",
    "check_policy",
    "convert_cost_lines",
]

#: Decimal places of a fixed share that the allocation carries exactly.
SHARE_PLACES = 12


class CostBasis(StrEnum):
    """When a cost counts: over the service it pays for, or on the day it was posted."""

    ACCRUAL = "accrual"
    CASH = "cash"


class TransactionKind(StrEnum):
    """What is counted below the line of cost per transaction."""

    RESOLVED_TICKETS = "resolved_tickets"
    PAID_DOCUMENTS = "paid_documents"
    DELIVERIES = "deliveries"


class Driver(StrEnum):
    """By what a pool is divided among teams."""

    DIRECT = "direct"
    FIXED_SHARES = "fixed_shares"
    HEADCOUNT = "headcount"
    RESOLVED_TICKETS = "resolved_tickets"
    ACTIVE_BUSINESS_HOURS = "active_business_hours"


@dataclass(frozen=True, slots=True)
class CostPool:
    """Lines that are allocated in one way.

    A line belongs to the pool if each of the four lists is empty or has a pattern that matches. In a pattern `*`
    stands for any text, also none, and `?` for one character; capitals do not matter; a missing value reads as "".

    Attributes:
        id: name of the pool, unique in the policy.
        accounts: patterns of the account.
        cost_centres: patterns of the cost centre.
        vendors: patterns of the vendor.
        descriptions: patterns of the whole text of the line; write `*licence*` for a part of it.
        driver: by what the pool is divided among teams.
        shares: for fixed shares, the part of each team, 0 to 1. What they leave of 1 stays unallocated.
    """

    id: str
    accounts: tuple[str, ...] = ()
    cost_centres: tuple[str, ...] = ()
    vendors: tuple[str, ...] = ()
    descriptions: tuple[str, ...] = ()
    driver: Driver = Driver.DIRECT
    shares: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CostPolicy:
    """How lines become cost per transaction.

    Attributes:
        basis: when a cost counts.
        transaction: what is counted.
        fx: how amounts reach the reporting currency.
        cost_centre_teams: team of each cost centre, for lines that name no team.
        cost_centre_services: service of each cost centre, for lines that name no service.
        pools: in order; the first that selects a line has it.
    """

    basis: CostBasis = CostBasis.ACCRUAL
    transaction: TransactionKind = TransactionKind.RESOLVED_TICKETS
    fx: FxPolicy = field(default_factory=FxPolicy)
    cost_centre_teams: Mapping[str, str] = field(default_factory=dict)
    cost_centre_services: Mapping[str, str] = field(default_factory=dict)
    pools: tuple[CostPool, ...] = ()


def check_policy(policy: CostPolicy) -> None:
    """Refuse a policy that contradicts itself.

    Raises:
        ValueError: says which pool or currency, what is wrong and what to write instead.
    """
    seen: set[str] = set()
    for pool in policy.pools:
        if not pool.id.strip() or pool.id == NO_VALUE:
            raise ValueError(f"a pool is called {pool.id!r}: give it a name of its own, not empty and not {NO_VALUE}")
        if pool.id in seen:
            raise ValueError(f"pool {pool.id!r} is declared twice: give each pool its own name")
        seen.add(pool.id)
        _check_shares(pool)
    if policy.fx.max_age_days < 0:
        raise ValueError(f"fx: max_age_days is {policy.fx.max_age_days}: write 0 or more days")
    for currency, rate in policy.fx.fixed.items():
        if not rate.is_finite() or rate <= 0:
            raise ValueError(f"fx: the fixed rate of {currency} is {rate}: write a number above 0")


def _check_shares(pool: CostPool) -> None:
    if pool.driver is not Driver.FIXED_SHARES:
        if pool.shares:
            raise ValueError(
                f"pool {pool.id!r} has shares but is driven by {pool.driver}: write driver: fixed_shares, or leave "
                "out the shares"
            )
        return
    if not pool.shares:
        raise ValueError(f"pool {pool.id!r} is driven by fixed shares but names none: write shares: {{Team A: 0.4}}")
    for team, share in pool.shares.items():
        if not team.strip() or team == NO_VALUE:
            raise ValueError(f"pool {pool.id!r} gives a share to {team!r}: name a team; what no share takes stays open")
        if not share.is_finite() or share < 0:
            raise ValueError(f"pool {pool.id!r}: the share of {team} is {share}: write a number from 0 to 1")
        exponent = share.normalize().as_tuple().exponent
        if isinstance(exponent, int) and exponent < -SHARE_PLACES:
            raise ValueError(f"pool {pool.id!r}: the share of {team} has more than {SHARE_PLACES} decimals: round it")
    total = sum(pool.shares.values(), Decimal(0))
    if total > 1:
        raise ValueError(f"pool {pool.id!r}: the shares add up to {total}, more than 1: lower them to 1 or less")


def convert_cost_lines(
    stg_cost_lines: pl.DataFrame,
    fx_rates: pl.DataFrame,
    *,
    policy: CostPolicy,
    reporting_currency: str,
    minor_unit_digits: int = 2,
    quarantined: frozenset[str] = frozenset(),
) -> pl.DataFrame:
    """`fct_cost_lines`: every staged line once, in order, with its pool, its days and its reporting amount.

    Equal lines are all kept. A line without a known rate keeps an empty `amount_reporting`.

    - Days under accrual: the service period where both its days are known and in order; otherwise the whole calendar
      month of the posting date. Under cash: the posting date. A reversal thus counts in its own period.
    - Team and service: the line's own, else its cost centre's under the policy.

    Args:
        stg_cost_lines: `stg_cost_lines`.
        fx_rates: `stg_fx_rates`.
        reporting_currency: ISO 4217 code.
        minor_unit_digits: decimals of the reporting currency.
        quarantined: `cost_line_id` of lines that a contract rule set aside.
    """
    converted = convert_to_reporting(
        stg_cost_lines,
        fx_rates,
        policy=policy.fx,
        date_column="posting_date",
        reporting_currency=reporting_currency,
        minor_unit_digits=minor_unit_digits,
    )
    start, end = _cost_days(policy.basis)
    return conform(
        converted.with_columns(
            cost_start_date=start,
            cost_end_date=end,
            cost_pool=_first_matching_pool(policy.pools),
            team=own_or_by_cost_centre("team", policy.cost_centre_teams),
            service=own_or_by_cost_centre("service", policy.cost_centre_services),
            vendor=known("vendor"),
            is_quarantined=pl.col("cost_line_id").is_in(sorted(quarantined)),
        ),
        fct_cost_lines,
    )


def known(column: str) -> pl.Expr:
    """A text column without surrounding blanks, null where nothing is left."""
    stripped = pl.col(column).str.strip_chars()
    return pl.when(stripped != "").then(stripped).alias(column)


def own_or_by_cost_centre(column: str, by_cost_centre: Mapping[str, str]) -> pl.Expr:
    """The line's own team or service, else the one that the policy gives its cost centre, else null."""
    if not by_cost_centre:
        return known(column)
    mapped = known("cost_centre").replace_strict(dict(by_cost_centre), default=None, return_dtype=pl.String())
    return pl.coalesce(known(column), mapped).alias(column)


def _cost_days(basis: CostBasis) -> tuple[pl.Expr, pl.Expr]:
    """First and last day on which a line's cost lies."""
    posted = pl.col("posting_date")
    if basis is CostBasis.CASH:
        return posted, posted
    start, end = pl.col("service_start_date"), pl.col("service_end_date")
    has_service_period = start.is_not_null() & end.is_not_null() & (start <= end)
    return (
        pl.when(has_service_period).then(start).otherwise(posted.dt.month_start()),
        pl.when(has_service_period).then(end).otherwise(posted.dt.month_end()),
    )


def _first_matching_pool(pools: tuple[CostPool, ...]) -> pl.Expr:
    """Name of the first pool that selects a line, or `(none)`."""
    return pl.coalesce(
        *(pl.when(_is_selected_by(pool)).then(pl.lit(pool.id)) for pool in pools),
        pl.lit(NO_VALUE),
    )


def _is_selected_by(pool: CostPool) -> pl.Expr:
    patterns = {
        "account": pool.accounts,
        "cost_centre": pool.cost_centres,
        "vendor": pool.vendors,
        "description": pool.descriptions,
    }
    conditions = [
        pl.col(column).fill_null("").str.contains(_to_regex(globs)) for column, globs in patterns.items() if globs
    ]
    return pl.all_horizontal(pl.lit(True), *conditions)


def _to_regex(globs: tuple[str, ...]) -> str:
    """One case-insensitive pattern that matches a whole value if any glob does."""
    alternatives = (
        "".join({"*": ".*", "?": "."}.get(character) or pl.escape_regex(character) for character in glob)
        for glob in globs
    )
    return f"(?is)^(?:{'|'.join(alternatives)})$"
