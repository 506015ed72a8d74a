"""In which KPIs and periods one record counts, and what it contributes: asked of the same queries that audit values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from metrics.costs.policy import CountedFact, TransactionKind
from metrics.kinds import NetCount
from metrics.periods import Grain, Period, period_holding
from metrics.registry import METRICS
from metrics.render.record_view_sql import RECORD_DATE
from metrics.render.record_views import RECORD_VIEWS
from metrics.spec import Metric
from models.ddl import quote_text
from pipelines.explaining.cost_lines import IN_PERIOD, lines_in
from pipelines.explaining.holds import withheld_with
from pipelines.explaining.kinds_of_records import RecordKind
from pipelines.explaining.records import (
    IS_MEASURED,
    WHY_NOT,
    contributing_columns,
    is_measured,
    view_query,
)
from pipelines.published.rows import read_rows

if TYPE_CHECKING:
    import duckdb

    from metrics.render.record_view_sql import RecordView

#: Months of a long cost line that are told one by one.
_MOST_MONTHS: Final = 24
_VARIANCES: Final = ("cost_budget_variance_reporting", "cost_budget_variance_ratio")


@dataclass(frozen=True, slots=True)
class Counted:
    """What a record contributes to some KPIs.

    Attributes:
        day: that decides its period.
        period: the month of that day, under its ISO name.
        contributes: columns and values.
        metrics: the KPIs.
        not_measured_because: why it counts and is not measured; None if it is.
        withheld_with: held KPIs because of which nothing is told of what it contributes: these themselves, or those
            with which they share columns. Empty where it is told.
    """

    day: date
    period: str
    contributes: dict[str, Any]
    metrics: tuple[str, ...]
    not_measured_because: str | None = None
    withheld_with: tuple[str, ...] = ()


def counted_in(
    connection: duckdb.DuckDBPyConnection,
    kind: RecordKind,
    key: str,
    fact: dict[str, Any],
    currency: str,
    counted: TransactionKind | CountedFact | None,
    held: frozenset[str],
) -> list[Counted]:
    """Everything that the record counts in, the earliest day first. What the gate holds is one row of each day.

    Args:
        connection: to a published file.
        fact: its row.
        currency: the reporting currency.
        counted: what the home's policy counts as transactions; None if that is not known.
        held: KPIs that the gate holds.
    """
    found: list[Counted] = []
    for view in RECORD_VIEWS:
        column = _key_in(view, kind)
        if column is not None:
            found += _in_view(connection, view, f"{column} = {quote_text(key)}")
    if kind.fact.name == "fct_tickets":
        found += _in_stocks(connection, key)
    elif kind.fact.name == "fct_cost_lines":
        found += _in_costs(connection, fact, key, currency)
    elif kind.fact.name == "fct_budget_lines":
        found += _in_budgets(fact)
    found += _in_net_flow(found)
    found += _as_transaction(kind, found, counted)
    return sorted(_withhold(found, held), key=lambda each: (each.day, each.metrics))


def _withhold(found: list[Counted], held: frozenset[str]) -> list[Counted]:
    """The same without what may not be told while some KPIs are held: their columns are empty, or of today."""
    if not held:
        return found
    withheld = {metric.name: withheld_with(metric, held) for metric in METRICS}
    told, kept_back = [], {}
    for each in found:
        names = tuple(name for name in each.metrics if not withheld[name])
        if names:
            told.append(replace(each, metrics=names))
        for name in each.metrics:
            if withheld[name]:
                # Each that is held for itself, and others by what they share.
                because = () if name in held else withheld[name]
                kept_back.setdefault((each.day, each.period, because), set()).add(name)
    return told + [
        Counted(day, period, {}, ordered, None, because or ordered)
        for (day, period, because), names in kept_back.items()
        for ordered in [tuple(metric.name for metric in METRICS if metric.name in names)]
    ]


def _key_in(view: RecordView, kind: RecordKind) -> str | None:
    """The column of a view's query, in SQL, that names a record of the kind."""
    if kind.key in view.keys:
        return f"record.{kind.key}"
    # An invoice line or a service credit is the proof of an amount to recover.
    return f"fact.{kind.key}" if kind.key in view.fact.columns and view.name == "recoverable_records" else None


def _in_view(connection: duckdb.DuckDBPyConnection, view: RecordView, condition: str) -> list[Counted]:
    alike: dict[tuple[object, ...], list[Metric]] = {}
    for metric in METRICS:
        if metric.population in view.populations and not isinstance(metric.kind, NetCount):
            columns = contributing_columns(metric)
            alike.setdefault((metric.population, columns, is_measured(metric, columns[0])), []).append(metric)
    found = []
    for metrics in alike.values():
        part, whole = contributing_columns(metrics[0])
        names = tuple(metric.name for metric in metrics)
        for row in read_rows(connection, view_query(metrics[0], view, [condition])):
            contributes = {name: row[name] for name in (part, whole) if name is not None}
            found.append(_counted(row[RECORD_DATE], contributes, names, None if row[IS_MEASURED] else row[WHY_NOT]))
    return found


def _counted(day: date, contributes: dict[str, Any], metrics: tuple[str, ...], why_not: str | None = None) -> Counted:
    return Counted(day, period_holding(day, Grain.MONTH).name, contributes, metrics, why_not)


def _in_net_flow(found: list[Counted]) -> list[Counted]:
    """A ticket that counts as created adds one to net flow, and one that counts as resolved takes one."""
    signs = {"ticket_created_count": 1, "ticket_resolved_count": -1}
    return [
        replace(each, contributes={"change_count": signs[name]}, metrics=("ticket_net_flow_count",))
        for each in found
        for name in each.metrics
        if name in signs
    ]


def _as_transaction(
    kind: RecordKind, found: list[Counted], counted: TransactionKind | CountedFact | None
) -> list[Counted]:
    """A resolved ticket is a transaction over which cost is divided, where the policy counts tickets."""
    if kind.fact.name != "fct_tickets" or counted is not TransactionKind.RESOLVED_TICKETS:
        return []
    names = ("cost_per_transaction_reporting", "cost_of_rework_reporting", "cost_of_rework_ratio")
    return [
        replace(each, contributes={"transaction_count": 1}, metrics=names)
        for each in found
        if "ticket_resolved_count" in each.metrics
    ]


def _in_stocks(connection: duckdb.DuckDBPyConnection, key: str) -> list[Counted]:
    """The days at whose end a ticket was in work, by stretches of one state."""
    rows = read_rows(
        connection,
        """
        SELECT stretch.status_category AS state,
            CAST(timezone(run.reporting_time_zone, stretch.started_at) AS DATE) AS first_day,
            CAST(timezone(
                run.reporting_time_zone,
                CASE WHEN stretch.is_last THEN ticket.unknown_since_at ELSE stretch.ended_at END
            ) AS DATE) AS gone_day
        FROM core.fct_ticket_intervals AS stretch
        JOIN core.fct_tickets AS ticket ON ticket.ticket_id = stretch.ticket_id
        CROSS JOIN meta.run AS run
        WHERE stretch.ticket_id = $key AND stretch.status_category IN ('queued', 'active', 'waiting')
            AND ticket.has_history AND NOT ticket.is_quarantined
        ORDER BY stretch.started_at
        """,
        {"key": key},
    )
    names = {"queued": "ticket_backlog_count", "active": "ticket_active_count", "waiting": "ticket_waiting_count"}
    found = []
    for row in rows:
        if row["gone_day"] is None or row["gone_day"] > row["first_day"]:
            until = "from then on" if row["gone_day"] is None else f"from then on, until before {row['gone_day']}"
            metrics = (names[row["state"]], "ticket_work_in_progress_count")
            found.append(_counted(row["first_day"], {row["state"]: until}, metrics))
    return found


def _in_costs(connection: duckdb.DuckDBPyConnection, line: dict[str, Any], key: str, currency: str) -> list[Counted]:
    """What of a cost line lies in each month, and whether drivers took its pool there."""
    if line["cost_start_date"] is None or line["cost_end_date"] is None:
        return []
    found = []
    month = period_holding(line["cost_start_date"], Grain.MONTH)
    while month.start <= line["cost_end_date"] and len(found) < _MOST_MONTHS:
        query = lines_in(month, currency, f"line.cost_line_id = {quote_text(key)}")
        for row in read_rows(connection, query):
            metrics = ("cost_total_reporting", *_of_pool(connection, row["cost_pool"], month), *_VARIANCES)
            contributes = {IN_PERIOD: row[IN_PERIOD], "cost_pool": row["cost_pool"]}
            found.append(_counted(month.start, contributes, metrics, row[WHY_NOT]))
        month = month.following
    return found


def _of_pool(connection: duckdb.DuckDBPyConnection, pool: str, month: Period) -> tuple[str, ...]:
    """KPIs that the cost of a pool is in, by what became of it in a month."""
    rows = read_rows(
        connection,
        "SELECT DISTINCT is_allocated FROM core.fct_cost_allocations WHERE period_grain = 'month' "
        "AND period_start_date = $start AND cost_pool = $pool ORDER BY is_allocated DESC",
        {"start": month.start, "pool": pool},
    )
    names = {
        True: ("cost_allocated_reporting", "cost_per_transaction_reporting"),
        False: ("cost_unallocated_reporting",),
    }
    return tuple(name for row in rows for name in names[row["is_allocated"]])


def _in_budgets(line: dict[str, Any]) -> list[Counted]:
    """A budget line counts in its month; a forecast in none of these."""
    if line["month_date"] is None or line["kind"] == "forecast":
        return []
    why_not = "set aside by a rule" if line["is_quarantined"] else None
    amount = {"amount_reporting": line["amount_reporting"]}
    return [_counted(line["month_date"], amount, ("cost_budget_reporting", *_VARIANCES), why_not)]
