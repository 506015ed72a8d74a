"""One export object into the columns that it feeds, typed, with every unusable value noted.

Nothing is guessed here: the contract names formats, zone, separators and null tokens. A value that does not follow
them becomes empty *and* a row of `ops_value_problems`; the audit decides what that means for publication.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl
from sqlalchemy import Table

from data_contracts.line_settings import ROWS
from data_contracts.spec import ExportColumn, ExportContract, ExportObject, Feed
from models.catalog import table_named
from models.ddl import polars_type
from models.ops import ops_value_problems
from pipelines.readers import values
from pipelines.staging.cases import CASE, TELLS, collapse_cases
from pipelines.staging.dimensions import NO_SPELLINGS, Spellings
from pipelines.staging.line_keys import join_key, slot
from pipelines.staging.signs import amount_text, signed
from pipelines.staging.typed_values import (
    all_of,
    applies,
    clean_value,
    instant_columns,
    instant_part,
    parse_value,
    read_column,
)

PROVENANCE: Final = ("load_id", "row_number", "row_hash")
#: A row of tickets without it tells of no ticket, whether or not its contract requires the column.
_NAMES_OF_TICKETS: Final = ("tickets.ticket_id", "ticket_events.ticket_id")
_PROBLEM_COLUMNS: Final = ("load_id", "row_number", "column_name", "canonical_column", "problem", "record_id")


@dataclass(frozen=True, slots=True)
class StagedPart:
    """What one export object contributes to one canonical table.

    Attributes:
        frame: the fed columns, `source`, and provenance; one row per raw row that is not ignored. Texts with few values
            may be categories.
        problems: rows of `ops_value_problems` without domain.
        ignored_count: blank rows, rows that the contract says to leave out (totals), cases that are no lines yet.
        table_name: the canonical table without its `stg_`.
    """

    contract: ExportContract
    item: ExportObject
    frame: pl.DataFrame
    problems: pl.DataFrame
    ignored_count: int
    table_name: str = ""


def fed_tables(item: ExportObject) -> list[str]:
    """Names of the canonical tables that an object feeds, in first-fed order."""
    named = [feed.table for column in item.columns for feed in column.feeds]
    named += [constant.partition(".")[0] for constant in item.constants]
    return list(dict.fromkeys(named))


def needed_columns(item: ExportObject) -> list[str]:
    """Raw columns that staging reads: those that feed something, steer how, mark rows to ignore, or tell totals."""
    feeds = [(column, feed) for column in item.columns for feed in column.feeds]
    names = [column.name for column, _ in feeds]
    names += [name for _, feed in feeds for name in feed.when]
    names += [feed.sign.column for _, feed in feeds if feed.sign is not None and feed.sign.column is not None]
    names += [rule.column for rule in item.ignore_rows]
    names += [*item.cases.columns, *item.cases.only_with] if item.cases is not None else []
    for total in item.control_totals:
        names += [total.told_in, *total.per, *([total.row.column] if total.row is not None else [])]
        names += [total.of] if total.of != ROWS and "." not in total.of else []
    return list(dict.fromkeys(names))


def stage_object(raw: pl.DataFrame, contract: ExportContract, item: ExportObject, table_name: str) -> StagedPart:
    """Type the columns that an object feeds into one canonical table.

    Where several rows tell of one line, all rows must be given at once; see `stage_rows`.

    Args:
        raw: rows of the raw table, with at least `needed_columns` and the four provenance columns.
        table_name: the canonical table without its `stg_`, as contracts write it.
    """
    rows = stage_rows(raw, contract, item, table_name)
    return rows if item.cases is None else close_cases(rows)


def stage_rows(
    raw: pl.DataFrame,
    contract: ExportContract,
    item: ExportObject,
    table_name: str,
    spellings: Spellings = NO_SPELLINGS,
) -> StagedPart:
    """The typed rows of an object: its lines, or, where several rows tell of one line, what `close_cases` needs.

    Args:
        spellings: what the spellings of columns mean; keys that are built of such columns are built of that.
    """
    table = table_named(f"stg_{table_name}")
    kept = leave_out_ignored(raw, item)
    texts = {column.name: clean_value(column, contract) for column in item.columns if column.name in raw.columns}
    feeds = [(column, feed) for column in item.columns for feed in column.feeds if feed.table == table_name]
    # Instants are read once, with what is doubtful about each; the slots and the checks both take from that.
    kept = kept.with_columns([read_column(column, contract) for column in instant_columns(feeds, table)])
    typed = {
        slot(column, feed): _only_when(
            signed(parse_value(column, feed, table, contract), column.name, feed.sign, contract.null_tokens),
            feed,
            texts,
        )
        for column, feed in feeds
    }
    # Canonical columns go to a frame of their own: an export may well call a raw column by a canonical name.
    frame = kept.with_columns([expression.alias(name) for name, expression in typed.items()])
    canonical = frame.select(_canonical_columns(feeds, item, table, contract, spellings))
    key = next(iter(table.primary_key.columns.keys()), "ticket_id")
    record_ids = canonical[key] if key in canonical.columns else pl.Series([None] * frame.height, dtype=pl.String)
    if key in table.columns and key != "ticket_id" and len(table.primary_key.columns) == 1:
        position = frame.select(pl.concat_str("_load_id", pl.lit(":"), pl.col("_row_number").cast(pl.String)))
        record_ids = record_ids.fill_null(position.to_series()) if record_ids.has_nulls() else record_ids
    problems = _find_problems(frame, feeds, table, contract, texts, record_ids)
    if item.cases is not None:
        tells = all_of(item.cases.only_with, texts)
        provenance = ("_load_id", "_row_number", "_row_hash")
        canonical = frame.select(*provenance, *typed, record_ids.alias(CASE), tells.alias(TELLS))
    return StagedPart(contract, item, canonical, problems, raw.height - kept.height, table_name)


def close_cases(part: StagedPart, spellings: Spellings = NO_SPELLINGS) -> StagedPart:
    """The lines of an object whose cases are told in several rows, from all rows as `stage_rows` gives them, the later
    file's last.
    """
    contract, item, table_name = part.contract, part.item, part.table_name
    table = table_named(f"stg_{table_name}")
    feeds = [(column, feed) for column in item.columns for feed in column.feeds if feed.table == table_name]
    names = {slot(column, feed): column.name for column, feed in feeds}
    fed = {slot(column, feed): feed.target for column, feed in feeds}
    takes = {slot(column, feed): feed.take for column, feed in feeds}
    cases, differing, left_out = collapse_cases(part.frame, takes)
    frame = cases.select(_canonical_columns(feeds, item, table, contract, spellings))
    found = differing.select(
        pl.col("_load_id").alias("load_id"),
        pl.col("_row_number").alias("row_number"),
        pl.col("column").replace_strict(names, return_dtype=pl.String).alias("column_name"),
        pl.col("column").replace_strict(fed, return_dtype=pl.String).alias("canonical_column"),
        pl.lit("differs_within_case").alias("problem"),
        pl.col("case").alias("record_id"),
    )
    # What is said again and again of one case, it says once.
    said = part.problems.unique(
        ["column_name", "canonical_column", "problem", "record_id"], keep="first", maintain_order=True
    )
    ignored_count = part.ignored_count + left_out
    return StagedPart(contract, item, frame, pl.concat([said, found]), ignored_count, table_name)


def leave_out_ignored(raw: pl.DataFrame, item: ExportObject) -> pl.DataFrame:
    """The rows that are staged: neither blank nor left out by the contract."""
    return raw.filter(~_is_ignored(item))


def _is_ignored(item: ExportObject) -> pl.Expr:
    fed = [column.name for column in item.columns if column.feeds]
    blank = pl.all_horizontal(pl.col(name).str.strip_chars().fill_null("").eq("") for name in fed)
    rules = [*item.ignore_rows, *(total.row for total in item.control_totals if total.row is not None)]
    ignored = [pl.col(rule.column).str.contains(rule.matches).fill_null(False) for rule in rules]
    return pl.any_horizontal(blank, *ignored)


def _signed_value(column: ExportColumn, feed: Feed, table: Table, contract: ExportContract) -> pl.Expr:
    return signed(parse_value(column, feed, table, contract), column.name, feed.sign, contract.null_tokens)


def _only_when(expression: pl.Expr, feed: Feed, texts: dict[str, pl.Expr]) -> pl.Expr:
    if not feed.when:
        return expression
    return pl.when(applies(feed, texts)).then(expression)


def _canonical_columns(
    feeds: list[tuple[ExportColumn, Feed]],
    item: ExportObject,
    table: Table,
    contract: ExportContract,
    spellings: Spellings,
) -> list[pl.Expr]:
    """Fed columns under their canonical names, constants, `source` and provenance.

    Several columns that feed one key are joined by `/`, each by what it means; of several that feed another column the
    first with a value wins; but several that are debits or credits are added up. Keys are qualified by their source, so
    that two systems may use the same numbers.
    """
    slots: dict[str, list[str]] = {}
    for column, feed in feeds:
        slots.setdefault(feed.column, []).append(slot(column, feed))
    keys = {column.name for column in table.primary_key.columns if column.name.endswith("_id")} | {"ticket_id"}
    added = {feed.column for _, feed in feeds if feed.sign is not None and feed.sign.always is not None}
    expressions: list[pl.Expr] = []
    for name, parts in slots.items():
        if name in keys:
            expressions.append(join_key(name, feeds, table, contract, spellings))
        elif len(parts) > 1 and name in added:
            expressions.append(_added(parts).alias(name))
        else:
            expressions.append(pl.coalesce(parts).alias(name))
    for target, value in item.constants.items():
        constant_table, _, name = target.partition(".")
        if f"stg_{constant_table}" == table.name:
            expressions.append(pl.lit(value).cast(polars_type(table.columns[name])).alias(name))
    expressions += [
        pl.lit(contract.source).alias("source"),
        pl.col("_load_id").alias("load_id"),
        pl.col("_row_number").alias("row_number"),
        pl.col("_row_hash").alias("row_hash"),
    ]
    if "export_shape" in table.columns:
        expressions.append(pl.lit(item.shape.value).alias("export_shape"))
    return expressions


def _added(parts: list[str]) -> pl.Expr:
    """The sum of what is there; empty where nothing is."""
    is_any = pl.any_horizontal(pl.col(part).is_not_null() for part in parts)
    return pl.when(is_any).then(pl.sum_horizontal(pl.col(part).fill_null(0) for part in parts))


def _find_problems(
    frame: pl.DataFrame,
    feeds: list[tuple[ExportColumn, Feed]],
    table: Table,
    contract: ExportContract,
    texts: dict[str, pl.Expr],
    record_ids: pl.Series,
) -> pl.DataFrame:
    """Every value that was present but unusable, missing though required, or usable only by a documented rule.

    What names a ticket is always required.
    """
    checks: dict[tuple[str, str, str], pl.Expr] = {}
    for column, feed in feeds:
        target = f"{feed.table}.{feed.column}"
        kind = polars_type(table.columns[feed.column])
        counts = applies(feed, texts)
        if not isinstance(kind, pl.String):
            told = pl.col(slot(column, feed))
            if feed.sign is not None and feed.sign.always is None:
                told = parse_value(column, feed, table, contract)
                checks[column.name, target, "unknown_sign"] = (
                    counts & told.is_not_null() & pl.col(slot(column, feed)).is_null()
                )
            unusable = values.problem(pl.col(column.name), told, contract.null_tokens)
            checks[column.name, target, "unparsable"] = counts & unusable
        if column.required or target in _NAMES_OF_TICKETS:
            checks[column.name, target, "missing"] = counts & texts[column.name].is_null()
        if isinstance(kind, pl.Datetime):
            checks[column.name, target, "ambiguous_time"] = counts & instant_part(column, "is_ambiguous")
            checks[column.name, target, "nonexistent_time"] = counts & instant_part(column, "is_nonexistent")
        if isinstance(kind, pl.Decimal):
            checks[column.name, target, "rounded"] = counts & values.loses_precision(
                amount_text(column.name, feed.sign),
                decimal_separator=contract.decimal_separator,
                thousands_separator=contract.thousands_separator,
                scale=kind.scale,
                null_tokens=contract.null_tokens,
            )
    schema = pl.Schema({name: polars_type(ops_value_problems.columns[name]) for name in _PROBLEM_COLUMNS})
    found = [schema.to_frame()]
    if checks:
        marked = frame.select(
            [check.fill_null(False).alias(str(number)) for number, check in enumerate(checks.values())]
        )
        for number, (raw_column, target, problem) in enumerate(checks):
            mask = marked[str(number)]
            if mask.any():
                found.append(
                    frame.filter(mask).select(
                        pl.col("_load_id").alias("load_id"),
                        pl.col("_row_number").alias("row_number"),
                        pl.lit(raw_column).alias("column_name"),
                        pl.lit(target).alias("canonical_column"),
                        pl.lit(problem).alias("problem"),
                        record_ids.filter(mask).cast(pl.String).alias("record_id"),
                    )
                )
    return pl.concat(found)
