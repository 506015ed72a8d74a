-- question: Does the SLA attainment that the source system claims agree with the clocks, month by month?
-- parameter from_month: a day of the first month [date] [default: 2000-01-01]
-- parameter to_month: a day of the last month [date] [default: 2999-12-31]
-- example: kpi query --query source_claim_against_clocks --param from_month=2026-01-01
-- answer: 2026-10-01 | 0.94 | 0.88 | 0.06
--         A clock that breached before its ticket was resolved can count in an earlier month than the claim.
SELECT
    period_start_date,
    claimed.value AS claimed_ratio,
    measured.value AS measured_ratio,
    claimed.value - measured.value AS difference_ratio
FROM mart.kpi_sla_source_attainment_ratio AS claimed
FULL JOIN mart.kpi_sla_attainment_ratio AS measured USING (period_grain, period_start_date, dimension, dimension_value)
WHERE period_grain = 'month'
    AND dimension = 'overall'
    AND last_day(period_start_date) >= CAST($from_month AS DATE)
    AND period_start_date <= CAST($to_month AS DATE)
ORDER BY period_start_date;
