-- question: Which teams, priorities, services and vendors met targets of their own, and how far away were they?
-- parameter metric: name of the KPI, or * for all that have such a target [default: *]
-- parameter dimension: which breakdown, or * for all [one of: *, team, priority, service, vendor] [default: *]
-- parameter period_grain: length of the periods [one of: week, month, quarter] [default: month]
-- parameter to_date: a day of the last period [date] [default: 2999-12-31]
-- parameter row_limit: periods of each at most, the latest ones [number] [default: 1]
-- example: kpi query --query breakdowns_against_targets --param dimension=team --param row_limit=12
-- answer: sla_attainment_ratio | SLA attainment, resolution | ratio | team | Facilities | 2026-10-01 | 0.894 | up_is_good | 0.9 | -0.006 | missed | true
SELECT
    held_to.metric,
    definition.label,
    held_to.unit,
    held_to.dimension,
    held_to.dimension_value,
    held_to.period_start_date,
    held_to.value,
    definition.direction,
    held_to.target_value,
    held_to.distance_value,
    held_to.target_state,
    held_to.is_certain
FROM mart.kpi_targets AS held_to
JOIN meta.metrics AS definition ON definition.metric = held_to.metric
WHERE $metric IN ('*', held_to.metric)
    AND $dimension IN ('*', held_to.dimension)
    AND held_to.dimension <> 'overall'
    AND held_to.period_grain = $period_grain
    AND held_to.period_start_date <= CAST($to_date AS DATE)
QUALIFY row_number() OVER (
    PARTITION BY held_to.metric, held_to.dimension, held_to.dimension_value ORDER BY held_to.period_start_date DESC
) <= CAST($row_limit AS BIGINT)
ORDER BY definition.rowid, held_to.dimension, held_to.dimension_value, held_to.period_start_date;
