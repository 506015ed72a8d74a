"""What initiatives cost and brought: lines that are tagged to them, month by month, and when they paid back.

Money counts on the day on which it was booked or had, whatever the basis of cost is: paying back is about money, not
about the periods that it serves. Which initiatives there are is said by `metrics.costs.planning_policy`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from metrics.costs.exchange_rates import FxPolicy, convert_to_reporting
from metrics.costs.lines import known
from metrics.costs.patterns import to_regex
from metrics.costs.planning_policy import BenefitLines, Initiative
from models.ddl import conform
from models.planning import fct_initiative_lines, fct_initiative_months, fct_initiative_returns

COST = "cost"
BENEFIT = "benefit"


def tag_initiative_lines(
    fct_cost_lines: pl.DataFrame,
    stg_benefit_lines: pl.DataFrame,
    fx_rates: pl.DataFrame,
    *,
    initiatives: Sequence[Initiative],
    fx: FxPolicy,
    reporting_currency: str,
    minor_unit_digits: int = 2,
    quarantined_benefits: frozenset[str] = frozenset(),
) -> pl.DataFrame:
    """`fct_initiative_lines`: tagged ledger lines, then the lines of benefit exports, each once and in order.

    A ledger line is a benefit if a pattern of its initiative says so; its amount then changes sign, because a credit
    of the ledger is a gain. All others are cost. A tag that no initiative has is an initiative of its own, so that its
    money is seen; a benefit line without a tag belongs to none.

    Args:
        fct_cost_lines: `fct_cost_lines`.
        stg_benefit_lines: `stg_benefit_lines`; its amounts are converted here.
        fx_rates: `stg_fx_rates`.
        initiatives: in any order; `find_initiative_mistakes` has found that no tag belongs to two.
        quarantined_benefits: `benefit_line_id` of lines that a contract rule set aside.
    """
    tagged = _named(fct_cost_lines.filter(known("initiative").is_not_null()), initiatives)
    is_benefit = _is_benefit(initiatives)
    booked = tagged.with_columns(
        line_id="cost_line_id",
        line_date="posting_date",
        kind=pl.when(is_benefit).then(pl.lit(BENEFIT)).otherwise(pl.lit(COST)),
        amount_reporting=pl.when(is_benefit).then(-pl.col("amount_reporting")).otherwise("amount_reporting"),
    )
    converted = convert_to_reporting(
        stg_benefit_lines,
        fx_rates,
        policy=fx,
        date_column="benefit_date",
        reporting_currency=reporting_currency,
        minor_unit_digits=minor_unit_digits,
    )
    claimed = _named(converted, initiatives).with_columns(
        line_id="benefit_line_id",
        line_date="benefit_date",
        kind=pl.lit(BENEFIT),
        is_quarantined=pl.col("benefit_line_id").is_in(sorted(quarantined_benefits)),
    )
    return pl.concat([conform(booked, fct_initiative_lines), conform(claimed, fct_initiative_lines)])


def sum_initiative_months(fct_initiative_lines: pl.DataFrame, *, as_of_date: date) -> pl.DataFrame:
    """`fct_initiative_months`: every month from an initiative's first usable line to its last or to the data's clock.

    Args:
        fct_initiative_lines: `fct_initiative_lines`.
        as_of_date: day of the data's clock of finance.
    """
    lines = _measured(fct_initiative_lines).with_columns(month_date=pl.col("line_date").dt.month_start())
    clock_month = pl.lit(as_of_date.replace(day=1))
    months = (
        lines.group_by("initiative_id")
        .agg(first=pl.col("month_date").min(), last=pl.max_horizontal(pl.col("month_date").max(), clock_month))
        .select("initiative_id", month_date=pl.date_ranges("first", "last", "1mo"))
        .explode("month_date")
    )
    sums = lines.group_by("initiative_id", "month_date").agg(
        cost_reporting=_sum_of(COST), benefit_reporting=_sum_of(BENEFIT)
    )
    by_month = (
        months.join(sums, on=["initiative_id", "month_date"], how="left")
        .sort("initiative_id", "month_date")
        .with_columns(pl.col("cost_reporting", "benefit_reporting").fill_null(0))
        .with_columns(
            cost_to_date_reporting=pl.col("cost_reporting").cum_sum().over("initiative_id"),
            benefit_to_date_reporting=pl.col("benefit_reporting").cum_sum().over("initiative_id"),
        )
        .with_columns(net_to_date_reporting=pl.col("benefit_to_date_reporting") - pl.col("cost_to_date_reporting"))
    )
    return conform(by_month, fct_initiative_months)


def sum_initiative_returns(fct_initiative_lines: pl.DataFrame, initiatives: Sequence[Initiative]) -> pl.DataFrame:
    """`fct_initiative_returns`: every initiative that is declared or tagged, by id.

    The payback date is the first day at whose end the benefit so far covers the cost so far, and there was cost to
    cover. Later cost may outrun it again: `paid_back_since_date` is the first day from which on the benefit covers the
    cost to this day, and `is_paid_back` whether there is one.
    """
    counted = fct_initiative_lines.filter(pl.col("initiative_id").is_not_null())
    declared = pl.DataFrame(
        [(item.id, item.name, item.owner, item.start_date, item.payback_target_date, True) for item in initiatives],
        schema={
            "initiative_id": pl.String,
            "initiative_name": pl.String,
            "owner": pl.String,
            "start_date": pl.Date,
            "payback_target_date": pl.Date,
            "is_declared": pl.Boolean,
        },
        orient="row",
    )
    starts = declared.select("initiative_id", "start_date")
    is_measured = _is_measured()
    counts = (
        counted.join(starts, on="initiative_id", how="left")
        .group_by("initiative_id")
        .agg(
            line_count=pl.len(),
            measured_line_count=is_measured.sum(),
            line_before_start_count=(pl.col("line_date") < pl.col("start_date")).fill_null(False).sum(),
        )
    )
    daily = (
        _measured(fct_initiative_lines)
        .group_by("initiative_id", "line_date")
        .agg(cost=_sum_of(COST), benefit=_sum_of(BENEFIT))
        .sort("initiative_id", "line_date")
        .with_columns(pl.col("cost", "benefit").cum_sum().over("initiative_id"))
    )
    is_covered = (pl.col("cost") > 0) & (pl.col("benefit") >= pl.col("cost"))
    stays_covered = is_covered.cast(pl.Int8).cum_min(reverse=True) == 1
    totals = daily.group_by("initiative_id").agg(
        first_line_date=pl.col("line_date").first(),
        cost_to_date_reporting=pl.col("cost").last(),
        benefit_to_date_reporting=pl.col("benefit").last(),
        payback_date=pl.col("line_date").filter(is_covered).first(),
        paid_back_since_date=pl.col("line_date").filter(stays_covered).first(),
        is_paid_back=is_covered.last(),
    )
    net = pl.col("benefit_to_date_reporting") - pl.col("cost_to_date_reporting")
    return conform(
        declared.join(counts, on="initiative_id", how="full", coalesce=True)
        .join(totals, on="initiative_id", how="left")
        .with_columns(
            pl.col("is_declared").fill_null(False),
            pl.col("line_count", "measured_line_count", "line_before_start_count").fill_null(0),
            net_to_date_reporting=net,
            return_ratio=pl.when(pl.col("cost_to_date_reporting") > 0).then(
                net.cast(pl.Float64) / pl.col("cost_to_date_reporting").cast(pl.Float64)
            ),
        )
        .sort("initiative_id"),
        fct_initiative_returns,
    )


def _named(lines: pl.DataFrame, initiatives: Sequence[Initiative]) -> pl.DataFrame:
    """The lines with `initiative_id`, which is the tag itself where no initiative has it."""
    ids = {word: item.id for item in initiatives for word in item.words}
    tag = known("initiative")
    if not ids:
        return lines.with_columns(initiative_id=tag)
    found = tag.str.to_lowercase().replace_strict(ids, default=None, return_dtype=pl.String())
    return lines.with_columns(initiative_id=pl.coalesce(found, tag))


def _is_benefit(initiatives: Sequence[Initiative]) -> pl.Expr:
    return pl.any_horizontal(
        pl.lit(False),
        *((pl.col("initiative_id") == item.id) & _selects(lines) for item in initiatives for lines in item.benefits),
    )


def _selects(lines: BenefitLines) -> pl.Expr:
    patterns = {"account": lines.accounts, "description": lines.descriptions}
    return pl.all_horizontal(
        *(pl.col(column).fill_null("").str.contains(to_regex(globs)) for column, globs in patterns.items() if globs)
    )


def _is_measured() -> pl.Expr:
    return ~pl.col("is_quarantined") & pl.col("amount_reporting").is_not_null() & pl.col("line_date").is_not_null()


def _measured(lines: pl.DataFrame) -> pl.DataFrame:
    return lines.filter(_is_measured(), pl.col("initiative_id").is_not_null())


def _sum_of(kind: str) -> pl.Expr:
    return pl.col("amount_reporting").filter(pl.col("kind") == kind).sum()
