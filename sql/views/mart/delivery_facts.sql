-- Generated from models/ by `python -m pipelines.generate`; a test fails if it was edited by hand.
--
-- One row per delivery: promised, delivered and whether on time.
CREATE OR REPLACE VIEW mart.delivery_facts AS
SELECT
    delivery_id,
    source,
    vendor,
    service,
    team,
    item,
    ordered_date,
    promised_date,
    first_promised_date,
    delivered_date,
    delay_days,
    is_on_time,
    first_promise_delay_days,
    is_on_time_by_first_promise,
    promise_moved_days,
    is_quarantined
FROM core.fct_deliveries;

COMMENT ON VIEW mart.delivery_facts IS 'One row per delivery: promised, delivered and whether on time. Evidence, not a KPI: rows of the latest data, also those that a held KPI would count; what they add up to is not what is published while it is held (see meta.metrics).';
COMMENT ON COLUMN mart.delivery_facts.delivery_id IS 'Delivery line, qualified by its source';
COMMENT ON COLUMN mart.delivery_facts.source IS 'System that exported the delivery';
COMMENT ON COLUMN mart.delivery_facts.vendor IS 'Vendor';
COMMENT ON COLUMN mart.delivery_facts.service IS 'Service or product group';
COMMENT ON COLUMN mart.delivery_facts.team IS 'Team or site that ordered';
COMMENT ON COLUMN mart.delivery_facts.item IS 'What was ordered';
COMMENT ON COLUMN mart.delivery_facts.ordered_date IS 'Date of the order';
COMMENT ON COLUMN mart.delivery_facts.promised_date IS 'Promise in force';
COMMENT ON COLUMN mart.delivery_facts.first_promised_date IS 'First promise';
COMMENT ON COLUMN mart.delivery_facts.delivered_date IS 'Date of delivery';
COMMENT ON COLUMN mart.delivery_facts.delay_days IS 'Delivered minus promised date; negative is early';
COMMENT ON COLUMN mart.delivery_facts.is_on_time IS 'Delivered on or before the promised date; empty if either date is unknown';
COMMENT ON COLUMN mart.delivery_facts.first_promise_delay_days IS 'Delivered minus first promised date; negative is early';
COMMENT ON COLUMN mart.delivery_facts.is_on_time_by_first_promise IS 'Delivered on or before the first promised date; empty if either date is unknown';
COMMENT ON COLUMN mart.delivery_facts.promise_moved_days IS 'Promise in force minus first promise; positive is later';
COMMENT ON COLUMN mart.delivery_facts.is_quarantined IS 'Whether a contract rule set the delivery aside';
