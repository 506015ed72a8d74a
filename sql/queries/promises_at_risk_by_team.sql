-- question: How many promises are neither kept nor broken yet, how many of them will soon be, and whose are they?
-- parameter within_hours: open hours that are soon [number] [default: 8]
-- example: kpi query --query promises_at_risk_by_team --param within_hours=4
-- answer: Service Desk | 31 | 12 | 7 | 3 | 0.4
--         soon_count and least_remaining_hours are of the promises whose clocks run. Those that are paused breach nothing until
--         they go on; paused_soon_count says how many have as little left. Where daily exports leave open how much has
--         counted, the least that can be left counts.
WITH clocks AS (
    SELECT team, state, coalesce(remaining_lower_hours, remaining_hours) AS least_hours
    FROM mart.sla_at_risk
    WHERE NOT is_quarantined
)
SELECT
    team,
    count(*) FILTER (state = 'running') AS running_count,
    count(*) FILTER (state = 'paused') AS paused_count,
    count(*) FILTER (state = 'running' AND least_hours <= CAST($within_hours AS DOUBLE)) AS soon_count,
    count(*) FILTER (state = 'paused' AND least_hours <= CAST($within_hours AS DOUBLE)) AS paused_soon_count,
    min(least_hours) FILTER (state = 'running') AS least_remaining_hours
FROM clocks
GROUP BY team
ORDER BY soon_count DESC, running_count DESC, paused_count DESC, team NULLS LAST;
