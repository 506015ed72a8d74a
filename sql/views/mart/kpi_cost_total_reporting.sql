-- Generated from metrics/registry.py by `python -m pipelines.generate`; a test fails if it was edited by hand.
--
-- Cost
-- All cost that lies in the period, allocated or not. By team, priority, service and vendor it is the cost that these
-- bear, not the cost of the lines that name them.
-- Formula: Sum of amount_reporting of fct_cost_allocations. Under the accrual basis a line with a service period is
-- spread over its days, to the cent; otherwise it lies in its posting period.
-- Counted: Cost lines that lie in the period; in a quarter or week, a month that is over without any counts as one
-- that is not measured. A line that was set aside or has no rate may bear on any breakdown value, so every value of a
-- period has the coverage of the whole period.
-- Period: days on which the cost lies under the policy's basis (period_start_date), in the reporting time zone.
-- Unit: reporting currency. Owner: Finance. Version 1.
-- To combine cells: add values up over one breakdown, never over periods: each is allocated anew, so take the cell of
-- the longer period.
CREATE OR REPLACE VIEW mart.kpi_cost_total_reporting AS
SELECT
    'Cost' AS label,
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
WHERE measured.metric = 'cost_total_reporting';

COMMENT ON VIEW mart.kpi_cost_total_reporting IS 'Cost. All cost that lies in the period, allocated or not. By team, priority, service and vendor it is the cost that these bear, not the cost of the lines that name them. Sum of amount_reporting of fct_cost_allocations. Under the accrual basis a line with a service period is spread over its days, to the cent; otherwise it lies in its posting period.';
COMMENT ON COLUMN mart.kpi_cost_total_reporting.label IS 'Short name for people';
COMMENT ON COLUMN mart.kpi_cost_total_reporting.period_grain IS 'day, week, month or quarter';
COMMENT ON COLUMN mart.kpi_cost_total_reporting.period_start_date IS 'First day of the period in the reporting time zone';
COMMENT ON COLUMN mart.kpi_cost_total_reporting.period_end_date IS 'Last day of the period, inclusive';
COMMENT ON COLUMN mart.kpi_cost_total_reporting.is_period_closed IS 'Whether the data''s clock has passed the end of the period';
COMMENT ON COLUMN mart.kpi_cost_total_reporting.dimension IS 'overall, team, priority, service or vendor';
COMMENT ON COLUMN mart.kpi_cost_total_reporting.dimension_value IS 'Value of the breakdown; empty text for overall, (none) where records have none';
COMMENT ON COLUMN mart.kpi_cost_total_reporting.value IS 'Cost, reporting currency. All cost that lies in the period, allocated or not. By team, priority, service and vendor it is the cost that these bear, not the cost of the lines that name them.';
COMMENT ON COLUMN mart.kpi_cost_total_reporting.unit IS 'Unit of the value';
COMMENT ON COLUMN mart.kpi_cost_total_reporting.numerator IS 'Upper part of a ratio or unit cost, so that readers can re-aggregate';
COMMENT ON COLUMN mart.kpi_cost_total_reporting.denominator IS 'Lower part of a ratio or unit cost';
COMMENT ON COLUMN mart.kpi_cost_total_reporting.lower_bound IS 'Least value that what is not known allows; empty if unbounded';
COMMENT ON COLUMN mart.kpi_cost_total_reporting.upper_bound IS 'Greatest value that what is not known allows; empty if unbounded';
COMMENT ON COLUMN mart.kpi_cost_total_reporting.eligible_count IS 'Records that should count';
COMMENT ON COLUMN mart.kpi_cost_total_reporting.measured_count IS 'Records that could be measured';
COMMENT ON COLUMN mart.kpi_cost_total_reporting.coverage_ratio IS 'measured_count / eligible_count; empty if none is eligible';
COMMENT ON COLUMN mart.kpi_cost_total_reporting.metric IS 'Name of the metric; see meta_metrics';
COMMENT ON COLUMN mart.kpi_cost_total_reporting.metric_version IS 'Version of the metric''s definition';
COMMENT ON COLUMN mart.kpi_cost_total_reporting.aggregation IS 'How values of several cells combine: sum (over periods and over one breakdown); breakdown_sum (over one breakdown, never over periods); stock (over one breakdown; of several periods the last); parts, breakdown_parts and stock_parts (the same of numerators and denominators, then divide); none';
COMMENT ON COLUMN mart.kpi_cost_total_reporting.publication_state IS 'published, held or empty';
COMMENT ON COLUMN mart.kpi_cost_total_reporting.held_reason IS 'Why it is held, in one line, and what to do';
COMMENT ON COLUMN mart.kpi_cost_total_reporting.held_since_at IS 'When it was held first; it has been held since without a break';
COMMENT ON COLUMN mart.kpi_cost_total_reporting.fresh_as_of_at IS 'The data''s clock when the published values were computed';
COMMENT ON COLUMN mart.kpi_cost_total_reporting.is_held IS 'Whether a contract holds the metric back: the values are then those of fresh_as_of_at';
