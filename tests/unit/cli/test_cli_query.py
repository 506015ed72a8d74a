"""`kpi query`: exact values in every format, nothing but reading, and errors that say what to do."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow.parquet as parquet
import pytest
from known_numbers import COSTS

from pipelines.cli.questions import Parameter, list_questions, read_question
from pipelines.home import Home

if TYPE_CHECKING:
    from conftest import Kpi

AMOUNTS = "SELECT cost_line_id, amount_reporting FROM fct_cost_lines ORDER BY ALL"
EXACT = {"ledger:1": "0.1000", "ledger:2": "-12345678901234.0500"}


def test_table_is_aligned_and_counts_its_rows(run_kpi: Kpi, published_home: Home) -> None:
    result = run_kpi("query", AMOUNTS, "--home", published_home.folder)
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines == [
        "cost_line_id      amount_reporting",
        "ledger:1                    0.1000",
        "ledger:2      -12345678901234.0500",
        "",
        "2 rows",
    ]


def test_long_table_says_how_to_get_the_rest(run_kpi: Kpi, published_home: Home) -> None:
    arguments = ("query", "FROM range(123456) AS numbers(number)", "--home", published_home.folder)
    result = run_kpi(*arguments, "--rows", "3")
    assert result.output.splitlines()[1:4] == ["     0", "     1", "     2"]
    assert "123,456 rows, the first 3 shown. All of them: --rows 0, or --format csv." in result.output
    assert len(run_kpi(*arguments, "--rows", "0").output.splitlines()) == 123_456 + 3


@pytest.mark.parametrize(
    ("name", "count", "is_told"),
    [("bundled", 2, True), ("bundled", 1, False), ("of each", 2, False), ("none", 2, False)],
)
def test_a_question_that_gives_as_many_rows_as_it_may_says_so(
    run_kpi: Kpi, published_home: Home, monkeypatch: pytest.MonkeyPatch, name: str, count: int, is_told: bool
) -> None:
    meaning = {"bundled": "rows at most [number]", "of each": "periods of each KPI at most [number]"}.get(name)
    limit = f"-- parameter row_limit: {meaning} [default: 2]\n" if meaning else ""
    used = "LIMIT CAST($row_limit AS BIGINT)" if meaning else ""
    text = (
        f"-- question: Which?\n{limit}-- example: kpi query --query made_up\n-- answer: 1\nFROM range({count}) {used}\n"
    )
    monkeypatch.setattr("pipelines.cli.questions.question_named", lambda _: read_question("made_up", text))
    result = run_kpi("query", "--query", "made_up", "--home", published_home.folder)
    assert result.exit_code == 0, result.output
    told = "There may be more: these are the 2 that row_limit allows. More: --param row_limit=N."
    assert (told in result.output + result.stderr) is is_told


def test_csv_keeps_every_digit(run_kpi: Kpi, published_home: Home) -> None:
    result = run_kpi("query", AMOUNTS, "--format", "csv", "--home", published_home.folder)
    assert dict(list(csv.reader(io.StringIO(result.output)))[1:]) == EXACT


def test_json_never_makes_a_decimal_a_float(run_kpi: Kpi, published_home: Home) -> None:
    result = run_kpi("query", AMOUNTS, "--json", "--home", published_home.folder)
    rows = json.loads(result.output)
    assert {row["cost_line_id"]: row["amount_reporting"] for row in rows} == EXACT


def test_json_of_nothing_is_an_empty_list(run_kpi: Kpi, published_home: Home) -> None:
    result = run_kpi("query", f"FROM ({AMOUNTS}) WHERE false", "--json", "--home", published_home.folder)
    assert json.loads(result.output) == []


@pytest.mark.parametrize("output_format", ["json", "csv"])
def test_instants_are_iso_8601_in_utc(run_kpi: Kpi, published_home: Home, output_format: str) -> None:
    result = run_kpi(
        "query", "SELECT as_of_at, published_at FROM run", "--format", output_format, "--home", published_home.folder
    )
    assert "2026-11-03T12:30:15.250000Z" in result.output
    assert "2026-11-23T06:00:00Z" in result.output


def test_nested_values_and_special_floats_survive_json(run_kpi: Kpi, published_home: Home) -> None:
    query = "SELECT [1.50::DECIMAL(4,2)] AS list, {'a': NULL} AS struct, 'nan'::DOUBLE AS nan, 2::HUGEINT**70 AS big"
    (row,) = json.loads(run_kpi("query", query, "--json", "--home", published_home.folder).output)
    assert row["list"] == ["1.50"]
    assert row["struct"] == {"a": None}
    assert row["nan"] == "nan"


def test_parquet_has_the_exact_types(run_kpi: Kpi, published_home: Home, tmp_path: Path) -> None:
    target = tmp_path / "amounts.parquet"
    result = run_kpi("query", AMOUNTS, "-o", target, "--home", published_home.folder)
    assert result.exit_code == 0, result.output
    assert "Wrote 2 rows" in result.output
    written = parquet.read_table(target)
    assert str(written.schema.field("amount_reporting").type) == "decimal128(18, 4)"
    assert written["amount_reporting"].to_pylist()[1] == Decimal("-12345678901234.0500")


def test_file_is_whole_or_untouched(run_kpi: Kpi, published_home: Home, tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_text("before")
    failing = "SELECT CASE WHEN number = 99999 THEN error('late') ELSE number END FROM range(100000) AS n(number)"
    result = run_kpi("query", failing, "-o", target, "--home", published_home.folder)
    assert result.exit_code == 2
    assert "late" in result.output
    assert target.read_text() == "before"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["out.csv"]


def test_parameters_are_values_not_text(run_kpi: Kpi, published_home: Home) -> None:
    query = (
        "SELECT value FROM metric_values WHERE metric = $name AND period_grain = 'month' "
        "AND period_start_date >= $first ORDER BY ALL"
    )
    arguments = ("query", query, "--param", "name=cost_per_transaction_reporting", "--home", published_home.folder)
    result = run_kpi(*arguments, "--param", "first=2026-09-01", "--json")
    assert [row["value"] for row in json.loads(result.output)] == [29.0, 30.0]
    injected = run_kpi("query", query, "--param", "name=x' OR '1'='1", "--param", "first=2026-01-01", "--json",
                       "--home", published_home.folder)  # fmt: skip
    assert json.loads(injected.output) == []


def test_missing_parameter_says_how_to_give_it(run_kpi: Kpi, published_home: Home) -> None:
    result = run_kpi("query", "SELECT $first", "--home", published_home.folder)
    assert result.exit_code == 2
    assert "--param NAME=VALUE" in result.output


def test_sql_from_a_file(run_kpi: Kpi, published_home: Home, tmp_path: Path) -> None:
    path = tmp_path / "question.sql"
    path.write_text("-- a comment\nSELECT count(*) AS rows FROM metric_values;\n", encoding="utf-8")
    result = run_kpi("query", "--file", path, "--json", "--home", published_home.folder)
    assert json.loads(result.output) == [{"rows": len(COSTS) + 7}]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("INSERT INTO metric_values SELECT * FROM metric_values", "only reads"),
        ("DROP VIEW mart.kpi_sla_attainment_ratio", "only reads"),
        ("CREATE TABLE x AS SELECT 1", "only reads"),
        ("COPY metric_values TO 'out.csv'", "only reads"),
        ("ATTACH 'other.duckdb'", "only reads"),
        ("SET enable_external_access = true", "only reads"),
        ("FROM read_csv('/etc/passwd')", "no other files"),
        ("FROM '/etc/passwd.csv'", "no other files"),
        ("SELECT 1; SELECT 2", "One statement"),
        ("", "no SQL"),
        ("/* nothing */", "no SQL"),
        ("SELEC 1", "syntax error"),
        ("SELECT * FROM metric_valuez", "metric_values"),
        ("SELECT 1 / x FROM range(1) AS r(x) WHERE error('no')", "no"),
    ],
)
def test_refuses_with_one_clear_message(run_kpi: Kpi, published_home: Home, query: str, said: str) -> None:
    before = published_home.published_file.read_bytes()
    result = run_kpi("query", query, "--home", published_home.folder)
    assert result.exit_code == 2
    assert said in result.output
    assert "Traceback" not in result.output
    assert published_home.published_file.read_bytes() == before
    assert not published_home.published_file.with_name("kpi.duckdb.wal").exists()


def test_not_published_yet_says_what_to_do(run_kpi: Kpi, home: Home) -> None:
    result = run_kpi("query", "SELECT 1", "--home", home.folder)
    assert result.exit_code == 2
    assert "Nothing is published yet" in result.output
    assert "kpi run" in result.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "exactly one"),
        (("SELECT 1", "--query", "x"), "exactly one"),
        (("SELECT 1", "--format", "parquet"), "-o FILE"),
        (("SELECT 1", "-o", "out.bin"), "--format"),
        (("SELECT $a", "--param", "a"), "NAME=VALUE"),
        (("SELECT 1 AS a, 2 AS a", "--json"), "Rename one with AS"),
    ],
)
def test_usage_errors_say_what_to_write(
    run_kpi: Kpi, published_home: Home, arguments: tuple[str, ...], said: str
) -> None:
    result = run_kpi("query", *arguments, "--home", published_home.folder)
    assert result.exit_code == 2
    assert said in result.output


def test_every_packaged_question_runs_and_is_listed(run_kpi: Kpi, published_home: Home) -> None:
    questions = list_questions()
    assert questions
    listed = json.loads(run_kpi("query", "--list", "--json").output)
    assert [entry["name"] for entry in listed] == [question.name for question in questions]
    for question in questions:
        assert question.question.endswith("?"), question.name
        assert question.example, question.name
        result = run_kpi("query", "--query", question.name, "--json", "--home", published_home.folder)
        assert result.exit_code == 0, f"{question.name}: {result.output}"


def test_the_name_of_a_packaged_question_does_in_place_of_sql(run_kpi: Kpi, published_home: Home) -> None:
    by_name = run_kpi("query", "sla_attainment_by_team", "--json", "--home", published_home.folder)
    by_option = run_kpi("query", "--query", "sla_attainment_by_team", "--json", "--home", published_home.folder)
    assert (by_name.exit_code, by_name.output) == (0, by_option.output)


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("sla_attainment_by_tem", "neither SQL nor a packaged query. Did you mean 'sla_attainment_by_team'?"),
        ("kpi_sla_attainment_ratio", 'A table or view is read with: kpi query "FROM kpi_sla_attainment_ratio"'),
        ("CHECKPOINT", "only reads"),
    ],
)
def test_a_word_that_is_no_question_says_what_to_write(
    run_kpi: Kpi, published_home: Home, word: str, said: str
) -> None:
    result = run_kpi("query", word, "--home", published_home.folder)
    assert result.exit_code == 2
    assert said in result.output


def test_misspelt_question_is_suggested(run_kpi: Kpi, published_home: Home) -> None:
    name = list_questions()[0].name
    result = run_kpi("query", "--query", name[:-1], "--home", published_home.folder)
    assert result.exit_code == 2
    assert f"Did you mean '{name}'?" in result.output


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        (
            "what_made_unit_cost_move",
            "from_month=2026-06",
            "it is a day such as 2026-06-01 (year, month and day), or before.",
        ),
        (
            "what_made_unit_cost_move",
            "to_month=2026-06-31",
            "it is a day such as 2026-06-01 (year, month and day), or latest.",
        ),
        ("budget_variance", "from_month=June", "it is a day such as 2026-06-01 (year, month and day)."),
        (
            "budget_variance",
            "at_least=1,000",
            "it is a number such as 10 or 0.95, with a point and no thousands separators.",
        ),
        ("what_made_unit_cost_move", "dimension=priority", "it is one of team, service."),
        (
            "cost_per_transaction",
            "dimension=teams",
            "it is one of overall, team, priority, service, vendor; did you mean 'team'?",
        ),
    ],
)
def test_a_value_that_a_parameter_cannot_have_is_refused(
    run_kpi: Kpi, published_home: Home, name: str, given: str, said: str
) -> None:
    result = run_kpi("query", "--query", name, "--param", given, "--home", published_home.folder)
    parameter, value = given.split("=")
    assert result.exit_code == 2
    assert f"{parameter} of '{name}' cannot be '{value}': {said}" in " ".join(result.output.split())


def test_every_parameter_of_a_packaged_question_takes_its_default() -> None:
    for question in list_questions():
        for parameter in question.parameters:
            is_judged = bool(parameter.form or parameter.choices)
            assert is_judged == (parameter.name not in ("team", "metric")), f"{question.name}: {parameter.name}"
            assert not parameter.choices or parameter.default in parameter.choices


def test_header_of_a_question_is_decoded() -> None:
    text = (
        "-- question: Which teams are slow?\n"
        "-- parameter team: one team, or * [default: *]\n"
        "-- parameter first_date: first day [date]\n"
        "-- parameter dimension: breakdown [one of: team, service] [default: team]\n"
        "-- example: kpi query --query slow\n"
        "SELECT $team, $first_date, $dimension -- parameter not_one: of the header\n"
    )
    question = read_question("slow", text)
    assert question.question == "Which teams are slow?"
    assert question.parameters == (
        Parameter("team", "one team, or *", "*"),
        Parameter("first_date", "first day", None, form="date"),
        Parameter("dimension", "breakdown", "team", choices=("team", "service")),
    )
    assert question.example == "kpi query --query slow"


def test_reader_that_stops_early_is_no_error(published_home: Home) -> None:
    command = [sys.executable, "-m", "pipelines.cli.main", "query", "FROM range(2000000)", "--format", "csv",
               "--home", str(published_home.folder)]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().strip() == b"range"
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 0


def test_asking_does_not_keep_the_file_from_being_replaced(run_kpi: Kpi, published_home: Home) -> None:
    assert run_kpi("query", "SELECT 1", "--home", published_home.folder).exit_code == 0
    with duckdb.connect(str(published_home.published_file)) as connection:
        connection.execute("CREATE TABLE mart.proof AS SELECT 1 AS it_is_not_locked")
    assert "1 row" in run_kpi("query", "FROM proof", "--home", published_home.folder).output


def test_a_pivot_puts_months_in_columns(run_kpi: Kpi, published_home: Home) -> None:
    """DuckDB takes one that finds its columns itself apart into two statements; it is one all the same."""
    month = "strftime(period_start_date, 'm%m') AS month"
    values = f"SELECT metric, {month}, value FROM mart.metric_values WHERE dimension = 'overall'"
    pivot = f"PIVOT ({values}) ON month USING max(value) ORDER BY metric"
    result = run_kpi("query", pivot, "--format", "json", "--home", published_home.folder)
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert found
    assert all(any(name.startswith("m") and name[1:].isdigit() for name in row) for row in found)
    again = run_kpi("query", f"{pivot}; SELECT 1", "--home", published_home.folder)
    assert again.exit_code == 2
    assert "One statement at a time" in again.stderr
