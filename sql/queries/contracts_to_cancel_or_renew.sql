-- question: Which contracts must be cancelled or renewed soon, and by which day?
-- parameter within_days: how many days ahead to look [number] [default: 90]
-- parameter as_of_date: the day from which to look; latest for the clock of the vendors' data [date] [default: latest]
-- example: kpi query --query contracts_to_cancel_or_renew --param within_days=180
-- answer: Brightway Facilities | BF-2024-02 | 2026-12-31 | 46 | false | 2027-04-30 | 166 | 4400.00 | 3123.39
--         The register is the one that is known now, whatever day it is looked at from; so is the rate of committed spend.
WITH seen AS (
    SELECT
        *,
        CASE WHEN $as_of_date = 'latest' THEN as_of_date ELSE CAST(nullif($as_of_date, 'latest') AS DATE) END AS seen_date
    FROM core.fct_vendor_contracts
    WHERE contract_state <> 'unclear' AND end_date IS NOT NULL
),
running AS (
    SELECT
        *,
        CAST(date_diff('day', seen_date, notice_date) AS BIGINT) AS days_to_notice,
        CAST(date_diff('day', seen_date, end_date) AS BIGINT) AS days_to_end
    FROM seen
    WHERE seen_date <= end_date AND (start_date IS NULL OR start_date <= seen_date)
),
spent AS (
    SELECT
        running.vendor_contract_id,
        CAST(sum(line.amount_reporting) AS DECIMAL(18, 4)) AS billed_last_year_reporting
    FROM core.fct_vendor_invoice_lines AS line
    JOIN running USING (vendor_contract_id)
    WHERE NOT line.is_quarantined
        AND line.invoice_date > running.seen_date - INTERVAL 12 MONTH
        AND line.invoice_date <= running.seen_date
    GROUP BY running.vendor_contract_id
)
SELECT
    running.vendor,
    vendor_contract_id,
    running.notice_date,
    running.days_to_notice AS until_notice_days,
    coalesce(running.days_to_notice < 0, false) AS is_notice_over,
    running.end_date,
    running.days_to_end AS until_end_days,
    running.committed_spend_reporting,
    spent.billed_last_year_reporting
FROM running
LEFT JOIN spent USING (vendor_contract_id)
WHERE running.days_to_end <= CAST($within_days AS BIGINT)
    OR running.days_to_notice BETWEEN 0 AND CAST($within_days AS BIGINT)
ORDER BY
    CASE WHEN running.days_to_notice >= 0 THEN running.notice_date ELSE running.end_date END,
    running.vendor,
    vendor_contract_id;
