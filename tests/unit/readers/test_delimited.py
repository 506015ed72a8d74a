"""CSV: delimiters, quotes, odd records, cut-off files, and exact text."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.readers import ReadOptions, RefusalCode, inspect_file, read_export


def values(landed) -> list[tuple[str | None, ...]]:
    return landed.frame.drop("_row_number").rows()


def test_text_lands_untouched_and_empty_text_as_null(read) -> None:
    landed = read(b'a,b,c\n 007 ,1.10,"  "\n"",,?\nNULL,NaN,N/A\n')
    assert values(landed) == [(" 007 ", "1.10", "  "), (None, None, "?"), ("NULL", "NaN", "N/A")]
    assert landed.frame.schema == {"a": pl.String, "b": pl.String, "c": pl.String, "_row_number": pl.Int64}


@pytest.mark.parametrize(
    ("data", "delimiter", "first"),
    [
        (b"id;amount;note\n1;1.234,50;a, b\n2;-3,5;c\n", ";", ("1", "1.234,50", "a, b")),
        (b"id\tamount, net\n1\t1,5\n2\t2,5\n", "\t", ("1", "1,5")),
        (b'id|text\n1|"a|b;c,d"\n2|x\n', "|", ("1", "a|b;c,d")),
        (b'"a;b","c"\n"1;2","3"\n', ",", ("1;2", "3")),
        (b"id,when;zone\n1,2024;UTC\n2,2025\n3,1;2\n", ",", ("1", "2024;UTC")),
        (b"id,note\n" + b"".join(b"%d,a;b;c\n" % i for i in range(30)), ",", ("0", "a;b;c")),
        (b"name\nSmith, John\nDoe, Jane\nMoe\n", None, ("Smith, John",)),
        (b"amount\n1,5\n2,5\n", None, ("1,5",)),
    ],
)
def test_the_delimiter_is_found(read, data: bytes, delimiter: str | None, first: tuple[str, ...]) -> None:
    landed = read(data)
    assert values(landed)[0] == first
    if delimiter:
        assert landed.delimiter == delimiter


def test_what_the_contract_knows_of_the_header_decides_between_delimiters(read) -> None:
    data = b"name, first;amount, net\nA, B;1, 5\nC, D;2, 5\n"
    assert read(data, columns={"net": ("amount, net",)}).delimiter == ";"
    assert read(data, columns={"name": ("name",), "middle": ("first;amount",)}).delimiter == ","


def test_quotes_follow_the_spreadsheets(read) -> None:
    landed = read(b'a,b\n1,"say ""hi"", now"\n2,5" pipe\n3,"line 1\r\nline 2"\n4,"x"y\n')
    assert [row[1] for row in values(landed)] == ['say "hi", now', '5" pipe', "line 1\r\nline 2", "xy"]
    assert landed.frame["_row_number"].to_list() == [2, 3, 4, 5]  # records, not lines


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_bare_carriage_return_within_a_value_is_text(read, end: bytes) -> None:
    data = end.join([b"a,b", b"1,x\ry", b'2,"\r"', b"3,z", b"4,p\rq,r", b"5,w", b""])
    landed = read(data)
    assert landed.frame["b"].to_list() == ["x\ry", "\r", "z", "p\rq", "w"]
    assert landed.frame["_surplus"].to_list() == [None, None, None, '["r"]', None]


def test_line_ends_that_were_converted_twice_are_repaired(read) -> None:
    landed = read(b"a,b\r\r\n1,2\r\r\n3,4\r\r\n")
    assert values(landed) == [("1", "2"), ("3", "4")]
    assert "converted twice" in landed.notes[0]


def test_line_feeds_after_a_header_with_another_line_end(read) -> None:
    assert values(read(b"a,b\r\n1,2\n3,4\r\n")) == [("1", "2"), ("3", "4")]
    assert values(read(b"a,b\n1,2\r3,4\r5,6\r")) == [("1", "2"), ("3", "4"), ("5", "6")]


def test_another_quote_or_none(read) -> None:
    assert values(read(b"a,b\n'1,5',2\n", quote="'")) == [("1,5", "2")]
    assert values(read(b'a,b\n"1,2"\n', quote="")) == [('"1', '2"')]


def test_blank_lines_and_total_rows_land(read) -> None:
    landed = read(b"supplier,amount\r\nA,1\r\n\r\nTotal,1\r\n,\r\n\r\n")
    assert values(landed) == [("A", "1"), (None, None), ("Total", "1"), (None, None), (None, None)]
    assert landed.frame["_row_number"].to_list() == [2, 3, 4, 5, 6]


def test_short_records_are_padded_and_noted(read) -> None:
    landed = read(b"a,b,c\n1,2,3\n4,5\n\n6\n7,8,9\n")
    assert values(landed) == [
        ("1", "2", "3"),
        ("4", "5", None),
        (None, None, None),
        ("6", None, None),
        ("7", "8", "9"),
    ]
    assert landed.notes == ("2 records have fewer than 3 fields (rows 3, 5); the rest is null.",)


def test_the_surplus_of_long_records_lands(read) -> None:
    landed = read(b'a,b\n1,2,"x,1",y\n3,4\n5,6,\n')
    assert landed.frame["_surplus"].to_list() == ['["x,1","y"]', None, None]
    assert json.loads(landed.frame["_surplus"][0]) == ["x,1", "y"]
    assert landed.frame.columns[-2:] == ["_surplus", "_row_number"]
    assert landed.notes == ("1 record has more than 2 fields (row 2); the surplus landed in _surplus.",)


def test_trailing_delimiters_make_no_column(read) -> None:
    landed = read(b"a,b,,\n1,2,,\n3,4,,\n")
    assert landed.frame.columns == ["a", "b", "_row_number"]
    landed = read(b"a,b,,\n1,2,,x\n", "again.csv")
    assert landed.frame.columns == ["a", "b", "column_4", "_row_number"]
    assert any("Column 4 has no header" in note for note in landed.notes)


def test_records_of_other_widths_keep_their_places_in_a_long_file(read) -> None:
    lines = ["n,text"] + [f'{i},"{"x" * 200}\n{i}"' if i % 1000 else f"{i}" for i in range(60_000)]
    landed = read(("\n".join(lines) + "\n").encode())
    assert landed.frame["n"].to_list() == [str(i) for i in range(60_000)]
    assert landed.frame["text"].null_count() == 60
    assert landed.frame["_row_number"].to_list() == list(range(2, 60_002))


def test_a_record_longer_than_a_block_is_read(read) -> None:
    long = "long line\n" * 1_500_000
    landed = read(f'a,b\n1,"{long}"\n2,x\n'.encode())
    assert landed.frame["b"].to_list() == [long, "x"]


def test_properties_come_first_and_absent_ones_are_null(read) -> None:
    landed = read(
        b"extra,Number,state\nx,1,New\n",
        columns={"state": ("state",), "number": ("number",), "closed_at": ("closed",)},
        required=frozenset({"number"}),
    )
    assert landed.frame.columns == ["state", "number", "closed_at", "extra", "_row_number"]
    assert landed.frame["closed_at"].to_list() == [None]
    assert landed.missing_columns == ("closed_at",)
    assert landed.unknown_columns == {"extra": "extra"}


def test_rows_above_the_header_are_noted_and_counted(read) -> None:
    landed = read(b'Spend report,\n"made\non 1 May",\nid,amount\n1,2\n', header_row=3)
    assert values(landed) == [("1", "2")]
    assert landed.frame["_row_number"].to_list() == [4]
    assert "2 rows above the header" in landed.notes[0]
    assert "Spend report" in landed.notes[0]


@pytest.mark.parametrize("data", [b"a,b", b"a,b\n", b"\xef\xbb\xbfa,b\r\n"])
def test_a_header_without_records_is_an_export_of_nothing(read, data: bytes) -> None:
    landed = read(data)
    assert (landed.record_count, landed.frame.columns) == (0, ["a", "b", "_row_number"])
    assert landed.notes == ("The file holds a header and no records.",)


@pytest.mark.parametrize("ending", [b"", b"\n"])
def test_an_open_quote_means_cut_off(refuse, ending: bytes) -> None:
    refusal = refuse(b'a,b\n1,2\n3,"the rest is mis' + ending)
    assert (refusal.code, refusal.row) == (RefusalCode.TRUNCATED, 3)


def test_a_short_last_record_without_line_end_means_cut_off(refuse, read) -> None:
    refusal = refuse(b"a,b,c\n1,2,3\n4,5")
    assert (refusal.code, refusal.row) == (RefusalCode.TRUNCATED, 3)
    assert "2 of 3 fields" in refusal.message
    assert read(b"a,b,c\n1,2,3\n4,5,6").record_count == 2
    assert read(b"a,b,c\n1,2,3\n4,5\n").record_count == 2
    # Where other records are as short, this one proves nothing.
    assert read(b"a,b,c\n1,2,3\n4,5\n6,7").record_count == 3


def test_a_missing_required_column_is_refused(refuse) -> None:
    refusal = refuse(b"numbr,state\n1,New\n", columns={"number": ("number",)}, required=frozenset({"number"}))
    assert (refusal.code, refusal.column) == (RefusalCode.HEADER, "number")
    assert "Did you mean 'numbr'?" in refusal.remedy


def test_the_remedy_finds_a_header_further_down(refuse) -> None:
    refusal = refuse(b"Report\n\nid,amount\n1,2\n", columns={"id": ("id",)}, required=frozenset({"id"}))
    assert "headerRow: 3" in refusal.remedy


def test_the_remedy_finds_another_delimiter(refuse) -> None:
    refusal = refuse(b"id;amount\n1;2\n", delimiter=",", columns={"id": ("id",)}, required=frozenset({"id"}))
    assert "looks like ';'" in refusal.remedy


def test_a_header_of_one_word_suggests_no_delimiter(refuse) -> None:
    refusal = refuse(b"oops\n", delimiter=",", columns={"id": ("id",)}, required=frozenset({"id"}))
    assert "delimiter" not in refusal.remedy


@pytest.mark.parametrize(("data", "header_row"), [(b"a,b\n1,2\n", 5), (b"\n\na,b\n1,2\n", 1)])
def test_the_header_row_must_be_there(refuse, data: bytes, header_row: int) -> None:
    assert refuse(data, header_row=header_row).code is RefusalCode.HEADER


@pytest.mark.parametrize("data", [b"PAR1" + bytes(20), b"\xd0\xcf\x11\xe0" + bytes(20)])
def test_another_format_is_named(refuse, data: bytes) -> None:
    assert refuse(data).code is RefusalCode.FORMAT


cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12) | st.text(
    "\",;|\t\r\n' x1", max_size=8
)


@settings(max_examples=300, deadline=None)
@given(
    table=st.integers(1, 5).flatmap(lambda w: st.lists(st.lists(cells, min_size=w, max_size=w), max_size=8)),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    final_newline=st.booleans(),
)
def test_whatever_is_written_as_csv_is_read_back(
    table: list[list[str]], delimiter: str, newline: str, quoting: int, final_newline: bool
) -> None:
    width = len(table[0]) if table else 2
    buffer = io.StringIO(newline="")
    if any("\r" in cell or "\n" in cell for record in table for cell in record):
        # Some versions of the csv module quote only their own line end: what others mean is then a matter of majority.
        quoting = csv.QUOTE_ALL
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator=newline, quoting=quoting)  # type: ignore[arg-type]
    writer.writerow([f"column {position}" for position in range(width)])
    writer.writerows(table)
    text = buffer.getvalue()
    data = (text if final_newline else text.removesuffix(newline)).encode()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "export.csv")
        path.write_bytes(data)
        landed = read_export(inspect_file(path, path.parent), ReadOptions("csv", delimiter=delimiter))
    assert landed.frame.drop("_row_number").rows() == [tuple(cell or None for cell in record) for record in table]
