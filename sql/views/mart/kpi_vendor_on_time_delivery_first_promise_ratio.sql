-- Generated from metrics/registry.py by `python -m pipelines.generate`; a test fails if it was edited by hand.
--
-- On-time delivery by the first promise
-- Share of the deliveries first promised for the period that came on or before that first date, whatever was promised
-- later.
-- Formula: Deliveries with delivered_date <= first_promised_date / deliveries due, by first_promised_date. One that is
-- still missing when that day is over is late; one without a first promise is not measured.
-- Counted: Deliveries that were made, or whose first promised day is over by the data's clock. One without a first
-- promise counts by the promise in force, and is not measured.
-- Period: first promised date (first_promised_date), in the reporting time zone.
-- Unit: ratio; 1 is the whole. Owner: Vendor management. Version 1.
-- To combine cells: add numerators and denominators up, over periods and over the values of one breakdown, then
-- divide.
CREATE OR REPLACE VIEW mart.kpi_vendor_on_time_delivery_first_promise_ratio AS
SELECT
    'On-time delivery by the first promise' AS label,
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
WHERE measured.metric = 'vendor_on_time_delivery_first_promise_ratio';

COMMENT ON VIEW mart.kpi_vendor_on_time_delivery_first_promise_ratio IS 'On-time delivery by the first promise. Share of the deliveries first promised for the period that came on or before that first date, whatever was promised later. Deliveries with delivered_date <= first_promised_date / deliveries due, by first_promised_date. One that is still missing when that day is over is late; one without a first promise is not measured.';
COMMENT ON COLUMN mart.kpi_vendor_on_time_delivery_first_promise_ratio.label IS 'Short name for people';
COMMENT ON COLUMN mart.kpi_vendor_on_time_delivery_first_promise_ratio.period_grain IS 'day, week, month or quarter';
COMMENT ON COLUMN mart.kpi_vendor_on_time_delivery_first_promise_ratio.period_start_date IS 'First day of the period in the reporting time zone';
COMMENT ON COLUMN mart.kpi_vendor_on_time_delivery_first_promise_ratio.period_end_date IS 'Last day of the period, inclusive';
COMMENT ON COLUMN mart.kpi_vendor_on_time_delivery_first_promise_ratio.is_period_closed IS 'Whether the data''s clock has passed the end of the period';
COMMENT ON COLUMN mart.kpi_vendor_on_time_delivery_first_promise_ratio.dimension IS 'overall, team, priority, service or vendor';
COMMENT ON COLUMN mart.kpi_vendor_on_time_delivery_first_promise_ratio.dimension_value IS 'Value of the breakdown; empty text for overall, (none) where records have none';
COMMENT ON COLUMN mart.kpi_vendor_on_time_delivery_first_promise_ratio.value IS 'On-time delivery by the first promise, ratio; 1 is the whole. Share of the deliveries first promised for the period that came on or before that first date, whatever was promised later.';
COMMENT ON COLUMN mart.kpi_vendor_on_time_delivery_first_promise_ratio.unit IS 'Unit of the value';
COMMENT ON COLUMN mart.kpi_vendor_on_time_delivery_first_promise_ratio.numerator IS 'Upper part of a ratio or unit cost, so that readers can re-aggregate';
COMMENT ON COLUMN mart.kpi_vendor_on_time_delivery_first_promise_ratio.denominator IS 'Lower part of a ratio or unit cost';
COMMENT ON COLUMN mart.kpi_vendor_on_time_delivery_first_promise_ratio.lower_bound IS 'Least value that what is not known allows; empty if unbounded';
COMMENT ON COLUMN mart.kpi_vendor_on_time_delivery_first_promise_ratio.upper_bound IS 'Greatest value that what is not known allows; empty if unbounded';
COMMENT ON COLUMN mart.kpi_vendor_on_time_delivery_first_promise_ratio.eligible_count IS 'Records that should count';
COMMENT ON COLUMN mart.kpi_vendor_on_time_delivery_first_promise_ratio.measured_count IS 'Records that could be measured';
COMMENT ON COLUMN mart.kpi_vendor_on_time_delivery_first_promise_ratio.coverage_ratio IS 'measured_count / eligible_count; empty if none is eligible';
COMMENT ON COLUMN mart.kpi_vendor_on_time_delivery_first_promise_ratio.metric IS 'Name of the metric; see meta_metrics';
COMMENT ON COLUMN mart.kpi_vendor_on_time_delivery_first_promise_ratio.metric_version IS 'Version of the metric''s definition';
COMMENT ON COLUMN mart.kpi_vendor_on_time_delivery_first_promise_ratio.aggregation IS 'How values of several cells combine: sum (over periods and over one breakdown); breakdown_sum (over one breakdown, never over periods); stock (over one breakdown; of several periods the last); parts, breakdown_parts and stock_parts (the same of numerators and denominators, then divide); none';
COMMENT ON COLUMN mart.kpi_vendor_on_time_delivery_first_promise_ratio.publication_state IS 'published, held or empty';
COMMENT ON COLUMN mart.kpi_vendor_on_time_delivery_first_promise_ratio.held_reason IS 'Why it is held, in one line, and what to do';
COMMENT ON COLUMN mart.kpi_vendor_on_time_delivery_first_promise_ratio.held_since_at IS 'When it was held first; it has been held since without a break';
COMMENT ON COLUMN mart.kpi_vendor_on_time_delivery_first_promise_ratio.fresh_as_of_at IS 'The data''s clock when the published values were computed';
COMMENT ON COLUMN mart.kpi_vendor_on_time_delivery_first_promise_ratio.is_held IS 'Whether a contract holds the metric back: the values are then those of fresh_as_of_at';
