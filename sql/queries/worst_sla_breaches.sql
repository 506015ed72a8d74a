-- question: Which resolution clocks went furthest beyond their target, and how long were they paused?
-- parameter from_date: first day of the breach, in the reporting time zone [date] [default: 2000-01-01]
-- parameter to_date: last day [date] [default: 2999-12-31]
-- parameter row_limit: rows at most [number] [default: 20]
-- example: kpi query --query worst_sla_breaches --param from_date=2026-10-01
-- answer: servicenow:INC0012345 | Network Operations | P1 | 2026-10-04 11:20:00+00 | 4.0 | 19.5 | 15.5 | 0.0
--         Of a ticket that left the exports while it was open, elapsed and paused is what counted until then: nobody knows
--         what became of it. Tickets that a contract rule set aside are left out, as they are of SLA attainment.
SELECT
    clock.ticket_id,
    clock.team,
    clock.priority,
    clock.breached_at,
    clock.target_hours,
    clock.elapsed_hours,
    clock.elapsed_hours - clock.target_hours AS beyond_target_hours,
    clock.paused_hours
FROM mart.sla_clock_facts AS clock
LEFT JOIN core.fct_tickets AS ticket ON ticket.ticket_id = clock.ticket_id
WHERE clock.target = 'resolution'
    AND NOT coalesce(ticket.is_quarantined, false)
    AND clock.state = 'breached'
    AND CAST(clock.breached_at AT TIME ZONE (SELECT reporting_time_zone FROM meta.run) AS DATE)
        BETWEEN CAST($from_date AS DATE) AND CAST($to_date AS DATE)
QUALIFY row_number() OVER (ORDER BY beyond_target_hours DESC, clock.ticket_id) <= CAST($row_limit AS BIGINT)
ORDER BY beyond_target_hours DESC, clock.ticket_id;
