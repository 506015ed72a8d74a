-- Generated from metrics/registry.py by `python -m pipelines.generate`; a test fails if it was edited by hand.
--
-- Age of open work, p85, calendar hours
-- 85 % of the tickets that are open now are no older than this, in hours by the clock on the wall.
-- Formula: Continuous percentile 85 (linear interpolation) of age_calendar_microseconds over the tickets open as of
-- the data's clock, in hours. Only the period that the clock lies in has a value: of earlier days the ages are not
-- kept. Where repeated snapshots date a creation only to between two exports, the value takes the later one, and the
-- bounds both.
-- Counted: Tickets that are neither done nor cancelled as of the data's clock. One that was set aside counts if it
-- says that it is open. One that left the exports while it was open is not measured.
-- Period: day of the data's clock (as_of_date), in the reporting time zone.
-- Unit: hours by the clock on the wall. Owner: Service management. Version 3.
-- To combine cells: never; take the cell that was computed for the wider period or breakdown.
CREATE OR REPLACE VIEW mart.kpi_ticket_age_p85_calendar_hours AS
SELECT
    'Age of open work, p85, calendar hours' AS label,
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
WHERE measured.metric = 'ticket_age_p85_calendar_hours';

COMMENT ON VIEW mart.kpi_ticket_age_p85_calendar_hours IS 'Age of open work, p85, calendar hours. 85 % of the tickets that are open now are no older than this, in hours by the clock on the wall. Continuous percentile 85 (linear interpolation) of age_calendar_microseconds over the tickets open as of the data''s clock, in hours. Only the period that the clock lies in has a value: of earlier days the ages are not kept. Where repeated snapshots date a creation only to between two exports, the value takes the later one, and the bounds both.';
COMMENT ON COLUMN mart.kpi_ticket_age_p85_calendar_hours.label IS 'Short name for people';
COMMENT ON COLUMN mart.kpi_ticket_age_p85_calendar_hours.period_grain IS 'day, week, month or quarter';
COMMENT ON COLUMN mart.kpi_ticket_age_p85_calendar_hours.period_start_date IS 'First day of the period in the reporting time zone';
COMMENT ON COLUMN mart.kpi_ticket_age_p85_calendar_hours.period_end_date IS 'Last day of the period, inclusive';
COMMENT ON COLUMN mart.kpi_ticket_age_p85_calendar_hours.is_period_closed IS 'Whether the data''s clock has passed the end of the period';
COMMENT ON COLUMN mart.kpi_ticket_age_p85_calendar_hours.dimension IS 'overall, team, priority, service or vendor';
COMMENT ON COLUMN mart.kpi_ticket_age_p85_calendar_hours.dimension_value IS 'Value of the breakdown; empty text for overall, (none) where records have none';
COMMENT ON COLUMN mart.kpi_ticket_age_p85_calendar_hours.value IS 'Age of open work, p85, calendar hours, hours by the clock on the wall. 85 % of the tickets that are open now are no older than this, in hours by the clock on the wall.';
COMMENT ON COLUMN mart.kpi_ticket_age_p85_calendar_hours.unit IS 'Unit of the value';
COMMENT ON COLUMN mart.kpi_ticket_age_p85_calendar_hours.numerator IS 'Upper part of a ratio or unit cost, so that readers can re-aggregate';
COMMENT ON COLUMN mart.kpi_ticket_age_p85_calendar_hours.denominator IS 'Lower part of a ratio or unit cost';
COMMENT ON COLUMN mart.kpi_ticket_age_p85_calendar_hours.lower_bound IS 'Least value that what is not known allows; empty if unbounded';
COMMENT ON COLUMN mart.kpi_ticket_age_p85_calendar_hours.upper_bound IS 'Greatest value that what is not known allows; empty if unbounded';
COMMENT ON COLUMN mart.kpi_ticket_age_p85_calendar_hours.eligible_count IS 'Records that should count';
COMMENT ON COLUMN mart.kpi_ticket_age_p85_calendar_hours.measured_count IS 'Records that could be measured';
COMMENT ON COLUMN mart.kpi_ticket_age_p85_calendar_hours.coverage_ratio IS 'measured_count / eligible_count; empty if none is eligible';
COMMENT ON COLUMN mart.kpi_ticket_age_p85_calendar_hours.metric IS 'Name of the metric; see meta_metrics';
COMMENT ON COLUMN mart.kpi_ticket_age_p85_calendar_hours.metric_version IS 'Version of the metric''s definition';
COMMENT ON COLUMN mart.kpi_ticket_age_p85_calendar_hours.aggregation IS 'How values of several cells combine: sum (over periods and over one breakdown); breakdown_sum (over one breakdown, never over periods); stock (over one breakdown; of several periods the last); parts, breakdown_parts and stock_parts (the same of numerators and denominators, then divide); none';
COMMENT ON COLUMN mart.kpi_ticket_age_p85_calendar_hours.publication_state IS 'published, held or empty';
COMMENT ON COLUMN mart.kpi_ticket_age_p85_calendar_hours.held_reason IS 'Why it is held, in one line, and what to do';
COMMENT ON COLUMN mart.kpi_ticket_age_p85_calendar_hours.held_since_at IS 'When it was held first; it has been held since without a break';
COMMENT ON COLUMN mart.kpi_ticket_age_p85_calendar_hours.fresh_as_of_at IS 'The data''s clock when the published values were computed';
COMMENT ON COLUMN mart.kpi_ticket_age_p85_calendar_hours.is_held IS 'Whether a contract holds the metric back: the values are then those of fresh_as_of_at';
