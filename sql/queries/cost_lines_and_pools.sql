-- question: Which cost lines are in no pool, and which in several, so that the order of pools decides?
-- parameter from_date: first posting date that counts [date] [default: 2000-01-01]
-- parameter to_date: last day [date] [default: 2999-12-31]
-- parameter row_limit: rows at most [number] [default: 50]
-- example: kpi query --query cost_lines_and_pools --param row_limit=20
-- answer: in no pool | (none) |  | 6320 | 4100 | Telco One | 24 | 5231.40
SELECT
    CASE WHEN matching_pool_count = 0 THEN 'in no pool' ELSE 'in several pools' END AS finding,
    cost_pool,
    other_cost_pools,
    account,
    cost_centre,
    vendor,
    count(*) AS line_count,
    sum(amount_reporting) AS amount_reporting
FROM core.fct_cost_lines
WHERE matching_pool_count <> 1
    AND NOT is_quarantined
    AND coalesce(posting_date, CAST($from_date AS DATE)) BETWEEN CAST($from_date AS DATE) AND CAST($to_date AS DATE)
GROUP BY ALL
ORDER BY finding, abs(sum(amount_reporting)) DESC NULLS LAST, cost_pool, account, cost_centre, vendor
LIMIT CAST($row_limit AS BIGINT);
