"""Whatever lies in a landing folder is read or refused: no other exception may take the run down."""

from __future__ import annotations

import gzip
import io
import tempfile
import zipfile
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.readers import FORMATS, Limits, ReadOptions, RefusedFile, inspect_file, read_export


def _samples() -> list[bytes]:
    book, table = io.BytesIO(), io.BytesIO()
    with xlsxwriter.Workbook(book) as workbook:
        workbook.add_worksheet().write_row(0, 0, ["a", "b"])
    pl.DataFrame({"a": [1, 2], "b": ["x", None]}).write_parquet(table)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("a.csv", "a,b\n1,2\n")
    return [
        b'a,b\r\n1,"x\ny"\r\n',
        "a;b\né;ü\n".encode("cp1252"),
        "a\tb\n1\t2\n".encode("utf-16"),
        b'{"a":1,"b":[{"c":2}]}\n{"a":2}\n',
        b'[{"a":1.5},{"a":null}]',
        b'<?xml version="1.0"?><log><trace><string key="a" value="b"/><event/></trace></log>',
        book.getvalue(),
        table.getvalue(),
        archive.getvalue(),
        gzip.compress(b"a,b\n1,2\n"),
    ]


SAMPLES = _samples()


@st.composite
def damaged_files(draw: st.DrawFn) -> bytes:
    data = bytearray(draw(st.sampled_from(SAMPLES)))
    for _ in range(draw(st.integers(0, 3))):
        position = draw(st.integers(0, len(data)))
        match draw(st.sampled_from(["cut", "change", "insert"])):
            case "cut":
                del data[position:]
            case "change":
                data[position : position + 1] = draw(st.binary(min_size=1, max_size=2))
            case _:
                data[position:position] = draw(
                    st.binary(max_size=4) | st.sampled_from([b'"', b"\r", b"\n", b"\x00", b"["])
                )
    return bytes(data)


@pytest.mark.parametrize("format_name", FORMATS)
@settings(max_examples=150, deadline=None)
@given(data=damaged_files() | st.binary(max_size=60) | st.text(max_size=40).map(str.encode), path=st.booleans())
def test_a_file_is_read_or_refused(format_name: str, data: bytes, path: bool) -> None:
    record_path = {"xes": "trace", "json": "b[]", "jsonl": "b[]"}.get(format_name) if path else None
    options = ReadOptions(format_name, record_path=record_path, columns={"a": ("a",)})
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "export")
        file.write_bytes(data)
        try:
            landed = read_export(inspect_file(file, file.parent, limits=Limits(max_bytes=1 << 24)), options)
        except RefusedFile as refusal:
            assert "export" in refusal.message
            assert refusal.remedy
        else:
            assert landed.frame.columns[-1] == "_row_number"
            assert "a" in landed.frame.columns
