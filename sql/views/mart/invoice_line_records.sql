-- Generated from metrics/render/record_views.py by `python -m pipelines.generate`; a test fails if it was edited by
-- hand.
--
-- One row per invoice or credit note line, on the date of the invoice.
-- Counted: All invoice and credit note lines.
-- What a record contributes is empty where that is not measured; of one that was set aside, everything is. So is a
-- column while a KPI that is computed from it is held.
CREATE OR REPLACE VIEW mart.invoice_line_records AS
SELECT
    fact.vendor_invoice_line_id,
    CAST(fact.invoice_date AS DATE) AS period_date,
    coalesce(fact.vendor, '(none)') AS vendor,
    fact.source,
    fact.invoice_id,
    fact.item,
    fact.match_state,
    1 AS eligible_count,
    CASE WHEN NOT fact.is_quarantined THEN 1 ELSE 0 END AS measured_count,
    CASE WHEN coalesce(held.amount_reporting, 0) = 0 THEN CASE WHEN NOT fact.is_quarantined THEN fact.amount_reporting END END AS amount_reporting,
    CASE WHEN coalesce(held.rate_card_variance_reporting, 0) = 0 THEN CASE WHEN NOT fact.is_quarantined THEN fact.rate_card_variance_reporting END END AS rate_card_variance_reporting,
    CASE WHEN coalesce(held.off_contract_reporting, 0) = 0 THEN CASE WHEN NOT fact.is_quarantined THEN fact.off_contract_reporting END END AS off_contract_reporting,
    CASE WHEN coalesce(held.duplicate_at_stake_reporting, 0) = 0 THEN CASE WHEN NOT fact.is_quarantined THEN fact.duplicate_at_stake_reporting END END AS duplicate_at_stake_reporting,
    CASE WHEN coalesce(held.judged_amount_reporting, 0) = 0 THEN CASE WHEN NOT fact.is_quarantined THEN CASE WHEN fact.off_contract_reporting IS NOT NULL THEN fact.amount_reporting END END END AS judged_amount_reporting,
    CASE WHEN coalesce(held.judged_off_contract_reporting, 0) = 0 THEN CASE WHEN NOT fact.is_quarantined THEN CASE WHEN fact.amount_reporting IS NOT NULL THEN fact.off_contract_reporting END END END AS judged_off_contract_reporting
FROM core.fct_vendor_invoice_lines AS fact
CROSS JOIN (
    SELECT
        max(CASE WHEN metric IN ('vendor_billed_reporting') THEN 1 ELSE 0 END) AS amount_reporting,
        max(CASE WHEN metric IN ('vendor_duplicate_at_stake_reporting') THEN 1 ELSE 0 END) AS duplicate_at_stake_reporting,
        max(CASE WHEN metric IN ('vendor_off_contract_ratio') THEN 1 ELSE 0 END) AS judged_amount_reporting,
        max(CASE WHEN metric IN ('vendor_off_contract_ratio') THEN 1 ELSE 0 END) AS judged_off_contract_reporting,
        max(CASE WHEN metric IN ('vendor_billed_off_contract_reporting') THEN 1 ELSE 0 END) AS off_contract_reporting,
        max(CASE WHEN metric IN ('vendor_rate_card_variance_reporting') THEN 1 ELSE 0 END) AS rate_card_variance_reporting
    FROM meta.metrics WHERE publication_state = 'held'
) AS held
WHERE (TRUE) AND fact.invoice_date IS NOT NULL;

COMMENT ON VIEW mart.invoice_line_records IS 'One row per invoice or credit note line, on the date of the invoice.';
COMMENT ON COLUMN mart.invoice_line_records.vendor_invoice_line_id IS 'Line, qualified by its source';
COMMENT ON COLUMN mart.invoice_line_records.period_date IS 'Day that decides the period, in the reporting time zone: date of the invoice';
COMMENT ON COLUMN mart.invoice_line_records.vendor IS 'Vendor; (none) where there is none';
COMMENT ON COLUMN mart.invoice_line_records.source IS 'System that exported the invoice';
COMMENT ON COLUMN mart.invoice_line_records.invoice_id IS 'Invoice number';
COMMENT ON COLUMN mart.invoice_line_records.item IS 'Billed item';
COMMENT ON COLUMN mart.invoice_line_records.match_state IS 'What came of holding the line against contracts; see vocabulary.InvoiceMatch';
COMMENT ON COLUMN mart.invoice_line_records.eligible_count IS '1; its sum counts the records that should count';
COMMENT ON COLUMN mart.invoice_line_records.measured_count IS '1, or 0 for a record that a contract rule set aside; empty while a KPI that counts them is held';
COMMENT ON COLUMN mart.invoice_line_records.amount_reporting IS 'Billed amount in the reporting currency';
COMMENT ON COLUMN mart.invoice_line_records.rate_card_variance_reporting IS 'The same in the reporting currency';
COMMENT ON COLUMN mart.invoice_line_records.off_contract_reporting IS 'Billed amount if no contract covers the line, 0 if one does; empty if that is not known';
COMMENT ON COLUMN mart.invoice_line_records.duplicate_at_stake_reporting IS 'Billed amount if the line''s invoice is suspected to be sent twice and not credited, else 0; empty if the invoice has not what is needed to judge. No sum leaves it out';
COMMENT ON COLUMN mart.invoice_line_records.judged_amount_reporting IS 'amount_reporting of the lines of which it is known whether a contract covers them';
COMMENT ON COLUMN mart.invoice_line_records.judged_off_contract_reporting IS 'off_contract_reporting of the lines whose amount is known';
