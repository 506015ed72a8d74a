-- question: Does the SLA attainment that the source system claims agree with the clocks, month by month?
-- example: kpi query --query source_claim_against_clocks
-- answer: 2026-10-01 | 0.94 | 0.88 | 0.06
--         A clock that breached before its ticket was resolved can count in an earlier month than the claim.
SELECT
    period_start_date,
    claimed.value AS claimed_ratio,
    measured.value AS measured_ratio,
    claimed.value - measured.value AS difference_ratio
FROM mart.kpi_sla_source_attainment_ratio AS claimed
FULL JOIN mart.kpi_sla_attainment_ratio AS measured USING (period_grain, period_start_date, dimension, dimension_value)
WHERE period_grain = 'month' AND dimension = 'overall'
ORDER BY period_start_date;
