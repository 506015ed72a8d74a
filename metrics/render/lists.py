"""Relations that are read row by row: what KPIs mean, targets, signals and what else the report is made of.

No KPI is computed from them, so a semantic layer is told their columns and what a row is, and counts rows at most. What
is left out: the views of single KPIs, whose measures say the same; facts, which are evidence for whoever asks in SQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from metrics.render.described_views import DescribedView
from metrics.render.relations import Field, FieldKind, Relation
from metrics.render.views import FACT_VIEWS
from metrics.render.written_views import KEYS_OF_WRITTEN_VIEWS
from models.catalog import table_named

#: Every list by its name in the schema `mart`, with its short name for people, in the order in which tools show them.
LABELS: Final[dict[str, str]] = {
    "metric_definitions": "What each KPI means",
    "kpi_targets": "KPIs against targets",
    "kpi_signals": "Signals and usual variation",
    "kpi_change_drivers": "What drove each change",
    "missing_cost_months": "Months of cost that are missing",
    "partial_periods": "Periods that data tell in part",
    "sla_at_risk": "SLA at risk",
    "aging_work": "Aging work",
    "cumulative_flow": "Cumulative flow by day",
    "unit_cost_bridges": "Bridge of cost per transaction",
    "budget_variance": "Budget variance by line",
    "year_end_forecasts": "Year-end forecasts",
    "initiative_returns": "Returns of initiatives",
    "vendor_scorecards": "Vendor scorecards",
    "vendor_scorecard_parts": "Parts of vendor scorecards",
    "vendor_money_to_recover": "Money to recover by vendor and month",
    "vendor_commitments": "Committed spend of contracts",
    "contract_expiries": "Contracts that end",
    "instrumentation_scorecard": "What to put right first",
    "instrumentation_gaps": "Gaps in instrumentation by KPI and month",
}

#: The list of what KPIs mean. Relations that name a KPI in their column `METRIC` lead to its row there.
DEFINITIONS: Final = "metric_definitions"
METRIC: Final = "metric"

#: Ends of names, and what such a column holds. The first that fits counts; a name that fits none is a text.
_KINDS: Final = (
    ("attributed_record_count", FieldKind.REAL),
    ("age_calendar_days", FieldKind.REAL),
    ("_at", FieldKind.INSTANT),
    ("_date", FieldKind.DATE),
    ("_count", FieldKind.INTEGER),
    ("_days", FieldKind.INTEGER),
    ("_number", FieldKind.INTEGER),
    ("_rank", FieldKind.INTEGER),
    ("_version", FieldKind.INTEGER),
    ("_reporting", FieldKind.MONEY),
    ("_original", FieldKind.MONEY),
    ("_ratio", FieldKind.REAL),
    ("_hours", FieldKind.REAL),
    ("_rate", FieldKind.REAL),
    ("_bound", FieldKind.REAL),
)
_REALS: Final = ("value", "value_before", "value_after")


@dataclass(frozen=True, slots=True)
class ListedRelation:
    """A view or table of the schema `mart` that is read row by row.

    Attributes:
        name: the relation.
        label: short name for people.
        meaning: what one row is.
        keys: columns that tell one row from another.
        fields: all columns.
    """

    name: str
    label: str
    meaning: str
    keys: tuple[str, ...]
    fields: tuple[Field, ...]

    @property
    def columns(self) -> tuple[Field, ...]:
        """All columns, by the name that they have of relations with measures, too."""
        return self.fields

    @property
    def row_count(self) -> str:
        """Name of the only thing that is counted of it; unlike all others, for some tools know but one namespace."""
        return f"{self.name}_row_count"

    @property
    def row_count_label(self) -> str:
        """The same for people."""
        return f"{self.label}: rows"


def listed_relations(views: Mapping[str, DescribedView]) -> tuple[ListedRelation, ...]:
    """All lists, described.

    Args:
        views: by name, what those lists that are views say of themselves.
    """
    return tuple(_listed(name, label, views.get(name) or _described_table(name)) for name, label in LABELS.items())


def naming_a_metric(offered: Iterable[Relation | ListedRelation]) -> tuple[Relation | ListedRelation, ...]:
    """Those of the relations whose rows each name a KPI, for formats that join them to what KPIs mean.

    None where the definitions are not among them.
    """
    naming = {each.name: each for each in offered if any(field.name == METRIC for field in each.columns)}
    return tuple(naming.values()) if naming.pop(DEFINITIONS, None) is not None else ()


def _listed(name: str, label: str, described: DescribedView) -> ListedRelation:
    fields = tuple(Field(column, meaning, kind_of(column)) for column, meaning in described.columns)
    return ListedRelation(name, label, described.meaning, _keys(name), fields)


def _described_table(name: str) -> DescribedView:
    table = table_named(name)
    return DescribedView(
        name, table.comment or "", tuple((str(each.name), each.comment or "") for each in table.columns)
    )


def _keys(name: str) -> tuple[str, ...]:
    if name in KEYS_OF_WRITTEN_VIEWS:
        return KEYS_OF_WRITTEN_VIEWS[name]
    table = FACT_VIEWS[name] if name in FACT_VIEWS else table_named(name)
    return tuple(str(column.name) for column in table.primary_key)


def kind_of(column: str) -> FieldKind:
    """What a column holds, by its name: full words that end in their unit."""
    if column.startswith(("is_", "has_")):
        return FieldKind.FLAG
    if column in _REALS or (column.endswith("_value") and column != "dimension_value"):
        return FieldKind.REAL
    return next((kind for end, kind in _KINDS if column.endswith(end)), FieldKind.TEXT)
