"""Measure metrics: facts in, one row per metric, period and breakdown value out.

This is the only module that callers need. What is measured is said by `metrics.registry`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Final

import polars as pl

from metrics.kinds import PLAN_KINDS, Concentration, CostSum, RunningShare, Stock, UnitCost
from metrics.measuring.concentration import measure_concentration
from metrics.measuring.costs import measure_costs
from metrics.measuring.empty_periods import add_zeros, first_days, leave_out_one_side
from metrics.measuring.plans import measure_plans
from metrics.measuring.records import measure_records
from metrics.measuring.running_shares import measure_running_shares
from metrics.measuring.stocks import measure_stocks
from metrics.periods import MONDAY, Reporting, local_date_of
from metrics.spec import Metric
from models.ddl import polars_schema
from models.marts import metric_values

#: Core tables that `measure` reads.
MEASURED_FACTS: Final = (
    "fct_tickets",
    "fct_ticket_days",
    "fct_ticket_intervals",
    "fct_sla_clocks",
    "fct_cost_lines",
    "fct_cost_allocations",
    "fct_transactions",
    "fct_budget_lines",
    "fct_budget_variances",
    "fct_year_end_forecasts",
    "fct_rework_costs",
    "fct_ticket_delays",
    "fct_deliveries",
    "fct_vendor_invoice_lines",
    "fct_service_credits",
    "fct_vendor_recoverables",
    "fct_vendor_commitment_months",
)


def measure(
    metrics: Sequence[Metric],
    facts: Mapping[str, pl.DataFrame],
    *,
    time_zone: str,
    as_of: datetime,
    whole_as_of: datetime | None = None,
    week_start: int = MONDAY,
    unposted_months: Collection[date] = (),
    told_from: Mapping[str, date] | None = None,
) -> pl.DataFrame:
    """Measure metrics in every period and breakdown that has records.

    A cell without eligible records has no row; where it is known that there was nothing to count, counts are 0 there
    (`metrics.measuring.empty_periods`). A cell whose records could not be measured has a row with an empty value and a
    coverage of 0, so that the gap is seen.

    Args:
        metrics: what to measure, for example `metrics.registry.METRICS`.
        facts: core tables by name (`MEASURED_FACTS`), as `models.ddl.polars_schema` types them, or text as
            categories; the columns that `metrics.measuring.needed_columns` names are enough. A table that is left out
            counts as empty. Of fct_ticket_intervals, rows of tickets that are sampled are enough.
        time_zone: reporting time zone, an IANA name; periods are cut in it.
        as_of: the data's own clock, with offset. Periods that it has passed are closed.
        whole_as_of: the clock that closes periods of the whole, where that is known before its breakdowns are
            (`metrics.registry.closing_domains`).
        week_start: ISO number of the first day of a week, 1 (Monday) to 7 (Sunday).
        unposted_months: first days of months of which the ledger lacks all postings (`metrics.unposted_months`).
        told_from: metric -> first day of which its data tell (`metrics.measuring.partial_periods.first_told_days`), for
            those of which that is known.

    Returns:
        `models.marts.metric_values`, sorted by metric, grain, period, dimension and value.

    Raises:
        ValueError: `as_of` or `whole_as_of` has no offset, or `week_start` is no day of the week.
    """
    whole = local_date_of(whole_as_of, time_zone) if whole_as_of is not None else None
    reporting = Reporting(time_zone, local_date_of(as_of, time_zone), week_start, whole, frozenset(unposted_months))
    chosen = sorted(metrics, key=lambda metric: metric.name)
    of_costs = [metric for metric in chosen if isinstance(metric.kind, CostSum | UnitCost)]
    of_stocks = [metric for metric in chosen if isinstance(metric.kind, Stock)]
    of_concentration = [metric for metric in chosen if isinstance(metric.kind, Concentration)]
    of_running_shares = [metric for metric in chosen if isinstance(metric.kind, RunningShare)]
    of_plans = [metric for metric in chosen if isinstance(metric.kind, PLAN_KINDS)]
    elsewhere = {*of_costs, *of_stocks, *of_concentration, *of_running_shares, *of_plans}
    of_records = [metric for metric in chosen if metric not in elsewhere]
    spans = first_days(chosen, facts, reporting)
    published = {
        **dict(zip(of_records, measure_records(of_records, facts, reporting), strict=True)),
        **dict(zip(of_stocks, measure_stocks(of_stocks, facts, reporting), strict=True)),
        **dict(zip(of_concentration, measure_concentration(of_concentration, facts, reporting), strict=True)),
        **dict(zip(of_running_shares, measure_running_shares(of_running_shares, facts, reporting), strict=True)),
        **dict(zip(of_costs, measure_costs(of_costs, facts, reporting), strict=True)),
        **dict(zip(of_plans, measure_plans(of_plans, facts, reporting), strict=True)),
    }
    # Every metric's rows are in order already: to sort millions of rows by their texts again would cost as much as
    # all measuring.
    begun = told_from or {}
    told = {metric: leave_out_one_side(published[metric], metric, begun.get(metric.name)) for metric in chosen}
    in_order = [add_zeros(told[metric], metric, spans, reporting, begun.get(metric.name)) for metric in chosen]
    return pl.concat([pl.DataFrame(schema=polars_schema(metric_values)), *in_order])
