-- question: Which KPIs met their targets, which missed them, and by how much?
-- parameter metric: name of the KPI, or * for all that have a target [default: *]
-- parameter period_grain: length of the periods [one of: week, month, quarter] [default: month]
-- parameter to_date: a day of the last period [date] [default: 2999-12-31]
-- parameter row_limit: periods of each KPI at most, the latest ones [number] [default: 1]
-- example: kpi query --query values_against_targets --param metric=sla_attainment_ratio --param row_limit=12
-- answer: sla_attainment_ratio | SLA attainment, resolution | ratio | 2026-10-01 | 0.923 | up_is_good | 0.93 | -0.007 | missed | true
SELECT
    held_to.metric,
    definition.label,
    held_to.unit,
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
    AND held_to.dimension = 'overall'
    AND held_to.period_grain = $period_grain
    AND held_to.period_start_date <= CAST($to_date AS DATE)
QUALIFY row_number() OVER (
    PARTITION BY held_to.metric ORDER BY held_to.period_start_date DESC
) <= CAST($row_limit AS BIGINT)
ORDER BY definition.rowid, held_to.period_start_date;
