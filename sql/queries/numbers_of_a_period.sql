-- question: What does every KPI say of one period, how did it move since the period before, and how sure is it?
-- parameter period_grain: length of the periods [one of: day, week, month, quarter] [default: month]
-- parameter period_start_date: first day of the period; latest for the latest that is closed [date] [default: latest]
-- example: kpi query --query numbers_of_a_period --param period_grain=week
-- answer: sla_attainment_ratio | SLA attainment, resolution | ratio | up_is_good | 2026-10-01 | 2026-10-31 | 0.923 | 0.936 | -0.013 | 0.923 | 0.923 | 611 | 611 | 1.0 | 564.0 | 611.0 | published |  | 2026-11-15 21:30:40+00
WITH chosen AS (
    SELECT
        CASE
            WHEN $period_start_date = 'latest' THEN max(period_start_date) FILTER (is_period_closed)
            ELSE CAST($period_start_date AS DATE)
        END AS start_date
    FROM mart.metric_values
    WHERE period_grain = $period_grain AND dimension = 'overall'
),
spans AS (
    SELECT
        start_date,
        CAST(
            start_date - CASE $period_grain
                WHEN 'day' THEN INTERVAL 1 DAY
                WHEN 'week' THEN INTERVAL 7 DAY
                WHEN 'month' THEN INTERVAL 1 MONTH
                ELSE INTERVAL 3 MONTH
            END AS DATE
        ) AS previous_start_date
    FROM chosen
),
overall AS (
    SELECT * FROM mart.metric_values WHERE period_grain = $period_grain AND dimension = 'overall'
)
SELECT
    definition.metric,
    definition.label,
    definition.unit,
    definition.direction,
    spans.start_date AS period_start_date,
    measured.period_end_date,
    measured.value,
    previous.value AS previous_value,
    measured.value - previous.value AS change,
    measured.lower_bound,
    measured.upper_bound,
    measured.eligible_count,
    measured.measured_count,
    measured.coverage_ratio,
    measured.numerator,
    measured.denominator,
    definition.publication_state,
    definition.held_reason,
    definition.fresh_as_of_at
FROM meta.metrics AS definition
CROSS JOIN spans
LEFT JOIN overall AS measured
    ON measured.metric = definition.metric AND measured.period_start_date = spans.start_date
LEFT JOIN overall AS previous
    ON previous.metric = definition.metric AND previous.period_start_date = spans.previous_start_date
ORDER BY definition.rowid;
