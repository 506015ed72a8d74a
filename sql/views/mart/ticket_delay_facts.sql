-- Generated from models/ by `python -m pipelines.generate`; a test fails if it was edited by hand.
--
-- One row per resolved ticket whose delay policies/costs.yaml prices: how long, and what it cost.
-- Durations are stored in whole microseconds; 3.6e9 of them are an hour.
CREATE OR REPLACE VIEW mart.ticket_delay_facts AS
SELECT
    ticket_id,
    delay_rule,
    source,
    ticket_type,
    team,
    priority,
    service,
    vendor,
    resolved_at,
    measure,
    clock,
    delay_microseconds / 3.6e9 AS delay_hours,
    price_per_hour_original,
    currency_code,
    fx_rate,
    is_capped,
    amount_reporting,
    is_quarantined
FROM core.fct_ticket_delays;

COMMENT ON VIEW mart.ticket_delay_facts IS 'One row per resolved ticket whose delay policies/costs.yaml prices: how long, and what it cost. Evidence, not a KPI: rows of the latest data, also those that a held KPI would count; what they add up to is not what is published while it is held (see meta.metrics).';
COMMENT ON COLUMN mart.ticket_delay_facts.ticket_id IS 'Ticket, qualified by its source';
COMMENT ON COLUMN mart.ticket_delay_facts.delay_rule IS 'Rule of policies/costs.yaml that prices it: the first whose scope the ticket is in';
COMMENT ON COLUMN mart.ticket_delay_facts.source IS 'System that exported the ticket';
COMMENT ON COLUMN mart.ticket_delay_facts.ticket_type IS 'Type in the source''s words';
COMMENT ON COLUMN mart.ticket_delay_facts.team IS 'Team at the last resolution';
COMMENT ON COLUMN mart.ticket_delay_facts.priority IS 'Priority at the last resolution';
COMMENT ON COLUMN mart.ticket_delay_facts.service IS 'Service that the ticket is about';
COMMENT ON COLUMN mart.ticket_delay_facts.vendor IS 'Vendor at the last resolution';
COMMENT ON COLUMN mart.ticket_delay_facts.resolved_at IS 'Last entry into done; of a ticket that was set aside without one, its creation';
COMMENT ON COLUMN mart.ticket_delay_facts.measure IS 'What the rule prices: waiting, lead_time or past_target';
COMMENT ON COLUMN mart.ticket_delay_facts.clock IS 'Whose hours: business or calendar';
COMMENT ON COLUMN mart.ticket_delay_facts.delay_hours IS 'The priced time on that clock; empty where the export does not tell it';
COMMENT ON COLUMN mart.ticket_delay_facts.price_per_hour_original IS 'Price of an hour under the rule';
COMMENT ON COLUMN mart.ticket_delay_facts.currency_code IS 'ISO 4217 code of the price';
COMMENT ON COLUMN mart.ticket_delay_facts.fx_rate IS 'Units of reporting currency for one unit of the price''s, on the day of resolution';
COMMENT ON COLUMN mart.ticket_delay_facts.is_capped IS 'Whether the rule''s cap was reached';
COMMENT ON COLUMN mart.ticket_delay_facts.amount_reporting IS 'Time times price, at most the cap, rounded half to even once; empty if not measured';
COMMENT ON COLUMN mart.ticket_delay_facts.is_quarantined IS 'Whether a contract rule set the ticket aside: eligible, but not measured';
