-- Generated from metrics/render/record_views.py by `python -m pipelines.generate`; a test fails if it was edited by
-- hand.
--
-- One row per SLA clock that is met or breached, on the day on which that was decided, or of which the export leaves
-- open which of the two.
-- Counted: Clocks for resolution that are met or breached; running, paused and cancelled ones are in neither part. Not
-- measured are those of which the export leaves open whether they were kept, by the instant at which that was decided
-- at the latest. A ticket that was set aside counts with its clocks, or with one if it has none.
-- What a record contributes is empty where that is not measured; of one that was set aside, everything is. So is a
-- column while a KPI that is computed from it is held.
CREATE OR REPLACE VIEW mart.decided_clock_records AS
SELECT
    fact.ticket_id,
    fact.target,
    fact.sla_policy,
    fact.cycle_number,
    CAST(timezone(run.reporting_time_zone, fact.decided_at) AS DATE) AS period_date,
    coalesce(fact.team, '(none)') AS team,
    coalesce(fact.priority, '(none)') AS priority,
    coalesce(fact.service, '(none)') AS service,
    coalesce(fact.vendor, '(none)') AS vendor,
    1 AS eligible_count,
    CASE WHEN NOT fact.is_quarantined THEN 1 ELSE 0 END AS measured_count,
    CASE WHEN coalesce(held.resolution_met_count, 0) = 0 THEN CASE WHEN NOT fact.is_quarantined THEN CASE WHEN fact.target = 'resolution' AND fact.state = 'met' THEN 1 WHEN fact.target = 'resolution' AND fact.state = 'breached' THEN 0 END END END AS resolution_met_count,
    CASE WHEN coalesce(held.first_response_met_count, 0) = 0 THEN CASE WHEN NOT fact.is_quarantined THEN CASE WHEN fact.target = 'first_response' AND fact.state = 'met' THEN 1 WHEN fact.target = 'first_response' AND fact.state = 'breached' THEN 0 END END END AS first_response_met_count,
    CASE WHEN coalesce(held.periodic_update_met_count, 0) = 0 THEN CASE WHEN NOT fact.is_quarantined THEN CASE WHEN fact.target = 'periodic_update' AND fact.state = 'met' THEN 1 WHEN fact.target = 'periodic_update' AND fact.state = 'breached' THEN 0 END END END AS periodic_update_met_count,
    CASE WHEN coalesce(held.vendor_response_met_count, 0) = 0 THEN CASE WHEN NOT fact.is_quarantined THEN CASE WHEN fact.target = 'vendor_response' AND fact.state = 'met' THEN 1 WHEN fact.target = 'vendor_response' AND fact.state = 'breached' THEN 0 END END END AS vendor_response_met_count,
    CASE WHEN coalesce(held.vendor_resolution_met_count, 0) = 0 THEN CASE WHEN NOT fact.is_quarantined THEN CASE WHEN fact.target = 'vendor_resolution' AND fact.state = 'met' THEN 1 WHEN fact.target = 'vendor_resolution' AND fact.state = 'breached' THEN 0 END END END AS vendor_resolution_met_count
FROM (
    SELECT
        clock.ticket_id, clock.sla_policy, clock.cycle_number, clock.target, clock.state, clock.team, clock.priority,
        clock.service, clock.vendor, ticket.ticket_id IS NOT NULL AS is_quarantined,
        coalesce(clock.decided_at, ticket.resolved_at, ticket.created_at) AS decided_at,
        clock.decided_earliest_at, clock.decided_latest_at
    FROM core.fct_sla_clocks AS clock
    LEFT JOIN core.fct_tickets AS ticket ON ticket.ticket_id = clock.ticket_id AND ticket.is_quarantined
    UNION ALL
    SELECT
        ticket.ticket_id, NULL, NULL, target.target, NULL, ticket.team, ticket.priority, ticket.service,
        ticket.vendor, TRUE, coalesce(ticket.resolved_at, ticket.created_at), NULL, NULL
    FROM core.fct_tickets AS ticket
    CROSS JOIN (
        SELECT DISTINCT target FROM core.fct_sla_clocks WHERE target IN ('resolution', 'first_response')
    ) AS target
    WHERE ticket.is_quarantined AND NOT ticket.is_cancelled AND NOT EXISTS (
        SELECT 1 FROM core.fct_sla_clocks AS clock
        WHERE clock.ticket_id = ticket.ticket_id AND clock.target = target.target
    )
) AS fact
CROSS JOIN meta.run AS run
CROSS JOIN (
    SELECT
        max(CASE WHEN metric IN ('sla_first_response_attainment_ratio') THEN 1 ELSE 0 END) AS first_response_met_count,
        max(CASE WHEN metric IN ('sla_periodic_update_attainment_ratio') THEN 1 ELSE 0 END) AS periodic_update_met_count,
        max(CASE WHEN metric IN ('sla_attainment_ratio') THEN 1 ELSE 0 END) AS resolution_met_count,
        max(CASE WHEN metric IN ('sla_vendor_resolution_attainment_ratio') THEN 1 ELSE 0 END) AS vendor_resolution_met_count,
        max(CASE WHEN metric IN ('sla_vendor_response_attainment_ratio') THEN 1 ELSE 0 END) AS vendor_response_met_count
    FROM meta.metrics WHERE publication_state = 'held'
) AS held
WHERE (fact.state IN ('met', 'breached', 'not_measured') OR (fact.is_quarantined AND (fact.state IS NULL OR fact.state <> 'cancelled'))) AND fact.decided_at IS NOT NULL;

COMMENT ON VIEW mart.decided_clock_records IS 'One row per SLA clock that is met or breached, on the day on which that was decided, or of which the export leaves open which of the two.';
COMMENT ON COLUMN mart.decided_clock_records.ticket_id IS 'Ticket, qualified by its source';
COMMENT ON COLUMN mart.decided_clock_records.target IS 'first_response, resolution, periodic_update, vendor_response or vendor_resolution';
COMMENT ON COLUMN mart.decided_clock_records.sla_policy IS 'Policy in policies/sla.yaml that set the clock';
COMMENT ON COLUMN mart.decided_clock_records.cycle_number IS '1, and one more for every reopening that starts a new cycle';
COMMENT ON COLUMN mart.decided_clock_records.period_date IS 'Day that decides the period, in the reporting time zone: stop or breach of the clock, whichever came first';
COMMENT ON COLUMN mart.decided_clock_records.team IS 'Team when the clock was decided, or now; for vendor_response and vendor_resolution that of the holder; (none) where there is none';
COMMENT ON COLUMN mart.decided_clock_records.priority IS 'Priority when the clock was decided, or now; (none) where there is none';
COMMENT ON COLUMN mart.decided_clock_records.service IS 'Service that the ticket is about; (none) where there is none';
COMMENT ON COLUMN mart.decided_clock_records.vendor IS 'Vendor when the clock was decided, or now; for vendor_response and vendor_resolution that of the holder; (none) where there is none';
COMMENT ON COLUMN mart.decided_clock_records.eligible_count IS '1; its sum counts the records that should count';
COMMENT ON COLUMN mart.decided_clock_records.measured_count IS '1, or 0 for a record that a contract rule set aside; empty while a KPI that counts them is held';
COMMENT ON COLUMN mart.decided_clock_records.resolution_met_count IS '1 if a clock for resolution is met, 0 if it is breached, empty for other targets';
COMMENT ON COLUMN mart.decided_clock_records.first_response_met_count IS '1 if a clock for first response is met, 0 if it is breached, empty for other targets';
COMMENT ON COLUMN mart.decided_clock_records.periodic_update_met_count IS '1 if a clock for periodic update is met, 0 if it is breached, empty for other targets';
COMMENT ON COLUMN mart.decided_clock_records.vendor_response_met_count IS '1 if a clock for vendor response is met, 0 if it is breached, empty for other targets';
COMMENT ON COLUMN mart.decided_clock_records.vendor_resolution_met_count IS '1 if a clock for vendor resolution is met, 0 if it is breached, empty for other targets';
