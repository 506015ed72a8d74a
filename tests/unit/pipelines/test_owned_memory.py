"""Rows that are kept of a batch hold no memory of the rest of it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import polars as pl
import pyarrow as pa
from polars.testing import assert_frame_equal

from pipelines.staging.owned_memory import in_memory_of_its_own

ROWS = 20_000


def batch() -> pa.RecordBatch:
    return pa.record_batch(
        {
            "row_number": pa.array(range(ROWS)),
            "row_hash": pa.array([f"a text that is too long to lie in its view {number}" for number in range(ROWS)]),
            "unneeded": pa.array(["x" * 500] * ROWS),
        }
    )


def test_nothing_of_the_batch_is_held() -> None:
    before = pa.total_allocated_bytes()
    kept = in_memory_of_its_own(pl.DataFrame(batch()).select("row_number", "row_hash"))
    assert pa.total_allocated_bytes() - before < 500 * ROWS / 100
    held = pl.DataFrame(batch()).select("row_number", "row_hash")
    assert pa.total_allocated_bytes() - before > 500 * ROWS, "which a frame does by itself"
    assert_frame_equal(kept, held)


def test_few_rows_are_small() -> None:
    few = in_memory_of_its_own(pl.DataFrame(batch()).filter(pl.col("row_number") % 10_000 == 7))
    assert few["row_number"].to_list() == [7, 10_007]
    assert few.estimated_size() < 2_000


def test_values_and_types_stay() -> None:
    rows = {
        "text": ["Zoë", None, ""],
        "category": ["a", None, "b"],
        "instant": [datetime(2026, 1, 1, 1, 2, 3, 456789, UTC), None, None],
        "amount": [Decimal("1.2345"), None, Decimal("-0.0001")],
        "flag": [True, None, False],
        "nothing": [None, None, None],
    }
    schema = {
        "text": pl.String,
        "category": pl.Categorical,
        "instant": pl.Datetime("us", "UTC"),
        "amount": pl.Decimal(18, 4),
        "flag": pl.Boolean,
        "nothing": pl.String,
    }
    frame = pl.DataFrame(rows, schema=schema)
    assert_frame_equal(in_memory_of_its_own(frame), frame, categorical_as_str=False)
    assert_frame_equal(in_memory_of_its_own(frame.clear()), frame.clear())
    assert_frame_equal(in_memory_of_its_own(frame.select("category")), frame.select("category"))
