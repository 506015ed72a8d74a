"""`fct_cost_lines`: every staged line with its pools, its days and its amount in the reporting currency.

What the policy says is in `metrics.costs.policy`, which pools select a line in `metrics.costs.pools`, how amounts are
spread over periods in `metrics.costs.accrual`, who bears them in `metrics.costs.allocation`.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from metrics.costs.exchange_rates import convert_to_reporting
from metrics.costs.policy import CostBasis, CostPolicy
from metrics.costs.pools import match_pools
from models.ddl import conform
from models.finance import fct_cost_lines


def convert_cost_lines(
    stg_cost_lines: pl.DataFrame,
    fx_rates: pl.DataFrame,
    *,
    policy: CostPolicy,
    reporting_currency: str,
    minor_unit_digits: int = 2,
    quarantined: frozenset[str] = frozenset(),
) -> pl.DataFrame:
    """`fct_cost_lines`: every staged line once, in order, with its pools, its days and its reporting amount.

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
    matches = match_pools(stg_cost_lines, policy.pools)
    return conform(
        converted.with_columns(
            matches.get_columns(),
            cost_start_date=start,
            cost_end_date=end,
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
