-- Generated from models/ by `python -m pipelines.generate`; a test fails if it was edited by hand.
--
-- One row per stretch of a ticket's life with one status, team, priority and vendor.
-- Durations are stored in whole microseconds; 3.6e9 of them are an hour.
CREATE OR REPLACE VIEW mart.ticket_interval_facts AS
SELECT
    ticket_id,
    interval_number,
    started_at,
    ended_at,
    started_earliest_at,
    started_latest_at,
    status,
    status_category,
    waiting_reason,
    team,
    priority,
    vendor,
    calendar,
    cycle_number,
    is_last,
    duration_calendar_microseconds / 3.6e9 AS duration_calendar_hours,
    duration_business_microseconds / 3.6e9 AS duration_business_hours
FROM core.fct_ticket_intervals;

COMMENT ON VIEW mart.ticket_interval_facts IS 'One row per stretch of a ticket''s life with one status, team, priority and vendor. Evidence, not a KPI: rows of the latest data, also those that a held KPI would count; what they add up to is not what is published while it is held (see meta.metrics).';
COMMENT ON COLUMN mart.ticket_interval_facts.ticket_id IS 'Ticket, qualified by its source';
COMMENT ON COLUMN mart.ticket_interval_facts.interval_number IS 'Order of the stretch in the ticket''s life, from 1';
COMMENT ON COLUMN mart.ticket_interval_facts.started_at IS 'Start, inclusive';
COMMENT ON COLUMN mart.ticket_interval_facts.ended_at IS 'End, exclusive; while it lasts, the data''s clock; empty where the ticket lies done or cancelled since, or is in no export since';
COMMENT ON COLUMN mart.ticket_interval_facts.started_earliest_at IS 'Of repeated snapshots: the latest export that shows the state before. The stretch began between it and started_at. Empty where the instant is exact';
COMMENT ON COLUMN mart.ticket_interval_facts.started_latest_at IS 'Of repeated snapshots: the first export that shows the ticket, where that shows it active. It is taken to have been so since its creation, and may have been queued until then. Empty in all other stretches';
COMMENT ON COLUMN mart.ticket_interval_facts.status IS 'Status in the source''s words; empty where it is not told, and where a ticket came back and was resolved again between two exports: that stretch has no length';
COMMENT ON COLUMN mart.ticket_interval_facts.status_category IS 'Category of the status';
COMMENT ON COLUMN mart.ticket_interval_facts.waiting_reason IS 'Whom a waiting status waits for';
COMMENT ON COLUMN mart.ticket_interval_facts.team IS 'Team that held the ticket';
COMMENT ON COLUMN mart.ticket_interval_facts.priority IS 'Priority in that stretch';
COMMENT ON COLUMN mart.ticket_interval_facts.vendor IS 'Vendor that held the ticket';
COMMENT ON COLUMN mart.ticket_interval_facts.calendar IS 'Working calendar of the team';
COMMENT ON COLUMN mart.ticket_interval_facts.cycle_number IS '1, and one more for every reopening before this stretch';
COMMENT ON COLUMN mart.ticket_interval_facts.is_last IS 'Whether this is the stretch in which the ticket is now';
COMMENT ON COLUMN mart.ticket_interval_facts.duration_calendar_hours IS 'Length by the clock on the wall; empty where there is no end';
COMMENT ON COLUMN mart.ticket_interval_facts.duration_business_hours IS 'Length in open hours of the calendar; empty where there is no end';
