-- question: Where was more or less spent than budgeted, by cost centre and account?
-- parameter from_month: a day of the first month [date] [default: 2000-01-01]
-- parameter to_month: a day of the last month, closed months only [date] [default: 2999-12-01]
-- parameter at_least: variances smaller than this, either way, are left out [number] [default: 0]
-- example: kpi query --query budget_variance --param from_month=2026-01-01 --param at_least=100
-- answer: 4110 | 6430 | Network Operations | 12 | 1650.00 | 1090.00 | 560.00 | 0.51 | 0.00 | 0
--         A month is compared if it has cost and any budget; then all its cost is. Where a place has no budget line in such a month,
--         its cost is spending without a budget: over budget as a whole, and again in unbudgeted_reporting. In how many of the
--         months that was is unbudgeted_month_count.
SELECT
    cost_centre,
    account,
    team,
    count(*) AS month_count,
    sum(actual_reporting) AS actual_reporting,
    sum(budget_reporting) AS budget_reporting,
    sum(variance_reporting) AS variance_reporting,
    CASE
        WHEN sum(budget_reporting) > 0 THEN sum(variance_reporting) / CAST(sum(budget_reporting) AS DOUBLE)
    END AS variance_ratio,
    coalesce(sum(actual_reporting) FILTER (budget_line_count = 0), 0) AS unbudgeted_reporting,
    count(*) FILTER (budget_line_count = 0) AS unbudgeted_month_count
FROM mart.budget_variance
WHERE is_month_closed
  AND variance_reporting IS NOT NULL
  AND month_date BETWEEN date_trunc('month', CAST($from_month AS DATE)) AND CAST($to_month AS DATE)
GROUP BY cost_centre, account, team
HAVING abs(sum(variance_reporting)) >= CAST($at_least AS DECIMAL(18, 4))
ORDER BY abs(sum(variance_reporting)) DESC, cost_centre, account, team;
