"""Publications to PostgreSQL for tests: a small file that changes as another publication would; what a server has."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from metrics.registry import HEADLINES
from pipelines.home import PostgresqlSection
from pipelines.publish.postgres import PostgresDatabase, read_state
from pipelines.publish.publication import Publication
from pipelines.publish.target import Build

if TYPE_CHECKING:
    import postgres_servers


def few_views(published: Path, path: Path) -> Path:
    """A copy of a published file with a few of its views, which a test may change as another publication would."""
    path.write_bytes(published.read_bytes())
    kept = {"ticket_facts", "aging_work", "sla_at_risk", "vendor_rates", *(metric.view for metric in HEADLINES)}
    with duckdb.connect(str(path)) as connection:
        views = connection.execute("SELECT view_name FROM duckdb_views() WHERE schema_name = 'mart'").fetchall()
        for (view,) in views:
            if view not in kept:
                connection.execute(f"DROP VIEW mart.{view}")
    return path


def target_of(
    database: postgres_servers.PostgresDatabase,
    version: str = "1.0.0",
    keep: int = 1,
    *,
    home_name: str = "Test",
    home_id: str = "home-1",
    **options: Any,
) -> PostgresDatabase:
    """The target of a home.

    Args:
        options: what its kpi.toml says of it besides.
    """
    section = PostgresqlSection(url=database.url, **options)
    return PostgresDatabase(section, home_name=home_name, home_id=home_id, version=version, keep=keep)


def build_of(file: Path, number: int = 1) -> Build:
    """The n-th publication of a home, in a file that is there already."""
    publication = Publication(f"20260101T{number:06}-abcdef-12345678", f"hash {number}", None, (), ())
    return Build(lambda: publication, lambda _: file)


def change(file: Path, *statements: str) -> None:
    with duckdb.connect(str(file)) as connection:
        for statement in statements:
            connection.execute(statement)


def published_id(database: postgres_servers.PostgresDatabase) -> str | None:
    with database.connect() as connection:
        state = read_state(connection, "")
    return state.publication_id if state else None


def schemas(database: postgres_servers.PostgresDatabase) -> list[str]:
    query = "SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema|public)' ORDER BY 1"
    return [row[0] for row in database.rows(query)]


def versions(database: postgres_servers.PostgresDatabase) -> list[str]:
    return [schema for schema in schemas(database) if schema.startswith("version_")]
