"""The PostgreSQL form of every declared table is accepted by a real server, comments included."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from models.catalog import TABLES
from models.ddl import comment_statements, create_table
from models.vocabulary import Layer

if TYPE_CHECKING:
    from postgres_servers import PostgresDatabase


@pytest.mark.slow
def test_postgresql_takes_every_table_with_its_keys_and_comments(postgres: PostgresDatabase) -> None:
    statements = [f"CREATE SCHEMA {layer.value}" for layer in Layer]
    for table in TABLES:
        statements += [create_table(table, dialect="postgresql", with_keys=True), *comment_statements(table)]
    postgres.execute(";\n".join(statements))
    query = """
        SELECT count(*), count(col_description(format('%I.%I', table_schema, table_name)::regclass, ordinal_position))
        FROM information_schema.columns WHERE table_schema IN ('raw', 'stg', 'core', 'mart', 'ops')
    """
    columns = sum(len(table.columns) for table in TABLES)
    assert postgres.rows(query) == [(columns, columns)]
