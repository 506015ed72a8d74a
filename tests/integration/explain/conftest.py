"""A company after its run, the same with records that rules set aside, and `kpi explain` on it."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from demo_homes import DemoHome
from explained_values import Explain, explaining

from pipelines.published.opening import open_published_file
from pipelines.published.rows import read_rows

if TYPE_CHECKING:
    from conftest import CleanRun


@pytest.fixture(scope="session")
def home(clean_run: CleanRun) -> DemoHome:
    """The company after its run. Nobody changes it."""
    return clean_run.demo


@pytest.fixture(scope="session")
def spoilt(clean_run: CleanRun, tmp_path_factory: pytest.TempPathFactory) -> DemoHome:
    """The same with tickets, cost lines, invoices and deliveries that rules set aside, and a month without postings."""
    demo = clean_run.never_run.copy_to(tmp_path_factory.mktemp("spoilt") / "home").publish_to("duckdb")
    spoil(demo.landing)
    demo.run()
    return demo


def spoil(landing: Path) -> None:
    """Break some records of each kind, so that they are set aside."""
    for path in (landing / "zendesk_tickets").iterdir():
        lines = path.read_text(encoding="utf-8").split("\n")
        for index, line in enumerate(lines):
            if index % 9 == 0 and '"status": "closed"' in line:
                lines[index] = line.replace('"value": "open"', '"value": "escalated"')
        path.write_text("\n".join(lines), encoding="utf-8")
    ledger = next((landing / "general_ledger").iterdir())
    ledger.write_bytes(ledger.read_bytes().replace(b";EUR;", b";EUX;", 3))
    for folder, column, wrong in (("vendor_invoices", "Invoice Date", "soon"), ("deliveries", "promised_date", "soon")):
        path = next((landing / folder).iterdir())
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file, delimiter=_delimiter(path)))
        at = next((index for index, name in enumerate(rows[0]) if name.casefold() == column.casefold()), None)
        if at is not None:
            for row in rows[2:6]:
                row[at] = wrong
            with path.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file, delimiter=_delimiter(path)).writerows(rows)


def _delimiter(path: Path) -> str:
    head = path.read_text(encoding="utf-8-sig").split("\n", 1)[0]
    return max(",;\t", key=head.count)


@pytest.fixture(scope="session")
def published(home: DemoHome, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    with opened_copy(home, tmp_path_factory.mktemp("published")) as connection:
        yield connection


@pytest.fixture(scope="session")
def published_spoilt(spoilt: DemoHome, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    with opened_copy(spoilt, tmp_path_factory.mktemp("published")) as connection:
        yield connection


def opened_copy(home: DemoHome, folder: Path) -> duckdb.DuckDBPyConnection:
    """A copy, since a file that is open here can be opened in no other way by the commands that a test runs."""
    return open_published_file(Path(shutil.copyfile(home.home.published_file, folder / "kpi.duckdb")))


@pytest.fixture
def explain(home: DemoHome) -> Explain:
    return explaining(home)


@pytest.fixture
def ticket(published: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    query = """
        SELECT * FROM core.fct_tickets
        WHERE source = 'servicenow' AND is_done AND reopen_count > 0 AND NOT is_quarantined ORDER BY ticket_id LIMIT 1
    """
    return read_rows(published, query)[0]
