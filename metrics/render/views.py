"""SQL of the views that people and BI tools read: one per metric over `metric_values`, one per fact.

The text is DuckDB's (1.4 and later) for the published file, where facts are in the schema `core`, metric values in
`mart`, and the `meta_` tables in the schema `meta` without their prefix. Writing the files is `pipelines.generate`'s
work; creating the views is the publication's.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Column, Table

from metrics.registry import METRICS
from metrics.spec import Metric
from models import finance, planning, tickets, vendor_ledger, vendor_performance, vendors
from models.ddl import quote_text
from models.marts import meta_metrics, metric_values

GENERATED_FROM: Final = "by `python -m pipelines.generate`; a test fails if it was edited by hand"

#: Facts that have a view with durations in hours, by the view's name.
FACT_VIEWS: Final[dict[str, Table]] = {
    "ticket_facts": tickets.fct_tickets,
    "ticket_interval_facts": tickets.fct_ticket_intervals,
    "ticket_day_facts": tickets.fct_ticket_days,
    "sla_clock_facts": tickets.fct_sla_clocks,
    "cost_line_facts": finance.fct_cost_lines,
    "cost_allocation_facts": finance.fct_cost_allocations,
    "transaction_facts": finance.fct_transactions,
    "budget_line_facts": planning.fct_budget_lines,
    "budget_variance": planning.fct_budget_variances,
    "year_end_forecasts": planning.fct_year_end_forecasts,
    "rework_cost_facts": planning.fct_rework_costs,
    "ticket_delay_facts": planning.fct_ticket_delays,
    "initiative_lines": planning.fct_initiative_lines,
    "initiative_months": planning.fct_initiative_months,
    "initiative_returns": planning.fct_initiative_returns,
    "unit_cost_bridges": planning.fct_unit_cost_bridges,
    "contract_promise_facts": vendors.fct_contract_promises,
    "delivery_facts": vendors.fct_deliveries,
    "vendor_contracts": vendor_ledger.fct_vendor_contracts,
    "vendor_rates": vendor_ledger.fct_vendor_rates,
    "vendor_invoice_line_facts": vendors.fct_vendor_invoice_lines,
    "purchase_orders": vendor_ledger.fct_purchase_orders,
    "invoice_duplicate_suspects": vendor_ledger.fct_invoice_duplicate_suspects,
    "vendor_commitments": vendor_ledger.fct_vendor_commitments,
    "vendor_commitment_months": vendor_ledger.fct_vendor_commitment_months,
    "service_credits": vendor_performance.fct_service_credits,
    "service_credit_clocks": vendor_performance.fct_service_credit_clocks,
    "service_credit_notes": vendor_performance.fct_service_credit_notes,
    "vendor_recoverable_facts": vendor_performance.fct_vendor_recoverables,
}

_MICROSECONDS: Final = "_microseconds"
_WIDTH: Final = 116

#: Columns of a KPI view that come from `metric_values`, in the order in which a reader wants them.
_VALUE_COLUMNS: Final = (
    "period_grain",
    "period_start_date",
    "period_end_date",
    "is_period_closed",
    "dimension",
    "dimension_value",
    "value",
    "unit",
    "numerator",
    "denominator",
    "lower_bound",
    "upper_bound",
    "eligible_count",
    "measured_count",
    "coverage_ratio",
    "metric",
    "metric_version",
)

_META_COLUMNS: Final = ("aggregation", "publication_state", "held_reason", "held_since_at", "fresh_as_of_at")

#: What readers of a fact have to know beside what one row is.
_EVIDENCE: Final = (
    "Evidence, not a KPI: rows of the latest data, also those that a held KPI would count; what they add up to is not "
    "what is published while it is held (see meta.metrics)."
)

_IS_HELD: Final = "coalesce(definition.publication_state = 'held', false)"


def mart_views(metrics: Sequence[Metric] = METRICS) -> dict[str, str]:
    """SQL of all views of the schema `mart`, by name: those over facts, then one per metric."""
    over_facts = {name: fact_view(name, fact) for name, fact in FACT_VIEWS.items()}
    return over_facts | {metric.view: kpi_view(metric) for metric in metrics}


def kpi_view(metric: Metric) -> str:
    """The view of one metric: every period and breakdown, with its parts, its bounds and whether it is held back."""
    name = f"mart.{metric.view}"
    population = metric.population
    header = commented(
        f"Generated from metrics/registry.py {GENERATED_FROM}.",
        "",
        metric.label,
        metric.meaning,
        f"Formula: {metric.formula}",
        f"Counted: {population.eligibility}",
        f"Period: {metric.period_date}, in the reporting time zone.",
        f"Unit: {metric.unit.label}. Owner: {metric.owner}. Version {metric.version}.",
        f"To combine cells: {metric.aggregation.rule}.",
    )
    columns, body = _kpi_parts(metric, "mart.metric_values", "meta.metrics")
    comments = {
        "label": "Short name for people",
        **_comments(metric_values, _VALUE_COLUMNS),
        **_comments(meta_metrics, _META_COLUMNS),
        "is_held": "Whether a contract holds the metric back: the values are then those of fresh_as_of_at",
        "value": f"{metric.label}, {metric.unit.label}. {metric.meaning}",
    }
    return view_text(name, header, columns, f"{body};", f"{metric.label}. {metric.meaning} {metric.formula}", comments)


def kpi_select(metric: Metric, *, values: str, definitions: str) -> str:
    """The query of a metric's view, for DuckDB and PostgreSQL alike.

    Args:
        values: table that stands for `mart.metric_values`, quoted.
        definitions: table that stands for `meta.metrics`, quoted.
    """
    columns, body = _kpi_parts(metric, values, definitions)
    select = ",\n".join(columns)
    return f"SELECT\n{select}\n{body}"


def _kpi_parts(metric: Metric, values: str, definitions: str) -> tuple[list[str], str]:
    """Columns of a metric's view, and where they come from."""
    columns = [
        f"    {quote_text(metric.label)} AS label",
        *(f"    measured.{column}" for column in _VALUE_COLUMNS),
        *(f"    definition.{column}" for column in _META_COLUMNS),
        f"    {_IS_HELD} AS is_held",
    ]
    body = (
        f"FROM {values} AS measured\n"
        f"LEFT JOIN {definitions} AS definition ON definition.metric = measured.metric\n"
        f"WHERE measured.metric = {quote_text(metric.name)}"
    )
    return columns, body


def fact_view(name: str, fact: Table) -> str:
    """The view of a fact: the same rows and columns, durations in hours instead of microseconds."""
    has_durations = any(column.name.endswith(_MICROSECONDS) for column in fact.columns)
    header = commented(
        f"Generated from models/ {GENERATED_FROM}.",
        "",
        fact.comment or "",
        *(["Durations are stored in whole microseconds; 3.6e9 of them are an hour."] if has_durations else []),
    )
    columns = [f"    {_in_hours(column)}" for column in fact.columns]
    comments = {_hours_name(column): column.comment or "" for column in fact.columns}
    comment = f"{fact.comment or ''} {_EVIDENCE}".strip()
    return view_text(f"mart.{name}", header, columns, f"FROM {fact.schema}.{fact.name};", comment, comments)


def view_text(
    name: str, header: str, columns: Iterable[str], body: str, comment: str, column_comments: dict[str, str]
) -> str:
    """Statements that create a view and comment it and its columns.

    Args:
        name: schema and name.
        header: comment lines that the file begins with.
        columns: one expression per column, indented.
        body: the query from FROM on, with its semicolon.
        comment: what one row is.
        column_comments: meaning of each column, by its name.
    """
    statements = [
        f"COMMENT ON VIEW {name} IS {quote_text(comment)};",
        *(f"COMMENT ON COLUMN {name}.{column} IS {quote_text(text)};" for column, text in column_comments.items()),
    ]
    select = ",\n".join(columns)
    return f"{header}\nCREATE OR REPLACE VIEW {name} AS\nSELECT\n{select}\n{body}\n\n" + "\n".join(statements) + "\n"


def commented(*paragraphs: str) -> str:
    """Paragraphs as comment lines of SQL."""
    lines = [line for paragraph in paragraphs for line in textwrap.wrap(paragraph, _WIDTH) or [""]]
    return "\n".join(f"-- {line}".rstrip() for line in lines)


def _comments(table: Table, columns: Iterable[str]) -> dict[str, str]:
    return {column: table.columns[column].comment or "" for column in columns}


def _hours_name(column: Column[Any]) -> str:
    if column.name.endswith(_MICROSECONDS):
        return column.name.removesuffix(_MICROSECONDS) + "_hours"
    return column.name


def _in_hours(column: Column[Any]) -> str:
    if column.name.endswith(_MICROSECONDS):
        return f"{column.name} / 3.6e9 AS {_hours_name(column)}"
    return column.name
