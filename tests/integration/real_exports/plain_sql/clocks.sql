-- Clocks for resolution, one per cycle. `promises` says which policy covers a ticket while it has a priority;
-- the variable `pausing` says whether waiting stops a clock.
CREATE OR REPLACE TABLE clocks AS
WITH numbered AS (
    SELECT *, 1 + count(*) FILTER (is_reopening) OVER (PARTITION BY ticket ORDER BY place) AS cycle_number
    FROM steps JOIN promises USING (ticket, priority)
), cycles AS (
    -- From the creation or a reopening to the next resolution.
    SELECT ticket, cycle_number, arg_min(moment, place) AS started_at, min(moment) FILTER (is_resolution) AS stopped_at,
           min(place) FILTER (is_resolution) AS stopped_in
    FROM numbered GROUP BY ticket, cycle_number
), worked AS (
    -- In between a clock may stand still: while the ticket waits, if the promise says so, and while it is cancelled.
    SELECT ticket, cycle_number, place, moment, coalesce(next_at, as_of) AS until, policy,
           epoch_us(TIMESTAMP '1970-01-01' + within) AS target, is_in_open_hours,
           category = 'cancelled' OR (getvariable('pausing') AND category = 'waiting') AS is_paused
    FROM numbered JOIN cycles USING (ticket, cycle_number), reach
    WHERE stopped_in IS NULL OR place < stopped_in
), pieces AS (
    SELECT *, moment AS begins_at, until AS ends_at FROM worked WHERE NOT is_in_open_hours
    UNION ALL
    SELECT worked.*, greatest(moment, opens_at) AS begins_at, least(until, closes_at) AS ends_at
    FROM worked JOIN open_hours ON is_in_open_hours AND opens_at < until AND closes_at > moment
), lengths AS (
    SELECT *, epoch_us(ends_at) - epoch_us(begins_at) AS length,
           if(policy IS DISTINCT FROM lag(policy) OVER cycle, moment, NULL) AS promised_at
    FROM pieces
    WINDOW cycle AS (PARTITION BY ticket, cycle_number ORDER BY place, begins_at)
), running AS (
    SELECT *, coalesce(sum(if(is_paused, 0, length)) OVER before, 0) AS elapsed_before,
           max(if(is_paused OR length = 0, NULL, ends_at)) OVER before AS ran_until,
           max(promised_at) OVER (PARTITION BY ticket, cycle_number ORDER BY place, begins_at) AS promised_since
    FROM lengths
    WINDOW before AS (PARTITION BY ticket, cycle_number ORDER BY place, begins_at
                      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
), judged AS (
    -- The instant at which the target was reached, be it at the end of the stretch before; but not before the promise
    -- was made: a target that is lowered below what is elapsed already is missed where it is lowered.
    SELECT *, elapsed_before + if(is_paused, 0, length) > target AS is_beyond,
           greatest(promised_since, if(elapsed_before < target,
                                       begins_at + to_microseconds(CAST(target - elapsed_before AS BIGINT)),
                                       coalesce(ran_until, begins_at))) AS reached_at
    FROM running
), sums AS (
    SELECT ticket, cycle_number, CAST(sum(if(is_paused, 0, length)) AS BIGINT) AS elapsed,
           CAST(sum(if(is_paused, length, 0)) AS BIGINT) AS paused,
           arg_min(reached_at, (place, begins_at)) FILTER (is_beyond) AS breached_at,
           arg_min(place, (place, begins_at)) FILTER (is_beyond) AS breached_in
    FROM judged GROUP BY ticket, cycle_number
), lasts AS (
    SELECT ticket, cycle_number, max(place) AS place FROM worked GROUP BY ticket, cycle_number
), decided AS (
    SELECT cycles.*, coalesce(elapsed, 0) AS elapsed, coalesce(paused, 0) AS paused, breached_at,
           coalesce(breached_in, lasts.place, stopped_in) AS decided_in
    FROM cycles LEFT JOIN sums USING (ticket, cycle_number) LEFT JOIN lasts USING (ticket, cycle_number)
), closed AS (
    SELECT decided.*, policy, service, epoch_us(TIMESTAMP '1970-01-01' + within) AS target, is_in_open_hours,
           least(stopped_at, breached_at) AS decided_at, as_of,
           CASE WHEN breached_at IS NOT NULL THEN 'breached' WHEN stopped_at IS NOT NULL THEN 'met'
                WHEN getvariable('pausing') AND last_category = 'waiting' THEN 'paused' ELSE 'running' END AS state
    FROM decided JOIN numbered ON numbered.ticket = decided.ticket AND place = decided_in
    JOIN milestones ON milestones.ticket = decided.ticket
    JOIN tickets ON tickets.ticket = decided.ticket, reach
), at_decision AS (
    SELECT closed.ticket, closed.cycle_number, arg_max(team, place) AS team, arg_max(priority, place) AS priority
    FROM closed JOIN steps ON steps.ticket = closed.ticket AND moment <= coalesce(decided_at, as_of)
    GROUP BY closed.ticket, closed.cycle_number
), ahead AS (
    SELECT ticket, cycle_number, greatest(opens_at, as_of) AS opens_at, closes_at, target - elapsed AS needed
    FROM closed JOIN open_hours ON is_in_open_hours AND closes_at > as_of WHERE state = 'running'
    UNION ALL
    SELECT ticket, cycle_number, as_of, as_of + INTERVAL 100 YEARS, target - elapsed
    FROM closed WHERE state = 'running' AND NOT is_in_open_hours
), ahead_so_far AS (
    SELECT *, sum(epoch_us(closes_at) - epoch_us(opens_at))
              OVER (PARTITION BY ticket, cycle_number ORDER BY opens_at) AS open_through
    FROM ahead
), due AS (
    SELECT ticket, cycle_number,
           min(closes_at - to_microseconds(CAST(open_through - needed AS BIGINT))) AS due_at
    FROM ahead_so_far WHERE open_through >= needed GROUP BY ticket, cycle_number
)
SELECT ticket, policy, cycle_number, team, priority, service, started_at, stopped_at, target, elapsed, paused, state,
       breached_at, due_at, decided_at, if(state = 'met', NULL, target - elapsed) AS remaining,
       if(state IN ('running', 'paused'), elapsed / target, NULL) AS used_ratio
FROM closed JOIN at_decision USING (ticket, cycle_number) LEFT JOIN due USING (ticket, cycle_number);
