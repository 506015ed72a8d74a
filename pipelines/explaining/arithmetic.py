"""What the records of a value come to: the sum, quotient or percentile anew, in SQL, with every step in words.

Here are the values that a record view tells (`pipelines.explaining.records`). Any other is computed where its records
are found: `flow`, `costs` and `plans`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from metrics.kinds import AmountShare, BoundedSum, Concentration, Count, Mean, Percentile, Ratio, Sum, TimeShare
from metrics.measuring.percentile_by_hand import interpolate, position_of
from pipelines.explaining.cell import Cell
from pipelines.explaining.exact_numbers import write_exactly, write_money
from pipelines.explaining.records import IS_MEASURED, Records
from pipelines.published.rows import read_rows
from pipelines.words.numbers import count_records, format_ratio

if TYPE_CHECKING:
    import duckdb

Number = float | Decimal | int | None

_PER_HOUR: Final = 3_600_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """The numbers of a published value, computed anew; parts are empty where the value has none.

    Attributes:
        bounds: between which values the truth lies; None where that does not follow from what is counted here.
    """

    value: Number
    eligible_count: int
    measured_count: int
    numerator: Number = None
    denominator: Number = None
    bounds: tuple[Number, Number] | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """Rows that a step of the arithmetic adds up, such as the pools of a cost."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """How a value comes out of its records.

    Attributes:
        numbers: what they come to.
        steps: how, one sentence each, in order.
        listings: what is added up, where a sentence cannot hold it.
        doubts: what does not fit together within the records themselves, whatever the published value is.
    """

    numbers: Numbers
    steps: tuple[str, ...]
    listings: tuple[Listing, ...] = ()
    doubts: tuple[str, ...] = field(default=())


def compute(connection: duckdb.DuckDBPyConnection, cell: Cell, records: Records) -> Arithmetic:
    """What the records of a record view come to."""
    totals = _totals(connection, records)
    match cell.metric.kind:
        case Percentile(percent=percent, scale=scale, can_be_negative=can_be_negative):
            return _percentile(connection, cell, records, totals, percent, scale, can_be_negative=can_be_negative)
        case Ratio() | Mean():
            return _quotient(cell, records.part, totals)
        case TimeShare():
            return _time_share(cell, totals)
        case AmountShare():
            return _amount_share(cell, totals)
        case Count():
            return _count(cell, totals)
        case Sum() | BoundedSum():
            return _sum(cell, records, totals)
        case Concentration():
            return _concentration(connection, cell, records, totals)
        case _:
            raise TypeError(f"{cell.metric.name} is not computed from a record view")


@dataclass(frozen=True, slots=True)
class _Totals:
    """Sums over the records: of all that contribute, and how many of them are measured."""

    eligible: int
    measured: int
    contributing: int
    part: Any
    whole: Any


def _totals(connection: duckdb.DuckDBPyConnection, records: Records) -> _Totals:
    whole = f"sum({records.whole})" if records.whole else "NULL"
    query = f"""
        SELECT count(*) AS eligible, count(*) FILTER ({IS_MEASURED}) AS measured,
            count({records.part}) AS contributing, sum({records.part}) AS part, {whole} AS whole
        FROM ({records.sql})
    """
    return _Totals(**read_rows(connection, query)[0])


def measured_of(cell: Cell, measured: int, eligible: int) -> str:
    """How many of the records could be measured, as a sentence."""
    noun = cell.metric.counted_records
    if not eligible:
        return f"No {noun} count."
    counted = count_records(eligible, noun)
    if measured == eligible:
        return f"All {counted} are measured." if eligible > 1 else f"The one of the {noun} is measured."
    if not measured:
        return f"None of {counted} is measured."
    return f"{measured:,} of {counted} are measured."


def _percentile(
    connection: duckdb.DuckDBPyConnection,
    cell: Cell,
    records: Records,
    totals: _Totals,
    percent: int,
    scale: int,
    *,
    can_be_negative: bool,
) -> Arithmetic:
    counts = {"eligible_count": totals.eligible, "measured_count": totals.measured}
    first = measured_of(cell, totals.measured, totals.eligible)
    if not totals.measured:
        return Arithmetic(Numbers(value=None, **counts), (first, "So there is no value to take a percentile of."))
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
    bounds: tuple[float | None, float | None] = (value, value)
    if unmeasured:
        bounds = _percentile_bounds(connection, records, totals, percent, scale, can_be_negative=can_be_negative)
        ends = [told(end) if end is not None else "nowhere" for end in bounds]
        below = "below all others" if can_be_negative else "0"
        steps.append(
            f"If the {unmeasured:,} that are not measured were {below}, it would lie at {ends[0]}; if they were beyond "
            f"all others, at {ends[1]}."
        )
    return Arithmetic(Numbers(value=value, bounds=bounds, **counts), tuple(steps))


def _percentile_bounds(
    connection: duckdb.DuckDBPyConnection,
    records: Records,
    totals: _Totals,
    percent: int,
    scale: int,
    *,
    can_be_negative: bool,
) -> tuple[float | None, float | None]:
    """The percentile with all unmeasured records at 0, and with all of them beyond any number; None if it falls on one
    of which nothing is known."""
    position = position_of(totals.eligible, percent)
    unmeasured = totals.eligible - totals.measured
    ranks = (position.rank, position.rank + (position.hundredths > 0))

    def at(rank: int) -> int:
        if rank < 0:
            return 0
        query = f"SELECT {records.part} FROM ({records.sql}) WHERE {IS_MEASURED} ORDER BY 1 LIMIT 1 OFFSET {rank}"
        return int(connection.execute(query).fetchall()[0][0])

    def end(zeros: int) -> float | None:
        if ranks[1] - zeros >= totals.measured:
            return None
        return interpolate(position, at(ranks[0] - zeros), at(ranks[1] - zeros), scale)

    lower = None if can_be_negative and ranks[0] < unmeasured else end(unmeasured)
    return lower, end(0)


#: What is said of hits, by the end of the column that has them.
_HIT_WORDS: Final = {
    "source_claim_met_count": "are within SLA by the source's own flag",
    "_met_count": "were met",
    "reopened_count": "had been resolved before and came back",
    "first_contact_count": "were resolved for good by one touch of one team",
    "on_time_count": "came on or before the promised day",
    "on_time_by_first_promise_count": "came on or before the day that was promised first",
    "promise_kept_count": "were kept",
}


def _hits(column: str, count: int) -> str:
    words = next(words for ending, words in _HIT_WORDS.items() if column.endswith(ending))
    return f"{count:,} of them {words}."


def _quotient(cell: Cell, column: str, totals: _Totals) -> Arithmetic:
    part = int(totals.part or 0)
    value = part / totals.measured if totals.measured else None
    unit = cell.metric.unit.value
    said = format_ratio(value) if unit == "ratio" else write_exactly(value, unit, cell.currency)
    result = f"{part:,} / {totals.measured:,} = {write_exactly(value, unit, cell.currency)}"
    steps = [
        measured_of(cell, totals.measured, totals.eligible),
        *([_hits(column, part) if unit == "ratio" else f"Together they have {part:,}."] if totals.measured else []),
        (f"{result}, or {said}" if unit == "ratio" else result) if totals.measured else "So there is no quotient.",
    ]  # fmt: skip
    least = part / totals.eligible if totals.eligible else None
    if unit == "ratio":
        unmeasured = totals.eligible - totals.measured
        most = (part + unmeasured) / totals.eligible if totals.eligible else None
        if unmeasured:
            ends = f"{part:,} / {totals.eligible:,} = {least:,.6f}", f"{part + unmeasured:,} / {totals.eligible:,}"
            steps.append(f"Whatever the others are, it lies between {ends[0]} and {ends[1]} = {most:,.6f}.")
    else:
        most = least if totals.measured == totals.eligible else None
    numbers = Numbers(
        value=value, numerator=part, denominator=totals.measured, eligible_count=totals.eligible,
        measured_count=totals.measured, bounds=(least, most),
    )  # fmt: skip
    return Arithmetic(numbers, tuple(steps))


def _time_share(cell: Cell, totals: _Totals) -> Arithmetic:
    part, whole = int(totals.part or 0), int(totals.whole or 0)
    value = part / whole if whole > 0 else None
    hours = [f"{each / _PER_HOUR:,.4f} h" for each in (part, whole)]
    steps = [measured_of(cell, totals.measured, totals.eligible)]
    if totals.measured:
        steps.append(f"They were worked on for {hours[0]} of the {hours[1]} between creation and resolution.")
    if value is None:
        steps.append("So there is no share.")
    else:
        steps.append(f"{hours[0]} / {hours[1]} = {value:,.6f}, or {format_ratio(value)}")
    numbers = Numbers(
        value=value, numerator=part / _PER_HOUR, denominator=whole / _PER_HOUR, eligible_count=totals.eligible,
        measured_count=totals.measured,
    )  # fmt: skip
    return Arithmetic(numbers, tuple(steps))


def _amount_share(cell: Cell, totals: _Totals) -> Arithmetic:
    nothing = Decimal(0)
    return amount_share(cell, totals.part or nothing, totals.whole or nothing, totals.measured, totals.eligible)


def amount_share(cell: Cell, part: Decimal, whole: Decimal, measured: int, eligible: int) -> Arithmetic:
    """One exact sum over another; empty unless that is above 0 and something is measured."""
    value = float(part) / float(whole) if measured and whole > 0 else None
    amounts = [write_money(each, cell.currency) for each in (part, whole)]
    steps = (
        measured_of(cell, measured, eligible),
        f"{amounts[0]} / {amounts[1]} = {value:,.6f}, or {format_ratio(value)}"
        if value is not None
        else f"There is no share of {amounts[1]}.",
    )
    numbers = Numbers(value=value, numerator=part, denominator=whole, eligible_count=eligible, measured_count=measured)
    return Arithmetic(numbers, steps)


def _count(cell: Cell, totals: _Totals) -> Arithmetic:
    steps = (measured_of(cell, totals.measured, totals.eligible), f"Counted one by one, these are {totals.measured:,}.")
    numbers = Numbers(
        value=totals.measured, eligible_count=totals.eligible, measured_count=totals.measured,
        bounds=(totals.measured, totals.eligible),
    )  # fmt: skip
    return Arithmetic(numbers, steps)


def _sum(cell: Cell, records: Records, totals: _Totals) -> Arithmetic:
    value = totals.part if totals.contributing else None
    unmeasured = totals.contributing - totals.measured
    beside = f", with what is sure of {unmeasured:,} that are not measured," if unmeasured > 0 else ""
    steps = (
        measured_of(cell, totals.measured, totals.eligible),
        f"Their {records.part}{beside} adds up to {write_money(value, cell.currency)}."
        if value is not None
        else "So there is nothing to add up.",
    )
    numbers = Numbers(
        value=value, eligible_count=totals.eligible, measured_count=totals.measured, bounds=_sum_bounds(cell, totals),
    )  # fmt: skip
    return Arithmetic(numbers, steps)


def _sum_bounds(cell: Cell, totals: _Totals) -> tuple[Number, Number] | None:
    """The sum itself if all of it was measured; else nothing bounds it, but that amounts of some kinds are above 0."""
    kind = cell.metric.kind
    if not isinstance(kind, Sum):
        return None
    known = totals.part if totals.contributing and totals.measured == totals.eligible else None
    return (totals.part or Decimal(0) if kind.is_never_negative else known), known


def _concentration(connection: duckdb.DuckDBPyConnection, cell: Cell, records: Records, totals: _Totals) -> Arithmetic:
    rows = read_rows(
        connection,
        f"SELECT vendor, sum({records.part}) AS amount FROM ({records.sql}) WHERE {IS_MEASURED} "
        "GROUP BY vendor ORDER BY amount DESC, vendor",
    )
    sharing = [row for row in rows if row["amount"] > 0]
    total = sum((row["amount"] for row in sharing), Decimal(0))
    shares = [float(row["amount"]) / float(total) for row in sharing]
    value = sum(share**2 for share in shares) if sharing else None
    listing = Listing(
        "billed by vendor",
        ("vendor", "billed", "share", "squared"),
        tuple(
            (row["vendor"], write_money(row["amount"], cell.currency), f"{share:.6f}", f"{share**2:.6f}")
            for row, share in zip(sharing, shares, strict=True)
        ),
    )
    billed = f"{count_records(len(sharing), 'vendors')} billed {write_money(total, cell.currency)} together"
    squares = f"the squares of their shares add up to {write_exactly(value, 'ratio', cell.currency)}"
    steps = (measured_of(cell, totals.measured, totals.eligible), f"{billed}; {squares}.")
    numbers = Numbers(value=value, eligible_count=totals.eligible, measured_count=totals.measured)
    return Arithmetic(numbers, steps, (listing,))


def joined(parts: Sequence[str]) -> str:
    """Terms of a sum with their signs: `3 + 4 - 2`."""
    return " + ".join(parts).replace("+ -", "- ")
