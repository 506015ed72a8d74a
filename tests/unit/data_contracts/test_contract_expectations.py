"""Rules evaluated on real DuckDB: each kind passing and failing, and the open transaction left exactly as it was."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from data_contracts.evaluation import AuditAbortedError, evaluate, failing_keys
from data_contracts.loader import load_warehouse_contract, load_warehouse_contracts
from data_contracts.spec import Rule
from data_contracts.verdict import RuleResult, meaning_of
from models.catalog import STAGED, tables_of
from models.ddl import create_table
from models.vocabulary import Domain, Layer, RuleState

HEAD = """\
apiVersion: v3.2.0
kind: DataContract
id: trial
version: 1.0.0
domain: tickets
schema:
  - name: tickets
    quality:
"""


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:", config={"enable_external_access": "false"}) as opened:
        opened.execute("SET TimeZone = 'UTC'; CREATE SCHEMA stg; CREATE SCHEMA ops; CREATE SCHEMA raw")
        for table in (*(table for tables in STAGED.values() for table in tables), *tables_of(Layer.OPS)):
            opened.execute(create_table(table))
        opened.execute("SET lock_configuration = true")
        yield opened


def add_tickets(connection: duckdb.DuckDBPyConnection, *rows: tuple[str | None, str | None, str | None]) -> None:
    """Tickets of (id, status, summary)."""
    for number, (ticket_id, status, summary) in enumerate(rows, start=1):
        connection.execute(
            "INSERT INTO stg.stg_tickets (ticket_id, source, export_shape, status, summary, created_at, load_id,"
            " row_number, row_hash) VALUES (?, 's', 'snapshot', ?, ?, '2026-01-01', 'load', ?, 'hash')",
            [ticket_id, status, summary, number],
        )


def rule_of(measure: dict[str, object], **custom: object) -> Rule:
    """A rule on `tickets`, from the text of a contract like any other."""
    properties = {"action": "warn", **custom}
    entry = {
        "name": "tickets.trial.holds",
        "description": "The trial does not hold.",
        "dimension": "accuracy",
        "customProperties": [{"property": name, "value": value} for name, value in properties.items()],
        **measure,
    }
    column = entry.pop("column", None)
    if column is None:
        text = HEAD + f"      - {json.dumps(entry)}\n"
    else:
        placed = {"name": column, "logicalType": "string", "quality": [entry]}
        text = HEAD.replace("    quality:\n", "    properties:\n") + f"      - {json.dumps(placed)}\n"
    return load_warehouse_contract(text, "trial.yaml").rules[0]


def failing_rows(query: str) -> dict[str, object]:
    arguments = {"unexpected_rows_query": query}
    implementation = {"type": "unexpected_rows_expectation", "kwargs": arguments}
    return {"type": "custom", "engine": "greatExpectations", "implementation": implementation}


def judge(connection: duckdb.DuckDBPyConnection, *rules: Rule) -> list[RuleResult]:
    return evaluate(rules, connection)


NEW_WITH_BRACES = failing_rows(
    "SELECT ticket_id FROM stg.stg_tickets WHERE regexp_matches(status, '^N[a-z]{2}$') -- {x}"
)

#: measure -> (rows that hold, rows that do not, keys of the rows that do not, rows that do not)
KINDS = {
    "nullValues": (
        {"metric": "nullValues", "column": "status", "mustBe": 0},
        [("a", "New", None), ("b", "New", None)],
        [("a", None, None), ("b", "New", None)],
        ["a"],
        1,
    ),
    "missingValues": (
        {"metric": "missingValues", "column": "status", "arguments": {"missingValues": [None, "", "n/a"]}, "mustBe": 0},
        [("a", "New", None), ("b", "New", None)],
        [("a", None, None), ("b", "n/a", None), ("c", "", None), ("d", "it's", None)],
        ["a", "b", "c"],
        3,
    ),
    "invalidValues by list": (
        {"metric": "invalidValues", "column": "status", "arguments": {"validValues": ["New", "it's"]}, "mustBe": 0},
        [("a", "New", None), ("b", "it's", None), ("c", None, None)],
        [("a", "New", None), ("b", "new", None)],
        ["b"],
        1,
    ),
    "invalidValues by pattern": (
        {"metric": "invalidValues", "column": "status", "arguments": {"pattern": "[A-Z][a-z]{2}"}, "mustBe": 0},
        [("a", "New", None), ("b", None, None)],
        [("a", "New", None), ("b", "Newer", None), ("c", "new", None)],
        ["b", "c"],
        2,
    ),
    "duplicateValues of a column": (
        {"metric": "duplicateValues", "column": "status", "mustBe": 0},
        [("a", "New", None), ("b", "Old", None), ("c", None, None), ("d", None, None)],
        [("a", "New", None), ("b", "New", None), ("c", "Old", None)],
        ["a", "b"],
        2,
    ),
    "duplicateValues of a set": (
        {"metric": "duplicateValues", "arguments": {"properties": ["status", "summary"]}, "mustBe": 0},
        [("a", "New", "x"), ("b", "New", "y"), ("c", None, None), ("d", None, None)],
        [("a", "New", "x"), ("b", "New", "x"), ("c", None, "x"), ("d", None, "x"), ("e", None, "y")],
        ["a", "b", "c", "d"],
        4,
    ),
    "rowCount": ({"metric": "rowCount", "mustBeBetween": [1, 2]}, [("a", None, None)], [("a", None, None)] * 3, [], 1),
    "failing rows": (
        NEW_WITH_BRACES,
        [("a", "Old", None)],
        [("a", "New", None), ("b", "New", None), ("c", "Old", None)],
        ["a", "b"],
        2,
    ),
    "scalar": (
        {"type": "sql", "query": "SELECT count(*) FROM ${table} WHERE status = 'New'", "mustBeLessThan": 2},
        [("a", "New", None)],
        [("a", "New", None), ("b", "New", None)],
        [],
        1,
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_rule_passes_and_fails(connection: duckdb.DuckDBPyConnection, kind: str) -> None:
    measure, good, bad, keys, failed_count = KINDS[kind]
    rule = rule_of(measure)
    add_tickets(connection, *good)
    (passed,) = judge(connection, rule)
    assert (passed.state, passed.failed_count, passed.sample_keys, passed.error) == (RuleState.PASSED, 0, (), None)
    assert passed.evaluated_count == len(good)
    connection.execute("DELETE FROM stg.stg_tickets")
    add_tickets(connection, *bad)
    (failed,) = judge(connection, rule)
    assert (failed.state, failed.failed_count, failed.evaluated_count) == (RuleState.FAILED, failed_count, len(bad))
    assert list(failed.sample_keys) == keys
    assert failing_keys(failed, connection) == keys
    assert failed.failing_rows_query is not None
    assert len(connection.execute(failed.failing_rows_query).fetchall()) == failed_count


@pytest.mark.parametrize(
    ("comparison", "holds"),
    [
        ({"mustBe": 3}, True),
        ({"mustBe": 4}, False),
        ({"mustNotBe": 4}, True),
        ({"mustNotBe": 3}, False),
        ({"mustBeGreaterThan": 2}, True),
        ({"mustBeGreaterThan": 3}, False),
        ({"mustBeGreaterOrEqualTo": 3}, True),
        ({"mustBeLessThan": 3}, False),
        ({"mustBeLessOrEqualTo": 3}, True),
        ({"mustBeBetween": [3, 4]}, True),
        ({"mustBeBetween": [4, 5]}, False),
        ({"mustNotBeBetween": [4, 5]}, True),
        ({"mustNotBeBetween": [3, 5]}, False),
    ],
)
def test_every_comparison_of_the_standard(
    connection: duckdb.DuckDBPyConnection, comparison: dict[str, object], holds: bool
) -> None:
    add_tickets(connection, ("a", None, None), ("b", None, None), ("c", None, None), ("d", "New", None))
    connection.execute("DELETE FROM stg.stg_tickets WHERE ticket_id = 'd'")
    by_rows = rule_of({"metric": "rowCount", **comparison})
    by_query = rule_of({"type": "sql", "query": "SELECT count(*) FROM stg.stg_tickets", **comparison})
    by_metric = rule_of({"metric": "nullValues", "column": "status", **comparison})
    for rule in (by_rows, by_query, by_metric):
        assert (judge(connection, rule)[0].state is RuleState.PASSED) is holds


def test_a_query_that_gives_no_number_does_not_pass(connection: duckdb.DuckDBPyConnection) -> None:
    add_tickets(connection, ("a", "New", None), ("b", "New", None))
    for query in (
        "SELECT max(row_number) FROM stg.stg_tickets WHERE false",
        "SELECT row_number FROM stg.stg_tickets WHERE false",
        "SELECT 0 FROM stg.stg_tickets",
    ):
        (result,) = judge(connection, rule_of({"type": "sql", "query": query, "mustBeLessThan": 5}))
        assert result.state is RuleState.FAILED, query


def test_a_percentage_and_a_tolerance(connection: duckdb.DuckDBPyConnection) -> None:
    add_tickets(connection, *[(f"t{number}", None if number == 0 else "New", None) for number in range(10)])
    missing = {"metric": "nullValues", "column": "status"}
    tolerated = judge(connection, rule_of({**missing, "mustBe": 0}, tolerance=0.1))[0]
    assert (tolerated.state, tolerated.failed_count, tolerated.sample_keys) == (RuleState.PASSED, 1, ("t0",))
    assert tolerated.failing_share == 0.1
    assert judge(connection, rule_of({**missing, "mustBe": 0}, tolerance=0.09))[0].state is RuleState.FAILED
    percent = {**missing, "unit": "percent"}
    assert judge(connection, rule_of({**percent, "mustBeLessOrEqualTo": 10}))[0].state is RuleState.PASSED
    assert judge(connection, rule_of({**percent, "mustBeLessThan": 10}))[0].state is RuleState.FAILED


def test_an_empty_table_proves_nothing_unless_its_rows_are_counted(connection: duckdb.DuckDBPyConnection) -> None:
    for kind, (measure, *_) in KINDS.items():
        (result,) = judge(connection, rule_of(measure))
        expected = RuleState.FAILED if kind == "rowCount" else RuleState.SKIPPED
        assert result.state is expected, kind
    (counted,) = judge(connection, rule_of({"metric": "rowCount", "mustBe": 0}))
    assert counted.state is RuleState.PASSED


def test_a_rule_that_cannot_be_evaluated_is_errored_and_spoils_no_other(connection: duckdb.DuckDBPyConnection) -> None:
    add_tickets(connection, ("a", None, None))
    connection.execute("ALTER TABLE stg.stg_tickets DROP COLUMN summary")
    connection.execute("BEGIN")
    no_column = rule_of({"metric": "nullValues", "column": "summary", "mustBe": 0, "name": "tickets.summary.present"})
    good = rule_of({"metric": "nullValues", "column": "status", "mustBe": 0, "name": "tickets.status.present"})
    no_key = rule_of({**failing_rows("SELECT status FROM stg.stg_tickets"), "name": "tickets.key.returned"})
    no_table = rule_of({**failing_rows("SELECT ticket_id FROM stg.stg_nothing"), "name": "tickets.table.known"})
    results = judge(connection, no_column, good, no_key, no_table)
    errored = RuleState.ERRORED
    assert [result.state for result in results] == [errored, RuleState.FAILED, errored, errored]
    for result, word in zip(results, ["summary", None, "ticket_id", "stg_nothing"], strict=True):
        assert word is None or word in str(result.error)
    assert connection.execute("SELECT count(*) FROM stg.stg_tickets").fetchone() == (1,)
    connection.execute("COMMIT")


def test_a_table_that_is_not_there_is_an_error_of_its_rules(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("DROP TABLE stg.stg_tickets")
    (result,) = judge(connection, rule_of({"metric": "rowCount", "mustBe": 0}))
    assert result.state is RuleState.ERRORED
    assert "stg_tickets" in str(result.error)


def test_a_query_that_ends_the_transaction_says_so_and_can_be_left_out(connection: duckdb.DuckDBPyConnection) -> None:
    add_tickets(connection, ("a", "New", None))
    bad = failing_rows("SELECT ticket_id FROM stg.stg_tickets WHERE CAST(status AS INTEGER) > 0")
    rules = [rule_of(bad), rule_of({"metric": "nullValues", "column": "status", "mustBe": 0, "name": "tickets.a.b"})]
    connection.execute("BEGIN")
    with pytest.raises(AuditAbortedError, match=r"tickets\.trial\.holds.*Could not convert.*TRY_CAST") as aborted:
        evaluate(rules, connection)
    connection.execute("ROLLBACK")
    connection.execute("BEGIN")
    first, second = evaluate(rules, connection, known_errors=aborted.value.errors)
    assert (first.state, second.state) == (RuleState.ERRORED, RuleState.PASSED)
    assert "Could not convert" in str(first.error)
    connection.execute("COMMIT")


def test_the_open_transaction_is_seen_and_left_open(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE SCHEMA stg")
        connection.execute(create_table(STAGED[Domain.TICKETS][0]))
        rules = [
            rule_of({**KINDS[kind][0], "name": f"tickets.kind_{number}.holds"}) for number, kind in enumerate(KINDS)
        ]
        connection.execute("BEGIN")
        add_tickets(connection, ("a", "New", None), ("b", None, None))
        results = evaluate(rules, connection)
        assert {result.evaluated_count for result in results} == {2}
        assert {result.state for result in results} == {RuleState.PASSED, RuleState.FAILED}
        with pytest.raises(duckdb.TransactionException, match="within a transaction"):
            connection.execute("BEGIN")
        with connection.cursor() as outside:
            assert outside.execute("SELECT count(*) FROM stg.stg_tickets").fetchone() == (0,)
        connection.execute("ROLLBACK")
        assert connection.execute("SELECT count(*) FROM stg.stg_tickets").fetchone() == (0,)
        # Without an open transaction none is begun either.
        add_tickets(connection, ("a", "New", None))
        evaluate(rules, connection)
        connection.execute("BEGIN")
        connection.execute("ROLLBACK")
        assert connection.execute("SELECT count(*) FROM stg.stg_tickets").fetchone() == (1,)
    with duckdb.connect(str(path), read_only=True) as reopened:
        assert reopened.execute("SELECT count(*) FROM stg.stg_tickets").fetchone() == (1,)


def test_sample_keys_are_few_and_nothing_else_of_a_row_is_shown(connection: duckdb.DuckDBPyConnection) -> None:
    add_tickets(connection, *[(f"t{number:03}", None, "Jane Doe") for number in range(50)])
    rule = rule_of({"metric": "nullValues", "column": "status", "mustBe": 0})
    (result,) = judge(connection, rule)
    assert result.sample_keys == tuple(f"t{number:03}" for number in range(20))
    assert (result.failed_record_count, result.record_count) == (50, 50)
    assert "Jane" not in repr(result)
    assert failing_keys(result, connection) == [f"t{number:03}" for number in range(50)]


def test_keys_that_are_no_longer_kept_are_an_error_and_not_none(connection: duckdb.DuckDBPyConnection) -> None:
    add_tickets(connection, ("a", None, None), ("b", None, None))
    rule = rule_of({"metric": "nullValues", "column": "status", "mustBe": 0})
    (result,) = judge(connection, rule)
    connection.execute("DELETE FROM stg.stg_tickets")
    judge(connection, rule)
    with pytest.raises(LookupError, match="2 records broke it, and the keys of 0 are kept"):
        failing_keys(result, connection)


def test_a_broken_schema_stops_the_later_tiers_of_its_table_and_a_broken_row_does_not(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    add_tickets(connection, (None, "New", None))
    broken = {"metric": "nullValues", "column": "ticket_id", "mustBe": 0, "name": "tickets.a.b"}
    rows = rule_of(broken, action="block", tier="schema")
    also = rule_of({"metric": "nullValues", "column": "status", "mustBe": 0, "name": "tickets.c.d"})
    later = rule_of({"metric": "duplicateValues", "column": "ticket_id", "mustBe": 0, "name": "tickets.e.f"})
    results = judge(connection, later, rows, also)
    assert [result.state for result in results] == [RuleState.SKIPPED, RuleState.FAILED, RuleState.SKIPPED]
    assert "tickets.a.b" in str(results[0].error)
    # Metrics hang on each rule alone, so what follows a broken row is still asked.
    results = judge(connection, later, rule_of(broken, action="block"), also)
    assert [result.state for result in results] == [RuleState.PASSED, RuleState.FAILED, RuleState.PASSED]


def test_nothing_is_written_or_printed(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    add_tickets(connection, ("a", None, None))
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        judge(connection, rule_of(NEW_WITH_BRACES), rule_of({**KINDS["nullValues"][0], "name": "tickets.a.b"}))
    assert said.getvalue() == ""
    assert list(tmp_path.rglob("*")) == []


def test_a_rule_that_nothing_gives_what_it_judges_by_is_skipped_and_does_not_pass(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    add_tickets(connection, ("a", "New", None))
    rule = replace(rule_of(failing_rows("SELECT ticket_id FROM stg.stg_tickets")), needed_feed="tickets.resolved_at")
    (unfed,) = judge(connection, replace(rule, has_needed_feed=False))
    assert (unfed.state, unfed.evaluated_count) == (RuleState.SKIPPED, 0)
    assert meaning_of(unfed) == (
        "The trial does not hold. (Not evaluated: nothing in this export feeds tickets.resolved_at.)"
    )
    (fed,) = judge(connection, rule)
    assert (fed.state, fed.sample_keys) == (RuleState.FAILED, ("a",))


def test_great_expectations_is_imported_only_when_rules_are_evaluated() -> None:
    code = (
        "import sys, duckdb, data_contracts.loader, data_contracts.evaluation\n"
        "rules = data_contracts.loader.load_warehouse_contracts()[0].rules\n"
        "assert 'great_expectations' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_warehouse_contracts_hold_on_an_empty_warehouse(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        "CREATE VIEW ops.reporting_currencies AS SELECT 'EUR' AS currency_code, 'reporting' AS rate_kind"
    )
    for contract in load_warehouse_contracts():
        assert {result.state for result in evaluate(contract.rules, connection)} == {RuleState.SKIPPED}
