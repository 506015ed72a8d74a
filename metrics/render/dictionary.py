"""The data dictionary: every metric, table and column in one Markdown page, from the records that declare them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Column, Table

from metrics.registry import METRICS
from metrics.render.described_views import DescribedView
from metrics.render.views import FACT_VIEWS, GENERATED_FROM
from metrics.spec import AS_OF_DATE, Direction, Metric
from models.catalog import tables_of
from models.ddl import sql_type
from models.vocabulary import Layer

_LAYERS: Final[dict[Layer, str]] = {
    Layer.RAW: (
        "Exports exactly as they came: one table `raw_<source>__<object>` per schema object of a contract, every "
        "column as text, with `_load_id`, `_file`, `_row_number` (the record's number in the file, the header being "
        "row 1) and `_row_hash`. The columns are those of the export, so they are not listed here."
    ),
    Layer.STG: "Exports as typed, canonical tables. Faults are still in them: the audit looks here.",
    Layer.CORE: (
        "Facts that metrics are computed from. Published too, in the schema `core`; the views below give their "
        "durations in hours."
    ),
    Layer.MART: "What is published: metric values, and the tables by which a reader can audit them.",
    Layer.OPS: "The pipeline's own memory in the build database. Not published.",
}

_DIRECTIONS: Final[dict[Direction, str]] = {
    Direction.UP_IS_GOOD: "up is good",
    Direction.DOWN_IS_GOOD: "down is good",
    Direction.NEUTRAL: "neither way is good in itself",
}

_INTRODUCTION: Final = """\
# Data dictionary

What every metric, table and column of the warehouse means. Generated from `metrics/registry.py` and `models/`
{generated_from}.

A column's unit stands last in its name. Instants (`_at`) are UTC with microseconds, dates (`_date`) calendar dates;
money is decimal, `_original` in the currency of the row and `_reporting` in the reporting currency of the home.

"""

_METRICS_HEADING: Final = """\
## Metrics

Each is a view `mart.kpi_<metric>` of the published warehouse, with values by day, week, month and quarter. Beside every
value stand the counts of records that should and could be measured, and the interval in which the true value must lie
whatever the unmeasured records were.

"""

_VIEWS_HEADING: Final = """\
## Views

Beside the views of metrics and facts, the schema `mart` of the published warehouse has these. Their SQL is in
`sql/views/mart`.

"""


def data_dictionary(metrics: Sequence[Metric] = METRICS, views: Sequence[DescribedView] = ()) -> str:
    """The whole page as Markdown.

    Args:
        metrics: metrics to explain.
        views: views that are written by hand; the generated ones are explained with their metric or fact.
    """
    parts = [
        _INTRODUCTION.format(generated_from=GENERATED_FROM),
        _contents(metrics, views),
        _METRICS_HEADING,
        *(_metric_section(metric) for metric in metrics),
        _VIEWS_HEADING,
        *(_view_section(view) for view in views),
        *(_layer_section(layer) for layer in Layer),
    ]
    return "".join(parts)


def _contents(metrics: Sequence[Metric], views: Sequence[DescribedView]) -> str:
    lines = ["- [Metrics](#metrics)"]
    lines += [
        f"    - [{metric.label}](#{metric.name}){' (headline)' if metric.is_headline else ''}" for metric in metrics
    ]
    lines.append("- [Views](#views)")
    lines += [f"    - [{view.name}](#{view.name})" for view in views]
    for layer in Layer:
        lines.append(f"- [{_layer_title(layer)}](#{_anchor(_layer_title(layer))})")
        lines += [f"    - [{table.name}](#{table.name})" for table in tables_of(layer)]
    return "\n".join(lines) + "\n\n"


def _layer_title(layer: Layer) -> str:
    return f"Layer {layer.value}"


def _anchor(title: str) -> str:
    return title.lower().replace(" ", "-")


def _metric_section(metric: Metric) -> str:
    population = metric.population
    breakdowns = ", ".join(dimension.value for dimension in metric.dimensions)
    facts = [
        ("Formula", metric.formula),
        ("Counted", population.eligibility),
        ("Period", _period(metric)),
        ("Unit", f"{metric.unit.label}; {_DIRECTIONS[metric.direction]}"),
        ("To combine cells", metric.aggregation.rule),
        ("Breakdowns", breakdowns),
        ("Published when", f"the contracts of {_required(metric)} pass"),
        *_closed_when(metric),
        ("Owner", f"{metric.owner}; version {metric.version} of the definition"),
    ]
    lines = "\n".join(f"- **{name}**: {text}" for name, text in facts)
    headline = " One of the three headline numbers." if metric.is_headline else ""
    return f"### {metric.name}\n\n**{metric.label}.** {metric.meaning}{headline}\n\n{lines}\n\n"


def _view_section(view: DescribedView) -> str:
    rows = "\n".join(f"| `{name}` | {_in_cell(meaning)} |" for name, meaning in view.columns)
    return f"### {view.name}\n\n{view.meaning} View: `mart.{view.name}`.\n\n| column | meaning |\n|---|---|\n{rows}\n\n"


def _in_cell(text: str) -> str:
    return text.replace("|", "\\|")


def _period(metric: Metric) -> str:
    column = metric.population.period_column
    return metric.population.period_meaning + ("" if column == AS_OF_DATE else f", `{metric.fact}.{column}`")


def _closed_when(metric: Metric) -> list[tuple[str, str]]:
    """What closes a period of the whole, where that is less than the metric requires."""
    if not metric.whole_requires:
        return []
    domains = " and ".join(domain.value for domain in metric.whole_requires)
    return [("Closed when", f"the data of {domains} have passed the period; breakdowns wait for all others, too")]


def _required(metric: Metric) -> str:
    domains = " and ".join(domain.value for domain in metric.requires)
    if metric.follows_transactions:
        return f"{domains}, and of the domains that the cost policy's transactions and drivers come from,"
    return domains


def _layer_section(layer: Layer) -> str:
    tables = "".join(_table_section(table) for table in tables_of(layer))
    return f"## {_layer_title(layer)}\n\n{_LAYERS[layer]}\n\n{tables}"


def _table_section(table: Table) -> str:
    rows = "\n".join(_column_row(column) for column in table.columns)
    return (
        f"### {table.name}\n\n{table.comment}{_published_as(table)}\n\n"
        f"| column | type | unit | meaning |\n|---|---|---|---|\n{rows}\n\n"
    )


def _published_as(table: Table) -> str:
    """Where a reader of the published file finds the table, if it is there under another name."""
    if table.name.startswith("meta_"):
        return f" Published as `meta.{table.name.removeprefix('meta_')}`."
    views = [name for name, fact in FACT_VIEWS.items() if fact is table]
    return f" View: `mart.{views[0]}`." if views else ""


def _column_row(column: Column[Any]) -> str:
    name = f"`{column.name}`" + (" (key)" if column.primary_key else "")
    kind = sql_type(column, "duckdb").lower().replace("timestamp with time zone", "instant")
    return f"| {name} | {kind} | {column.info.get('unit') or ''} | {_in_cell(column.comment or '')} |"
