-- question: Where did the slowest tickets spend their open hours: queued, in work, waiting, or between reopens?
-- parameter team: one team, or * for all [default: *]
-- parameter from_date: first day of the last resolution, in the reporting time zone [date] [default: 2000-01-01]
-- parameter to_date: last day [date] [default: 2999-12-31]
-- parameter row_limit: rows at most [number] [default: 20]
-- example: kpi query --query slowest_tickets --param "team=Service Desk"
-- answer: jira:OPS-812 | Service Desk | 2026-10-11 09:02:11+00 | 88.5 | 6.0 | 12.5 | 70.0 | 0.0
SELECT
    ticket.ticket_id,
    ticket.team,
    ticket.resolved_at,
    ticket.lead_time_business_hours,
    ticket.queued_business_hours,
    ticket.active_business_hours,
    ticket.waiting_business_hours,
    ticket.reopened_gap_business_hours
FROM mart.ticket_facts AS ticket
WHERE ticket.is_done
    AND NOT ticket.is_cancelled
    AND NOT ticket.is_quarantined
    AND ticket.lead_time_business_hours IS NOT NULL
    AND $team IN ('*', ticket.team)
    AND CAST(ticket.resolved_at AT TIME ZONE (SELECT reporting_time_zone FROM meta.run) AS DATE)
        BETWEEN CAST($from_date AS DATE) AND CAST($to_date AS DATE)
QUALIFY row_number() OVER (ORDER BY ticket.lead_time_business_hours DESC, ticket.ticket_id) <= CAST($row_limit AS BIGINT)
ORDER BY ticket.lead_time_business_hours DESC, ticket.ticket_id;
