-- question: What are the headline numbers of the latest closed month, how did they move, and how sure are they?
-- example: kpi query --query headline_numbers
-- answer: ticket_cycle_time_p85_business_hours | Cycle time, p85, business hours | business_hours | 2026-10-01 | 14.2 | 16.0 | -1.8 | 14.0 | 14.9 | 0.98 | false
--         latest_periods says of which month each is told. Where nothing is in it, the value is empty and not an older one.
--         Where data begin only within the month or the one before it, there is no previous_value: see partial_periods.
WITH months AS (
    SELECT *
    FROM mart.metric_values
    WHERE period_grain = 'month' AND dimension = 'overall'
)
SELECT
    definition.metric,
    definition.label,
    definition.unit,
    told.period_start_date,
    month.value,
    previous.value AS previous_value,
    month.value - previous.value AS change,
    month.lower_bound,
    month.upper_bound,
    month.coverage_ratio,
    definition.publication_state = 'held' AS is_held
FROM mart.latest_periods AS told
JOIN meta.metrics AS definition ON definition.metric = told.metric
LEFT JOIN months AS month ON month.metric = told.metric AND month.period_start_date = told.period_start_date
LEFT JOIN mart.partial_periods AS partial
    ON partial.metric = told.metric
    AND partial.period_grain = 'month'
    AND partial.period_start_date = told.period_start_date
LEFT JOIN mart.partial_periods AS partial_before
    ON partial_before.metric = told.metric
    AND partial_before.period_grain = 'month'
    AND partial_before.period_start_date = CAST(told.period_start_date - INTERVAL 1 MONTH AS DATE)
LEFT JOIN months AS previous
    ON previous.metric = told.metric
    AND previous.period_start_date = CAST(told.period_start_date - INTERVAL 1 MONTH AS DATE)
    AND partial.metric IS NULL
    AND partial_before.metric IS NULL
WHERE told.period_grain = 'month'
    AND told.metric IN (
        'ticket_cycle_time_p85_business_hours',
        'sla_attainment_ratio',
        'cost_per_transaction_reporting'
    )
ORDER BY definition.label;
