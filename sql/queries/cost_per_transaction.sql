-- question: What did a transaction cost each month, what at most, and how much of the cost is unallocated?
-- parameter dimension: breakdown [one of: overall, team, priority, service, vendor] [default: service]
-- parameter from_month: a day of the first month [date] [default: 2000-01-01]
-- parameter to_month: a day of the last month, closed months only [date] [default: 2999-12-31]
-- example: kpi query --query cost_per_transaction --param dimension=team --param from_month=2026-07-01
-- answer: 2026-10-01 | Payroll | 312 | 18.40 | 22.10 | 0.07
WITH unallocated AS (
    SELECT
        total.period_start_date,
        unallocated.value / nullif(total.value, 0) AS unallocated_ratio
    FROM mart.kpi_cost_total_reporting AS total
    JOIN mart.kpi_cost_unallocated_reporting AS unallocated
        USING (period_grain, period_start_date, dimension, dimension_value)
    WHERE total.period_grain = 'month' AND total.dimension = 'overall'
)
SELECT
    cost.period_start_date,
    cost.dimension_value,
    CAST(cost.denominator AS BIGINT) AS transaction_count,
    cost.value AS cost_per_transaction_reporting,
    cost.upper_bound AS at_most_reporting,
    unallocated.unallocated_ratio
FROM mart.kpi_cost_per_transaction_reporting AS cost
LEFT JOIN unallocated ON unallocated.period_start_date = cost.period_start_date
WHERE cost.dimension = $dimension
    AND cost.period_grain = 'month'
    AND cost.is_period_closed
    AND cost.period_end_date >= CAST($from_month AS DATE)
    AND cost.period_start_date <= CAST($to_month AS DATE)
ORDER BY cost.period_start_date DESC, cost.value DESC NULLS LAST, cost.dimension_value;
