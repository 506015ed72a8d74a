-- Generated from metrics/registry.py by `python -m pipelines.generate`; a test fails if it was edited by hand.
--
-- Delivery delay by the first promise, p95
-- 95 of 100 deliveries first promised for the period came by so many days after that first promise; negative is early.
-- Formula: Percentile 95 of delivered_date - first_promised_date, by first_promised_date. A delivery that is due and
-- has not come, or of which either date is unknown, is not measured.
-- Counted: Deliveries that were made, or whose first promised day is over by the data's clock. One without a first
-- promise counts by the promise in force, and is not measured.
-- Period: first promised date (first_promised_date), in the reporting time zone.
-- Unit: calendar days. Owner: Vendor management. Version 1.
-- To combine cells: never; take the cell that was computed for the wider period or breakdown.
CREATE OR REPLACE VIEW mart.kpi_vendor_delivery_first_promise_delay_p95_days AS
SELECT
    'Delivery delay by the first promise, p95' AS label,
    measured.period_grain,
    measured.period_start_date,
    measured.period_end_date,
    measured.is_period_closed,
    measured.dimension,
    measured.dimension_value,
    measured.value,
    measured.unit,
    measured.numerator,
    measured.denominator,
    measured.lower_bound,
    measured.upper_bound,
    measured.eligible_count,
    measured.measured_count,
    measured.coverage_ratio,
    measured.metric,
    measured.metric_version,
    definition.aggregation,
    definition.publication_state,
    definition.held_reason,
    definition.held_since_at,
    definition.fresh_as_of_at,
    coalesce(definition.publication_state = 'held', false) AS is_held
FROM mart.metric_values AS measured
LEFT JOIN meta.metrics AS definition ON definition.metric = measured.metric
WHERE measured.metric = 'vendor_delivery_first_promise_delay_p95_days';

COMMENT ON VIEW mart.kpi_vendor_delivery_first_promise_delay_p95_days IS 'Delivery delay by the first promise, p95. 95 of 100 deliveries first promised for the period came by so many days after that first promise; negative is early. Percentile 95 of delivered_date - first_promised_date, by first_promised_date. A delivery that is due and has not come, or of which either date is unknown, is not measured.';
COMMENT ON COLUMN mart.kpi_vendor_delivery_first_promise_delay_p95_days.label IS 'Short name for people';
COMMENT ON COLUMN mart.kpi_vendor_delivery_first_promise_delay_p95_days.period_grain IS 'day, week, month or quarter';
COMMENT ON COLUMN mart.kpi_vendor_delivery_first_promise_delay_p95_days.period_start_date IS 'First day of the period in the reporting time zone';
COMMENT ON COLUMN mart.kpi_vendor_delivery_first_promise_delay_p95_days.period_end_date IS 'Last day of the period, inclusive';
COMMENT ON COLUMN mart.kpi_vendor_delivery_first_promise_delay_p95_days.is_period_closed IS 'Whether the data''s clock has passed the end of the period';
COMMENT ON COLUMN mart.kpi_vendor_delivery_first_promise_delay_p95_days.dimension IS 'overall, team, priority, service or vendor';
COMMENT ON COLUMN mart.kpi_vendor_delivery_first_promise_delay_p95_days.dimension_value IS 'Value of the breakdown; empty text for overall, (none) where records have none';
COMMENT ON COLUMN mart.kpi_vendor_delivery_first_promise_delay_p95_days.value IS 'Delivery delay by the first promise, p95, calendar days. 95 of 100 deliveries first promised for the period came by so many days after that first promise; negative is early.';
COMMENT ON COLUMN mart.kpi_vendor_delivery_first_promise_delay_p95_days.unit IS 'Unit of the value';
COMMENT ON COLUMN mart.kpi_vendor_delivery_first_promise_delay_p95_days.numerator IS 'Upper part of a ratio or unit cost, so that readers can re-aggregate';
COMMENT ON COLUMN mart.kpi_vendor_delivery_first_promise_delay_p95_days.denominator IS 'Lower part of a ratio or unit cost';
COMMENT ON COLUMN mart.kpi_vendor_delivery_first_promise_delay_p95_days.lower_bound IS 'Least value that what is not known allows; empty if unbounded';
COMMENT ON COLUMN mart.kpi_vendor_delivery_first_promise_delay_p95_days.upper_bound IS 'Greatest value that what is not known allows; empty if unbounded';
COMMENT ON COLUMN mart.kpi_vendor_delivery_first_promise_delay_p95_days.eligible_count IS 'Records that should count';
COMMENT ON COLUMN mart.kpi_vendor_delivery_first_promise_delay_p95_days.measured_count IS 'Records that could be measured';
COMMENT ON COLUMN mart.kpi_vendor_delivery_first_promise_delay_p95_days.coverage_ratio IS 'measured_count / eligible_count; empty if none is eligible';
COMMENT ON COLUMN mart.kpi_vendor_delivery_first_promise_delay_p95_days.metric IS 'Name of the metric; see meta_metrics';
COMMENT ON COLUMN mart.kpi_vendor_delivery_first_promise_delay_p95_days.metric_version IS 'Version of the metric''s definition';
COMMENT ON COLUMN mart.kpi_vendor_delivery_first_promise_delay_p95_days.aggregation IS 'How values of several cells combine: sum (over periods and over one breakdown); breakdown_sum (over one breakdown, never over periods); stock (over one breakdown; of several periods the last); parts, breakdown_parts and stock_parts (the same of numerators and denominators, then divide); none';
COMMENT ON COLUMN mart.kpi_vendor_delivery_first_promise_delay_p95_days.publication_state IS 'published, held or empty';
COMMENT ON COLUMN mart.kpi_vendor_delivery_first_promise_delay_p95_days.held_reason IS 'Why it is held, in one line, and what to do';
COMMENT ON COLUMN mart.kpi_vendor_delivery_first_promise_delay_p95_days.held_since_at IS 'When it was held first; it has been held since without a break';
COMMENT ON COLUMN mart.kpi_vendor_delivery_first_promise_delay_p95_days.fresh_as_of_at IS 'The data''s clock when the published values were computed';
COMMENT ON COLUMN mart.kpi_vendor_delivery_first_promise_delay_p95_days.is_held IS 'Whether a contract holds the metric back: the values are then those of fresh_as_of_at';
