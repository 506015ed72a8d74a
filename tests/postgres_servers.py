"""A PostgreSQL server of the tests' own, real and local, on a port that is free.

The server refuses to run as root, so it then runs as the user `postgres`. What a test expects of it is in the test.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

OWNER = "kpi"
#: Over the network the server asks for it; a right one is a test of its own.
PASSWORD = "correct horse"


def _binaries() -> Path | None:
    folder = Path("/usr/lib/postgresql")
    versions = sorted(folder.glob("*/bin"), key=lambda path: float(path.parent.name)) if folder.is_dir() else []
    if versions:
        return versions[-1]
    found = shutil.which("initdb")
    return Path(found).parent if found else None


@dataclass(frozen=True)
class PostgresServer:
    """A server that runs.

    Attributes:
        folder: its folder, which also holds its socket.
        port: where it listens on 127.0.0.1, with passwords.
    """

    folder: Path
    port: int
    binaries: Path
    as_server: tuple[str, ...]

    def url(self, database: str = "postgres", user: str = OWNER) -> str:
        """Its address over the network, without a password."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def connect(self, database: str = "postgres", user: str = OWNER, **options: Any) -> psycopg.Connection:
        """A connection over the socket, which asks for no password."""
        return psycopg.connect(host=str(self.folder), port=self.port, dbname=database, user=user, **options)

    def psql(self, *arguments: str, database: str = "postgres", user: str = OWNER, text: str | None = None) -> str:
        """What psql prints."""
        command = [
            str(self.binaries / "psql"),
            "-h",
            str(self.folder),
            "-p",
            str(self.port),
            "-U",
            user,
            "-d",
            database,
        ]
        command += ["-v", "ON_ERROR_STOP=1", "-X", *arguments]
        return subprocess.run(command, input=text, text=True, check=True, capture_output=True).stdout

    def control(self, *arguments: str) -> None:
        """Run pg_ctl: stop, or start."""
        # Without its own output the server would keep the pipe of this process open for ever.
        subprocess.run(
            [*self.as_server, str(self.binaries / "pg_ctl"), "-D", str(self.folder / "cluster"), "-w", *arguments],
            check=True, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def start(self) -> None:
        """Start it on its port."""
        options = f"-k {self.folder} -p {self.port} -c listen_addresses=127.0.0.1 -c fsync=off"
        self.control("-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self) -> None:
        """Stop it, connections or not."""
        self.control("-m", "immediate", "stop")


@dataclass(frozen=True)
class PostgresDatabase:
    """A database of a test's own."""

    server: PostgresServer
    name: str

    @property
    def url(self) -> str:
        """Its address over the network, without a password."""
        return self.server.url(self.name)

    def connect(self, user: str = OWNER, **options: Any) -> psycopg.Connection:
        """A connection that asks for no password."""
        return self.server.connect(self.name, user, **options)

    def rows(self, query: str, user: str = OWNER) -> list[tuple[Any, ...]]:
        """All rows of a query, with instants in UTC."""
        with self.connect(user, options="-c timezone=UTC") as connection:
            return connection.execute(query).fetchall()

    def execute(self, statements: str, user: str = OWNER) -> None:
        """Run statements for their effect."""
        with self.connect(user) as connection:
            connection.execute(statements)

    def psql(self, *arguments: str, user: str = OWNER) -> str:
        """What psql prints."""
        return self.server.psql(*arguments, database=self.name, user=user)


@contextmanager
def new_database(server: PostgresServer) -> Iterator[PostgresDatabase]:
    """An empty database, and the roles that a test made, gone afterwards."""
    name = f"test_{uuid4().hex}"
    with server.connect(autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield PostgresDatabase(server, name)
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
            roles = connection.execute("SELECT rolname FROM pg_roles WHERE rolname ~ '_of_test$'").fetchall()
            for (role,) in roles:
                connection.execute(f"DROP ROLE {role}")


@contextmanager
def running_server() -> Iterator[PostgresServer]:
    """A new server; the test is skipped, and says why, where PostgreSQL is not installed."""
    binaries = _binaries()
    if binaries is None:
        pytest.skip("PostgreSQL's server is not installed")
    as_server: tuple[str, ...] = ()
    if os.geteuid() == 0:
        if shutil.which("runuser") is None or "postgres" not in {user.pw_name for user in pwd.getpwall()}:
            pytest.skip("PostgreSQL does not run as root, and there is no user postgres to run it as")
        as_server = ("runuser", "-u", "postgres", "--")
    # The server's own user must reach the folder, and a socket's path must be short.
    made = subprocess.run(
        [*as_server, "mktemp", "-d", "/tmp/kpi-pg.XXXXXX"], capture_output=True, text=True, check=True
    )
    folder = Path(made.stdout.strip())
    try:
        subprocess.run(
            [*as_server, str(binaries / "initdb"), "-D", str(folder / "cluster"), "-U", OWNER, "-N", "-E", "UTF8",
             "--locale", "C.UTF-8", "--auth-local=trust", "--auth-host=scram-sha-256"],
            check=True, capture_output=True, cwd="/",
        )  # fmt: skip
        server = PostgresServer(folder, _free_port(), binaries, as_server)
        server.start()
        try:
            with server.connect() as connection:
                connection.execute(f"ALTER ROLE {OWNER} PASSWORD '{PASSWORD}'")
            # Whoever reaches the socket's folder may connect; others are refused.
            subprocess.run([*as_server, "chmod", "755", str(folder)], check=True)
            yield server
        finally:
            subprocess.run(
                [*as_server, str(binaries / "pg_ctl"), "-D", str(folder / "cluster"), "-m", "immediate", "stop"],
                check=False, cwd="/", capture_output=True,
            )  # fmt: skip
    finally:
        subprocess.run([*as_server, "rm", "-rf", str(folder)], check=False)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
