"""What the fiscal year will have cost: its closed months, and an estimate of the rest by each of three methods.

- `forecast`: the forecast lines of the months that follow.
- `budget`: their budget.
- `run_rate`: the mean of the last closed calendar months, for each of them.

The year is seen from the end of every closed month, so that a method can be held against what the year became. Plans
are those that are known today; exports do not say what they were.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

import polars as pl

from metrics.costs.planning_policy import BudgetPolicy, YearEndMethod
from models.ddl import polars_schema
from models.planning import fct_year_end_forecasts

MONTHS_PER_YEAR: Final = 12

_NOTHING: Final = Decimal(0)


@dataclass(slots=True)
class _Amounts:
    """What the months have of one kind: actual cost, budget or forecast.

    Attributes:
        by_month: amounts by month and team. A month without an entry is not known, a team without one has nothing.
        unmeasured: months of which a line could not be used.
    """

    by_month: dict[date, dict[str, Decimal]] = field(default_factory=lambda: defaultdict(dict))
    unmeasured: set[date] = field(default_factory=set)

    def of(self, months: Sequence[date], team: str) -> Decimal:
        return sum((self.by_month[month].get(team, _NOTHING) for month in months), _NOTHING)


def forecast_year_end(
    fct_budget_variances: pl.DataFrame,
    *,
    policy: BudgetPolicy,
    fiscal_year_start_month: int = 1,
    minor_unit_digits: int = 2,
) -> pl.DataFrame:
    """`fct_year_end_forecasts`: each closed month, team and method.

    A month of the year is missing if no line lies in it, or if it follows and has no line of the method's kind; then
    there is no year end, rather than one that is too low. A team without a line in a month that others have lines in
    has none planned. The run-rate of a team is rounded half to even once; where the ledger began later than the policy
    looks back, it is the mean of the months since. A month in that span of which nothing is known leaves the run-rate
    unknown: older months in its place would be those of another time.

    Args:
        fct_budget_variances: `fct_budget_variances`.
        policy: the chosen method, and how many months the run-rate looks back.
        fiscal_year_start_month: 1 (January) to 12.
        minor_unit_digits: decimals of the reporting currency.

    Raises:
        ValueError: the start month is no month.
    """
    if not 1 <= fiscal_year_start_month <= MONTHS_PER_YEAR:
        raise ValueError(f"a fiscal year starts in month 1 to 12, not in {fiscal_year_start_month}")
    rows = _see_all(fct_budget_variances, policy, fiscal_year_start_month, Decimal(1).scaleb(-minor_unit_digits))
    return pl.DataFrame(list(rows), schema=polars_schema(fct_year_end_forecasts), orient="row")


def fiscal_year_start(month: date, start_month: int) -> date:
    """First day of the fiscal year that a month lies in."""
    return date(month.year - (month.month < start_month), start_month, 1)


def _see_all(
    variances: pl.DataFrame, policy: BudgetPolicy, start_month: int, minor_unit: Decimal
) -> Iterator[dict[str, Any]]:
    actual = _collect(variances, "actual", "cost")
    plans = {
        YearEndMethod.FORECAST: _collect(variances, "forecast", "forecast"),
        YearEndMethod.BUDGET: _collect(variances, "budget", "budget"),
    }
    closed = variances.filter("is_month_closed").get_column("month_date").unique().sort().to_list()
    closed = [month for month in closed if month in actual.by_month]
    # A first month of which no line can be used is part of the ledger too.
    begin = min(variances.filter(pl.col("cost_line_count") > 0).get_column("month_date").to_list(), default=date.max)
    teams = variances.get_column("team").unique().sort().to_list()
    for seen_from in closed:
        year = _months_from(fiscal_year_start(seen_from, start_month))
        past = [month for month in year if month <= seen_from]
        remaining = year[len(past) :]
        back = (_months_before(seen_from, number) for number in range(policy.run_rate_months - 1, -1, -1))
        recent = [month for month in back if month >= begin]
        unknown = [month for month in past if month not in actual.by_month]
        for method in YearEndMethod:
            plan = plans.get(method)
            basis = actual if plan is None else plan
            # Of a year that is over nothing has to be estimated.
            needed = recent if plan is None and remaining else remaining
            missing = {*unknown, *(month for month in needed if month not in basis.by_month)}
            doubtful = {month for month in past if month in actual.unmeasured}
            if plan is not None:
                doubtful |= {month for month in remaining if month in plan.unmeasured}
            elif actual.unmeasured.intersection(recent) or any(month not in actual.by_month for month in recent):
                doubtful.update(remaining)
            for team in teams:
                to_date = actual.of([month for month in past if month not in unknown], team)
                rest = None
                if all(month in basis.by_month for month in needed):
                    rest = basis.of(needed, team)
                    if plan is None:
                        rest = _round_half_even(Fraction(rest) * len(remaining) / len(recent), minor_unit)
                yield {
                    "fiscal_year_start_date": year[0],
                    "month_date": seen_from,
                    "team": team,
                    "method": method.value,
                    "is_chosen": method is policy.year_end,
                    "actual_to_date_reporting": to_date,
                    "rest_of_year_reporting": rest,
                    "year_end_reporting": None if missing or rest is None else to_date + rest,
                    "remaining_month_count": len(remaining),
                    "missing_month_count": len(missing),
                    "measured_month_count": MONTHS_PER_YEAR - len(doubtful.union(missing).intersection(year)),
                    "run_rate_month_count": len(recent) if plan is None else None,
                }


def _collect(variances: pl.DataFrame, kind: str, lines: str) -> _Amounts:
    """Amounts of one kind by month and team, over cost centres and accounts."""
    found = _Amounts()
    measured, eligible = pl.col(f"measured_{lines}_line_count"), pl.col(f"{lines}_line_count")
    sums = (
        variances.filter(pl.col(f"{kind}_reporting").is_not_null())
        .group_by("month_date", "team")
        .agg(pl.col(f"{kind}_reporting").sum(), (measured < eligible).any())
    )
    for month, team, amount, is_doubtful in sums.iter_rows():
        found.by_month[month][team] = amount
        if is_doubtful:
            found.unmeasured.add(month)
    return found


def _months_from(first: date) -> list[date]:
    return [date(first.year + (first.month - 1 + n) // 12, (first.month - 1 + n) % 12 + 1, 1) for n in range(12)]


def _months_before(month: date, number: int) -> date:
    count = month.year * MONTHS_PER_YEAR + month.month - 1 - number
    return date(count // MONTHS_PER_YEAR, count % MONTHS_PER_YEAR + 1, 1)


def _round_half_even(exact: Fraction, minor_unit: Decimal) -> Decimal:
    return round(exact / Fraction(minor_unit)) * minor_unit
