-- What each vendor billed above or under its contract, by contract, item and month of the invoice.
--
-- Only matched lines and credits that correct a price have a variance; how many lines and how much money have none stands beside it. Lines that a contract
-- rule set aside are left out, and so are credit notes for missed promises, which are in service_credit_notes.
CREATE OR REPLACE VIEW mart.vendor_rate_card_variance AS
SELECT
    CAST(date_trunc('month', invoice_date) AS DATE) AS month_date,
    vendor,
    vendor_contract_id,
    item,
    currency_code,
    count(*) FILTER (match_state IN ('matched', 'price_correction')) AS matched_line_count,
    CAST(sum(quantity) FILTER (match_state = 'matched') AS DECIMAL(18, 6)) AS quantity,
    CAST(sum(amount_original) FILTER (match_state IN ('matched', 'price_correction')) AS DECIMAL(18, 4)) AS billed_original,
    CAST(sum(contracted_original) AS DECIMAL(18, 4)) AS contracted_original,
    CAST(sum(rate_card_variance_original) AS DECIMAL(18, 4)) AS rate_card_variance_original,
    CAST(sum(rate_card_variance_reporting) AS DECIMAL(18, 4)) AS rate_card_variance_reporting,
    count(*) FILTER (match_state NOT IN ('matched', 'price_correction')) AS unmatched_line_count,
    CAST(
        coalesce(sum(amount_reporting) FILTER (match_state NOT IN ('matched', 'price_correction')), 0)
        AS DECIMAL(18, 4)
    ) AS unmatched_reporting,
    string_agg(DISTINCT match_state, ', ' ORDER BY match_state)
        FILTER (match_state NOT IN ('matched', 'price_correction')) AS unmatched_states
FROM core.fct_vendor_invoice_lines
WHERE NOT is_quarantined AND match_state <> 'service_credit'
GROUP BY ALL;

COMMENT ON VIEW mart.vendor_rate_card_variance IS 'What was billed above or under the rate card, by vendor, contract, item and month of the invoice. Credit notes are taken off.';
COMMENT ON COLUMN mart.vendor_rate_card_variance.month_date IS 'First day of the month of the invoice date';
COMMENT ON COLUMN mart.vendor_rate_card_variance.vendor IS 'Vendor';
COMMENT ON COLUMN mart.vendor_rate_card_variance.vendor_contract_id IS 'Contract that covers the lines; empty if none or more than one does';
COMMENT ON COLUMN mart.vendor_rate_card_variance.item IS 'Billed item, as the invoice calls it';
COMMENT ON COLUMN mart.vendor_rate_card_variance.currency_code IS 'Currency of the lines, ISO 4217';
COMMENT ON COLUMN mart.vendor_rate_card_variance.matched_line_count IS 'Lines with a contracted price, and credits that correct one';
COMMENT ON COLUMN mart.vendor_rate_card_variance.quantity IS 'Billed quantity of the lines with a contracted price';
COMMENT ON COLUMN mart.vendor_rate_card_variance.billed_original IS 'Billed amount of the matched lines';
COMMENT ON COLUMN mart.vendor_rate_card_variance.contracted_original IS 'What the same quantities cost by the rate card';
COMMENT ON COLUMN mart.vendor_rate_card_variance.rate_card_variance_original IS 'Billed minus contracted: above 0 is billed too much; empty if no line is matched';
COMMENT ON COLUMN mart.vendor_rate_card_variance.rate_card_variance_reporting IS 'The same in the reporting currency, of the lines that have a rate';
COMMENT ON COLUMN mart.vendor_rate_card_variance.unmatched_line_count IS 'Lines that cannot be held against a contracted price';
COMMENT ON COLUMN mart.vendor_rate_card_variance.unmatched_reporting IS 'What they bill, in the reporting currency, of those that have a rate';
COMMENT ON COLUMN mart.vendor_rate_card_variance.unmatched_states IS 'Why they have no contracted price';
