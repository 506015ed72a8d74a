-- Issues of a public Jira project: JSON lines, the changelog inside each issue. Instants carry an offset.
CREATE TABLE issues AS
SELECT key AS ticket, fields, changelog
FROM read_json(getvariable('files'), format = 'newline_delimited',
               columns = {key: 'VARCHAR', fields: 'JSON', changelog: 'JSON'});

CREATE TABLE items AS
WITH histories AS (
    SELECT ticket, unnest(CAST(changelog -> 'histories' AS JSON[])) AS history FROM issues
), entries AS (
    SELECT ticket, CAST(history ->> 'id' AS BIGINT) AS history_id, history ->> 'created' AS created,
           history -> 'author' ->> 'displayName' AS author,
           unnest(CAST(history -> 'items' AS JSON[])) AS item,
           generate_subscripts(CAST(history -> 'items' AS JSON[]), 1) AS item_number
    FROM histories
)
SELECT ticket, timezone('UTC', strptime(created, '%Y-%m-%dT%H:%M:%S.%g%z')) AS moment,
       row_number() OVER (PARTITION BY ticket ORDER BY created, history_id, item_number) AS place,
       history_id, author, item ->> 'field' AS field, item ->> 'fromString' AS was, item ->> 'toString' AS became
FROM entries;

CREATE TABLE categories AS
FROM (VALUES ('Open', 'queued'), ('Reopened', 'queued'), ('In Progress', 'active'), ('Resolved', 'done'),
             ('Closed', 'done')) AS said (status, category);

CREATE TABLE changes AS
SELECT ticket, place, moment, if(field = 'status', became, NULL) AS status, category, CAST(NULL AS VARCHAR) AS team,
       if(field = 'priority', became, NULL) AS priority
FROM items LEFT JOIN categories ON field = 'status' AND became = status;

CREATE TABLE tickets AS
WITH firsts AS (
    SELECT ticket, arg_min(was, place) FILTER (field = 'status') AS status,
           arg_min(was, place) FILTER (field = 'priority') AS priority
    FROM items GROUP BY ticket
)
SELECT ticket, timezone('UTC', strptime(fields ->> 'created', '%Y-%m-%dT%H:%M:%S.%g%z')) AS created_at,
       coalesce(firsts.status, fields -> 'status' ->> 'name') AS status, category, CAST(NULL AS VARCHAR) AS team,
       coalesce(firsts.priority, fields -> 'priority' ->> 'name') AS priority, CAST(NULL AS VARCHAR) AS service,
       false AS is_set_aside
FROM issues LEFT JOIN firsts USING (ticket)
LEFT JOIN categories ON categories.status = coalesce(firsts.status, fields -> 'status' ->> 'name');

CREATE TABLE reach AS
SELECT greatest((SELECT max(moment) FROM items),
                (SELECT max(timezone('UTC', strptime(fields ->> 'resolutiondate', '%Y-%m-%dT%H:%M:%S.%g%z')))
                 FROM issues)) AS as_of, 'UTC' AS time_zone;

-- Volunteers all over the world: always open.
CREATE TABLE open_hours AS SELECT TIMESTAMP '2000-01-01' AS opens_at, TIMESTAMP '2040-01-01' AS closes_at;

CREATE TABLE promises AS
SELECT ticket, said.priority, if(is_urgent, 'resolution_urgent', 'resolution') AS policy,
       if(is_urgent, INTERVAL 7 DAYS, INTERVAL 30 DAYS) AS within, false AS is_in_open_hours
FROM tickets, (VALUES ('Blocker', true), ('Critical', true), ('Major', false), ('Minor', false),
                      ('Trivial', false)) AS said (priority, is_urgent);
