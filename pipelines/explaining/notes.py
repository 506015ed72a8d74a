"""What people must know beside a published value: that it is held, open, told in part, or empty, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from metrics.kinds import Stock
from models.ddl import quote_text
from models.tickets import fct_sla_clocks
from models.vocabulary import ClockGap
from pipelines.explaining.cell import Cell
from pipelines.explaining.nothing_there import why_nothing
from pipelines.explaining.records import IS_MEASURED, NOT_TOLD, Records
from pipelines.published.rows import read_rows
from pipelines.words.business_hours import CLOCK_NOTE, are_published_by_the_clock
from pipelines.words.certainty import WHOLE, Told
from pipelines.words.missing_values import explain_empty
from pipelines.words.numbers import count_of, format_instant, format_value, list_all
from pipelines.words.periods import long_day, name_months, name_period, sentence_case, tell_beginning

if TYPE_CHECKING:
    import duckdb


def notes_of(connection: duckdb.DuckDBPyConnection, cell: Cell) -> tuple[str, ...]:
    """One sentence for each thing that limits what the value says.

    Args:
        connection: to a published file.
    """
    row, definition = cell.published, cell.definition
    notes = []
    if cell.passed_over is not None:
        wanted, grain = cell.passed_over, cell.passed_over.grain.value
        why = why_nothing(connection, cell.metric, cell.dimension, cell.member, wanted)
        notes.append(
            f"The latest closed {grain} is {name_period(wanted.start, grain)}, and 'kpi metrics' is of it: {why}. "
            f"{_period(cell)} is the last before it that has any."
        )
    if cell.is_held:
        since = f" since {format_instant(definition['held_since_at'])}" if definition["held_since_at"] else ""
        until = format_instant(definition["fresh_as_of_at"])
        notes.append(
            f"It is held{since}, and is the last good value, of data until {until}: {definition['held_reason']}"
        )
    if not row["is_period_closed"] and not cell.is_of_the_clock:
        reach = long_day(cell.as_of_date)
        notes.append(f"{_period(cell)} is not over for its data, which reach {reach}: the value will change.")
    parameters = {"metric": cell.metric.name, "grain": cell.period.grain.value, "start": cell.period.start}
    where = "WHERE metric = $metric AND period_grain = $grain AND period_start_date = $start"
    for partial in read_rows(connection, f"FROM mart.partial_periods {where}", parameters):
        if partial["told_from_date"] is not None:
            told = tell_beginning(partial["told_from_date"], cell.period.end, partial["last_begun_data"])
            notes.append(f"{told} It is compared with no other period.")
        if partial["told_until_date"] is not None:
            data, until = list_all(partial["ended_data"].split(", ")), long_day(partial["told_until_date"])
            notes.append(
                f"It was closed by the chosen as-of, though {data} end on {until}: what happened after that is not in "
                "it. It is compared with no other period."
            )
    notes += [
        f"The ledger lacks {name_months(missing['missing_months'])}. It is compared with no other period."
        for missing in read_rows(connection, f"FROM mart.missing_cost_months {where}", parameters)
    ]
    if cell.metric.unit.value == "business_hours" and are_published_by_the_clock(connection):
        notes.append(f"{sentence_case(CLOCK_NOTE)}.")
    if row["value"] is None:
        reason = explain_empty(
            cell.metric.name, cell.period.grain.value, row["numerator"], row["denominator"], row["measured_count"]
        )
        notes.append(f"There is no value: {reason}.")
    return tuple(notes)


#: What an export leaves open of a clock -> why such a clock is measured only if it was kept.
_LEANING: Final = {
    ClockGap.PAUSES: "how long they paused",
    ClockGap.FIRST_RESPONSE: "when the first response came",
}


def note_leaning(connection: duckdb.DuckDBPyConnection, cell: Cell, records: Records) -> tuple[str, ...]:
    """That a share of kept promises leans upwards, where the export tells only of kept ones that they were; else
    nothing.

    Whoever was within the target without pauses, or was resolved within it, has kept it for certain. Of nobody else it
    is known that he broke it: so what is measured was kept, and what was broken is among what is not.

    Args:
        connection: to a published file.
        records: those of the value.
    """
    if cell.metric.fact != fct_sla_clocks.name or None in (cell.published["value"], cell.published["lower_bound"]):
        return ()
    gaps = ", ".join(quote_text(gap.value) for gap in _LEANING)
    query = (
        f"SELECT {NOT_TOLD} AS gap, count(*) AS clocks FROM ({records.sql}) "
        f"WHERE NOT {IS_MEASURED} AND {NOT_TOLD} IN ({gaps}) GROUP BY ALL ORDER BY ALL"
    )
    rows = read_rows(connection, query)
    if not rows:
        return ()
    count = sum(row["clocks"] for row in rows)
    untold = list_all([_LEANING[ClockGap(row["gap"])] for row in rows])
    lower = format_value(cell.published["lower_bound"], cell.metric.unit.value, cell.currency)
    clocks = count_of(count, "SLA clock")
    note = (
        f"The share leans upwards. Of {clocks} the export does not tell {untold}; such clocks are measured only where "
        f"they were kept for certain, never where they may have been broken. What is not measured may pull the share "
        f"down to {lower}."
    )
    return (note,)


def told_of(connection: duckdb.DuckDBPyConnection, cell: Cell) -> Told:
    """Of which days of its period data tell."""
    query = """
        SELECT told_from_date, told_until_date FROM mart.partial_periods
        WHERE metric = ? AND period_grain = ? AND period_start_date = ?
    """
    found = connection.execute(query, [cell.metric.name, cell.period.grain.value, cell.period.start]).fetchone()
    told = Told(*found) if found else WHOLE
    return told.at_end(cell.last_day) if isinstance(cell.metric.kind, Stock) else told


def _period(cell: Cell) -> str:
    return sentence_case(name_period(cell.period.start, cell.period.grain.value))
