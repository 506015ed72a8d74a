"""The PostgreSQL form of every declared table is accepted by a real server, comments included."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.catalog import TABLES
from models.ddl import comment_statements, create_table
from models.vocabulary import Layer

_BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin")) if Path("/usr/lib/postgresql").is_dir() else []


@pytest.fixture
def psql() -> Iterator[list[str]]:
    """A psql command connected to a server of its own. The server refuses to run as root, so it runs as postgres."""
    if not _BINARIES:
        pytest.skip("PostgreSQL is not installed")
    as_server: list[str] = []
    if os.geteuid() == 0:
        if shutil.which("runuser") is None or "postgres" not in {user.pw_name for user in pwd.getpwall()}:
            pytest.skip("PostgreSQL does not run as root, and there is no user postgres to run it as")
        as_server = ["runuser", "-u", "postgres", "--"]
    binaries = _BINARIES[-1]
    # The server's own user must reach the folder, and a socket's path must be short.
    made = subprocess.run(
        [*as_server, "mktemp", "-d", "/tmp/kpi-pg.XXXXXX"], capture_output=True, text=True, check=True
    )
    folder = Path(made.stdout.strip())
    cluster = str(folder / "cluster")
    quiet = {"check": True, "capture_output": True, "cwd": "/"}
    try:
        subprocess.run([*as_server, binaries / "initdb", "-D", cluster, "-A", "trust", "-U", "kpi", "-N"], **quiet)
        options = f"-k {folder} -c listen_addresses='' -c fsync=off"
        subprocess.run(
            [*as_server, binaries / "pg_ctl", "-D", cluster, "-w", "-l", str(folder / "log"), "-o", options, "start"],
            check=True, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        yield [
            str(binaries / "psql"),
            "-h",
            str(folder),
            "-U",
            "kpi",
            "-d",
            "postgres",
            "-v",
            "ON_ERROR_STOP=1",
            "-qAt",
        ]
    finally:
        subprocess.run(
            [*as_server, binaries / "pg_ctl", "-D", cluster, "-m", "immediate", "stop"], check=False, cwd="/"
        )
        subprocess.run([*as_server, "rm", "-rf", str(folder)], check=False)


@pytest.mark.slow
def test_postgresql_takes_every_table_with_its_keys_and_comments(psql: list[str]) -> None:
    statements = [f"CREATE SCHEMA {layer.value}" for layer in Layer]
    for table in TABLES:
        statements += [create_table(table, dialect="postgresql", with_keys=True), *comment_statements(table)]
    script = ";\n".join(statements) + ";"
    subprocess.run(psql, input=script, text=True, check=True, capture_output=True)
    query = """
        SELECT count(*), count(col_description(format('%I.%I', table_schema, table_name)::regclass, ordinal_position))
        FROM information_schema.columns WHERE table_schema IN ('raw', 'stg', 'core', 'mart', 'ops')
    """
    told = subprocess.run([*psql, "-c", query], text=True, check=True, capture_output=True)
    columns = sum(len(table.columns) for table in TABLES)
    assert told.stdout.strip() == f"{columns}|{columns}"
