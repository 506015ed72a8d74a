-- Event log of a help desk: one row per activity; the second header "Variant" is read as "Variant_1".
CREATE TABLE log AS
SELECT row_number() OVER () AS row_number, *, strptime("Complete Timestamp", '%Y/%m/%d %H:%M:%S.%g') AS moment
FROM read_csv(getvariable('files'), all_varchar = true);

CREATE TABLE categories AS
FROM (VALUES ('Insert ticket', 'queued'), ('Assign seriousness', 'queued'), ('Take in charge ticket', 'active'),
             ('Schedule intervention', 'active'), ('Resolve SW anomaly', 'active'), ('Wait', 'waiting'),
             ('Create SW anomaly', 'waiting'), ('Require upgrade', 'waiting'), ('Resolve ticket', 'done'),
             ('Closed', 'done')) AS said (status, category);

CREATE TABLE changes AS
SELECT "Case ID" AS ticket, row_number() OVER (PARTITION BY "Case ID" ORDER BY moment, row_number) AS place, moment,
       Activity AS status, category, workgroup AS team, seriousness_2 AS priority
FROM log LEFT JOIN categories ON Activity = status;

-- Nothing tells what was before the first activity; the first activity is the creation.
CREATE TABLE tickets AS
SELECT "Case ID" AS ticket, min(moment) AS created_at, CAST(NULL AS VARCHAR) AS status, 'queued' AS category,
       CAST(NULL AS VARCHAR) AS team, CAST(NULL AS VARCHAR) AS priority, any_value(product) AS service,
       bool_or(regexp_full_match(Activity, '[A-Z]+')) AS is_set_aside
FROM log GROUP BY "Case ID";

CREATE TABLE reach AS
SELECT max(moment) AS as_of, 'Europe/Rome' AS time_zone FROM log SEMI JOIN (FROM tickets WHERE NOT is_set_aside)
ON "Case ID" = ticket;

-- Monday to Friday, 9 to 13 and 14 to 18 in Rome.
CREATE TABLE open_hours AS
SELECT timezone('UTC', timezone('Europe/Rome', day + opens)) AS opens_at,
       timezone('UTC', timezone('Europe/Rome', day + closes)) AS closes_at
FROM generate_series(TIMESTAMP '2009-12-01', TIMESTAMP '2014-02-01', INTERVAL 1 DAY) AS days (day),
     (VALUES (INTERVAL 9 HOURS, INTERVAL 13 HOURS), (INTERVAL 14 HOURS, INTERVAL 18 HOURS)) AS said (opens, closes)
WHERE isodow(day) <= 5;

CREATE TABLE promises AS
SELECT ticket, said.priority,
       CASE WHEN service = 'Value 3' THEN 'resolution_in_office_hours' WHEN said.priority = 'Value 2'
            THEN 'resolution_serious' ELSE 'resolution' END AS policy,
       CASE WHEN service = 'Value 3' THEN INTERVAL 16 HOURS WHEN said.priority = 'Value 2' THEN INTERVAL 15 DAYS
            ELSE INTERVAL 30 DAYS END AS within,
       service = 'Value 3' AS is_in_open_hours
FROM tickets, (VALUES ('Value 1'), ('Value 2'), ('Value 3'), ('Value 4')) AS said (priority);
