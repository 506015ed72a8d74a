-- question: What will the fiscal year have cost, by each method, and how much of it is known?
-- parameter seen_from: a day of the closed month from whose end it is seen [date] [default: latest]
-- example: kpi query --query year_end_forecast
-- answer: 2026-01-01 | 2026-10-01 | run_rate | true | 32610.55 | 6980.33 | 39590.88 | 2 | 0 | 12 | 4120.71
WITH seen AS (
    SELECT CASE WHEN $seen_from = 'latest' THEN max(month_date) ELSE date_trunc('month', CAST(nullif($seen_from, 'latest') AS DATE)) END AS month_date
    FROM mart.year_end_forecasts
)
SELECT
    fiscal_year_start_date,
    month_date,
    method,
    is_chosen,
    sum(actual_to_date_reporting) AS actual_to_date_reporting,
    CASE
        WHEN count(rest_of_year_reporting) = count(*) THEN sum(rest_of_year_reporting)
    END AS rest_of_year_reporting,
    CASE WHEN count(year_end_reporting) = count(*) THEN sum(year_end_reporting) END AS year_end_reporting,
    any_value(remaining_month_count) AS remaining_month_count,
    any_value(missing_month_count) AS missing_month_count,
    any_value(measured_month_count) AS measured_month_count,
    coalesce(sum(actual_to_date_reporting) FILTER (WHERE team = '(none)'), 0) AS without_team_reporting
FROM mart.year_end_forecasts
SEMI JOIN seen USING (month_date)
GROUP BY fiscal_year_start_date, month_date, method, is_chosen
ORDER BY method;
