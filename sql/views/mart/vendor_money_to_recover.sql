-- Money that is to come back from vendors, by vendor and month, with what it consists of and the keys that prove it.
--
-- Everything in it is a row of vendor_recoverable_facts. What a contract rule set aside, or what could not be computed,
-- is counted as unmeasured, and in the sums only with what is sure of it; the two ends say what the whole may be.
CREATE OR REPLACE VIEW mart.vendor_money_to_recover AS
WITH recoverables AS (
    SELECT
        recoverable.*,
        CASE
            WHEN NOT recoverable.is_quarantined THEN coalesce(
                recoverable.amount_reporting,
                nullif(
                    greatest(
                        recoverable.at_least_reporting,
                        least(recoverable.at_most_reporting, CAST(0 AS DECIMAL(18, 4)))
                    ),
                    0
                )
            )
        END AS sure_reporting,
        recoverable.is_quarantined OR recoverable.amount_reporting IS NULL AS is_unmeasured,
        CASE
            WHEN recoverable.is_quarantined THEN 'set aside by a contract rule'
            WHEN recoverable.recoverable_kind = 'service_credit' THEN 'the service credit cannot be computed'
            WHEN recoverable.recoverable_kind = 'duplicate_invoice'
                THEN 'the invoice lacks what would tell whether it was sent twice'
            WHEN line.match_state IN ('no_vendor', 'no_date', 'no_amount', 'no_quantity')
                THEN 'the line has ' || replace(line.match_state, '_', ' ')
            WHEN line.match_state = 'no_contract' THEN 'the vendor has no contract in the register'
            WHEN line.match_state IN ('before_term', 'between_terms', 'after_term', 'partly_in_term')
                THEN 'billed for days outside the term of its contracts'
            WHEN line.match_state IN ('contract_unclear', 'several_contracts')
                THEN 'it is unclear which contract holds'
            WHEN line.match_state = 'other_currency' THEN 'billed in another currency than agreed'
            WHEN line.match_state IN ('not_in_rate_card', 'no_price_in_force', 'several_prices')
                THEN 'the contract has not one price for it'
            WHEN line.match_state = 'credit_unclear'
                THEN 'a credit at a price that was neither agreed nor billed'
            ELSE 'the amount has no exchange rate'
        END AS unmeasured_reason
    FROM core.fct_vendor_recoverables AS recoverable
    LEFT JOIN core.fct_vendor_invoice_lines AS line USING (vendor_invoice_line_id)
    WHERE recoverable.recovery_date IS NOT NULL
)
SELECT
    coalesce(vendor, '(none)') AS vendor,
    CAST(date_trunc('month', recovery_date) AS DATE) AS month_date,
    CAST(sum(sure_reporting) AS DECIMAL(18, 4)) AS recoverable_reporting,
    CAST(
        CASE
            WHEN count(*) FILTER (recoverable_kind = 'over_billing') > 0
                THEN sum(sure_reporting) FILTER (recoverable_kind = 'over_billing')
            ELSE 0
        END AS DECIMAL(18, 4)
    ) AS over_billing_reporting,
    CAST(
        CASE
            WHEN count(*) FILTER (recoverable_kind = 'duplicate_invoice') > 0
                THEN sum(sure_reporting) FILTER (recoverable_kind = 'duplicate_invoice')
            ELSE 0
        END AS DECIMAL(18, 4)
    ) AS duplicate_invoice_reporting,
    CAST(
        CASE
            WHEN count(*) FILTER (recoverable_kind = 'service_credit') > 0
                THEN sum(sure_reporting) FILTER (recoverable_kind = 'service_credit')
            ELSE 0
        END AS DECIMAL(18, 4)
    ) AS service_credit_reporting,
    CASE
        WHEN count(*) FILTER (is_quarantined OR at_least_reporting IS NULL) = 0 THEN CAST(sum(at_least_reporting) AS DECIMAL(18, 4))
    END AS at_least_reporting,
    CASE
        WHEN count(*) FILTER (is_quarantined OR at_most_reporting IS NULL) = 0 THEN CAST(sum(at_most_reporting) AS DECIMAL(18, 4))
    END AS at_most_reporting,
    count(*) FILTER (is_unmeasured) AS unmeasured_count,
    string_agg(DISTINCT unmeasured_reason, '; ' ORDER BY unmeasured_reason) FILTER (is_unmeasured) AS unmeasured_reasons,
    string_agg(vendor_invoice_line_id, ', ' ORDER BY vendor_invoice_line_id)
        FILTER (sure_reporting <> 0 AND recoverable_kind = 'over_billing') AS over_billed_lines,
    string_agg(vendor_invoice_line_id, ', ' ORDER BY vendor_invoice_line_id)
        FILTER (sure_reporting <> 0 AND recoverable_kind = 'duplicate_invoice') AS duplicate_lines,
    string_agg(service_credit_id, ', ' ORDER BY service_credit_id)
        FILTER (sure_reporting <> 0 AND recoverable_kind = 'service_credit') AS service_credits
FROM recoverables
GROUP BY ALL
HAVING count(*) FILTER (sure_reporting <> 0 OR is_unmeasured) > 0
ORDER BY month_date DESC, recoverable_reporting DESC NULLS LAST, vendor;

COMMENT ON VIEW mart.vendor_money_to_recover IS 'One row per vendor and month in which something is to come back from it, or may be: billed above contract, billed twice, and owed for broken promises.';
COMMENT ON COLUMN mart.vendor_money_to_recover.vendor IS 'Vendor';
COMMENT ON COLUMN mart.vendor_money_to_recover.month_date IS 'First day of the month of the invoice; for a service credit, of the last covered day of its period';
COMMENT ON COLUMN mart.vendor_money_to_recover.recoverable_reporting IS 'What is to be recovered, in the reporting currency: the sum of the three parts; 0 if nothing was found, empty if nothing could be measured';
COMMENT ON COLUMN mart.vendor_money_to_recover.over_billing_reporting IS 'Billed above the prices of the contract, less what was credited of it; empty if no billed line could be measured';
COMMENT ON COLUMN mart.vendor_money_to_recover.duplicate_invoice_reporting IS 'Billed on invoices that are suspected to be sent twice and were not credited; empty if of none of those that may be it can be told';
COMMENT ON COLUMN mart.vendor_money_to_recover.service_credit_reporting IS 'Service credits that are due and not given yet; empty if none could be computed';
COMMENT ON COLUMN mart.vendor_money_to_recover.at_least_reporting IS 'What it is at the least, whatever the unmeasured records are; empty if nothing limits it';
COMMENT ON COLUMN mart.vendor_money_to_recover.at_most_reporting IS 'What it is at the most; empty if nothing limits it';
COMMENT ON COLUMN mart.vendor_money_to_recover.unmeasured_count IS 'Lines and credits that could not be computed or were set aside';
COMMENT ON COLUMN mart.vendor_money_to_recover.unmeasured_reasons IS 'Why they were not measured, each reason once';
COMMENT ON COLUMN mart.vendor_money_to_recover.over_billed_lines IS 'Lines of vendor_invoice_line_facts that were billed above contract';
COMMENT ON COLUMN mart.vendor_money_to_recover.duplicate_lines IS 'Lines of vendor_invoice_line_facts that may be billed twice; see invoice_duplicate_suspects';
COMMENT ON COLUMN mart.vendor_money_to_recover.service_credits IS 'Rows of service_credits; service_credit_clocks has the broken promises of each';
