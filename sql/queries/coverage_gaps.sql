-- question: Which published numbers rest on the fewest of their records, and how far can the truth be from them?
-- parameter period_grain: length of the periods [one of: day, week, month, quarter] [default: month]
-- parameter below_ratio: coverage under which a number is listed [number] [default: 0.98]
-- parameter from_date: a day of the first period [date] [default: 2000-01-01]
-- parameter to_date: a day of the last period [date] [default: 2999-12-31]
-- example: kpi query --query coverage_gaps --param below_ratio=0.9 --param from_date=2026-09-01
-- answer: ticket_reopen_ratio | ratio | 2026-10-01 | 0.62 | 410 | 255 | 0.08 | 0.05 | 0.43
SELECT
    measured.metric,
    measured.unit,
    measured.period_start_date,
    measured.coverage_ratio,
    measured.eligible_count,
    measured.measured_count,
    measured.value,
    measured.lower_bound,
    measured.upper_bound
FROM mart.metric_values AS measured
WHERE measured.period_grain = $period_grain
    AND measured.dimension = 'overall'
    AND measured.is_period_closed
    AND measured.period_end_date >= CAST($from_date AS DATE)
    AND measured.period_start_date <= CAST($to_date AS DATE)
    AND measured.coverage_ratio < CAST($below_ratio AS DOUBLE)
ORDER BY measured.period_start_date DESC, measured.coverage_ratio, measured.metric;
