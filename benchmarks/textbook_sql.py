"""Runs `textbook.sql`: the ticket facts in DuckDB, as a good analyst writes them.

Here are only calendars and policies as tables and a macro; the arithmetic is in the SQL.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from importlib.resources import files

import duckdb
import polars as pl

from benchmarks.compared import COLUMNS, Rules
from benchmarks.open_segments import list_open_segments
from metrics.sla.policy import SlaPolicy
from models.ddl import quote_text


def compute_facts(tickets: pl.DataFrame, events: pl.DataFrame, rules: Rules) -> dict[str, pl.DataFrame]:
    """The compared columns of `fct_tickets`, `fct_sla_clocks` and `fct_ticket_days`."""
    with duckdb.connect() as connection:
        connection.register("stg_tickets", tickets.to_arrow())
        connection.register("stg_ticket_events", events.to_arrow())
        build_tables(connection, rules)
        return {name: connection.sql(f"FROM {name}").pl() for name in COLUMNS}


def build_tables(connection: duckdb.DuckDBPyConnection, rules: Rules) -> None:
    """Create the fact tables in the connection's current schema, from `stg_tickets` and `stg_ticket_events` there."""
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET VARIABLE as_of = ?", [rules.as_of])
    connection.execute("SET VARIABLE time_zone = ?", [rules.time_zone])
    connection.execute("SET VARIABLE default_calendar = ?", [rules.team_calendars.default])
    _create_policies(connection, rules)
    _create_calendars(connection, rules)
    script = files("benchmarks").joinpath("textbook.sql").read_text()
    for statement in connection.extract_statements(script):
        connection.execute(statement)


def _create_calendars(connection: duckdb.DuckDBPyConnection, rules: Rules) -> None:
    first = "SELECT least((SELECT min(created_at) FROM stg_tickets), (SELECT min(occurred_at) FROM stg_ticket_events))"
    found = connection.execute(first).fetchone()
    earliest = found[0] if found and found[0] else rules.as_of
    segments = list_open_segments(rules.calendars, earliest - timedelta(days=1), rules.as_of + timedelta(days=1))
    teams = pl.DataFrame(list(rules.team_calendars.teams.items()), schema=["team", "calendar"], orient="row")
    connection.register("segments_frame", segments.to_arrow())
    connection.register("teams_frame", teams.to_arrow())
    connection.execute("CREATE TEMP TABLE segments AS FROM segments_frame")
    connection.execute("CREATE TEMP TABLE team_calendars AS FROM teams_frame")


def _create_policies(connection: duckdb.DuckDBPyConnection, rules: Rules) -> None:
    connection.execute(
        "CREATE TEMP TABLE policies (sla_policy VARCHAR, target VARCHAR, target_microseconds BIGINT, "
        "own_calendar VARCHAR, pause_categories VARCHAR[], pause_reasons VARCHAR[])"
    )
    for policy in rules.policies:
        pauses = [sorted(category.value for category in policy.pause_categories), sorted(policy.pause_reasons)]
        row = [policy.id, policy.target.value, policy.within_microseconds, policy.calendar, *pauses]
        connection.execute("INSERT INTO policies VALUES (?, ?, ?, ?, ?, ?)", row)
    asked = "of_target, first_team, first_vendor, priority, source, service, ticket_type, created_at"
    connection.execute(f"CREATE TEMP MACRO covering_policy({asked}) AS {_case(rules.policies)}")


def _case(policies: Sequence[SlaPolicy]) -> str:
    """The first policy that covers a stretch, as one CASE."""
    lines = [f"WHEN {' AND '.join(_conditions(policy))} THEN {quote_text(policy.id)}" for policy in policies]
    return "\n".join(["CASE", *lines, "END"])


def _conditions(policy: SlaPolicy) -> list[str]:
    conditions = [f"of_target = {quote_text(policy.target.value)}"]
    for name, values in policy.scope.items():
        # Team and vendor are judged as they were when the clock began.
        column = f"first_{name}" if name in ("team", "vendor") else name
        conditions.append(f"{column} IN ({', '.join(quote_text(value) for value in sorted(values))})")
    if policy.effective_from is not None:
        conditions.append(f"created_at::DATE >= {_date(policy.effective_from)}")
    if policy.effective_to is not None:
        conditions.append(f"created_at::DATE <= {_date(policy.effective_to)}")
    return conditions


def _date(day: date) -> str:
    return f"DATE {quote_text(day.isoformat())}"
