-- question: How did a KPI develop, period by period, and how sure is each value?
-- parameter metric: name of the KPI [default: sla_attainment_ratio]
-- parameter period_grain: length of the periods [one of: day, week, month, quarter] [default: month]
-- parameter to_date: a day of the last period [date] [default: 2999-12-31]
-- parameter row_limit: periods at most, the latest ones [number] [default: 24]
-- example: kpi query --query metric_history --param metric=ticket_backlog_count --param period_grain=week
-- answer: sla_attainment_ratio | ratio | 2026-10-01 | 2026-10-31 | true | 0.923 | 0.923 | 0.923 | 611 | 611 | 1.0 | 
--         told_from_date is the first day of which data tell, in a period that they do not tell from its beginning on.
SELECT
    metric,
    unit,
    period_start_date,
    period_end_date,
    is_period_closed,
    value,
    lower_bound,
    upper_bound,
    eligible_count,
    measured_count,
    coverage_ratio,
    told_from_date
FROM mart.metric_values
LEFT JOIN mart.partial_periods USING (metric, period_grain, period_start_date)
WHERE metric = $metric
    AND period_grain = $period_grain
    AND dimension = 'overall'
    AND is_period_closed
    AND period_start_date <= CAST($to_date AS DATE)
QUALIFY row_number() OVER (ORDER BY period_start_date DESC) <= CAST($row_limit AS BIGINT)
ORDER BY period_start_date;
