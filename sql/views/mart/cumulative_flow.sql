-- All tickets that had ever arrived by the end of each day, and where they were then: the bands of a cumulative flow
-- diagram.
--
-- One row per day and service; a ticket never changes its service, so that sums over services are true for every day.
-- Draw done, cancelled, waiting, active and queued above each other; their upper edge is arrivals:
--
--     arrived_count = queued_count + active_count + waiting_count + done_count + cancelled_count
--
-- Arrivals, what is in work, and what is over are counted from different facts. Days are cut in the reporting time zone
-- and run from the first ticket to the data's clock. Numbers are as of a day's end: add them up over services, never
-- over days.
CREATE OR REPLACE VIEW mart.cumulative_flow AS
WITH clock AS (
    SELECT CAST(definition.fresh_as_of_at AT TIME ZONE run.reporting_time_zone AS DATE) AS last_date
    FROM meta.run AS run, meta.metrics AS definition
    WHERE definition.metric = 'ticket_work_in_progress_count'
),
tickets AS (
    SELECT
        ticket.ticket_id,
        coalesce(ticket.service, '(none)') AS service,
        ticket.is_quarantined,
        ticket.has_history AND NOT ticket.is_quarantined AS is_followed,
        CAST(ticket.created_at AT TIME ZONE run.reporting_time_zone AS DATE) AS created_date,
        CAST(ticket.unknown_since_at AT TIME ZONE run.reporting_time_zone AS DATE) AS unknown_date
    FROM core.fct_tickets AS ticket
    CROSS JOIN meta.run AS run
),
span AS (
    SELECT min(tickets.created_date) AS first_date, any_value(clock.last_date) AS last_date
    FROM tickets, clock
    WHERE NOT tickets.is_quarantined
),
-- Before the join: of a zone that comes through one, DuckDB looks up the rules anew for every row, ten times slower.
stretches AS MATERIALIZED (
    SELECT
        stretch.ticket_id,
        stretch.status_category,
        CAST(stretch.started_at AT TIME ZONE run.reporting_time_zone AS DATE) AS begun_date,
        CASE
            WHEN NOT stretch.is_last THEN CAST(stretch.ended_at AT TIME ZONE run.reporting_time_zone AS DATE)
        END AS left_date
    FROM core.fct_ticket_intervals AS stretch
    CROSS JOIN meta.run AS run
    WHERE stretch.status_category IN ('done', 'cancelled')
),
settled AS (
    SELECT tickets.service, stretches.status_category, stretches.begun_date, stretches.left_date
    FROM stretches
    JOIN tickets ON tickets.ticket_id = stretches.ticket_id AND tickets.is_followed
),
changes AS (
    SELECT created_date AS day_date, service, 'arrived' AS measure, 1 AS change FROM tickets WHERE is_followed
    UNION ALL
    SELECT greatest(tickets.created_date, span.first_date), tickets.service, 'unfollowed', 1
    FROM tickets, span
    WHERE NOT tickets.is_followed AND tickets.created_date IS NOT NULL
    UNION ALL
    -- From here on it is not known where they are: they go over to those that are not followed.
    SELECT tickets.unknown_date, tickets.service, moved.measure, moved.change
    FROM tickets, (VALUES ('arrived', -1), ('unfollowed', 1)) AS moved (measure, change)
    WHERE tickets.is_followed AND tickets.unknown_date IS NOT NULL
    UNION ALL
    SELECT begun_date, service, status_category, 1 FROM settled
    UNION ALL
    SELECT left_date, service, status_category, -1 FROM settled WHERE left_date IS NOT NULL
),
changed AS (
    SELECT
        day_date,
        service,
        sum(change) FILTER (measure = 'arrived') AS arrived,
        sum(change) FILTER (measure = 'done') AS done,
        sum(change) FILTER (measure = 'cancelled') AS cancelled,
        sum(change) FILTER (measure = 'unfollowed') AS unfollowed
    FROM changes
    GROUP BY day_date, service
),
in_work AS (
    SELECT
        day_date,
        coalesce(service, '(none)') AS service,
        sum(ticket_count) FILTER (status_category = 'queued') AS queued,
        sum(ticket_count) FILTER (status_category = 'active') AS active,
        sum(ticket_count) FILTER (status_category = 'waiting') AS waiting
    FROM core.fct_ticket_days
    GROUP BY ALL
),
days AS (
    SELECT CAST(unnest(generate_series(first_date, last_date, INTERVAL 1 DAY)) AS DATE) AS day_date FROM span
),
grid AS (
    SELECT days.day_date, services.service FROM days, (SELECT DISTINCT service FROM changed) AS services
)
SELECT
    grid.day_date,
    grid.service,
    CAST(coalesce(sum(changed.arrived) OVER running, 0) AS BIGINT) AS arrived_count,
    CAST(coalesce(in_work.queued, 0) AS BIGINT) AS queued_count,
    CAST(coalesce(in_work.active, 0) AS BIGINT) AS active_count,
    CAST(coalesce(in_work.waiting, 0) AS BIGINT) AS waiting_count,
    CAST(coalesce(sum(changed.done) OVER running, 0) AS BIGINT) AS done_count,
    CAST(coalesce(sum(changed.cancelled) OVER running, 0) AS BIGINT) AS cancelled_count,
    CAST(coalesce(sum(changed.unfollowed) OVER running, 0) AS BIGINT) AS unfollowed_count
FROM grid
LEFT JOIN changed USING (day_date, service)
LEFT JOIN in_work USING (day_date, service)
WINDOW running AS (PARTITION BY grid.service ORDER BY grid.day_date);

COMMENT ON VIEW mart.cumulative_flow IS 'Per day and service: tickets that had ever arrived by the day''s end, and where they were then. Arrived = queued + active + waiting + done + cancelled. Add up over services, never over days.';
COMMENT ON COLUMN mart.cumulative_flow.day_date IS 'Day in the reporting time zone, from the first ticket to the data''s clock';
COMMENT ON COLUMN mart.cumulative_flow.service IS 'Service that the tickets are about; (none) where they have none';
COMMENT ON COLUMN mart.cumulative_flow.arrived_count IS 'Tickets created by the day''s end, those that were cancelled later included; less when one leaves the exports while it is open';
COMMENT ON COLUMN mart.cumulative_flow.queued_count IS 'Of those, tickets that were queued at the day''s end';
COMMENT ON COLUMN mart.cumulative_flow.active_count IS 'Of those, tickets that were active';
COMMENT ON COLUMN mart.cumulative_flow.waiting_count IS 'Of those, tickets that were waiting';
COMMENT ON COLUMN mart.cumulative_flow.done_count IS 'Of those, tickets that were done; less when a ticket reopens';
COMMENT ON COLUMN mart.cumulative_flow.cancelled_count IS 'Of those, tickets that were cancelled';
COMMENT ON COLUMN mart.cumulative_flow.unfollowed_count IS 'Tickets created by the day''s end that are in no other column, because only a snapshot is known of them, they left the exports while they were open, or a contract rule set them aside';
