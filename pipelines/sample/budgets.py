"""Budget and forecast as a finance department sends them: a workbook with title rows, real dates and a total row.

The plan is drawn up from what an ordinary month costs, so that the bad month stands out against it. Headcount by team
and month is written here too, as a small CSV.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

import fastexcel
import xlsxwriter  # type: ignore[import-untyped]

from pipelines.sample.company import COMPANY_NAME, REPORTING_CURRENCY, TEAMS
from pipelines.sample.ledger import LedgerLine
from pipelines.sample.plan import Plan
from pipelines.sample.span import Span, next_month
from pipelines.sample.summary import SampleFile

EXPORT: Final = "budgets"
HEADCOUNT_EXPORT: Final = "headcount"
PATH: Final = f"{EXPORT}/budget_and_forecast.xlsx"
SHEET: Final = "Budget"
_AS_OF: Final = "As of "
COLUMNS: Final = ("Year", "Month", "Cost centre", "Account", "Kind", "Amount", "Currency")
#: Rows above the header, so that the header is the fourth row of the sheet.
TITLE_ROWS: Final = 3
#: Euros for one unit of each currency, as fixed for planning.
_PLANNING_RATES: Final = {"EUR": Decimal(1), "USD": Decimal("0.92"), "GBP": Decimal("1.17")}
_TEN: Final = Decimal(10)


class BudgetLine(NamedTuple):
    """A planned amount in the reporting currency, whole tens."""

    month: date
    cost_centre: str
    account: str
    kind: str
    amount: Decimal


class SheetRow(NamedTuple):
    """A row of the sheet: a line, and the year in the column beside its month."""

    year: int
    line: BudgetLine


def draw_budget(span: Span, ledger: Iterable[LedgerLine], random: Random) -> list[BudgetLine]:
    """A budget for each month to the end of the last calendar year; a forecast for those after the bad month."""
    typical = _typical_months(span, ledger)
    year_end = date(span.last.year, 12, 1)
    months = list(span.months)
    while months[-1] < year_end:
        months.append(next_month(months[-1]))
    lines = []
    for month in months:
        for (cost_centre, account), amount in typical.items():
            budget = _round_to_tens(amount * Decimal(str(round(random.uniform(0.96, 1.04), 4))))
            lines.append(BudgetLine(month, cost_centre, account, "budget", budget))
            if month > span.bad_month:
                forecast = _round_to_tens(budget * Decimal("1.03"))
                lines.append(BudgetLine(month, cost_centre, account, "forecast", forecast))
    return lines


def _typical_months(span: Span, ledger: Iterable[LedgerLine]) -> dict[tuple[str, str], Decimal]:
    """What an ordinary month costs by cost centre and account, in the reporting currency."""
    totals: dict[tuple[str, str], Decimal] = {}
    for line in ledger:
        if line.initiative or line.service_from == span.bad_month:
            continue
        key = (line.cost_centre, line.account)
        totals[key] = totals.get(key, Decimal(0)) + line.amount * _PLANNING_RATES[line.currency]
    months = max(1, len(span.months) - 1)
    return {key: total / months for key, total in sorted(totals.items()) if total / months >= 5}


def _round_to_tens(amount: Decimal) -> Decimal:
    return max(_TEN, (amount / _TEN).quantize(Decimal(1)) * _TEN)


def write_budget(landing: Path, lines: list[BudgetLine], span: Span) -> list[SampleFile]:
    """Write the workbook: three title rows, the header, the lines, and a total row at the bottom."""
    (landing / EXPORT).mkdir(parents=True, exist_ok=True)
    write_sheet(landing / PATH, [SheetRow(line.month.year, line) for line in lines], span.last)
    return [SampleFile(EXPORT, PATH, {"budget_lines": len(lines)})]


def read_sheet(path: Path) -> tuple[list[SheetRow], date]:
    """The rows of a written workbook without its total, and the day as of which it was written."""
    sheet = fastexcel.read_excel(path).load_sheet(SHEET, header_row=None, dtypes="string").to_polars()
    rows = sheet.rows()
    as_of = date.fromisoformat(str(rows[1][0]).removeprefix(_AS_OF)[:10])
    return [
        SheetRow(int(year), BudgetLine(date.fromisoformat(month[:10]), cost_centre, account, kind, Decimal(amount)))
        for year, month, cost_centre, account, kind, amount, _ in rows[TITLE_ROWS + 1 : -1]
    ], as_of


def write_sheet(path: Path, rows: list[SheetRow], as_of: date) -> None:
    """Write the workbook from its rows."""
    with xlsxwriter.Workbook(path) as workbook:
        # The workbook's own date would otherwise be today's and the bytes would differ from run to run.
        workbook.set_properties({"author": COMPANY_NAME, "created": datetime.combine(as_of, time(12))})
        sheet = workbook.add_worksheet(SHEET)
        bold = workbook.add_format({"bold": True})
        month_format = workbook.add_format({"num_format": "mmm yyyy"})
        money_format = workbook.add_format({"num_format": "#,##0.00"})
        sheet.write_string(0, 0, f"{COMPANY_NAME} – budget and forecast", bold)
        sheet.write_string(1, 0, f"{_AS_OF}{as_of.isoformat()}, all amounts in {REPORTING_CURRENCY}")
        sheet.write_row(TITLE_ROWS, 0, COLUMNS, bold)
        for row, (year, line) in enumerate(rows, start=TITLE_ROWS + 1):
            sheet.write_number(row, 0, year)
            sheet.write_datetime(row, 1, datetime.combine(line.month, time()), month_format)
            sheet.write_row(row, 2, (line.cost_centre, line.account, line.kind))
            sheet.write_number(row, 5, float(line.amount), money_format)
            sheet.write_string(row, 6, REPORTING_CURRENCY)
        total_row = TITLE_ROWS + 1 + len(rows)
        sheet.write_string(total_row, 0, "Total", bold)
        sheet.write_number(total_row, 5, float(sum(row.line.amount for row in rows)), money_format)


def write_headcount(landing: Path, span: Span, plan: Plan) -> list[SampleFile]:
    """Write full-time equivalents charged to ticket work, by month and team."""
    folder = landing / HEADCOUNT_EXPORT
    folder.mkdir(parents=True, exist_ok=True)
    path = f"{HEADCOUNT_EXPORT}/headcount.csv"
    with (landing / path).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("month", "team", "cost_centre", "headcount"))
        for month in span.months:
            for team in TEAMS:
                writer.writerow((month.isoformat(), team.name, team.cost_centre, plan.headcount(team, month)))
    return [SampleFile(HEADCOUNT_EXPORT, path, {"headcount": len(span.months) * len(TEAMS)})]
