"""Cost facts of a large ledger, as a multiple of DuckDB merely reading the same CSV into typed tables.

    python -m benchmarks.cost_allocation --lines 5000000 --transactions 1000000 --pools 200 --runs 3

Each side is a new process, in turn, in rounds that begin with the baseline:

    baseline     DuckDB reads ledger and transactions from CSV into typed tables of a new file, and checkpoints
    cost facts   what `kpi run` does for costs when they are staged: converts lines, finds their pools, counts
                 transactions, allocates by day, week, month and quarter, stores the facts and reconciles them

`--data DIR` keeps the made-up data for the next time; `--publish` writes the table into `benchmarks/README.md`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

import duckdb

from benchmarks.timing import HEADER, Timing, ratio_rows, time_command

BASELINE: Final = "DuckDB reads the CSV"
TIMED: Final = "kpi, cost facts"
_README: Final = Path(__file__).with_name("README.md")
_MARKS: Final = ("<!-- cost_allocation: begin -->\n", "<!-- cost_allocation: end -->\n")

TEAMS: Final = 30
_ACCOUNTS, _CENTRES, _VENDORS = 2_000, 300, 5_000
#: Words of descriptions, of which pools look for some.
_WORDS: Final = ("licence", "support", "rent", "cable", "travel", "training", "hosting", "repair", "freight", "audit")

_READ_CSV: Final = """
import sys, duckdb
data, target = sys.argv[1:]
connection = duckdb.connect(target)
ledger = {'posting_date': 'DATE', 'service_start_date': 'DATE', 'service_end_date': 'DATE',
          'amount_original': 'DECIMAL(18,4)', 'row_number': 'BIGINT', 'account': 'VARCHAR', 'cost_centre': 'VARCHAR'}
connection.execute(f"CREATE TABLE ledger AS FROM read_csv('{data}/ledger.csv', types = {ledger})")
connection.execute(f"CREATE TABLE tickets AS FROM read_csv('{data}/tickets.csv')")
connection.execute('CHECKPOINT')
"""

#: One line in five has a service period of some months, one in fifty is a credit, one in eight in another currency.
_LEDGER: Final = """
SELECT
    'gl:' || i AS cost_line_id, 'gl' AS source, 'J-' || (i // 4) AS document_id,
    DATE '2024-01-01' + CAST(hash(i, 1) % 730 AS INTEGER) AS posting_date,
    CASE WHEN hash(i, 2) % 5 = 0 THEN DATE '2024-01-01' + CAST(hash(i, 1) % 730 AS INTEGER) END AS service_start_date,
    CASE WHEN hash(i, 2) % 5 = 0
         THEN DATE '2024-01-01' + CAST(hash(i, 1) % 730 + 20 + hash(i, 3) % 200 AS INTEGER) END AS service_end_date,
    CAST(4000 + hash(i, 4) % {accounts} AS VARCHAR) AS account,
    CAST(100 + hash(i, 5) % {centres} AS VARCHAR) AS cost_centre,
    CASE WHEN hash(i, 6) % 3 = 0 THEN 'Team ' || (hash(i, 7) % {teams}) END AS team,
    'Vendor ' || (hash(i, 8) % {vendors}) AS vendor,
    {words}[CAST(1 + hash(i, 9) % {word_count} AS INTEGER)] || ' order ' || (hash(i, 10) % 900000)
        || ' of site ' || (hash(i, 11) % 97)
        AS description,
    CAST((CASE WHEN hash(i, 12) % 50 = 0 THEN -1 ELSE 1 END) * (1 + hash(i, 13) % 500000) AS DECIMAL(18, 4)) / 100
        AS amount_original,
    (['EUR', 'EUR', 'EUR', 'EUR', 'EUR', 'EUR', 'EUR', 'USD'])[CAST(1 + hash(i, 14) % 8 AS INTEGER)] AS currency_code,
    'ledger/lines/1' AS load_id, i + 2 AS row_number, 'hash' AS row_hash
FROM range({lines}) AS rows(i)
"""

#: A team works on two services and with two vendors, so that it has up to 24 cells.
_TICKETS: Final = """
SELECT
    'desk:' || i AS ticket_id, 'desk' AS source, 'Team ' || (hash(i, 1) % {teams}) AS team,
    'P' || (1 + hash(i, 2) % 4) AS priority, 'Service ' || (hash(i, 1) % {teams} // 2 + hash(i, 3) % 2) AS service,
    CASE WHEN hash(i, 4) % 4 = 0 THEN 'Vendor ' || (hash(i, 1) % {teams} + 1000 * (hash(i, 5) % 2)) END AS vendor,
    TIMESTAMPTZ '2023-12-31 00:00:00+00' + INTERVAL (CAST(hash(i, 6) % 63158400 AS BIGINT)) SECOND AS resolved_at,
    true AS is_done, false AS is_cancelled, hash(i, 7) % 100 = 0 AS is_quarantined, true AS has_history,
    CAST(hash(i, 8) % 40000000000 AS BIGINT) AS active_business_microseconds, 1 AS touch_count, 3 AS event_count,
    0 AS duplicate_event_count
FROM range({transactions}) AS rows(i)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, default=5_000_000, help="ledger lines")
    parser.add_argument("--transactions", type=int, default=1_000_000, help="resolved tickets")
    parser.add_argument("--pools", type=int, default=200, help="cost pools")
    parser.add_argument("--runs", type=int, default=3, help="rounds")
    parser.add_argument("--data", type=Path, help="folder that keeps the data; a temporary one if not given")
    parser.add_argument("--publish", action="store_true", help="write the table into benchmarks/README.md")
    parser.add_argument(
        "--build", type=Path, metavar="HOME", help="build the cost facts of a staged home, and nothing else"
    )
    arguments = parser.parse_args()
    if arguments.build:
        print(json.dumps(build(arguments.build)))
        return
    with tempfile.TemporaryDirectory(prefix="kpi-bench-") as scratch:
        data = arguments.data or Path(scratch) / "data"
        text = _compare(data, Path(scratch), arguments.lines, arguments.transactions, arguments.pools, arguments.runs)
    print(text)
    if arguments.publish:
        _publish(text)


def _compare(data: Path, scratch: Path, lines: int, transactions: int, pools: int, runs: int) -> str:
    make_data(data, lines, transactions)
    staged = scratch / "staged"
    make_home(staged, data, pools)
    timings: dict[str, list[Timing]] = {BASELINE: [], TIMED: []}
    for _ in range(runs):
        target = scratch / "baseline.duckdb"
        timings[BASELINE].append(time_command([sys.executable, "-c", _READ_CSV, str(data), str(target)])[0])
        target.unlink()
        home = scratch / "home"
        shutil.copytree(staged, home)
        timing, output = time_command([sys.executable, "-m", "benchmarks.cost_allocation", "--build", str(home)])
        timings[TIMED].append(timing)
        built = json.loads(output.splitlines()[-1])
        shutil.rmtree(home)
    size = sum((data / name).stat().st_size for name in ("ledger.csv", "tickets.csv"))
    heading = (
        f"{lines:,} ledger lines, {transactions:,} resolved tickets and {pools:,} pools, {size / 2**20:,.0f} MiB "
        f"of CSV, {built['fct_cost_allocations']:,} rows of allocations, {os.cpu_count()} cores, median of {runs}:\n"
    )
    return "\n".join([heading, *HEADER, *ratio_rows(timings, BASELINE), ""])


def make_data(folder: Path, lines: int, transactions: int) -> None:
    """`ledger.csv` and `tickets.csv`, the same for the same sizes, unless the folder holds them."""
    stamp = folder / "made.txt"
    wanted = f"{lines} {transactions}"
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    ledger = _LEDGER.format(
        lines=lines, accounts=_ACCOUNTS, centres=_CENTRES, teams=TEAMS, vendors=_VENDORS, words=list(_WORDS),
        word_count=len(_WORDS),
    )  # fmt: skip
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"COPY ({ledger}) TO '{folder}/ledger.csv' (HEADER)")
        tickets = _TICKETS.format(transactions=transactions, teams=TEAMS)
        connection.execute(f"COPY ({tickets}) TO '{folder}/tickets.csv' (HEADER)")
    stamp.write_text(wanted)


def pools_policy(count: int) -> str:
    """`costs.yaml` with so many pools: by account, by vendor, by words of the text, and by several of them."""
    drivers = (
        "driver: direct",
        "driver: headcount",
        "driver: resolved_tickets",
        "driver: active_business_hours",
        "driver: fixed_shares, shares: {Team 1: 0.5, Team 2: 0.3}",
        "driver: metric, metric: ticket_resolved_count",
    )
    pools = []
    for number in range(count - 1):
        where = (
            f'account: ["{400 + number % 200}?"]',
            f'vendor: ["Vendor {number}*", "vendor ?{number}"]',
            f'description: ["*{_WORDS[number % len(_WORDS)]}*site {number % 97}"]',
            f'account: ["4*"], cost_centre: ["{100 + number}"], description: ["*{_WORDS[number % len(_WORDS)]}*"]',
        )[number % 4]
        pools.append(f"  - {{id: pool {number:03}, where: {{{where}}}, {drivers[number % len(drivers)]}}}")
    steps = ["step_down:", "  - {team: Team 28, driver: headcount}", "  - {team: Team 29, driver: resolved_tickets}"]
    return "\n".join(
        ["pools:", *pools, '  - {id: rest, where: {account: ["4*"]}, driver: resolved_tickets}', *steps, ""]
    )


def make_home(home: Path, data: Path, pools: int) -> None:
    """A home whose ledger and tickets are staged and judged, as a run leaves them before it builds cost facts."""
    from pipelines.scaffold import HomeFacts, write_home
    from pipelines.warehouse import open_warehouse

    write_home(home, HomeFacts(time_zone="Europe/Amsterdam"))
    (home / "policies" / "costs.yaml").write_text(pools_policy(pools), encoding="utf-8")
    with open_warehouse(home / "warehouse.duckdb"):
        pass
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for table, name in (("stg.stg_cost_lines", "ledger"), ("core.fct_tickets", "tickets")):
            typed = ", types = {'account': 'VARCHAR', 'cost_centre': 'VARCHAR'}" if name == "ledger" else ""
            connection.execute(f"INSERT INTO {table} BY NAME FROM read_csv('{data}/{name}.csv'{typed})")
        connection.execute(
            """
            INSERT INTO stg.stg_fx_rates BY NAME
            SELECT CAST(day AS DATE) AS rate_date, 'EUR' AS base_currency_code, 'USD' AS quote_currency_code,
                   CAST(1.05 + hash(day) % 1000 / 10000 AS DECIMAL(18, 8)) AS fx_rate, 'bank' AS source,
                   'fx/rates/1' AS load_id, 2 AS row_number, 'hash' AS row_hash
            FROM range(DATE '2023-12-20', DATE '2026-01-10', INTERVAL 1 DAY) AS days(day)
            """
        )
        connection.execute(
            f"""
            INSERT INTO stg.stg_headcount BY NAME
            SELECT CAST(month AS DATE) AS month_date, 'Team ' || team AS team, 3 + hash(team) % 20 AS headcount,
                   'hr' AS source, 'hr/people/1' AS load_id, 2 AS row_number, 'hash' AS row_hash
            FROM range(DATE '2023-12-01', DATE '2026-12-01', INTERVAL 1 MONTH) AS months(month),
                 range({TEAMS}) AS teams(team)
            """
        )
        connection.execute(
            """
            INSERT INTO ops.ops_verdicts BY NAME
            SELECT 'finance' AS domain, 'batch' AS batch_hash, 'pass' AS verdict, true AS is_current,
                   '{}' AS contract_versions, 'made up' AS summary, TIMESTAMPTZ '2026-01-01 00:00:00+00' AS decided_at,
                   'bench' AS run_id
            """
        )


def build(folder: Path) -> dict[str, int | None]:
    """Build the cost facts of a staged home, as a run does. Returns the rows of each."""
    from pipelines.facts.steps import build_cost_facts
    from pipelines.home import Home
    from pipelines.project import load_project
    from pipelines.session import open_session

    with open_session(load_project(Home(folder))) as session:
        steps = build_cost_facts(session)
        session.warehouse.execute("CHECKPOINT")
    wrong = [step for step in steps if step.state != "built"]
    if wrong:
        raise SystemExit(f"{wrong[0].asset} is {wrong[0].state}: {wrong[0].note}")
    return {step.asset: step.row_count for step in steps}


def _publish(text: str) -> None:
    readme = _README.read_text(encoding="utf-8")
    before, _, rest = readme.partition(_MARKS[0])
    _, _, after = rest.partition(_MARKS[1])
    _README.write_text(f"{before}{_MARKS[0]}\n{text}\n{_MARKS[1]}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
