-- Closed problems of Volvo IT: one row per change of status and sub-status, instants with offset.
CREATE TABLE log AS
SELECT row_number() OVER () AS row_number, *,
       timezone('UTC', CAST("time:timestamp" AS TIMESTAMP WITH TIME ZONE)) AS moment
FROM read_csv(getvariable('files'), all_varchar = true);

-- The two columns together, as the tool shows them.
CREATE TABLE categories AS
FROM (VALUES ('Queued', 'Awaiting Assignment', 'queued'), ('Accepted', 'Assigned', 'queued'),
             ('Unmatched', 'Unmatched', 'queued'), ('Accepted', 'In Progress', 'active'),
             ('Accepted', 'Wait', 'waiting'), ('Completed', 'Closed', 'done'),
             ('Completed', 'Cancelled', 'cancelled')) AS said (status, sub_status, category);

CREATE TABLE changes AS
SELECT "case:concept:name" AS ticket,
       row_number() OVER (PARTITION BY "case:concept:name" ORDER BY moment, row_number) AS place, moment,
       "lifecycle:transition" AS status, category, "organization involved" AS team, impact AS priority
FROM log LEFT JOIN categories ON "concept:name" = categories.status AND "lifecycle:transition" = sub_status;

CREATE TABLE tickets AS
SELECT "case:concept:name" AS ticket, min(moment) AS created_at, CAST(NULL AS VARCHAR) AS status, 'queued' AS category,
       CAST(NULL AS VARCHAR) AS team, CAST(NULL AS VARCHAR) AS priority, CAST(NULL AS VARCHAR) AS service,
       false AS is_set_aside
FROM log GROUP BY "case:concept:name";

CREATE TABLE reach AS SELECT max(moment) AS as_of, 'Europe/Stockholm' AS time_zone FROM log;

-- Half past seven to half past four, on Fridays to three.
CREATE TABLE open_hours AS
SELECT timezone('UTC', timezone('Europe/Stockholm', day + INTERVAL 450 MINUTES)) AS opens_at,
       timezone('UTC', timezone('Europe/Stockholm',
                                day + if(isodow(day) = 5, INTERVAL 900 MINUTES, INTERVAL 990 MINUTES))) AS closes_at
FROM generate_series(TIMESTAMP '2005-12-01', TIMESTAMP '2012-07-01', INTERVAL 1 DAY) AS days (day)
WHERE isodow(day) <= 5;

CREATE TABLE promises AS
SELECT ticket, said.priority, if(is_high, 'resolution_high', 'resolution') AS policy,
       if(is_high, INTERVAL 60 DAYS, INTERVAL 120 DAYS) AS within, false AS is_in_open_hours
FROM tickets, (VALUES ('Major', true), ('High', true), ('Medium', false), ('Low', false)) AS said (priority, is_high);
