"""What each source of tickets told, day by day, held against its own past; findings are stored for rules to ask.

The arithmetic is in `metrics.source_drift`. Days that say nothing are left out: the holidays of the home's calendars,
and the incidents that `[gate]` in kpi.toml names. Exports of money come by the month, and are held against control
totals.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Final

import polars as pl

from metrics.calendars.working_calendar import WorkingCalendar
from metrics.periods import local_date_of
from metrics.source_drift import BASELINE_DAYS, find_drift
from models.ddl import quote_text
from models.ops import ops_source_drift
from models.vocabulary import Domain
from pipelines.home import GateSection
from pipelines.session import Session

#: Tickets of which something was told on a day, by source and team; where a source tells no events, those created.
_COUNTS: Final = """
    WITH told AS (
        SELECT ticket_id, events.source, events.occurred_at AS told_at, coalesce(events.team, tickets.team) AS team
        FROM stg.stg_ticket_events AS events LEFT JOIN stg.stg_tickets AS tickets USING (ticket_id)
        UNION ALL
        SELECT ticket_id, source, created_at, team FROM stg.stg_tickets
        WHERE source NOT IN (SELECT DISTINCT source FROM stg.stg_ticket_events)
    )
    SELECT source, CAST(timezone({zone}, told_at) AS DATE) AS day, team, count(DISTINCT ticket_id) AS ticket_count
    FROM told
    WHERE told_at >= {start} AND told_at <= {end}
    GROUP BY ALL
"""


def store_source_drift(session: Session, clock: datetime | None) -> None:
    """Replace what is known of drift in tickets. Call after they are staged, in the same transaction.

    Args:
        clock: how far the staged tickets reach; None where there are none.
    """
    warehouse, settings = session.warehouse, session.project.home.settings
    warehouse.execute("DELETE FROM ops.ops_source_drift WHERE domain = ?", [Domain.TICKETS.value])
    if clock is None:
        return
    zone = settings.reporting.time_zone
    reach = BASELINE_DAYS + settings.gate.drift_window_days + 1
    start = (clock - timedelta(days=reach)).astimezone(UTC)
    query = _COUNTS.format(
        zone=quote_text(zone),
        start=f"CAST({quote_text(start.isoformat())} AS TIMESTAMPTZ)",
        end=f"CAST({quote_text(clock.astimezone(UTC).isoformat())} AS TIMESTAMPTZ)",
    )
    until = local_date_of(clock, zone)
    excluded = silent_days(session.project.policies.calendars, settings.gate, until, reach)
    found = find_drift(
        warehouse.frame(query), until=until, window_days=settings.gate.drift_window_days, excluded=excluded
    )
    warehouse.append(ops_source_drift, found.with_columns(pl.lit(Domain.TICKETS.value).alias("domain")))


def silent_days(
    calendars: Iterable[WorkingCalendar], gate: GateSection, until: date, day_count: int
) -> frozenset[date]:
    """Days before a date of which nothing follows: special days of any calendar, and known incidents."""
    days = [until - timedelta(days=back) for back in range(day_count + 1)]
    versions = [version for calendar in calendars for version in calendar.versions]
    special = {day for version in versions for day in (*version.holidays, *version.exceptional_days)}
    return frozenset(
        day
        for day in days
        if day in special or any(incident.from_date <= day <= incident.to_date for incident in gate.known_incidents)
    )
