-- Every open ticket as of the data's clock: how old it is, where it is stuck and since when, and what is due next.
--
-- One that left the exports while it was open is not here: whether it is open since is not known.
-- The stay in a status goes back to the last change of status, over changes of team, priority or vendor. Where only a
-- snapshot of a ticket is known, it is empty. Tickets that a contract rule set aside are shown, and flagged.
CREATE OR REPLACE VIEW mart.aging_work AS
WITH open_tickets AS (
    FROM core.fct_tickets WHERE NOT is_done AND NOT is_cancelled AND unknown_since_at IS NULL
),
stretches AS (
    FROM core.fct_ticket_intervals SEMI JOIN open_tickets USING (ticket_id)
),
latest AS (
    SELECT ticket_id, status, status_category, waiting_reason FROM stretches WHERE is_last
),
changed AS (
    SELECT ticket_id, max(stretches.interval_number) AS interval_number
    FROM stretches
    JOIN latest USING (ticket_id)
    WHERE stretches.status IS DISTINCT FROM latest.status
        OR stretches.status_category <> latest.status_category
    GROUP BY ticket_id
),
stays AS (
    SELECT
        stretches.ticket_id,
        min(stretches.started_at) AS in_status_since_at,
        sum(stretches.duration_calendar_microseconds) / 3.6e9 AS in_status_calendar_hours,
        sum(stretches.duration_business_microseconds) / 3.6e9 AS in_status_business_hours
    FROM stretches
    LEFT JOIN changed USING (ticket_id)
    WHERE stretches.interval_number > coalesce(changed.interval_number, 0)
    GROUP BY stretches.ticket_id
),
promises AS (
    SELECT
        ticket_id,
        min(due_at) FILTER (state = 'running') AS next_due_at,
        arg_min(target, due_at) FILTER (state = 'running') AS next_due_target,
        min(coalesce(remaining_lower_microseconds, remaining_microseconds))
            FILTER (state IN ('running', 'paused')) / 3.6e9 AS least_remaining_hours,
        bool_or(state = 'breached' AND stopped_at IS NULL) AS has_open_breach
    FROM core.fct_sla_clocks
    WHERE ticket_id IN (SELECT ticket_id FROM open_tickets)
    GROUP BY ticket_id
)
SELECT
    ticket.ticket_id,
    ticket.source,
    ticket.ticket_type,
    ticket.status,
    ticket.status_category,
    latest.waiting_reason,
    ticket.team,
    ticket.priority,
    ticket.service,
    ticket.vendor,
    ticket.created_at,
    ticket.age_calendar_microseconds / 8.64e10 AS age_calendar_days,
    ticket.age_calendar_microseconds / 3.6e9 AS age_calendar_hours,
    ticket.age_business_microseconds / 3.6e9 AS age_business_hours,
    stays.in_status_since_at,
    stays.in_status_calendar_hours,
    stays.in_status_business_hours,
    ticket.reopen_count,
    ticket.handoff_count,
    ticket.touch_count,
    promises.next_due_at,
    promises.next_due_target,
    promises.least_remaining_hours,
    coalesce(promises.has_open_breach, false) AS has_open_breach,
    ticket.is_quarantined,
    ticket.has_history
FROM open_tickets AS ticket
LEFT JOIN latest USING (ticket_id)
LEFT JOIN stays USING (ticket_id)
LEFT JOIN promises USING (ticket_id);

COMMENT ON VIEW mart.aging_work IS 'One row per open ticket: its age, its status and since when it has been in it, and what is due next. As of the data''s clock.';
COMMENT ON COLUMN mart.aging_work.ticket_id IS 'Ticket, qualified by its source';
COMMENT ON COLUMN mart.aging_work.source IS 'System that exported the ticket';
COMMENT ON COLUMN mart.aging_work.ticket_type IS 'Type in the source''s words';
COMMENT ON COLUMN mart.aging_work.status IS 'Status in the source''s words';
COMMENT ON COLUMN mart.aging_work.status_category IS 'queued, active or waiting';
COMMENT ON COLUMN mart.aging_work.waiting_reason IS 'Whom a waiting ticket waits for';
COMMENT ON COLUMN mart.aging_work.team IS 'Team that has the ticket';
COMMENT ON COLUMN mart.aging_work.priority IS 'Priority';
COMMENT ON COLUMN mart.aging_work.service IS 'Service that the ticket is about';
COMMENT ON COLUMN mart.aging_work.vendor IS 'Vendor that has the ticket';
COMMENT ON COLUMN mart.aging_work.created_at IS 'Creation';
COMMENT ON COLUMN mart.aging_work.age_calendar_days IS 'Creation to the data''s clock, in days of 24 hours by the clock on the wall';
COMMENT ON COLUMN mart.aging_work.age_calendar_hours IS 'The same in hours';
COMMENT ON COLUMN mart.aging_work.age_business_hours IS 'Creation to the data''s clock, in open hours of the teams that had the ticket';
COMMENT ON COLUMN mart.aging_work.in_status_since_at IS 'When the ticket entered its status for the last time; empty without a history';
COMMENT ON COLUMN mart.aging_work.in_status_calendar_hours IS 'Since then, by the clock on the wall';
COMMENT ON COLUMN mart.aging_work.in_status_business_hours IS 'Since then, in open hours of the teams that had the ticket';
COMMENT ON COLUMN mart.aging_work.reopen_count IS 'Moves from done back to work; empty where the export has no history';
COMMENT ON COLUMN mart.aging_work.handoff_count IS 'Changes of team; empty where the export has no history';
COMMENT ON COLUMN mart.aging_work.touch_count IS 'Public replies by an agent; where the source tells none, entries into active; empty where it cannot tell';
COMMENT ON COLUMN mart.aging_work.next_due_at IS 'Earliest instant at which a running SLA clock will breach if nothing pauses it; empty if none runs';
COMMENT ON COLUMN mart.aging_work.next_due_target IS 'Target of that clock';
COMMENT ON COLUMN mart.aging_work.least_remaining_hours IS 'Open time left on the clock with the least of it, running or paused, as little as it can be; empty if all are decided';
COMMENT ON COLUMN mart.aging_work.has_open_breach IS 'Whether a clock has breached and was not stopped since: the promise is broken and still open';
COMMENT ON COLUMN mart.aging_work.is_quarantined IS 'Whether a contract rule set the ticket aside: do not trust its times';
COMMENT ON COLUMN mart.aging_work.has_history IS 'Whether the export tells the ticket''s status changes (false: snapshot only)';
