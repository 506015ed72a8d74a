"""What the events of each ticket come to, ticket by ticket, for rules to ask: `ops_ticket_histories`.

Most rules on events are about one ticket at a time: whether it has any, which is the first, whether numbers are
missing. To group and join all events of a long history for each such rule took most of the time of an audit. Here that
is done once, and of another day only for the tickets that are staged again.

Staging alone writes it, with the tables that it is made of. That each event belongs to a staged ticket is for a rule
that asks these tables themselves.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from models.ddl import qualified_name
from models.findings import ops_ticket_histories
from models.tickets import stg_ticket_events, stg_tickets
from pipelines.warehouse import Warehouse

_HISTORIES: Final = """
    WITH counted AS (
        SELECT
            ticket_id,
            CAST(any_value(source) AS VARCHAR) AS source,
            count(*) AS event_count,
            min(occurred_at) AS first_event_at,
            min(occurred_at) FILTER (event_sequence IS NOT NULL) AS first_numbered_at,
            min(event_sequence) AS lowest_sequence,
            max(event_sequence) AS highest_sequence,
            -- How many different numbers there are: within 64 of them, each has its own bit. To count them as they
            -- are takes ten times as long.
            bit_count(bit_or(CAST(1 AS UBIGINT) << CAST(event_sequence & 63 AS UBIGINT))) AS number_count
        FROM {events}
        GROUP BY ticket_id
    ),
    long AS (
        SELECT ticket_id, count(DISTINCT event_sequence) AS number_count
        FROM {events}
        SEMI JOIN (FROM counted WHERE highest_sequence - lowest_sequence >= 64) AS far USING (ticket_id)
        GROUP BY ticket_id
    ),
    of_events AS (
        SELECT counted.*, coalesce(long.number_count, counted.number_count) AS sequence_count
        FROM counted LEFT JOIN long USING (ticket_id)
    )
    SELECT
        coalesce(tickets.ticket_id, of_events.ticket_id) AS ticket_id,
        of_events.source,
        tickets.created_at,
        coalesce(event_count, 0) AS event_count,
        first_event_at,
        first_numbered_at,
        lowest_sequence,
        highest_sequence,
        coalesce(sequence_count, 0) AS sequence_count
    FROM of_events
    FULL JOIN {tickets} AS tickets ON tickets.ticket_id = of_events.ticket_id
"""


def store_histories(warehouse: Warehouse) -> None:
    """Bring `ops_ticket_histories` in line with all tickets and events that are staged."""
    warehouse.create_again(ops_ticket_histories, {})
    query = _HISTORIES.format(events=qualified_name(stg_ticket_events), tickets=qualified_name(stg_tickets))
    warehouse.execute(f"INSERT INTO {qualified_name(ops_ticket_histories)} BY NAME {query}")


def replace_histories(warehouse: Warehouse, ticket_ids: pl.Series, events: pl.DataFrame, tickets: pl.DataFrame) -> None:
    """The same where only what is staged of some tickets has changed.

    Args:
        ticket_ids: these tickets.
        events, tickets: all rows of the staged tables that there are of them now.
    """
    with warehouse.registered(events) as of_events, warehouse.registered(tickets) as of_tickets:
        histories = warehouse.frame(_HISTORIES.format(events=of_events, tickets=of_tickets))
    warehouse.replace_rows(ops_ticket_histories, "ticket_id", ticket_ids, histories)
