-- Promises that are neither kept nor broken yet, as of the data's clock: those with the least open time left first.
--
-- Clocks that run, and clocks that are paused and would go on. What is breached already is no longer at risk: see
-- sla_clock_facts. Where daily exports leave open how much has counted, the least counts. Tickets that a contract rule set aside are shown, and flagged.
CREATE OR REPLACE VIEW mart.sla_at_risk AS
SELECT
    clock.ticket_id,
    clock.target,
    clock.sla_policy,
    clock.cycle_number,
    clock.state,
    clock.team,
    clock.priority,
    clock.service,
    clock.vendor,
    clock.due_at,
    clock.remaining_microseconds / 3.6e9 AS remaining_hours,
    clock.remaining_lower_microseconds / 3.6e9 AS remaining_lower_hours,
    clock.remaining_upper_microseconds / 3.6e9 AS remaining_upper_hours,
    clock.used_ratio,
    clock.target_microseconds / 3.6e9 AS target_hours,
    clock.started_at,
    clock.calendar,
    clock.source,
    coalesce(ticket.is_quarantined, false) AS is_quarantined
FROM core.fct_sla_clocks AS clock
LEFT JOIN core.fct_tickets AS ticket ON ticket.ticket_id = clock.ticket_id
WHERE clock.state IN ('running', 'paused')
ORDER BY
    coalesce(clock.remaining_lower_microseconds, clock.remaining_microseconds),
    clock.used_ratio DESC,
    clock.ticket_id,
    clock.sla_policy,
    clock.cycle_number;

COMMENT ON VIEW mart.sla_at_risk IS 'One row per SLA clock that runs or is paused as of the data''s clock (as_of_at in meta.run): what is promised of it, by when, and how much of the target is used. Least open time left first, as little as it can be.';
COMMENT ON COLUMN mart.sla_at_risk.ticket_id IS 'Ticket, qualified by its source';
COMMENT ON COLUMN mart.sla_at_risk.target IS 'first_response, resolution, periodic_update, vendor_response or vendor_resolution';
COMMENT ON COLUMN mart.sla_at_risk.sla_policy IS 'Policy in policies/sla.yaml that set the clock';
COMMENT ON COLUMN mart.sla_at_risk.cycle_number IS '1, and one more for every reopening that started a new cycle';
COMMENT ON COLUMN mart.sla_at_risk.state IS 'running, or paused: then it breaches only after it goes on';
COMMENT ON COLUMN mart.sla_at_risk.team IS 'Team that has the ticket; for vendor_response and vendor_resolution the one that had it last under the policy';
COMMENT ON COLUMN mart.sla_at_risk.priority IS 'Priority now';
COMMENT ON COLUMN mart.sla_at_risk.service IS 'Service that the ticket is about';
COMMENT ON COLUMN mart.sla_at_risk.vendor IS 'Vendor that has the ticket; for vendor_response and vendor_resolution the one that had it last under the policy';
COMMENT ON COLUMN mart.sla_at_risk.due_at IS 'Instant at which it will breach if nothing pauses it; empty while it is paused';
COMMENT ON COLUMN mart.sla_at_risk.remaining_hours IS 'Open time left of the target; for periodic_update until the present silence is too long';
COMMENT ON COLUMN mart.sla_at_risk.remaining_lower_hours IS 'The least that can be left, where repeated snapshots leave open how much has counted; empty where nothing is open';
COMMENT ON COLUMN mart.sla_at_risk.remaining_upper_hours IS 'The most that can be left, where repeated snapshots leave open how much has counted; empty where nothing is open';
COMMENT ON COLUMN mart.sla_at_risk.used_ratio IS 'Share of the target that is used';
COMMENT ON COLUMN mart.sla_at_risk.target_hours IS 'Open time that the policy allows';
COMMENT ON COLUMN mart.sla_at_risk.started_at IS 'Start of the clock';
COMMENT ON COLUMN mart.sla_at_risk.calendar IS 'Calendar whose open hours the clock counts';
COMMENT ON COLUMN mart.sla_at_risk.source IS 'System that exported the ticket';
COMMENT ON COLUMN mart.sla_at_risk.is_quarantined IS 'Whether a contract rule set the ticket aside: what is said of it may be wrong';
