"""Measure metrics: facts in, one row per metric, period and breakdown value out.

This is the only module that callers need. What is measured is said by `metrics.registry`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import polars as pl

from metrics.measure_costs import measure_costs
from metrics.measure_records import measure_records
from metrics.periods import MONDAY, is_closed, local_date_of, period_end
from metrics.spec import CostSum, Metric, UnitCost
from models.ddl import conform, polars_schema
from models.marts import metric_values
from models.vocabulary import Grain

#: Core tables that `measure` reads.
MEASURED_FACTS: Final = (
    "fct_tickets",
    "fct_sla_clocks",
    "fct_cost_lines",
    "fct_cost_allocations",
    "fct_transactions",
    "fct_deliveries",
    "fct_vendor_invoice_lines",
)


def measure(
    metrics: Sequence[Metric],
    facts: Mapping[str, pl.DataFrame],
    *,
    time_zone: str,
    as_of: datetime,
    week_start: int = MONDAY,
) -> pl.DataFrame:
    """Measure metrics in every period and breakdown that has records.

    A cell without eligible records has no row. A cell whose records could not be measured has a row with an empty value
    and a coverage of 0, so that the gap is seen.

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
    of_records = [metric for metric in metrics if not isinstance(metric.kind, CostSum | UnitCost)]
    measured = [
        *measure_records(of_records, facts, time_zone=time_zone, as_of_date=as_of_date, week_start=week_start),
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
