-- question: Which vendors billed above their contracts, for which items, and how much is to be claimed back?
-- parameter since_date: first month that counts, by date of invoice [date] [default: 2000-01-01]
-- parameter at_least_reporting: variance from which on a row is listed, in the reporting currency [number] [default: 0.01]
-- example: kpi query --query billed_above_contract --param since_date=2026-01-01
-- answer: Brightway Facilities | BF-2024-02 | Maintenance visit | EUR | 17 | 375.99 | 335.70 | 40.29 | 40.29 | 2026-03-01 | 2026-08-01
SELECT
    vendor,
    vendor_contract_id,
    item,
    currency_code,
    sum(matched_line_count) AS line_count,
    sum(billed_original) AS billed_original,
    sum(contracted_original) AS contracted_original,
    sum(rate_card_variance_original) AS rate_card_variance_original,
    sum(rate_card_variance_reporting) AS rate_card_variance_reporting,
    min(month_date) FILTER (rate_card_variance_original > 0) AS first_month_date,
    max(month_date) FILTER (rate_card_variance_original > 0) AS last_month_date
FROM mart.vendor_rate_card_variance
WHERE month_date >= CAST($since_date AS DATE)
GROUP BY ALL
HAVING sum(rate_card_variance_reporting) >= CAST($at_least_reporting AS DECIMAL(18, 4))
ORDER BY rate_card_variance_reporting DESC, vendor, item;
