-- question: What was open at the end of a day, team by team, and how many of it had a broken promise?
-- parameter day_date: the day, in the reporting time zone; latest for the last of which the tickets tell [date] [default: latest]
-- example: kpi query --query open_tickets_on_a_day --param day_date=2026-03-31
-- answer: Network Operations | 41 | 20 | 12 | 9 | 33 | 6 | 64.2 | 0
--         Team and state are those of that day. An undecided promise was neither kept nor broken then; how much open time it had
--         left is known as of the data's clock alone. Tickets of which only a snapshot is known, that had left the exports
--         while they were open, or that a contract rule set aside, are in no count; unfollowed_count says how many of
--         those there were by that day, over all teams.
WITH clock AS (
    SELECT
        timezone(
            run.reporting_time_zone,
            CAST(
                CASE
                    WHEN $day_date = 'latest' THEN (SELECT last_date FROM meta.data_clocks WHERE data = 'tickets')
                    ELSE CAST(nullif($day_date, 'latest') AS DATE)
                END + INTERVAL 1 DAY AS TIMESTAMP
            )
        ) AS seen_at
    FROM meta.run AS run
),
open_then AS (
    SELECT ticket.ticket_id, stretch.team, stretch.status_category, ticket.created_at, clock.seen_at
    FROM core.fct_ticket_intervals AS stretch
    JOIN core.fct_tickets AS ticket ON ticket.ticket_id = stretch.ticket_id
    CROSS JOIN clock
    WHERE ticket.has_history
        AND NOT ticket.is_quarantined
        AND stretch.status_category IN ('queued', 'active', 'waiting')
        AND stretch.started_at < clock.seen_at
        AND (stretch.is_last OR stretch.ended_at >= clock.seen_at)
        AND (ticket.unknown_since_at IS NULL OR ticket.unknown_since_at >= clock.seen_at)
),
promises AS (
    SELECT
        promise.ticket_id,
        count(*) FILTER (promise.breached_at IS NULL OR promise.breached_at >= clock.seen_at) AS undecided_count,
        bool_or(promise.breached_at < clock.seen_at) AS is_broken
    FROM core.fct_sla_clocks AS promise, clock
    WHERE promise.started_at < clock.seen_at
        AND (promise.stopped_at >= clock.seen_at OR (promise.stopped_at IS NULL AND promise.state <> 'cancelled'))
    GROUP BY promise.ticket_id
),
unfollowed AS (
    SELECT count(*) AS ticket_count
    FROM core.fct_tickets AS ticket, clock
    WHERE ((ticket.is_quarantined OR NOT ticket.has_history) AND ticket.created_at < clock.seen_at)
        OR ticket.unknown_since_at < clock.seen_at
)
SELECT
    coalesce(open_then.team, '(none)') AS team,
    count(*) AS open_count,
    count(*) FILTER (open_then.status_category = 'queued') AS queued_count,
    count(*) FILTER (open_then.status_category = 'active') AS active_count,
    count(*) FILTER (open_then.status_category = 'waiting') AS waiting_count,
    CAST(coalesce(sum(promises.undecided_count), 0) AS BIGINT) AS undecided_promise_count,
    count(*) FILTER (promises.is_broken) AS broken_count,
    max(date_diff('second', open_then.created_at, open_then.seen_at)) / 86400 AS oldest_age_days,
    (SELECT ticket_count FROM unfollowed) AS unfollowed_count
FROM open_then
LEFT JOIN promises USING (ticket_id)
GROUP BY open_then.team
ORDER BY open_count DESC, team;
