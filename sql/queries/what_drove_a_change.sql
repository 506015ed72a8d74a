-- question: What drove the change of a KPI from one period to the next, in parts that add up to it exactly?
-- parameter metric: name of the KPI; percentiles cannot be taken apart [default: sla_attainment_ratio]
-- parameter period_grain: length of the periods [one of: week, month, quarter] [default: month]
-- parameter period_start_date: a day of the period; latest for the latest that is explained [date] [default: latest]
-- parameter dimension: breakdown, or * for all [one of: team, priority, service, vendor, *] [default: *]
-- example: kpi query --query what_drove_a_change --param dimension=team
-- answer: sla_attainment_ratio | ratio | 2026-10-01 | team | Field App Engineering | 0.0009 | -0.0119 | 0 | -0.0110 | 0.9359 | 0.9231 |  |  |  |  | 
--         mix: more or less of the whole fell to it; rate: its own ratio went up or down; amount: its own amount did, of KPIs
--         that are no ratio. Of cost per transaction, what_made_unit_cost_move takes the rate apart once more.
--         A week or quarter that reaches into months of which the ledger has no line at all is not compared, nor is one
--         with the next: then there is one row without parts, and missing_months and previous_missing_months name them.
--         So it is where data begin only after the first day of one of the two periods: told_from_date and
--         previous_told_from_date say when, last_begun_data which data.
WITH chosen AS (
    SELECT * FROM mart.kpi_change_drivers
    WHERE metric = $metric AND period_grain = $period_grain AND $dimension IN ('*', dimension)
),
not_whole AS (
    SELECT metric, period_grain, period_start_date, missing_months, told_from_date, last_begun_data
    FROM mart.missing_cost_months
    FULL JOIN mart.partial_periods USING (metric, period_grain, period_start_date)
),
incomplete AS (
    SELECT
        measured.metric,
        measured.unit,
        measured.period_start_date,
        try_cast(measured.value AS DECIMAL(18, 6)) AS value,
        lacking.missing_months,
        lacking_before.missing_months AS previous_missing_months,
        lacking.told_from_date,
        lacking_before.told_from_date AS previous_told_from_date,
        coalesce(lacking.last_begun_data, lacking_before.last_begun_data) AS last_begun_data
    FROM mart.metric_values AS measured
    LEFT JOIN not_whole AS lacking
        ON lacking.metric = measured.metric
        AND lacking.period_grain = measured.period_grain
        AND lacking.period_start_date = measured.period_start_date
    LEFT JOIN not_whole AS lacking_before
        ON lacking_before.metric = measured.metric
        AND lacking_before.period_grain = measured.period_grain
        AND lacking_before.period_start_date = CAST(
            measured.period_start_date - CASE $period_grain
                WHEN 'week' THEN INTERVAL 7 DAY
                WHEN 'month' THEN INTERVAL 1 MONTH
                ELSE INTERVAL 3 MONTH
            END AS DATE
        )
    WHERE measured.metric = $metric
        AND measured.period_grain = $period_grain
        AND measured.dimension = 'overall'
        AND measured.is_period_closed
        AND (lacking.metric IS NOT NULL OR lacking_before.metric IS NOT NULL)
),
latest AS (
    SELECT
        CASE
            WHEN $period_start_date = 'latest' THEN max(period_start_date)
            ELSE CAST(date_trunc($period_grain, CAST(nullif($period_start_date, 'latest') AS DATE)) AS DATE)
        END AS period_start_date
    FROM (SELECT period_start_date FROM chosen UNION ALL SELECT period_start_date FROM incomplete)
),
explained AS (
    SELECT
        any_value(metric) AS metric,
        any_value(unit) AS unit,
        period_start_date,
        dimension,
        dimension_value,
        coalesce(sum(change_value) FILTER (part = 'mix'), 0) AS mix_value,
        coalesce(sum(change_value) FILTER (part = 'rate'), 0) AS rate_value,
        coalesce(sum(change_value) FILTER (part = 'amount'), 0) AS amount_value,
        sum(change_value) AS change_value,
        any_value(value_before) AS value_before,
        any_value(value_after) AS value_after,
        NULL AS missing_months,
        NULL AS previous_missing_months,
        NULL AS told_from_date,
        NULL AS previous_told_from_date,
        NULL AS last_begun_data
    FROM chosen
    GROUP BY period_start_date, dimension, dimension_value
),
answered AS (
    SELECT * FROM explained
    UNION ALL BY NAME
    SELECT
        metric,
        unit,
        period_start_date,
        value AS value_after,
        missing_months,
        previous_missing_months,
        told_from_date,
        previous_told_from_date,
        last_begun_data
    FROM incomplete
)
SELECT *
FROM answered
SEMI JOIN latest USING (period_start_date)
ORDER BY dimension, abs(change_value) DESC, dimension_value;
