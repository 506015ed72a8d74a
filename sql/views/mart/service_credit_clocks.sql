-- Generated from models/ by `python -m pipelines.generate`; a test fails if it was edited by hand.
--
-- One row per broken promise that a service credit rests on: the clocks, or late deliveries, to name in a claim.
-- Durations are stored in whole microseconds; 3.6e9 of them are an hour.
CREATE OR REPLACE VIEW mart.service_credit_clocks AS
SELECT
    service_credit_id,
    case_number,
    vendor,
    ticket_id,
    sla_policy,
    cycle_number,
    delivery_id,
    decided_date,
    started_at,
    breached_at,
    target_microseconds / 3.6e9 AS target_hours,
    elapsed_microseconds / 3.6e9 AS elapsed_hours,
    promised_date,
    delivered_date
FROM core.fct_service_credit_clocks;

COMMENT ON VIEW mart.service_credit_clocks IS 'One row per broken promise that a service credit rests on: the clocks, or late deliveries, to name in a claim. Evidence, not a KPI: rows of the latest data, also those that a held KPI would count; what they add up to is not what is published while it is held (see meta.metrics).';
COMMENT ON COLUMN mart.service_credit_clocks.service_credit_id IS 'Credit in fct_service_credits';
COMMENT ON COLUMN mart.service_credit_clocks.case_number IS 'Order of the decision within the credit, from 1';
COMMENT ON COLUMN mart.service_credit_clocks.vendor IS 'Vendor';
COMMENT ON COLUMN mart.service_credit_clocks.ticket_id IS 'Ticket, qualified by its source; empty for a delivery';
COMMENT ON COLUMN mart.service_credit_clocks.sla_policy IS 'Policy in policies/sla.yaml that set the clock; empty for a delivery';
COMMENT ON COLUMN mart.service_credit_clocks.cycle_number IS 'Cycle of the ticket''s clock; empty for a delivery';
COMMENT ON COLUMN mart.service_credit_clocks.delivery_id IS 'Delivery, qualified by its source; empty for a clock';
COMMENT ON COLUMN mart.service_credit_clocks.decided_date IS 'Day on which it was decided, in the reporting time zone';
COMMENT ON COLUMN mart.service_credit_clocks.started_at IS 'When the vendor took the ticket; empty for a delivery';
COMMENT ON COLUMN mart.service_credit_clocks.breached_at IS 'When the promise was broken; empty for a delivery';
COMMENT ON COLUMN mart.service_credit_clocks.target_hours IS 'Time that was promised; empty for a delivery';
COMMENT ON COLUMN mart.service_credit_clocks.elapsed_hours IS 'Time that the vendor took; empty for a delivery';
COMMENT ON COLUMN mart.service_credit_clocks.promised_date IS 'Promised date that counts; empty for a clock';
COMMENT ON COLUMN mart.service_credit_clocks.delivered_date IS 'Date of delivery; empty for a clock, and for what has not come';
