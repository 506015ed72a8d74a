-- question: How much money is to be recovered, from whom, and why?
-- parameter months: how many months count, up to that of to_date [number] [default: 12]
-- parameter to_date: a day of the last month that counts; latest for the one that reports are of, or the last before it that the data have passed [date] [default: latest]
-- example: kpi query --query money_to_recover --param months=3
-- answer: Acme Cables | 1234.56 | 700.00 | 324.56 | 210.00 | 910.00 | 1300.00 | 4 | 2026-04-01 | 2026-09-01 | 2025-11-01 | 2026-10-31 | the vendor has no contract in the register
--         Whole months count, from counted_from_date to counted_to_date. By default the last is that of which latest_periods tells
--         the KPI vendor_recoverable_reporting; a report asks for those up to its own period. Invoices that are dated later count
--         if to_date names a later month. Of a vendor with recoverable_reporting 0 nothing was found; where it is empty,
--         nothing could be measured, and unmeasured_reasons say why.
WITH clock AS (
    -- Where the KPI waits for data that never came, the exports of the vendors tell how far they reach.
    SELECT
        coalesce(
            (SELECT fresh_as_of_at FROM meta.metrics WHERE metric = 'vendor_recoverable_reporting'),
            (SELECT min(as_of_at) FROM meta.data_clocks WHERE domain = 'vendors')
        ) AS as_of_at
),
passed AS (
    SELECT date_trunc('month', CAST(timezone(run.reporting_time_zone, clock.as_of_at) AS DATE)) - INTERVAL 1 MONTH
        AS month_date
    FROM clock, meta.run AS run
),
counted AS (
    SELECT
        CASE
            WHEN $to_date <> 'latest' THEN date_trunc('month', CAST(nullif($to_date, 'latest') AS DATE))
            ELSE (
                SELECT least(any_value(passed.month_date), max(told.wanted_start_date))
                FROM passed
                LEFT JOIN mart.latest_periods AS told ON told.period_grain = 'month'
            )
        END AS last_month_date
)
SELECT
    money.vendor,
    sum(money.recoverable_reporting) AS recoverable_reporting,
    sum(money.over_billing_reporting) AS over_billing_reporting,
    sum(money.duplicate_invoice_reporting) AS duplicate_invoice_reporting,
    sum(money.service_credit_reporting) AS service_credit_reporting,
    CASE WHEN count(*) = count(money.at_least_reporting) THEN sum(money.at_least_reporting) END AS at_least_reporting,
    CASE WHEN count(*) = count(money.at_most_reporting) THEN sum(money.at_most_reporting) END AS at_most_reporting,
    sum(money.unmeasured_count) AS unmeasured_count,
    min(money.month_date) AS first_month_date,
    max(money.month_date) AS last_month_date,
    CAST(counted.last_month_date - to_months(CAST($months AS INTEGER) - 1) AS DATE) AS counted_from_date,
    last_day(counted.last_month_date) AS counted_to_date,
    array_to_string(
        list_sort(list_distinct(string_split(string_agg(money.unmeasured_reasons, '; '), '; '))), '; '
    ) AS unmeasured_reasons
FROM mart.vendor_money_to_recover AS money, counted
WHERE
    money.month_date
    BETWEEN counted.last_month_date - to_months(CAST($months AS INTEGER) - 1) AND counted.last_month_date
GROUP BY ALL
ORDER BY recoverable_reporting DESC NULLS LAST, vendor;
