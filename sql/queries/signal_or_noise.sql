-- question: Which values of a KPI are signals, and which are its usual variation?
-- parameter metric: name of the KPI [default: sla_attainment_ratio]
-- parameter period_grain: length of the periods [one of: week, month, quarter] [default: month]
-- parameter to_date: a day of the last period [date] [default: 2999-12-31]
-- parameter row_limit: periods at most, the latest ones [number] [default: 24]
-- example: kpi query --query signal_or_noise --param metric=cost_per_transaction_reporting
-- answer: sla_attainment_ratio | ratio | 2026-05-01 | 0.842 | signal | outside_limits | true | 0.93 | 0.898 | 0.962 | 2024-12-01 | 2025-11-01 | A second team began to work
SELECT
    metric,
    unit,
    period_start_date,
    value,
    signal_state,
    broken_rules,
    is_certain,
    centre_value,
    lower_limit_value,
    upper_limit_value,
    baseline_start_date,
    baseline_end_date,
    baseline_reason
FROM mart.kpi_signals
WHERE metric = $metric AND period_grain = $period_grain AND period_start_date <= CAST($to_date AS DATE)
QUALIFY row_number() OVER (ORDER BY period_start_date DESC) <= CAST($row_limit AS BIGINT)
ORDER BY period_start_date;
