"""`kpi explain` on a company's whole publication: every KPI comes to the same from its records, and says so."""

from __future__ import annotations

import csv
import json
import shlex
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import polars as pl
import pytest
from click.testing import CliRunner, Result
from demo_homes import DemoHome

from metrics.periods import Period
from metrics.registry import METRICS
from metrics.spec import Metric
from models.vocabulary import Grain
from pipelines.cli.exits import ExitCode
from pipelines.cli.main import kpi
from pipelines.explaining.audit import agree, compare
from pipelines.explaining.cell import Cell, NotPublishedError, find_cell
from pipelines.explaining.explanation import all_records_sql
from pipelines.explaining.records import view_of, view_query
from pipelines.explaining.values import compute_value, find_records
from pipelines.published.opening import open_published_file
from pipelines.published.rows import read_rows

if TYPE_CHECKING:
    from conftest import CleanRun

pytestmark = pytest.mark.xdist_group("explain")

P85 = "ticket_cycle_time_p85_business_hours"
SLA = "sla_attainment_ratio"
UNIT_COST = "cost_per_transaction_reporting"
#: Of each KPI and grain: the latest and another period of the whole, and a value of a breakdown.
CELLS = """
    SELECT period_grain, period_start_date, dimension, dimension_value
    FROM mart.metric_values
    WHERE metric = $metric
    QUALIFY row_number() OVER (
            PARTITION BY period_grain, dimension = 'overall' ORDER BY hash(period_start_date, dimension_value)
        ) = 1
        OR (
            dimension = 'overall'
            AND row_number() OVER (PARTITION BY period_grain, dimension ORDER BY period_start_date DESC) = 1
        )
"""

ONE_OF_EACH_KIND = list({type(metric.kind): metric for metric in METRICS}.values())

Explain = Callable[..., Result]


@pytest.fixture(scope="module")
def home(clean_run: CleanRun) -> DemoHome:
    """The company after its run. Nobody changes it."""
    return clean_run.demo


@pytest.fixture(scope="module")
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


@pytest.fixture(scope="module")
def published(home: DemoHome, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    with opened_copy(home, tmp_path_factory.mktemp("published")) as connection:
        yield connection


@pytest.fixture(scope="module")
def published_spoilt(spoilt: DemoHome, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    with opened_copy(spoilt, tmp_path_factory.mktemp("published")) as connection:
        yield connection


def opened_copy(home: DemoHome, folder: Path) -> duckdb.DuckDBPyConnection:
    """A copy, since a file that is open here can be opened in no other way by the commands that a test runs."""
    return open_published_file(Path(shutil.copyfile(home.home.published_file, folder / "kpi.duckdb")))


@pytest.fixture
def explain(home: DemoHome) -> Explain:
    return explaining(home)


def explaining(home: DemoHome) -> Explain:
    def run(*arguments: str | Path) -> Result:
        return CliRunner().invoke(kpi, ["explain", "--home", str(home.folder), *map(str, arguments)])

    return run


def cells_of(connection: duckdb.DuckDBPyConnection, metric: Metric) -> list[Cell]:
    found = []
    for row in read_rows(connection, CELLS, {"metric": metric.name}):
        period = Period(Grain(row["period_grain"]), row["period_start_date"])
        by = None if row["dimension"] == "overall" else f"{row['dimension']}={row['dimension_value']}"
        found.append(find_cell(connection, metric, period.name, by))
    return found


def audit(connection: duckdb.DuckDBPyConnection, metric: Metric) -> int:
    """Hold cells of a KPI against their records; how many there were."""
    cells = cells_of(connection, metric)
    for cell in cells:
        assert_comes_out(connection, cell)
    return len(cells)


def assert_comes_out(connection: duckdb.DuckDBPyConnection, cell: Cell) -> None:
    arithmetic = compute_value(connection, cell, find_records(cell))
    wrong = [each for each in compare(cell.published, arithmetic.numbers) if not each.agrees]
    assert not wrong, f"{cell.arguments}: {wrong}"
    assert not arithmetic.doubts, f"{cell.arguments}: {arithmetic.doubts}"
    assert arithmetic.steps


def test_every_kpi_comes_out_of_its_records(published: duckdb.DuckDBPyConnection) -> None:
    """The latest month of each; `test_every_value_comes_out_of_its_records` takes all grains and breakdowns."""
    for metric in METRICS:
        state = published.execute("SELECT publication_state FROM meta.metrics WHERE metric = ?", [metric.name])
        if state.fetchone() == ("published",):
            assert_comes_out(published, find_cell(published, metric, None, None))


@pytest.mark.slow
@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_every_value_comes_out_of_its_records(published: duckdb.DuckDBPyConnection, metric: Metric) -> None:
    counted = audit(published, metric)
    state = published.execute("SELECT publication_state FROM meta.metrics WHERE metric = ?", [metric.name]).fetchone()
    assert state is not None
    assert (counted > 0) == (state[0] == "published")
    if counted:
        grains = {cell.period.grain for cell in cells_of(published, metric)}
        assert grains == set(metric.grains) or metric.population.period_column == "as_of_date"


@pytest.mark.slow
@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_every_value_comes_out_of_records_some_of_which_are_set_aside(
    published_spoilt: duckdb.DuckDBPyConnection, metric: Metric
) -> None:
    state = published_spoilt.execute(
        "SELECT publication_state FROM meta.metrics WHERE metric = ?", [metric.name]
    ).fetchone()
    if state == ("published",):
        assert audit(published_spoilt, metric)


@pytest.mark.slow
def test_some_are_set_aside_of_each_kind(published_spoilt: duckdb.DuckDBPyConnection) -> None:
    found = published_spoilt.execute("SELECT DISTINCT table_name FROM meta.quarantined_records").fetchall()
    assert {"stg_tickets", "stg_cost_lines"} <= {name for (name,) in found}


@pytest.mark.slow
def test_reasons_are_told_of_all_that_is_not_measured(published_spoilt: duckdb.DuckDBPyConnection) -> None:
    for metric in METRICS:
        try:
            cell = find_cell(published_spoilt, metric, None, None)
        except NotPublishedError:
            continue
        if cell.is_held:
            continue
        records = find_records(cell)
        query = f"SELECT count(*) FROM ({records.sql}) WHERE is_measured = (not_measured_because IS NOT NULL)"
        assert published_spoilt.execute(query).fetchone() == (0,), metric.name
        aside = f"SELECT count(*) FROM ({records.sql}) WHERE not_measured_because = 'set aside by a rule'"
        assert published_spoilt.execute(aside).fetchone() == (0,), metric.name


@pytest.mark.slow
@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_page_says_everything_in_its_order(explain: Explain, metric: Metric) -> None:
    result = explain(metric.name)
    if result.exit_code == ExitCode.USAGE:
        assert "has no value at all" in result.output
        return
    assert result.exit_code == 0, result.output
    titles = ["1. The number as published", "2. What it means", "3. How it comes out of the records",
              "4. The records that matter most", "5. What was told before", "6. How to go on"]  # fmt: skip
    places = [result.output.index(title) for title in titles]
    assert places == sorted(places)
    assert metric.meaning in " ".join(result.output.split())
    assert "This is what was published." in result.output
    assert "None" not in result.output.split("3. How it comes")[1].replace("None could be measured", "")


@pytest.mark.parametrize("metric", ONE_OF_EACH_KIND, ids=lambda metric: metric.name)
def test_document_for_programs_holds_the_same(
    explain: Explain, published: duckdb.DuckDBPyConnection, metric: Metric
) -> None:
    document = json.loads(explain(metric.name, "--json", "--limit", "2").output)
    assert document["agrees"] is True
    assert document["metric"] == metric.name
    rows = published.execute(f"SELECT count(*) FROM ({document['records']['sql']})").fetchone()
    assert rows is not None
    assert rows[0] >= len(document["records"]["most"])
    assert len(document["records"]["most"]) <= 2
    recomputed = document["arithmetic"]["recomputed"]
    assert agree(document["published"]["value"], _number(recomputed["value"]))


def _number(told: Any) -> Any:
    """A number of a document, in which decimals are texts."""
    return Decimal(told) if isinstance(told, str) else told


def test_commands_that_are_shown_do_what_they_say(explain: Explain, tmp_path: Path) -> None:
    shown = explain(P85, "--by", "team=Service Desk").output.split("6. How to go on\n")[1].splitlines()
    commands = {line[:12].strip(): shlex.split(line[12:].strip()) for line in shown if line.strip()}
    assert {"All records", "As a file", "In SQL", "One record"} <= commands.keys()
    document = json.loads(explain(P85, "--by", "team=Service Desk", "--json").output)
    count = document["record_count"]
    for name in ("All records", "As a file", "In SQL"):
        program, *arguments = commands[name]
        assert program == "kpi"
        if "-o" in arguments:
            arguments[-1] = str(tmp_path / arguments[-1])
        ended = CliRunner().invoke(kpi, arguments)
        assert ended.exit_code == 0, ended.output
        assert f"{count:,} row" in ended.output, name
    walked = CliRunner().invoke(kpi, commands["One record"][1:])
    assert walked.exit_code == 0, walked.output
    assert P85 in walked.output


@pytest.mark.parametrize("metric", ONE_OF_EACH_KIND, ids=lambda metric: metric.name)
def test_every_way_to_the_records_lists_the_same(explain: Explain, metric: Metric) -> None:
    shown = explain(metric.name).output.split("6. How to go on\n")[1].splitlines()
    commands = {line[:12].strip(): shlex.split(line[12:].strip()) for line in shown if line.strip()}
    listed = CliRunner().invoke(kpi, [*commands["All records"][1:], "--json"])
    in_sql = commands["In SQL"][1:]
    if in_sql[0] == "explain":
        home = in_sql[in_sql.index("--home") + 1]
        in_sql = ["query", "--home", home, CliRunner().invoke(kpi, in_sql).output]
    asked = CliRunner().invoke(kpi, [*in_sql, "--json"])
    assert len(json.loads(listed.output)) == len(json.loads(asked.output))


@pytest.mark.parametrize("ending", ["csv", "json", "parquet", "xlsx"])
def test_records_are_written_to_files(explain: Explain, tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"records.{ending}"
    result = explain(SLA, "-o", file)
    assert result.exit_code == 0, result.output
    count = json.loads(explain(SLA, "--json").output)["record_count"]
    read = {
        "csv": lambda: pl.read_csv(file).height,
        "json": lambda: len(json.loads(file.read_text(encoding="utf-8"))),
        "parquet": lambda: pl.read_parquet(file).height,
        "xlsx": lambda: pl.read_excel(file).height,
    }[ending]
    assert read() == count


def test_sql_is_one_statement_for_kpi_query(explain: Explain, home: DemoHome) -> None:
    for name in (SLA, UNIT_COST, "ticket_backlog_count", "ticket_net_flow_count", "cost_of_rework_ratio"):
        text = explain(name, "--sql").output
        ended = CliRunner().invoke(kpi, ["query", "--home", str(home.folder), text, "--json"])
        assert ended.exit_code == 0, ended.output
        assert json.loads(ended.output), name


def test_a_value_that_its_records_do_not_give_is_told_loudly(home: DemoHome, tmp_path: Path) -> None:
    folder = tmp_path / "home"
    (folder / "published").mkdir(parents=True)
    shutil.copyfile(home.home.settings_file, folder / "kpi.toml")
    for each in ("contracts", "policies"):
        shutil.copytree(home.folder / each, folder / each)
    shutil.copyfile(home.home.published_file, folder / "published" / "kpi.duckdb")
    with duckdb.connect(str(folder / "published" / "kpi.duckdb")) as connection:
        connection.execute("UPDATE mart.metric_values SET value = value + 0.0001 WHERE metric = ?", [UNIT_COST])
        connection.execute(
            "UPDATE core.fct_tickets SET cycle_time_business_microseconds = cycle_time_business_microseconds * 2"
        )
    tampered = explaining(DemoHome(folder))
    for name in (UNIT_COST, P85):
        result = tampered(name)
        assert result.exit_code == ExitCode.FAILED
        assert "THIS IS NOT WHAT WAS PUBLISHED." in result.output
        assert "differs" in result.output
        document = json.loads(tampered(name, "--json").output)
        assert document["agrees"] is False
        assert "value" in {each["name"] for each in document["disagreements"]}
    assert tampered(SLA).exit_code == 0


def test_cost_lines_that_do_not_come_to_what_was_allocated_are_told(home: DemoHome, tmp_path: Path) -> None:
    file = tmp_path / "kpi.duckdb"
    shutil.copyfile(home.home.published_file, file)
    with duckdb.connect(str(file)) as connection:
        connection.execute("UPDATE core.fct_cost_lines SET amount_reporting = amount_reporting + 0.01")
    metric = next(metric for metric in METRICS if metric.name == UNIT_COST)
    with open_published_file(file) as connection:
        cell = find_cell(connection, metric, None, None)
        doubts = compute_value(connection, cell, find_records(cell)).doubts
    assert "The cost lines of the period come to" in doubts[0]
    assert "do not come to what fct_cost_allocations says" in doubts[1]


def test_what_does_not_exist_says_what_is_near(explain: Explain) -> None:
    for arguments, told in (
        (["sla_attainmnt_ratio"], "Near are sla_attainment_ratio"),
        (["aging"], "Near are ticket_age_p50_business_hours"),
        (["xyzzy"], "'kpi metrics' lists them all"),
        ([SLA, "2019-01"], "There is no value of sla_attainment_ratio of January 2019."),
        ([SLA, "sometime"], "'sometime' is no period; write a month 2026-10"),
        ([SLA, "--by", "team=Servce Desk"], "Did you mean 'Service Desk'"),
        ([SLA, "--by", "desk=Service Desk"], "It is by team, priority, service and vendor."),
        ([SLA, "--by", "team"], "Write --by team=VALUE. There are values of team: "),
        (["vendor_spend_concentration_ratio", "--by", "vendor=x"], "it has no breakdown"),
        (["cost_budget_reporting", "2026-W40"], "is not published by week, but by month and quarter"),
        (["--record", "nobody:1"], "has the key 'nobody:1'"),
        (["--record", "{x}' OR ''='"], "has the key '{x}' OR ''=''"),
        ([SLA, "--by", "team=x' OR '1'='1"], "has no value of the team"),
        ([], "Name a KPI, or a record with --record KEY."),
        ([SLA, "--values"], "--values belongs to --record KEY."),
        ([SLA, "--record", "x"], "leave out the KPI"),
    ):
        result = explain(*arguments)
        assert result.exit_code == ExitCode.USAGE, arguments
        assert told in result.output, (arguments, result.output)
        assert "Traceback" not in result.output


def test_names_of_members_need_no_capitals(explain: Explain) -> None:
    result = explain(SLA, "--by", "team=service desk")
    assert result.exit_code == 0
    assert "team Service Desk." in result.output


def test_default_period_is_the_latest_closed_month_and_is_said(
    explain: Explain, published: duckdb.DuckDBPyConnection
) -> None:
    query = "SELECT period_start_date FROM mart.latest_periods WHERE metric = ? AND period_grain = 'month'"
    told = published.execute(query, [SLA]).fetchone()
    assert told is not None
    month: date = told[0]
    assert f"{month:%B %Y}: the latest closed month (closed" in explain(SLA).output


@pytest.fixture
def ticket(published: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    query = """
        SELECT * FROM core.fct_tickets
        WHERE source = 'servicenow' AND is_done AND reopen_count > 0 AND NOT is_quarantined ORDER BY ticket_id LIMIT 1
    """
    return read_rows(published, query)[0]


def test_record_is_walked_to_file_row_and_hash(explain: Explain, home: DemoHome, ticket: dict[str, Any]) -> None:
    key = ticket["ticket_id"]
    walked = json.loads(explain("--record", key, "--json").output)
    rows = walked["origins"]["rows"]
    staged = home.warehouse("SELECT count(*) FROM stg.stg_ticket_events WHERE ticket_id = ?", [key])
    assert len(rows) == staged[0][0] + 1
    assert all(row["is_landed"] for row in rows)
    assert all(row["values"] is None for row in rows)
    for file in walked["origins"]["files"]:
        assert file["now"] == "lies there unchanged"
        query = "SELECT content_hash FROM ops.ops_loads WHERE load_id = ?"
        assert home.warehouse(query, [file["load_id"]]) == [(file["content_hash"],)]
    with_values = json.loads(explain("--record", key, "--values", "--json").output)
    number = key.partition(":")[2]
    assert all(number in row["values"].values() for row in with_values["origins"]["rows"])
    page = explain("--record", key).output
    assert rows[0]["row_hash"] in page
    assert "--values" in page


def test_record_counts_where_the_records_of_the_value_have_it(
    explain: Explain, published: duckdb.DuckDBPyConnection, ticket: dict[str, Any]
) -> None:
    key = ticket["ticket_id"]
    walked = json.loads(explain("--record", key, "--json").output)
    told: set[str] = set()
    for counted in walked["counted_in"]:
        for name in counted["metrics"]:
            metric = next(metric for metric in METRICS if metric.name == name)
            if metric.fact in ("fct_ticket_days", "fct_cost_allocations", "fct_rework_costs"):
                continue
            told.add(name)
            cell = find_cell(published, metric, counted["period"], None)
            text = all_records_sql(find_records(cell))
            assert published.execute(f"SELECT count(*) FROM ({text}) WHERE ticket_id = ?", [key]).fetchone() != (0,)
    assert len(told) > 30
    # And in no other KPI of tickets: each whose records have it names it.
    for metric in METRICS:
        view = view_of(metric)
        if view is None or view.keys[0] != "ticket_id" or metric.name in told:
            continue
        rows = published.execute(view_query(metric, view, [f"record.ticket_id = '{key}'"])).fetchall()
        assert not rows, metric.name
    assert {UNIT_COST, "ticket_net_flow_count"} <= {name for each in walked["counted_in"] for name in each["metrics"]}


@pytest.mark.parametrize(
    ("table", "key", "metric"),
    [
        ("fct_cost_lines", "cost_line_id", "cost_total_reporting"),
        ("fct_budget_lines", "budget_line_id", "cost_budget_reporting"),
        ("fct_deliveries", "delivery_id", "vendor_on_time_delivery_ratio"),
        ("fct_vendor_invoice_lines", "vendor_invoice_line_id", "vendor_billed_reporting"),
        ("fct_service_credits", "service_credit_id", "vendor_promise_kept_ratio"),
        ("fct_vendor_recoverables", "vendor_recoverable_id", "vendor_recoverable_reporting"),
        ("fct_purchase_orders", "purchase_order_line_id", None),
        ("fct_vendor_contracts", "vendor_contract_id", None),
        ("fct_initiative_lines", "line_id", None),
    ],
)
def test_other_records_are_walked_too(
    explain: Explain, published: duckdb.DuckDBPyConnection, table: str, key: str, metric: str | None
) -> None:
    wanted = "WHERE kind = 'benefit'" if table == "fct_initiative_lines" else ""
    if table == "fct_service_credits":
        wanted = "WHERE credit_state <> 'period_open' AND met_count + breached_count > 0"
    row = published.execute(f"SELECT {key} FROM core.{table} {wanted} ORDER BY 1 LIMIT 1").fetchone()
    assert row is not None
    result = explain("--record", row[0])
    assert result.exit_code == 0, result.output
    assert f"a row of core.{table}" in result.output
    if metric is not None:
        assert metric in result.output
    walked = json.loads(explain("--record", row[0], "--json").output)
    assert walked["origins"]["rows"] or walked["made_of"]
    for underlying in walked["made_of"]:
        assert explain("--record", underlying).exit_code == 0, underlying


def test_key_without_its_source_is_enough_if_it_names_one(explain: Explain, ticket: dict[str, Any]) -> None:
    result = explain("--record", ticket["ticket_id"].partition(":")[2])
    assert result.exit_code == 0
    assert ticket["ticket_id"] in result.output


def test_changed_file_is_told_and_so_is_a_missing_build_database(
    clean: DemoHome, published: duckdb.DuckDBPyConnection
) -> None:
    key = published.execute("SELECT min(delivery_id) FROM core.fct_deliveries").fetchone()
    assert key is not None
    own = explaining(clean)
    path = next((clean.landing / "deliveries").iterdir())
    path.write_bytes(path.read_bytes() + b"\n")
    assert "has other content now" in own("--record", key[0]).output
    path.unlink()
    assert "no longer in its landing folder" in own("--record", key[0]).output
    clean.home.warehouse.unlink()
    result = own("--record", key[0])
    assert result.exit_code == 0
    assert "There is no warehouse.duckdb here: only what was published can be shown." in result.output
    assert "vendor_on_time_delivery_ratio" in result.output


@pytest.mark.slow
def test_record_that_is_set_aside_says_why(spoilt: DemoHome) -> None:
    rows = spoilt.published("SELECT record_id, rule_id FROM meta.quarantined_records WHERE table_name = 'stg_tickets'")
    key, rule = min(rows)
    page = explaining(spoilt)("--record", key).output
    assert f"Set aside by {rule}" in page
    assert "counts, not measured: set aside by " in page


def test_held_kpi_is_told_and_not_computed(clean: DemoHome) -> None:
    file = clean.home.published_file
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            "UPDATE meta.metrics SET publication_state = 'held', held_reason = 'A rule broke. Put it right.', "
            "held_since_at = fresh_as_of_at WHERE metric = ?",
            [SLA],
        )
    own = explaining(clean)
    result = own(SLA)
    assert result.exit_code == 0
    assert "It is held since" in result.output
    assert "A rule broke. Put it right." in result.output
    assert "it is not computed here" in result.output
    assert own(SLA, "--records").exit_code == ExitCode.HELD
    assert json.loads(own(SLA, "--json").output)["agrees"] is None


def test_what_was_told_before_is_told_with_its_reason(clean: DemoHome) -> None:
    with duckdb.connect(str(clean.home.published_file)) as connection:
        row = connection.execute(
            "SELECT period_start_date, period_end_date, value, eligible_count FROM mart.metric_values "
            "WHERE metric = ? AND period_grain = 'month' AND dimension = 'overall' AND is_period_closed "
            "ORDER BY period_start_date DESC LIMIT 1",
            [SLA],
        ).fetchone()
        assert row is not None
        start, end, value, count = row
        connection.execute(
            "INSERT INTO meta.restated_values BY NAME SELECT 'r' AS run_id, ? AS metric, 'month' AS period_grain, "
            "? AS period_start_date, ? AS period_end_date, TIMESTAMPTZ '2026-11-20 06:00:00+00' AS restated_at, "
            "0.5 AS value_before, ? AS value_now, 'ratio' AS unit, "
            "? AS eligible_before_count, ? AS eligible_now_count, "
            "'files_came' AS reason, 'late.csv' AS files_came",
            [SLA, start, end, value, count - 1, count],
        )
    told = explaining(clean)(SLA, f"{start:%Y-%m}").output.split("5. What was told before")[1]
    assert "- Until 2026-11-20 06:00 UTC it was 50.0 %, from then on " in told
    assert f"({count - 1:,} records, then {count:,}). Since then late.csv came." in told
    assert "it is the one that was told first" not in told
