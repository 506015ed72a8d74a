-- question: How long did each ticket take that was resolved in some days, in open hours?
-- parameter from_date: first day of the last resolution, in the reporting time zone [date] [default: 2000-01-01]
-- parameter to_date: last day [date] [default: 2999-12-31]
-- parameter row_limit: tickets at most; of more, always the same ones, chosen by a hash of their key [number] [default: 1000000]
-- example: kpi query --query cycle_times_of_a_period --param from_date=2026-10-01 --param to_date=2026-10-31
-- answer: servicenow:INC0012345 | Network Operations | P2 | 2026-10-04 11:20:00+00 | 13.5 | 566
SELECT
    ticket.ticket_id,
    ticket.team,
    ticket.priority,
    ticket.resolved_at,
    ticket.cycle_time_business_hours,
    count(*) OVER () AS ticket_count
FROM mart.ticket_facts AS ticket, meta.run AS run
WHERE ticket.is_done
    AND NOT ticket.is_quarantined
    AND ticket.cycle_time_business_hours IS NOT NULL
    AND CAST(ticket.resolved_at AT TIME ZONE run.reporting_time_zone AS DATE)
        BETWEEN CAST($from_date AS DATE) AND CAST($to_date AS DATE)
QUALIFY row_number() OVER (ORDER BY md5(ticket.ticket_id), ticket.ticket_id) <= CAST($row_limit AS BIGINT)
ORDER BY ticket.resolved_at, ticket.ticket_id;
