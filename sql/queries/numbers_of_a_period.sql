-- question: What does every KPI say of one period, how did it move since the period before, and how sure is it?
-- parameter period_grain: length of the periods [one of: day, week, month, quarter] [default: month]
-- parameter period_start_date: a day of the period; latest for the one that reports are of [date] [default: latest]
-- example: kpi query --query numbers_of_a_period --param period_grain=week
-- answer: cost_per_transaction_reporting | Cost per transaction | reporting | down_is_good | 2026-09-01 | 2026-09-30 | 29.66 | 36.63 | -6.97 | 29.66 | 30.41 | 662 | 662 | 1.0 | 18241.83 | 615.0 | published |  | 2026-09-30 22:00:00+00 | 2026-10-01 | false | finance |  |  |  |  |  | 36.63 | 36.92 |  |  | 
--         latest_periods says which period is the latest, and why. Domains end at different times. A KPI whose data do not reach the end of the period is told of the last period
--         before it that is closed for it: period_start_date says which (empty if none is), wanted_start_date which was
--         asked for, is_wanted_closed whether it is closed for this KPI, and first_ended_data which data end
--         first among those that close its periods.
--         missing_months are months that a week or quarter reaches into and of which the ledger has no line at all, of
--         KPIs that sum or divide its cost; previous_missing_months are those of the period before. With either there is
--         no previous_value and no change: a sum over three months cannot be held against one over fewer. So it is where
--         data begin only after the first day of the period, or of the one before it: told_from_date and
--         previous_told_from_date say when, last_begun_data which data. Where the bounds of the two periods overlap,
--         nobody knows whether the KPI moved that way: previous_lower_bound and previous_upper_bound are those of the one before.
--         Nor is a period compared that only --as-of closed: told_until_date is the last day of which its data tell, ended_data
--         says which end then, and previous_told_until_date is that of the period before.
WITH chosen AS (
    SELECT
        CASE
            WHEN $period_start_date = 'latest' THEN max(wanted_start_date)
            ELSE CAST(date_trunc($period_grain, CAST(nullif($period_start_date, 'latest') AS DATE)) AS DATE)
        END AS start_date
    FROM mart.latest_periods
    WHERE period_grain = $period_grain
),
step AS (
    SELECT
        CASE $period_grain
            WHEN 'day' THEN INTERVAL 1 DAY
            WHEN 'week' THEN INTERVAL 7 DAY
            WHEN 'month' THEN INTERVAL 1 MONTH
            ELSE INTERVAL 3 MONTH
        END AS length
),
spans AS (
    SELECT start_date, CAST(start_date + length - INTERVAL 1 DAY AS DATE) AS end_date FROM chosen, step
),
overall AS (
    SELECT * FROM mart.metric_values WHERE period_grain = $period_grain AND dimension = 'overall'
),
-- Where a KPI has no row of the period, how far its own data reach tells whether one may still come.
closing AS (
    SELECT
        definition.metric,
        coalesce(
            bool_or(overall.is_period_closed) FILTER (overall.period_start_date = spans.start_date),
            spans.end_date
                < CAST(
                    timezone((SELECT reporting_time_zone FROM meta.run), definition.fresh_as_of_at) AS DATE
                )
        ) AS is_wanted_closed,
        max(overall.period_start_date)
            FILTER (overall.is_period_closed AND overall.period_start_date < spans.start_date) AS last_closed_date
    FROM meta.metrics AS definition
    CROSS JOIN spans
    LEFT JOIN overall ON overall.metric = definition.metric
    GROUP BY definition.metric, definition.fresh_as_of_at, spans.start_date, spans.end_date
),
chosen_periods AS (
    SELECT
        closing.metric,
        closing.is_wanted_closed,
        CASE WHEN closing.is_wanted_closed IS FALSE THEN closing.last_closed_date ELSE spans.start_date END
            AS start_date
    FROM closing, spans
),
-- What is not whole is compared with nothing.
told AS (
    SELECT
        chosen_periods.*,
        lacking.missing_months,
        lacking_before.missing_months AS previous_missing_months,
        partial.told_from_date,
        partial_before.told_from_date AS previous_told_from_date,
        coalesce(partial.last_begun_data, partial_before.last_begun_data) AS last_begun_data,
        partial.told_until_date,
        partial_before.told_until_date AS previous_told_until_date,
        coalesce(partial.ended_data, partial_before.ended_data) AS ended_data,
        coalesce(lacking.metric, lacking_before.metric, partial.metric, partial_before.metric) IS NULL AS is_compared
    FROM chosen_periods
    CROSS JOIN step
    LEFT JOIN mart.missing_cost_months AS lacking
        ON lacking.metric = chosen_periods.metric
        AND lacking.period_grain = $period_grain
        AND lacking.period_start_date = chosen_periods.start_date
    LEFT JOIN mart.missing_cost_months AS lacking_before
        ON lacking_before.metric = chosen_periods.metric
        AND lacking_before.period_grain = $period_grain
        AND lacking_before.period_start_date = CAST(chosen_periods.start_date - step.length AS DATE)
    LEFT JOIN mart.partial_periods AS partial
        ON partial.metric = chosen_periods.metric
        AND partial.period_grain = $period_grain
        AND partial.period_start_date = chosen_periods.start_date
    LEFT JOIN mart.partial_periods AS partial_before
        ON partial_before.metric = chosen_periods.metric
        AND partial_before.period_grain = $period_grain
        AND partial_before.period_start_date = CAST(chosen_periods.start_date - step.length AS DATE)
)
SELECT
    definition.metric,
    definition.label,
    definition.unit,
    definition.direction,
    told.start_date AS period_start_date,
    measured.period_end_date,
    measured.value,
    CASE WHEN told.is_compared THEN previous.value END AS previous_value,
    CASE WHEN told.is_compared THEN measured.value - previous.value END AS change,
    measured.lower_bound,
    measured.upper_bound,
    measured.eligible_count,
    measured.measured_count,
    measured.coverage_ratio,
    measured.numerator,
    measured.denominator,
    definition.publication_state,
    definition.held_reason,
    definition.fresh_as_of_at,
    spans.start_date AS wanted_start_date,
    told.is_wanted_closed,
    CASE
        WHEN told.is_wanted_closed IS FALSE THEN (
            SELECT string_agg(clock.data, ', ' ORDER BY clock.rowid)
            FROM meta.data_clocks AS clock
            WHERE list_contains(string_split(definition.closed_by, ', '), clock.domain)
                AND clock.as_of_at = definition.fresh_as_of_at
        )
    END AS first_ended_data,
    told.missing_months,
    CASE WHEN measured.value IS NOT NULL THEN told.previous_missing_months END AS previous_missing_months,
    told.told_from_date,
    CASE WHEN measured.value IS NOT NULL THEN told.previous_told_from_date END AS previous_told_from_date,
    CASE WHEN measured.value IS NOT NULL OR told.told_from_date IS NOT NULL THEN told.last_begun_data END
        AS last_begun_data,
    CASE WHEN told.is_compared THEN previous.lower_bound END AS previous_lower_bound,
    CASE WHEN told.is_compared THEN previous.upper_bound END AS previous_upper_bound,
    told.told_until_date,
    CASE WHEN measured.value IS NOT NULL THEN told.previous_told_until_date END AS previous_told_until_date,
    CASE WHEN measured.value IS NOT NULL OR told.told_until_date IS NOT NULL THEN told.ended_data END AS ended_data
FROM meta.metrics AS definition
CROSS JOIN spans
CROSS JOIN step
JOIN told ON told.metric = definition.metric
LEFT JOIN overall AS measured
    ON measured.metric = definition.metric AND measured.period_start_date = told.start_date
LEFT JOIN overall AS previous
    ON previous.metric = definition.metric
    AND previous.period_start_date = CAST(told.start_date - step.length AS DATE)
ORDER BY definition.rowid;
