-- question: How much money is to be recovered, from whom, and why?
-- parameter months: how many months back, counted from the latest [number] [default: 12]
-- parameter to_date: last day of which something counts [date] [default: 2999-12-31]
-- example: kpi query --query money_to_recover --param months=3
-- answer: Acme Cables | 1234.56 | 700.00 | 324.56 | 210.00 | 910.00 | 1300.00 | 4 | 2026-04-01 | 2026-09-01
WITH latest AS (
    SELECT max(month_date) AS month_date
    FROM mart.vendor_money_to_recover
    WHERE month_date <= CAST($to_date AS DATE)
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
    max(money.month_date) AS last_month_date
FROM mart.vendor_money_to_recover AS money, latest
WHERE money.month_date BETWEEN latest.month_date - to_months(CAST($months AS INTEGER) - 1) AND latest.month_date
GROUP BY ALL
ORDER BY recoverable_reporting DESC, vendor;
