-- question: Whose waiting and lateness cost most, and by which rule is it priced?
-- parameter from_date: first day of resolution, in the reporting time zone [date] [default: 2000-01-01]
-- parameter to_date: last day [date] [default: 2999-12-31]
-- example: kpi query --query cost_of_delay --param from_date=2026-07-01
-- answer: network_waiting | waiting | business | Network Operations | Tessera Networks | 212 | 210 | 9120.5 | 98110.20 | 31
SELECT
    delay_rule,
    measure,
    clock,
    team,
    vendor,
    count(*) AS ticket_count,
    count(amount_reporting) FILTER (WHERE NOT is_quarantined) AS measured_ticket_count,
    sum(delay_hours) FILTER (WHERE NOT is_quarantined) AS delay_hours,
    sum(amount_reporting) FILTER (WHERE NOT is_quarantined) AS amount_reporting,
    count(*) FILTER (WHERE is_capped) AS capped_ticket_count
FROM mart.ticket_delay_facts
WHERE CAST(resolved_at AT TIME ZONE (SELECT reporting_time_zone FROM meta.run) AS DATE)
    BETWEEN CAST($from_date AS DATE) AND CAST($to_date AS DATE)
GROUP BY delay_rule, measure, clock, team, vendor
ORDER BY amount_reporting DESC NULLS LAST, delay_rule, team, vendor;
