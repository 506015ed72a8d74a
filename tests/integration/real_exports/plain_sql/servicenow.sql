-- ServiceNow's audit log of incidents: one row per update, everything repeated; no zone, and the clock is UTC's.
CREATE TABLE updates AS
SELECT row_number() OVER () AS row_number, *, strptime(sys_updated_at, '%d/%m/%Y %H:%M') AS moment
FROM read_csv(getvariable('files'), all_varchar = true, nullstr = '?');

CREATE TABLE categories AS
FROM (VALUES ('New', 'queued'), ('Active', 'active'), ('Awaiting User Info', 'waiting'),
             ('Awaiting Vendor', 'waiting'), ('Awaiting Problem', 'waiting'), ('Awaiting Evidence', 'waiting'),
             ('Resolved', 'done'), ('Closed', 'done')) AS said (status, category);

CREATE TABLE changes AS
SELECT number AS ticket, row_number() OVER (PARTITION BY number ORDER BY moment, CAST(sys_mod_count AS INT), row_number)
       AS place, moment, incident_state AS status, categories.category, assignment_group AS team, priority
FROM updates LEFT JOIN categories ON incident_state = status;

-- Opened until the first update is queued. Five incidents are updated long before they are opened: see the test.
CREATE TABLE tickets AS
SELECT number AS ticket, least(min(strptime(opened_at, '%d/%m/%Y %H:%M')), min(moment)) AS created_at,
       CAST(NULL AS VARCHAR) AS status, 'queued' AS category, CAST(NULL AS VARCHAR) AS team,
       CAST(NULL AS VARCHAR) AS priority,
       bool_or(incident_state = '-100') OR min(moment) < min(strptime(opened_at, '%d/%m/%Y %H:%M')) - INTERVAL 5 MINUTES
           AS is_set_aside,
       last(category ORDER BY row_number) AS service
FROM updates GROUP BY number;

CREATE TABLE reach AS
SELECT max(greatest(moment, strptime(opened_at, '%d/%m/%Y %H:%M'), strptime(resolved_at, '%d/%m/%Y %H:%M'),
                    strptime(closed_at, '%d/%m/%Y %H:%M'))) AS as_of, 'Europe/London' AS time_zone
FROM updates SEMI JOIN (FROM tickets WHERE NOT is_set_aside) ON number = ticket;

-- Monday to Friday, 9 to 13 and 14 to 18 in Lisbon, but for the public holidays of a wall calendar.
CREATE TABLE open_hours AS
SELECT timezone('UTC', timezone('Europe/Lisbon', day + opens)) AS opens_at,
       timezone('UTC', timezone('Europe/Lisbon', day + closes)) AS closes_at
FROM generate_series(TIMESTAMP '2016-01-01', TIMESTAMP '2017-03-01', INTERVAL 1 DAY) AS days (day),
     (VALUES (INTERVAL 9 HOURS, INTERVAL 13 HOURS), (INTERVAL 14 HOURS, INTERVAL 18 HOURS)) AS said (opens, closes)
WHERE isodow(day) <= 5 AND CAST(day AS DATE) NOT IN (
    '2016-01-01', '2016-03-25', '2016-04-25', '2016-05-26', '2016-06-10', '2016-08-15', '2016-10-05', '2016-11-01',
    '2016-12-01', '2016-12-08');

CREATE TABLE promises AS
SELECT ticket, said.priority, if(is_critical, 'resolution_critical', 'resolution') AS policy,
       if(is_critical, INTERVAL 8 HOURS, INTERVAL 5 DAYS) AS within, false AS is_in_open_hours
FROM tickets, (VALUES ('1 - Critical', true), ('2 - High', false), ('3 - Moderate', false),
                      ('4 - Low', false)) AS said (priority, is_critical);
