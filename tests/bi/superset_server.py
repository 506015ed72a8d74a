"""A real Superset for a test run: its own metadata, a server on the loopback, and its REST API."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from metrics.render.measures import CELLS
from metrics.render.relations import Relation

if TYPE_CHECKING:
    from conftest import Tool

_CONFIGURATION = """\
SECRET_KEY = "of a metadata database that lives for one test run"
SQLALCHEMY_DATABASE_URI = "sqlite:///{folder}/metadata.db"
# A DuckDB file is one on the server's own disk, which Superset allows only when it is told to.
PREVENT_UNSAFE_DB_CONNECTIONS = False
WTF_CSRF_ENABLED = False
TALISMAN_ENABLED = False
RATELIMIT_ENABLED = False
"""
_USER, _PASSWORD = "admin", "admin"
_SECONDS_TO_START = 120


class Superset:
    """Superset's command line and, once started, its API."""

    def __init__(self, folder: Path, tool: Tool) -> None:
        self._program = tool("superset", "superset")
        self._folder = folder
        self._server: subprocess.Popen[bytes] | None = None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port: int = free.getsockname()[1]
        self._token = ""
        configuration = folder / "superset_config.py"
        configuration.write_text(_CONFIGURATION.format(folder=folder), encoding="utf-8")
        self._environment = {
            **os.environ,
            "SUPERSET_CONFIG_PATH": str(configuration),
            "SUPERSET_HOME": str(folder),
            "FLASK_APP": "superset",
        }
        self.run("db", "upgrade")
        person = ("--firstname", "A", "--lastname", "B", "--email", "admin@example.org")
        self.run("fab", "create-admin", "--username", _USER, "--password", _PASSWORD, *person)
        self.run("init")

    def run(self, *arguments: str) -> None:
        """A command of Superset."""
        ended = subprocess.run(
            [self._program, *arguments], env=self._environment, capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-3000:]

    def start(self) -> None:
        """Start the server and log in."""
        with (self._folder / "server.log").open("wb") as log:
            self._server = subprocess.Popen(
                [self._program, "run", "-h", "127.0.0.1", "-p", str(self._port)],
                env=self._environment, stdout=log, stderr=log,
            )  # fmt: skip
        credentials = {"username": _USER, "password": _PASSWORD, "provider": "db", "refresh": False}
        until = time.monotonic() + _SECONDS_TO_START
        while not self._token:
            try:
                self._token = self.ask("security/login", credentials)["access_token"]
            except OSError:
                assert self._server.poll() is None and time.monotonic() < until, self.log()
                time.sleep(0.5)

    def stop(self) -> None:
        """Stop the server."""
        if self._server is not None:
            self._server.terminate()
            try:
                self._server.wait(timeout=10)
            except subprocess.TimeoutExpired:
                # It holds nothing that has to be written: the metadata live for this run only.
                self._server.kill()
                self._server.wait(timeout=30)

    def log(self) -> str:
        """The end of what the server said."""
        return (self._folder / "server.log").read_text(encoding="utf-8")[-3000:]

    def ask(self, path: str, document: dict[str, Any] | None = None) -> dict[str, Any]:
        """The answer of `/api/v1/<path>`; with a document it is posted."""
        if document is None:
            return self._send(path, None, {})
        return self._send(path, json.dumps(document).encode(), {"Content-Type": "application/json"})

    def months(self, dataset: int, relation: Relation, names: Sequence[str]) -> dict[str, dict[date, float | None]]:
        """Metrics of a dataset over all, by month, through the API that charts use."""
        axis = {"columnType": "BASE_AXIS", "expressionType": "SQL", "sqlExpression": relation.date, "label": "month"}
        of_cells = relation.name == CELLS
        chosen = [("period_grain", "month"), ("dimension", "overall")] if of_cells else []
        query = {
            "row_limit": 50_000,
            "columns": [axis if of_cells else {**axis, "timeGrain": "P1M"}],
            "metrics": list(names),
            "filters": [{"col": column, "op": "==", "val": value} for column, value in chosen],
        }
        document = {
            "datasource": {"id": dataset, "type": "table"},
            "queries": [query],
            "result_format": "json",
            "result_type": "full",
        }
        (answer,) = self.ask("chart/data", document)["result"]
        assert answer["status"] == "success", answer
        months = [(datetime.fromtimestamp(row["month"] / 1000, UTC).date(), row) for row in answer["data"]]
        return {
            name: {month: None if row[name] is None else float(row[name]) for month, row in months} for name in names
        }

    def upload(self, path: str, name: str, file: Path) -> dict[str, Any]:
        """The answer of `/api/v1/<path>` to a file, sent as a form's field of that name."""
        limit = "end-of-part"
        head = f'--{limit}\r\nContent-Disposition: form-data; name="{name}"; filename="{file.name}"\r\n\r\n'
        body = head.encode() + file.read_bytes() + f"\r\n--{limit}--\r\n".encode()
        return self._send(path, body, {"Content-Type": f"multipart/form-data; boundary={limit}"})

    def _send(self, path: str, body: bytes | None, headers: dict[str, str]) -> dict[str, Any]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._port}/api/v1/{path}",
            data=body,
            headers={"Authorization": f"Bearer {self._token}", **headers},
        )
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                found: dict[str, Any] = json.load(answer)
                return found
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{path}: {error.code} {error.read().decode()[:2000]}\n{self.log()}") from error
