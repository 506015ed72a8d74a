-- Generated from metrics/registry.py by `python -m pipelines.generate`; a test fails if it was edited by hand.
--
-- Tickets active
-- Tickets being worked on at the end of the period; while the period is open, at the data's clock.
-- Formula: Sum of ticket_count of fct_ticket_days (active) on the last day of the period, under the team of that day.
-- Of several periods take the last: a stock is never added up over time. Where a day ends between two repeated
-- snapshots, the value takes tickets to be where the earlier one shows them, and the bounds hold for anything that a
-- ticket may have gone through in between.
-- Counted: Tickets queued, active or waiting at the end of that day. A ticket of which only a snapshot is known, or
-- that was set aside, is eligible from its creation to its resolution or cancellation, and not measured; so is one
-- that left the exports while it was open, since then.
-- Period: last day of the period; of an open period, the day of the data's clock (day_date), in the reporting time
-- zone.
-- Unit: count. Owner: Service management. Version 4.
-- To combine cells: add values up over one breakdown; of several periods take the last, never the sum.
CREATE OR REPLACE VIEW mart.kpi_ticket_active_count AS
SELECT
    'Tickets active' AS label,
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
WHERE measured.metric = 'ticket_active_count';

COMMENT ON VIEW mart.kpi_ticket_active_count IS 'Tickets active. Tickets being worked on at the end of the period; while the period is open, at the data''s clock. Sum of ticket_count of fct_ticket_days (active) on the last day of the period, under the team of that day. Of several periods take the last: a stock is never added up over time. Where a day ends between two repeated snapshots, the value takes tickets to be where the earlier one shows them, and the bounds hold for anything that a ticket may have gone through in between.';
COMMENT ON COLUMN mart.kpi_ticket_active_count.label IS 'Short name for people';
COMMENT ON COLUMN mart.kpi_ticket_active_count.period_grain IS 'day, week, month or quarter';
COMMENT ON COLUMN mart.kpi_ticket_active_count.period_start_date IS 'First day of the period in the reporting time zone';
COMMENT ON COLUMN mart.kpi_ticket_active_count.period_end_date IS 'Last day of the period, inclusive';
COMMENT ON COLUMN mart.kpi_ticket_active_count.is_period_closed IS 'Whether the data''s clock has passed the end of the period';
COMMENT ON COLUMN mart.kpi_ticket_active_count.dimension IS 'overall, team, priority, service or vendor';
COMMENT ON COLUMN mart.kpi_ticket_active_count.dimension_value IS 'Value of the breakdown; empty text for overall, (none) where records have none';
COMMENT ON COLUMN mart.kpi_ticket_active_count.value IS 'Tickets active, count. Tickets being worked on at the end of the period; while the period is open, at the data''s clock.';
COMMENT ON COLUMN mart.kpi_ticket_active_count.unit IS 'Unit of the value';
COMMENT ON COLUMN mart.kpi_ticket_active_count.numerator IS 'Upper part of a ratio or unit cost, so that readers can re-aggregate';
COMMENT ON COLUMN mart.kpi_ticket_active_count.denominator IS 'Lower part of a ratio or unit cost';
COMMENT ON COLUMN mart.kpi_ticket_active_count.lower_bound IS 'Least value that what is not known allows; empty if unbounded';
COMMENT ON COLUMN mart.kpi_ticket_active_count.upper_bound IS 'Greatest value that what is not known allows; empty if unbounded';
COMMENT ON COLUMN mart.kpi_ticket_active_count.eligible_count IS 'Records that should count';
COMMENT ON COLUMN mart.kpi_ticket_active_count.measured_count IS 'Records that could be measured';
COMMENT ON COLUMN mart.kpi_ticket_active_count.coverage_ratio IS 'measured_count / eligible_count; empty if none is eligible';
COMMENT ON COLUMN mart.kpi_ticket_active_count.metric IS 'Name of the metric; see meta_metrics';
COMMENT ON COLUMN mart.kpi_ticket_active_count.metric_version IS 'Version of the metric''s definition';
COMMENT ON COLUMN mart.kpi_ticket_active_count.aggregation IS 'How values of several cells combine: sum (over periods and over one breakdown); breakdown_sum (over one breakdown, never over periods); stock (over one breakdown; of several periods the last); parts, breakdown_parts and stock_parts (the same of numerators and denominators, then divide); none';
COMMENT ON COLUMN mart.kpi_ticket_active_count.publication_state IS 'published, held or empty';
COMMENT ON COLUMN mart.kpi_ticket_active_count.held_reason IS 'Why it is held, in one line, and what to do';
COMMENT ON COLUMN mart.kpi_ticket_active_count.held_since_at IS 'When it was held first; it has been held since without a break';
COMMENT ON COLUMN mart.kpi_ticket_active_count.fresh_as_of_at IS 'The data''s clock when the published values were computed';
COMMENT ON COLUMN mart.kpi_ticket_active_count.is_held IS 'Whether a contract holds the metric back: the values are then those of fresh_as_of_at';
