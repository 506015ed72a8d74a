-- question: Which vendors keep their first promise, and which only the date that they moved it to?
-- parameter at_least_count: deliveries made that a vendor must have to be listed [number] [default: 5]
-- parameter from_date: first day that was promised first [date] [default: 2000-01-01]
-- parameter to_date: last day [date] [default: 2999-12-31]
-- example: kpi query --query moved_delivery_promises --param at_least_count=20 --param from_date=2026-01-01
-- answer: Acme Cables | 120 | 0.71 | 0.93 | 34 | 5.0 | 2.0
SELECT
    coalesce(vendor, '(none)') AS vendor,
    count(*) AS delivered_count,
    avg(CAST(is_on_time_by_first_promise AS INTEGER)) AS first_promise_on_time_ratio,
    avg(CAST(is_on_time AS INTEGER)) AS on_time_ratio,
    count(*) FILTER (promise_moved_days > 0) AS moved_count,
    median(promise_moved_days) FILTER (promise_moved_days > 0) AS median_moved_days,
    quantile_cont(first_promise_delay_days, 0.85) AS first_promise_delay_p85_days
FROM mart.delivery_facts
WHERE NOT is_quarantined
    AND is_on_time IS NOT NULL
    AND is_on_time_by_first_promise IS NOT NULL
    AND first_promised_date BETWEEN CAST($from_date AS DATE) AND CAST($to_date AS DATE)
GROUP BY ALL
HAVING delivered_count >= CAST($at_least_count AS BIGINT)
ORDER BY first_promise_on_time_ratio, vendor;
