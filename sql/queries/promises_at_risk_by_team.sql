-- question: How many promises are neither kept nor broken yet, how many of them will soon be, and whose are they?
-- parameter within_hours: open hours that are soon [number] [default: 8]
-- example: kpi query --query promises_at_risk_by_team --param within_hours=4
-- answer: Service Desk | 31 | 7 | 0.4
SELECT
    team,
    count(*) AS promise_count,
    count(*) FILTER (remaining_hours <= CAST($within_hours AS DOUBLE)) AS soon_count,
    min(remaining_hours) AS least_remaining_hours
FROM mart.sla_at_risk
WHERE NOT is_quarantined
GROUP BY team
ORDER BY soon_count DESC, promise_count DESC, team NULLS LAST;
