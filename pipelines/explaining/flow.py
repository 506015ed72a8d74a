"""Records of what no single record view tells of tickets: those in work at the end of a day, and net flow.

A stock is not read from the counts that it was added up from, but from the stretches of the tickets themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from metrics.kinds import NetCount, Stock
from metrics.render.record_view_sql import MEASURED, RECORD_DATE, RecordView
from metrics.render.record_views import RECORD_VIEWS
from models.ddl import quote_text
from models.vocabulary import NO_VALUE, ClockGap
from pipelines.explaining.arithmetic import Arithmetic, Numbers, measured_of
from pipelines.explaining.cell import Cell
from pipelines.explaining.records import IS_MEASURED, WHY_NOT, Records, not_in_period, rules_of_records
from pipelines.explaining.uncertain_periods import is_uncertain, may_come, may_leave, with_uncertain_periods
from pipelines.explaining.uncertain_stocks import uncertain_stock
from pipelines.published.rows import read_rows
from pipelines.words.gaps import name_lacking
from pipelines.words.numbers import count_records, list_all
from pipelines.words.periods import long_day

if TYPE_CHECKING:
    import duckdb

_BREAKDOWN: Final = ("team", "priority", "service", "vendor")
_COUNTED: Final = "is_counted"
_CHANGE: Final = "change_count"
_SET_ASIDE: Final = "is_set_aside"


def stock_records(cell: Cell) -> Records:
    """Tickets in work at the end of the period's last day, and those of which it is not known whether they were."""
    assert isinstance(cell.metric.kind, Stock)
    local = cell.local_day
    day, today = f"DATE '{cell.last_day}'", f"DATE '{cell.as_of_date}'"
    categories = ", ".join(quote_text(category.value) for category in cell.metric.kind.categories)

    known = ", ".join(f"coalesce(stretch.{name}, '{NO_VALUE}') AS {name}" for name in _BREAKDOWN if name != "service")
    of_ticket = ", ".join(
        f"coalesce(ticket.{name}, '{NO_VALUE}') AS {name}" for name in _BREAKDOWN if name != "service"
    )
    service = f"coalesce(ticket.service, '{NO_VALUE}') AS service"
    ended = "CASE WHEN ticket.is_done THEN ticket.resolved_at WHEN ticket.is_cancelled THEN ticket.cancelled_at END"
    lost = "ticket.unknown_since_at"
    is_over = "(ticket.is_done OR ticket.is_cancelled)"
    comes = f"coalesce({local('ticket.created_at')}, CASE WHEN NOT {is_over} THEN {today} END)"
    goes = (
        f"CASE WHEN {is_over} THEN coalesce({local(ended)}, {local('ticket.settled_by_at')}, {today}) "
        f"ELSE {today} + 1 END"
    )
    sql = f"""
SELECT * FROM (
    SELECT ticket.ticket_id, {known}, {service}, stretch.status, stretch.status_category,
        stretch.started_at AS in_this_state_since_at, ticket.created_at,
        CASE WHEN stretch.status_category IN ({categories}) THEN 1 ELSE 0 END AS {_COUNTED},
        TRUE AS {IS_MEASURED}, CAST(NULL AS VARCHAR) AS {WHY_NOT}
    FROM core.fct_ticket_intervals AS stretch
    JOIN core.fct_tickets AS ticket ON ticket.ticket_id = stretch.ticket_id
    WHERE ticket.has_history AND NOT ticket.is_quarantined
        AND stretch.status_category IN ('queued', 'active', 'waiting')
        AND {local("stretch.started_at")} <= {day}
        AND coalesce({local(f"CASE WHEN stretch.is_last THEN {lost} ELSE stretch.ended_at END")} > {day}, TRUE)
    UNION ALL
    SELECT ticket.ticket_id, {of_ticket}, {service}, ticket.status, NULL, NULL, ticket.created_at, NULL, FALSE,
        CASE WHEN ticket.is_quarantined THEN 'set aside by ' || coalesce(aside.rules, 'a rule')
            WHEN ticket.has_history THEN 'no {name_lacking(ClockGap.WHEREABOUTS.value)}'
            ELSE 'no history of status changes' END
    FROM core.fct_tickets AS ticket
    LEFT JOIN {rules_of_records("stg_tickets")} AS aside ON aside.record_id = ticket.ticket_id
    WHERE CASE WHEN ticket.is_quarantined OR NOT ticket.has_history THEN {comes} ELSE {local(lost)} END <= {day}
        AND {goes} > {day}
) AS record""".strip()
    if not cell.is_whole:
        sql += f"\nWHERE {cell.of_member('record')}"
    return Records(
        sql=sql,
        noun=cell.metric.population.records,
        keys=("ticket_id",),
        shown=("team", "priority", "status", "status_category", "in_this_state_since_at", "created_at"),
        part=_COUNTED,
        order=f"{_COUNTED} DESC, in_this_state_since_at, ticket_id",
        order_words="the longest in that state first",
    )


def compute_stock(connection: duckdb.DuckDBPyConnection, cell: Cell, records: Records) -> Arithmetic:
    """How many tickets were in the counted states at the end of the day."""
    assert isinstance(cell.metric.kind, Stock)
    row = _one(
        connection,
        f"SELECT count(*) AS eligible, count(*) FILTER ({IS_MEASURED}) AS measured, sum({_COUNTED}) AS counted "
        f"FROM ({records.sql})",
    )
    eligible, measured = row["eligible"], row["measured"]
    value = int(row["counted"] or 0) if measured or not eligible else None
    by_state = read_rows(
        connection,
        f"SELECT status_category AS state, count(*) AS tickets FROM ({records.sql}) WHERE {IS_MEASURED} "
        "GROUP BY ALL ORDER BY ALL",
    )
    states = list_all([f"{found['tickets']:,} {found['state']}" for found in by_state])
    wanted = list_all([category.value for category in cell.metric.kind.categories])
    end = f"At the end of {long_day(cell.last_day)}"
    if cell.last_day < cell.period.end:
        end += ", how far the data reach,"
    steps = (
        f"{end} {count_records(eligible, 'tickets')} count. " + measured_of(cell, measured, eligible)
        if eligible
        else f"{end} no ticket counts.",
        f"By the stretches of their histories, there {_was(measured)} {states}; counted are those {wanted}: {value:,}."
        if value is not None and states
        else "That makes 0."
        if value == 0
        else "Of none it is known in which state it was.",
    )
    uncertain = uncertain_stock(connection, cell)
    told = int(row["counted"] or 0), eligible - measured
    bounds = uncertain.bounds(*told)
    numbers = Numbers(value=value, eligible_count=eligible, measured_count=measured, bounds=bounds)
    return Arithmetic(numbers, (*steps, *uncertain.steps(*told)))


@dataclass(frozen=True, slots=True)
class _Side:
    """Tickets that came, or went: how each changes what is open, and where they are."""

    what: str
    view: RecordView
    change: int


_VIEWS: Final = {view.name: view for view in RECORD_VIEWS}
_SIDES: Final = (
    _Side("created", _VIEWS["created_ticket_records"], 1),
    _Side("resolved", _VIEWS["resolved_ticket_records"], -1),
)


def _net_query(cell: Cell, side: _Side) -> str:
    """The tickets of one side that count in the cell, in SQL."""
    first, last = cell.days
    within = f"record.{RECORD_DATE} BETWEEN {first} AND {last}"
    return _net_side(cell, side, within, f"record.{MEASURED} = 1")


def _net_side(cell: Cell, side: _Side, within: str, is_measured: str) -> str:
    shown = ", ".join(f"record.{name}" for name in ("ticket_id", RECORD_DATE, *_BREAKDOWN, "source"))
    condition = within if cell.is_whole else f"{within} AND {cell.of_member('record')}"
    return (
        f"SELECT '{side.what}' AS what, {shown}, CASE WHEN {is_measured} THEN {side.change} END AS {_CHANGE}, "
        f"{is_measured} AS {IS_MEASURED}, CASE {' '.join(not_in_period(side.view))} END AS {WHY_NOT}, "
        f"fact.is_quarantined AS {_SET_ASIDE}\n"
        f"FROM mart.{side.view.name} AS record\n"
        "JOIN core.fct_tickets AS fact ON fact.ticket_id = record.ticket_id\n"
        f"LEFT JOIN {rules_of_records('stg_tickets')} AS aside ON aside.record_id = record.ticket_id\n"
        f"WHERE {condition}"
    )


def _possible_net_query(cell: Cell, side: _Side) -> str:
    """The tickets of one side that may belong to the cell; those of which that is not certain are not measured."""
    first, last = cell.days
    leaves, comes = may_leave(cell, side.view), may_come(cell, side.view)
    within = f"(record.{RECORD_DATE} BETWEEN {first} AND {last} OR {comes})"
    return _net_side(cell, side, within, f"(record.{MEASURED} = 1 AND NOT {leaves} AND NOT {comes})")


def net_records(cell: Cell) -> Records:
    """Created tickets, each +1, and resolved ones, each -1."""
    return Records(
        sql="\nUNION ALL\n".join(_net_query(cell, side) for side in _SIDES),
        noun="tickets created and tickets resolved",
        keys=("ticket_id", "what"),
        shown=(RECORD_DATE, "team", "priority", _CHANGE),
        part=_CHANGE,
        order=f"{RECORD_DATE}, what, ticket_id",
        order_words="the earliest first; one that was created and resolved in the period counts +1 and -1",
    )


def compute_net(connection: duckdb.DuckDBPyConnection, cell: Cell, records: Records) -> Arithmetic:
    """Tickets created less tickets resolved."""
    assert isinstance(cell.metric.kind, NetCount)
    arithmetic = _net_of(connection, records)
    if not any(is_uncertain(connection, side.view) for side in _SIDES):
        return arithmetic
    possible = replace(records, sql="\nUNION ALL\n".join(_possible_net_query(cell, side) for side in _SIDES))
    return with_uncertain_periods(arithmetic, _net_of(connection, possible), "tickets")


def _net_of(connection: duckdb.DuckDBPyConnection, records: Records) -> Arithmetic:
    row = _one(
        connection,
        f"SELECT count(*) AS eligible, count(*) FILTER ({IS_MEASURED}) AS measured, "
        f"count(DISTINCT ticket_id) FILTER (NOT {IS_MEASURED} AND {_SET_ASIDE}) AS set_aside, "
        f"count(*) FILTER (NOT {IS_MEASURED} AND NOT {_SET_ASIDE}) AS undated, "
        f"count(*) FILTER ({_CHANGE} = 1) AS created, count(*) FILTER ({_CHANGE} = -1) AS resolved, "
        "count(*) FILTER (what = 'created') AS may_be_created, count(*) FILTER (what = 'resolved') AS may_be_resolved "
        f"FROM ({records.sql})",
    )
    value = row["created"] - row["resolved"]
    # One that may have been created and resolved in the period is one ticket all the same.
    count = row["set_aside"]
    aside = f" {count_records(count, 'tickets')} set aside {'is' if count == 1 else 'are'} in neither." if count else ""
    undated = row["undated"]
    rest = f" {count_records(undated, 'tickets')} may have been resolved, nobody knows when." if undated else ""
    steps = (
        f"{count_records(row['created'], 'tickets')} created, and {row['resolved']:,} resolved.{aside}{rest}",
        f"{row['created']:,} - {row['resolved']:,} = {value:,}",
    )
    bounds = (row["created"] - row["may_be_resolved"], row["may_be_created"] - row["resolved"])
    numbers = Numbers(value=value, eligible_count=row["eligible"], measured_count=row["measured"], bounds=bounds)
    limits = f"Whatever is not certain, it lies between {bounds[0]:,} and {bounds[1]:,}."
    return Arithmetic(numbers, steps, limits=(limits,) if bounds[0] < bounds[1] else ())


def _was(count: int) -> str:
    return "was" if count == 1 else "were"


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> dict[str, Any]:
    return read_rows(connection, query)[0]
