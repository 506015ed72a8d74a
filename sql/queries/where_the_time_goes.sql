-- question: Where did the time of resolved tickets go, team by team: queued, in work, or waiting?
-- parameter from_date: first day of the last resolution, in the reporting time zone [date] [default: 2000-01-01]
-- parameter to_date: last day [date] [default: 2999-12-31]
-- example: kpi query --query where_the_time_goes --param from_date=2026-10-01
-- answer: Network Operations | 212 | 1840.5 | 0.41 | 0.22 | 0.37
--         Open hours, each stretch under the team that had the ticket then; so a ticket counts with every team it saw.
SELECT
    coalesce(stretch.team, '(none)') AS team,
    count(DISTINCT stretch.ticket_id) AS ticket_count,
    sum(stretch.duration_business_hours) AS business_hours,
    sum(stretch.duration_business_hours) FILTER (stretch.status_category = 'queued') / nullif(business_hours, 0)
        AS queued_ratio,
    sum(stretch.duration_business_hours) FILTER (stretch.status_category = 'active') / nullif(business_hours, 0)
        AS active_ratio,
    sum(stretch.duration_business_hours) FILTER (stretch.status_category = 'waiting') / nullif(business_hours, 0)
        AS waiting_ratio
FROM mart.ticket_interval_facts AS stretch
JOIN mart.ticket_facts AS ticket ON ticket.ticket_id = stretch.ticket_id
WHERE ticket.is_done
    AND NOT ticket.is_quarantined
    AND CAST(ticket.resolved_at AT TIME ZONE (SELECT reporting_time_zone FROM meta.run) AS DATE)
        BETWEEN CAST($from_date AS DATE) AND CAST($to_date AS DATE)
    AND stretch.status_category IN ('queued', 'active', 'waiting')
GROUP BY ALL
ORDER BY business_hours DESC, team;
