-- Generated from metrics/render/record_views.py by `python -m pipelines.generate`; a test fails if it was edited by
-- hand.
--
-- One row per resolved ticket whose delay a rule prices, on the day of its last resolution.
-- Counted: Resolved tickets that a delay rule of policies/costs.yaml prices; no others. A ticket that was set aside
-- counts where it was resolved or, if that is unknown, created.
-- What a record contributes is empty where that is not measured; of one that was set aside, everything is. So is a
-- column while a KPI that is computed from it is held.
CREATE OR REPLACE VIEW mart.priced_delay_records AS
SELECT
    fact.ticket_id,
    CAST(timezone(run.reporting_time_zone, fact.resolved_at) AS DATE) AS period_date,
    coalesce(fact.team, '(none)') AS team,
    coalesce(fact.priority, '(none)') AS priority,
    coalesce(fact.service, '(none)') AS service,
    coalesce(fact.vendor, '(none)') AS vendor,
    fact.delay_rule,
    fact.source,
    fact.ticket_type,
    1 AS eligible_count,
    CASE WHEN NOT fact.is_quarantined THEN 1 ELSE 0 END AS measured_count,
    CASE WHEN coalesce(held.amount_reporting, 0) = 0 THEN CASE WHEN NOT fact.is_quarantined THEN fact.amount_reporting END END AS amount_reporting
FROM core.fct_ticket_delays AS fact
CROSS JOIN meta.run AS run
CROSS JOIN (
    SELECT
        max(CASE WHEN metric IN ('cost_of_delay_reporting') THEN 1 ELSE 0 END) AS amount_reporting
    FROM meta.metrics WHERE publication_state = 'held'
) AS held
WHERE (TRUE) AND fact.resolved_at IS NOT NULL;

COMMENT ON VIEW mart.priced_delay_records IS 'One row per resolved ticket whose delay a rule prices, on the day of its last resolution.';
COMMENT ON COLUMN mart.priced_delay_records.ticket_id IS 'Ticket, qualified by its source';
COMMENT ON COLUMN mart.priced_delay_records.period_date IS 'Day that decides the period, in the reporting time zone: last entry of the ticket into done';
COMMENT ON COLUMN mart.priced_delay_records.team IS 'Team at the last resolution; (none) where there is none';
COMMENT ON COLUMN mart.priced_delay_records.priority IS 'Priority at the last resolution; (none) where there is none';
COMMENT ON COLUMN mart.priced_delay_records.service IS 'Service that the ticket is about; (none) where there is none';
COMMENT ON COLUMN mart.priced_delay_records.vendor IS 'Vendor at the last resolution; (none) where there is none';
COMMENT ON COLUMN mart.priced_delay_records.delay_rule IS 'Rule of policies/costs.yaml that prices it: the first whose scope the ticket is in';
COMMENT ON COLUMN mart.priced_delay_records.source IS 'System that exported the ticket';
COMMENT ON COLUMN mart.priced_delay_records.ticket_type IS 'Type in the source''s words';
COMMENT ON COLUMN mart.priced_delay_records.eligible_count IS '1; its sum counts the records that should count';
COMMENT ON COLUMN mart.priced_delay_records.measured_count IS '1, or 0 for a record that a contract rule set aside; empty while a KPI that counts them is held';
COMMENT ON COLUMN mart.priced_delay_records.amount_reporting IS 'Time times price, at most the cap, rounded half to even once; empty if not measured';
