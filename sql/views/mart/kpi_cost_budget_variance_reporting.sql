-- Generated from metrics/registry.py by `python -m pipelines.generate`; a test fails if it was edited by hand.
--
-- Budget variance
-- What was spent beyond the budget, also on what has no budget of its own; below 0 where less was spent.
-- Formula: Actual cost less budget, over the months of the period that have both: variance_reporting of
-- fct_budget_variances. All cost of such a month counts, whether or not its account has a budget. By team it is the
-- team that was booked, before any allocation.
-- Counted: Cost lines and budget lines of the months that have both. A line that was set aside or has no rate may be
-- any team's, so every team has the coverage of the whole period.
-- Period: month in which the cost lies and that is planned (month_date), in the reporting time zone.
-- Unit: reporting currency. Owner: Finance. Version 2.
-- To combine cells: add values up, over periods and over the values of one breakdown.
CREATE OR REPLACE VIEW mart.kpi_cost_budget_variance_reporting AS
SELECT
    'Budget variance' AS label,
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
WHERE measured.metric = 'cost_budget_variance_reporting';

COMMENT ON VIEW mart.kpi_cost_budget_variance_reporting IS 'Budget variance. What was spent beyond the budget, also on what has no budget of its own; below 0 where less was spent. Actual cost less budget, over the months of the period that have both: variance_reporting of fct_budget_variances. All cost of such a month counts, whether or not its account has a budget. By team it is the team that was booked, before any allocation.';
COMMENT ON COLUMN mart.kpi_cost_budget_variance_reporting.label IS 'Short name for people';
COMMENT ON COLUMN mart.kpi_cost_budget_variance_reporting.period_grain IS 'day, week, month or quarter';
COMMENT ON COLUMN mart.kpi_cost_budget_variance_reporting.period_start_date IS 'First day of the period in the reporting time zone';
COMMENT ON COLUMN mart.kpi_cost_budget_variance_reporting.period_end_date IS 'Last day of the period, inclusive';
COMMENT ON COLUMN mart.kpi_cost_budget_variance_reporting.is_period_closed IS 'Whether the data''s clock has passed the end of the period';
COMMENT ON COLUMN mart.kpi_cost_budget_variance_reporting.dimension IS 'overall, team, priority, service or vendor';
COMMENT ON COLUMN mart.kpi_cost_budget_variance_reporting.dimension_value IS 'Value of the breakdown; empty text for overall, (none) where records have none';
COMMENT ON COLUMN mart.kpi_cost_budget_variance_reporting.value IS 'Budget variance, reporting currency. What was spent beyond the budget, also on what has no budget of its own; below 0 where less was spent.';
COMMENT ON COLUMN mart.kpi_cost_budget_variance_reporting.unit IS 'Unit of the value';
COMMENT ON COLUMN mart.kpi_cost_budget_variance_reporting.numerator IS 'Upper part of a ratio or unit cost, so that readers can re-aggregate';
COMMENT ON COLUMN mart.kpi_cost_budget_variance_reporting.denominator IS 'Lower part of a ratio or unit cost';
COMMENT ON COLUMN mart.kpi_cost_budget_variance_reporting.lower_bound IS 'Least value that what is not known allows; empty if unbounded';
COMMENT ON COLUMN mart.kpi_cost_budget_variance_reporting.upper_bound IS 'Greatest value that what is not known allows; empty if unbounded';
COMMENT ON COLUMN mart.kpi_cost_budget_variance_reporting.eligible_count IS 'Records that should count';
COMMENT ON COLUMN mart.kpi_cost_budget_variance_reporting.measured_count IS 'Records that could be measured';
COMMENT ON COLUMN mart.kpi_cost_budget_variance_reporting.coverage_ratio IS 'measured_count / eligible_count; empty if none is eligible';
COMMENT ON COLUMN mart.kpi_cost_budget_variance_reporting.metric IS 'Name of the metric; see meta_metrics';
COMMENT ON COLUMN mart.kpi_cost_budget_variance_reporting.metric_version IS 'Version of the metric''s definition';
COMMENT ON COLUMN mart.kpi_cost_budget_variance_reporting.aggregation IS 'How values of several cells combine: sum (over periods and over one breakdown); breakdown_sum (over one breakdown, never over periods); stock (over one breakdown; of several periods the last); parts, breakdown_parts and stock_parts (the same of numerators and denominators, then divide); none';
COMMENT ON COLUMN mart.kpi_cost_budget_variance_reporting.publication_state IS 'published, held or empty';
COMMENT ON COLUMN mart.kpi_cost_budget_variance_reporting.held_reason IS 'Why it is held, in one line, and what to do';
COMMENT ON COLUMN mart.kpi_cost_budget_variance_reporting.held_since_at IS 'When it was held first; it has been held since without a break';
COMMENT ON COLUMN mart.kpi_cost_budget_variance_reporting.fresh_as_of_at IS 'The data''s clock when the published values were computed';
COMMENT ON COLUMN mart.kpi_cost_budget_variance_reporting.is_held IS 'Whether a contract holds the metric back: the values are then those of fresh_as_of_at';
