"""Eligible records that are not measured, counted by metric, month, source and reason.

Who is eligible and what measuring needs is said where metrics are measured (`metrics.populations`,
`metrics.measuring.record_cells`); here the same records are asked why. A record that several rules set aside has all of
them for its reason. What the gap does to a metric's bounds is in `metrics.instrumentation.widths`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import polars as pl

from metrics.instrumentation.inexact import count_in_several_months, count_inexact
from metrics.instrumentation.reasons import ENDED_AT, HISTORY, missing_value, needed_values, reason_name
from metrics.instrumentation.stocks import count_stock_in_doubt, count_unknown_stock, stock_width
from metrics.kinds import (
    PLAN_KINDS,
    BoundedSum,
    Concentration,
    CostSum,
    NetCount,
    RunningShare,
    Stock,
    TimeShare,
    UnitCost,
)
from metrics.measuring.cells import DAY
from metrics.measuring.fact_records import eligible_on_days, fact_or_empty, records_of
from metrics.measuring.record_cells import contributions
from metrics.measuring.running_shares import counts_in
from metrics.periods import Reporting, local_date, period_start
from metrics.populations import RESOLVED_TICKETS
from metrics.spec import Metric, Population
from models.vocabulary import ClockGap, Grain

#: Stands between the reasons of one record.
SEPARATOR: Final = "\n"
#: Reason of a record that was set aside by no rule that is known: it was made of records that were.
DERIVED: Final = "set_aside"

#: Fact -> staged table whose records can be set aside, and the fact's column with their key.
RECORDS_OF_FACTS: Final[Mapping[str, tuple[str, str]]] = {
    "fct_tickets": ("stg_tickets", "ticket_id"),
    "fct_sla_clocks": ("stg_tickets", "ticket_id"),
    "fct_ticket_days": ("stg_tickets", "ticket_id"),
    "fct_ticket_delays": ("stg_tickets", "ticket_id"),
    "fct_cost_lines": ("stg_cost_lines", "cost_line_id"),
    "fct_budget_lines": ("stg_budget_lines", "budget_line_id"),
    "fct_deliveries": ("stg_deliveries", "delivery_id"),
    "fct_vendor_invoice_lines": ("stg_vendor_invoice_lines", "vendor_invoice_line_id"),
    "fct_vendor_recoverables": ("stg_vendor_invoice_lines", "vendor_invoice_line_id"),
}

UNMEASURED: Final = pl.Schema(
    {
        "metric": pl.String,
        "period_start_date": pl.Date,
        "source": pl.String,
        "table_name": pl.String,
        "reasons": pl.String,
        "record_count": pl.Int64,
        "span": pl.Float64,
        "source_eligible_count": pl.Int64,
    }
)
#: Stands between source and reasons while they are one text.
_UNIT: Final = "\x1f"
_KEY: Final = ["metric", "period_start_date", "source", "table_name", "reasons"]


def count_unmeasured(
    metrics: Sequence[Metric],
    facts: Mapping[str, pl.DataFrame],
    set_aside: pl.DataFrame,
    reporting: Reporting,
    *,
    counts_tickets: bool = True,
) -> pl.DataFrame:
    """Unmeasured records of each metric by month, source and reasons.

    Args:
        metrics: what to look at; of plans nothing is known by record.
        facts: core tables by name, with the columns that `metrics.measuring.needed_columns` names and those of
            `columns_of_gaps`.
        set_aside: `table_name`, `record_id`, `rule_id`, one row per record set aside and rule.
        reporting: how periods are cut, and how far the data of these metrics reach.
        counts_tickets: whether the transactions of cost per transaction are resolved tickets.

    Returns:
        `UNMEASURED`: `reasons` are rules, or what is missing, joined by `SEPARATOR`; `span` is what the records add to
        the distance between the bounds in the metric's own arithmetic, up to a factor, where that differs by record.
        It is empty where one of them limits nothing. Of records that are measured, but not exactly, it is what
        they alone set apart, in the metric's unit. `source_eligible_count` are the eligible records of the same
        month and source; empty where records lie in many months.
    """
    reasons = _reasons_by_record(set_aside)
    found = list(_of_populations(metrics, facts, reasons, reporting))
    found += _of_stocks([metric for metric in metrics if isinstance(metric.kind, Stock)], facts, reasons, reporting)
    costs = [metric for metric in metrics if isinstance(metric.kind, CostSum | UnitCost)]
    if costs:
        found += _of_costs(costs, facts, reasons, reporting, counts_tickets=counts_tickets)
    frames = [pl.concat([pl.DataFrame(schema=UNMEASURED), frame], how="diagonal_relaxed") for frame in found]
    spans = pl.when(pl.col("span").is_not_null().all()).then(pl.col("span").sum())
    eligible = pl.when(pl.col("source_eligible_count").count() > 0).then(pl.col("source_eligible_count").sum())
    counted = pl.concat([pl.DataFrame(schema=UNMEASURED), *(frame.cast(UNMEASURED) for frame in frames)])
    return (
        counted.group_by(_KEY).agg(pl.col("record_count").sum(), span=spans, source_eligible_count=eligible).sort(_KEY)
    )


def columns_of_gaps(fact: str) -> tuple[str, ...]:
    """Columns of a fact that are needed here beside those that measuring needs."""
    key = RECORDS_OF_FACTS.get(fact, ("", ""))[1]
    return tuple(name for name in (key, "source", "has_history", "is_quarantined", "unknown_since_at") if name)


def _reasons_by_record(set_aside: pl.DataFrame) -> pl.DataFrame:
    return (
        set_aside.select("table_name", "record_id", "rule_id")
        .unique()
        .sort("rule_id")
        .group_by("table_name", "record_id", maintain_order=True)
        .agg(rules=pl.col("rule_id").str.join(SEPARATOR))
    )


def _of_populations(
    metrics: Sequence[Metric], facts: Mapping[str, pl.DataFrame], reasons: pl.DataFrame, reporting: Reporting
) -> Iterator[pl.DataFrame]:
    of_records = [metric for metric in metrics if not isinstance(metric.kind, (Stock, CostSum, UnitCost, *PLAN_KINDS))]
    by_fact: dict[str, dict[Population, list[Metric]]] = {}
    for metric in of_records:
        by_fact.setdefault(metric.fact, {}).setdefault(metric.population, []).append(metric)
        if isinstance(metric.kind, NetCount):
            by_fact.setdefault(metric.kind.less.fact, {}).setdefault(metric.kind.less, []).append(metric)
    for fact, populations in by_fact.items():
        records = _with_source(records_of(facts, fact), facts)
        named = _with_rules(records, fact, reasons)
        for population, members in populations.items():
            yield from _of_population(named, population, members, reporting)


def _with_source(records: pl.DataFrame, facts: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Records with the source that told of them; that of a ticket's clocks stands with the ticket."""
    if "source" in records.columns:
        return records
    if "ticket_id" in records.columns:
        sources = fact_or_empty(facts, "fct_tickets").select("ticket_id", "source")
        return records.join(sources, on="ticket_id", how="left", maintain_order="left")
    return records.with_columns(source=pl.lit(None, dtype=pl.String))


def _with_rules(records: pl.DataFrame, fact: str, reasons: pl.DataFrame) -> pl.DataFrame:
    """Records with `rules`, which set them aside, and the table whose records they are: the staged one of the rules."""
    table, key = RECORDS_OF_FACTS.get(fact, ("", ""))
    own = fact.removeprefix("fct_")
    if not key:
        return records.with_columns(rules=pl.lit(None, dtype=pl.String), table_name=pl.lit(own))
    of_table = reasons.filter(pl.col("table_name") == table).select(pl.col("record_id").alias(key), "rules")
    return records.join(of_table, on=key, how="left", maintain_order="left").with_columns(
        table_name=pl.when(pl.col("rules").is_not_null())
        .then(pl.lit(table.removeprefix("stg_")))
        .otherwise(pl.lit(own))
    )


def _of_population(
    records: pl.DataFrame, population: Population, metrics: Sequence[Metric], reporting: Reporting
) -> Iterator[pl.DataFrame]:
    on_days = eligible_on_days(records, population, reporting)
    eligible = on_days.with_columns(period_start(pl.col(DAY), Grain.MONTH).alias("period_start_date")).collect()
    sizes = eligible.group_by("period_start_date", pl.col("source").fill_null("")).agg(source_eligible_count=pl.len())
    elsewhere = count_in_several_months(eligible, population, reporting)
    done: dict[str, pl.DataFrame] = {}
    for metric in metrics:
        if elsewhere is not None:
            yield elsewhere.with_columns(metric=pl.lit(metric.name), source_eligible_count=None)
        needed = [] if isinstance(metric.kind, NetCount) else needed_values(metric)
        key = SEPARATOR.join([*needed, type(metric.kind).__name__ if _has_span(metric) else ""])
        if key not in done:
            found = _count(eligible, metric, needed, population.is_placed)
            done[key] = found.join(sizes, on=["period_start_date", "source"], how="left")
        yield done[key].with_columns(metric=pl.lit(metric.name))
        inexact = count_inexact(eligible.filter(population.is_placed), metric)
        if inexact is not None:
            sized = inexact.join(sizes, on=["period_start_date", "source"], how="left")
            yield sized.with_columns(metric=pl.lit(metric.name))


def _has_span(metric: Metric) -> bool:
    return isinstance(metric.kind, TimeShare | BoundedSum)


def _count(eligible: pl.DataFrame, metric: Metric, needed: list[str], is_placed: pl.Expr) -> pl.DataFrame:
    is_measured, span = _measuring(metric, needed)
    missing = missing_value(needed, has_history="has_history" in eligible.columns)
    if "not_told" in eligible.columns:
        missing = pl.coalesce(pl.col("not_told").cast(pl.String), missing)
    if is_placed.meta.root_names():
        is_lost = pl.col("unknown_since_at").is_not_null()
        undated = pl.when(is_lost).then(pl.lit(ClockGap.WHEREABOUTS.value)).otherwise(pl.lit(ENDED_AT))
        missing = pl.when(is_placed).then(missing).otherwise(undated)
    told = pl.format("{}.{}.measured", "table_name", missing)
    reasons = pl.when("is_quarantined").then(pl.col("rules").fill_null(DERIVED)).otherwise(told)
    spans = pl.when(pl.col("span").is_not_null().all()).then(pl.col("span").sum())
    # In one piece: of a part that has no such record Polars 2 cannot put texts together with one that all share.
    found = eligible.filter(pl.col("is_quarantined") | ~is_measured | ~is_placed).rechunk()
    return (
        found.lazy()
        .select(
            "period_start_date",
            "table_name",
            pl.col("source").fill_null(""),
            reasons.alias("reasons"),
            # What a record that was set aside, or lies nobody knows where, says of itself bounds nothing.
            span=pl.when(~pl.col("is_quarantined") & is_placed).then(span) if _has_span(metric) else pl.lit(1.0),
        )
        .group_by("period_start_date", "source", "table_name", "reasons")
        .agg(record_count=pl.len(), span=spans)
        .collect()
    )


def _measuring(metric: Metric, needed: Sequence[str]) -> tuple[pl.Expr, pl.Expr]:
    """Whether a record is measured, and what it adds to the distance between the bounds if it is not."""
    nothing = pl.lit(None, dtype=pl.Float64)
    match metric.kind:
        case NetCount():
            return pl.lit(True), nothing
        case Concentration():
            return pl.all_horizontal(pl.col(name).is_not_null() for name in needed), nothing
        case RunningShare(is_understated=flag):
            return counts_in(metric.kind) & ~pl.col(flag), nothing
        case TimeShare():
            parts = contributions([metric])
            part = next(expression for key, expression in parts.items() if key.endswith(".part"))
            return part.is_not_null(), metric.kind.whole_at_most.cast(pl.Float64)
        case BoundedSum(amount=amount, least=least, greatest=greatest):
            return pl.col(amount).is_not_null(), (pl.col(greatest) - pl.col(least)).cast(pl.Float64)
        case _:
            parts = contributions([metric])
            measured = [expression.is_not_null() for key, expression in parts.items() if key != "counted"]
            return pl.all_horizontal(measured) if measured else pl.lit(True), nothing


def _of_stocks(
    metrics: Sequence[Metric], facts: Mapping[str, pl.DataFrame], reasons: pl.DataFrame, reporting: Reporting
) -> Iterator[pl.DataFrame]:
    """Tickets whose category is not known at the end of each month, and those that exports leave open."""
    if not metrics:
        return
    tickets = _with_rules(fact_or_empty(facts, "fct_tickets"), "fct_tickets", reasons).with_columns(
        reasons=pl.when("is_quarantined")
        .then(pl.col("rules").fill_null(DERIVED))
        .when("has_history")
        .then(pl.lit(reason_name("tickets", ClockGap.WHEREABOUTS.value)))
        .otherwise(pl.lit(reason_name("tickets", HISTORY)))
    )
    unknown = count_unknown_stock(tickets, reporting)
    in_doubt = count_stock_in_doubt(fact_or_empty(facts, "fct_ticket_intervals"), tickets, reporting)
    for metric in metrics:
        yield unknown.with_columns(metric=pl.lit(metric.name))
        yield stock_width(in_doubt, metric).with_columns(metric=pl.lit(metric.name))


def _of_costs(
    metrics: Sequence[Metric],
    facts: Mapping[str, pl.DataFrame],
    reasons: pl.DataFrame,
    reporting: Reporting,
    *,
    counts_tickets: bool,
) -> Iterator[pl.DataFrame]:
    """Cost lines that could not be used, in each month that they lie in; and transactions that were set aside."""
    start = pl.coalesce("cost_start_date", "posting_date")
    lines = _with_rules(fact_or_empty(facts, "fct_cost_lines"), "fct_cost_lines", reasons)
    told = pl.lit(reason_name("cost_lines", "amount"))
    unusable = (
        lines.filter(pl.col("is_quarantined") | pl.col("amount_reporting").is_null())
        .select(
            "source",
            "table_name",
            reasons=pl.when("is_quarantined").then(pl.col("rules").fill_null(DERIVED)).otherwise(told),
            start=start.dt.month_start(),
            end=pl.max_horizontal(start, pl.coalesce("cost_end_date", start)).dt.month_start(),
        )
        .drop_nulls("start")
        .with_columns(period_start_date=pl.date_ranges("start", "end", interval="1mo"))
        .explode("period_start_date")
        .group_by("period_start_date", "source", "table_name", "reasons")
        .agg(record_count=pl.len(), span=pl.len().cast(pl.Float64))
    )
    for metric in metrics:
        yield unusable.with_columns(metric=pl.lit(metric.name))
        if isinstance(metric.kind, UnitCost) and counts_tickets:
            tickets = _with_rules(fact_or_empty(facts, "fct_tickets"), "fct_tickets", reasons)
            aside = tickets.filter("is_quarantined")
            completed = local_date(RESOLVED_TICKETS.period, reporting.time_zone)
            yield (
                aside.filter(RESOLVED_TICKETS.is_eligible)
                .select(
                    pl.lit(metric.name).alias("metric"),
                    period_start(completed, Grain.MONTH).alias("period_start_date"),
                    "source",
                    "table_name",
                    reasons=pl.col("rules").fill_null(DERIVED),
                )
                .drop_nulls("period_start_date")
                .group_by(_KEY)
                .agg(record_count=pl.len(), span=pl.len().cast(pl.Float64))
            )
