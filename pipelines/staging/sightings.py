"""Repeated snapshots in the raw tables: which exports there are, and which rows differ from the export before.

A year of daily exports says nearly everything a hundred times. So rows are told apart by a hash of their text first,
and only those that tell something new are read in full. Typing and comparing them is the business of
`pipelines.staging.snapshots`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import polars as pl

from data_contracts.spec import ExportColumn, ExportContract, ExportObject, Snapshots
from metrics.tickets.snapshot_rows import keep_changed_rows
from models.ddl import quote_identifier
from models.vocabulary import ExportShape, SnapshotContent, SnapshotInstant
from pipelines.landing.raw_rows import placed_rows
from pipelines.staging.mapping import needed_columns
from pipelines.staging.snapshot_instants import instant_columns, instants_of_names, instants_of_rows
from pipelines.staging.typed_values import clean_key
from pipelines.warehouse import Warehouse

_INSTANT: Final = pl.Datetime("us", "UTC")
#: A row tells nothing later than its own landing, but for clocks that go wrong and zones that were mistaken.
_LANDING_TOLERANCE: Final = timedelta(days=1)
#: A row's place among the exports.
PLACE: Final = {"load": pl.UInt32(), "loaded_at": _INSTANT, "snapshot_at": _INSTANT, "seen_until": _INSTANT}


@dataclass(frozen=True, slots=True)
class SnapshotObject:
    """One export object of repeated snapshots.

    Attributes:
        loads: its loads: `load` (their order), `load_id`, `loaded_at`, and `told_at`, the instant that the file tells.
    """

    contract: ExportContract
    item: ExportObject
    settings: Snapshots
    loads: pl.DataFrame

    @property
    def export(self) -> str:
        """`<contract>/<object>`, with which the ids of its loads begin."""
        return f"{self.contract.id}/{self.item.name}"

    @property
    def keys(self) -> list[ExportColumn]:
        """The columns that name a ticket."""
        by_target = {
            target: [column for column in self.item.columns if target in {feed.target for feed in column.feeds}]
            for target in ("tickets.ticket_id", "ticket_events.ticket_id")
        }
        return next(columns for columns in by_target.values() if columns)

    def column_feeding(self, *targets: str) -> str:
        """The raw column that feeds the first of these canonical columns that any does; else the ticket's."""
        for target in targets:
            for column in self.item.columns:
                if target in {feed.target for feed in column.feeds}:
                    return column.name
        return self.keys[0].name


@dataclass(frozen=True, slots=True)
class Sightings:
    """What the exports of some objects hold.

    Attributes:
        kept: the rows that are to be read in full: `object` (position), `row` (where it lies in its raw table), and the
            columns of `PLACE`. Rows without a ticket or a possible instant are all kept, to be told as problems.
        exports: every export, as `metrics.tickets.repeated_snapshots.compare_snapshots` takes it.
    """

    objects: tuple[SnapshotObject, ...]
    kept: pl.DataFrame
    exports: pl.DataFrame


def is_repeated(item: ExportObject) -> bool:
    """Whether the rows of an object are repeated snapshots."""
    return item.shape is ExportShape.REPEATED_SNAPSHOTS


def find_sightings(warehouse: Warehouse, contracts: Iterable[ExportContract]) -> Sightings | None:
    """Look through the repeated snapshots of some contracts; None if no contract has any."""
    objects = _find_objects(warehouse, contracts)
    if not objects:
        return None
    seen = pl.concat([_read(warehouse, each, position) for position, each in enumerate(objects)])
    is_placed = seen.select(
        pl.all_horizontal(pl.col("ticket_id", "snapshot_at").is_not_null()) & ~is_in_future()
    ).to_series()
    placed, others = seen.filter(is_placed), seen.filter(~is_placed)
    kept = pl.concat([keep_changed_rows(placed), others.with_columns(seen_until="snapshot_at")], how="diagonal")
    return Sightings(objects, kept.select("object", "row", *PLACE), _exports(objects, placed))


def days_of_files(warehouse: Warehouse, contract: ExportContract, object_name: str, time_zone: str) -> dict[date, int]:
    """Day in a time zone -> files of an object whose names or times tell of which instant they are."""
    found: Counter[date] = Counter()
    for each in _find_objects(warehouse, [contract]):
        if each.item.name == object_name:
            instants = each.loads["told_at"].drop_nulls()
            found.update(instants.dt.convert_time_zone(time_zone).dt.date().to_list())
    return dict(found)


def is_in_future() -> pl.Expr:
    """Whether a row says that it was exported after its own file landed."""
    return (pl.col("snapshot_at") > pl.col("loaded_at") + _LANDING_TOLERANCE).fill_null(False)


def _find_objects(warehouse: Warehouse, contracts: Iterable[ExportContract]) -> tuple[SnapshotObject, ...]:
    query = """
        SELECT load_id, export || '/' || object_name AS export, file_name, modified_at, loaded_at
        FROM ops.ops_loads WHERE superseded_by IS NULL ORDER BY export, object_name, file_name, loaded_at, load_id
    """
    loads = warehouse.frame(query).with_row_index("load")
    loads = loads.with_columns(pl.col("modified_at", "loaded_at").cast(_INSTANT))
    objects = []
    for contract in contracts:
        for item in filter(is_repeated, contract.objects):
            settings = item.snapshots or Snapshots()
            own = loads.filter(pl.col("export") == f"{contract.id}/{item.name}")
            told: Sequence[object] = [None] * own.height
            if settings.instant is SnapshotInstant.FILE_NAME:
                told = instants_of_names(settings, own["file_name"].to_list())
            elif settings.instant is SnapshotInstant.FILE_TIME:
                told = own["modified_at"].to_list()
            told_at = pl.Series("told_at", told, dtype=_INSTANT)
            dated = own.select("load", "load_id", "loaded_at").with_columns(told_at)
            objects.append(SnapshotObject(contract, item, settings, dated))
    return tuple(objects)


def _read(warehouse: Warehouse, each: SnapshotObject, position: int) -> pl.DataFrame:
    """Every row of an object as `keep_changed_rows` takes it."""
    dated_by = {column.name for column in instant_columns(each.item)}
    compared = [name for name in needed_columns(each.item) if name not in dated_by]
    told = dict.fromkeys([*(column.name for column in each.keys), *sorted(dated_by)])
    content, read = (", ".join(f"raw.{quote_identifier(name)}" for name in names) for names in (compared, told))
    query = f"""
        SELECT loads.load AS _load, raw._row_number, raw._row, {read}, hash({position}, {content}) AS _content
        FROM {placed_rows(warehouse, each.item)} AS raw
        JOIN snapshot_loads AS loads ON loads.load_id = raw._load_id
    """
    raw = warehouse.frame(query, {"snapshot_loads": each.loads.select("load", "load_id")})
    loads = raw.select(load="_load").join(each.loads, on="load", how="left", maintain_order="left")
    is_told_by_file = each.settings.is_told_by_file
    at = loads["told_at"] if is_told_by_file else instants_of_rows(each.contract, each.item, raw)
    key = clean_key(each.contract, each.keys)
    return raw.select(
        pl.concat_str(pl.lit(f"{each.contract.source}:"), key, ignore_nulls=False).alias("ticket_id"),
        at.alias("snapshot_at"),
        loads["loaded_at"],
        loads["load"],
        object=pl.lit(position, dtype=pl.UInt32),
        row_number="_row_number",
        row="_row",
        content="_content",
    )


def _exports(objects: Sequence[SnapshotObject], seen: pl.DataFrame) -> pl.DataFrame:
    """Every export: those that files tell also where they hold no row."""
    frames = []
    for position, each in enumerate(objects):
        if each.settings.is_told_by_file:
            instants = each.loads["told_at"]
        else:
            instants = seen.filter(pl.col("object") == position)["snapshot_at"]
        frames.append(
            pl.DataFrame({"snapshot_at": instants.unique().drop_nulls()}).select(
                "snapshot_at",
                export=pl.lit(each.export),
                is_full=pl.lit(each.settings.content is SnapshotContent.FULL),
            )
        )
    return pl.concat(frames)
