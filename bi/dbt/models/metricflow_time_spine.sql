-- Every day, so that MetricFlow can fill gaps in time.
{{ config(materialized='table') }}
SELECT CAST(day AS DATE) AS date_day
FROM {% if target.type == 'duckdb' %}range(DATE '2000-01-01', DATE '2050-01-01', INTERVAL 1 DAY) AS days(day)
{% else %}generate_series(DATE '2000-01-01', DATE '2049-12-31', INTERVAL '1 day') AS days(day)
{% endif %}
