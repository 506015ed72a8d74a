-- question: How is the backlog developing: what comes in, what goes out, and what is left?
-- parameter period_grain: length of the periods [one of: day, week, month, quarter] [default: month]
-- parameter team: one team, or * for all [default: *]
-- parameter from_date: a day of the first period [date] [default: 2000-01-01]
-- parameter to_date: a day of the last period [date] [default: 2999-12-31]
-- example: kpi query --query backlog_development --param period_grain=week --param from_date=2026-09-01
-- answer: 2026-10-01 | true | 410 | 396 | 12 | 14 | 88 | 240 | 0.98
--         Coverage is that of work in progress: tickets in doubt are in none of the two last counts.
WITH chosen AS (
    SELECT metric, period_start_date, is_period_closed, value, coverage_ratio
    FROM mart.metric_values
    WHERE period_grain = $period_grain
        AND period_end_date >= CAST($from_date AS DATE)
        AND period_start_date <= CAST($to_date AS DATE)
        AND dimension = CASE WHEN $team = '*' THEN 'overall' ELSE 'team' END
        AND dimension_value = CASE WHEN $team = '*' THEN '' ELSE $team END
)
SELECT
    period_start_date,
    any_value(is_period_closed) AS is_period_closed,
    CAST(any_value(value) FILTER (metric = 'ticket_created_count') AS BIGINT) AS created_count,
    CAST(any_value(value) FILTER (metric = 'ticket_resolved_count') AS BIGINT) AS resolved_count,
    CAST(any_value(value) FILTER (metric = 'ticket_cancelled_count') AS BIGINT) AS cancelled_count,
    CAST(any_value(value) FILTER (metric = 'ticket_net_flow_count') AS BIGINT) AS net_flow_count,
    CAST(any_value(value) FILTER (metric = 'ticket_backlog_count') AS BIGINT) AS backlog_count,
    CAST(any_value(value) FILTER (metric = 'ticket_work_in_progress_count') AS BIGINT) AS work_in_progress_count,
    any_value(coverage_ratio) FILTER (metric = 'ticket_work_in_progress_count') AS coverage_ratio
FROM chosen
WHERE metric IN (
    'ticket_created_count',
    'ticket_resolved_count',
    'ticket_cancelled_count',
    'ticket_net_flow_count',
    'ticket_backlog_count',
    'ticket_work_in_progress_count'
)
GROUP BY period_start_date
ORDER BY period_start_date DESC;
