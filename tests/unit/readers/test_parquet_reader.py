"""Parquet: every type as text that reads back to the same value."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from pyarrow.parquet import write_table

from pipelines.readers import ReadOptions, RefusalCode, RefusedFile, inspect_file, read_export


def parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


FRAME = pl.DataFrame(
    {
        "amount": [Decimal("1.10"), None],
        "ratio": [0.1, None],
        "count": [2**62, None],
        "at": [dt.datetime(2024, 1, 5, 10, 0, 0, 5, tzinfo=dt.UTC), None],
        "local": [dt.datetime(2024, 1, 5, 10), None],  # noqa: DTZ001 (a column without a zone)
        "day": [dt.date(2024, 1, 5), None],
        "flag": [True, None],
        "list": [[1, 2], None],
        "struct": [{"a": 'x"y', "b": [1]}, None],
        "text": ["", " x "],
    }
)


def test_every_type_becomes_exact_text(read) -> None:
    landed = read(parquet(FRAME), "p.parquet", format="parquet", columns={"total": ("Amount",)})
    assert landed.frame.drop("_row_number").schema == dict.fromkeys(
        ["total", *(name for name in FRAME.columns if name != "amount")], pl.String
    )
    assert landed.frame.row(0) == (
        "1.10",
        "0.1",
        "4611686018427387904",
        "2024-01-05T10:00:00.000005+00:00",
        "2024-01-05T10:00:00",
        "2024-01-05",
        "true",
        "[1,2]",
        '{"a":"x\\"y","b":[1]}',
        None,
        1,
    )
    assert landed.frame.row(1) == (None,) * 9 + (" x ", 2)


def test_what_is_no_whole_parquet_file_is_refused(refuse) -> None:
    data = parquet(FRAME)
    assert refuse(b"a,b\n1,2\n", "p.parquet", format="parquet").code is RefusalCode.FORMAT
    assert refuse(data[:-100], "p.parquet", format="parquet").code is RefusalCode.TRUNCATED
    broken = bytearray(data)
    broken[-600:-8] = b"\xff" * 592
    assert refuse(bytes(broken), "p.parquet", format="parquet").code is RefusalCode.CORRUPT


def test_a_missing_required_column_is_refused(refuse) -> None:
    refusal = refuse(
        parquet(FRAME), "p.parquet", format="parquet", columns={"t": ("amonut",)}, required=frozenset({"t"})
    )
    assert (refusal.code, "Did you mean 'amount'?" in refusal.remedy) == (RefusalCode.HEADER, True)


def test_no_rows_is_an_export_of_nothing(read) -> None:
    assert read(parquet(FRAME.clear()), "p.parquet", format="parquet").record_count == 0


def test_maps_become_json(read) -> None:
    table = pa.table({"a": pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int64()))})
    buffer = io.BytesIO()
    write_table(table, buffer)
    landed = read(buffer.getvalue(), "p.parquet", format="parquet", columns={"a": ("a",)})
    assert landed.frame["a"].to_list() == ['{"k":1}', None]


@pytest.mark.parametrize("value", [0x01, 0x80, 0xFF])
def test_no_damaged_byte_ends_the_process(tmp_path: Path, value: int) -> None:
    """Of such pages other readers give up more than the file."""
    sound = parquet(pl.DataFrame({"a": [1, 2], "b": ["x", None]}))
    options = ReadOptions("parquet", columns={"a": ("a",)})
    refused = 0
    for position in range(len(sound)):
        damaged = bytearray(sound)
        damaged[position] = value
        file = tmp_path / "p.parquet"
        file.write_bytes(damaged)
        try:
            read_export(inspect_file(file, tmp_path), options)
        except RefusedFile as refusal:
            assert refusal.remedy
            refused += 1
    assert 100 < refused < len(sound)
