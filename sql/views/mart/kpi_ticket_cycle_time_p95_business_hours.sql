-- Generated from metrics/registry.py by `python -m pipelines.generate`; a test fails if it was edited by hand.
--
-- Cycle time, p95, business hours
-- 95 % of the tickets resolved in the period took no longer than this from first becoming active to their last
-- resolution, in open hours of the team's calendar.
-- Formula: Continuous percentile 95 (linear interpolation) of cycle_time_business_microseconds over the tickets
-- resolved in the period, in hours. Always recomputed from tickets, never averaged. Where repeated snapshots date an
-- instant only to between two exports, the value takes the later one, and the bounds both.
-- Counted: Tickets that are done and not cancelled. A ticket that was set aside counts where it was resolved or, if
-- that is unknown, created. Not measured is one that is done nobody knows since when, where an export first showed it
-- done or else where it was created; nor one that left the exports while it was open, where it left them.
-- Period: last entry of the ticket into done (resolved_at), in the reporting time zone.
-- Unit: open hours of the team's calendar. Owner: Service management. Version 3.
-- To combine cells: never; take the cell that was computed for the wider period or breakdown.
CREATE OR REPLACE VIEW mart.kpi_ticket_cycle_time_p95_business_hours AS
SELECT
    'Cycle time, p95, business hours' AS label,
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
WHERE measured.metric = 'ticket_cycle_time_p95_business_hours';

COMMENT ON VIEW mart.kpi_ticket_cycle_time_p95_business_hours IS 'Cycle time, p95, business hours. 95 % of the tickets resolved in the period took no longer than this from first becoming active to their last resolution, in open hours of the team''s calendar. Continuous percentile 95 (linear interpolation) of cycle_time_business_microseconds over the tickets resolved in the period, in hours. Always recomputed from tickets, never averaged. Where repeated snapshots date an instant only to between two exports, the value takes the later one, and the bounds both.';
COMMENT ON COLUMN mart.kpi_ticket_cycle_time_p95_business_hours.label IS 'Short name for people';
COMMENT ON COLUMN mart.kpi_ticket_cycle_time_p95_business_hours.period_grain IS 'day, week, month or quarter';
COMMENT ON COLUMN mart.kpi_ticket_cycle_time_p95_business_hours.period_start_date IS 'First day of the period in the reporting time zone';
COMMENT ON COLUMN mart.kpi_ticket_cycle_time_p95_business_hours.period_end_date IS 'Last day of the period, inclusive';
COMMENT ON COLUMN mart.kpi_ticket_cycle_time_p95_business_hours.is_period_closed IS 'Whether the data''s clock has passed the end of the period';
COMMENT ON COLUMN mart.kpi_ticket_cycle_time_p95_business_hours.dimension IS 'overall, team, priority, service or vendor';
COMMENT ON COLUMN mart.kpi_ticket_cycle_time_p95_business_hours.dimension_value IS 'Value of the breakdown; empty text for overall, (none) where records have none';
COMMENT ON COLUMN mart.kpi_ticket_cycle_time_p95_business_hours.value IS 'Cycle time, p95, business hours, open hours of the team''s calendar. 95 % of the tickets resolved in the period took no longer than this from first becoming active to their last resolution, in open hours of the team''s calendar.';
COMMENT ON COLUMN mart.kpi_ticket_cycle_time_p95_business_hours.unit IS 'Unit of the value';
COMMENT ON COLUMN mart.kpi_ticket_cycle_time_p95_business_hours.numerator IS 'Upper part of a ratio or unit cost, so that readers can re-aggregate';
COMMENT ON COLUMN mart.kpi_ticket_cycle_time_p95_business_hours.denominator IS 'Lower part of a ratio or unit cost';
COMMENT ON COLUMN mart.kpi_ticket_cycle_time_p95_business_hours.lower_bound IS 'Least value that what is not known allows; empty if unbounded';
COMMENT ON COLUMN mart.kpi_ticket_cycle_time_p95_business_hours.upper_bound IS 'Greatest value that what is not known allows; empty if unbounded';
COMMENT ON COLUMN mart.kpi_ticket_cycle_time_p95_business_hours.eligible_count IS 'Records that should count';
COMMENT ON COLUMN mart.kpi_ticket_cycle_time_p95_business_hours.measured_count IS 'Records that could be measured';
COMMENT ON COLUMN mart.kpi_ticket_cycle_time_p95_business_hours.coverage_ratio IS 'measured_count / eligible_count; empty if none is eligible';
COMMENT ON COLUMN mart.kpi_ticket_cycle_time_p95_business_hours.metric IS 'Name of the metric; see meta_metrics';
COMMENT ON COLUMN mart.kpi_ticket_cycle_time_p95_business_hours.metric_version IS 'Version of the metric''s definition';
COMMENT ON COLUMN mart.kpi_ticket_cycle_time_p95_business_hours.aggregation IS 'How values of several cells combine: sum (over periods and over one breakdown); breakdown_sum (over one breakdown, never over periods); stock (over one breakdown; of several periods the last); parts, breakdown_parts and stock_parts (the same of numerators and denominators, then divide); none';
COMMENT ON COLUMN mart.kpi_ticket_cycle_time_p95_business_hours.publication_state IS 'published, held or empty';
COMMENT ON COLUMN mart.kpi_ticket_cycle_time_p95_business_hours.held_reason IS 'Why it is held, in one line, and what to do';
COMMENT ON COLUMN mart.kpi_ticket_cycle_time_p95_business_hours.held_since_at IS 'When it was held first; it has been held since without a break';
COMMENT ON COLUMN mart.kpi_ticket_cycle_time_p95_business_hours.fresh_as_of_at IS 'The data''s clock when the published values were computed';
COMMENT ON COLUMN mart.kpi_ticket_cycle_time_p95_business_hours.is_held IS 'Whether a contract holds the metric back: the values are then those of fresh_as_of_at';
