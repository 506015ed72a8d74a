"""One publication: every table and view that readers get, and what it was made of.

Targets write it as it is. Metrics are computed in `metrics`; whether they may be published was decided by the gate.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import polars as pl
from sqlalchemy import Table

import sql
from metrics.registry import METRICS, closing_domains, required_domains, required_rules
from models.ddl import conform, polars_schema, qualified_name, quote_identifier
from models.finance import fct_cost_allocations, fct_cost_lines, fct_transactions
from models.marts import (
    instrumentation_gaps,
    instrumentation_scorecard,
    kpi_change_drivers,
    kpi_signals,
    kpi_targets,
    meta_control_totals,
    meta_data_clocks,
    meta_loads,
    meta_metrics,
    meta_quarantined_records,
    meta_rule_outcomes,
    meta_rule_results,
    meta_run,
    meta_targets,
    meta_verdicts,
    metric_values,
    missing_cost_months,
    partial_periods,
)
from models.planning import fct_ticket_delays
from models.restatements import meta_restated_values, ops_restatements
from models.tickets import fct_sla_clocks, fct_ticket_days, fct_ticket_intervals, fct_tickets
from models.vendor_performance import vendor_scorecard_parts, vendor_scorecards
from models.vendors import fct_contract_promises
from models.vocabulary import Domain
from pipelines.facts.data_clocks import DataClocks, data_clocks, data_ends, last_day_of
from pipelines.facts.plans import PLANNING_FACTS
from pipelines.facts.vendor_credits import CREDIT_FACTS
from pipelines.facts.vendors import VENDOR_FACTS
from pipelines.fingerprint import hash_parts
from pipelines.gate.arrivals import ARRIVALS
from pipelines.gate.reconciliation import COST_FACTS
from pipelines.gate.rule_outcomes import read_outcomes_by_day
from pipelines.gate.verdicts import current_verdict
from pipelines.kpis.states import read_metric_states
from pipelines.notices.unread_exports import unread_folders
from pipelines.publish.home_id import home_id_of
from pipelines.session import Session
from pipelines.warehouse import Warehouse

#: Facts that readers get, under schema `core`.
PUBLISHED_FACTS: tuple[Table, ...] = (
    fct_tickets,
    fct_ticket_intervals,
    fct_sla_clocks,
    fct_ticket_days,
    fct_cost_lines,
    fct_cost_allocations,
    fct_transactions,
    *PLANNING_FACTS,
    fct_ticket_delays,
    fct_contract_promises,
    *VENDOR_FACTS,
    *CREDIT_FACTS,
)

#: Columns of `meta` that say when something was done rather than what the numbers are.
_UNHASHED = ("decided_at", "loaded_at", "first_seen_at", "held_since_at", "batch_hash")

#: What readers get under schema `mart`, besides views.
PUBLISHED_MARTS: tuple[Table, ...] = (
    metric_values,
    missing_cost_months,
    partial_periods,
    kpi_signals,
    kpi_targets,
    kpi_change_drivers,
    instrumentation_gaps,
    instrumentation_scorecard,
    vendor_scorecard_parts,
    vendor_scorecards,
)

#: Made of the home's own past as well: equal numbers may come with another, so it does not enter the hash of them.
_OF_THE_PAST: tuple[Table, ...] = (instrumentation_scorecard,)


@dataclass(frozen=True, slots=True)
class PublishedTable:
    """A table of a publication.

    Attributes:
        schema, name: what readers call it.
        table: its columns, and what it is called in the warehouse.
        rows: None for all those that the warehouse has in that table.
    """

    schema: str
    name: str
    table: Table
    rows: pl.DataFrame | None = None


@dataclass(frozen=True, slots=True)
class Publication:
    """Everything that a target writes.

    Attributes:
        warehouse: where the rows are of tables that bring none; None if there are no such tables.
    """

    publication_id: str
    content_hash: str
    as_of: datetime | None
    tables: tuple[PublishedTable, ...]
    views: tuple[sql.View, ...]
    warehouse: Warehouse | None = None


def gather_publication(session: Session) -> Publication:
    """The publication of what the warehouse holds now."""
    warehouse = session.warehouse
    clocks = data_clocks(session)
    metas = [
        (meta_data_clocks, _clock_rows(session, clocks)),
        (meta_metrics, _metric_rows(session)),
        (meta_targets, _target_rows(session)),
        (meta_verdicts, _verdict_rows(warehouse)),
        (meta_rule_results, _rule_rows(warehouse)),
        (meta_quarantined_records, _quarantine_rows(warehouse)),
        (meta_loads, _load_rows(warehouse)),
        (meta_control_totals, _control_total_rows(warehouse)),
    ]
    content_hash = _content_hash(warehouse, [frame for _, frame in metas])
    publication_id = f"{session.run_id}-{content_hash[:8]}"
    metas.insert(0, (meta_run, _run_row(session, publication_id, content_hash, clocks.latest)))
    tables = [
        *(PublishedTable("mart", table.name, table) for table in PUBLISHED_MARTS),
        *(PublishedTable("core", table.name, table) for table in PUBLISHED_FACTS),
        _meta_table(meta_rule_outcomes, read_outcomes_by_day(warehouse)),
        _meta_table(meta_restated_values, warehouse.read(ops_restatements)),
        *(_meta_table(table, frame) for table, frame in metas),
    ]
    return Publication(publication_id, content_hash, clocks.latest, tuple(tables), sql.load_views(), warehouse)


def publication_in(file: Path) -> Publication:
    """The publication that a published file holds; its rows are there."""
    with duckdb.connect(str(file), read_only=True) as connection:
        found = connection.execute("SELECT publication_id, content_hash, as_of_at FROM meta.run").fetchall()
    publication_id, content_hash, as_of = found[0]
    return Publication(publication_id, content_hash, as_of, (), ())


def input_hash(session: Session) -> str:
    """Hash of everything that a publication depends on, without reading it."""
    built = session.warehouse.rows(
        "SELECT asset, input_hash FROM ops.ops_steps WHERE NOT starts_with(asset, 'published_') ORDER BY asset"
    )
    refused = session.warehouse.rows("SELECT export, file_name, code FROM ops.ops_refusals ORDER BY ALL")
    restated = session.warehouse.count(ops_restatements)
    verdicts = [current_verdict(session.warehouse, judged) for judged in (*Domain, COST_FACTS, ARRIVALS)]
    name = session.project.home.settings.home.name
    views = [view.text for view in sql.load_views()]
    return hash_parts(session.code_hash, name, built, refused, restated, verdicts, views)


def _meta_table(table: Table, frame: pl.DataFrame) -> PublishedTable:
    return PublishedTable("meta", table.name.removeprefix("meta_"), table, conform(frame, table))


def _run_row(session: Session, publication_id: str, content_hash: str, as_of: datetime | None) -> pl.DataFrame:
    settings = session.project.home.settings
    record = {
        "publication_id": publication_id,
        "run_id": session.run_id,
        "published_at": datetime.now(UTC),
        "as_of_at": as_of,
        "content_hash": content_hash,
        "code_hash": session.code_hash,
        "reporting_currency_code": settings.reporting.currency,
        "reporting_time_zone": settings.reporting.time_zone,
        "home_name": settings.home.name,
        "home_id": home_id_of(session),
    }
    return pl.DataFrame([record])


def _clock_rows(session: Session, clocks: DataClocks) -> pl.DataFrame:
    of_cost = clocks.of_cost(session.project.policies)
    cost_months = [] if of_cost == clocks.finance else [("whole months of cost", Domain.FINANCE, of_cost)]
    loaded = {export for (export,) in session.warehouse.rows("SELECT DISTINCT export FROM ops.ops_loads")}
    unread, ends = unread_folders(session.project, loaded), data_ends(session)
    rows = [
        {
            "data": name,
            "domain": domain.value,
            "as_of_at": clock,
            "last_date": None if clock is None else last_day_of(clock, clocks.zone),
            "data_end_date": ends.get(name),
            "unread_folders": unread.get(name) or None,
        }
        for name, domain, clock in (
            ("tickets", Domain.TICKETS, clocks.tickets),
            ("finance", Domain.FINANCE, clocks.finance),
            *cost_months,
            ("deliveries", Domain.VENDORS, clocks.deliveries),
            ("invoices", Domain.VENDORS, clocks.invoices),
        )
    ]
    return pl.DataFrame(rows, infer_schema_length=None)


def _metric_rows(session: Session) -> pl.DataFrame:
    policies = session.project.policies
    states = read_metric_states(session.warehouse)
    rows = []
    for metric in METRICS:
        state = states.get(metric.name, {})
        has_values = state.get("fresh_as_of_at") is not None
        rows.append(
            {
                **metric.definition(),
                "requires": ", ".join(required_domains(metric, policies.costs, policies.vendors)),
                "closed_by": ", ".join(closing_domains(metric, policies.costs, policies.vendors)),
                "rules": ", ".join(required_rules(metric, policies.costs, policies.vendors)),
                "publication_state": "held" if state.get("is_held") else "published" if has_values else "empty",
                "held_reason": state.get("held_reason"),
                "held_since_at": state.get("held_since_at"),
                "fresh_as_of_at": state.get("fresh_as_of_at"),
            }
        )
    return pl.DataFrame(rows, infer_schema_length=None)


def _target_rows(session: Session) -> pl.DataFrame:
    rows = [
        {
            "target_number": number,
            "metric": target.metric,
            "period_grain": target.grain.value if target.grain else None,
            "effective_from_date": target.first_date,
            "effective_to_date": target.last_date,
            "dimension": target.dimension.value,
            "dimension_value": target.dimension_value,
            "target_value": target.value,
        }
        for number, target in enumerate(session.project.policies.targets, start=1)
    ]
    return pl.DataFrame(rows, schema=polars_schema(meta_targets))


def _verdict_rows(warehouse: Warehouse) -> pl.DataFrame:
    return warehouse.frame(
        """
        SELECT domain, batch_hash, verdict, decided_at, summary
        FROM ops.ops_verdicts WHERE is_current ORDER BY domain
        """
    )


def _rule_rows(warehouse: Warehouse) -> pl.DataFrame:
    return warehouse.frame("SELECT * FROM ops.ops_rule_results ORDER BY domain, rule_id")


def _quarantine_rows(warehouse: Warehouse) -> pl.DataFrame:
    return warehouse.frame(
        """
        SELECT domain, table_name, record_id, rule_id, reason, first_seen_at, export, file_name, row_number
        FROM ops.ops_quarantined_records ORDER BY domain, table_name, record_id, rule_id
        """
    )


def _load_rows(warehouse: Warehouse) -> pl.DataFrame:
    return warehouse.frame(
        """
        SELECT load_id, export, file_name, 'loaded' AS state, content_hash, row_count, loaded_at, notes AS message
        FROM ops.ops_loads WHERE superseded_by IS NULL
        UNION ALL
        SELECT export || '/' || file_name, export, file_name, 'refused', NULL, 0, refused_at, message
        FROM ops.ops_refusals
        ORDER BY ALL
        """
    )


def _control_total_rows(warehouse: Warehouse) -> pl.DataFrame:
    return warehouse.frame("SELECT * EXCLUDE (domain, load_id) FROM ops.ops_control_totals ORDER BY ALL")


def _content_hash(warehouse: Warehouse, metas: Sequence[pl.DataFrame]) -> str:
    """Hash of rows, whatever their order. Instants and code hashes do not enter: equal numbers hash equally.

    Rows are hashed by DuckDB's `hash`, thirty times as fast as a digest of their text. Another version of DuckDB may
    hash otherwise: then the same numbers are published once more.
    """
    parts: list[object] = []
    for table in (*PUBLISHED_MARTS, *PUBLISHED_FACTS):
        if table in _OF_THE_PAST:
            continue
        query = f"SELECT count(*), sum(hash({_hashed(warehouse, table)}))::VARCHAR FROM {qualified_name(table)}"
        parts.append([table.name, *warehouse.rows(query)[0]])
    timeless = [frame.drop(_UNHASHED, strict=False) for frame in metas]
    parts += [json.loads(frame.write_json()) for frame in timeless]
    return hash_parts(*parts)


def _hashed(warehouse: Warehouse, table: Table) -> str:
    """The columns of a table as arguments of `hash`: enumerations as text, for their numbers are no content."""
    enumerated = warehouse.enumerations(table)
    names = {name: quote_identifier(name) for name in polars_schema(table)}
    return ", ".join(f"{quoted}::VARCHAR" if name in enumerated else quoted for name, quoted in names.items())
