"""Measure metrics: facts in, one row per metric, period and breakdown value out.

This is the only module that callers need. What is measured is said by `metrics.registry`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final, TypedDict

import polars as pl

from metrics.empty_periods import add_zeros, known_days
from metrics.kinds import KINDS_WITH_ZEROS, CostSum, Stock, UnitCost
from metrics.measure_costs import measure_costs
from metrics.measure_records import measure_records
from metrics.measure_stocks import measure_stocks
from metrics.periods import MONDAY, is_closed, local_date_of, period_end
from metrics.spec import Metric
from models.ddl import conform, polars_schema
from models.marts import metric_values
from models.vocabulary import Grain

#: Core tables that `measure` reads.
MEASURED_FACTS: Final = (
    "fct_tickets",
    "fct_ticket_days",
    "fct_sla_clocks",
    "fct_cost_lines",
    "fct_cost_allocations",
    "fct_transactions",
    "fct_deliveries",
    "fct_vendor_invoice_lines",
)


class _Clock(TypedDict):
    time_zone: str
    as_of_date: date


def measure(
    metrics: Sequence[Metric],
    facts: Mapping[str, pl.DataFrame],
    *,
    time_zone: str,
    as_of: datetime,
    week_start: int = MONDAY,
) -> pl.DataFrame:
    """Measure metrics in every period and breakdown that has records.

    A cell without eligible records has no row; where it is known that there was nothing to count, counts are 0 there
    (`metrics.empty_periods`). A cell whose records could not be measured has a row with an empty value and a coverage
    of 0, so that the gap is seen.

    Args:
        metrics: what to measure, for example `metrics.registry.METRICS`.
        facts: core tables by name (`MEASURED_FACTS`), as `models.ddl.polars_schema` types them. A table that is left
            out counts as empty.
        time_zone: reporting time zone, an IANA name; periods are cut in it.
        as_of: the data's own clock, with offset. Periods that it has passed are closed.
        week_start: ISO number of the first day of a week, 1 (Monday) to 7 (Sunday).

    Returns:
        `models.marts.metric_values`, sorted by metric, grain, period, dimension and value.

    Raises:
        ValueError: `as_of` has no offset, or `week_start` is no day of the week.
    """
    as_of_date = local_date_of(as_of, time_zone)
    of_costs = [metric for metric in metrics if isinstance(metric.kind, CostSum | UnitCost)]
    of_stocks = [metric for metric in metrics if isinstance(metric.kind, Stock)]
    of_records = [metric for metric in metrics if not isinstance(metric.kind, CostSum | UnitCost | Stock)]
    clock: _Clock = {"time_zone": time_zone, "as_of_date": as_of_date}
    counted = [
        *zip(of_records, measure_records(of_records, facts, **clock, week_start=week_start), strict=True),
        *zip(of_stocks, measure_stocks(of_stocks, facts, **clock, week_start=week_start), strict=True),
    ]
    spans = {metric.population.span for metric in metrics if metric.population.span}
    known = {span: known_days(span, facts, **clock) for span in spans}
    measured = [
        *(
            add_zeros(cells, metric, known[metric.population.span], week_start)
            if isinstance(metric.kind, KINDS_WITH_ZEROS) and metric.population.span
            else cells
            for metric, cells in counted
        ),
        *measure_costs(of_costs, facts, week_start=week_start),
    ]
    if not measured:
        return pl.DataFrame(schema=polars_schema(metric_values))
    end = pl.coalesce(
        pl.when(pl.col("period_grain") == grain.value).then(period_end(pl.col("period_start_date"), grain))
        for grain in Grain
    )
    eligible = pl.col("eligible_count")
    completed = pl.concat(measured).with_columns(
        end.alias("period_end_date"),
        is_closed(end, as_of_date).alias("is_period_closed"),
        pl.when(eligible > 0).then(pl.col("measured_count") / eligible).alias("coverage_ratio"),
    )
    return conform(completed, metric_values).sort(
        "metric", "period_grain", "period_start_date", "dimension", "dimension_value"
    )
