-- question: What are the headline numbers of the latest closed month, how did they move, and how sure are they?
-- example: kpi query --query headline_numbers
-- answer: Cycle time, p85, business hours | 2026-10-01 | 14.2 | 16.0 | -1.8 | 14.0 | 14.9 | 0.98 | false
WITH months AS (
    SELECT
        metric,
        period_start_date,
        value,
        lag(value) OVER (PARTITION BY metric ORDER BY period_start_date) AS previous_value,
        lower_bound,
        upper_bound,
        coverage_ratio
    FROM mart.metric_values
    WHERE period_grain = 'month'
        AND dimension = 'overall'
        AND is_period_closed
        AND metric IN (
            'ticket_cycle_time_p85_business_hours',
            'sla_attainment_ratio',
            'cost_per_transaction_reporting'
        )
)
SELECT
    definition.label,
    months.period_start_date,
    months.value,
    months.previous_value,
    months.value - months.previous_value AS change,
    months.lower_bound,
    months.upper_bound,
    months.coverage_ratio,
    definition.publication_state = 'held' AS is_held
FROM months
JOIN meta.metrics AS definition ON definition.metric = months.metric
QUALIFY row_number() OVER (PARTITION BY months.metric ORDER BY months.period_start_date DESC) = 1
ORDER BY definition.label;
