-- The ticket facts in DuckDB SQL as a good analyst writes them: window functions, and open time by an ASOF join on a
-- table of open segments. Computes what benchmarks/compared.py lists, for tickets that come as event logs.
--
-- Reads:   stg_tickets, stg_ticket_events; segments (calendar, opens_at, length, open_before); team_calendars (team,
--          calendar); policies (sla_policy, target, target_microseconds, own_calendar, pause_categories,
--          pause_reasons). The variables as_of, time_zone and default_calendar; the macro covering_policy, which says
--          the first policy of a target that covers a stretch.
-- Writes:  fct_tickets, fct_sla_clocks, fct_ticket_days. What was used up is dropped, so that memory does not hold it.

-- Events in the order that counts; what was told twice, once.
CREATE TEMP TABLE told AS
SELECT
    ticket_id,
    source,
    occurred_at,
    status_before,
    status,
    status_category_before,
    status_category,
    waiting_reason,
    team_before,
    team,
    priority_before,
    priority,
    vendor,
    is_public_agent_reply,
    row_number() OVER (
        PARTITION BY ticket_id ORDER BY occurred_at, event_sequence NULLS LAST, load_id, row_number
    ) AS event_number
FROM stg_ticket_events
SEMI JOIN (SELECT ticket_id FROM stg_tickets WHERE created_at <= getvariable('as_of')) USING (ticket_id)
WHERE occurred_at <= getvariable('as_of')
QUALIFY row_number() OVER (
    PARTITION BY
        ticket_id, occurred_at, event_sequence, status_before, status, waiting_reason, team_before, team,
        priority_before, priority, vendor, is_public_agent_reply, actor
    ORDER BY load_id, row_number
) = 1;

-- What the first event that names an attribute says was before it.
CREATE TEMP TABLE first_told AS
SELECT
    ticket_id,
    min(occurred_at) AS first_at,
    arg_min_null(status_before, event_number) FILTER (tells_status) AS status_at_first,
    arg_min_null(status_category_before, event_number) FILTER (tells_status) AS category_at_first,
    arg_min(coalesce(team_before, team), event_number) AS team_at_first,
    arg_min(coalesce(priority_before, priority), event_number) AS priority_at_first,
    bool_or(tells_status) AS tells_status,
    bool_or(vendor IS NOT NULL) AS tells_vendor,
    min(occurred_at) FILTER (is_public_agent_reply) AS first_reply_at
FROM (
    SELECT
        *,
        coalesce(status, status_before, status_category, status_category_before) IS NOT NULL AS tells_status
    FROM told
)
GROUP BY ticket_id;

-- A row for each ticket's beginning and one for each event; an empty attribute is unchanged. No reason is '', which is
-- not the same as unchanged.
CREATE TEMP TABLE changes AS
SELECT
    ticket_id,
    0 AS event_number,
    least(created_at, first_at) AS occurred_at,
    CASE WHEN tells_status THEN status_at_first ELSE status END AS status,
    coalesce(CASE WHEN tells_status THEN category_at_first ELSE status_category END, 'queued') AS status_category,
    CASE WHEN tells_status THEN '' ELSE coalesce(waiting_reason, '') END AS waiting_reason,
    coalesce(team_at_first, team) AS team,
    coalesce(priority_at_first, priority) AS priority,
    CASE WHEN NOT coalesce(tells_vendor, false) THEN vendor END AS vendor
FROM stg_tickets
LEFT JOIN first_told USING (ticket_id)
WHERE created_at <= getvariable('as_of')
    AND (coalesce(tells_status, false) OR coalesce(status_category NOT IN ('done', 'cancelled'), true))
UNION ALL
SELECT
    ticket_id,
    event_number,
    occurred_at,
    status,
    status_category,
    CASE WHEN status_category IS NOT NULL THEN coalesce(waiting_reason, '') END,
    team,
    priority,
    vendor
FROM told;

CREATE TEMP TABLE states AS
SELECT
    ticket_id,
    event_number,
    occurred_at,
    last_value(status IGNORE NULLS) OVER life AS status,
    last_value(status_category IGNORE NULLS) OVER life AS status_category,
    last_value(waiting_reason IGNORE NULLS) OVER life AS waiting_reason,
    last_value(team IGNORE NULLS) OVER life AS team,
    last_value(priority IGNORE NULLS) OVER life AS priority,
    last_value(vendor IGNORE NULLS) OVER life AS vendor
FROM changes
SEMI JOIN (SELECT ticket_id FROM changes WHERE event_number = 0) USING (ticket_id)
WINDOW life AS (PARTITION BY ticket_id ORDER BY event_number);

DROP TABLE changes;

-- One row per change of state.
CREATE TEMP TABLE steps AS
WITH changed AS (
    SELECT *
    FROM states
    WINDOW life AS (PARTITION BY ticket_id ORDER BY event_number)
    QUALIFY event_number = 0
        OR (status, status_category, waiting_reason, team, priority, vendor) IS DISTINCT FROM
        lag((status, status_category, waiting_reason, team, priority, vendor)) OVER life
),
compared AS (
    SELECT
        *,
        row_number() OVER life AS step,
        lead(occurred_at) OVER life AS next_at,
        lag(status_category) OVER life AS category_before,
        lag(team) OVER life AS team_before,
        -- Lying cancelled in between changes nothing about a reopening.
        last_value(CASE WHEN status_category <> 'cancelled' THEN status_category END IGNORE NULLS) OVER (
            PARTITION BY ticket_id ORDER BY event_number ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS lived_before
    FROM changed
    WINDOW life AS (PARTITION BY ticket_id ORDER BY event_number)
)
SELECT
    ticket_id,
    step,
    occurred_at AS started_at,
    coalesce(next_at, getvariable('as_of')) AS ended_at,
    next_at IS NULL AS is_last,
    status,
    status_category,
    nullif(waiting_reason, '') AS waiting_reason,
    team,
    priority,
    vendor,
    category_before IS DISTINCT FROM status_category AS enters,
    coalesce(team <> team_before, false) AS is_handoff,
    1 + count(*) FILTER (lived_before = 'done' AND status_category IN ('queued', 'active', 'waiting')) OVER (
        PARTITION BY ticket_id ORDER BY step
    ) AS cycle_number
FROM compared;

DROP TABLE states;

CREATE TEMP TABLE intervals AS
WITH lasting AS (
    SELECT steps.*, coalesce(team_calendars.calendar, getvariable('default_calendar')) AS calendar
    FROM steps
    LEFT JOIN team_calendars USING (team)
    WHERE ended_at > started_at OR is_last
)
SELECT
    lasting.*,
    epoch_us(ended_at) - epoch_us(started_at) AS calendar_time,
    coalesce(at_start.open_before + least(epoch_us(started_at) - epoch_us(at_start.opens_at), at_start.length), 0)
        AS open_at_start,
    coalesce(at_end.open_before + least(epoch_us(ended_at) - epoch_us(at_end.opens_at), at_end.length), 0)
        - open_at_start AS business_time
FROM lasting
ASOF LEFT JOIN segments AS at_start ON lasting.calendar = at_start.calendar AND started_at >= at_start.opens_at
ASOF LEFT JOIN segments AS at_end ON lasting.calendar = at_end.calendar AND ended_at >= at_end.opens_at;

CREATE TEMP TABLE milestones AS
WITH entered AS (
    SELECT
        ticket_id,
        min(started_at) AS created_at,
        min(started_at) FILTER (status_category = 'active') AS first_active_at,
        min(started_at) FILTER (enters AND status_category = 'done') AS first_resolved_at,
        max(started_at) FILTER (enters AND status_category = 'done') AS last_resolved_at,
        max(started_at) FILTER (enters AND status_category = 'cancelled') AS last_cancelled_at,
        max(cycle_number) - 1 AS reopen_count,
        count(*) FILTER (is_handoff) AS handoff_count,
        arg_max(status_category, step) AS latest_category
    FROM steps
    GROUP BY ticket_id
),
telling AS (
    SELECT source FROM told WHERE is_public_agent_reply IS NOT NULL
    UNION
    SELECT source FROM stg_tickets WHERE first_response_at IS NOT NULL
),
answered AS (
    SELECT
        entered.*,
        stg_tickets.source,
        service,
        ticket_type,
        CASE WHEN latest_category = 'done' THEN last_resolved_at END AS resolved_at,
        CASE WHEN latest_category = 'cancelled' THEN last_cancelled_at END AS cancelled_at,
        CASE
            WHEN stg_tickets.source NOT IN (FROM telling) THEN first_active_at
            WHEN least(first_response_at, first_reply_at) <= getvariable('as_of')
                THEN least(first_response_at, first_reply_at)
        END AS answered_at
    FROM entered
    JOIN stg_tickets USING (ticket_id)
    LEFT JOIN first_told USING (ticket_id)
)
SELECT
    * EXCLUDE (answered_at),
    answered_at AS first_response_at,
    coalesce(resolved_at, cancelled_at, getvariable('as_of')) AS life_ends_at
FROM answered;

DROP TABLE told;
DROP TABLE steps;

CREATE TABLE fct_tickets AS
WITH lived AS (
    SELECT
        intervals.*,
        first_active_at,
        started_at < life_ends_at AS counts,
        greatest(started_at, least(ended_at, first_response_at)) AS answer_at,
        first_response_at
    FROM intervals
    JOIN milestones USING (ticket_id)
),
sums AS (
    SELECT
        ticket_id,
        sum(business_time) FILTER (counts) AS life_business,
        sum(business_time) FILTER (counts AND started_at >= first_active_at) AS cycle_business,
        sum(
            coalesce(open_before + least(epoch_us(answer_at) - epoch_us(opens_at), length), 0) - open_at_start
        ) FILTER (first_response_at IS NOT NULL) AS response_business,
        coalesce(sum(calendar_time) FILTER (counts AND status_category = 'queued'), 0) AS queued_calendar,
        coalesce(sum(business_time) FILTER (counts AND status_category = 'queued'), 0) AS queued_business,
        coalesce(sum(calendar_time) FILTER (counts AND status_category = 'active'), 0) AS active_calendar,
        coalesce(sum(business_time) FILTER (counts AND status_category = 'active'), 0) AS active_business,
        coalesce(sum(calendar_time) FILTER (counts AND status_category = 'waiting'), 0) AS waiting_calendar,
        coalesce(sum(business_time) FILTER (counts AND status_category = 'waiting'), 0) AS waiting_business,
        coalesce(sum(calendar_time) FILTER (counts AND status_category IN ('done', 'cancelled')), 0) AS gap_calendar,
        coalesce(sum(business_time) FILTER (counts AND status_category IN ('done', 'cancelled')), 0) AS gap_business
    FROM lived
    ASOF LEFT JOIN segments ON lived.calendar = segments.calendar AND answer_at >= opens_at
    GROUP BY ticket_id
)
SELECT
    ticket_id,
    created_at,
    first_active_at,
    first_response_at,
    first_resolved_at,
    resolved_at,
    cancelled_at,
    epoch_us(resolved_at) - epoch_us(created_at) AS lead_time_calendar_microseconds,
    CASE WHEN resolved_at IS NOT NULL THEN coalesce(life_business, 0) END::BIGINT AS lead_time_business_microseconds,
    epoch_us(resolved_at) - epoch_us(first_active_at) AS cycle_time_calendar_microseconds,
    CASE WHEN resolved_at IS NOT NULL AND first_active_at IS NOT NULL THEN coalesce(cycle_business, 0) END::BIGINT
        AS cycle_time_business_microseconds,
    CASE WHEN first_response_at IS NOT NULL
        THEN greatest(epoch_us(first_response_at) - epoch_us(created_at), 0)
    END AS first_response_calendar_microseconds,
    response_business::BIGINT AS first_response_business_microseconds,
    queued_calendar::BIGINT AS queued_calendar_microseconds,
    queued_business::BIGINT AS queued_business_microseconds,
    active_calendar::BIGINT AS active_calendar_microseconds,
    active_business::BIGINT AS active_business_microseconds,
    waiting_calendar::BIGINT AS waiting_calendar_microseconds,
    waiting_business::BIGINT AS waiting_business_microseconds,
    gap_calendar::BIGINT AS reopened_gap_calendar_microseconds,
    gap_business::BIGINT AS reopened_gap_business_microseconds,
    reopen_count,
    handoff_count
FROM milestones
JOIN sums USING (ticket_id);

-- The stretches of every clock: each interval of its cycle, the last one cut at the clock's end.
CREATE TEMP TABLE stretches AS
WITH ends AS (
    SELECT
        'first_response' AS target,
        ticket_id,
        1 AS cycle_number,
        CASE WHEN first_response_at IS NOT NULL OR first_resolved_at IS NOT NULL
            THEN greatest(created_at, least(first_response_at, first_resolved_at))
        END AS stop,
        coalesce(cancelled_at IS NOT NULL AND (stop IS NULL OR stop > cancelled_at), false) AS is_cancelled,
        cancelled_at
    FROM milestones
    UNION ALL
    SELECT
        'resolution',
        ticket_id,
        cycle_number,
        coalesce(
            min(intervals.started_at) FILTER (status_category = 'done'),
            -- A reopening at the very instant of the resolution leaves no interval in done.
            lead(min(intervals.started_at)) OVER (PARTITION BY ticket_id ORDER BY cycle_number)
        ) AS stop,
        stop IS NULL AND any_value(cancelled_at) IS NOT NULL,
        any_value(cancelled_at)
    FROM intervals
    JOIN milestones USING (ticket_id)
    GROUP BY ticket_id, cycle_number
),
clocks AS (
    SELECT
        target,
        ticket_id,
        cycle_number,
        is_cancelled,
        stop IS NOT NULL AND NOT is_cancelled AS is_stopped,
        CASE WHEN is_cancelled THEN cancelled_at ELSE coalesce(stop, getvariable('as_of')) END AS clock_ends_at
    FROM ends
),
matched AS (
    SELECT
        clocks.*,
        step,
        started_at,
        ended_at,
        is_last,
        status_category,
        waiting_reason,
        priority,
        step = min(step) OVER clock AS is_first,
        first_value(team) OVER clock AS first_team,
        first_value(vendor) OVER clock AS first_vendor,
        first_value(calendar) OVER clock AS first_calendar
    FROM clocks
    JOIN intervals
        ON intervals.ticket_id = clocks.ticket_id
        AND (clocks.target = 'first_response' OR intervals.cycle_number = clocks.cycle_number)
    WINDOW clock AS (PARTITION BY clocks.target, clocks.ticket_id, clocks.cycle_number ORDER BY step)
)
SELECT
    target,
    ticket_id,
    cycle_number,
    step,
    started_at,
    least(ended_at, clock_ends_at) AS ended_at,
    status_category,
    waiting_reason,
    first_calendar,
    clock_ends_at,
    is_stopped,
    is_cancelled,
    last_value(
        covering_policy(target, first_team, first_vendor, priority, source, service, ticket_type, created_at)
        IGNORE NULLS
    ) OVER (PARTITION BY target, ticket_id, cycle_number ORDER BY step) AS sla_policy
FROM matched
JOIN milestones USING (ticket_id)
WHERE started_at < clock_ends_at
    OR is_first
    OR (is_last AND NOT is_stopped AND NOT is_cancelled);

-- The clocks running: elapsed open time before and at the end of every stretch.
CREATE TEMP TABLE running AS
WITH promised AS (
    SELECT
        stretches.* EXCLUDE (status_category, waiting_reason, first_calendar),
        target_microseconds,
        coalesce(own_calendar, first_calendar) AS clock_calendar,
        status_category IN ('done', 'cancelled')
        OR list_contains(pause_categories, status_category) AND (
            status_category <> 'waiting'
            OR len(pause_reasons) = 0
            OR coalesce(list_contains(pause_reasons, waiting_reason), false)
        ) AS is_paused
    FROM stretches
    JOIN policies USING (target, sla_policy)
),
opened AS (
    SELECT
        promised.*,
        coalesce(at_start.open_before + least(epoch_us(started_at) - epoch_us(at_start.opens_at), at_start.length), 0)
            AS open_at_start,
        CASE WHEN is_paused THEN 0 ELSE
            coalesce(at_end.open_before + least(epoch_us(ended_at) - epoch_us(at_end.opens_at), at_end.length), 0)
            - open_at_start
        END AS runs
    FROM promised
    ASOF LEFT JOIN segments AS at_start ON clock_calendar = at_start.calendar AND started_at >= at_start.opens_at
    ASOF LEFT JOIN segments AS at_end ON clock_calendar = at_end.calendar AND ended_at >= at_end.opens_at
),
retargeted AS (
    SELECT
        *,
        sum(runs) OVER clock AS elapsed,
        elapsed - runs AS elapsed_before,
        coalesce(target_microseconds <> lag(target_microseconds) OVER clock, true) AS is_retargeted
    FROM opened
    WINDOW clock AS (PARTITION BY target, ticket_id, cycle_number ORDER BY step)
)
SELECT
    *,
    sum(is_retargeted::INTEGER) OVER clock AS run,
    last_value(CASE WHEN is_retargeted THEN started_at END IGNORE NULLS) OVER clock AS run_started_at
FROM retargeted
WINDOW clock AS (PARTITION BY target, ticket_id, cycle_number ORDER BY step);

DROP TABLE stretches;

CREATE TABLE fct_sla_clocks AS
WITH broken AS (
    SELECT target, ticket_id, cycle_number, arg_min(run, step) AS run
    FROM running
    WHERE elapsed > target_microseconds
    GROUP BY ALL
),
-- A clock that is beyond its target stood exactly on it before, perhaps already at the end of an earlier stretch.
reached AS (
    SELECT
        running.*,
        (open_at_start + target_microseconds - elapsed_before)::BIGINT AS wanted
    FROM running
    SEMI JOIN broken USING (target, ticket_id, cycle_number, run)
    WHERE elapsed >= target_microseconds
    QUALIFY row_number() OVER (PARTITION BY target, ticket_id, cycle_number ORDER BY step) = 1
),
breaches AS (
    SELECT
        target,
        ticket_id,
        cycle_number,
        sla_policy,
        target_microseconds,
        CASE WHEN elapsed_before < target_microseconds
            THEN make_timestamptz(epoch_us(opens_at) + wanted - open_before)
            -- A target that is lowered below the time already elapsed is breached by the change itself.
            ELSE run_started_at
        END AS breached_at
    FROM reached
    -- The segment that begins before so much open time has gone by: the first instant, not the next opening.
    ASOF LEFT JOIN segments ON clock_calendar = segments.calendar AND wanted > open_before
),
ended AS (
    SELECT
        target,
        ticket_id,
        cycle_number,
        min(started_at) AS started_at,
        any_value(clock_ends_at) AS clock_ends_at,
        bool_or(is_stopped) AS is_stopped,
        bool_or(is_cancelled) AS is_cancelled,
        arg_max(is_paused, step) AS is_paused,
        arg_max(sla_policy, step) AS sla_policy,
        arg_max(target_microseconds, step) AS target_microseconds,
        arg_max(elapsed, step)::BIGINT AS elapsed_microseconds
    FROM running
    GROUP BY ALL
)
SELECT
    ended.ticket_id,
    ended.target,
    ended.cycle_number,
    coalesce(breaches.sla_policy, ended.sla_policy) AS sla_policy,
    started_at,
    CASE WHEN is_stopped OR is_cancelled THEN clock_ends_at END AS stopped_at,
    coalesce(breaches.target_microseconds, ended.target_microseconds) AS target_microseconds,
    elapsed_microseconds,
    CASE
        WHEN breached_at IS NOT NULL THEN 'breached'
        WHEN is_stopped THEN 'met'
        WHEN is_cancelled THEN 'cancelled'
        WHEN is_paused THEN 'paused'
        ELSE 'running'
    END AS state,
    breached_at
FROM ended
LEFT JOIN breaches USING (target, ticket_id, cycle_number);

DROP TABLE running;

-- One row per interval and day's end that it covers, counted. The day on which the export ends counts as ended.
CREATE TABLE fct_ticket_days AS
WITH in_work AS (
    SELECT
        intervals.*,
        service,
        (started_at AT TIME ZONE getvariable('time_zone'))::DATE AS begun,
        (ended_at AT TIME ZONE getvariable('time_zone'))::DATE + is_last::INTEGER AS until
    FROM intervals
    JOIN stg_tickets USING (ticket_id)
    WHERE intervals.status_category IN ('queued', 'active', 'waiting')
)
SELECT day_date, status_category, team, priority, service, vendor, count(*) AS ticket_count
FROM (
    SELECT unnest(range(begun, until, INTERVAL 1 DAY))::DATE AS day_date, *
    FROM in_work
    WHERE begun < until
)
GROUP BY ALL;
