"""What each source told, held against its own past; findings are stored for rules to ask.

The arithmetic is in `metrics.source_drift` for tickets, by days and weeks, and in `metrics.money_drift`,
`metrics.part_months` and `metrics.unposted_months` for money, by months. Days that say nothing are left out: the
incidents that `[gate]` in kpi.toml names, and of tickets the holidays of the home's calendars.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import polars as pl

from metrics.calendars.working_calendar import WorkingCalendar
from metrics.money_drift import find_money_drift
from metrics.part_months import find_part_months
from metrics.periods import local_date_of
from metrics.source_drift import BASELINE_DAYS, GAPS, STATUSES, find_drift, find_share_drift
from metrics.unposted_months import find_unposted_months
from models.ddl import quote_text
from models.findings import ops_source_drift
from models.vocabulary import Domain
from pipelines.home import GateSection
from pipelines.session import Session
from pipelines.warehouse import Warehouse

#: Microseconds of a quarter of an hour. Since 1972 all zones differ from UTC by whole quarters, so the day is looked up
#: by the quarter: asking the zone for every event costs five times as much as all else.
_QUARTER: Final = 900_000_000
#: The day of each quarter of the time that is looked at.
_QUARTERS: Final = f"""
    quarters AS (
        SELECT quarter, CAST(timezone({{zone}}, make_timestamptz(quarter * {_QUARTER})) AS DATE) AS day
        FROM range(epoch_us({{start}}) // {_QUARTER}, epoch_us({{end}}) // {_QUARTER} + 1) AS numbered (quarter)
    )
"""

#: Tickets of which something was told on a day, by source and team; where a source tells no events, those created.
#: Events without a team are looked up among the tickets apart, for most have one.
_COUNTS: Final = f"""
    WITH {_QUARTERS},
    events AS (
        SELECT ticket_id, source, occurred_at AS told_at, team FROM stg.stg_ticket_events
        WHERE occurred_at BETWEEN {{start}} AND {{end}}
    ),
    told AS (
        FROM events WHERE team IS NOT NULL
        UNION ALL
        SELECT ticket_id, events.source, told_at, tickets.team
        FROM events LEFT JOIN stg.stg_tickets AS tickets USING (ticket_id) WHERE events.team IS NULL
        UNION ALL
        SELECT ticket_id, source, created_at, team FROM stg.stg_tickets
        WHERE source NOT IN (SELECT DISTINCT source FROM stg.stg_ticket_events)
        AND created_at BETWEEN {{start}} AND {{end}}
    )
    SELECT source, day, team, count(DISTINCT ticket_id) AS ticket_count
    FROM told JOIN quarters ON epoch_us(told_at) // {_QUARTER} = quarter
    GROUP BY ALL
"""

#: Of what tickets that ended on a day lack a value. Those that are open may still get one.
_GAPS: Final = f"""
    WITH {_QUARTERS}
    SELECT source, day, count(*) AS all_count, {{missing}}
    FROM stg.stg_tickets JOIN quarters ON epoch_us(coalesce(resolved_at, closed_at)) // {_QUARTER} = quarter
    WHERE status_category = 'done' AND coalesce(resolved_at, closed_at) BETWEEN {{start}} AND {{end}}
    GROUP BY ALL
"""
_GAP_COLUMNS: Final = ("team", "priority", "service")
_STATUSES: Final = f"""
    WITH {_QUARTERS}
    SELECT source, day, status AS member, count(*) AS member_count
    FROM stg.stg_ticket_events JOIN quarters ON epoch_us(occurred_at) // {_QUARTER} = quarter
    WHERE status IS NOT NULL AND occurred_at BETWEEN {{start}} AND {{end}}
    GROUP BY ALL
"""

#: Lines of a month, by whatever shares are judged of; none that is dated after its own file landed.
_LINES: Final = """
    SELECT source, CAST(date_trunc('month', {dated_by}) AS DATE) AS first_date, currency_code, {members},
        max({dated_by}) AS last_day,
        count(*) AS line_count,
        CAST(sum(CAST(amount_original AS DOUBLE)) AS DOUBLE) AS amount,
        CAST(sum(CAST(amount_original AS DOUBLE) * CAST(amount_original AS DOUBLE)) AS DOUBLE) AS squared_amount
    FROM {table} JOIN ops.ops_loads AS loads USING (load_id)
    WHERE {dated_by} <= loads.loaded_at + INTERVAL 1 DAY AND amount_original IS NOT NULL
    GROUP BY ALL
"""


#: Months of each source, and the days between which nine in ten of their lines lie.
_MONTHS: Final = """
    SELECT source, CAST(date_trunc('month', {dated_by}) AS DATE) AS first_date, count(*) AS line_count,
        quantile_disc({dated_by}, 0.05) AS early_date, quantile_disc({dated_by}, 0.95) AS late_date
    FROM {table} JOIN ops.ops_loads AS loads USING (load_id)
    WHERE {dated_by} <= loads.loaded_at + INTERVAL 1 DAY AND amount_original IS NOT NULL
    GROUP BY ALL
"""


@dataclass(frozen=True, slots=True)
class _Money:
    """How an export of money is judged: by which date, and whose shares."""

    table: str
    dated_by: str
    members: tuple[str, ...]


_MONEY: Final = {
    Domain.FINANCE: _Money("stg.stg_cost_lines", "posting_date", ("account", "vendor")),
    Domain.VENDORS: _Money("stg.stg_vendor_invoice_lines", "invoice_date", ("vendor",)),
}


@dataclass(frozen=True, slots=True)
class DaySpan:
    """The instants that are looked at, both with an offset and included, and the zone whose days they are put in."""

    start: datetime
    end: datetime
    zone: str

    def places(self) -> dict[str, str]:
        """What stands in the queries for them."""
        start, end = (
            f"CAST({quote_text(instant.astimezone(UTC).isoformat())} AS TIMESTAMPTZ)"
            for instant in (self.start, self.end)
        )
        return {"zone": quote_text(self.zone), "start": start, "end": end}


def store_money_drift(session: Session, domain: Domain) -> None:
    """Replace what is known of drift in the lines of a domain. Call after they are staged, in the same transaction."""
    warehouse, gate = session.warehouse, session.project.home.settings.gate
    warehouse.execute("DELETE FROM ops.ops_source_drift WHERE domain = ?", [domain.value])
    money = _MONEY[domain]
    query = _LINES.format(table=money.table, dated_by=money.dated_by, members=", ".join(money.members))
    excluded = {
        incident.from_date + timedelta(days=ahead)
        for incident in gate.known_incidents
        for ahead in range((incident.to_date - incident.from_date).days + 1)
    }
    lines = warehouse.frame(query).with_columns(pl.col("last_day").max().over("source"))
    found = find_money_drift(lines, shares=money.members, excluded=excluded)
    reach = lines.select("source", "last_day").unique()
    months = warehouse.frame(_MONTHS.format(table=money.table, dated_by=money.dated_by)).join(reach, on="source")
    parts = find_part_months(months, excluded=excluded), find_unposted_months(months, excluded=excluded)
    found = pl.concat([found, *parts])
    warehouse.append(ops_source_drift, found.with_columns(pl.lit(domain.value).alias("domain")))


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
    span = DaySpan(clock - timedelta(days=reach), clock, zone)
    until = local_date_of(clock, zone)
    excluded = silent_days(session.project.policies.calendars, settings.gate, until, reach)
    judged: dict[str, Any] = {"until": until, "window_days": settings.gate.drift_window_days, "excluded": excluded}
    found = pl.concat(
        [
            find_drift(count_told_tickets(warehouse, span), **judged),
            find_share_drift(*_gaps(warehouse, span), **judged),
            find_share_drift(*_statuses(warehouse, span), **judged),
        ]
    )
    warehouse.append(ops_source_drift, found.with_columns(pl.lit(Domain.TICKETS.value).alias("domain")))


def count_told_tickets(warehouse: Warehouse, span: DaySpan) -> pl.DataFrame:
    """Tickets of which something was told: `source`, `day`, `team` (empty where none is known) and `ticket_count`."""
    return warehouse.frame(_COUNTS.format(**span.places()))


def count_statuses(warehouse: Warehouse, span: DaySpan) -> pl.DataFrame:
    """Changes to a status: `source`, `day`, `member` (the status) and `member_count`."""
    return warehouse.frame(_STATUSES.format(**span.places()))


def _gaps(warehouse: Warehouse, span: DaySpan) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Members and totals of tickets without a value, as `find_share_drift` takes them."""
    missing = ", ".join(f"count(*) - count({column}) AS {column}" for column in _GAP_COLUMNS)
    days = warehouse.frame(_GAPS.format(missing=missing, **span.places())).with_columns(pl.lit(GAPS).alias("measure"))
    members = days.unpivot(
        _GAP_COLUMNS, index=["source", "measure", "day"], variable_name="member", value_name="member_count"
    )
    return members, days.select("source", "measure", "day", "all_count")


def _statuses(warehouse: Warehouse, span: DaySpan) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Members and totals of changes to a status, as `find_share_drift` takes them."""
    members = count_statuses(warehouse, span).with_columns(pl.lit(STATUSES).alias("measure"))
    return members, members.group_by("source", "measure", "day").agg(pl.col("member_count").sum().alias("all_count"))


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
