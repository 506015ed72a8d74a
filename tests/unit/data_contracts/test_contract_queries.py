"""Which SQL a contract may contain."""

from __future__ import annotations

import pytest

from data_contracts.queries import fault_of_query


@pytest.mark.parametrize(
    "query",
    [
        "SELECT ticket_id FROM stg.stg_tickets WHERE resolved_at < created_at",
        "FROM stg.stg_tickets SELECT ticket_id",
        "WITH late AS (SELECT * FROM stg.stg_tickets) SELECT ticket_id FROM late JOIN ops.ops_loads USING (load_id)",
        "SELECT ticket_id FROM stg.stg_tickets -- ; DROP TABLE stg.stg_tickets",
        "SELECT ticket_id FROM stg.stg_tickets WHERE status = '; DROP TABLE x'",
        "SELECT ticket_id, unnest(range(3)) FROM stg.stg_tickets UNION ALL SELECT source, 1 FROM raw.raw_jira__issues",
    ],
)
def test_a_select_over_the_warehouse_is_accepted(query: str) -> None:
    assert fault_of_query(query) is None


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("SELECT 1; SELECT 2", "2 statements"),
        ("SELECT 1; DROP TABLE stg.stg_tickets", "2 statements"),
        ("", "0 statements"),
        ("INSERT INTO stg.stg_tickets SELECT * FROM stg.stg_tickets", "type INSERT"),
        ("DELETE FROM stg.stg_tickets", "type DELETE"),
        ("UPDATE stg.stg_tickets SET status = 'x'", "type UPDATE"),
        ("CREATE TABLE stg.x AS SELECT 1", "type CREATE"),
        ("ATTACH 'other.duckdb'", "type ATTACH"),
        ("COPY (SELECT * FROM stg.stg_tickets) TO 'out.csv'", "type COPY"),
        ("COPY stg.stg_tickets FROM 'in.csv'", "type COPY"),
        ("PRAGMA database_list", "must be"),
        ("SET enable_external_access = true", "type SET"),
        ("INSTALL httpfs", "type LOAD"),
        ("CALL pragma_version()", "must be"),
        ("EXPLAIN ANALYZE SELECT 1", "type EXPLAIN"),
        ("COMMIT", "type TRANSACTION"),
        ("SELECT * FROM read_csv('/etc/passwd')", "read_csv()"),
        ("SELECT * FROM read_text('/etc/passwd')", "read_text()"),
        ("SELECT * FROM '/etc/passwd'", "/etc/passwd"),
        ("SELECT * FROM 'out.parquet'", "out.parquet"),
        ("SELECT * FROM glob('*')", "glob()"),
        ("SELECT * FROM query('DROP TABLE x')", "query()"),
        ("SELECT * FROM duckdb_secrets()", "duckdb_secrets()"),
        ("SELECT * FROM information_schema.tables", "information_schema.tables"),
        ("SELECT * FROM some_python_variable", "some_python_variable"),
        ("SELECT * FROM other.stg.stg_tickets", "stg.stg_tickets"),
        ("SELECT (SELECT max(content) FROM read_text('/etc/passwd')) FROM stg.stg_tickets", "read_text()"),
        ("WITH a AS (SELECT * FROM read_csv('x')) SELECT * FROM a", "read_csv()"),
        ("SELECT getenv('HOME') FROM stg.stg_tickets", "getenv()"),
        ("SELECT nextval('s') FROM stg.stg_tickets", "nextval()"),
        ("SELECT 1 FROM stg.stg_tickets WHERE created_at > now()", "now()"),
        ("SELECT 1 FROM stg.stg_tickets WHERE created_at > current_date", "rerun"),
        ("SELECT random() FROM stg.stg_tickets", "random()"),
        ("SELEC 1", "not SQL"),
        ("DESCRIBE stg.stg_tickets", "must be"),
        ("SUMMARIZE stg.stg_tickets", "must be"),
    ],
)
def test_everything_else_is_refused_with_its_reason(query: str, reason: str) -> None:
    fault = fault_of_query(query)
    assert fault is not None
    assert reason in fault or (reason == "must be" and ("SELECT" in fault or "selecting" in fault)), fault
