"""Which periods the data of a KPI tell of only in part; those are compared with no other.

They begin later, or end earlier than a chosen as-of that closed the period. That data end within a period is told
otherwise by whether it is closed; see `metrics.periods`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Final

import polars as pl

from metrics.costs.countable_facts import counted_table
from metrics.costs.policy import CostPolicy
from metrics.kinds import BudgetVariance, BudgetVarianceShare, CostSum, ReworkCost, ReworkShare, UnitCost
from metrics.measuring.beginnings import Beginning
from metrics.registry import closing_domains
from metrics.spec import Metric
from metrics.vendors.policy import VendorPolicy
from models.ddl import polars_schema
from models.marts import partial_periods
from models.vendors import fct_deliveries, fct_vendor_invoice_lines
from models.vocabulary import Dimension, Domain

#: Kinds that sum or divide the cost of the ledger. What was planned does not depend on where it begins, and a forecast
#: is of a year.
_OF_THE_LEDGER: Final = (BudgetVariance, BudgetVarianceShare, CostSum, ReworkCost, ReworkShare, UnitCost)
#: Kinds of data of vendors, by the fact that they are.
_OF_VENDORS: Final = {fct_deliveries.name: "deliveries", fct_vendor_invoice_lines.name: "invoices"}
#: A period is whole if at most one in so many of its days lies before the data.
_SHARE: Final = 10
_PERIOD: Final = ("metric", "period_grain", "period_start_date")
#: What is told first of several.
_ORDER: Final = ("tickets", "finance", "deliveries", "invoices")


def data_needed(metric: Metric, cost_policy: CostPolicy, vendor_policy: VendorPolicy) -> tuple[str, ...]:
    """The kinds of data that a KPI counts over everything: tickets, finance, deliveries, invoices."""
    domains = closing_domains(metric, cost_policy, vendor_policy)
    needed = {"tickets"} if Domain.TICKETS in domains else set()
    if Domain.FINANCE in domains and isinstance(metric.kind, _OF_THE_LEDGER):
        needed.add("finance")
    if Domain.VENDORS in domains:
        facts = {metric.fact, *([counted_table(cost_policy.transaction).name] if metric.follows_transactions else [])}
        needed |= {data for fact, data in _OF_VENDORS.items() if fact in facts}
    return tuple(data for data in _ORDER if data in needed)


def first_told_days(needed: Mapping[str, Sequence[str]], beginnings: Collection[Beginning]) -> dict[str, date]:
    """Metric -> the first day of which data of all kinds tell that it counts; before, it may have counted nothing.

    Args:
        needed: metric -> kinds of data that it counts, as `data_needed` gives them.
        beginnings: where the data of each source begin; those of a kind begin with the earliest.
    """
    begun = _of_metrics(needed, beginnings).filter("is_earliest")
    return dict(begun.group_by("metric").agg(pl.col("first_date").max()).iter_rows())


def find_partial_periods(
    metric_values: pl.DataFrame,
    needed: Mapping[str, Sequence[str]],
    beginnings: Collection[Beginning],
    ends: Mapping[str, date],
) -> pl.DataFrame:
    """`partial_periods`: periods before all data of a kind, those within which data begin, and closed ones to whose end
    they do not reach.

    A period within which they begin is whole all the same if at most a tenth of its days lie before, or if these may
    have been quiet ones (`Beginning.quiet_days`): weekends, or the weeks between two bookings of a month.

    Args:
        metric_values: rows of `metric_values`.
        needed: metric -> kinds of data that it counts, as `data_needed` gives them.
        beginnings: where the data of each source begin.
        ends: kind of data -> last day of which it tells, of those that end before a day that somebody chose.
    """
    begun = _of_metrics(needed, beginnings)
    start, first = pl.col("period_start_date"), pl.col("first_date")
    is_before = pl.col("period_end_date") < first
    lacking = (first - start).dt.total_days()
    length = (pl.col("period_end_date") - start).dt.total_days() + 1
    is_within = ~is_before & (lacking > pl.col("quiet_days")) & (lacking * _SHARE > length)
    overall = metric_values.filter(pl.col("dimension") == Dimension.OVERALL.value)
    late = (
        overall.select(*_PERIOD, "period_end_date")
        .join(begun, on="metric")
        .filter((is_before & pl.col("is_earliest")) | is_within)
        .sort(*_PERIOD, "data_order", "source")
        .group_by(_PERIOD, maintain_order=True)
        .agg(
            first.max().alias("told_from_date"),
            pl.col("data").unique(maintain_order=True).str.join(", ").alias("last_begun_data"),
            pl.col("source").unique(maintain_order=True).str.join(", ").alias("last_begun_sources"),
        )
    )
    return (
        late.join(_cut_short(overall, needed, ends), on=_PERIOD, how="full", coalesce=True)
        .sort(_PERIOD)
        .select(list(polars_schema(partial_periods)))
    )


def _cut_short(overall: pl.DataFrame, needed: Mapping[str, Sequence[str]], ends: Mapping[str, date]) -> pl.DataFrame:
    """Closed periods that do not lie within what data tell of: `_PERIOD`, `told_until_date` and `ended_data`."""
    of_metrics = pl.DataFrame(
        [(metric, data, ends[data]) for metric, kinds in needed.items() for data in kinds if data in ends],
        schema={"metric": pl.String, "data": pl.String, "end_date": pl.Date},
        orient="row",
    )
    return (
        overall.filter("is_period_closed")
        .select(*_PERIOD, "period_end_date")
        .join(of_metrics, on="metric", maintain_order="left_right")
        .filter(pl.col("end_date") < pl.col("period_end_date"))
        .group_by(_PERIOD, maintain_order=True)
        .agg(
            pl.col("end_date").min().alias("told_until_date"),
            pl.col("data").str.join(", ").alias("ended_data"),
        )
    )


def _of_metrics(needed: Mapping[str, Sequence[str]], beginnings: Collection[Beginning]) -> pl.DataFrame:
    """Every beginning that matters to a metric, and whether no other source of the kind begins before it."""
    earliest: dict[str, Beginning] = {}
    for one in beginnings:
        if one.data not in earliest or one.first_date < earliest[one.data].first_date:
            earliest[one.data] = one
    return pl.DataFrame(
        [
            (metric, one.data, _ORDER.index(one.data), one.source, one.first_date, one.quiet_days,
             one.first_date == earliest[one.data].first_date)
            for metric, kinds in needed.items()
            for one in beginnings
            if one.data in kinds
        ],
        schema={"metric": pl.String, "data": pl.String, "data_order": pl.Int64, "source": pl.String,
                "first_date": pl.Date, "quiet_days": pl.Int64, "is_earliest": pl.Boolean},
        orient="row",
    )  # fmt: skip
