"""Control totals: what the lines of each file come to, and whether that is what the export itself says.

An export may bring a total with it: a journal's total repeated on its lines, a total row at the bottom, a trailer with
the number of lines. A sign that was lost, a cent that was changed and a line that was dropped then show as a
difference, and set the lines aside that the total is about, as nobody knows which of them is wrong. Without such a
total there are still lines, amounts and credits of each file, for a person to compare with the source's own screen.

Amounts are compared to the fourth decimal, as the warehouse keeps them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import polars as pl
from sqlalchemy import Numeric

from data_contracts.feeds import canonical_tables
from data_contracts.line_settings import ROWS
from data_contracts.spec import ControlTotal, ExportContract, ExportObject
from models.ddl import polars_schema
from models.findings import ops_control_totals
from pipelines.readers import values
from pipelines.staging.mapping import StagedPart, leave_out_ignored
from pipelines.staging.tickets import no_problems

_SUM: Final = pl.Decimal(38, 4)
_AMOUNT: Final = "amount_original"


def gather_rows(
    raw: pl.DataFrame, contract: ExportContract, item: ExportObject, total: ControlTotal, part: StagedPart
) -> pl.DataFrame:
    """What `compare_total` needs of some raw rows: `load_id`, `row_number`, `group`, `amount`, `is_unreadable`, `told`,
    `is_told_unreadable`, `is_line` and `record_id`.

    Args:
        part: what the rows became in the table that `table_of` names.
    """
    lines = leave_out_ignored(raw, item).with_columns(pl.lit(True).alias("is_line"))
    rows = [lines]
    if total.row is not None:
        telling = raw.filter(pl.col(total.row.column).str.contains(total.row.matches).fill_null(False))
        rows.append(telling.with_columns(pl.lit(False).alias("is_line")))
    told_text = pl.col(total.told_in)
    if total.pattern is not None:
        told_text = told_text.str.extract(total.pattern, 1)
    told, nulls = _read(told_text, contract), contract.null_tokens
    is_telling = pl.lit(True) if total.row is None else ~pl.col("is_line")
    group = [values.clean_text(pl.col(name), null_tokens=nulls).fill_null("") for name in total.per]
    gathered = pl.concat(rows).select(
        pl.col("_load_id").alias("load_id"),
        pl.col("_row_number").alias("row_number"),
        (pl.concat_str(group, separator=" / ") if group else pl.lit("")).alias("group"),
        *_amounts(total, contract),
        pl.when(is_telling).then(told).alias("told"),
        (is_telling & values.problem(told_text, told, nulls)).alias("is_told_unreadable"),
        "is_line",
    )
    key = next(iter(canonical_tables()[table_of(item, total)].primary_key.columns.keys()))
    staged = part.frame.select(
        "load_id",
        "row_number",
        (pl.col(key) if key in part.frame.columns else pl.lit(None, pl.String)).cast(pl.String).alias("record_id"),
        *([pl.col(total.of.partition(".")[2]).cast(_SUM).alias("amount")] if "." in total.of else []),
    )
    joined = gathered.join(staged, on=["load_id", "row_number"], how="left", maintain_order="left")
    position = pl.concat_str("load_id", pl.lit(":"), pl.col("row_number").cast(pl.String))
    joined = joined.with_columns(pl.coalesce("record_id", position).alias("record_id"))
    if "." in total.of:
        joined = joined.with_columns(is_unreadable=pl.col("is_line") & pl.col("amount").is_null())
    columns = ("load_id", "row_number", "group", "amount", "is_unreadable", "told", "is_told_unreadable", "is_line")
    return joined.select(*columns, "record_id")


def table_of(item: ExportObject, total: ControlTotal) -> str:
    """The canonical table whose lines a total is about, without its `stg_`."""
    if "." in total.of:
        return total.of.partition(".")[0]
    tables = canonical_tables()
    for column in item.columns:
        for feed in column.feeds:
            if column.name == total.of and isinstance(tables[feed.table].columns[feed.column].type, Numeric):
                return feed.table
    return next(feed.table for column in item.columns for feed in column.feeds)


def compare_total(
    gathered: Sequence[pl.DataFrame], item: ExportObject, total: ControlTotal
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The lines of a total, compared: rows of `ops_control_totals` without domain and file, and value problems."""
    rows = pl.concat(gathered)
    is_line = pl.col("is_line")
    groups = (
        rows.group_by("load_id", "group", maintain_order=True)
        .agg(
            is_line.sum().cast(pl.Int64).alias("line_count"),
            pl.col("amount").filter(is_line).sum().cast(_SUM).alias("found_original"),
            pl.col("is_unreadable").any(),
            pl.col("told").drop_nulls().n_unique().alias("told_count"),
            pl.col("told").drop_nulls().first().cast(_SUM).alias("told_original"),
            pl.col("is_told_unreadable").any(),
        )
        .with_columns(tells_none=_tells_none(total))
        .with_columns(_reason().alias("reason"))
    )
    groups = groups.with_columns(
        pl.when(pl.col("told_count") == 1).then("told_original").alias("told_original"),
        pl.when(~(pl.col("is_unreadable") | pl.col("tells_none")))
        .then(pl.col("reason").is_null())
        .alias("is_reconciled"),
    ).with_columns((pl.col("found_original") - pl.col("told_original")).alias("difference_original"))
    off = groups.filter(pl.col("is_reconciled").not_().fill_null(False))
    return _records(item, total, groups, off), _problems(rows, item, total, off)


def total_up(parts: Iterable[StagedPart]) -> pl.DataFrame:
    """Lines, amounts and credits of each file and currency: rows of `ops_control_totals` without domain and file."""
    found = [_no_totals()]
    for part in parts:
        if _AMOUNT not in part.frame.columns:
            continue
        currency = pl.col("currency_code") if "currency_code" in part.frame.columns else pl.lit(None, pl.String)
        amount = pl.col(_AMOUNT).cast(_SUM)
        sums = (
            part.frame.lazy()
            .select("load_id", amount.alias("amount"), currency.fill_null("").alias("group_key"))
            .group_by("load_id", "group_key", maintain_order=True)
            .agg(
                pl.len().cast(pl.Int64).alias("line_count"),
                pl.col("amount").sum().alias("amount"),
                pl.col("amount").filter(pl.col("amount") < 0).sum().alias("credits"),
            )
            .collect()
        )
        label = pl.lit(part.item.name).alias("object_name")
        found += [
            _conform(sums.with_columns(label, pl.lit(f"{sum_} of the file").alias("control"), found_original=sum_))
            for sum_ in ("amount", "credits")
        ]
    return pl.concat(found)


def _amounts(total: ControlTotal, contract: ExportContract) -> list[pl.Expr]:
    """`amount` and `is_unreadable` of each row; those of a canonical column come from what was staged."""
    if total.of == ROWS:
        return [pl.lit(1).cast(_SUM).alias("amount"), pl.lit(False).alias("is_unreadable")]
    if "." in total.of:
        return [pl.lit(False).alias("is_unreadable")]
    amount = _read(pl.col(total.of), contract)
    unreadable = values.problem(pl.col(total.of), amount, contract.null_tokens)
    return [amount.alias("amount"), (pl.col("is_line") & unreadable).alias("is_unreadable")]


def _read(text: pl.Expr, contract: ExportContract) -> pl.Expr:
    return values.parse_decimal(
        text,
        decimal_separator=contract.decimal_separator,
        thousands_separator=contract.thousands_separator,
        null_tokens=contract.null_tokens,
    ).cast(_SUM)


def _tells_none(total: ControlTotal) -> pl.Expr:
    """Whether a file has no totals on its lines at all, as where it is exported without them.

    A row of its own that is missing tells that the file was cut off.
    """
    if total.row is not None:
        return pl.lit(False)
    tells = (pl.col("told_count") > 0) | pl.col("is_told_unreadable")
    return ~tells.any().over("load_id")


def _reason() -> pl.Expr:
    """What is wrong with a group, in words; empty where its lines come to its total."""
    return (
        pl.when("is_unreadable")
        .then(pl.lit("an amount cannot be read, so that there is nothing to compare"))
        .when("tells_none")
        .then(pl.lit("no line of this file tells a total"))
        .when("is_told_unreadable")
        .then(pl.lit("the total cannot be read"))
        .when(pl.col("told_count") == 0)
        .then(pl.lit("no total is told"))
        .when(pl.col("told_count") > 1)
        .then(pl.lit("several totals are told"))
        .when(pl.col("found_original") != pl.col("told_original"))
        .then(pl.lit("the lines do not come to the total"))
    )


def _records(item: ExportObject, total: ControlTotal, groups: pl.DataFrame, off: pl.DataFrame) -> pl.DataFrame:
    """A row per file that says how many groups there are and how many are off, and a row for each that is."""
    label = {"object_name": pl.lit(item.name), "control": pl.lit(total.name)}
    if not total.per:
        return _conform(groups.with_columns(group_key=pl.lit(""), **label))
    whole = groups.group_by("load_id", maintain_order=True).agg(
        pl.col("line_count").sum(),
        pl.len().cast(pl.Int64).alias("group_count"),
        (~pl.col("is_reconciled")).sum().cast(pl.Int64).alias("differing_count"),
        pl.when(pl.col("is_reconciled").count() > 0).then(pl.col("is_reconciled").all()).alias("is_reconciled"),
        pl.col("reason").filter("tells_none").first(),
        pl.col("found_original").sum(),
        pl.col("told_original").sum(),
    )
    whole = whole.with_columns((pl.col("found_original") - pl.col("told_original")).alias("difference_original"))
    return pl.concat(
        [
            _conform(whole.with_columns(group_key=pl.lit(""), **label)),
            _conform(off.with_columns(pl.col("group").alias("group_key"), **label)),
        ]
    )


def _problems(rows: pl.DataFrame, item: ExportObject, total: ControlTotal, off: pl.DataFrame) -> pl.DataFrame:
    """The lines of each group that is off, or the row that tells a total of no lines."""
    wrong = rows.join(off.select("load_id", "group", "line_count"), on=["load_id", "group"], nulls_equal=True)
    wrong = wrong.filter(pl.col("is_line") | (pl.col("line_count") == 0))
    table = table_of(item, total)
    column = total.of.partition(".")[2] or _AMOUNT
    found = wrong.select(
        "load_id",
        "row_number",
        pl.lit(total.told_in).alias("column_name"),
        pl.lit(f"{table}.{column}").alias("canonical_column"),
        pl.lit("control_total").alias("problem"),
        pl.when("is_line").then("record_id").alias("record_id"),
    )
    return pl.concat([no_problems(), found])


def _no_totals() -> pl.DataFrame:
    schema = polars_schema(ops_control_totals)
    known_by_load = ("domain", "export", "file_name")
    return pl.Schema({name: schema[name] for name in schema if name not in known_by_load}).to_frame()


def _conform(frame: pl.DataFrame) -> pl.DataFrame:
    schema = _no_totals().schema
    present = {name: pl.col(name) if name in frame.columns else pl.lit(None) for name in schema}
    return frame.select(value.cast(schema[name]).alias(name) for name, value in present.items())
