-- Generated from metrics/render/record_views.py by `python -m pipelines.generate`; a test fails if it was edited by
-- hand.
--
-- One row per ticket that is cancelled or may be, on the day of its cancellation.
-- Counted: Tickets that are cancelled. Not measured is one of which nobody knows since when, where an export first
-- showed it cancelled or else where it was created; nor one that left the exports while it was open, where it left
-- them.
-- What a record contributes is empty where that is not measured; of one that was set aside, everything is. So is a
-- column while a KPI that is computed from it is held.
CREATE OR REPLACE VIEW mart.cancelled_ticket_records AS
SELECT
    fact.ticket_id,
    CAST(timezone(run.reporting_time_zone, coalesce(fact.cancelled_at, fact.unknown_since_at, CASE WHEN fact.is_quarantined THEN fact.created_at END, fact.settled_by_at, fact.created_at)) AS DATE) AS period_date,
    coalesce(fact.team, '(none)') AS team,
    coalesce(fact.priority, '(none)') AS priority,
    coalesce(fact.service, '(none)') AS service,
    coalesce(fact.vendor, '(none)') AS vendor,
    fact.source,
    fact.ticket_type,
    1 AS eligible_count,
    CASE WHEN coalesce(held.measured_count, 0) = 0 THEN CASE WHEN NOT fact.is_quarantined AND fact.cancelled_at IS NOT NULL THEN 1 ELSE 0 END END AS measured_count
FROM core.fct_tickets AS fact
CROSS JOIN meta.run AS run
CROSS JOIN (
    SELECT
        max(CASE WHEN metric IN ('ticket_cancelled_count') THEN 1 ELSE 0 END) AS measured_count
    FROM meta.metrics WHERE publication_state = 'held'
) AS held
WHERE (fact.is_cancelled OR fact.unknown_since_at IS NOT NULL) AND coalesce(fact.cancelled_at, fact.unknown_since_at, CASE WHEN fact.is_quarantined THEN fact.created_at END, fact.settled_by_at, fact.created_at) IS NOT NULL;

COMMENT ON VIEW mart.cancelled_ticket_records IS 'One row per ticket that is cancelled or may be, on the day of its cancellation.';
COMMENT ON COLUMN mart.cancelled_ticket_records.ticket_id IS 'Ticket, qualified by its source';
COMMENT ON COLUMN mart.cancelled_ticket_records.period_date IS 'Day that decides the period, in the reporting time zone: entry of the ticket into cancelled';
COMMENT ON COLUMN mart.cancelled_ticket_records.team IS 'Team at the last resolution; for a ticket not done, the latest; (none) where there is none';
COMMENT ON COLUMN mart.cancelled_ticket_records.priority IS 'Priority at the last resolution; for a ticket not done, the latest; (none) where there is none';
COMMENT ON COLUMN mart.cancelled_ticket_records.service IS 'Service that the ticket is about; (none) where there is none';
COMMENT ON COLUMN mart.cancelled_ticket_records.vendor IS 'Vendor at the last resolution; for a ticket not done, the latest; (none) where there is none';
COMMENT ON COLUMN mart.cancelled_ticket_records.source IS 'System that exported the ticket';
COMMENT ON COLUMN mart.cancelled_ticket_records.ticket_type IS 'Type in the source''s words';
COMMENT ON COLUMN mart.cancelled_ticket_records.eligible_count IS '1; its sum counts the records that should count';
COMMENT ON COLUMN mart.cancelled_ticket_records.measured_count IS '1, or 0 for a record that a contract rule set aside or of which it is not known whether it belongs to its period; empty while a KPI that counts them is held';
