"""One export object into the columns that it feeds, typed, with every unusable value noted.

Nothing is guessed here: the contract names formats, zone, separators and null tokens. A value that does not follow
them becomes empty *and* a row of `ops_value_problems`; the audit decides what that means for publication.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl
from sqlalchemy import Table

from data_contracts.spec import ExportColumn, ExportContract, ExportObject, Feed
from models.catalog import table_named
from models.ddl import polars_type
from models.ops import ops_value_problems
from pipelines.readers import values

#: Formats that need no contract: the unambiguous ones of ISO 8601.
ISO_INSTANTS: Final = (
    "%Y-%m-%dT%H:%M:%S%.f%z",
    "%Y-%m-%d %H:%M:%S%.f%z",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M%z",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
)
ISO_DATES: Final = ("%Y-%m-%d",)

PROVENANCE: Final = ("load_id", "row_number", "row_hash")
_PROBLEM_COLUMNS: Final = ("load_id", "row_number", "column_name", "canonical_column", "problem", "record_id")


@dataclass(frozen=True, slots=True)
class StagedPart:
    """What one export object contributes to one canonical table.

    Attributes:
        frame: the fed columns, `source`, and provenance; one row per raw row that is not ignored.
        problems: rows of `ops_value_problems` without domain.
        ignored_count: blank rows and rows that the contract says to leave out (totals).
    """

    contract: ExportContract
    item: ExportObject
    frame: pl.DataFrame
    problems: pl.DataFrame
    ignored_count: int


def fed_tables(item: ExportObject) -> list[str]:
    """Names of the canonical tables that an object feeds, in first-fed order."""
    named = [feed.table for column in item.columns for feed in column.feeds]
    named += [constant.partition(".")[0] for constant in item.constants]
    return list(dict.fromkeys(named))


def needed_columns(item: ExportObject) -> list[str]:
    """Raw columns that staging reads: those that feed something, steer a `when`, or mark rows to ignore."""
    fed = [column.name for column in item.columns if column.feeds]
    steering = [name for column in item.columns for feed in column.feeds for name in feed.when]
    return list(dict.fromkeys([*fed, *steering, *(rule.column for rule in item.ignore_rows)]))


def stage_object(raw: pl.DataFrame, contract: ExportContract, item: ExportObject, table_name: str) -> StagedPart:
    """Type the columns that an object feeds into one canonical table.

    Args:
        raw: rows of the raw table, with at least `needed_columns` and the four provenance columns.
        table_name: the canonical table without its `stg_`, as contracts write it.
    """
    table = table_named(f"stg_{table_name}")
    kept = leave_out_ignored(raw, item)
    texts = {column.name: _clean(column, contract) for column in item.columns if column.name in raw.columns}
    feeds = [(column, feed) for column in item.columns for feed in column.feeds if feed.table == table_name]
    # Instants are read once, with what is doubtful about each; the slots and the checks both take from that.
    kept = kept.with_columns([_reading(column, contract) for column in _instants(feeds, table)])
    typed = {
        _slot(column, feed): _only_when(_parse(column, feed, table, contract), feed, texts) for column, feed in feeds
    }
    # Canonical columns go to a frame of their own: an export may well call a raw column by a canonical name.
    frame = kept.with_columns([expression.alias(slot) for slot, expression in typed.items()])
    canonical = frame.select(_canonical_columns(feeds, item, table, contract))
    key = next(iter(table.primary_key.columns.keys()), "ticket_id")
    record_ids = canonical[key] if key in canonical.columns else pl.Series([None] * frame.height, dtype=pl.String)
    problems = _find_problems(frame, feeds, table, contract, texts, record_ids)
    return StagedPart(contract, item, canonical, problems, raw.height - kept.height)


def read_instants(raw: pl.DataFrame, contract: ExportContract, column: ExportColumn) -> pl.Series:
    """The instants of one raw column, as the contract says; empty where a value does not follow it."""
    return raw.select(_reading(column, contract)).to_series().struct.field("instant")


def clean_key(contract: ExportContract, columns: Sequence[ExportColumn]) -> pl.Expr:
    """The text that names a record: the values of all columns that feed its key; empty where one of them is."""
    return pl.concat_str([_clean(column, contract) for column in columns], separator="/", ignore_nulls=False)


def leave_out_ignored(raw: pl.DataFrame, item: ExportObject) -> pl.DataFrame:
    """The rows that are staged: neither blank nor left out by the contract."""
    return raw.filter(~_is_ignored(item))


def _slot(column: ExportColumn, feed: Feed) -> str:
    return f"{column.name} -> {feed.table}.{feed.column} {sorted(feed.when.items())}"


def _clean(column: ExportColumn, contract: ExportContract) -> pl.Expr:
    return values.clean_text(pl.col(column.name), null_tokens=contract.null_tokens)


def _is_ignored(item: ExportObject) -> pl.Expr:
    fed = [column.name for column in item.columns if column.feeds]
    blank = pl.all_horizontal(pl.col(name).str.strip_chars().fill_null("").eq("") for name in fed)
    ignored = [pl.col(rule.column).str.contains(rule.matches).fill_null(False) for rule in item.ignore_rows]
    return pl.any_horizontal(blank, *ignored)


def _only_when(expression: pl.Expr, feed: Feed, texts: dict[str, pl.Expr]) -> pl.Expr:
    if not feed.when:
        return expression
    return pl.when(_applies(feed, texts)).then(expression)


def _applies(feed: Feed, texts: dict[str, pl.Expr]) -> pl.Expr:
    conditions = [texts[name].is_in(list(accepted)) for name, accepted in feed.when.items()]
    return pl.all_horizontal(conditions).fill_null(False) if conditions else pl.lit(True)


def _instants(feeds: list[tuple[ExportColumn, Feed]], table: Table) -> list[ExportColumn]:
    """The raw columns whose values are read as instants, each once."""
    read = {
        column.name: column
        for column, feed in feeds
        if isinstance(polars_type(table.columns[feed.column]), pl.Datetime) or _is_day_of_instant(column, feed, table)
    }
    return list(read.values())


def _is_day_of_instant(column: ExportColumn, feed: Feed, table: Table) -> bool:
    return column.logical_type == "timestamp" and isinstance(polars_type(table.columns[feed.column]), pl.Date)


def _reading_name(column: ExportColumn) -> str:
    return f"{column.name} as instant"


def _reading(column: ExportColumn, contract: ExportContract) -> pl.Expr:
    return values.read_instant(
        pl.col(column.name),
        column.formats or ISO_INSTANTS,
        _zone(column, contract),
        null_tokens=contract.null_tokens,
    ).alias(_reading_name(column))


def _instant_part(column: ExportColumn, part: str) -> pl.Expr:
    return pl.col(_reading_name(column)).struct.field(part)


def _parse(column: ExportColumn, feed: Feed, table: Table, contract: ExportContract) -> pl.Expr:
    """The typed value of a raw column for the canonical column that it feeds."""
    kind = polars_type(table.columns[feed.column])
    text = pl.col(column.name)
    nulls = contract.null_tokens
    if isinstance(kind, pl.Datetime):
        return _instant_part(column, "instant")
    if isinstance(kind, pl.Date):
        if _is_day_of_instant(column, feed, table):
            return _instant_part(column, "instant").dt.convert_time_zone(_zone(column, contract)).dt.date()
        return values.parse_date(text, column.formats or ISO_DATES, null_tokens=nulls)
    if isinstance(kind, pl.Decimal):
        return values.parse_decimal(
            text,
            decimal_separator=contract.decimal_separator,
            thousands_separator=contract.thousands_separator,
            scale=kind.scale,
            null_tokens=nulls,
        )
    if isinstance(kind, pl.Int64):
        return values.parse_integer(text, thousands_separator=contract.thousands_separator, null_tokens=nulls)
    if isinstance(kind, pl.Boolean):
        return values.parse_boolean(
            text,
            true_tokens=column.true_tokens or values.TRUE_TOKENS,
            false_tokens=column.false_tokens or values.FALSE_TOKENS,
            null_tokens=nulls,
        )
    return _clean(column, contract)


def _zone(column: ExportColumn, contract: ExportContract) -> str:
    return column.time_zone or contract.time_zone or "UTC"


def _canonical_columns(
    feeds: list[tuple[ExportColumn, Feed]], item: ExportObject, table: Table, contract: ExportContract
) -> list[pl.Expr]:
    """Fed columns under their canonical names, constants, `source` and provenance.

    Several columns that feed one key are joined by `/`; of several that feed another column the first with a value
    wins. Keys are qualified by their source, so that two systems may use the same numbers.
    """
    slots: dict[str, list[str]] = {}
    for column, feed in feeds:
        slots.setdefault(feed.column, []).append(_slot(column, feed))
    keys = {column.name for column in table.primary_key.columns if column.name.endswith("_id")} | {"ticket_id"}
    expressions: list[pl.Expr] = []
    for name, parts in slots.items():
        if name in keys:
            qualified = pl.concat_str([pl.lit(f"{contract.source}:"), *_joined(parts)], ignore_nulls=False)
            expressions.append(qualified.alias(name))
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


def _joined(parts: list[str]) -> Iterable[pl.Expr]:
    for position, part in enumerate(parts):
        if position:
            yield pl.lit("/")
        yield pl.col(part)


def _find_problems(
    frame: pl.DataFrame,
    feeds: list[tuple[ExportColumn, Feed]],
    table: Table,
    contract: ExportContract,
    texts: dict[str, pl.Expr],
    record_ids: pl.Series,
) -> pl.DataFrame:
    """Every value that was present but unusable, missing though required, or usable only by a documented rule."""
    checks: dict[tuple[str, str, str], pl.Expr] = {}
    for column, feed in feeds:
        target = f"{feed.table}.{feed.column}"
        kind = polars_type(table.columns[feed.column])
        applies = _applies(feed, texts)
        if not isinstance(kind, pl.String):
            unusable = values.problem(pl.col(column.name), pl.col(_slot(column, feed)), contract.null_tokens)
            checks[column.name, target, "unparsable"] = applies & unusable
        if column.required:
            checks[column.name, target, "missing"] = applies & texts[column.name].is_null()
        if isinstance(kind, pl.Datetime):
            checks[column.name, target, "ambiguous_time"] = applies & _instant_part(column, "is_ambiguous")
            checks[column.name, target, "nonexistent_time"] = applies & _instant_part(column, "is_nonexistent")
        if isinstance(kind, pl.Decimal):
            checks[column.name, target, "rounded"] = applies & values.loses_precision(
                pl.col(column.name),
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
