"""Totals that come with an export: a total row at the end whose number the lines add up to, or a journal's total that
each of its lines repeats. With them a run notices a lost line, sign or cent.
"""

from __future__ import annotations

import json
from typing import Final

import polars as pl

from models.vocabulary import ExportShape
from pipelines.infer.findings import ColumnFinding, TableFinding, TotalFinding
from pipelines.readers.values import parse_decimal

_TOTAL: Final = r"(?i)^\s*(grand\s+|sub)?totals?\b"
_TAIL_ROWS: Final = 10
#: Columns by which lines may be grouped, and lines of one total.
_FEWEST_GROUPS: Final = 2


def find_totals(finding: TableFinding, table: str, *, decimal_separator: str, thousands_separator: str | None) -> None:
    """Note the totals to which the lines come; those that they do not come to are left to the reader of the draft."""
    if finding.grain.shape is not ExportShape.LINES:
        return
    amount = next((each for each in finding.columns if f"{table}.amount_original" in each.feeds), None)
    if amount is None or amount.settings:
        return
    numbers = {
        column.name: pl.select(
            parse_decimal(
                pl.lit(column.text), decimal_separator=decimal_separator, thousands_separator=thousands_separator
            ).cast(pl.Decimal(38, 4))
        ).to_series()
        for column in finding.columns
        if column.logical_type in ("number", "integer")
    }
    _find_total_row(finding, amount, numbers[amount.name])
    _find_repeated(finding, amount, numbers)


def _find_total_row(finding: TableFinding, amount: ColumnFinding, amounts: pl.Series) -> None:
    for column in finding.columns:
        is_total = column.text.str.contains(_TOTAL).fill_null(False)
        if not is_total.tail(_TAIL_ROWS).any() or int(is_total.sum()) != 1:
            continue
        told, found = amounts.filter(is_total)[0], amounts.filter(~is_total).sum()
        if told is not None and told == found:
            pattern = json.dumps(_TOTAL)
            setting = f"{{of: {amount.name}, row: {{column: {column.name}, matches: {pattern}}}}}"
            reason = f"The lines come to the total in the last rows ({told.normalize():,f}), which is no line itself."
            finding.totals.append(TotalFinding(setting, reason))
        return


def _find_repeated(finding: TableFinding, amount: ColumnFinding, numbers: dict[str, pl.Series]) -> None:
    """A number that the lines of each group repeat and add up to."""
    groups = [column for column in finding.columns if _may_group(column)]
    for name, told in numbers.items():
        column = next(each for each in finding.columns if each.name == name)
        if column is amount or column.feeds or told.null_count() > 0:
            continue
        for group in groups:
            frame = pl.DataFrame({"group": group.text, "told": told, "amount": numbers[amount.name]}).drop_nulls(
                "group"
            )
            sums = frame.group_by("group").agg(
                pl.col("told").n_unique().alias("told_count"),
                pl.col("told").first(),
                pl.col("amount").sum(),
                pl.len().alias("count"),
            )
            agreeing = sums.filter((pl.col("told_count") == 1) & (pl.col("told") == pl.col("amount")))
            if (
                sums.height < _FEWEST_GROUPS
                or agreeing.height < 0.9 * sums.height
                or int(agreeing["count"].max() or 0) < 2
            ):  # type: ignore[call-overload]
                continue
            setting = f"{{of: {amount.name}, toldIn: {name}, per: {group.name}}}"
            reason = (
                f"{column.header} is what the lines of one {group.header} come to, for {agreeing.height:,} of "
                f"{sums.height:,}."
            )
            finding.totals.append(TotalFinding(setting, reason))
            return


def _may_group(column: ColumnFinding) -> bool:
    return (
        column.logical_type in ("string", "integer")
        and _FEWEST_GROUPS <= column.distinct_count < column.present_count
        and column.distinct_count > column.row_count // 1000
    )
