"""XLSX: numbers, dates, blank rows, sheets and preambles."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence

import xlsxwriter

from pipelines.readers import RefusalCode


def workbook(sheets: dict[str, Sequence[Sequence[object]]]) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        formats = {
            dt.datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
            dt.date: book.add_format({"num_format": "yyyy-mm-dd"}),
            dt.time: book.add_format({"num_format": "hh:mm"}),
            dt.timedelta: book.add_format({"num_format": "[h]:mm:ss"}),
        }
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for row, cells in enumerate(rows):
                for column, value in enumerate(cells):
                    if value is not None:
                        sheet.write(row, column, value, formats.get(type(value)))
    return buffer.getvalue()


BUDGET = [
    ["month", "Net Amount", "code"],
    [dt.date(2024, 1, 1), 1234.5, "007"],
    [dt.date(2024, 2, 1), 0.1, 7],
]


def test_numbers_and_dates_become_exact_text(read) -> None:
    landed = read(workbook({"Budget": BUDGET}), "b.xlsx", format="xlsx", columns={"net_amount": ("net amount",)})
    assert landed.frame.select("month", "net_amount", "code", "_row_number").rows() == [
        ("2024-01-01", "1234.5", "007", 2),
        ("2024-02-01", "0.1", "7", 3),
    ]


def test_a_column_with_any_time_of_day_keeps_it_everywhere(read) -> None:
    midnight = dt.datetime(2024, 1, 5)  # noqa: DTZ001 (a spreadsheet's dates have no zone)
    rows = [["at"], [midnight], [midnight.replace(hour=10, minute=11, second=12, microsecond=345000)], ["n/a"]]
    landed = read(workbook({"S": rows}), "b.xlsx", format="xlsx")
    assert landed.frame["at"].to_list() == ["2024-01-05 00:00:00", "2024-01-05 10:11:12.345", "n/a"]


def test_times_and_durations_are_hours(read) -> None:
    rows = [
        ["start", "spent"],
        [dt.time(9, 30), dt.timedelta(hours=30, seconds=1)],
        [dt.time(0, 0), dt.timedelta(days=70, hours=1)],
        [dt.time(23, 59, 59), dt.timedelta(minutes=5)],
    ]
    landed = read(workbook({"S": rows}), "b.xlsx", format="xlsx")
    assert landed.frame.select("start", "spent").rows() == [
        ("09:30:00", "30:00:01"),
        ("00:00:00", "1681:00:00"),
        ("23:59:59", "00:05:00"),
    ]


def test_booleans_formulas_and_text_that_looks_like_numbers(read) -> None:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["flag", "sum", "text"])
        sheet.write_boolean(1, 0, True)
        sheet.write_formula(1, 1, "=1+1.5", None, 2.5)
        sheet.write_string(1, 2, "1.10")
    assert read(buffer.getvalue(), "b.xlsx", format="xlsx").frame.rows() == [("true", "2.5", "1.10", 2)]


def test_row_numbers_are_the_spreadsheets(read) -> None:
    rows = [[], ["Report of May"], [], ["id", "amount"], [1, 2], [], ["Total", 2]]
    landed = read(workbook({"S": rows}), "b.xlsx", format="xlsx", header_row=4)
    assert landed.frame.rows() == [("1", "2", 5), (None, None, 6), ("Total", "2", 7)]
    assert landed.notes == ("3 rows above the header are not records and did not land: Report of May",)


def test_the_sheet_is_the_contracts_or_the_only_one(read, refuse) -> None:
    data = workbook({"Notes": [["x"]], "Budget": BUDGET})
    assert read(data, "b.xlsx", format="xlsx", sheet=" budget").record_count == 2
    refusal = refuse(data, "b.xlsx", format="xlsx")
    assert (refusal.code, "'Notes', 'Budget'" in refusal.message) == (RefusalCode.SHEET, True)
    assert refuse(data, "b.xlsx", format="xlsx", sheet="Costs").code is RefusalCode.SHEET


def test_missing_columns_and_headers_elsewhere(refuse) -> None:
    rows = [["Report"], ["id", "amount"], [1, 2]]
    refusal = refuse(
        workbook({"S": rows}), "b.xlsx", format="xlsx", columns={"id": ("id",)}, required=frozenset({"id"})
    )
    assert (refusal.code, "headerRow: 2" in refusal.remedy) == (RefusalCode.HEADER, True)
    assert refuse(workbook({"S": rows}), "b.xlsx", format="xlsx", header_row=9).code is RefusalCode.HEADER


def test_an_empty_sheet_has_no_header(refuse) -> None:
    assert refuse(workbook({"S": []}), "b.xlsx", format="xlsx").code is RefusalCode.HEADER


def test_a_sheet_with_a_header_only_is_an_export_of_nothing(read) -> None:
    assert read(workbook({"S": [["id", "amount"]]}), "b.xlsx", format="xlsx").record_count == 0


def test_what_is_no_workbook_is_refused(refuse) -> None:
    assert refuse(b"a,b\n1,2\n", "b.xlsx", format="xlsx").code is RefusalCode.FORMAT
    assert refuse(b"\xd0\xcf\x11\xe0" + bytes(600), "b.xlsx", format="xlsx").code is RefusalCode.ENCRYPTED
    assert refuse(workbook({"S": BUDGET})[:-300], "b.xlsx", format="xlsx").code is RefusalCode.TRUNCATED
