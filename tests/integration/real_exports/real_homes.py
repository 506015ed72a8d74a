"""Homes for real exports: run them, and hold what comes out against plain SQL over the raw files.

`homes` holds contracts and policies and nothing else; `plain_sql` computes the same numbers in the most direct way and
knows nothing of the pipeline. The exports themselves stay where KPI_REAL_EXPORTS says.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from pipelines.home import Home
from pipelines.project import load_project
from pipelines.run import run_project
from pipelines.session import SilentReporter

HERE = Path(__file__).parent

#: Home to the landing folder of each of its contracts, and the files that land there.
LANDINGS: dict[str, dict[str, list[str]]] = {
    "payments_and_deliveries": {
        "north_tyneside_spend": [
            "finance/northtyneside_spend_2021-11_cards.csv.gz",
            "finance/northtyneside_spend_2022-03_invoices.csv.gz",
        ],
        "scms_deliveries": ["vendors/scms_delivery_history.csv.gz"],
    },
    "money": {
        "leeds_spend": [
            "finance/leeds_spend_2010-12.csv.gz",
            "finance/leeds_spend_2011-02.csv.gz",
            "finance/leeds_spend_2012-11.csv.gz",
        ],
        "north_tyneside_spend": [
            "finance/northtyneside_spend_2021-11_cards.csv.gz",
            "finance/northtyneside_spend_2022-03_invoices.csv.gz",
        ],
        "accounts_receivable": ["finance/accounts_receivable.csv.gz"],
        "domestic_declarations": ["finance/DomesticDeclarations.xes.gz"],
        "prepaid_travel_cost": ["finance/PrepaidTravelCost.xes.gz"],
    },
    "servicenow": {"servicenow_incidents": ["tickets/servicenow_incident_audit.csv.gz"]},
    "jira": {"jira_issues": ["tickets/jira_issues_with_changelog.jsonl.gz"]},
    "help_desk": {"help_desk_log": ["tickets/helpdesk_event_log.csv.gz"]},
    "volvo": {"vinst_problems": ["tickets/volvo_vinst_closed_problems.csv.gz"]},
    "nyc_311": {"service_requests": ["tickets/nyc311_with_due_dates.csv", "tickets/nyc311_without_due_dates.csv.gz"]},
}


#: Whether waiting stops the clocks of a home's own policies.
PAUSING = {"servicenow": True, "jira": False, "help_desk": False, "volvo": False}


@dataclass(frozen=True)
class OtherPromises:
    """Policies to measure a home's tickets under once more.

    Attributes:
        as_of: an instant in the middle of the export, at which many tickets are open; None for its end.
    """

    policies: str
    pausing: bool
    as_of: datetime | None


OTHER_PROMISES = {
    "servicenow": OtherPromises("servicenow_without_pauses.yaml", False, None),
    "help_desk": OtherPromises("help_desk_with_pauses.yaml", True, datetime(2012, 6, 29, 12, tzinfo=UTC)),
    "volvo": OtherPromises("volvo_with_pauses.yaml", True, datetime(2012, 5, 8, 12, tzinfo=UTC)),
}


@dataclass(frozen=True)
class RealHome:
    """A home that was run on real exports.

    Attributes:
        files: the raw exports.
    """

    name: str
    home: Home
    files: tuple[str, ...]


def run_home(name: str, real_exports: Path, folder: Path) -> RealHome:
    """Make a home of that name, land its exports and run it. Nothing may be held."""
    home = Home(folder / name)
    shutil.copytree(HERE / "homes" / name, home.folder)
    for export, files in LANDINGS[name].items():
        landing = home.landing / export
        landing.mkdir(parents=True)
        for file in files:
            shutil.copy(real_exports / file, landing)
    outcome = run_project(load_project(home), reporter=SilentReporter())
    assert outcome.held == ()
    return RealHome(name, home, tuple(str(real_exports / file) for files in LANDINGS[name].values() for file in files))


def run_with_other_promises(real: RealHome) -> OtherPromises:
    """Measure the tickets of a home again, under other promises. What is published stays as it is."""
    promises = OTHER_PROMISES[real.name]
    shutil.copy(HERE / "promises" / promises.policies, real.home.policies / "sla.yaml")
    outcome = run_project(load_project(real.home), reporter=SilentReporter(), as_of=promises.as_of, only=("tickets",))
    assert outcome.held == ()
    return promises


def compute_plainly(real: RealHome, *, pausing: bool, as_of: datetime | None = None) -> duckdb.DuckDBPyConnection:
    """A connection with `lives`, `clocks` and what they are made of, from the raw files of an event log."""
    plain = duckdb.connect()
    plain.execute("SET TimeZone = 'UTC'")
    plain.execute("SET VARIABLE files = ?", [list(real.files)])
    plain.execute("SET VARIABLE pausing = ?", [pausing])
    steps = [real.name, "lives", "clocks"]
    if as_of is not None:
        plain.execute("SET VARIABLE as_of = ?", [as_of.replace(tzinfo=None)])
        steps.insert(1, "cut")
    for step in steps:
        plain.execute((HERE / "plain_sql" / f"{step}.sql").read_text(encoding="utf-8"))
    return plain


def differences(
    connection: duckdb.DuckDBPyConnection, found: str, expected: str, keys: Sequence[str], *, tolerance: float = 0
) -> dict[str, list[tuple[object, ...]]]:
    """Where two queries with the same columns differ: column to a few rows of keys, what was found, what was expected.

    Args:
        keys: columns that name a row.
        tolerance: relative difference that floating point numbers may have.
    """
    columns = connection.execute(f"DESCRIBE {expected}").fetchall()
    names = ", ".join(keys)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE found_rows AS SELECT *, true AS is_there FROM ({found})")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE expected_rows AS SELECT *, true AS is_there FROM ({expected})")
    differing: dict[str, list[tuple[object, ...]]] = {}
    compared = [("is_there", "BOOLEAN"), *((column[0], column[1]) for column in columns if column[0] not in keys)]
    for name, kind in compared:
        ours, plain = f'found_rows."{name}"', f'expected_rows."{name}"'
        is_equal = f"{ours} IS NOT DISTINCT FROM {plain}"
        if kind == "DOUBLE" and tolerance:
            is_equal = f"({is_equal} OR abs({ours} - {plain}) <= {tolerance} * greatest(1, abs({plain})))"
        rows = connection.execute(
            f"SELECT {names}, {ours}, {plain} FROM found_rows FULL JOIN expected_rows USING ({names}) "
            f"WHERE NOT coalesce({is_equal}, false) ORDER BY ALL LIMIT 5"
        ).fetchall()
        if rows:
            differing[name] = rows
    return differing
