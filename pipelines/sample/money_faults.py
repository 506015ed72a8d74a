"""Faults in the finance and vendor exports. Each function spoils written files; what it stands for is in `defects`."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path

from pipelines.sample import budgets, deliveries, exchange_rates, ledger, vendor_billing, vendor_contracts
from pipelines.sample.text_edits import CsvEdit, latest_file

_ERROR_PAGE = """<!DOCTYPE html>
<html lang="en">
<head><title>Session expired</title></head>
<body><h1>Your session has expired</h1><p>Please sign in again to download the report.</p></body>
</html>
"""


def _open_ledger(landing: Path) -> CsvEdit:
    return CsvEdit(latest_file(landing, ledger.EXPORT), encoding="cp1252", delimiter=";")


def double_file(landing: Path) -> None:
    """The latest ledger file was downloaded twice; the browser gave the second another name."""
    path = latest_file(landing, ledger.EXPORT)
    shutil.copyfile(path, path.with_name(f"{path.stem} (1){path.suffix}"))


def lose_credit_signs(landing: Path) -> None:
    """Someone cleaned the latest ledger file and took the minus signs off the amounts."""
    with _open_ledger(landing) as file:
        for index, row in enumerate(file):
            if "-" in row["Amount"]:
                file.replace(index, Amount=row["Amount"].replace("-", ""))


def change_cost_by_a_cent(landing: Path) -> None:
    """One amount of the latest ledger file is a cent higher than what was booked."""
    with _open_ledger(landing) as file:
        index = file.middle([i for i, row in enumerate(file) if row["Amount"][-1] in "12345678"])
        amount = file[index]["Amount"]
        file.replace(index, Amount=f"{amount[:-1]}{int(amount[-1]) + 1}")


def drop_ledger_line(landing: Path) -> None:
    """One line of a journal of several is missing."""
    with _open_ledger(landing) as file:
        journals = [row["Journal"] for row in file]
        file.remove({file.middle([i for i, journal in enumerate(journals) if journals.count(journal) > 1])})


def leave_out_a_month(landing: Path) -> None:
    """No line that was posted in the middle month of the latest ledger file is in it."""
    with _open_ledger(landing) as file:
        months = [_read_ledger_date(row["Posting date"]).replace(day=1) for row in file]
        known = sorted(set(months))
        if len(known) < 3:
            raise ValueError("The latest ledger file has no month between two others; ask for more years.")
        file.remove({index for index, month in enumerate(months) if month == known[len(known) // 2]})


def stop_the_ledger(landing: Path) -> None:
    """Nothing that was posted in the last seven weeks is in the latest ledger file."""
    with _open_ledger(landing) as file:
        days = [_read_ledger_date(row["Posting date"]) for row in file]
        file.remove({index for index, day in enumerate(days) if day > max(days) - timedelta(weeks=7)})


def stop_the_rates(landing: Path) -> None:
    """The rates of the last three weeks are not there, of any currency."""
    with CsvEdit(latest_file(landing, exchange_rates.EXPORT)) as file:
        days = [date.fromisoformat(row["date"]) for row in file]
        file.remove({index for index, day in enumerate(days) if day > max(days) - timedelta(weeks=3)})


def write_unknown_currency(landing: Path) -> None:
    """One line is in a currency that does not exist."""
    with _open_ledger(landing) as file:
        index = file.middle([i for i, row in enumerate(file) if row["Currency"] == "EUR"])
        file.replace(index, Currency="EUX")


def lose_exchange_rates(landing: Path) -> None:
    """Sterling has no rate for a week around its latest posting."""
    with _open_ledger(landing) as file:
        postings = [_read_ledger_date(row["Posting date"]) for row in file if row["Currency"] == "GBP"]
    latest = max(postings)
    week = {(latest + timedelta(days=offset)).isoformat() for offset in range(-3, 4)}
    with CsvEdit(latest_file(landing, exchange_rates.EXPORT)) as file:
        file.remove({i for i, row in enumerate(file) if row["quote"] == "GBP" and row["date"] in week})


def contradict_exchange_rate(landing: Path) -> None:
    """One day has two rates for the same pair."""
    with CsvEdit(latest_file(landing, exchange_rates.EXPORT)) as file:
        index = file.middle([i for i, row in enumerate(file) if row["quote"] == "USD"])
        row = file[index]
        file.add(row | {"rate": f"{float(row['rate']) * 1.1:.5f}"}, before=index + 1)


def rename_column(landing: Path) -> None:
    """The payables system was upgraded and calls the amount something else."""
    with CsvEdit(latest_file(landing, vendor_billing.EXPORT)) as file:
        file.rename_column("Amount", "Net Total (Doc. Cur.)")


def lose_decimal_point(landing: Path) -> None:
    """One invoice amount lost its decimal point and is a hundred times too high."""
    with CsvEdit(latest_file(landing, vendor_billing.EXPORT)) as file:
        index = file.middle([i for i, row in enumerate(file) if not row["Amount"].startswith("(")])
        file.replace(index, Amount=file[index]["Amount"].replace(".", ""))


def send_error_page(landing: Path) -> None:
    """The download was a sign-in page under the name of the deliveries file."""
    latest_file(landing, deliveries.EXPORT).write_text(_ERROR_PAGE, encoding="utf-8", newline="\n")


def deliver_before_order(landing: Path) -> None:
    """One delivery came a year before it was ordered."""
    with CsvEdit(latest_file(landing, deliveries.EXPORT), encoding="utf-8-sig") as file:
        index = file.middle([i for i, row in enumerate(file) if row["Delivered Date"][-1:].isdigit()])
        day, month, year = file[index]["Order Date"].split("-")
        file.replace(index, **{"Delivered Date": f"{day}-{month}-{int(year) - 1:02}".replace("29-Feb", "28-Feb")})


def empty_file(landing: Path) -> None:
    """The contract register arrived with no byte in it."""
    latest_file(landing, vendor_contracts.EXPORT).write_bytes(b"")


def copy_last_years_column(landing: Path) -> None:
    """Someone filled the year of December in from the sheet of the year before."""
    path = landing / budgets.PATH
    rows, as_of = budgets.read_sheet(path)
    december = max(row.line.month for row in rows)
    changed = [row._replace(year=row.year - 1) if row.line.month == december else row for row in rows]
    budgets.write_sheet(path, changed, as_of)


def add_total_of_month(landing: Path) -> None:
    """A total of each month's budget stands between the lines, called so in the column of cost centres."""
    path = landing / budgets.PATH
    rows, as_of = budgets.read_sheet(path)
    totals = []
    for month in sorted({row.line.month for row in rows}):
        of_month = [row.line for row in rows if row.line.month == month and row.line.kind == "budget"]
        total = of_month[0]._replace(cost_centre="Total", account="", amount=sum(line.amount for line in of_month))
        totals.append(budgets.SheetRow(month.year, total))
    budgets.write_sheet(path, [*rows, *totals], as_of)


def _read_ledger_date(written: str) -> date:
    day, month, year = written.split(".")
    return date(int(year), int(month), int(day))
