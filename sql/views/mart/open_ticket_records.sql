-- Generated from metrics/render/record_views.py by `python -m pipelines.generate`; a test fails if it was edited by
-- hand.
--
-- One row per open ticket, on the day of the data's clock: of earlier days the ages are not kept.
-- Counted: Tickets that are neither done nor cancelled as of the data's clock. One that was set aside counts if it
-- says that it is open. One that left the exports while it was open is not measured.
-- What a record contributes is empty where that is not measured; of one that was set aside, everything is. So is a
-- column while a KPI that is computed from it is held.
CREATE OR REPLACE VIEW mart.open_ticket_records AS
SELECT
    fact.ticket_id,
    CAST(clock.as_of_date AS DATE) AS period_date,
    coalesce(fact.team, '(none)') AS team,
    coalesce(fact.priority, '(none)') AS priority,
    coalesce(fact.service, '(none)') AS service,
    coalesce(fact.vendor, '(none)') AS vendor,
    fact.source,
    fact.ticket_type,
    1 AS eligible_count,
    CASE WHEN NOT fact.is_quarantined AND fact.unknown_since_at IS NULL THEN 1 ELSE 0 END AS measured_count,
    CASE WHEN coalesce(held.age_business_microseconds, 0) = 0 THEN CASE WHEN NOT fact.is_quarantined AND fact.unknown_since_at IS NULL THEN fact.age_business_microseconds END END AS age_business_microseconds,
    CASE WHEN coalesce(held.age_calendar_microseconds, 0) = 0 THEN CASE WHEN NOT fact.is_quarantined AND fact.unknown_since_at IS NULL THEN fact.age_calendar_microseconds END END AS age_calendar_microseconds
FROM core.fct_tickets AS fact
CROSS JOIN (
    SELECT CAST(timezone(run.reporting_time_zone, metrics.fresh_as_of_at) AS DATE) AS as_of_date
    FROM meta.metrics AS metrics CROSS JOIN meta.run AS run WHERE metrics.metric = 'ticket_age_p50_business_hours'
) AS clock
CROSS JOIN (
    SELECT
        max(CASE WHEN metric IN ('ticket_age_p50_business_hours', 'ticket_age_p85_business_hours', 'ticket_age_p95_business_hours') THEN 1 ELSE 0 END) AS age_business_microseconds,
        max(CASE WHEN metric IN ('ticket_age_p50_calendar_hours', 'ticket_age_p85_calendar_hours', 'ticket_age_p95_calendar_hours') THEN 1 ELSE 0 END) AS age_calendar_microseconds
    FROM meta.metrics WHERE publication_state = 'held'
) AS held
WHERE (NOT fact.is_done AND NOT fact.is_cancelled) AND clock.as_of_date IS NOT NULL;

COMMENT ON VIEW mart.open_ticket_records IS 'One row per open ticket, on the day of the data''s clock: of earlier days the ages are not kept.';
COMMENT ON COLUMN mart.open_ticket_records.ticket_id IS 'Ticket, qualified by its source';
COMMENT ON COLUMN mart.open_ticket_records.period_date IS 'Day that decides the period, in the reporting time zone: day of the data''s clock';
COMMENT ON COLUMN mart.open_ticket_records.team IS 'Team at the last resolution; for a ticket not done, the latest; (none) where there is none';
COMMENT ON COLUMN mart.open_ticket_records.priority IS 'Priority at the last resolution; for a ticket not done, the latest; (none) where there is none';
COMMENT ON COLUMN mart.open_ticket_records.service IS 'Service that the ticket is about; (none) where there is none';
COMMENT ON COLUMN mart.open_ticket_records.vendor IS 'Vendor at the last resolution; for a ticket not done, the latest; (none) where there is none';
COMMENT ON COLUMN mart.open_ticket_records.source IS 'System that exported the ticket';
COMMENT ON COLUMN mart.open_ticket_records.ticket_type IS 'Type in the source''s words';
COMMENT ON COLUMN mart.open_ticket_records.eligible_count IS '1; its sum counts the records that should count';
COMMENT ON COLUMN mart.open_ticket_records.measured_count IS '1, or 0 for a record that a contract rule set aside or of which it is not known whether it belongs to its period; empty while a KPI that counts them is held';
COMMENT ON COLUMN mart.open_ticket_records.age_business_microseconds IS 'Age in open hours';
COMMENT ON COLUMN mart.open_ticket_records.age_calendar_microseconds IS 'Created to the data''s clock, for a ticket not done; empty where it is not known whether it is open';
