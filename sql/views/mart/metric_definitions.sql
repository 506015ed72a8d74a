-- What each KPI means, beside the numbers: meta.metrics for tools that read the schema mart only, without what is of use to
-- the pipeline alone.
CREATE OR REPLACE VIEW mart.metric_definitions AS
SELECT
    definition.metric,
    definition.label,
    definition.meaning,
    definition.formula,
    definition.unit,
    CASE WHEN definition.unit = 'reporting' THEN run.reporting_currency_code END AS currency_code,
    definition.direction,
    definition.owner,
    definition.metric_version,
    definition.counted_records,
    definition.period_date AS counted_in,
    definition.aggregation,
    definition.requires,
    definition.publication_state,
    definition.held_reason,
    definition.held_since_at,
    definition.fresh_as_of_at
FROM meta.metrics AS definition
CROSS JOIN meta.run AS run;

COMMENT ON VIEW mart.metric_definitions IS 'One row per KPI: what it means, its unit, which way it should go, who answers for it, and whether it is fresh or held. Other relations name it by metric.';
COMMENT ON COLUMN mart.metric_definitions.metric IS 'Name of the metric';
COMMENT ON COLUMN mart.metric_definitions.label IS 'Short name for people';
COMMENT ON COLUMN mart.metric_definitions.meaning IS 'What the number says';
COMMENT ON COLUMN mart.metric_definitions.formula IS 'How it is computed';
COMMENT ON COLUMN mart.metric_definitions.unit IS 'Unit of the value; reporting is money in the reporting currency, ratio a share or quotient';
COMMENT ON COLUMN mart.metric_definitions.currency_code IS 'Currency of the value, ISO 4217; empty where it is no money';
COMMENT ON COLUMN mart.metric_definitions.direction IS 'up_is_good, down_is_good or neutral';
COMMENT ON COLUMN mart.metric_definitions.owner IS 'Who answers for the definition';
COMMENT ON COLUMN mart.metric_definitions.metric_version IS 'Version of the definition';
COMMENT ON COLUMN mart.metric_definitions.counted_records IS 'What its counts and its coverage count, such as tickets or SLA clocks';
COMMENT ON COLUMN mart.metric_definitions.counted_in IS 'Which date decides the period';
COMMENT ON COLUMN mart.metric_definitions.aggregation IS 'How values of several cells combine: sum, breakdown_sum, stock, parts, breakdown_parts, stock_parts or none; meta.metrics says what each means';
COMMENT ON COLUMN mart.metric_definitions.requires IS 'Domains whose data it needs';
COMMENT ON COLUMN mart.metric_definitions.publication_state IS 'published, held or empty';
COMMENT ON COLUMN mart.metric_definitions.held_reason IS 'Why it is held, in one line, and what to do';
COMMENT ON COLUMN mart.metric_definitions.held_since_at IS 'When it was held first; it has been held since without a break';
COMMENT ON COLUMN mart.metric_definitions.fresh_as_of_at IS 'The data''s clock when the published values were computed';
