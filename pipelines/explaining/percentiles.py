"""A percentile anew: the two records at its position, what lies between them, and where the unmeasured may put it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metrics.measuring.percentile_by_hand import interpolate, position_of
from metrics.spec import Unit
from pipelines.explaining.arithmetic import Arithmetic, Numbers, measured_of
from pipelines.explaining.cell import Cell
from pipelines.explaining.ends import count_inexact, ends_of_records
from pipelines.explaining.exact_numbers import write_exactly
from pipelines.explaining.records import IS_MEASURED, Records
from pipelines.explaining.totals import Totals
from pipelines.published.rows import read_rows
from pipelines.words.numbers import count_records

if TYPE_CHECKING:
    import duckdb


def compute_percentile(
    connection: duckdb.DuckDBPyConnection,
    cell: Cell,
    records: Records,
    totals: Totals,
    percent: int,
    scale: int,
    *,
    can_be_negative: bool,
) -> Arithmetic:
    counts = {"eligible_count": totals.eligible, "measured_count": totals.measured}
    first = measured_of(cell, totals.measured, totals.eligible)
    if not totals.measured:
        # Whatever they are, they lie above 0 where nothing of the kind can be below.
        nothing = (0.0 if totals.eligible and not can_be_negative else None, None)
        steps = (first, "So there is no value to take a percentile of.")
        return Arithmetic(Numbers(value=None, bounds=nothing, **counts), steps)
    position = position_of(totals.measured, percent)
    key = records.keys[0]
    rows = read_rows(
        connection,
        f"SELECT {key} AS record, {records.part} AS part FROM ({records.sql}) WHERE {IS_MEASURED} "
        f"ORDER BY {records.part}, {', '.join(records.keys)} LIMIT 2 OFFSET {position.rank}",
    )
    below, above = rows[0], rows[-1] if position.hundredths else rows[0]
    value = interpolate(position, int(below["part"]), int(above["part"]), scale)

    def told(number: float) -> str:
        return write_exactly(number, cell.metric.unit.value, cell.currency)

    low, high = int(below["part"]) / scale, int(above["part"]) / scale
    place = f"{float(position.place):,.2f}".rstrip("0").rstrip(".")
    lies = f"1 + {percent / 100:g} × ({totals.measured:,} - 1) = {place}"
    steps = [first, f"From the least to the greatest, percentile {percent} lies at position {lies}."]
    if position.hundredths:
        share = position.hundredths / 100
        upper = f"at {position.rank + 2:,} {above['record']} with {told(high)}"
        steps += [
            f"At position {position.rank + 1:,} is {below['record']} with {told(low)}, {upper}.",
            f"{told(low)} + {share:g} × ({told(high)} - {told(low)}) = {told(value)}",
        ]
    else:
        steps.append(f"There is {below['record']} with {told(low)}.")
    unmeasured = totals.eligible - totals.measured
    is_count = cell.metric.unit is Unit.COUNT
    bounds: tuple[float | None, float | None] = (value, value)
    told_ends = ends_of_records(cell.metric, records)
    inexact = count_inexact(connection, told_ends)
    if inexact:
        steps.append(
            f"Of {count_records(inexact, cell.metric.counted_records)}, exports leave open what happened between "
            "two of them, or before the only one: the bounds take each as "
            + ("little, or as much, as it can have been." if is_count else "short, or as long, as it can have been.")
        )
    if unmeasured or inexact:
        bounds = _percentile_bounds(connection, told_ends, totals, percent, scale, can_be_negative=can_be_negative)
    if unmeasured:
        # Where it falls on one of those that are not measured, nothing is known of it.
        ends = [f"it would lie at {told(end)}" if end is not None else "it would be one of them" for end in bounds]
        those = "the one that is not measured was" if unmeasured == 1 else f"the {unmeasured:,} not measured were"
        they = "it was" if unmeasured == 1 else "they were"
        least = "below all others" if can_be_negative else "0"
        steps.append(f"If {those} {least}, {ends[0]}; if {they} beyond all others, {ends[1]}.")
    return Arithmetic(Numbers(value=value, bounds=bounds, **counts), tuple(steps))


def _percentile_bounds(
    connection: duckdb.DuckDBPyConnection,
    told_ends: str,
    totals: Totals,
    percent: int,
    scale: int,
    *,
    can_be_negative: bool,
) -> tuple[float | None, float | None]:
    """The percentile with all unmeasured records at 0 and the others at their least, and with all of them beyond any
    number and the others at their greatest; None if it falls on one of which nothing is known."""
    position = position_of(totals.eligible, percent)
    unmeasured = totals.eligible - totals.measured
    ranks = (position.rank, position.rank + (position.hundredths > 0))

    def at(rank: int, name: str) -> int | None:
        if rank < 0:
            return 0
        query = f"SELECT {name} FROM ({told_ends}) ORDER BY 1 NULLS LAST LIMIT 1 OFFSET {rank}"
        (found,) = connection.execute(query).fetchall()[0]
        return None if found is None else int(found)

    def end(zeros: int, name: str) -> float | None:
        if ranks[1] - zeros >= totals.measured:
            return None
        low, high = at(ranks[0] - zeros, name), at(ranks[1] - zeros, name)
        if low is None:
            return None
        if not position.hundredths:
            return interpolate(position, low, low, scale)
        return None if high is None else interpolate(position, low, high, scale)

    lower = None if can_be_negative and ranks[0] < unmeasured else end(unmeasured, "least")
    return lower, end(0, "greatest")
