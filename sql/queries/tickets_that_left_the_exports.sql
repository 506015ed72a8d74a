-- question: Which tickets left the exports while they were open, and what is the last that was known of them?
-- parameter team: one team, or * for all [default: *]
-- parameter months: latest months of the tickets' data in which they left, the open one included [number] [default: 4]
-- parameter row_limit: rows at most, the latest ones [number] [default: 50]
-- example: kpi query --query tickets_that_left_the_exports --param months=12
-- answer: desk:T004711 | desk | Service Desk | P2 | Awaiting User Info | 2026-10-02 07:12:00+00 | 2026-10-12 22:00:00+00 | 2026-08-01 | 12
--         Deleted, moved and closed look the same: whether such a ticket is open since is not known. left_count says how many
--         left since counted_from_date in all.
WITH counted AS (
    SELECT
        reporting_time_zone,
        CAST(
            date_trunc('month', (SELECT last_date FROM meta.data_clocks WHERE data = 'tickets'))
            - to_months(CAST($months AS INTEGER) - 1) AS DATE
        ) AS from_date
    FROM meta.run
)
SELECT
    ticket.ticket_id,
    ticket.source,
    ticket.team,
    ticket.priority,
    ticket.status,
    ticket.created_at,
    ticket.unknown_since_at,
    counted.from_date AS counted_from_date,
    count(*) OVER () AS left_count
FROM mart.ticket_facts AS ticket
CROSS JOIN counted
WHERE CAST(ticket.unknown_since_at AT TIME ZONE counted.reporting_time_zone AS DATE) >= counted.from_date
    AND NOT ticket.is_quarantined
    AND $team IN ('*', ticket.team)
QUALIFY row_number() OVER (ORDER BY ticket.unknown_since_at DESC, ticket.ticket_id) <= CAST($row_limit AS BIGINT)
ORDER BY ticket.unknown_since_at DESC, ticket.ticket_id;
