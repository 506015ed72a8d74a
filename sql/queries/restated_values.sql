-- question: Which values of closed months and quarters were told otherwise before, since when are they other ones, and why?
-- parameter metric: one KPI, or * for all [default: *]
-- parameter row_limit: rows at most, the latest changes first [number] [default: 10000]
-- example: kpi query --query restated_values --param metric=cost_per_transaction_reporting
-- answer: 2026-06-03 06:00:11+00 | cost_per_transaction_reporting | month | 2026-03-01 | 447.86 | 452.79 | reporting | EUR | 272 | 272 | files_replaced | NULL | ledger_2026-03.csv | NULL | NULL
--         value_now is what that run told; what is told today is in mart.metric_values.
SELECT
    restated_at,
    metric,
    period_grain,
    period_start_date,
    value_before,
    value_now,
    unit,
    currency_code,
    eligible_before_count,
    eligible_now_count,
    reason,
    files_came,
    files_replaced,
    files_went,
    rules_changed
FROM meta.restated_values
WHERE $metric IN ('*', metric)
QUALIFY row_number() OVER (ORDER BY restated_at DESC, period_start_date DESC, period_grain, metric)
    <= CAST($row_limit AS BIGINT)
ORDER BY restated_at DESC, period_start_date DESC, period_grain, metric;
