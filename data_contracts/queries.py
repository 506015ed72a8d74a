"""Which SQL a contract may contain: exactly one SELECT over the warehouse's own tables.

The gate's connection has no access to files or the network either; this check says so at load time, with the line,
instead of in the middle of a run. DuckDB's own parser decides, so that nothing hides behind quotes or comments.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import duckdb

from models.vocabulary import Layer

#: Table functions that only make rows out of their arguments.
_HARMLESS_TABLE_FUNCTIONS: Final = frozenset({"unnest", "range", "generate_series"})
#: Scalar functions that look outside the data or change something.
_FORBIDDEN_FUNCTIONS: Final = frozenset(
    {"getenv", "nextval", "currval", "setseed", "write_log", "random", "uuid", "gen_random_uuid", "uuidv4", "uuidv7"}
    | {"now", "get_current_timestamp", "current_date", "current_timestamp", "today", "transaction_timestamp"}
    | {"current_setting", "getvariable", "txid_current", "query", "query_table", "sql_auto_complete"}
)
_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@cache
def fault_of_query(query: str) -> str | None:
    """Why a contract may not contain a query, or None if it may.

    Also refused: the wall clock and chance, since a rerun on the same data must give the same verdict.
    """
    parser = _parser()
    try:
        statements = parser.extract_statements(query)
    except duckdb.Error as error:
        return f"it is not SQL that DuckDB understands: {_first_line(error)}"
    if len(statements) != 1:
        return f"it holds {len(statements)} statements, and must be exactly one SELECT"
    if statements[0].type != duckdb.StatementType.SELECT:
        return f"it is a statement of type {statements[0].type.name}, and must be a SELECT"
    row = parser.execute("SELECT json_serialize_sql($query)", {"query": query}).fetchone()
    tree: dict[str, Any] = json.loads(row[0]) if row else {"error": True}
    if tree.get("error"):
        return f"it must be a plain SELECT: {tree.get('error_message', 'DuckDB cannot analyse it')}"
    return next(_faults(tree["statements"], _names_of_ctes(tree["statements"])), None)


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    """An empty database that only ever parses."""
    return duckdb.connect(":memory:", config={"enable_external_access": "false", "lock_configuration": "true"})


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
        for value in tree.values():
            yield from _nodes(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _nodes(value)


def _names_of_ctes(tree: Any) -> frozenset[str]:
    maps = [node["cte_map"]["map"] for node in _nodes(tree) if isinstance(node.get("cte_map"), dict)]
    return frozenset(str(entry["key"]).lower() for entries in maps for entry in entries)


def _faults(tree: Any, ctes: frozenset[str]) -> Iterator[str]:
    layers = {layer.value for layer in Layer}
    for node in _nodes(tree):
        kind = node.get("type")
        if kind == "BASE_TABLE":
            schema, name = str(node.get("schema_name", "")), str(node.get("table_name", ""))
            if not schema and name.lower() in ctes:
                continue
            if node.get("catalog_name") or schema not in layers or not _WORD.fullmatch(name):
                shown = f"{schema}.{name}" if schema else name
                yield f"it reads '{shown}', and may read only tables of the warehouse, such as stg.stg_tickets"
        elif kind == "TABLE_FUNCTION":
            function = str(node.get("function", {}).get("function_name", ""))
            if function not in _HARMLESS_TABLE_FUNCTIONS:
                yield f"it calls '{function}()', and may not read anything but the warehouse"
        elif kind == "FUNCTION":
            function = str(node.get("function_name", "")).lower()
            if function in _FORBIDDEN_FUNCTIONS:
                yield f"it calls '{function}()', which gives another answer on a rerun or looks outside the warehouse"
        elif kind == "COLUMN_REF" and node.get("column_names") in (["current_date"], ["current_timestamp"]):
            yield "it reads the wall clock, which gives another answer on a rerun"
        elif kind == "SHOW_REF":
            yield "it describes or shows instead of selecting"
