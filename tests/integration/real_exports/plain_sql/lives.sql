-- From `tickets` and `changes` of one export: what every ticket went through, step by step, and what that adds up to.
-- Plain windows over one ticket each; nothing is packed, encoded or shared with what is tested.
CREATE TABLE steps AS
WITH told AS (
    SELECT ticket, 0 AS place, created_at AS moment, status, category, team, priority FROM tickets
    UNION ALL BY NAME SELECT * FROM changes
), filled AS (
    -- What a change does not tell stays as it was; before it is told for the first time, it is what is told then.
    SELECT ticket, place, moment, last_value(status IGNORE NULLS) OVER so_far AS status,
           last_value(category IGNORE NULLS) OVER so_far AS category,
           coalesce(last_value(team IGNORE NULLS) OVER so_far, first_value(team IGNORE NULLS) OVER from_here) AS team,
           coalesce(last_value(priority IGNORE NULLS) OVER so_far,
                    first_value(priority IGNORE NULLS) OVER from_here) AS priority
    FROM told
    WINDOW so_far AS (PARTITION BY ticket ORDER BY place),
           from_here AS (PARTITION BY ticket ORDER BY place ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
), seen AS (
    SELECT *, lag(category) OVER life AS category_before, lag(team) OVER life AS team_before,
           lead(moment) OVER life AS next_at,
           (status, team, priority) IS DISTINCT FROM (lag(status) OVER life, lag(team) OVER life, lag(priority) OVER life)
               AS is_other_state,
           -- What it was before it was cancelled: a cancelled ticket that is taken up again was not resolved.
           last_value(if(category <> 'cancelled', category, NULL) IGNORE NULLS) OVER before AS uncancelled_before
    FROM filled
    WINDOW life AS (PARTITION BY ticket ORDER BY place),
           before AS (PARTITION BY ticket ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
)
SELECT *, category = 'done' AND category_before IS DISTINCT FROM 'done' AS is_resolution,
       category IN ('queued', 'active', 'waiting') AND coalesce(uncancelled_before = 'done', false) AS is_reopening,
       category = 'active' AND category_before IS DISTINCT FROM 'active' AS is_taking_up,
       count(*) FILTER (is_other_state) OVER (PARTITION BY ticket ORDER BY place
                                              ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) = 0 AS is_in_last_state
FROM seen;

CREATE TABLE milestones AS
SELECT ticket, min(moment) FILTER (category = 'active') AS first_active_at, min(moment) FILTER (is_resolution) AS first_done_at,
       max(moment) FILTER (is_resolution) AS last_done_at, arg_max(category, place) AS last_category,
       max(moment) FILTER (category = 'cancelled' AND category_before <> 'cancelled') AS last_cancelled_at,
       count(*) FILTER (is_reopening) AS reopen_count, count(*) FILTER (is_taking_up) AS touch_count,
       -- An export that never names a team does not tell of handoffs.
       if((SELECT count(team) FROM changes) > 0, count(*) FILTER (team <> team_before), NULL) AS handoff_count,
       arg_max(team, place) FILTER (is_resolution) AS team_at_resolution, arg_max(team, place) AS last_team,
       arg_max(priority, place) FILTER (is_resolution) AS priority_at_resolution,
       arg_max(priority, place) AS last_priority
FROM steps GROUP BY ticket;

-- Every stretch up to the ticket's last resolution or cancellation, or to the end of the export.
CREATE TABLE stretches AS
WITH lives AS (
    SELECT ticket, as_of, CASE last_category WHEN 'done' THEN last_done_at WHEN 'cancelled' THEN last_cancelled_at
                                             ELSE as_of END AS life_ends_at
    FROM milestones, reach
)
SELECT ticket, place, category, moment AS begins_at, least(coalesce(next_at, as_of), life_ends_at) AS ends_at
FROM steps JOIN lives USING (ticket) WHERE moment < life_ends_at;

CREATE TABLE open_stretches AS
SELECT ticket, place, category, greatest(begins_at, opens_at) AS begins_at, least(ends_at, closes_at) AS ends_at
FROM stretches JOIN open_hours ON opens_at < ends_at AND closes_at > begins_at;

-- One row per ticket and clock, durations in microseconds.
CREATE TABLE lives AS
WITH of_clocks AS (
    SELECT 'calendar' AS clock, * FROM stretches UNION ALL SELECT 'business' AS clock, * FROM open_stretches
), lengths AS (
    SELECT *, epoch_us(ends_at) - epoch_us(begins_at) AS length FROM of_clocks JOIN milestones USING (ticket)
), sums AS (
    SELECT ticket, clock, sum(length) AS life, sum(length) FILTER (begins_at < first_done_at) AS first_resolution,
           sum(length) FILTER (begins_at >= first_active_at) AS cycle,
           sum(length) FILTER (begins_at < first_active_at) AS first_response,
           sum(length) FILTER (category = 'queued') AS queued, sum(length) FILTER (category = 'active') AS active,
           sum(length) FILTER (category = 'waiting') AS waiting,
           sum(length) FILTER (category IN ('done', 'cancelled')) AS reopened_gap
    FROM lengths GROUP BY ticket, clock
)
SELECT ticket, clock, is_set_aside, created_at, first_active_at, first_done_at AS first_resolved_at,
       if(last_category = 'done', last_done_at, NULL) AS resolved_at,
       if(last_category = 'cancelled', last_cancelled_at, NULL) AS cancelled_at, last_category AS status_category,
       if(last_category = 'done', team_at_resolution, last_team) AS team,
       if(last_category = 'done', priority_at_resolution, last_priority) AS priority, service,
       reopen_count, handoff_count, touch_count,
       if(last_category = 'done', coalesce(life, 0), NULL) AS lead_time,
       if(last_category = 'done' AND first_active_at IS NOT NULL, coalesce(cycle, 0), NULL) AS cycle_time,
       if(first_done_at IS NOT NULL, coalesce(first_resolution, 0), NULL) AS first_resolution,
       if(first_active_at IS NOT NULL, coalesce(first_response, 0), NULL) AS first_response,
       if(last_category IN ('done', 'cancelled'), NULL, coalesce(life, 0)) AS age,
       coalesce(queued, 0) AS queued, coalesce(active, 0) AS active, coalesce(waiting, 0) AS waiting,
       coalesce(reopened_gap, 0) AS reopened_gap
FROM tickets JOIN milestones USING (ticket)
CROSS JOIN (VALUES ('calendar'), ('business')) AS clocks (clock)
LEFT JOIN sums USING (ticket, clock);

-- Every day in the reporting zone, and the end of it: the next midnight, but no later than the end of the export.
CREATE TABLE days AS
SELECT CAST(day AS DATE) AS day_date,
       least(timezone('UTC', timezone(time_zone, day + INTERVAL 1 DAY)), as_of + INTERVAL 1 MICROSECOND) AS day_ends_at
FROM reach, (SELECT min(created_at) AS first_at FROM tickets),
     generate_series(date_trunc('day', timezone(time_zone, timezone('UTC', first_at))),
                     timezone(time_zone, timezone('UTC', as_of)), INTERVAL 1 DAY) AS series (day);
