-- Generated from metrics/render/record_views.py by `python -m pipelines.generate`; a test fails if it was edited by
-- hand.
--
-- One row per delivery that was made or is due, on the day that was promised first.
-- Counted: Deliveries that were made, or whose first promised day is over by the data's clock. One without a first
-- promise counts by the promise in force, and is not measured.
-- What a record contributes is empty where that is not measured; of one that was set aside, everything is. So is a
-- column while a KPI that is computed from it is held.
CREATE OR REPLACE VIEW mart.first_promised_delivery_records AS
SELECT
    fact.delivery_id,
    CAST(coalesce(fact.first_promised_date, fact.promised_date, CASE WHEN fact.is_quarantined THEN fact.delivered_date END) AS DATE) AS period_date,
    coalesce(fact.team, '(none)') AS team,
    coalesce(fact.service, '(none)') AS service,
    coalesce(fact.vendor, '(none)') AS vendor,
    fact.source,
    fact.item,
    1 AS eligible_count,
    CASE WHEN NOT fact.is_quarantined THEN 1 ELSE 0 END AS measured_count,
    CASE WHEN coalesce(held.on_time_by_first_promise_count, 0) = 0 THEN CASE WHEN NOT fact.is_quarantined THEN CASE WHEN fact.first_promised_date IS NULL THEN NULL WHEN fact.delivered_date <= fact.first_promised_date THEN 1 ELSE 0 END END END AS on_time_by_first_promise_count,
    CASE WHEN coalesce(held.first_promise_delay_days, 0) = 0 THEN CASE WHEN NOT fact.is_quarantined THEN fact.first_promise_delay_days END END AS first_promise_delay_days
FROM core.fct_deliveries AS fact
CROSS JOIN (
    SELECT CAST(timezone(run.reporting_time_zone, metrics.fresh_as_of_at) AS DATE) AS as_of_date
    FROM meta.metrics AS metrics CROSS JOIN meta.run AS run WHERE metrics.metric = 'vendor_on_time_delivery_first_promise_ratio'
) AS clock
CROSS JOIN (
    SELECT
        max(CASE WHEN metric IN ('vendor_delivery_first_promise_delay_p50_days', 'vendor_delivery_first_promise_delay_p85_days', 'vendor_delivery_first_promise_delay_p95_days') THEN 1 ELSE 0 END) AS first_promise_delay_days,
        max(CASE WHEN metric IN ('vendor_on_time_delivery_first_promise_ratio') THEN 1 ELSE 0 END) AS on_time_by_first_promise_count
    FROM meta.metrics WHERE publication_state = 'held'
) AS held
WHERE (fact.is_quarantined OR coalesce(fact.first_promised_date, fact.promised_date) < clock.as_of_date OR (coalesce(fact.first_promised_date, fact.promised_date) IS NOT NULL AND fact.delivered_date IS NOT NULL)) AND coalesce(fact.first_promised_date, fact.promised_date, CASE WHEN fact.is_quarantined THEN fact.delivered_date END) IS NOT NULL;

COMMENT ON VIEW mart.first_promised_delivery_records IS 'One row per delivery that was made or is due, on the day that was promised first.';
COMMENT ON COLUMN mart.first_promised_delivery_records.delivery_id IS 'Delivery line, qualified by its source';
COMMENT ON COLUMN mart.first_promised_delivery_records.period_date IS 'Day that decides the period, in the reporting time zone: first promised date';
COMMENT ON COLUMN mart.first_promised_delivery_records.team IS 'Team or site that ordered; (none) where there is none';
COMMENT ON COLUMN mart.first_promised_delivery_records.service IS 'Service or product group; (none) where there is none';
COMMENT ON COLUMN mart.first_promised_delivery_records.vendor IS 'Vendor; (none) where there is none';
COMMENT ON COLUMN mart.first_promised_delivery_records.source IS 'System that exported the delivery';
COMMENT ON COLUMN mart.first_promised_delivery_records.item IS 'What was ordered';
COMMENT ON COLUMN mart.first_promised_delivery_records.eligible_count IS '1; its sum counts the records that should count';
COMMENT ON COLUMN mart.first_promised_delivery_records.measured_count IS '1, or 0 for a record that a contract rule set aside; empty while a KPI that counts them is held';
COMMENT ON COLUMN mart.first_promised_delivery_records.on_time_by_first_promise_count IS '1 if it came on or before the date that was promised first, 0 if not';
COMMENT ON COLUMN mart.first_promised_delivery_records.first_promise_delay_days IS 'Delivered minus first promised date; negative is early';
