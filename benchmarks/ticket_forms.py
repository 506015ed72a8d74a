"""The ticket facts computed in one of several forms: what each process of `benchmarks.ticket_kernel` does.

    python -m benchmarks.ticket_forms FORM --data DIR --warehouse FILE --scratch DIR

`DIR` is what `benchmarks.ticket_events` wrote, and the warehouse holds the same rows as staged tables. Prints the
totals of what was computed, by which forms are checked against each other. What only one form needs is imported where
it runs, so that no form pays for another.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC
from pathlib import Path

import duckdb
import polars as pl
from sqlalchemy import Table

from benchmarks.compared import COLUMNS, Rules, total_up, totals_query
from benchmarks.operation import RULES
from metrics.calendars.business_time import OpenTime
from metrics.tickets.clocks import covering_span
from metrics.tickets.facts import MeasuringRules
from metrics.tickets.flow import add_up_days
from models.ddl import create_table, qualified_name
from models.enumerations import columns_with_few_values
from models.tickets import stg_ticket_events, stg_tickets
from pipelines.facts.tickets import build_ticket_tables, measure_slices
from pipelines.home import Home
from pipelines.policies.loading import load_policies
from pipelines.project import Project
from pipelines.session import Session, SilentReporter
from pipelines.staging.ticket_histories import store_histories
from pipelines.warehouse import Warehouse, open_warehouse

Totals = dict[str, dict[str, int]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("form", choices=FORMS)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--warehouse", type=Path, required=True)
    parser.add_argument("--scratch", type=Path, required=True)
    arguments = parser.parse_args()
    totals = FORMS[arguments.form](arguments.data, arguments.warehouse, arguments.scratch)
    print(json.dumps(totals, sort_keys=True))


def stage(data: Path, warehouse: Path, _: Path) -> Totals:
    """Put the data into the staged tables of a new build database. Not a form: it comes before all of them."""
    warehouse.unlink(missing_ok=True)
    with open_warehouse(warehouse):
        pass
    with duckdb.connect(str(warehouse)) as connection:
        for table, folder in ((stg_tickets, "tickets"), (stg_ticket_events, "events")):
            stage_rows(connection, table, f"FROM '{data / folder}/*.parquet'")
    with open_warehouse(warehouse) as staged:
        store_histories(staged)
    return {}


def stage_rows(connection: duckdb.DuckDBPyConnection, table: Table, rows: str) -> None:
    """Make the result of a query the rows of a staged table, with enumerations as `Warehouse.replace` makes them.

    Not by that, for it takes a frame, and fifty million events do not fit the memory of most machines.

    Args:
        rows: a query that does not read the table itself.
    """
    enumerations = {}
    for name in columns_with_few_values(table):
        found = connection.execute(f"SELECT DISTINCT {name}::VARCHAR FROM ({rows}) WHERE {name} IS NOT NULL ORDER BY 1")
        enumerations[name] = [value for (value,) in found.fetchall()]
    staged = qualified_name(table)
    connection.execute(f"DROP TABLE {staged}")
    connection.execute(create_table(table, enumerations=enumerations))
    connection.execute(f"INSERT INTO {staged} BY NAME {rows}")


def run_kernel(_: Path, warehouse_file: Path, __: Path) -> Totals:
    """The kernel on slices of the staged tables; facts are handed over, but not stored."""
    totals: dict[str, Counter[str]] = {name: Counter() for name in COLUMNS}
    changes = []
    with open_warehouse(warehouse_file) as warehouse:
        rules = _measuring_rules(warehouse)
        for facts in measure_slices(warehouse, rules):
            totals["fct_tickets"].update(total_up("fct_tickets", facts.tickets))
            totals["fct_sla_clocks"].update(total_up("fct_sla_clocks", facts.clocks))
            changes.append(facts.day_changes)
    days = add_up_days(pl.concat(changes), as_of=rules.as_of, time_zone=rules.time_zone)
    totals["fct_ticket_days"].update(total_up("fct_ticket_days", days))
    return {name: dict(counted) for name, counted in totals.items()}


def _measuring_rules(warehouse: Warehouse) -> MeasuringRules:
    tickets = warehouse.frame("SELECT min(created_at) AS created_at FROM stg.stg_tickets")
    events = warehouse.frame(
        "SELECT min(occurred_at) AS occurred_at, max(occurred_at) AS latest_at FROM stg.stg_ticket_events"
    )
    telling = "SELECT DISTINCT source FROM stg.stg_ticket_events WHERE is_public_agent_reply IS NOT NULL"
    sources = [source for (source,) in warehouse.rows(telling)]
    naming = "SELECT DISTINCT source FROM stg.stg_ticket_events WHERE team IS NOT NULL OR team_before IS NOT NULL"
    as_of = events["latest_at"].item().astimezone(UTC)
    return MeasuringRules(
        as_of=as_of,
        reach=as_of,
        open_time=OpenTime.compile(RULES.calendars, *covering_span(tickets, events, as_of)),
        team_calendars=RULES.team_calendars,
        sla_policies=RULES.policies,
        reply_sources=sources,
        reply_event_sources=sources,
        team_sources=[source for (source,) in warehouse.rows(naming)],
        time_zone=RULES.time_zone,
    )


def build_facts(_: Path, warehouse_file: Path, scratch: Path) -> Totals:
    """What a run does from the staged tables to stored facts: the kernel, the data's clock, fingerprints, writing."""
    with open_warehouse(warehouse_file) as warehouse:
        build_tables(session_of(warehouse, scratch))
        return _stored_totals(warehouse.connection, "core.")


def build_metrics(_: Path, warehouse_file: Path, scratch: Path) -> Totals:
    """The same, and all metrics measured on the stored facts, stored too."""
    from pipelines.kpis.values import build_metric_values

    with open_warehouse(warehouse_file) as warehouse:
        session = session_of(warehouse, scratch)
        build_tables(session)
        build_metric_values(session)
        return _stored_totals(warehouse.connection, "core.")


def session_of(warehouse: Warehouse, folder: Path, *, is_full: bool = False) -> Session:
    """A run of the pipeline over a warehouse, in a home in `folder` whose policies are the operation's."""
    home = Home(folder)
    home.settings_file.write_text(f'[reporting]\ntime_zone = "{RULES.time_zone}"\n', encoding="utf-8")
    policies = replace(
        load_policies(home.policies),
        calendars=tuple(RULES.calendars),
        team_calendars=RULES.team_calendars,
        sla=tuple(RULES.policies),
    )
    return Session(Project(home, (), (), policies), warehouse, "benchmark", SilentReporter(), is_full=is_full)


def build_tables(session: Session) -> str:
    """All ticket facts in one transaction. Returns what the pipeline says of it."""
    with session.warehouse.transaction():
        return build_ticket_tables(session, rules_hash="benchmark").note


def run_polars(data: Path, _: Path, __: Path) -> Totals:
    """Textbook Polars, from the columns that it needs of the Parquet files."""
    from benchmarks import textbook_polars

    tickets, events = (pl.scan_parquet(data / name / "*.parquet") for name in ("tickets", "events"))
    latest = events.select(pl.col("occurred_at").max()).collect().item()
    facts = textbook_polars.compute_lazily(tickets, events, _as_of_data(latest))
    return {name: total_up(name, facts[name]) for name in COLUMNS}


def run_sql(_: Path, warehouse_file: Path, scratch: Path) -> Totals:
    """Textbook SQL, from the staged tables to fact tables of a new file."""
    from benchmarks import textbook_sql

    with duckdb.connect(str(scratch / "textbook.duckdb")) as connection:
        connection.execute(f"ATTACH '{warehouse_file}' AS staged (READ_ONLY)")
        for table in ("stg_tickets", "stg_ticket_events"):
            connection.execute(f"CREATE TEMP VIEW {table} AS FROM staged.stg.{table}")
        found = connection.execute("SELECT max(occurred_at) FROM stg_ticket_events").fetchone()
        textbook_sql.build_tables(connection, _as_of_data(found[0] if found else None))
        return _stored_totals(connection, "")


def _as_of_data(latest: object) -> Rules:
    return replace(RULES, as_of=latest.astimezone(UTC))  # type: ignore[attr-defined]


def _stored_totals(connection: duckdb.DuckDBPyConnection, schema: str) -> Totals:
    return {name: connection.sql(totals_query(name, f"{schema}{name}")).pl().row(0, named=True) for name in COLUMNS}


FORMS: dict[str, Callable[[Path, Path, Path], Totals]] = {
    "stage": stage,
    "kernel": run_kernel,
    "facts": build_facts,
    "metrics": build_metrics,
    "polars": run_polars,
    "sql": run_sql,
}


if __name__ == "__main__":
    main()
