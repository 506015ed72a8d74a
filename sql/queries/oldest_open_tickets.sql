-- question: Which open tickets are the oldest, and where are they stuck?
-- parameter team: one team, or * for all [default: *]
-- parameter row_limit: rows at most [number] [default: 20]
-- example: kpi query --query oldest_open_tickets --param "team=Service Desk"
-- answer: jira:OPS-812 | Service Desk | P2 | Pending vendor | waiting | vendor | 88.5 | 41.0 | 2026-10-11 09:02:11+00 | true
SELECT
    ticket_id,
    team,
    priority,
    status,
    status_category,
    waiting_reason,
    age_business_hours,
    in_status_business_hours,
    next_due_at,
    has_open_breach
FROM mart.aging_work
WHERE $team IN ('*', team) AND NOT is_quarantined
QUALIFY row_number() OVER (ORDER BY age_business_hours DESC NULLS LAST, ticket_id) <= CAST($row_limit AS BIGINT)
ORDER BY age_business_hours DESC NULLS LAST, ticket_id;
