-- Generated from models/ by `python -m pipelines.generate`; a test fails if it was edited by hand.
--
-- One row per ticket: its life measured on both clocks as of the data's own clock.
-- Durations are stored in whole microseconds; 3.6e9 of them are an hour.
CREATE OR REPLACE VIEW mart.ticket_facts AS
SELECT
    ticket_id,
    source,
    ticket_type,
    status,
    status_category,
    team,
    priority,
    service,
    vendor,
    created_at,
    created_earliest_at,
    first_active_at,
    first_response_at,
    first_response_earliest_at,
    first_resolved_at,
    resolved_at,
    resolved_earliest_at,
    cancelled_at,
    cancelled_earliest_at,
    settled_by_at,
    unknown_since_at,
    is_done,
    is_cancelled,
    is_quarantined,
    has_history,
    is_sampled,
    is_sla_met_at_source,
    calendar,
    lead_time_calendar_microseconds / 3.6e9 AS lead_time_calendar_hours,
    lead_time_business_microseconds / 3.6e9 AS lead_time_business_hours,
    cycle_time_calendar_microseconds / 3.6e9 AS cycle_time_calendar_hours,
    cycle_time_business_microseconds / 3.6e9 AS cycle_time_business_hours,
    first_resolution_calendar_microseconds / 3.6e9 AS first_resolution_calendar_hours,
    first_resolution_business_microseconds / 3.6e9 AS first_resolution_business_hours,
    first_response_calendar_microseconds / 3.6e9 AS first_response_calendar_hours,
    first_response_business_microseconds / 3.6e9 AS first_response_business_hours,
    lead_time_least_calendar_microseconds / 3.6e9 AS lead_time_least_calendar_hours,
    lead_time_greatest_calendar_microseconds / 3.6e9 AS lead_time_greatest_calendar_hours,
    lead_time_least_business_microseconds / 3.6e9 AS lead_time_least_business_hours,
    lead_time_greatest_business_microseconds / 3.6e9 AS lead_time_greatest_business_hours,
    cycle_time_least_calendar_microseconds / 3.6e9 AS cycle_time_least_calendar_hours,
    cycle_time_greatest_calendar_microseconds / 3.6e9 AS cycle_time_greatest_calendar_hours,
    cycle_time_least_business_microseconds / 3.6e9 AS cycle_time_least_business_hours,
    cycle_time_greatest_business_microseconds / 3.6e9 AS cycle_time_greatest_business_hours,
    first_resolution_least_calendar_microseconds / 3.6e9 AS first_resolution_least_calendar_hours,
    first_resolution_greatest_calendar_microseconds / 3.6e9 AS first_resolution_greatest_calendar_hours,
    first_resolution_least_business_microseconds / 3.6e9 AS first_resolution_least_business_hours,
    first_resolution_greatest_business_microseconds / 3.6e9 AS first_resolution_greatest_business_hours,
    first_response_least_calendar_microseconds / 3.6e9 AS first_response_least_calendar_hours,
    first_response_greatest_calendar_microseconds / 3.6e9 AS first_response_greatest_calendar_hours,
    first_response_least_business_microseconds / 3.6e9 AS first_response_least_business_hours,
    first_response_greatest_business_microseconds / 3.6e9 AS first_response_greatest_business_hours,
    age_least_calendar_microseconds / 3.6e9 AS age_least_calendar_hours,
    age_greatest_calendar_microseconds / 3.6e9 AS age_greatest_calendar_hours,
    age_least_business_microseconds / 3.6e9 AS age_least_business_hours,
    age_greatest_business_microseconds / 3.6e9 AS age_greatest_business_hours,
    queued_calendar_microseconds / 3.6e9 AS queued_calendar_hours,
    queued_business_microseconds / 3.6e9 AS queued_business_hours,
    active_calendar_microseconds / 3.6e9 AS active_calendar_hours,
    active_business_microseconds / 3.6e9 AS active_business_hours,
    waiting_calendar_microseconds / 3.6e9 AS waiting_calendar_hours,
    waiting_business_microseconds / 3.6e9 AS waiting_business_hours,
    reopened_gap_calendar_microseconds / 3.6e9 AS reopened_gap_calendar_hours,
    reopened_gap_business_microseconds / 3.6e9 AS reopened_gap_business_hours,
    age_calendar_microseconds / 3.6e9 AS age_calendar_hours,
    age_business_microseconds / 3.6e9 AS age_business_hours,
    reopen_count,
    handoff_count,
    touch_count,
    event_count,
    duplicate_event_count
FROM core.fct_tickets;

COMMENT ON VIEW mart.ticket_facts IS 'One row per ticket: its life measured on both clocks as of the data''s own clock. Evidence, not a KPI: rows of the latest data, also those that a held KPI would count; what they add up to is not what is published while it is held (see meta.metrics).';
COMMENT ON COLUMN mart.ticket_facts.ticket_id IS 'Ticket, qualified by its source';
COMMENT ON COLUMN mart.ticket_facts.source IS 'System that exported the ticket';
COMMENT ON COLUMN mart.ticket_facts.ticket_type IS 'Type in the source''s words';
COMMENT ON COLUMN mart.ticket_facts.status IS 'Status as of the data''s clock';
COMMENT ON COLUMN mart.ticket_facts.status_category IS 'Category of that status';
COMMENT ON COLUMN mart.ticket_facts.team IS 'Team at the last resolution; for a ticket not done, the latest';
COMMENT ON COLUMN mart.ticket_facts.priority IS 'Priority at the last resolution; for a ticket not done, the latest';
COMMENT ON COLUMN mart.ticket_facts.service IS 'Service that the ticket is about';
COMMENT ON COLUMN mart.ticket_facts.vendor IS 'Vendor at the last resolution; for a ticket not done, the latest';
COMMENT ON COLUMN mart.ticket_facts.created_at IS 'Creation';
COMMENT ON COLUMN mart.ticket_facts.created_earliest_at IS 'Where repeated snapshots do not tell the creation exactly: it came after this instant, and by created_at. Empty where it is told';
COMMENT ON COLUMN mart.ticket_facts.first_active_at IS 'First entry into an active status';
COMMENT ON COLUMN mart.ticket_facts.first_response_at IS 'First public reply by an agent, or the proxy that the contract names';
COMMENT ON COLUMN mart.ticket_facts.first_response_earliest_at IS 'Where no export tells when the first response came: it came after this instant, and by first_response_at or, where that is empty, the resolution, if it came. Empty where it is told';
COMMENT ON COLUMN mart.ticket_facts.first_resolved_at IS 'First entry into done';
COMMENT ON COLUMN mart.ticket_facts.resolved_at IS 'Last entry into done; empty for a ticket that is not done as of the data''s clock';
COMMENT ON COLUMN mart.ticket_facts.resolved_earliest_at IS 'Where repeated snapshots do not tell the last resolution exactly: it came after this instant, and by resolved_at. Where only a resolution that moved tells that the ticket came back, that is the one before. Empty where it is told';
COMMENT ON COLUMN mart.ticket_facts.cancelled_at IS 'Entry into cancelled, if the ticket is cancelled';
COMMENT ON COLUMN mart.ticket_facts.cancelled_earliest_at IS 'Where repeated snapshots do not tell the cancellation exactly: it came after this instant, and by cancelled_at. Empty where it is told';
COMMENT ON COLUMN mart.ticket_facts.settled_by_at IS 'Of a ticket that the first export to show it shows done or cancelled, and that nothing dates: that export. It was resolved or cancelled by then. Empty for others';
COMMENT ON COLUMN mart.ticket_facts.unknown_since_at IS 'Of a ticket that was open when full exports last showed it: right after the last one that does. Whether it is open since is not known. Empty for others';
COMMENT ON COLUMN mart.ticket_facts.is_done IS 'Whether the ticket is done as of the data''s clock';
COMMENT ON COLUMN mart.ticket_facts.is_cancelled IS 'Whether the ticket is cancelled as of the data''s clock';
COMMENT ON COLUMN mart.ticket_facts.is_quarantined IS 'Whether a contract rule set the ticket aside: eligible, but not measured';
COMMENT ON COLUMN mart.ticket_facts.has_history IS 'Whether the export tells the ticket''s status changes (false: snapshot only)';
COMMENT ON COLUMN mart.ticket_facts.is_sampled IS 'Whether the history is known only as exports show it (repeated snapshots): what came and went between two of them was never seen, so that counts of changes may be higher';
COMMENT ON COLUMN mart.ticket_facts.is_sla_met_at_source IS 'SLA flag that the source itself set';
COMMENT ON COLUMN mart.ticket_facts.calendar IS 'Working calendar of the team above; each interval used the calendar of its own team';
COMMENT ON COLUMN mart.ticket_facts.lead_time_calendar_hours IS 'Created to last resolution, by the clock on the wall';
COMMENT ON COLUMN mart.ticket_facts.lead_time_business_hours IS 'Created to last resolution, in open hours';
COMMENT ON COLUMN mart.ticket_facts.cycle_time_calendar_hours IS 'First active to last resolution, by the clock on the wall';
COMMENT ON COLUMN mart.ticket_facts.cycle_time_business_hours IS 'First active to last resolution, in open hours';
COMMENT ON COLUMN mart.ticket_facts.first_resolution_calendar_hours IS 'Created to first resolution, by the clock on the wall';
COMMENT ON COLUMN mart.ticket_facts.first_resolution_business_hours IS 'Created to first resolution, in open hours';
COMMENT ON COLUMN mart.ticket_facts.first_response_calendar_hours IS 'Created to first response, by the clock on the wall';
COMMENT ON COLUMN mart.ticket_facts.first_response_business_hours IS 'Created to first response, in open hours';
COMMENT ON COLUMN mart.ticket_facts.lead_time_least_calendar_hours IS 'Lead time at its least, by the clock on the wall, where exports do not date its ends exactly, as where two of them are compared; empty where it is exact';
COMMENT ON COLUMN mart.ticket_facts.lead_time_greatest_calendar_hours IS 'Lead time at its greatest, by the clock on the wall, where exports do not date its ends exactly, as where two of them are compared; empty where it is exact';
COMMENT ON COLUMN mart.ticket_facts.lead_time_least_business_hours IS 'Lead time at its least, in open hours, where exports do not date its ends exactly, as where two of them are compared; empty where it is exact';
COMMENT ON COLUMN mart.ticket_facts.lead_time_greatest_business_hours IS 'Lead time at its greatest, in open hours, where exports do not date its ends exactly, as where two of them are compared; empty where it is exact';
COMMENT ON COLUMN mart.ticket_facts.cycle_time_least_calendar_hours IS 'Cycle time at its least, by the clock on the wall, where exports do not date its ends exactly, as where two of them are compared; empty where it is exact';
COMMENT ON COLUMN mart.ticket_facts.cycle_time_greatest_calendar_hours IS 'Cycle time at its greatest, by the clock on the wall, where exports do not date its ends exactly, as where two of them are compared; empty where it is exact';
COMMENT ON COLUMN mart.ticket_facts.cycle_time_least_business_hours IS 'Cycle time at its least, in open hours, where exports do not date its ends exactly, as where two of them are compared; empty where it is exact';
COMMENT ON COLUMN mart.ticket_facts.cycle_time_greatest_business_hours IS 'Cycle time at its greatest, in open hours, where exports do not date its ends exactly, as where two of them are compared; empty where it is exact';
COMMENT ON COLUMN mart.ticket_facts.first_resolution_least_calendar_hours IS 'First resolution at its least, by the clock on the wall, where exports do not date its ends exactly, as where two of them are compared; empty where it is exact';
COMMENT ON COLUMN mart.ticket_facts.first_resolution_greatest_calendar_hours IS 'First resolution at its greatest, by the clock on the wall, where exports do not date its ends exactly, as where two of them are compared; empty where it is exact';
COMMENT ON COLUMN mart.ticket_facts.first_resolution_least_business_hours IS 'First resolution at its least, in open hours, where exports do not date its ends exactly, as where two of them are compared; empty where it is exact';
COMMENT ON COLUMN mart.ticket_facts.first_resolution_greatest_business_hours IS 'First resolution at its greatest, in open hours, where exports do not date its ends exactly, as where two of them are compared; empty where it is exact';
COMMENT ON COLUMN mart.ticket_facts.first_response_least_calendar_hours IS 'First response at its least, by the clock on the wall, where exports do not date its ends exactly, as where two of them are compared; empty where it is exact';
COMMENT ON COLUMN mart.ticket_facts.first_response_greatest_calendar_hours IS 'First response at its greatest, by the clock on the wall, where exports do not date its ends exactly, as where two of them are compared; empty where it is exact';
COMMENT ON COLUMN mart.ticket_facts.first_response_least_business_hours IS 'First response at its least, in open hours, where exports do not date its ends exactly, as where two of them are compared; empty where it is exact';
COMMENT ON COLUMN mart.ticket_facts.first_response_greatest_business_hours IS 'First response at its greatest, in open hours, where exports do not date its ends exactly, as where two of them are compared; empty where it is exact';
COMMENT ON COLUMN mart.ticket_facts.age_least_calendar_hours IS 'Age at its least, by the clock on the wall, where exports do not date its ends exactly, as where two of them are compared; empty where it is exact';
COMMENT ON COLUMN mart.ticket_facts.age_greatest_calendar_hours IS 'Age at its greatest, by the clock on the wall, where exports do not date its ends exactly, as where two of them are compared; empty where it is exact';
COMMENT ON COLUMN mart.ticket_facts.age_least_business_hours IS 'Age at its least, in open hours, where exports do not date its ends exactly, as where two of them are compared; empty where it is exact';
COMMENT ON COLUMN mart.ticket_facts.age_greatest_business_hours IS 'Age at its greatest, in open hours, where exports do not date its ends exactly, as where two of them are compared; empty where it is exact';
COMMENT ON COLUMN mart.ticket_facts.queued_calendar_hours IS 'Time in queued, by the clock on the wall';
COMMENT ON COLUMN mart.ticket_facts.queued_business_hours IS 'Time in queued, in open hours';
COMMENT ON COLUMN mart.ticket_facts.active_calendar_hours IS 'Time in active, by the clock on the wall';
COMMENT ON COLUMN mart.ticket_facts.active_business_hours IS 'Time in active, in open hours';
COMMENT ON COLUMN mart.ticket_facts.waiting_calendar_hours IS 'Time in waiting, by the clock on the wall';
COMMENT ON COLUMN mart.ticket_facts.waiting_business_hours IS 'Time in waiting, in open hours';
COMMENT ON COLUMN mart.ticket_facts.reopened_gap_calendar_hours IS 'Time in done between resolutions, by the clock on the wall';
COMMENT ON COLUMN mart.ticket_facts.reopened_gap_business_hours IS 'Time in done between resolutions, in open hours';
COMMENT ON COLUMN mart.ticket_facts.age_calendar_hours IS 'Created to the data''s clock, for a ticket not done; empty where it is not known whether it is open';
COMMENT ON COLUMN mart.ticket_facts.age_business_hours IS 'Age in open hours';
COMMENT ON COLUMN mart.ticket_facts.reopen_count IS 'Moves from done back to work; empty where the export has no history, or only a resolution that moved between two exports says that there was one more';
COMMENT ON COLUMN mart.ticket_facts.handoff_count IS 'Changes of team; empty where the export has no history or never names a team';
COMMENT ON COLUMN mart.ticket_facts.touch_count IS 'Public replies by an agent; where the source tells none, entries into active; empty where it cannot tell';
COMMENT ON COLUMN mart.ticket_facts.event_count IS 'Events of the ticket, exact duplicates counted once';
COMMENT ON COLUMN mart.ticket_facts.duplicate_event_count IS 'Exact duplicate events that were collapsed, those that tell nothing left out';
