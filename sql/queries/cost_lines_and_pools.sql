-- question: Which cost lines are in no pool, and which in several, so that the order of pools decides?
-- parameter limit: rows to show [number] [default: 50]
-- example: kpi query --query cost_lines_and_pools --param limit=20
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
WHERE matching_pool_count <> 1 AND NOT is_quarantined
GROUP BY ALL
ORDER BY finding, abs(sum(amount_reporting)) DESC NULLS LAST, cost_pool, account, cost_centre, vendor
LIMIT $limit;
