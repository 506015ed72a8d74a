-- question: Whose value of a KPI got worse or better since the period before: which team, priority, service or vendor?
-- parameter metric: name of the KPI [default: ticket_cycle_time_p85_business_hours]
-- parameter dimension: what it is broken down by [one of: team, priority, service, vendor] [default: team]
-- parameter period_grain: length of the periods [one of: day, week, month, quarter] [default: month]
-- parameter period_start_date: a day of the period; latest for the one that the KPI is told of [date] [default: latest]
-- example: kpi query --query who_moved --param metric=sla_attainment_ratio
-- answer: ticket_cycle_time_p85_business_hours | business_hours | team | Platform Engineering | 2026-10-01 | 21.80 | 34.60 | -12.81 | better | 21.80 | 21.80 | 38 | 38 |  |  |  |  | 
--         The largest changes come first, and movement says for better or worse; not_sure where the bounds of the two periods
--         overlap, so that the truth may have moved the other way. Values of single teams move more by chance than
--         that of the whole, the more so the fewer records they have: measured_count says how many. slowest_tickets and
--         worst_sla_breaches name the tickets behind it. missing_months and previous_missing_months are months that
--         the period and the one before it reach into and of which the ledger has no line at all. With either, cost is
--         not compared: there is no previous_value, and movement is not_compared. So it is where data begin only after
--         the first day of one of the two: told_from_date and previous_told_from_date say when, last_begun_data which data.
WITH chosen AS (
    SELECT
        definition.metric,
        definition.unit,
        definition.direction,
        CASE $period_grain
            WHEN 'day' THEN INTERVAL 1 DAY
            WHEN 'week' THEN INTERVAL 7 DAY
            WHEN 'month' THEN INTERVAL 1 MONTH
            ELSE INTERVAL 3 MONTH
        END AS length,
        CASE
            WHEN $period_start_date = 'latest' THEN told.period_start_date
            ELSE CAST(date_trunc($period_grain, CAST(nullif($period_start_date, 'latest') AS DATE)) AS DATE)
        END AS start_date
    FROM meta.metrics AS definition
    LEFT JOIN mart.latest_periods AS told ON told.metric = definition.metric AND told.period_grain = $period_grain
    WHERE definition.metric = $metric
),
parts AS (
    SELECT * FROM mart.metric_values
    WHERE metric = $metric AND period_grain = $period_grain AND dimension = $dimension
),
-- Sums that lack months of cost are held against no others, nor are periods that data tell only in part.
incomplete AS (
    SELECT metric, period_grain, period_start_date, missing_months, told_from_date, last_begun_data
    FROM mart.missing_cost_months
    FULL JOIN mart.partial_periods USING (metric, period_grain, period_start_date)
),
lacking AS (
    SELECT
        chosen.metric,
        string_agg(missing.missing_months) FILTER (missing.period_start_date = chosen.start_date) AS missing_months,
        string_agg(missing.missing_months) FILTER (missing.period_start_date < chosen.start_date)
            AS previous_missing_months,
        max(missing.told_from_date) FILTER (missing.period_start_date = chosen.start_date) AS told_from_date,
        max(missing.told_from_date) FILTER (missing.period_start_date < chosen.start_date) AS previous_told_from_date,
        arg_max(missing.last_begun_data, missing.period_start_date) AS last_begun_data
    FROM chosen
    JOIN incomplete AS missing
        ON missing.metric = chosen.metric
        AND missing.period_grain = $period_grain
        AND missing.period_start_date IN (chosen.start_date, CAST(chosen.start_date - chosen.length AS DATE))
    GROUP BY chosen.metric
),
moved AS (
    SELECT
        chosen.metric,
        chosen.unit,
        coalesce(now.dimension_value, before.dimension_value) AS dimension_value,
        chosen.start_date AS period_start_date,
        now.value,
        CASE WHEN lacking.metric IS NULL THEN before.value END AS previous_value,
        CASE WHEN lacking.metric IS NULL THEN now.value - before.value END AS change,
        CASE chosen.direction WHEN 'down_is_good' THEN 1 WHEN 'up_is_good' THEN -1 END * (now.value - before.value)
            AS harm,
        -- An end that is open lets the truth be anything.
        coalesce(now.lower_bound > before.upper_bound, FALSE) OR coalesce(now.upper_bound < before.lower_bound, FALSE)
            AS is_apart,
        now.lower_bound,
        now.upper_bound,
        now.measured_count,
        now.eligible_count,
        lacking.metric IS NOT NULL AS is_incomplete,
        lacking.missing_months,
        lacking.previous_missing_months,
        lacking.told_from_date,
        lacking.previous_told_from_date,
        lacking.last_begun_data
    FROM chosen
    CROSS JOIN (SELECT DISTINCT dimension_value FROM parts) AS part
    LEFT JOIN parts AS now
        ON now.dimension_value = part.dimension_value AND now.period_start_date = chosen.start_date
    LEFT JOIN parts AS before
        ON before.dimension_value = part.dimension_value
        AND before.period_start_date = CAST(chosen.start_date - chosen.length AS DATE)
    LEFT JOIN lacking ON lacking.metric = chosen.metric
    WHERE now.value IS NOT NULL OR (before.value IS NOT NULL AND lacking.metric IS NULL)
)
SELECT
    metric,
    unit,
    $dimension AS dimension,
    dimension_value,
    period_start_date,
    value,
    previous_value,
    change,
    CASE
        WHEN is_incomplete THEN 'not_compared'
        WHEN harm <> 0 AND NOT is_apart THEN 'not_sure'
        WHEN harm > 0 THEN 'worse'
        WHEN harm < 0 THEN 'better'
        WHEN change = 0 THEN 'same'
        WHEN change > 0 THEN 'more'
        WHEN change < 0 THEN 'less'
        WHEN previous_value IS NULL THEN 'new'
        ELSE 'gone'
    END AS movement,
    lower_bound,
    upper_bound,
    measured_count,
    eligible_count,
    missing_months,
    previous_missing_months,
    told_from_date,
    previous_told_from_date,
    last_begun_data
FROM moved
ORDER BY abs(change) DESC NULLS LAST, CASE WHEN is_incomplete THEN abs(value) END DESC NULLS LAST, dimension_value;
