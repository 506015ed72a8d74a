-- question: Which teams miss their resolution SLA, and how many more clocks had to be met to reach the goal?
-- parameter period_grain: length of the periods [one of: day, week, month, quarter] [default: month]
-- parameter to_date: a day of the period; the latest that is closed counts [date] [default: 2999-12-31]
-- parameter goal_ratio: attainment aimed at, 0 to 1 [number] [default: 0.95]
-- example: kpi query --query sla_attainment_by_team --param goal_ratio=0.9
-- answer: Network Operations | 2026-10-01 | 0.87 | 212 | 28 | 18
SELECT
    attainment.dimension_value AS team,
    attainment.period_start_date,
    attainment.value AS sla_attainment_ratio,
    CAST(attainment.denominator AS BIGINT) AS decided_count,
    CAST(attainment.denominator - attainment.numerator AS BIGINT) AS breached_count,
    CAST(greatest(0, ceil(CAST($goal_ratio AS DOUBLE) * attainment.denominator) - attainment.numerator) AS BIGINT)
        AS missing_to_goal_count
FROM mart.kpi_sla_attainment_ratio AS attainment
WHERE attainment.period_grain = $period_grain AND attainment.dimension = 'team' AND attainment.is_period_closed
    AND attainment.period_start_date <= CAST($to_date AS DATE)
QUALIFY attainment.period_start_date = max(attainment.period_start_date) OVER ()
ORDER BY sla_attainment_ratio, team;
