"""Totals that stand between lines of money and would count as cost: found as lines are staged, and named in the audit.

How a total is known is in `metrics.costs.total_lines`; what follows of it, in the rules of `data_contracts/warehouse`.
Totals that a contract names are no lines in the first place (`pipelines.staging`).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

import polars as pl
from sqlalchemy import Table

from data_contracts.spec import ExportContract, Rule
from metrics.costs.total_lines import find_totals, find_words
from models.ddl import qualified_name, quote_text
from models.finance import stg_cost_lines
from models.findings import ops_total_lines
from models.planning import stg_budget_lines
from models.vendors import stg_vendor_invoice_lines
from models.vocabulary import Domain
from pipelines.broken_rules.evidence import Evidence, Explanation
from pipelines.infer.rendering import quote
from pipelines.warehouse import Warehouse
from pipelines.words.numbers import count_of

RULE: Final = "place.is_no_total"
_MOST_TOLD: Final = 2
#: What a text has to contain, and how long it may be, for its file to be looked at.
_HINT: Final = "(?i)tota|summe|gesamt|ergebnis"
_LONGEST: Final = 60


@dataclass(frozen=True, slots=True)
class _Money:
    """A table of money, and its columns as `find_totals` takes them."""

    table: Table
    key: str
    document: str
    places: tuple[str, ...]
    texts: tuple[str, ...]

    @property
    def said(self) -> tuple[str, ...]:
        """All columns that can say that their line is a total."""
        return (self.key, self.document, *self.places, *self.texts)


_MONEY: Final = {
    Domain.FINANCE: _Money(
        stg_cost_lines, "cost_line_id", "document_id", ("account", "cost_centre"),
        ("vendor", "description", "team", "service", "initiative"),
    ),
    Domain.VENDORS: _Money(
        stg_vendor_invoice_lines, "vendor_invoice_line_id", "invoice_id", ("purchase_order_id",), ("vendor", "item")
    ),
}  # fmt: skip

#: Columns of plans that can say that their figure is a total of others.
_PLACES_OF_PLANS: Final = ("cost_centre", "account")

#: Files of which some text hints at a total, or whose first or last line is as much as all others.
_DOUBTFUL: Final = """
    SELECT load_id FROM {table}
    GROUP BY load_id, currency_code
    HAVING count(*) > 1 AND sum(amount_original) <> 0 AND (
        2 * arg_max(amount_original, row_number) = sum(amount_original)
        OR 2 * arg_min(amount_original, row_number) = sum(amount_original)
    )
    UNION
    SELECT load_id FROM {table} WHERE {hints}
"""


def _find(evidence: Evidence, domain: Domain) -> None:
    """Replace what is known of totals between a domain's lines."""
    if domain not in _MONEY:
        return
    warehouse, money = evidence.warehouse, _MONEY[domain]
    warehouse.execute("DELETE FROM ops.ops_total_lines WHERE domain = ?", [domain.value])
    allowed = {(each.id, item.name) for each in evidence.contracts for item in each.objects if item.has_no_totals}
    if domain is Domain.FINANCE:
        _find_in_plans(evidence.warehouse, allowed)
    table = qualified_name(money.table)
    hints = " OR ".join(
        f"(length({name}) <= {_LONGEST} AND regexp_matches({name}, {quote_text(_HINT)}))" for name in money.said
    )
    doubtful = [str(load) for (load,) in warehouse.rows(_DOUBTFUL.format(table=table, hints=hints))]
    loads = warehouse.rows("SELECT load_id, export, object_name FROM ops.ops_loads")
    asked = {str(load) for load, export, name in loads if (export, name) not in allowed}.intersection(doubtful)
    if not asked:
        return
    needed = ("load_id", "row_number", "source", "currency_code", "amount_original", *money.said)
    columns = ", ".join(f"CAST({name} AS VARCHAR) AS {name}" if name == "load_id" else name for name in needed)
    listed = ", ".join(quote_text(load) for load in sorted(asked))
    lines = warehouse.frame(f"SELECT {columns} FROM {table} WHERE load_id IN ({listed})")
    lines = lines.with_columns(pl.col(*money.said, "source", "currency_code").cast(pl.String))
    found = find_totals(lines, key=money.key, document=money.document, places=money.places, texts=money.texts)
    keys = lines.select("load_id", "row_number", pl.col(money.key).alias("record_id"))
    told = found.rename({"column": "column_name"}).join(keys, on=["load_id", "row_number"])
    warehouse.append(
        ops_total_lines,
        told.with_columns(domain=pl.lit(domain.value), table_name=pl.lit(money.table.name)),
    )


def _find_in_plans(warehouse: Warehouse, allowed: Collection[tuple[str, str]]) -> None:
    """Add the figures of plans that are totals by their own words.

    Args:
        allowed: export and object whose contract says that it has no totals.
    """
    query = f"""
        SELECT CAST(load_id AS VARCHAR) AS load_id, row_number, budget_line_id AS record_id, export, object_name,
            {", ".join(f"CAST({name} AS VARCHAR) AS {name}" for name in _PLACES_OF_PLANS)}
        FROM {qualified_name(stg_budget_lines)} JOIN ops.ops_loads USING (load_id)
    """
    lines = warehouse.frame(query)
    for export, name in allowed:
        lines = lines.filter((pl.col("export") != export) | (pl.col("object_name") != name))
    found = find_words(lines, places=_PLACES_OF_PLANS).rename({"column": "column_name"})
    told = found.join(lines.select("load_id", "row_number", "record_id"), on=["load_id", "row_number"])
    named = {"domain": pl.lit(Domain.FINANCE.value), "table_name": pl.lit(stg_budget_lines.name)}
    warehouse.append(ops_total_lines, told.with_columns(**named))


def _tell(rule: Rule, evidence: Evidence) -> str:
    """Where totals stand, and the line to write."""
    contracts = {contract.id: contract for contract in evidence.contracts}
    table_name = rule.table_name.rpartition(".")[2]
    query = """
        SELECT export, object_name, file_name, found.row_number, column_name, text, other_count
        FROM ops.ops_total_lines AS found JOIN ops.ops_loads USING (load_id)
        WHERE table_name = ? ORDER BY load_id, found.row_number
    """
    rows = evidence.warehouse.rows(query, [table_name])
    told = [_say_line(*row, contracts=contracts) for row in rows[:_MOST_TOLD]]
    if not told:
        return ""
    return f"For example {'; '.join(told)}. {_remedy(rows[0], contracts)}"


def _say_line(
    export: str, object_name: str, file: str, row: int, column: str | None, text: str | None, others: int | None,
    *, contracts: dict[str, ExportContract],
) -> str:  # fmt: skip
    place = f"row {row:,} of landing/{export}/{file}"
    if column is None:
        return f"{place} comes to the sum of the other {count_of(int(others or 0), 'line', 'lines')} of its file"
    header = _header(contracts.get(export), object_name, column) or column
    sums = f" and comes to the sum of the other {int(others):,} lines of its file" if others is not None else ""
    return f"{place} says '{(text or '').strip()}' in '{header}'{sums}"


def _remedy(row: tuple[Any, ...], contracts: dict[str, ExportContract]) -> str:
    export, object_name, _, _, column, text, _ = row
    contract = contracts.get(export)
    origin = contract.origin if contract else export
    kept = (
        f"If such rows are lines all the same, write there under customProperties of '{object_name}': "
        "- {property: hasNoTotals, value: true}."
    )
    name = _name(contract, object_name, str(column)) if column is not None else None
    if name is None:
        return f"If it is a total, name such rows in ignoreRows of {origin}, by a text that only they have. {kept}"
    pattern = quote(f"(?i)^\\s*{re.escape(str(text).strip()).lower()}\\s*$", always=True)
    return (
        f"If it is a total, write in {origin} under customProperties of '{object_name}': - {{property: ignoreRows, "
        f"value: [{{column: {name}, matches: {pattern}}}]}}; or compare the lines with it (controlTotals). {kept}"
    )


def _name(contract: ExportContract | None, object_name: str, column: str) -> str | None:
    """The export's column that feeds a canonical one, as its contract calls it."""
    return next((found for found, _ in _feeding(contract, object_name, column)), None)


def _header(contract: ExportContract | None, object_name: str, column: str) -> str | None:
    return next((header for _, header in _feeding(contract, object_name, column)), None)


def _feeding(contract: ExportContract | None, object_name: str, column: str) -> list[tuple[str, str]]:
    if contract is None:
        return []
    return [
        (each.name, each.physical_name)
        for item in contract.objects
        if item.name == object_name
        for each in item.columns
        if column in {feed.column for feed in each.feeds}
    ]


EXPLANATION: Final = Explanation(lambda rule: rule.id.endswith(f".{RULE}"), _tell, _find)
