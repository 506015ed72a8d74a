"""Which of the files that came, were replaced or went can have changed a period, by the days of their records.

The days are all that the staged rows of a load have: when a ticket was created and resolved, for which days a line is.
Staged rows of loads that count no longer are gone. Which files differ is for `pipelines.kpis.counted_loads`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from sqlalchemy import Date, DateTime, Table

from models.catalog import STAGED
from models.ddl import qualified_name, quote_identifier, quote_text
from models.tickets import stg_tickets
from models.vocabulary import RestatementReason
from pipelines.kpis.counted_loads import FileChange
from pipelines.session import Session

#: Files that are named; a history that lands anew may have hundreds.
MOST_FILES: Final = 20

#: How likely a file changed a period, the likeliest first.
_WITHIN, _EARLIER, _NOT_KNOWN, _LATER = range(4)


class Days(NamedTuple):
    """The first and the last day that records tell of."""

    first: date
    last: date


def read_days(session: Session, load_ids: Collection[str]) -> Mapping[str, Days]:
    """Of some loads, between which days in the reporting time zone their records lie.

    What is told of a ticket may change any month of its life: its days begin with its creation. Loads without staged
    rows, or without a day, are left out.
    """
    if not load_ids:
        return {}
    found: dict[str, Days] = {}
    for table in (table for tables in STAGED.values() for table in tables):
        for load_id, first, last in _read_days_of(session, table, load_ids):
            if first is not None:
                known = found.get(load_id, Days(first, last))
                found[load_id] = Days(min(first, known.first), max(last, known.last))
    return found


def _read_days_of(session: Session, table: Table, load_ids: Collection[str]) -> list[tuple[Any, ...]]:
    """Load, and the first and last day of its rows in a staged table; empty where none of them has one."""
    days = [*_days_of(session, table, "own")]
    joined = ""
    if "ticket_id" in table.columns and table is not stg_tickets:
        joined = f"LEFT JOIN {qualified_name(stg_tickets)} AS ticket ON ticket.ticket_id = own.ticket_id"
        days += _days_of(session, stg_tickets, "ticket", only="created_at")
    named = ", ".join(quote_text(load_id) for load_id in sorted(load_ids))
    # Each is asked for by itself: an empty one says nothing of the others.
    first = f"list_min([{', '.join(f'min({day})' for day in days)}])"
    last = f"list_max([{', '.join(f'max({day})' for day in days)}])"
    if not days:
        return []
    return session.warehouse.rows(
        f"SELECT CAST(own.load_id AS VARCHAR) AS load_id, {first}, {last} FROM {qualified_name(table)} AS own {joined} "
        f"WHERE CAST(own.load_id AS VARCHAR) IN ({named}) GROUP BY ALL"
    )


def _days_of(session: Session, table: Table, alias: str, *, only: str | None = None) -> Iterator[str]:
    """The days that a row tells of, in SQL."""
    zone = quote_text(session.project.home.settings.reporting.time_zone)
    for column in table.columns:
        if only not in (None, column.name):
            continue
        name = f"{alias}.{quote_identifier(column.name)}"
        if isinstance(column.type, DateTime):
            yield f"CAST({name} AT TIME ZONE {zone} AS DATE)"
        elif isinstance(column.type, Date):
            yield name


def name_files(changes: Sequence[FileChange], days: Mapping[str, Days], period: Days) -> str | None:
    """The files of one reason, those that can have changed a period most first; None where there are none.

    First stand those with records that lie in the period or around it, then those with earlier ones, on which running
    totals and lives of tickets rest, then those of which it is not known. Records from after the period change none of
    it as a rule: where there are others, files that came with nothing else, and exchange rates of later days, are only
    counted.
    """
    ranks = {change: _rank(change, days, period) for change in changes}
    ordered = sorted(changes, key=lambda change: (ranks[change], change.tells_exchange_rates))
    is_told = min(ranks.values(), default=_LATER) < _LATER
    names = dict.fromkeys(change.name for change in ordered if not is_told or ranks[change] < _LATER)
    if not names:
        return None
    whole = len({change.name for change in changes})
    named = list(names)[:MOST_FILES]
    more = f" and {whole - len(named):,} more" if whole > len(named) else ""
    return ", ".join(named) + more


def _rank(change: FileChange, days: Mapping[str, Days], period: Days) -> int:
    """How likely a file changed a period."""
    known = [days[load_id] for load_id in change.load_ids if load_id in days]
    if not known:
        return _NOT_KNOWN
    first, last = min(each.first for each in known), max(each.last for each in known)
    if first <= period.last:
        return _WITHIN if last >= period.first else _EARLIER
    # What a file held that was replaced is not known; of exchange rates it is.
    is_told = change.reason is RestatementReason.FILES_REPLACED and not change.tells_exchange_rates
    return _NOT_KNOWN if is_told else _LATER
