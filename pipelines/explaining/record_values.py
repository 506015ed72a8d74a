"""What the records of a record view come to: the sum, quotient or share anew, in SQL, with every step in words."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from metrics.kinds import AmountShare, BoundedSum, Concentration, Count, Mean, Percentile, Ratio, Sum, TimeShare
from pipelines.explaining.arithmetic import Arithmetic, Listing, Number, Numbers, amount_share, measured_of
from pipelines.explaining.cell import Cell
from pipelines.explaining.ends import DoubtsOfShare, count_in_doubt, doubts_of_share
from pipelines.explaining.exact_numbers import write_exactly, write_money
from pipelines.explaining.percentiles import compute_percentile
from pipelines.explaining.records import IS_MEASURED, Records
from pipelines.explaining.totals import Totals, sum_records
from pipelines.explaining.uncertain_periods import possible_records, with_uncertain_periods
from pipelines.published.rows import read_rows
from pipelines.words.numbers import count_records, format_ratio

if TYPE_CHECKING:
    import duckdb

_PER_HOUR: Final = 3_600_000_000


def compute(connection: duckdb.DuckDBPyConnection, cell: Cell, records: Records) -> Arithmetic:
    """What the records of a record view come to."""
    arithmetic = _compute(connection, cell, records)
    possible = possible_records(connection, cell, records)
    if possible is None:
        return arithmetic
    return with_uncertain_periods(arithmetic, _compute(connection, cell, possible), records.noun)


def _compute(connection: duckdb.DuckDBPyConnection, cell: Cell, records: Records) -> Arithmetic:
    totals = sum_records(connection, records)
    match cell.metric.kind:
        case Percentile(percent=percent, scale=scale, can_be_negative=can_be_negative):
            return compute_percentile(
                connection, cell, records, totals, percent, scale, can_be_negative=can_be_negative
            )
        case Ratio() | Mean():
            return _quotient(cell, records.part, totals, count_in_doubt(connection, cell.metric, records))
        case TimeShare():
            return _time_share(cell, totals, doubts_of_share(connection, cell.metric, records))
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


def _quotient(cell: Cell, column: str, totals: Totals, in_doubt: int) -> Arithmetic:
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
    kind, unmeasured = cell.metric.kind, totals.eligible - totals.measured
    if in_doubt:
        may_be = "may be otherwise" if unit == "ratio" else "may have more"
        steps.append(
            f"Of {in_doubt:,} of them, what came and went between two exports was never seen: they {may_be} in truth."
        )
    fewest = part - (in_doubt if isinstance(kind, Ratio) and kind.hits_in_doubt else 0)
    most_hits = part + unmeasured + (in_doubt if isinstance(kind, Ratio) and kind.misses_in_doubt else 0)
    least = fewest / totals.eligible if totals.eligible else None
    limits = []
    if unit == "ratio":
        most = most_hits / totals.eligible if totals.eligible else None
        if unmeasured or in_doubt:
            ends = f"{fewest:,} / {totals.eligible:,} = {least:,.6f}", f"{most_hits:,} / {totals.eligible:,}"
            limits.append(f"Whatever is not certain, it lies between {ends[0]} and {ends[1]} = {most:,.6f}.")
    else:
        most = least if totals.measured == totals.eligible and not in_doubt else None
    numbers = Numbers(
        value=value, numerator=part, denominator=totals.measured, eligible_count=totals.eligible,
        measured_count=totals.measured, bounds=(least, most),
    )  # fmt: skip
    return Arithmetic(numbers, tuple(steps), limits=tuple(limits))


def _time_share(cell: Cell, totals: Totals, doubts: DoubtsOfShare) -> Arithmetic:
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
    if doubts.count:
        steps.append(
            f"Of {doubts.count:,} of them, what came and went between two exports was never seen: they may have been "
            f"worked on for anything from 0 h to the {doubts.limit / _PER_HOUR:,.4f} h that they lived at most."
        )
    numbers = Numbers(
        value=value, numerator=part / _PER_HOUR, denominator=whole / _PER_HOUR, eligible_count=totals.eligible,
        measured_count=totals.measured, bounds=_time_share_bounds(totals, doubts),
    )  # fmt: skip
    return Arithmetic(numbers, tuple(steps))


def _time_share_bounds(totals: Totals, doubts: DoubtsOfShare) -> tuple[Number, Number] | None:
    """What is certain of the share if nobody was worked on in the rest, or everybody; None where some are not measured.

    How much these limit it is not told by what counts for the share.
    """
    if totals.measured < totals.eligible:
        return None
    certain, longest = int(totals.part or 0) - doubts.part, int(totals.whole or 0) - doubts.whole + doubts.limit
    return (certain / longest, (certain + doubts.limit) / longest) if longest else (None, None)


def _amount_share(cell: Cell, totals: Totals) -> Arithmetic:
    nothing = Decimal(0)
    return amount_share(cell, totals.part or nothing, totals.whole or nothing, totals.measured, totals.eligible)


def _count(cell: Cell, totals: Totals) -> Arithmetic:
    steps = (measured_of(cell, totals.measured, totals.eligible), f"Counted one by one, these are {totals.measured:,}.")
    numbers = Numbers(
        value=totals.measured, eligible_count=totals.eligible, measured_count=totals.measured,
        bounds=(totals.measured, totals.eligible),
    )  # fmt: skip
    limits = f"Whatever is not certain, there are between {totals.measured:,} and {totals.eligible:,}."
    return Arithmetic(numbers, steps, limits=(limits,) if totals.measured < totals.eligible else ())


def _sum(cell: Cell, records: Records, totals: Totals) -> Arithmetic:
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


def _sum_bounds(cell: Cell, totals: Totals) -> tuple[Number, Number] | None:
    """The sum itself if all of it was measured; else nothing bounds it, but that amounts of some kinds are above 0."""
    kind = cell.metric.kind
    if not isinstance(kind, Sum):
        return None
    known = totals.part if totals.contributing and totals.measured == totals.eligible else None
    return (totals.part or Decimal(0) if kind.is_never_negative else known), known


def _concentration(connection: duckdb.DuckDBPyConnection, cell: Cell, records: Records, totals: Totals) -> Arithmetic:
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
