-- Generated from metrics/registry.py by `python -m pipelines.generate`; a test fails if it was edited by hand.
--
-- Touches per resolved ticket
-- Mean number of touches of the tickets resolved in the period.
-- Formula: Sum of touch_count / tickets resolved in the period of which it is known. A touch is a public reply by an
-- agent; where a source tells none, an entry into active. A ticket of which neither is known lowers coverage. What
-- came and went between two repeated snapshots was never seen: the bounds say that there may have been more.
-- Counted: Tickets that are done and not cancelled. A ticket that was set aside counts where it was resolved or, if
-- that is unknown, created. Not measured is one that is done nobody knows since when, where an export first showed it
-- done or else where it was created; nor one that left the exports while it was open, where it left them.
-- Period: last entry of the ticket into done (resolved_at), in the reporting time zone.
-- Unit: count. Owner: Service management. Version 2.
-- To combine cells: add numerators and denominators up, over periods and over the values of one breakdown, then
-- divide.
CREATE OR REPLACE VIEW mart.kpi_ticket_touch_mean_count AS
SELECT
    'Touches per resolved ticket' AS label,
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
WHERE measured.metric = 'ticket_touch_mean_count';

COMMENT ON VIEW mart.kpi_ticket_touch_mean_count IS 'Touches per resolved ticket. Mean number of touches of the tickets resolved in the period. Sum of touch_count / tickets resolved in the period of which it is known. A touch is a public reply by an agent; where a source tells none, an entry into active. A ticket of which neither is known lowers coverage. What came and went between two repeated snapshots was never seen: the bounds say that there may have been more.';
COMMENT ON COLUMN mart.kpi_ticket_touch_mean_count.label IS 'Short name for people';
COMMENT ON COLUMN mart.kpi_ticket_touch_mean_count.period_grain IS 'day, week, month or quarter';
COMMENT ON COLUMN mart.kpi_ticket_touch_mean_count.period_start_date IS 'First day of the period in the reporting time zone';
COMMENT ON COLUMN mart.kpi_ticket_touch_mean_count.period_end_date IS 'Last day of the period, inclusive';
COMMENT ON COLUMN mart.kpi_ticket_touch_mean_count.is_period_closed IS 'Whether the data''s clock has passed the end of the period';
COMMENT ON COLUMN mart.kpi_ticket_touch_mean_count.dimension IS 'overall, team, priority, service or vendor';
COMMENT ON COLUMN mart.kpi_ticket_touch_mean_count.dimension_value IS 'Value of the breakdown; empty text for overall, (none) where records have none';
COMMENT ON COLUMN mart.kpi_ticket_touch_mean_count.value IS 'Touches per resolved ticket, count. Mean number of touches of the tickets resolved in the period.';
COMMENT ON COLUMN mart.kpi_ticket_touch_mean_count.unit IS 'Unit of the value';
COMMENT ON COLUMN mart.kpi_ticket_touch_mean_count.numerator IS 'Upper part of a ratio or unit cost, so that readers can re-aggregate';
COMMENT ON COLUMN mart.kpi_ticket_touch_mean_count.denominator IS 'Lower part of a ratio or unit cost';
COMMENT ON COLUMN mart.kpi_ticket_touch_mean_count.lower_bound IS 'Least value that what is not known allows; empty if unbounded';
COMMENT ON COLUMN mart.kpi_ticket_touch_mean_count.upper_bound IS 'Greatest value that what is not known allows; empty if unbounded';
COMMENT ON COLUMN mart.kpi_ticket_touch_mean_count.eligible_count IS 'Records that should count';
COMMENT ON COLUMN mart.kpi_ticket_touch_mean_count.measured_count IS 'Records that could be measured';
COMMENT ON COLUMN mart.kpi_ticket_touch_mean_count.coverage_ratio IS 'measured_count / eligible_count; empty if none is eligible';
COMMENT ON COLUMN mart.kpi_ticket_touch_mean_count.metric IS 'Name of the metric; see meta_metrics';
COMMENT ON COLUMN mart.kpi_ticket_touch_mean_count.metric_version IS 'Version of the metric''s definition';
COMMENT ON COLUMN mart.kpi_ticket_touch_mean_count.aggregation IS 'How values of several cells combine: sum (over periods and over one breakdown); breakdown_sum (over one breakdown, never over periods); stock (over one breakdown; of several periods the last); parts, breakdown_parts and stock_parts (the same of numerators and denominators, then divide); none';
COMMENT ON COLUMN mart.kpi_ticket_touch_mean_count.publication_state IS 'published, held or empty';
COMMENT ON COLUMN mart.kpi_ticket_touch_mean_count.held_reason IS 'Why it is held, in one line, and what to do';
COMMENT ON COLUMN mart.kpi_ticket_touch_mean_count.held_since_at IS 'When it was held first; it has been held since without a break';
COMMENT ON COLUMN mart.kpi_ticket_touch_mean_count.fresh_as_of_at IS 'The data''s clock when the published values were computed';
COMMENT ON COLUMN mart.kpi_ticket_touch_mean_count.is_held IS 'Whether a contract holds the metric back: the values are then those of fresh_as_of_at';
