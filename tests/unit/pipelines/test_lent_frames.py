"""Frames that the database reads for a while: whole, as often as asked, and not a moment longer."""

from __future__ import annotations

import gc
import weakref

import duckdb
import polars as pl
import pyarrow as pa
import pytest
from polars.testing import assert_frame_equal

from pipelines.lent_frames import lend

#: More than the database is given at once.
ROWS = 300_000


def frame() -> pl.DataFrame:
    number = pl.int_range(ROWS, dtype=pl.Int64)
    return pl.select(
        number.alias("number"),
        pl.concat_str(pl.lit("Zoë "), number % 7).alias("text"),
        pl.concat_str(pl.lit("c"), number % 5).cast(pl.Categorical).alias("category"),
    )


def test_a_frame_is_read_whole_and_again() -> None:
    with duckdb.connect() as connection, lend(connection, "lent", frame()):
        read = connection.sql("FROM lent").pl()
        assert_frame_equal(read.cast({"category": pl.Categorical}), frame(), categorical_as_str=True)
        both = """
            SELECT count(*), sum(one.number) FROM lent AS one JOIN lent AS other USING (number)
            WHERE one.text < 'Zoë 3'
        """
        assert connection.execute(both).fetchall() == [
            frame().filter(pl.col("text") < "Zoë 3").select(pl.len(), pl.col("number").sum()).row(0)
        ]
        assert connection.execute("SELECT count(*) FROM lent WHERE category = 'c1'").fetchall() == [(ROWS // 5,)]


def test_an_empty_frame_has_its_columns() -> None:
    with duckdb.connect() as connection, lend(connection, "lent", frame().clear()):
        assert connection.sql("FROM lent").columns == ["number", "text", "category"]
        assert connection.execute("SELECT count(*) FROM lent").fetchall() == [(0,)]


def test_it_is_given_up_while_the_transaction_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    tables: list[weakref.ref[pa.Table]] = []
    to_arrow = pl.DataFrame.to_arrow

    def remember(lent: pl.DataFrame) -> pa.Table:
        table = to_arrow(lent)
        tables.append(weakref.ref(table))
        return table

    monkeypatch.setattr(pl.DataFrame, "to_arrow", remember)
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE kept (number BIGINT)")
        connection.execute("BEGIN TRANSACTION")
        with lend(connection, "lent", frame()):
            connection.execute("INSERT INTO kept SELECT number FROM lent")
        gc.collect()
        assert [table() for table in tables] == [None]
        with pytest.raises(duckdb.CatalogException):
            connection.execute("FROM lent")
        connection.execute("ROLLBACK")


def test_it_is_given_up_where_a_query_fails() -> None:
    with duckdb.connect() as connection:
        with pytest.raises(duckdb.ConversionException), lend(connection, "lent", frame()):
            connection.execute("SELECT CAST(text AS BIGINT) FROM lent").fetchall()
        assert connection.execute("SELECT 1").fetchall() == [(1,)]
