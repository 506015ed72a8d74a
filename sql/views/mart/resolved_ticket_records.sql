-- Generated from metrics/render/record_views.py by `python -m pipelines.generate`; a test fails if it was edited by
-- hand.
--
-- One row per ticket that counts as resolved or may, on the day of its last resolution.
-- Counted: Tickets that are done and not cancelled. A ticket that was set aside counts where it was resolved or, if
-- that is unknown, created. Not measured is one that is done nobody knows since when, where an export first showed it
-- done or else where it was created; nor one that left the exports while it was open, where it left them.
-- What a record contributes is empty where that is not measured; of one that was set aside, everything is. So is a
-- column while a KPI that is computed from it is held.
CREATE OR REPLACE VIEW mart.resolved_ticket_records AS
SELECT
    fact.ticket_id,
    CAST(timezone(run.reporting_time_zone, coalesce(fact.resolved_at, fact.unknown_since_at, CASE WHEN fact.is_quarantined THEN fact.created_at END, fact.settled_by_at, fact.created_at)) AS DATE) AS period_date,
    coalesce(fact.team, '(none)') AS team,
    coalesce(fact.priority, '(none)') AS priority,
    coalesce(fact.service, '(none)') AS service,
    coalesce(fact.vendor, '(none)') AS vendor,
    fact.source,
    fact.ticket_type,
    1 AS eligible_count,
    CASE WHEN coalesce(held.measured_count, 0) = 0 THEN CASE WHEN NOT fact.is_quarantined AND fact.resolved_at IS NOT NULL THEN 1 ELSE 0 END END AS measured_count,
    CASE WHEN coalesce(held.lead_time_business_microseconds, 0) = 0 THEN CASE WHEN NOT fact.is_quarantined AND fact.resolved_at IS NOT NULL THEN fact.lead_time_business_microseconds END END AS lead_time_business_microseconds,
    CASE WHEN coalesce(held.lead_time_calendar_microseconds, 0) = 0 THEN CASE WHEN NOT fact.is_quarantined AND fact.resolved_at IS NOT NULL THEN fact.lead_time_calendar_microseconds END END AS lead_time_calendar_microseconds,
    CASE WHEN coalesce(held.cycle_time_business_microseconds, 0) = 0 THEN CASE WHEN NOT fact.is_quarantined AND fact.resolved_at IS NOT NULL THEN fact.cycle_time_business_microseconds END END AS cycle_time_business_microseconds,
    CASE WHEN coalesce(held.cycle_time_calendar_microseconds, 0) = 0 THEN CASE WHEN NOT fact.is_quarantined AND fact.resolved_at IS NOT NULL THEN fact.cycle_time_calendar_microseconds END END AS cycle_time_calendar_microseconds,
    CASE WHEN coalesce(held.first_response_business_microseconds, 0) = 0 THEN CASE WHEN NOT fact.is_quarantined AND fact.resolved_at IS NOT NULL THEN fact.first_response_business_microseconds END END AS first_response_business_microseconds,
    CASE WHEN coalesce(held.first_response_calendar_microseconds, 0) = 0 THEN CASE WHEN NOT fact.is_quarantined AND fact.resolved_at IS NOT NULL THEN fact.first_response_calendar_microseconds END END AS first_response_calendar_microseconds,
    CASE WHEN coalesce(held.first_resolution_business_microseconds, 0) = 0 THEN CASE WHEN NOT fact.is_quarantined AND fact.resolved_at IS NOT NULL THEN fact.first_resolution_business_microseconds END END AS first_resolution_business_microseconds,
    CASE WHEN coalesce(held.first_resolution_calendar_microseconds, 0) = 0 THEN CASE WHEN NOT fact.is_quarantined AND fact.resolved_at IS NOT NULL THEN fact.first_resolution_calendar_microseconds END END AS first_resolution_calendar_microseconds,
    CASE WHEN coalesce(held.queued_business_microseconds, 0) = 0 THEN CASE WHEN NOT fact.is_quarantined AND fact.resolved_at IS NOT NULL THEN fact.queued_business_microseconds END END AS queued_business_microseconds,
    CASE WHEN coalesce(held.queued_calendar_microseconds, 0) = 0 THEN CASE WHEN NOT fact.is_quarantined AND fact.resolved_at IS NOT NULL THEN fact.queued_calendar_microseconds END END AS queued_calendar_microseconds,
    CASE WHEN coalesce(held.active_business_microseconds, 0) = 0 THEN CASE WHEN NOT fact.is_quarantined AND fact.resolved_at IS NOT NULL THEN fact.active_business_microseconds END END AS active_business_microseconds,
    CASE WHEN NOT fact.is_quarantined AND fact.resolved_at IS NOT NULL THEN fact.active_calendar_microseconds END AS active_calendar_microseconds,
    CASE WHEN coalesce(held.waiting_business_microseconds, 0) = 0 THEN CASE WHEN NOT fact.is_quarantined AND fact.resolved_at IS NOT NULL THEN fact.waiting_business_microseconds END END AS waiting_business_microseconds,
    CASE WHEN coalesce(held.waiting_calendar_microseconds, 0) = 0 THEN CASE WHEN NOT fact.is_quarantined AND fact.resolved_at IS NOT NULL THEN fact.waiting_calendar_microseconds END END AS waiting_calendar_microseconds,
    CASE WHEN coalesce(held.reopen_count, 0) = 0 THEN CASE WHEN NOT fact.is_quarantined AND fact.resolved_at IS NOT NULL THEN fact.reopen_count END END AS reopen_count,
    CASE WHEN coalesce(held.handoff_count, 0) = 0 THEN CASE WHEN NOT fact.is_quarantined AND fact.resolved_at IS NOT NULL THEN fact.handoff_count END END AS handoff_count,
    CASE WHEN coalesce(held.touch_count, 0) = 0 THEN CASE WHEN NOT fact.is_quarantined AND fact.resolved_at IS NOT NULL THEN fact.touch_count END END AS touch_count,
    CASE WHEN coalesce(held.flow_active_business_microseconds, 0) = 0 THEN CASE WHEN NOT fact.is_quarantined AND fact.resolved_at IS NOT NULL THEN CASE WHEN fact.active_business_microseconds IS NOT NULL AND fact.lead_time_business_microseconds IS NOT NULL AND fact.reopened_gap_business_microseconds IS NOT NULL THEN fact.active_business_microseconds END END END AS flow_active_business_microseconds,
    CASE WHEN coalesce(held.flow_whole_business_microseconds, 0) = 0 THEN CASE WHEN NOT fact.is_quarantined AND fact.resolved_at IS NOT NULL THEN CASE WHEN fact.active_business_microseconds IS NOT NULL AND fact.lead_time_business_microseconds IS NOT NULL AND fact.reopened_gap_business_microseconds IS NOT NULL THEN fact.lead_time_business_microseconds - fact.reopened_gap_business_microseconds END END END AS flow_whole_business_microseconds,
    CASE WHEN coalesce(held.flow_active_calendar_microseconds, 0) = 0 THEN CASE WHEN NOT fact.is_quarantined AND fact.resolved_at IS NOT NULL THEN CASE WHEN fact.active_calendar_microseconds IS NOT NULL AND fact.lead_time_calendar_microseconds IS NOT NULL AND fact.reopened_gap_calendar_microseconds IS NOT NULL THEN fact.active_calendar_microseconds END END END AS flow_active_calendar_microseconds,
    CASE WHEN coalesce(held.flow_whole_calendar_microseconds, 0) = 0 THEN CASE WHEN NOT fact.is_quarantined AND fact.resolved_at IS NOT NULL THEN CASE WHEN fact.active_calendar_microseconds IS NOT NULL AND fact.lead_time_calendar_microseconds IS NOT NULL AND fact.reopened_gap_calendar_microseconds IS NOT NULL THEN fact.lead_time_calendar_microseconds - fact.reopened_gap_calendar_microseconds END END END AS flow_whole_calendar_microseconds,
    CASE WHEN coalesce(held.reopened_count, 0) = 0 THEN CASE WHEN NOT fact.is_quarantined AND fact.resolved_at IS NOT NULL THEN CASE WHEN fact.reopen_count > 0 THEN 1 WHEN NOT (fact.reopen_count > 0) THEN 0 END END END AS reopened_count,
    CASE WHEN coalesce(held.first_contact_count, 0) = 0 THEN CASE WHEN NOT fact.is_quarantined AND fact.resolved_at IS NOT NULL THEN CASE WHEN fact.reopen_count IS NULL OR fact.handoff_count IS NULL OR fact.touch_count IS NULL OR fact.touch_count < 1 THEN NULL WHEN fact.reopen_count = 0 AND fact.handoff_count = 0 AND fact.touch_count = 1 THEN 1 ELSE 0 END END END AS first_contact_count,
    CASE WHEN coalesce(held.source_claim_met_count, 0) = 0 THEN CASE WHEN NOT fact.is_quarantined AND fact.resolved_at IS NOT NULL THEN CASE WHEN fact.is_sla_met_at_source THEN 1 WHEN NOT (fact.is_sla_met_at_source) THEN 0 END END END AS source_claim_met_count
FROM core.fct_tickets AS fact
CROSS JOIN meta.run AS run
CROSS JOIN (
    SELECT
        max(CASE WHEN metric IN ('ticket_active_time_p50_business_hours', 'ticket_active_time_p85_business_hours', 'ticket_active_time_p95_business_hours') THEN 1 ELSE 0 END) AS active_business_microseconds,
        max(CASE WHEN metric IN ('ticket_cycle_time_p50_business_hours', 'ticket_cycle_time_p85_business_hours', 'ticket_cycle_time_p95_business_hours') THEN 1 ELSE 0 END) AS cycle_time_business_microseconds,
        max(CASE WHEN metric IN ('ticket_cycle_time_p50_calendar_hours', 'ticket_cycle_time_p85_calendar_hours', 'ticket_cycle_time_p95_calendar_hours') THEN 1 ELSE 0 END) AS cycle_time_calendar_microseconds,
        max(CASE WHEN metric IN ('ticket_first_contact_resolution_ratio') THEN 1 ELSE 0 END) AS first_contact_count,
        max(CASE WHEN metric IN ('ticket_first_resolution_p50_business_hours', 'ticket_first_resolution_p85_business_hours', 'ticket_first_resolution_p95_business_hours') THEN 1 ELSE 0 END) AS first_resolution_business_microseconds,
        max(CASE WHEN metric IN ('ticket_first_resolution_p50_calendar_hours', 'ticket_first_resolution_p85_calendar_hours', 'ticket_first_resolution_p95_calendar_hours') THEN 1 ELSE 0 END) AS first_resolution_calendar_microseconds,
        max(CASE WHEN metric IN ('ticket_first_response_p50_business_hours', 'ticket_first_response_p85_business_hours', 'ticket_first_response_p95_business_hours') THEN 1 ELSE 0 END) AS first_response_business_microseconds,
        max(CASE WHEN metric IN ('ticket_first_response_p50_calendar_hours', 'ticket_first_response_p85_calendar_hours', 'ticket_first_response_p95_calendar_hours') THEN 1 ELSE 0 END) AS first_response_calendar_microseconds,
        max(CASE WHEN metric IN ('ticket_flow_efficiency_business_ratio') THEN 1 ELSE 0 END) AS flow_active_business_microseconds,
        max(CASE WHEN metric IN ('ticket_flow_efficiency_calendar_ratio') THEN 1 ELSE 0 END) AS flow_active_calendar_microseconds,
        max(CASE WHEN metric IN ('ticket_flow_efficiency_business_ratio') THEN 1 ELSE 0 END) AS flow_whole_business_microseconds,
        max(CASE WHEN metric IN ('ticket_flow_efficiency_calendar_ratio') THEN 1 ELSE 0 END) AS flow_whole_calendar_microseconds,
        max(CASE WHEN metric IN ('ticket_handoff_mean_count', 'ticket_handoff_p95_count') THEN 1 ELSE 0 END) AS handoff_count,
        max(CASE WHEN metric IN ('ticket_lead_time_p50_business_hours', 'ticket_lead_time_p85_business_hours', 'ticket_lead_time_p95_business_hours') THEN 1 ELSE 0 END) AS lead_time_business_microseconds,
        max(CASE WHEN metric IN ('ticket_lead_time_p50_calendar_hours', 'ticket_lead_time_p85_calendar_hours', 'ticket_lead_time_p95_calendar_hours') THEN 1 ELSE 0 END) AS lead_time_calendar_microseconds,
        max(CASE WHEN metric IN ('ticket_resolved_count') THEN 1 ELSE 0 END) AS measured_count,
        max(CASE WHEN metric IN ('ticket_queued_time_p50_business_hours', 'ticket_queued_time_p85_business_hours', 'ticket_queued_time_p95_business_hours') THEN 1 ELSE 0 END) AS queued_business_microseconds,
        max(CASE WHEN metric IN ('ticket_queued_time_p50_calendar_hours', 'ticket_queued_time_p85_calendar_hours', 'ticket_queued_time_p95_calendar_hours') THEN 1 ELSE 0 END) AS queued_calendar_microseconds,
        max(CASE WHEN metric IN ('ticket_reopen_mean_count', 'ticket_reopen_p95_count') THEN 1 ELSE 0 END) AS reopen_count,
        max(CASE WHEN metric IN ('ticket_reopen_ratio') THEN 1 ELSE 0 END) AS reopened_count,
        max(CASE WHEN metric IN ('sla_source_attainment_ratio') THEN 1 ELSE 0 END) AS source_claim_met_count,
        max(CASE WHEN metric IN ('ticket_touch_mean_count', 'ticket_touch_p95_count') THEN 1 ELSE 0 END) AS touch_count,
        max(CASE WHEN metric IN ('ticket_waiting_time_p50_business_hours', 'ticket_waiting_time_p85_business_hours', 'ticket_waiting_time_p95_business_hours') THEN 1 ELSE 0 END) AS waiting_business_microseconds,
        max(CASE WHEN metric IN ('ticket_waiting_time_p50_calendar_hours', 'ticket_waiting_time_p85_calendar_hours', 'ticket_waiting_time_p95_calendar_hours') THEN 1 ELSE 0 END) AS waiting_calendar_microseconds
    FROM meta.metrics WHERE publication_state = 'held'
) AS held
WHERE (NOT fact.is_cancelled AND (fact.is_done OR fact.is_quarantined OR fact.unknown_since_at IS NOT NULL)) AND coalesce(fact.resolved_at, fact.unknown_since_at, CASE WHEN fact.is_quarantined THEN fact.created_at END, fact.settled_by_at, fact.created_at) IS NOT NULL;

COMMENT ON VIEW mart.resolved_ticket_records IS 'One row per ticket that counts as resolved or may, on the day of its last resolution.';
COMMENT ON COLUMN mart.resolved_ticket_records.ticket_id IS 'Ticket, qualified by its source';
COMMENT ON COLUMN mart.resolved_ticket_records.period_date IS 'Day that decides the period, in the reporting time zone: last entry of the ticket into done';
COMMENT ON COLUMN mart.resolved_ticket_records.team IS 'Team at the last resolution; for a ticket not done, the latest; (none) where there is none';
COMMENT ON COLUMN mart.resolved_ticket_records.priority IS 'Priority at the last resolution; for a ticket not done, the latest; (none) where there is none';
COMMENT ON COLUMN mart.resolved_ticket_records.service IS 'Service that the ticket is about; (none) where there is none';
COMMENT ON COLUMN mart.resolved_ticket_records.vendor IS 'Vendor at the last resolution; for a ticket not done, the latest; (none) where there is none';
COMMENT ON COLUMN mart.resolved_ticket_records.source IS 'System that exported the ticket';
COMMENT ON COLUMN mart.resolved_ticket_records.ticket_type IS 'Type in the source''s words';
COMMENT ON COLUMN mart.resolved_ticket_records.eligible_count IS '1; its sum counts the records that should count';
COMMENT ON COLUMN mart.resolved_ticket_records.measured_count IS '1, or 0 for a record that a contract rule set aside or of which it is not known whether it belongs to its period; empty while a KPI that counts them is held';
COMMENT ON COLUMN mart.resolved_ticket_records.lead_time_business_microseconds IS 'Created to last resolution, in open hours';
COMMENT ON COLUMN mart.resolved_ticket_records.lead_time_calendar_microseconds IS 'Created to last resolution, by the clock on the wall';
COMMENT ON COLUMN mart.resolved_ticket_records.cycle_time_business_microseconds IS 'First active to last resolution, in open hours';
COMMENT ON COLUMN mart.resolved_ticket_records.cycle_time_calendar_microseconds IS 'First active to last resolution, by the clock on the wall';
COMMENT ON COLUMN mart.resolved_ticket_records.first_response_business_microseconds IS 'Created to first response, in open hours';
COMMENT ON COLUMN mart.resolved_ticket_records.first_response_calendar_microseconds IS 'Created to first response, by the clock on the wall';
COMMENT ON COLUMN mart.resolved_ticket_records.first_resolution_business_microseconds IS 'Created to first resolution, in open hours';
COMMENT ON COLUMN mart.resolved_ticket_records.first_resolution_calendar_microseconds IS 'Created to first resolution, by the clock on the wall';
COMMENT ON COLUMN mart.resolved_ticket_records.queued_business_microseconds IS 'Time in queued, in open hours';
COMMENT ON COLUMN mart.resolved_ticket_records.queued_calendar_microseconds IS 'Time in queued, by the clock on the wall';
COMMENT ON COLUMN mart.resolved_ticket_records.active_business_microseconds IS 'Time in active, in open hours';
COMMENT ON COLUMN mart.resolved_ticket_records.active_calendar_microseconds IS 'Time in active, by the clock on the wall';
COMMENT ON COLUMN mart.resolved_ticket_records.waiting_business_microseconds IS 'Time in waiting, in open hours';
COMMENT ON COLUMN mart.resolved_ticket_records.waiting_calendar_microseconds IS 'Time in waiting, by the clock on the wall';
COMMENT ON COLUMN mart.resolved_ticket_records.reopen_count IS 'Moves from done back to work; empty where the export has no history, or only a resolution that moved between two exports says that there was one more';
COMMENT ON COLUMN mart.resolved_ticket_records.handoff_count IS 'Changes of team; empty where the export has no history or never names a team';
COMMENT ON COLUMN mart.resolved_ticket_records.touch_count IS 'Public replies by an agent; where the source tells none, entries into active; empty where it cannot tell';
COMMENT ON COLUMN mart.resolved_ticket_records.flow_active_business_microseconds IS 'Time worked on, business clock, of a ticket whose whole time is known too';
COMMENT ON COLUMN mart.resolved_ticket_records.flow_whole_business_microseconds IS 'Lead time less the time between resolution and reopening, business clock, of the same tickets';
COMMENT ON COLUMN mart.resolved_ticket_records.flow_active_calendar_microseconds IS 'Time worked on, calendar clock, of a ticket whose whole time is known too';
COMMENT ON COLUMN mart.resolved_ticket_records.flow_whole_calendar_microseconds IS 'Lead time less the time between resolution and reopening, calendar clock, of the same tickets';
COMMENT ON COLUMN mart.resolved_ticket_records.reopened_count IS '1 if it was resolved before and came back, 0 if not';
COMMENT ON COLUMN mart.resolved_ticket_records.first_contact_count IS '1 if one touch by one team resolved it for good, 0 if not';
COMMENT ON COLUMN mart.resolved_ticket_records.source_claim_met_count IS '1 if the source system itself flagged it as within SLA, 0 if not';
