"""The values of metrics under the chosen filters.

Metrics are published overall and by one value of one breakdown. Those are read. What is chosen by several values or
several breakdowns is measured from the published facts by `metrics.measuring`, so that it means the same and has its
own coverage and bounds; to that end the chosen records get one value of a chosen breakdown, whose number is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date
from typing import Final

import polars as pl

from metrics.kinds import PLAN_KINDS, Concentration
from metrics.measuring.measure import measure
from metrics.measuring.needed_columns import needed_columns
from metrics.registry import METRICS
from metrics.spec import Metric
from models.catalog import table_named
from models.ddl import polars_schema
from models.marts import metric_values
from models.tickets import fct_ticket_intervals, fct_tickets
from models.vocabulary import BREAKDOWNS, NO_VALUE, Dimension
from pipelines.dashboard.filters import Filters
from pipelines.dashboard.snapshot import Snapshot

#: The mark of the chosen records.
_CHOSEN: Final = "chosen"

COLUMNS: Final = (
    "metric",
    "period_grain",
    "period_start_date",
    "is_period_closed",
    "dimension",
    "dimension_value",
    "value",
    "numerator",
    "denominator",
    "lower_bound",
    "upper_bound",
    "eligible_count",
    "measured_count",
    "coverage_ratio",
)


def days_of(snapshot: Snapshot, name: str, filters: Filters) -> Filters:
    """The filters with the days that are shown of a metric, and of what it is made of.

    While nobody has chosen days, those of a metric whose data end before them begin twelve months before the last
    period that is closed for it.
    """
    told = None if filters.are_days_chosen else snapshot.latest_periods(filters.grain.value).get(name)
    if told is None or told >= filters.first:
        return filters
    return replace(filters, first=date(told.year - 1, told.month, 1))


def read_values(snapshot: Snapshot, names: Sequence[str], filters: Filters) -> pl.DataFrame:
    """One row per metric and period of `days_of`, in order; metrics that cannot be had by these filters have none.

    Returns:
        `COLUMNS`.
    """
    breakdown = filters.published_breakdown
    if breakdown is None:
        return _measure_chosen(snapshot, names, filters)
    dimension, value = breakdown
    query = f"""
        SELECT {", ".join(COLUMNS)} FROM mart.metric_values
        JOIN (SELECT unnest($names) AS metric, unnest($firsts) AS first_date) USING (metric)
        WHERE period_grain = $grain AND dimension = $dimension
          AND dimension_value = $value AND period_start_date BETWEEN first_date AND $last
        ORDER BY metric, period_start_date
    """
    return snapshot.ask(
        query,
        {
            "names": list(names),
            "firsts": [days_of(snapshot, name, filters).first for name in names],
            "grain": filters.grain.value,
            "dimension": dimension.value,
            "value": value,
            "last": filters.last,
        },
    )


def read_breakdown(snapshot: Snapshot, name: str, dimension: Dimension, filters: Filters) -> pl.DataFrame:
    """The published values of a metric by one breakdown, only those of the chosen values if some are chosen."""
    chosen = filters.chosen.get(dimension.value)
    query = f"""
        SELECT {", ".join(COLUMNS)} FROM mart.metric_values
        WHERE metric = $name AND period_grain = $grain AND dimension = $dimension
          AND period_start_date BETWEEN $first AND $last
          AND ($is_all OR list_contains($chosen, dimension_value))
        ORDER BY period_start_date, dimension_value
    """
    return snapshot.ask(
        query,
        {
            "name": name,
            "grain": filters.grain.value,
            "dimension": dimension.value,
            "first": days_of(snapshot, name, filters).first,
            "last": filters.last,
            "is_all": chosen is None,
            "chosen": list(chosen or [""]),
        },
    )


def fade_partial(snapshot: Snapshot, values: pl.DataFrame) -> pl.DataFrame:
    """The rows as charts draw them: a period that data do not tell from its beginning on is not comparable, as one that
    is still open is not, and counts as open.

    Args:
        values: `COLUMNS`.
    """
    partial = snapshot.ask(
        "SELECT metric, period_grain, period_start_date, TRUE AS is_partial FROM mart.partial_periods"
    )
    is_whole = pl.col("is_period_closed") & pl.col("is_partial").is_null()
    return (
        values.join(partial, on=["metric", "period_grain", "period_start_date"], how="left", maintain_order="left")
        .with_columns(is_period_closed=is_whole)
        .drop("is_partial")
    )


def can_be_measured(metric: Metric, filters: Filters) -> bool:
    """Whether a metric has a value under filters that no published breakdown answers."""
    is_of_records = not isinstance(metric.kind, (Concentration, *PLAN_KINDS))
    is_published = filters.grain in metric.grains
    return is_of_records and is_published and {Dimension(name) for name in filters.chosen} <= set(metric.dimensions)


def _measure_chosen(snapshot: Snapshot, names: Sequence[str], filters: Filters) -> pl.DataFrame:
    state = {row["metric"]: row for row in snapshot.definitions().iter_rows(named=True)}
    marked = Dimension(next(iter(filters.chosen)))
    wanted = [
        replace(metric, grains=(filters.grain,), dimensions=(marked,))
        for metric in METRICS
        if metric.name in names
        # A held metric keeps the values of an older publication, which these facts no longer give.
        and state[metric.name]["publication_state"] == "published"
        and can_be_measured(metric, filters)
    ]
    frames = [polars_schema(metric_values).to_frame()]
    for reach in sorted({state[metric.name]["fresh_as_of_at"] for metric in wanted}):
        of_reach = [metric for metric in wanted if state[metric.name]["fresh_as_of_at"] == reach]
        facts = {
            fact: _mark_chosen(_read_fact(snapshot, fact, columns), filters, marked)
            for fact, columns in needed_columns(of_reach).items()
        }
        zone = snapshot.publication.time_zone
        frames.append(measure(of_reach, facts, time_zone=zone, as_of=reach.astimezone(UTC)))
    firsts = {metric.name: days_of(snapshot, metric.name, filters).first for metric in wanted}
    first = pl.col("metric").replace_strict(firsts, default=filters.first, return_dtype=pl.Date)
    measured = _close_as_published(snapshot, pl.concat(frames), marked, filters).filter(
        pl.col("dimension_value") == _CHOSEN,
        pl.col("period_start_date").is_between(first, filters.last),
        pl.col("period_grain") == filters.grain.value,
    )
    # Of periods that are published of nothing, such as those before the data, nothing is known of a part either.
    published = snapshot.ask(
        "SELECT DISTINCT metric, period_start_date FROM mart.metric_values WHERE period_grain = $grain",
        {"grain": filters.grain.value},
    )
    known = measured.join(published, on=["metric", "period_start_date"], how="semi")
    return known.select(COLUMNS).sort("metric", "period_start_date")


def _close_as_published(
    snapshot: Snapshot, measured: pl.DataFrame, marked: Dimension, filters: Filters
) -> pl.DataFrame:
    """The cells, closed when those of the published breakdown are: they may wait for more data than the whole."""
    still_open = snapshot.ask(
        """
        SELECT DISTINCT metric, period_start_date FROM mart.metric_values
        WHERE period_grain = $grain AND dimension = $dimension AND NOT is_period_closed
        """,
        {"grain": filters.grain.value, "dimension": marked.value},
    )
    keys = ["metric", "period_start_date"]
    is_closed = pl.col("is_period_closed") & pl.col("is_open").is_null()
    return (
        measured.join(still_open.with_columns(is_open=pl.lit(True)), on=keys, how="left")
        .with_columns(is_period_closed=is_closed)
        .drop("is_open")
    )


def _read_fact(snapshot: Snapshot, fact: str, columns: Sequence[str]) -> pl.DataFrame:
    own = [*columns, *(name for name in BREAKDOWNS if name not in columns)]
    schema = polars_schema(table_named(fact))
    told = [name for name in own if name in schema]
    if fact == fct_ticket_intervals.name:
        # A filter asks for the service of the ticket as well.
        of_stretch = ", ".join(f"stretch.{name}" for name in told)
        tickets = f"core.{fct_tickets.name} AS ticket ON ticket.ticket_id = stretch.ticket_id AND ticket.is_sampled"
        query = f"SELECT {of_stretch}, ticket.service FROM core.{fact} AS stretch JOIN {tickets}"
    else:
        query = f"SELECT {', '.join(told)} FROM core.{fact}"
    return snapshot.ask(query).cast({name: schema[name] for name in told})


def _mark_chosen(fact: pl.DataFrame, filters: Filters, marked: Dimension) -> pl.DataFrame:
    is_chosen = pl.all_horizontal(
        pl.lit(True),
        *(
            pl.col(name).fill_null(NO_VALUE).is_in(list(values)) if name in fact.columns else pl.lit(False)
            for name, values in filters.chosen.items()
        ),
    )
    return fact.with_columns(pl.when(is_chosen).then(pl.lit(_CHOSEN)).otherwise(pl.lit("")).alias(marked.value))
