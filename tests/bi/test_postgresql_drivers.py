"""What the drivers of BI tools learn of the published PostgreSQL schemas: psql, JDBC on Java, psqlODBC under unixODBC.

Each is skipped, visibly, where it is not installed. On Debian: `apt install postgresql default-jre-headless
libpostgresql-jdbc-java odbc-postgresql unixodbc`.
"""

from __future__ import annotations

import ctypes.util
import os
import shutil
import subprocess
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from odbc import OdbcError, connected
from postgres_servers import OWNER, PASSWORD

from pipelines.home import PostgresqlSection
from pipelines.publish.postgres import PostgresDatabase
from pipelines.publish.publication import publication_in
from pipelines.publish.relations import read_relations
from pipelines.publish.target import Build

if TYPE_CHECKING:
    import postgres_servers

pytestmark = [pytest.mark.bi, pytest.mark.slow]

#: Views with decimals, instants, doubles, dates, booleans and texts.
VIEWS = {
    "ticket_facts": "ticket_id",
    "cost_line_facts": "cost_line_id",
    "vendor_invoice_line_facts": "vendor_invoice_line_id",
}


@pytest.fixture
def database(
    postgres: postgres_servers.PostgresDatabase, published_file: Path, monkeypatch: pytest.MonkeyPatch
) -> postgres_servers.PostgresDatabase:
    """A database with the publication of the published file."""
    monkeypatch.setenv("KPI_POSTGRESQL_PASSWORD", PASSWORD)
    monkeypatch.delenv("KPI_POSTGRESQL_URL", raising=False)
    target = PostgresDatabase(
        PostgresqlSection(url=postgres.url), home_name="Test", home_id="home-1", version="1.0.0", keep=1
    )
    target.write(Build(lambda: publication_in(published_file), lambda _: published_file))
    return postgres


def test_psql_shows_comments_and_types(
    database: postgres_servers.PostgresDatabase, published: duckdb.DuckDBPyConnection
) -> None:
    told = database.psql("-c", r"\d+ mart.cost_line_facts")
    assert "numeric(18,4)" in told
    assert "timestamp with time zone" in database.psql("-c", r"\d+ mart.ticket_facts")
    for relation in read_relations(published):
        if relation.name == "cost_line_facts":
            for column in relation.columns:
                assert column.name in told
    listed = database.psql("-At", "-c", r"\dv+ mart.*")
    assert len([line for line in listed.splitlines() if line.startswith("mart|")]) >= 150
    assert "One row per ticket" in listed


@pytest.mark.parametrize("view", VIEWS)
def test_jdbc_reads_metadata_and_every_value(
    database: postgres_servers.PostgresDatabase, published: duckdb.DuckDBPyConnection, view: str
) -> None:
    driver = Path(os.environ.get("KPI_JDBC_DRIVER", "/usr/share/java/postgresql.jar"))
    if shutil.which("java") is None or not driver.exists():
        pytest.skip("Java or PostgreSQL's JDBC driver is not installed (KPI_JDBC_DRIVER may name the .jar)")
    url = f"jdbc:postgresql://127.0.0.1:{database.server.port}/{database.name}"
    program = Path(__file__).with_name("Metadata.java")
    command = ["java", "-Xmx256m", "-cp", str(driver), str(program), url, "mart", view, VIEWS[view], OWNER, PASSWORD]
    told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert told.returncode == 0, told.stderr
    lines = [line.split("\t") for line in told.stdout.splitlines()]
    relations = {relation.name: relation for relation in read_relations(published) if relation.schema == "mart"}
    tables = {line[1]: line[2:] for line in lines if line[0] == "table"}
    assert tables == {name: ["VIEW", relation.meaning] for name, relation in relations.items()}
    columns = [line[1:] for line in lines if line[0] == "column"]
    assert [(name, remarks) for name, _, _, _, remarks in columns] == [
        (column.name, column.meaning) for column in relations[view].columns
    ]
    for (name, _, size, digits, _), column in zip(columns, relations[view].columns, strict=True):
        if column.type.startswith("DECIMAL"):
            assert f"DECIMAL({size},{digits})" == column.type, name
    rows = [line[1:] for line in lines if line[0] == "row"]
    expected = published.execute(f"SELECT * FROM mart.{view} ORDER BY {VIEWS[view]} COLLATE C").fetchall()
    assert len(rows) == len(expected) > 0
    assert sorted(rows) == sorted([_as_jdbc(value) for value in row] for row in expected)


def _as_jdbc(value: Any) -> str:
    """A value as Metadata.java shows it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return _java_hex(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return str(_micros(value))
    return str(value)


def _micros(value: datetime) -> int:
    return int(value.replace(microsecond=0).timestamp()) * 1_000_000 + value.microsecond


def _java_hex(value: float) -> str:
    """Double.toHexString: no trailing zeros, no sign before a positive exponent."""
    mantissa, _, exponent = value.hex().partition("p")
    whole, _, fraction = mantissa.partition(".")
    return f"{whole}.{fraction.rstrip('0') or '0'}p{int(exponent)}"


def test_psqlodbc_reads_metadata_and_every_decimal(
    database: postgres_servers.PostgresDatabase, published: duckdb.DuckDBPyConnection
) -> None:
    driver = Path(os.environ.get("KPI_ODBC_DRIVER", "/usr/lib/x86_64-linux-gnu/odbc/psqlodbcw.so"))
    if not driver.exists() or ctypes.util.find_library("odbc") is None:
        pytest.skip("unixODBC or psqlODBC is not installed (KPI_ODBC_DRIVER may name the .so)")
    address = (
        f"DRIVER={driver};SERVER=127.0.0.1;PORT={database.server.port};DATABASE={database.name};"
        f"UID={OWNER};PWD={PASSWORD};ReadOnly=1"
    )
    query = "SELECT cost_line_id, amount_reporting FROM mart.cost_line_facts ORDER BY 1"
    with connected(address) as connection:
        columns = connection.columns("mart", "cost_line_facts")
        rows = connection.query(query)
    (relation,) = [each for each in read_relations(published) if each.name == "cost_line_facts"]
    # SQLColumns: 4 the name, 6 the type's name, 7 its digits, 9 its decimals, counted from 1. The driver passes no
    # comments.
    assert [row[3] for row in columns] == [column.name for column in relation.columns]
    described = {row[3]: (row[5], row[6], row[8]) for row in columns}
    assert described["amount_reporting"] == ("numeric", "18", "4")
    assert described["posting_date"][0] == "date"
    expected = [
        (key, None if amount is None else Decimal(amount)) for key, amount in published.execute(query).fetchall()
    ]
    assert sorted((key, None if amount is None else Decimal(amount)) for key, amount in rows) == sorted(expected)
    with connected(address) as connection, pytest.raises(OdbcError, match="Connection is readonly"):
        connection.query("DELETE FROM mart.metric_values")
