-- question: Which vendors deliver late, how late, and how many deliveries are overdue?
-- parameter at_least_count: deliveries due that a vendor must have to be listed [number] [default: 5]
-- parameter from_date: first day for which deliveries were promised [date] [default: 2000-01-01]
-- parameter to_date: last day [date] [default: 2999-12-31]
-- example: kpi query --query late_deliveries_by_vendor --param at_least_count=20 --param from_date=2026-01-01
-- answer: Acme Cables | 120 | 0.81 | 6.0 | 3
WITH clock AS (
    SELECT CAST(definition.fresh_as_of_at AT TIME ZONE run.reporting_time_zone AS DATE) AS as_of_date
    FROM meta.metrics AS definition, meta.run AS run
    WHERE definition.metric = 'vendor_on_time_delivery_ratio'
)
SELECT
    coalesce(delivery.vendor, '(none)') AS vendor,
    count(*) AS due_count,
    avg(CAST(coalesce(delivery.is_on_time, false) AS INTEGER)) AS on_time_ratio,
    median(delivery.delay_days) FILTER (delivery.delay_days > 0) AS median_delay_of_late_days,
    count(*) FILTER (delivery.delivered_date IS NULL) AS overdue_count
FROM mart.delivery_facts AS delivery, clock
WHERE NOT delivery.is_quarantined
    AND delivery.promised_date <= clock.as_of_date
    AND delivery.promised_date BETWEEN CAST($from_date AS DATE) AND CAST($to_date AS DATE)
    AND (delivery.delivered_date IS NOT NULL OR delivery.promised_date < clock.as_of_date)
GROUP BY ALL
HAVING due_count >= CAST($at_least_count AS BIGINT)
ORDER BY on_time_ratio, vendor;
