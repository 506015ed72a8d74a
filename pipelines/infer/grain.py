"""What one row of an export is: a line, a thing, or one of the changes of a thing.

Evidence is counted over all rows: which columns are unique, which ids repeat, and what changes while they do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations
from typing import Final, NamedTuple

import polars as pl

from models.vocabulary import Domain, ExportShape
from pipelines.infer.findings import ColumnFinding, Grain
from pipelines.words.numbers import count_of

_ENTITY_NAME: Final = re.compile(
    r"(^|_)(id|key|number|no|case|ticket|incident|issue|request|declaration)(_|$)|case_concept_name|^unique_key$"
)
_NOT_ENTITY: Final = re.compile(
    r"(^|_)(by|to|caller|user|customer|vendor|supplier|zip|phone|count|assigned|code|uri|url|field|author)(_|$)"
)
_STATUS_NAME: Final = re.compile(r"status|state|stage|activity|concept_name|transition|action|event")
_EXPORT_DATE: Final = re.compile(r"^(export|extract|snapshot|report|as_of|load)_?(ed)?_?(date|at|on|day|time)?$")
_CASE_NAME: Final = re.compile(r"^case_(concept_name|id)$|^case$")
#: Share of the repeating tickets within which a time has to change, for the rows to be changes.
_LEAST_CHANGING: Final = 0.2
#: Keys whose scores lie so far apart at most are told both.
_NEAR: Final = 0.15
_MOST_OTHERS: Final = 2
_KEY_CANDIDATES: Final = 8
_MAX_KEYS: Final = 4


class _Reading(NamedTuple):
    """What rows would be if a column named the ticket and another told when it changed.

    Attributes:
        score: how much speaks for it.
        changing: column -> share of the repeating tickets within which it changes.
    """

    score: float
    entity: ColumnFinding
    time: ColumnFinding
    changing: dict[str, float]


def find_grain(columns: Sequence[ColumnFinding], domain: Domain) -> Grain:
    """Find out what a row is.

    Args:
        domain: what the export is about; outside of tickets rows are lines, whatever repeats.
    """
    unique = [column for column in columns if column.is_unique and _can_name(column)]
    if domain is not Domain.TICKETS:
        return _grain_of_lines(columns, unique)
    entity = None if _names_a_case(columns) else _pick_unique_entity(unique)
    if entity is not None:
        rows = count_of(entity.row_count, "row")
        evidence = (f"{entity.header} is different on each of {rows}: no history in this export.",)
        keys = _keys(columns, unique)
        dated = [column for column in _export_dates(columns) if column.distinct_count == 1]
        if not dated:
            return Grain(ExportShape.SNAPSHOT, f"one row per {entity.header}", entity.name, None, keys, evidence)
        grain = Grain(ExportShape.SNAPSHOT, f"one row per {entity.header}", entity.name, dated[0].name, keys, evidence)
        return grain.as_repeated_snapshots(
            f"{dated[0].header} is the same on every row and reads like the day of the export: the next one is another "
            "snapshot."
        )
    return _grain_of_changes(columns)


def _export_dates(columns: Sequence[ColumnFinding]) -> list[ColumnFinding]:
    """Columns whose header says that they tell when a row was exported."""
    return [column for column in columns if column.is_temporal and _EXPORT_DATE.match(column.name)]


def _grain_of_lines(columns: Sequence[ColumnFinding], unique: Sequence[ColumnFinding]) -> Grain:
    keys = _keys(columns, unique)
    repeats = _count_duplicate_rows(columns)
    evidence = []
    doubts = []
    if keys:
        evidence.append("Unique on every row: " + "; ".join(" with ".join(key) for key in keys) + ".")
    else:
        evidence.append("No column and no pair of columns is unique: lines are known by file and row number.")
    if repeats:
        doubts.append(
            f"{count_of(repeats, 'row repeats', 'rows repeat')} another row exactly; all are kept: equal lines can "
            "be real (split transactions)"
        )
    description = f"one row per {' and '.join(keys[0])}" if keys else "one row per line"
    entity = keys[0][0] if keys and len(keys[0]) == 1 else None
    return Grain(ExportShape.LINES, description, entity, None, keys, tuple(evidence), tuple(doubts))


def _grain_of_changes(columns: Sequence[ColumnFinding]) -> Grain:
    frame = _frame(columns)
    candidates = [column for column in columns if _may_be_entity(column)]
    times = (
        _export_dates(columns)
        or [column for column in columns if column.logical_type == "timestamp"]
        or [column for column in columns if column.is_temporal]
    )
    best: _Reading | None = None
    of_column: dict[str, _Reading] = {}
    for entity in candidates:
        changing = _share_that_changes(frame, entity, columns)
        for time in times:
            tells_history = any(_STATUS_NAME.search(column.name) and changing[column.name] > 0.05 for column in columns)
            score = changing[time.name] + 0.5 * tells_history + 0.3 * bool(_CASE_NAME.search(entity.name))
            if entity.name == time.name:
                continue
            reading = _Reading(score, entity, time, changing)
            if entity.name not in of_column or score > of_column[entity.name].score:
                of_column[entity.name] = reading
            if best is None or score > best.score:
                best = reading
    if best is None or best.changing[best.time.name] < _LEAST_CHANGING:
        doubt = "which column names the ticket? None is unique, and none repeats with a changing time"
        return Grain(ExportShape.SNAPSHOT, "one row per record", doubts=(doubt,))
    entity, time, changing = best.entity, best.time, best.changing
    dated = _export_dates(columns)
    shape = ExportShape.REPEATED_SNAPSHOTS if dated else ExportShape.EVENT_LOG
    reason = [f"{column.header} reads like the day of an export: rows are repeated snapshots." for column in dated[:1]]
    others = _list_others(changing, times, time, columns)
    evidence = (
        f"{entity.header} has {count_of(entity.distinct_count, 'value')} on {count_of(entity.row_count, 'row')}.",
        f"{time.header} changes within {100 * changing[time.name]:.0f} % of those that repeat{others}.",
        *_describe_coincidence(frame, entity, time),
        *reason,
    )
    grain = f"one row per {entity.header} and export" if dated else f"one row per update of a {entity.header}"
    doubts = (*_doubt_other_keys(best, list(of_column.values())), *_doubt_missing_status(columns, changing))
    return Grain(shape, grain, entity.name, time.name, _keys(columns, [], entity, time), evidence, doubts)


def _doubt_other_keys(best: _Reading, readings: Sequence[_Reading]) -> tuple[str, ...]:
    """Columns that may name the ticket nearly as well as the one that was taken, all with their figures."""
    near = [
        each
        for each in readings
        if each.entity is not best.entity
        and each.score >= best.score - _NEAR
        and each.changing[each.time.name] >= _LEAST_CHANGING
    ]
    if not near:
        return ()
    ordered = sorted(near, key=lambda each: -each.score)[:_MOST_OTHERS]
    others = ", or ".join(_describe_key(each) for each in ordered)
    return (
        f"is it {best.entity.header} that names the ticket? The draft takes {_describe_key(best)}; it may be {others}",
    )


def _describe_key(reading: _Reading) -> str:
    entity = reading.entity
    return (
        f"{entity.header} ({count_of(entity.distinct_count, 'value')}, empty on "
        f"{entity.row_count - _named_count(entity):,} of {count_of(entity.row_count, 'row')}; {reading.time.header} "
        f"changes within {100 * reading.changing[reading.time.name]:.0f} % of those that repeat)"
    )


def _describe_coincidence(frame: pl.DataFrame, entity: ColumnFinding, time: ColumnFinding) -> tuple[str, ...]:
    shared = int(frame.select(pl.struct(entity.name, time.name).is_duplicated().sum()).item())
    if not shared:
        return ()
    return (f"{shared:,} rows share {entity.header} and {time.header} with another: they need an order of their own.",)


def _list_others(
    changing: dict[str, float], times: Sequence[ColumnFinding], chosen: ColumnFinding, columns: Sequence[ColumnFinding]
) -> str:
    fixed = [time.header for time in times if changing[time.name] < 0.05 and time is not chosen]
    status = [column.header for column in columns if _STATUS_NAME.search(column.name) and changing[column.name] >= 0.05]
    text = f", and so does {', '.join(status[:3])}" if status else ""
    return text + (f"; {', '.join(fixed[:6])} {'stays' if len(fixed) == 1 else 'stay'} the same" if fixed else "")


def _doubt_missing_status(columns: Sequence[ColumnFinding], changing: dict[str, float]) -> tuple[str, ...]:
    if any(_STATUS_NAME.search(column.name) and changing[column.name] >= 0.05 for column in columns):
        return ()
    return ("no status changes while the id repeats: are these really events of a ticket?",)


def _names_a_case(columns: Sequence[ColumnFinding]) -> bool:
    """Whether a column of repeating cases says that the rows are events, whatever else is unique."""
    return any(_CASE_NAME.search(column.name) and _may_be_entity(column) for column in columns)


def _share_that_changes(
    frame: pl.DataFrame, entity: ColumnFinding, columns: Sequence[ColumnFinding]
) -> dict[str, float]:
    """Column -> share of the repeating entities within which it has more than one value."""
    names = [column.name for column in columns if column.name != entity.name]
    key = pl.when(~pl.col(entity.name).is_in(list(entity.null_texts))).then(pl.col(entity.name))
    frame = frame.with_columns(key.alias(entity.name))
    key = pl.col(entity.name)
    repeating = frame.filter(key.is_not_null() & (pl.len().over(key) > 1))
    if repeating.is_empty():
        return {column.name: 0.0 for column in columns}
    # Neighbours differ or not: far cheaper than counting distinct values, and the same once each entity is sorted.
    grouped = repeating.group_by(entity.name).agg(
        [(pl.col(name).ne_missing(pl.col(name).first()).any()).alias(name) for name in names]
    )
    shares = grouped.select([pl.col(name).mean() for name in names]).row(0, named=True)
    return {entity.name: 0.0, **{name: float(share or 0) for name, share in shares.items()}}


def _may_be_entity(column: ColumnFinding) -> bool:
    if column.logical_type not in ("string", "integer") or _named_count(column) < 0.99 * column.row_count:
        return False
    repeats = column.row_count / max(column.distinct_count, 1)
    return (
        repeats > 1
        and column.distinct_count >= min(20, max(2, column.row_count // 50))
        and bool(_ENTITY_NAME.search(column.name))
        and not _NOT_ENTITY.search(column.name)
    )


def _named_count(column: ColumnFinding) -> int:
    """Rows on which it says something: neither blank nor a null token."""
    return column.present_count - sum(column.null_texts.values())


def _can_name(column: ColumnFinding) -> bool:
    return column.logical_type in ("string", "integer")


def _pick_unique_entity(unique: Sequence[ColumnFinding]) -> ColumnFinding | None:
    named = [column for column in unique if _ENTITY_NAME.search(column.name)]
    keys = [column for column in named if re.search(r"(^|_)(key|number)(_|$)", column.name)]
    return (keys or named or [None])[0]  # type: ignore[list-item]


def _keys(
    columns: Sequence[ColumnFinding],
    unique: Sequence[ColumnFinding],
    entity: ColumnFinding | None = None,
    time: ColumnFinding | None = None,
) -> tuple[tuple[str, ...], ...]:
    """Single columns that are unique, or else pairs (with an entity: its pairs and triples with the time)."""
    if unique:
        ordered = sorted(unique, key=lambda column: not _ENTITY_NAME.search(column.name))
        return tuple((column.name,) for column in ordered[:_MAX_KEYS])
    full = [column for column in columns if column.present_count == column.row_count and column.row_count > 0]
    frame = _frame(full)
    if entity is not None and time is not None:
        sequences = [each for each in full if each.logical_type == "integer" and each is not entity]
        sets = [(entity.name, time.name), *((entity.name, each.name) for each in sequences)]
    else:
        named = [each for each in full if _can_name(each) or each.is_temporal]
        named.sort(key=lambda each: (not _ENTITY_NAME.search(each.name), -each.distinct_count))
        sets = [(a.name, b.name) for a, b in combinations(named[:_KEY_CANDIDATES], 2)]
    found = [pair for pair in sets if set(pair) <= set(frame.columns) and frame.select(pair).is_unique().all()]
    return tuple(found[:_MAX_KEYS])


def _count_duplicate_rows(columns: Sequence[ColumnFinding]) -> int:
    frame = _frame(columns)
    return frame.height - frame.unique().height if frame.width else 0


def _frame(columns: Sequence[ColumnFinding]) -> pl.DataFrame:
    return pl.DataFrame({column.name: column.text for column in columns})
