-- question: How did work arrive, move and leave, day by day?
-- parameter from_date: first day [date] [default: 2000-01-01]
-- parameter to_date: last day [date] [default: 2999-12-31]
-- example: kpi query --query cumulative_flow_by_day --param from_date=2026-08-01 --param to_date=2026-10-31
-- answer: 2026-10-31 | 12000 | 20 | 60 | 45 | 11700 | 175 | 18
--         Tickets of which only a snapshot is known, or that a contract rule set aside, are in no other count;
--         unfollowed_count says how many of those had come in by the day's end.
SELECT
    day_date,
    CAST(sum(arrived_count) AS BIGINT) AS arrived_count,
    CAST(sum(queued_count) AS BIGINT) AS queued_count,
    CAST(sum(active_count) AS BIGINT) AS active_count,
    CAST(sum(waiting_count) AS BIGINT) AS waiting_count,
    CAST(sum(done_count) AS BIGINT) AS done_count,
    CAST(sum(cancelled_count) AS BIGINT) AS cancelled_count,
    CAST(sum(unfollowed_count) AS BIGINT) AS unfollowed_count
FROM mart.cumulative_flow
WHERE day_date BETWEEN CAST($from_date AS DATE) AND CAST($to_date AS DATE)
GROUP BY day_date
ORDER BY day_date;
