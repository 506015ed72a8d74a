-- Generated from metrics/registry.py by `python -m pipelines.generate`; a test fails if it was edited by hand.
--
-- Committed spend used
-- How much of the spend committed over the whole term of the contracts was billed by the end of the month; above 1 is
-- more than was committed.
-- Formula: Sum of cumulative_spend_reporting / sum of committed_spend_reporting of fct_vendor_commitment_months, each
-- contract at the exchange rate of its first day. Of one that began before the first invoice that is known of its
-- vendor, at least so much is used.
-- Counted: Contracts with committed spend, in each month of their term. One with lines that cannot be added up is not
-- measured from the month of the first of them on, and none is in months before the first invoice that is known of its
-- vendor. One that began before that invoice counts with what was billed since, and is not measured.
-- Period: month of a contract's term, until the data's clock (month_date), in the reporting time zone.
-- Unit: ratio; 1 is the whole. Owner: Vendor management. Version 2.
-- To combine cells: add numerators and denominators up over one breakdown, then divide; of several periods take the
-- last.
CREATE OR REPLACE VIEW mart.kpi_vendor_committed_spend_used_ratio AS
SELECT
    'Committed spend used' AS label,
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
WHERE measured.metric = 'vendor_committed_spend_used_ratio';

COMMENT ON VIEW mart.kpi_vendor_committed_spend_used_ratio IS 'Committed spend used. How much of the spend committed over the whole term of the contracts was billed by the end of the month; above 1 is more than was committed. Sum of cumulative_spend_reporting / sum of committed_spend_reporting of fct_vendor_commitment_months, each contract at the exchange rate of its first day. Of one that began before the first invoice that is known of its vendor, at least so much is used.';
COMMENT ON COLUMN mart.kpi_vendor_committed_spend_used_ratio.label IS 'Short name for people';
COMMENT ON COLUMN mart.kpi_vendor_committed_spend_used_ratio.period_grain IS 'day, week, month or quarter';
COMMENT ON COLUMN mart.kpi_vendor_committed_spend_used_ratio.period_start_date IS 'First day of the period in the reporting time zone';
COMMENT ON COLUMN mart.kpi_vendor_committed_spend_used_ratio.period_end_date IS 'Last day of the period, inclusive';
COMMENT ON COLUMN mart.kpi_vendor_committed_spend_used_ratio.is_period_closed IS 'Whether the data''s clock has passed the end of the period';
COMMENT ON COLUMN mart.kpi_vendor_committed_spend_used_ratio.dimension IS 'overall, team, priority, service or vendor';
COMMENT ON COLUMN mart.kpi_vendor_committed_spend_used_ratio.dimension_value IS 'Value of the breakdown; empty text for overall, (none) where records have none';
COMMENT ON COLUMN mart.kpi_vendor_committed_spend_used_ratio.value IS 'Committed spend used, ratio; 1 is the whole. How much of the spend committed over the whole term of the contracts was billed by the end of the month; above 1 is more than was committed.';
COMMENT ON COLUMN mart.kpi_vendor_committed_spend_used_ratio.unit IS 'Unit of the value';
COMMENT ON COLUMN mart.kpi_vendor_committed_spend_used_ratio.numerator IS 'Upper part of a ratio or unit cost, so that readers can re-aggregate';
COMMENT ON COLUMN mart.kpi_vendor_committed_spend_used_ratio.denominator IS 'Lower part of a ratio or unit cost';
COMMENT ON COLUMN mart.kpi_vendor_committed_spend_used_ratio.lower_bound IS 'Least value that what is not known allows; empty if unbounded';
COMMENT ON COLUMN mart.kpi_vendor_committed_spend_used_ratio.upper_bound IS 'Greatest value that what is not known allows; empty if unbounded';
COMMENT ON COLUMN mart.kpi_vendor_committed_spend_used_ratio.eligible_count IS 'Records that should count';
COMMENT ON COLUMN mart.kpi_vendor_committed_spend_used_ratio.measured_count IS 'Records that could be measured';
COMMENT ON COLUMN mart.kpi_vendor_committed_spend_used_ratio.coverage_ratio IS 'measured_count / eligible_count; empty if none is eligible';
COMMENT ON COLUMN mart.kpi_vendor_committed_spend_used_ratio.metric IS 'Name of the metric; see meta_metrics';
COMMENT ON COLUMN mart.kpi_vendor_committed_spend_used_ratio.metric_version IS 'Version of the metric''s definition';
COMMENT ON COLUMN mart.kpi_vendor_committed_spend_used_ratio.aggregation IS 'How values of several cells combine: sum (over periods and over one breakdown); breakdown_sum (over one breakdown, never over periods); stock (over one breakdown; of several periods the last); parts, breakdown_parts and stock_parts (the same of numerators and denominators, then divide); none';
COMMENT ON COLUMN mart.kpi_vendor_committed_spend_used_ratio.publication_state IS 'published, held or empty';
COMMENT ON COLUMN mart.kpi_vendor_committed_spend_used_ratio.held_reason IS 'Why it is held, in one line, and what to do';
COMMENT ON COLUMN mart.kpi_vendor_committed_spend_used_ratio.held_since_at IS 'When it was held first; it has been held since without a break';
COMMENT ON COLUMN mart.kpi_vendor_committed_spend_used_ratio.fresh_as_of_at IS 'The data''s clock when the published values were computed';
COMMENT ON COLUMN mart.kpi_vendor_committed_spend_used_ratio.is_held IS 'Whether a contract holds the metric back: the values are then those of fresh_as_of_at';
