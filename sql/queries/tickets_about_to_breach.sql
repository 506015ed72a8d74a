-- question: Which tickets are about to breach, when, and whose are they?
-- parameter team: one team, or * for all [default: *]
-- parameter target: kind of promise, * is all [one of: resolution, first_response, periodic_update, vendor_response, vendor_resolution, *] [default: *]
-- parameter state: whether the clock runs, * is all [one of: running, paused, *] [default: *]
-- parameter within_hours: open hours that are left at most [number] [default: 8]
-- parameter row_limit: rows at most [number] [default: 50]
-- example: kpi query --query tickets_about_to_breach --param within_hours=2 --param target=resolution
-- answer: jira:OPS-812 | resolution | p1 | running | Service Desk | P1 | Orbit | 2026-10-11 09:02:11+00 | 0.4 | 0.2 | 0.7 | 0.9
--         Clocks that run come first, by the instant at which they breach. A clock that is paused breaches nothing until it goes
--         on: it has no due_at, and remaining_hours says what will be left then. Where daily exports leave open how much has
--         counted, remaining_lower_hours and remaining_upper_hours say between what the rest lies. The least of it counts
--         for the list, and brings a clock that much further up than its due_at.
WITH at_risk AS (
    SELECT
        *,
        coalesce(remaining_lower_hours, remaining_hours) AS least_hours,
        -- Open hours take at least as long by the clock on the wall.
        due_at - to_microseconds(CAST((remaining_hours - least_hours) * 3.6e9 AS BIGINT)) AS may_breach_at
    FROM mart.sla_at_risk
)
SELECT
    clock.ticket_id,
    clock.target,
    clock.sla_policy,
    clock.state,
    clock.team,
    clock.priority,
    clock.vendor,
    clock.due_at,
    clock.remaining_hours,
    clock.remaining_lower_hours,
    clock.remaining_upper_hours,
    clock.used_ratio
FROM at_risk AS clock
WHERE NOT clock.is_quarantined
    AND $team IN ('*', clock.team)
    AND $target IN ('*', clock.target)
    AND $state IN ('*', clock.state)
    AND clock.least_hours <= CAST($within_hours AS DOUBLE)
QUALIFY row_number() OVER (
    ORDER BY
        clock.state = 'paused', clock.may_breach_at, clock.least_hours, clock.used_ratio DESC, clock.ticket_id,
        clock.sla_policy
) <= CAST($row_limit AS BIGINT)
ORDER BY
    clock.state = 'paused', clock.may_breach_at, clock.least_hours, clock.used_ratio DESC, clock.ticket_id,
    clock.sla_policy;
