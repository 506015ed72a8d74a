-- Money that is to come back from vendors, by vendor and month, with what it consists of and the keys that prove it.
--
-- Everything in it is a row of vendor_recoverable_facts. What a contract rule set aside, or what could not be computed,
-- is counted as unmeasured, and in the sums only with what is sure of it; the two ends say what the whole may be.
CREATE OR REPLACE VIEW mart.vendor_money_to_recover AS
SELECT
    coalesce(vendor, '(none)') AS vendor,
    CAST(date_trunc('month', recovery_date) AS DATE) AS month_date,
    CAST(coalesce(sum(sure_reporting) FILTER (NOT is_quarantined), 0) AS DECIMAL(18, 4)) AS recoverable_reporting,
    CAST(
        coalesce(sum(sure_reporting) FILTER (NOT is_quarantined AND recoverable_kind = 'over_billing'), 0)
        AS DECIMAL(18, 4)
    ) AS over_billing_reporting,
    CAST(
        coalesce(sum(sure_reporting) FILTER (NOT is_quarantined AND recoverable_kind = 'duplicate_invoice'), 0)
        AS DECIMAL(18, 4)
    ) AS duplicate_invoice_reporting,
    CAST(
        coalesce(sum(sure_reporting) FILTER (NOT is_quarantined AND recoverable_kind = 'service_credit'), 0)
        AS DECIMAL(18, 4)
    ) AS service_credit_reporting,
    CASE
        WHEN count(*) FILTER (is_quarantined OR at_least_reporting IS NULL) = 0 THEN CAST(sum(at_least_reporting) AS DECIMAL(18, 4))
    END AS at_least_reporting,
    CASE
        WHEN count(*) FILTER (is_quarantined OR at_most_reporting IS NULL) = 0 THEN CAST(sum(at_most_reporting) AS DECIMAL(18, 4))
    END AS at_most_reporting,
    count(*) FILTER (is_quarantined OR amount_reporting IS NULL) AS unmeasured_count,
    string_agg(vendor_invoice_line_id, ', ' ORDER BY vendor_invoice_line_id)
        FILTER (NOT is_quarantined AND sure_reporting <> 0 AND recoverable_kind = 'over_billing')
        AS over_billed_lines,
    string_agg(vendor_invoice_line_id, ', ' ORDER BY vendor_invoice_line_id)
        FILTER (NOT is_quarantined AND sure_reporting <> 0 AND recoverable_kind = 'duplicate_invoice')
        AS duplicate_lines,
    string_agg(service_credit_id, ', ' ORDER BY service_credit_id)
        FILTER (NOT is_quarantined AND sure_reporting <> 0 AND recoverable_kind = 'service_credit')
        AS service_credits
FROM (
    SELECT
        *,
        coalesce(
            amount_reporting,
            nullif(greatest(at_least_reporting, least(at_most_reporting, CAST(0 AS DECIMAL(18, 4)))), 0)
        ) AS sure_reporting
    FROM core.fct_vendor_recoverables
) AS recoverables
WHERE recovery_date IS NOT NULL
GROUP BY ALL
HAVING
    count(*) FILTER (sure_reporting <> 0 AND NOT is_quarantined) > 0
    OR count(*) FILTER (is_quarantined OR amount_reporting IS NULL) > 0
ORDER BY month_date DESC, recoverable_reporting DESC, vendor;

COMMENT ON VIEW mart.vendor_money_to_recover IS 'One row per vendor and month in which something is to come back from it, or may be: billed above contract, billed twice, and owed for broken promises.';
COMMENT ON COLUMN mart.vendor_money_to_recover.vendor IS 'Vendor';
COMMENT ON COLUMN mart.vendor_money_to_recover.month_date IS 'First day of the month of the invoice; for a service credit, of the last covered day of its period';
COMMENT ON COLUMN mart.vendor_money_to_recover.recoverable_reporting IS 'What is to be recovered, in the reporting currency: the sum of the three parts';
COMMENT ON COLUMN mart.vendor_money_to_recover.over_billing_reporting IS 'Billed above the prices of the contract, less what was credited of it';
COMMENT ON COLUMN mart.vendor_money_to_recover.duplicate_invoice_reporting IS 'Billed on invoices that are suspected to be sent twice and were not credited';
COMMENT ON COLUMN mart.vendor_money_to_recover.service_credit_reporting IS 'Service credits that are due and not given yet';
COMMENT ON COLUMN mart.vendor_money_to_recover.at_least_reporting IS 'What it is at the least, whatever the unmeasured records are; empty if nothing limits it';
COMMENT ON COLUMN mart.vendor_money_to_recover.at_most_reporting IS 'What it is at the most; empty if nothing limits it';
COMMENT ON COLUMN mart.vendor_money_to_recover.unmeasured_count IS 'Lines and credits that could not be computed or were set aside';
COMMENT ON COLUMN mart.vendor_money_to_recover.over_billed_lines IS 'Lines of vendor_invoice_line_facts that were billed above contract';
COMMENT ON COLUMN mart.vendor_money_to_recover.duplicate_lines IS 'Lines of vendor_invoice_line_facts that may be billed twice; see invoice_duplicate_suspects';
COMMENT ON COLUMN mart.vendor_money_to_recover.service_credits IS 'Rows of service_credits; service_credit_clocks has the broken promises of each';
