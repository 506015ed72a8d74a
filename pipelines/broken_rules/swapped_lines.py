"""Files of ledgers and invoices in which day and month are probably swapped: what is known and told of them.

See `swapped_months` for what gives them away, and `swapped_dates` for the same of event logs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import polars as pl
from sqlalchemy import Table

from data_contracts.spec import ExportColumn, ExportContract, ExportObject, Rule
from models.ddl import qualified_name, quote_text
from models.finance import stg_cost_lines
from models.findings import ops_swapped_lines
from models.vendors import stg_vendor_invoice_lines
from models.vocabulary import Domain
from pipelines.broken_rules.days_of_files import rival_formats, swap
from pipelines.broken_rules.evidence import Evidence, Explanation
from pipelines.broken_rules.swapped_months import LineSign, come_back_monthly, find_swapped_months
from pipelines.infer.rendering import quote
from pipelines.landing.file_patterns import matches
from pipelines.landing.load_order import ordered_loads
from pipelines.warehouse import Warehouse
from pipelines.words.numbers import count_of
from pipelines.words.periods import long_day

_MOST_FILES: Final = 3


@dataclass(frozen=True, slots=True)
class _Dated:
    """A table of money, the column that dates its lines, and those that say what a line is for."""

    table: Table
    date: str
    purpose: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.table.name.removeprefix("stg_")

    @property
    def rule(self) -> str:
        return f"{self.name}.{self.date}.day_and_month_as_usual"


_DATED: Final = {
    Domain.FINANCE: _Dated(stg_cost_lines, "posting_date", ("account", "cost_centre", "team", "service", "vendor")),
    Domain.VENDORS: _Dated(stg_vendor_invoice_lines, "invoice_date", ("vendor", "item")),
}
RULES: Final = tuple(dated.rule for dated in _DATED.values())

_DAYS: Final = """
    SELECT CAST(load_id AS VARCHAR) AS load_id, {date} AS day, count(*) AS line_count
    FROM {table}
    WHERE {date} IS NOT NULL AND load_id IN (
        SELECT load_id FROM ops.ops_loads WHERE export = {export} AND object_name = {object} AND superseded_by IS NULL
    )
    GROUP BY ALL
"""
_LINES: Final = """
    SELECT {date} AS day, coalesce(amount_original, 0) AS amount, concat_ws(chr(31), {purpose}) AS key
    FROM {table} WHERE load_id = {load} AND {date} IS NOT NULL
"""
_FOUND: Final = """
    SELECT {columns}, file_name FROM ops.ops_swapped_lines JOIN (SELECT load_id, file_name FROM ops.ops_loads)
        USING (load_id)
    WHERE domain = ? ORDER BY export, object_name, first_date, file_name
"""


def _find(evidence: Evidence, domain: Domain) -> None:
    """Replace what is known of such files of a domain."""
    if domain not in _DATED:
        return
    warehouse, dated = evidence.warehouse, _DATED[domain]
    warehouse.execute("DELETE FROM ops.ops_swapped_lines WHERE domain = ?", [domain.value])
    for contract, item, column in _dated_by_day_and_month(evidence.contracts, dated):
        found = _swapped_files(warehouse, dated, contract, item)
        if found.is_empty():
            continue
        named = found.with_columns(
            domain=pl.lit(domain.value),
            export=pl.lit(contract.id),
            object_name=pl.lit(item.name),
            column_name=pl.lit(column.name),
        )
        warehouse.append(ops_swapped_lines, named)


def _dated_by_day_and_month(
    contracts: Iterable[ExportContract], dated: _Dated
) -> Iterator[tuple[ExportContract, ExportObject, ExportColumn]]:
    """Columns that date lines in a way in which day and month can be taken for each other."""
    for contract in contracts:
        for item in contract.objects:
            for column in item.columns:
                is_asked = any(feed.target == f"{dated.name}.{dated.date}" for feed in column.feeds)
                if is_asked and rival_formats(column):
                    yield contract, item, column
                    break


def _swapped_files(warehouse: Warehouse, dated: _Dated, contract: ExportContract, item: ExportObject) -> pl.DataFrame:
    """Rows of `ops_swapped_lines` of one object, without what is the same for all."""
    names = {load.load_id: load.name for load in ordered_loads(warehouse, contract.id, item.name)}
    table = qualified_name(dated.table)
    query = _DAYS.format(table=table, date=dated.date, export=quote_text(contract.id), object=quote_text(item.name))
    found = find_swapped_months(warehouse.frame(query), names)
    right = [
        load_id
        for load_id in found["load_id"]
        if matches(names[load_id], item.dates_are_right) or come_back_monthly(_lines_of(warehouse, dated, load_id))
    ]
    return found.filter(~pl.col("load_id").is_in(right))


def _lines_of(warehouse: Warehouse, dated: _Dated, load_id: str) -> pl.DataFrame:
    """`day`, `amount` and `key` of what each line of a file is for."""
    table, purpose = qualified_name(dated.table), ", ".join(dated.purpose)
    return warehouse.frame(_LINES.format(table=table, date=dated.date, purpose=purpose, load=quote_text(load_id)))


def _tell(rule: Rule, evidence: Evidence) -> str:
    """Each file with what it says and what it probably means, and what to do about it."""
    domain = next(domain for domain, dated in _DATED.items() if dated.rule == rule.id)
    columns = list(ops_swapped_lines.columns.keys())
    rows = evidence.warehouse.rows(_FOUND.format(columns=", ".join(columns)), [domain.value])
    found = [dict(zip([*columns, "file_name"], row, strict=True)) for row in rows]
    said = [_say(file) for file in found[:_MOST_FILES]]
    if len(found) > _MOST_FILES:
        said.append(f"So it is in {count_of(len(found) - _MOST_FILES, 'more file', 'more files')}.")
    by_object: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for file in found:
        by_object.setdefault((file["export"], file["object_name"]), []).append(file)
    formats = {
        (contract.id, item.name): " or ".join(column.formats)
        for contract, item, column in _dated_by_day_and_month(evidence.contracts, _DATED[domain])
    }
    said += [
        f"Land {'them' if len(files) > 1 else 'it'} anew under the same {'names' if len(files) > 1 else 'name'}, with "
        f"dates as the contract reads them ({formats[key]}). If the dates are right, write in "
        f"{evidence.origin_of(key[0])} under customProperties of '{key[1]}': - {{property: datesAreRight, value: "
        f"[{', '.join(quote(file['file_name'], always=True) for file in files)}]}}."
        for key, files in by_object.items()
    ]
    return " ".join(said)


def _say(file: dict[str, Any]) -> str:
    first, last = swap(file["first_date"]), swap(file["last_date"])
    some = f"{file['on_day_count']:,} of" if file["on_day_count"] < file["line_count"] else "all"
    told = (
        f"In landing/{file['export']}/{file['file_name']} '{file['column_name']}' dates {some} {file['line_count']:,} "
        "lines, as they are read, to "
    )
    named = ", which agrees with its name" if file["sign"] == LineSign.FILE_NAME else ""
    if file["month_count"] == 1:
        return (
            f"{told}{long_day(file['first_date'])}; with day and month the other way round they are of "
            f"{long_day(first)}{named}."
        )
    return (
        f"{told}day {file['day_of_month']} of {count_of(file['month_count'], 'month')}, from "
        f"{long_day(file['first_date'])} to {long_day(file['last_date'])}; with day and month the other way round "
        f"they are of {long_day(first)} to {long_day(last)}{named}."
    )


EXPLANATION: Final = Explanation(lambda rule: rule.id in RULES, _tell, _find)
