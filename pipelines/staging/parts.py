"""What each export object contributes to the canonical tables, read from its raw table in batches.

Rows are typed one by one, so that the raw text of a whole history is never in memory; what has few values of tickets
and their events is kept as categories, for they come by the million. What the contributions become
together is for `pipelines.staging.lines` and `pipelines.staging.tickets`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import polars as pl

from data_contracts.spec import ExportContract, ExportObject
from models.catalog import table_named
from models.ddl import quote_identifier
from models.enumerations import categorise_texts
from pipelines.landing.load_order import ordered_loads
from pipelines.landing.loads import active_loads
from pipelines.landing.raw_rows import raw_table_name
from pipelines.staging.chosen_rows import ChosenRows
from pipelines.staging.control_totals import compare_total, gather_rows, table_of
from pipelines.staging.dimensions import NO_SPELLINGS, Spellings
from pipelines.staging.mapping import StagedPart, close_cases, fed_tables, needed_columns, stage_rows
from pipelines.staging.owned_memory import in_memory_of_its_own
from pipelines.staging.row_order import dated_by_events
from pipelines.staging.sightings import is_repeated
from pipelines.warehouse import Warehouse

#: Raw rows that are typed at once.
_BATCH_ROWS: Final = 250_000
#: Canonical tables whose parts are kept with categories.
_ENCODED: Final = ("tickets", "ticket_events")


def stage_parts(
    warehouse: Warehouse,
    contracts: Sequence[ExportContract],
    *,
    only: ChosenRows | None = None,
    spellings: Spellings = NO_SPELLINGS,
) -> tuple[dict[str, list[StagedPart]], list[pl.DataFrame], list[pl.DataFrame]]:
    """Staged table name -> what each export object contributes to it, those of repeated snapshots left out.

    Besides, what came of comparing lines with totals that exports bring: records, and problems of the lines.

    Args:
        only: the rows to stage; all where it is not given.
        spellings: see `pipelines.staging.mapping.stage_rows`.
    """
    parts: dict[str, list[StagedPart]] = {}
    records: list[pl.DataFrame] = []
    problems: list[pl.DataFrame] = []
    for contract in contracts:
        active = [load_id for load_id, _ in active_loads(warehouse, contract.id)]
        for item in contract.objects:
            if is_repeated(item):
                continue
            staged, compared = _stage_in_batches(warehouse, contract, item, active, only, spellings)
            for name, part in staged.items():
                parts.setdefault(f"stg_{name}", []).append(part)
            records += [record for record, _ in compared]
            problems += [found for _, found in compared]
    return parts, records, problems


def _stage_in_batches(
    warehouse: Warehouse,
    contract: ExportContract,
    item: ExportObject,
    active: list[str],
    only: ChosenRows | None,
    spellings: Spellings,
) -> tuple[dict[str, StagedPart], list[tuple[pl.DataFrame, pl.DataFrame]]]:
    """Canonical table -> what the object's raw rows become in it; and each of its control totals, compared.

    Rows are typed one by one, so they are read in batches: the raw text of a whole history is never in memory.
    """
    batches: dict[str, list[StagedPart]] = {name: [] for name in fed_tables(item)}
    gathered: list[list[pl.DataFrame]] = [[] for _ in item.control_totals]
    for raw in _read_raw(warehouse, contract, item, active, only):
        for name, staged in batches.items():
            staged.append(stage_rows(raw, contract, item, name, spellings))
        for total, rows in zip(item.control_totals, gathered, strict=True):
            rows.append(gather_rows(raw, contract, item, total, batches[table_of(item, total)][-1]))
        if item.cases is None and {"tickets", "ticket_events"} <= batches.keys():
            batches["tickets"][-1] = dated_by_events(batches["tickets"][-1], batches["ticket_events"][-1])
        if item.cases is None:
            for name, staged in batches.items():
                frame = staged[-1].frame
                if name in _ENCODED:
                    frame = categorise_texts(frame, table_named(f"stg_{name}"))
                problems = in_memory_of_its_own(staged[-1].problems)
                staged[-1] = replace(staged[-1], frame=in_memory_of_its_own(frame), problems=problems)
    compared = [compare_total(rows, item, total) for total, rows in zip(item.control_totals, gathered, strict=True)]
    counting = [load.load_id for load in ordered_loads(warehouse, contract.id, item.name)]
    column = "load_id" if item.cases is None else "_load_id"
    parts = {
        name: StagedPart(
            contract,
            item,
            _later_files_last(pl.concat([part.frame for part in staged]), column, counting),
            pl.concat([part.problems for part in staged]),
            sum(part.ignored_count for part in staged),
            name,
        )
        for name, staged in batches.items()
    }
    if item.cases is not None:
        parts = {name: close_cases(part, spellings) for name, part in parts.items()}
    return parts, compared


def _later_files_last(rows: pl.DataFrame, load: str, counting: Sequence[str]) -> pl.DataFrame:
    """Rows that are in the order in which they landed, the later file's after those of the earlier one.

    Args:
        load: the column that says from which load they are.
        counting: loads in the order in which they count.
    """
    place = pl.col(load).cast(pl.Enum(counting)).to_physical()
    return rows if rows.select(place).to_series().is_sorted() else rows.sort(place, maintain_order=True)


def _read_raw(
    warehouse: Warehouse, contract: ExportContract, item: ExportObject, active: list[str], only: ChosenRows | None
) -> Iterator[pl.DataFrame]:
    """The raw rows of an object that count, in batches; one at least, which says the columns."""
    columns = [*needed_columns(item), "_load_id", "_row_number", "_row_hash"]
    names = ", ".join(map(quote_identifier, columns))
    wanted = [load_id for load_id in active if load_id.startswith(f"{contract.id}/{item.name}/")]
    known = warehouse.rows(
        "SELECT count(*) FROM ops.ops_loads WHERE export = ? AND object_name = ?", [contract.id, item.name]
    )[0][0]
    everything = f"SELECT {names} FROM {raw_table_name(item)}"
    if only is None:
        # In the order in which they landed: of equal ones, the first or the last counts.
        batches = warehouse.batches(everything, _BATCH_ROWS)
    else:
        batches = only.read(warehouse, contract, item, columns, _BATCH_ROWS)
    is_any = False
    for batch in batches:
        is_any = True
        yield batch if known == len(wanted) else batch.filter(pl.col("_load_id").is_in(wanted))
    if not is_any:
        yield warehouse.frame(f"{everything} LIMIT 0")
