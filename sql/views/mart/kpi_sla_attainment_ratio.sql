-- Generated from metrics/registry.py by `python -m pipelines.generate`; a test fails if it was edited by hand.
--
-- SLA attainment, resolution
-- Share of the resolution clocks decided in the period that were met.
-- Formula: met / (met + breached) of resolution clocks, by decided_at. A clock is decided once, at its stop or its
-- breach, so leaving a ticket open improves nothing. Per clock, never per exported row. A ticket that an export first
-- shows resolved is judged by the priority that it has there, and as if it never came back before. Of a snapshot under
-- a policy that pauses, only clocks that were kept for certain are measured, so that the share leans upwards; the
-- lower bound says how far down the truth may lie.
-- Counted: Clocks for resolution that are met or breached; running, paused and cancelled ones are in neither part. Not
-- measured are those of which the export leaves open whether they were kept, by the instant at which that was decided
-- at the latest. A ticket that was set aside counts with its clocks, or with one if it has none.
-- Period: stop or breach of the clock, whichever came first (decided_at), in the reporting time zone.
-- Unit: ratio; 1 is the whole. Owner: Service management. Version 4.
-- To combine cells: add numerators and denominators up, over periods and over the values of one breakdown, then
-- divide.
CREATE OR REPLACE VIEW mart.kpi_sla_attainment_ratio AS
SELECT
    'SLA attainment, resolution' AS label,
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
WHERE measured.metric = 'sla_attainment_ratio';

COMMENT ON VIEW mart.kpi_sla_attainment_ratio IS 'SLA attainment, resolution. Share of the resolution clocks decided in the period that were met. met / (met + breached) of resolution clocks, by decided_at. A clock is decided once, at its stop or its breach, so leaving a ticket open improves nothing. Per clock, never per exported row. A ticket that an export first shows resolved is judged by the priority that it has there, and as if it never came back before. Of a snapshot under a policy that pauses, only clocks that were kept for certain are measured, so that the share leans upwards; the lower bound says how far down the truth may lie.';
COMMENT ON COLUMN mart.kpi_sla_attainment_ratio.label IS 'Short name for people';
COMMENT ON COLUMN mart.kpi_sla_attainment_ratio.period_grain IS 'day, week, month or quarter';
COMMENT ON COLUMN mart.kpi_sla_attainment_ratio.period_start_date IS 'First day of the period in the reporting time zone';
COMMENT ON COLUMN mart.kpi_sla_attainment_ratio.period_end_date IS 'Last day of the period, inclusive';
COMMENT ON COLUMN mart.kpi_sla_attainment_ratio.is_period_closed IS 'Whether the data''s clock has passed the end of the period';
COMMENT ON COLUMN mart.kpi_sla_attainment_ratio.dimension IS 'overall, team, priority, service or vendor';
COMMENT ON COLUMN mart.kpi_sla_attainment_ratio.dimension_value IS 'Value of the breakdown; empty text for overall, (none) where records have none';
COMMENT ON COLUMN mart.kpi_sla_attainment_ratio.value IS 'SLA attainment, resolution, ratio; 1 is the whole. Share of the resolution clocks decided in the period that were met.';
COMMENT ON COLUMN mart.kpi_sla_attainment_ratio.unit IS 'Unit of the value';
COMMENT ON COLUMN mart.kpi_sla_attainment_ratio.numerator IS 'Upper part of a ratio or unit cost, so that readers can re-aggregate';
COMMENT ON COLUMN mart.kpi_sla_attainment_ratio.denominator IS 'Lower part of a ratio or unit cost';
COMMENT ON COLUMN mart.kpi_sla_attainment_ratio.lower_bound IS 'Least value that what is not known allows; empty if unbounded';
COMMENT ON COLUMN mart.kpi_sla_attainment_ratio.upper_bound IS 'Greatest value that what is not known allows; empty if unbounded';
COMMENT ON COLUMN mart.kpi_sla_attainment_ratio.eligible_count IS 'Records that should count';
COMMENT ON COLUMN mart.kpi_sla_attainment_ratio.measured_count IS 'Records that could be measured';
COMMENT ON COLUMN mart.kpi_sla_attainment_ratio.coverage_ratio IS 'measured_count / eligible_count; empty if none is eligible';
COMMENT ON COLUMN mart.kpi_sla_attainment_ratio.metric IS 'Name of the metric; see meta_metrics';
COMMENT ON COLUMN mart.kpi_sla_attainment_ratio.metric_version IS 'Version of the metric''s definition';
COMMENT ON COLUMN mart.kpi_sla_attainment_ratio.aggregation IS 'How values of several cells combine: sum (over periods and over one breakdown); breakdown_sum (over one breakdown, never over periods); stock (over one breakdown; of several periods the last); parts, breakdown_parts and stock_parts (the same of numerators and denominators, then divide); none';
COMMENT ON COLUMN mart.kpi_sla_attainment_ratio.publication_state IS 'published, held or empty';
COMMENT ON COLUMN mart.kpi_sla_attainment_ratio.held_reason IS 'Why it is held, in one line, and what to do';
COMMENT ON COLUMN mart.kpi_sla_attainment_ratio.held_since_at IS 'When it was held first; it has been held since without a break';
COMMENT ON COLUMN mart.kpi_sla_attainment_ratio.fresh_as_of_at IS 'The data''s clock when the published values were computed';
COMMENT ON COLUMN mart.kpi_sla_attainment_ratio.is_held IS 'Whether a contract holds the metric back: the values are then those of fresh_as_of_at';
