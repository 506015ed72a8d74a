-- question: Where did the time go of promises that were broken, and how many fell to each cause?
-- parameter from_date: first day of the breach, in the reporting time zone [date] [default: 2000-01-01]
-- parameter to_date: last day [date] [default: 2999-12-31]
-- parameter target: which promise [one of: resolution, first_response, periodic_update, vendor_response, vendor_resolution] [default: resolution]
-- example: kpi query --query breaches_by_cause --param from_date=2026-10-01 --param to_date=2026-10-31
-- answer: waiting: vendor | 21 | 0.45 | 0.45 | 312.5 | 0
--         The cause is the state in which the ticket was longest, by the clock on the wall, from the start of its clock to
--         the breach. Where a state stops the clock under the policy, its time counts nevertheless. Of
--         sampled_count promises only daily exports tell: what went on between two of them, or before the first, may have
--         taken more of the time.
--         Tickets that a contract rule set aside are left out, as they are of SLA attainment.
WITH broken AS (
    SELECT
        clock.ticket_id,
        clock.sla_policy,
        clock.cycle_number,
        clock.started_at,
        clock.breached_at,
        coalesce(ticket.is_sampled, false) AS is_sampled
    FROM core.fct_sla_clocks AS clock
    CROSS JOIN meta.run AS run
    LEFT JOIN core.fct_tickets AS ticket ON ticket.ticket_id = clock.ticket_id
    WHERE clock.state = 'breached'
        AND NOT coalesce(ticket.is_quarantined, false)
        AND clock.target = $target
        AND CAST(clock.breached_at AT TIME ZONE run.reporting_time_zone AS DATE)
            BETWEEN CAST($from_date AS DATE) AND CAST($to_date AS DATE)
),
times AS (
    SELECT
        broken.ticket_id,
        broken.sla_policy,
        broken.cycle_number,
        stretch.status_category || coalesce(': ' || stretch.waiting_reason, '') AS cause,
        sum(
            date_diff(
                'microsecond',
                greatest(stretch.started_at, broken.started_at),
                least(coalesce(stretch.ended_at, broken.breached_at), broken.breached_at)
            )
        ) AS microseconds
    FROM broken
    JOIN core.fct_ticket_intervals AS stretch
        ON stretch.ticket_id = broken.ticket_id
        AND stretch.started_at < broken.breached_at
        AND coalesce(stretch.ended_at, broken.breached_at) > broken.started_at
    GROUP BY ALL
),
longest AS (
    SELECT *
    FROM times
    QUALIFY row_number() OVER (
        PARTITION BY ticket_id, sla_policy, cycle_number ORDER BY microseconds DESC, cause
    ) = 1
),
told AS (
    SELECT coalesce(longest.cause, 'not told by the export') AS cause, longest.microseconds, broken.is_sampled
    FROM broken
    LEFT JOIN longest USING (ticket_id, sla_policy, cycle_number)
)
SELECT
    cause,
    count(*) AS breach_count,
    count(*) / sum(count(*)) OVER () AS share_ratio,
    sum(count(*)) OVER (ORDER BY count(*) DESC, cause) / sum(count(*)) OVER () AS cumulative_ratio,
    sum(microseconds) / 3.6e9 AS hours_in_cause,
    count(*) FILTER (is_sampled) AS sampled_count
FROM told
GROUP BY cause
ORDER BY breach_count DESC, cause;
