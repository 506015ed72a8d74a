"""Budget and forecast lines in the reporting currency, and what each month cost against them.

Costs are held against plans where both were booked: by cost centre, account and the team of the line. Who bears a
cost after allocation is another question, which no budget answers; see `metrics.costs.allocation`. What follows for
the year is in `metrics.costs.year_end`, the published numbers are in `metrics.measuring.plans`.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

import polars as pl

from metrics.costs.accrual import select_measured_lines, spread_groups
from metrics.costs.exchange_rates import convert_to_reporting
from metrics.costs.lines import known, own_or_by_cost_centre
from metrics.costs.money import from_minor_units
from metrics.costs.policy import CostPolicy
from metrics.periods import MONDAY, is_closed, period_end, period_start
from models.ddl import conform, polars_schema
from models.planning import fct_budget_lines, fct_budget_variances
from models.vocabulary import NO_VALUE, Grain

BUDGET = "budget"
FORECAST = "forecast"

_PLACE = ("cost_centre", "account", "team")


def convert_budget_lines(
    stg_budget_lines: pl.DataFrame,
    fx_rates: pl.DataFrame,
    *,
    policy: CostPolicy,
    reporting_currency: str,
    minor_unit_digits: int = 2,
    quarantined: frozenset[str] = frozenset(),
) -> pl.DataFrame:
    """`fct_budget_lines`: every staged line once, in order, with its month, team and reporting amount.

    The rate is that of the first day of the month under the planning rates of the policy, or under the rates of cost
    lines where it has none. A line without a known rate keeps an empty `amount_reporting`.

    Args:
        stg_budget_lines: `stg_budget_lines`.
        fx_rates: `stg_fx_rates`.
        reporting_currency: ISO 4217 code.
        minor_unit_digits: decimals of the reporting currency.
        quarantined: `budget_line_id` of lines that a contract rule set aside.
    """
    dated = stg_budget_lines.with_columns(pl.col("month_date").dt.month_start())
    converted = convert_to_reporting(
        dated,
        fx_rates,
        policy=policy.budget.fx or policy.fx,
        date_column="month_date",
        reporting_currency=reporting_currency,
        minor_unit_digits=minor_unit_digits,
    )
    return conform(
        converted.with_columns(
            known("kind").str.to_lowercase(),
            team=own_or_by_cost_centre("team", policy.cost_centre_teams),
            is_quarantined=pl.col("budget_line_id").is_in(sorted(quarantined)),
        ),
        fct_budget_lines,
    )


def compare_with_budget(
    fct_cost_lines: pl.DataFrame,
    fct_budget_lines: pl.DataFrame,
    *,
    as_of_date: date,
    minor_unit_digits: int = 2,
    unposted_months: Collection[date] = (),
) -> pl.DataFrame:
    """`fct_budget_variances`: actual, budget and forecast of every month, cost centre, account and team.

    Actual cost lies in a month as it does for all metrics of cost, by the days of each line. Cost that was paid in
    advance for months after that of the data's clock is no actual cost of them yet. Actual cost, budget and forecast
    are known in months that have a line of that kind that could be used: what has none in such a month has 0, and of
    another month nothing is known.

    Args:
        fct_cost_lines: `fct_cost_lines`.
        fct_budget_lines: `fct_budget_lines`.
        as_of_date: day of the data's clock of finance; a month is closed once it has passed its last day.
        minor_unit_digits: decimals of the reporting currency.
        unposted_months: months of which the ledger lacks all postings. What lines of others spread over them is not
            their cost, so they are as months without any line.
    """
    clock_month = as_of_date.replace(day=1)
    is_known = (pl.col("month_date") <= clock_month) & ~pl.col("month_date").is_in(list(unposted_months))
    actual = _costs_by_month(fct_cost_lines, minor_unit_digits).filter(is_known)
    counts = _lines_by_month(fct_cost_lines).filter(is_known)
    plans = [_plan_by_month(fct_budget_lines, kind) for kind in (BUDGET, FORECAST)]
    keys = ["month_date", *_PLACE]
    joined = actual
    for frame in (counts, *plans):
        joined = joined.join(frame, on=keys, how="full", coalesce=True)
    known_months = {
        "actual_reporting": _months_with_cost(counts),
        **{
            f"{kind}_reporting": _measured_months(plan, kind)
            for kind, plan in zip((BUDGET, FORECAST), plans, strict=True)
        },
    }
    zero = pl.lit(0, dtype=pl.Decimal(18, 4))
    amounts = [
        pl.when(pl.col("month_date").is_in(months.to_list())).then(pl.coalesce(pl.col(name), zero)).alias(name)
        for name, months in known_months.items()
    ]
    line_counts = [name for name in polars_schema(fct_budget_variances) if name.endswith("_line_count")]
    return conform(
        joined.with_columns(*amounts, pl.col(line_counts).fill_null(0))
        .with_columns(
            is_month_closed=is_closed(period_end(pl.col("month_date"), Grain.MONTH), as_of_date),
            variance_reporting=pl.col("actual_reporting") - pl.col("budget_reporting"),
        )
        .sort(keys),
        fct_budget_variances,
    )


def _placed(lines: pl.DataFrame) -> pl.DataFrame:
    return lines.with_columns(known(column).fill_null(NO_VALUE) for column in _PLACE)


def _costs_by_month(fct_cost_lines: pl.DataFrame, minor_unit_digits: int) -> pl.DataFrame:
    """month_date, cost_centre, account, team, actual_reporting: every line rounded to the minor unit on its own."""
    lines = _placed(select_measured_lines(fct_cost_lines))
    places = lines.select(_PLACE).unique(maintain_order=True).with_row_index("group")
    spread = spread_groups(
        lines.join(places, on=_PLACE, how="left"),
        Grain.MONTH,
        minor_unit_digits=minor_unit_digits,
        week_start=MONDAY,
    )
    return (
        spread.join(places, on="group", how="left")
        .select(
            "period_start_date",
            *_PLACE,
            actual_reporting=from_minor_units(pl.col("amount"), minor_unit_digits),
        )
        .rename({"period_start_date": "month_date"})
    )


def _lines_by_month(fct_cost_lines: pl.DataFrame) -> pl.DataFrame:
    """month_date, cost_centre, account, team, cost_line_count, measured_cost_line_count: lines by the months they
    touch. One that has no days lies on its posting date, one without any date nowhere."""
    start = pl.coalesce("cost_start_date", "posting_date")
    return (
        _placed(fct_cost_lines)
        .select(
            *_PLACE,
            start=period_start(start, Grain.MONTH),
            end=period_start(pl.max_horizontal(start, pl.coalesce("cost_end_date", start)), Grain.MONTH),
            is_measured=pl.col("amount_reporting").is_not_null() & ~pl.col("is_quarantined"),
        )
        .drop_nulls("start")
        # Few distinct spans stand for many lines.
        .group_by(*_PLACE, "start", "end")
        .agg(
            cost_line_count=pl.len().cast(pl.Int64), measured_cost_line_count=pl.col("is_measured").sum().cast(pl.Int64)
        )
        .with_columns(month_date=pl.date_ranges("start", "end", "1mo"))
        .explode("month_date")
        .group_by("month_date", *_PLACE)
        .agg(pl.col("cost_line_count", "measured_cost_line_count").sum())
    )


def _months_with_cost(counts: pl.DataFrame) -> pl.Series:
    """Months with a line that could be used. A month in which no line lies may have cost nothing or not been exported,
    and of one whose lines cannot be used as little is known."""
    by_month = counts.group_by("month_date").agg(pl.col("measured_cost_line_count").sum())
    return by_month.filter(pl.col("measured_cost_line_count") > 0).get_column("month_date")


def _measured_months(plan: pl.DataFrame, kind: str) -> pl.Series:
    """Months with a line that could be used: of a plan of which no line could, nothing is known."""
    return plan.filter(pl.col(f"measured_{kind}_line_count") > 0).get_column("month_date").unique()


def _plan_by_month(fct_budget_lines: pl.DataFrame, kind: str) -> pl.DataFrame:
    """month_date, cost_centre, account, team, <kind>_reporting, <kind>_line_count, measured_<kind>_line_count."""
    is_kind = (pl.col("kind") == kind).fill_null(False)
    is_measured = is_kind & pl.col("amount_reporting").is_not_null() & ~pl.col("is_quarantined")
    return (
        _placed(fct_budget_lines)
        # What does not say whether it is budget or forecast may be either, and is measured as neither.
        .filter(
            pl.col("month_date").is_not_null(), is_kind | ~pl.col("kind").is_in([BUDGET, FORECAST]).fill_null(False)
        )
        .group_by("month_date", *_PLACE)
        .agg(
            pl.col("amount_reporting").filter(is_measured).sum().alias(f"{kind}_reporting"),
            pl.len().cast(pl.Int64).alias(f"{kind}_line_count"),
            is_measured.sum().cast(pl.Int64).alias(f"measured_{kind}_line_count"),
        )
    )
