-- question: Which contracts must be cancelled or renewed soon, and by which day?
-- parameter within_days: how many days ahead to look from the data's clock [number] [default: 90]
-- example: kpi query --query contracts_to_cancel_or_renew --param within_days=180
-- answer: Brightway Facilities | BF-2024-02 | 2026-12-31 | 46 | false | 2027-04-30 | 166 | 4400.00 | 3123.39
SELECT
    vendor,
    vendor_contract_id,
    notice_date,
    until_notice_days,
    is_notice_over,
    end_date,
    until_end_days,
    committed_spend_reporting,
    billed_last_year_reporting
FROM mart.contract_expiries
WHERE until_end_days <= CAST($within_days AS BIGINT)
    OR until_notice_days BETWEEN 0 AND CAST($within_days AS BIGINT)
ORDER BY next_deadline_date, vendor, vendor_contract_id;
