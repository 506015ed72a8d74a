-- question: What is billed that no contract or no price covers, by which vendors, and why?
-- parameter from_date: first invoice date that counts [date] [default: 2000-01-01]
-- parameter to_date: last day [date] [default: 2999-12-31]
-- example: kpi query --query vendors_without_contract --param from_date=2026-01-01
-- answer: Tessera Networks | not_in_rate_card | 1 | 361.93 | Circuit migration | 2026-08-06 | 2026-08-06
SELECT
    coalesce(vendor, '(none)') AS vendor,
    match_state,
    count(*) AS line_count,
    sum(amount_reporting) AS billed_reporting,
    min(item) AS example_item,
    min(invoice_date) AS first_invoice_date,
    max(invoice_date) AS last_invoice_date
FROM mart.vendor_invoice_line_facts
WHERE match_state NOT IN ('matched', 'price_correction', 'credit_unclear', 'service_credit')
    AND invoice_date BETWEEN CAST($from_date AS DATE) AND CAST($to_date AS DATE)
GROUP BY ALL
ORDER BY billed_reporting DESC NULLS LAST, vendor, match_state;
