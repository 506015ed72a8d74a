-- Active contracts that end: until when notice can be given, when they end, and what they cost.
CREATE OR REPLACE VIEW mart.contract_expiries AS
WITH spent AS (
    SELECT
        vendor_contract_id,
        CAST(
            sum(amount_reporting) FILTER (
                invoice_date > contract.as_of_date - INTERVAL 12 MONTH AND invoice_date <= contract.as_of_date
            ) AS DECIMAL(18, 4)
        ) AS billed_last_year_reporting
    FROM core.fct_vendor_invoice_lines AS line
    JOIN core.fct_vendor_contracts AS contract USING (vendor_contract_id)
    WHERE NOT is_quarantined
    GROUP BY ALL
)
SELECT
    contract.vendor_contract_id,
    contract.vendor,
    contract.start_date,
    contract.end_date,
    contract.notice_date,
    contract.until_notice_days,
    contract.until_end_days,
    coalesce(contract.until_notice_days < 0, false) AS is_notice_over,
    CASE WHEN contract.until_notice_days >= 0 THEN contract.notice_date ELSE contract.end_date END AS next_deadline_date,
    CASE
        WHEN contract.until_notice_days < 0 THEN NULL
        WHEN contract.until_notice_days <= 30 THEN 30
        WHEN contract.until_notice_days <= 60 THEN 60
        WHEN contract.until_notice_days <= 90 THEN 90
    END AS notice_within_days,
    CASE
        WHEN contract.until_end_days <= 30 THEN 30
        WHEN contract.until_end_days <= 60 THEN 60
        WHEN contract.until_end_days <= 90 THEN 90
    END AS ends_within_days,
    contract.committed_spend_reporting,
    spent.billed_last_year_reporting,
    contract.as_of_date
FROM core.fct_vendor_contracts AS contract
LEFT JOIN spent USING (vendor_contract_id)
WHERE contract.contract_state = 'active' AND contract.end_date IS NOT NULL;

COMMENT ON VIEW mart.contract_expiries IS 'One row per active contract that ends: until when notice can be given and when it ends, as of the data''s clock.';
COMMENT ON COLUMN mart.contract_expiries.vendor_contract_id IS 'Contract';
COMMENT ON COLUMN mart.contract_expiries.vendor IS 'Vendor';
COMMENT ON COLUMN mart.contract_expiries.start_date IS 'First day of the contract';
COMMENT ON COLUMN mart.contract_expiries.end_date IS 'Last day of the contract';
COMMENT ON COLUMN mart.contract_expiries.notice_date IS 'Last day on which notice can be given; empty if the register says no days of notice';
COMMENT ON COLUMN mart.contract_expiries.until_notice_days IS 'Days from the data''s clock to it; negative once it has passed';
COMMENT ON COLUMN mart.contract_expiries.until_end_days IS 'Days from the data''s clock to the last day';
COMMENT ON COLUMN mart.contract_expiries.is_notice_over IS 'Whether the day for notice has passed: what the contract says of renewal holds now';
COMMENT ON COLUMN mart.contract_expiries.next_deadline_date IS 'The day for notice, or the last day once that has passed';
COMMENT ON COLUMN mart.contract_expiries.notice_within_days IS '30, 60 or 90 if the day for notice lies within so many days; else empty';
COMMENT ON COLUMN mart.contract_expiries.ends_within_days IS '30, 60 or 90 if the last day lies within so many days; else empty';
COMMENT ON COLUMN mart.contract_expiries.committed_spend_reporting IS 'Committed spend of the whole term, in the reporting currency';
COMMENT ON COLUMN mart.contract_expiries.billed_last_year_reporting IS 'Billed under the contract in the twelve months before the data''s clock';
COMMENT ON COLUMN mart.contract_expiries.as_of_date IS 'Day of the data''s clock';
