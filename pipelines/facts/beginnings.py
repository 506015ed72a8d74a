"""Of how many records each source tells on each day, from which it follows where its data begin.

Which day that is, is decided in `metrics.measuring.beginnings`.
"""

from __future__ import annotations

from typing import Final

from metrics.measuring.beginnings import Beginning, find_beginnings
from models.ddl import qualified_name, quote_text
from models.finance import fct_cost_lines
from models.tickets import fct_tickets, stg_ticket_events, stg_tickets
from models.vendors import fct_deliveries, fct_vendor_invoice_lines
from models.vocabulary import ExportShape
from pipelines.session import Session

#: Instants are brought together before they become days: to find the day of millions takes seconds. No time zone has an
#: offset that is no multiple of it.
_SLOT_SECONDS: Final = 900

#: A line lies where its cost begins, for what is booked once a month brings the whole month.
_MONEY_AND_DELIVERIES: Final = f"""
    SELECT 'finance' AS data, source, coalesce(cost_start_date, posting_date) AS day, count(*) AS record_count
    FROM {qualified_name(fct_cost_lines)} WHERE NOT is_quarantined GROUP BY ALL
    UNION ALL
    SELECT 'deliveries', source, delivered_date, count(*)
    FROM {qualified_name(fct_deliveries)} WHERE NOT is_quarantined GROUP BY ALL
    UNION ALL
    SELECT 'invoices', source, invoice_date, count(*)
    FROM {qualified_name(fct_vendor_invoice_lines)} WHERE NOT is_quarantined GROUP BY ALL
"""


def read_beginnings(session: Session) -> list[Beginning]:
    """Where the data of each source begin; of what was set aside, nothing is taken. Read once in a run."""
    if session.beginnings is None:
        session.beginnings = _find_beginnings(session)
    return session.beginnings


def _find_beginnings(session: Session) -> list[Beginning]:
    days = session.warehouse.frame(
        f"""
        SELECT * FROM ({_days_of_tickets(session.project.home.settings.reporting.time_zone)})
        UNION ALL SELECT * FROM ({_MONEY_AND_DELIVERIES})
        """
    )
    return find_beginnings(days.drop_nulls("day").sort("data", "source", "day"))


def _days_of_tickets(time_zone: str) -> str:
    """The query for what happened to tickets, by source and day.

    A log tells of its events; an export of tickets as they stand, of their resolutions or closures: when they were
    created says nothing of what else happened then, for an export of what is open today has creations of years ago. Of
    repeated snapshots the first exports that show a ticket count, too, and none of the changes that these date before.
    Where tickets have nothing but creations, these count.
    """
    shape = ExportShape.SNAPSHOT.value, ExportShape.REPEATED_SNAPSHOTS.value
    snapshots = ", ".join(map(quote_text, shape))
    slot = f"epoch_us(told_at) // {_SLOT_SECONDS * 1_000_000}"
    return f"""
        WITH told AS (
            SELECT CAST(source AS VARCHAR) AS source, ticket_id, occurred_at AS told_at, FALSE AS is_creation
            FROM {qualified_name(stg_ticket_events)} AS event
            ANTI JOIN (
                SELECT ticket_id, first_seen_at FROM {qualified_name(stg_tickets)}
                WHERE CAST(export_shape AS VARCHAR) = {quote_text(shape[1])}
            ) AS seen ON event.ticket_id = seen.ticket_id AND event.occurred_at < seen.first_seen_at
            UNION ALL
            SELECT CAST(source AS VARCHAR), ticket_id, unnest([coalesce(resolved_at, closed_at), first_seen_at]), FALSE
            FROM {qualified_name(stg_tickets)} WHERE CAST(export_shape AS VARCHAR) IN ({snapshots})
            UNION ALL
            SELECT CAST(source AS VARCHAR), ticket_id, created_at, TRUE FROM {qualified_name(stg_tickets)}
        ),
        slots AS (
            SELECT source, is_creation, {slot} AS slot, count(*) AS record_count
            FROM told
            ANTI JOIN (SELECT ticket_id FROM {qualified_name(fct_tickets)} WHERE is_quarantined) USING (ticket_id)
            WHERE told_at IS NOT NULL
            GROUP BY ALL
        ),
        chosen AS (
            SELECT * FROM slots QUALIFY is_creation = bool_and(is_creation) OVER (PARTITION BY source)
        )
        SELECT
            'tickets' AS data,
            source,
            CAST(timezone({quote_text(time_zone)}, to_timestamp(slot * {_SLOT_SECONDS})) AS DATE) AS day,
            CAST(sum(record_count) AS BIGINT) AS record_count
        FROM chosen
        GROUP BY ALL
    """
