-- question: How do vendors score, and which part makes the score?
-- parameter period_grain: length of the periods [one of: month, quarter] [default: month]
-- parameter to_date: a day of the period; the latest that is closed counts [date] [default: 2999-12-31]
-- example: kpi query --query vendor_scorecard --param period_grain=quarter
-- answer: Acme Cables | 2026-09-01 | 0.71 | watch | 0.66 | 0.81 | 0.9 | repairs | vendor_promise_kept_ratio | ratio | 0.82 | 0.4 | 0.5 | 0.2
WITH latest AS (
    SELECT max(period_start_date) AS period_start_date
    FROM mart.vendor_scorecards
    WHERE period_grain = $period_grain AND is_period_closed AND period_start_date <= CAST($to_date AS DATE)
)
SELECT
    total.vendor,
    total.period_start_date,
    total.score_ratio,
    total.score_state,
    total.lower_bound,
    total.upper_bound,
    total.coverage_ratio,
    part.part,
    part.metric,
    part.unit,
    part.value,
    part.score_ratio AS part_score_ratio,
    part.weight_ratio,
    part.score_ratio * CAST(part.weight_ratio AS DOUBLE) AS points
FROM mart.vendor_scorecards AS total
JOIN latest ON latest.period_start_date = total.period_start_date
JOIN mart.vendor_scorecard_parts AS part
    ON part.vendor = total.vendor
    AND part.period_grain = total.period_grain
    AND part.period_start_date = total.period_start_date
WHERE total.period_grain = $period_grain
ORDER BY total.score_ratio NULLS LAST, total.vendor, part.weight_ratio DESC, part.part;
