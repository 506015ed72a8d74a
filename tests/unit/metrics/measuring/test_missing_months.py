"""Which whole months of cost a week or quarter lacks, told by hand: the ledger has January, February and April."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from metrics.measuring.cost_gaps import count_missing_months, lies_in_unposted
from metrics.measuring.missing_months import find_missing_months, leave_out_incomplete
from metrics.periods import Period
from metrics.registry import METRICS, metric_named
from models.ddl import polars_schema
from models.finance import fct_cost_lines
from models.marts import metric_values
from models.vocabulary import Grain

COST, UNIT_COST, BUDGET = "cost_total_reporting", "cost_per_transaction_reporting", "cost_budget_reporting"
KNOWN = [date(2026, month, 3) for month in (1, 2, 4)]
#: Weeks: within February, from February into March, from March into April, from April into May.
WEEKS = [date(2026, 2, 9), date(2026, 2, 23), date(2026, 3, 30), date(2026, 4, 27)]
QUARTERS = [date(2026, 1, 1), date(2026, 4, 1)]


def values(metrics: tuple[str, ...] = (COST, UNIT_COST, BUDGET)) -> pl.DataFrame:
    periods = [Period(Grain.MONTH, day.replace(day=1)) for day in KNOWN]
    periods += [Period(Grain.WEEK, start) for start in WEEKS] + [Period(Grain.QUARTER, start) for start in QUARTERS]
    # A budget is planned for months that have no ledger, too.
    planned = [Period(Grain.MONTH, date(2026, 3, 1))]
    rows = [
        {"metric": metric, "metric_version": 1, "period_grain": period.grain.value, "period_start_date": period.start,
         "period_end_date": period.end, "is_period_closed": True, "dimension": dimension, "dimension_value": "",
         "value": 1.0, "eligible_count": 3, "measured_count": 3, "unit": "reporting"}
        for metric in metrics
        for period in (*periods, *(planned if metric == BUDGET else ()))
        for dimension in ("overall", "team")
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=polars_schema(metric_values))


def found(as_of: date, given: pl.DataFrame | None = None) -> dict[tuple[str, date], tuple[str, int]]:
    rows = find_missing_months(values() if given is None else given, METRICS, as_of)
    assert set(rows["metric"]) <= {COST, UNIT_COST}
    return {
        (row["period_grain"], row["period_start_date"]): (row["missing_months"], row["missing_month_count"])
        for row in rows.to_dicts()
        if row["metric"] == UNIT_COST
    }


def test_weeks_and_quarters_name_the_months_that_the_ledger_lacks() -> None:
    assert found(date(2026, 7, 2)) == {
        ("quarter", date(2026, 1, 1)): ("2026-03", 1),
        ("quarter", date(2026, 4, 1)): ("2026-05, 2026-06", 2),
        ("week", date(2026, 2, 23)): ("2026-03", 1),
        ("week", date(2026, 3, 30)): ("2026-03", 1),
        ("week", date(2026, 4, 27)): ("2026-05", 1),
    }


def test_a_month_that_is_not_over_is_not_missing() -> None:
    assert ("week", date(2026, 4, 27)) not in found(date(2026, 5, 31))
    assert ("week", date(2026, 4, 27)) in found(date(2026, 6, 1))


def test_a_month_without_postings_is_missing_itself_whatever_is_spread_over_it() -> None:
    """The ledger has January and April; of February only what others spread over it."""
    rows = find_missing_months(values(), METRICS, date(2026, 7, 2), [date(2026, 2, 1)])
    told = {(grain, start): months for metric, grain, start, months, _ in rows.rows() if metric == COST}
    assert told == {
        ("month", date(2026, 2, 1)): "2026-02",
        ("quarter", date(2026, 1, 1)): "2026-02, 2026-03",
        ("quarter", date(2026, 4, 1)): "2026-05, 2026-06",
        ("week", date(2026, 2, 9)): "2026-02",
        ("week", date(2026, 2, 23)): "2026-02, 2026-03",
        ("week", date(2026, 3, 30)): "2026-03",
        ("week", date(2026, 4, 27)): "2026-05",
    }


def test_what_lies_in_months_without_postings_alone_is_told_apart() -> None:
    unposted = [date(2026, 2, 1), date(2026, 3, 1)]
    periods = values((UNIT_COST,)).filter(pl.col("dimension") == "overall")
    inside = periods.filter(lies_in_unposted(periods, unposted)).select("period_grain", "period_start_date").rows()
    assert inside == [("month", date(2026, 2, 1)), ("week", date(2026, 2, 9)), ("week", date(2026, 2, 23))]
    assert not lies_in_unposted(periods, []).any()


def test_nothing_is_missing_where_no_kpi_of_the_ledger_has_a_value() -> None:
    assert found(date(2026, 7, 2), values((BUDGET,))) == {}
    assert found(date.min, values()) == {}


@pytest.mark.parametrize("as_of", [date(2026, 5, 31) + timedelta(days=day) for day in (0, 1, 31)])
def test_as_many_are_named_as_the_bounds_count(as_of: date) -> None:
    lines = pl.DataFrame(
        [{"posting_date": day, "is_quarantined": True} for day in KNOWN], schema=polars_schema(fct_cost_lines)
    )
    periods = values((UNIT_COST,)).filter(pl.col("dimension") == "overall", pl.col("period_grain") != "month")
    counted = periods.with_columns(count_missing_months(periods, lines, as_of))
    assert {
        (row["period_grain"], row["period_start_date"]): row["missing_month_count"]
        for row in counted.to_dicts()
        if row["missing_month_count"]
    } == {period: count for period, (_, count) in found(as_of).items()}


def test_what_lacks_months_is_left_out_in_every_breakdown() -> None:
    given = values((COST, BUDGET))
    kept = leave_out_incomplete(given, find_missing_months(given, [metric_named(COST)], date(2026, 7, 2)))
    left = given.join(kept, on=["metric", "period_grain", "period_start_date", "dimension"], how="anti")
    assert set(left["metric"]) == {COST}
    assert left.group_by("dimension").len().sort("dimension").rows() == [("overall", 5), ("team", 5)]
    assert kept.height + left.height == given.height
