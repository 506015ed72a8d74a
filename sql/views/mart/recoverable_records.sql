-- Generated from metrics/render/record_views.py by `python -m pipelines.generate`; a test fails if it was edited by
-- hand.
--
-- One row per amount that is to come back from a vendor, or that may be.
-- Counted: Billed lines, lines that may be billed twice, and service credits of periods that are over.
-- What a record contributes is empty where that is not measured; of one that was set aside, everything is.
CREATE OR REPLACE VIEW mart.recoverable_records AS
SELECT
    fact.vendor_recoverable_id,
    CAST(fact.recovery_date AS DATE) AS period_date,
    coalesce(fact.vendor, '(none)') AS vendor,
    fact.recoverable_kind,
    1 AS eligible_count,
    CASE WHEN fact.is_quarantined THEN 0 ELSE 1 END AS measured_count,
    CASE WHEN NOT fact.is_quarantined THEN fact.amount_reporting END AS amount_reporting,
    CASE WHEN NOT fact.is_quarantined THEN CASE WHEN fact.recoverable_kind = 'over_billing' THEN fact.amount_reporting END END AS over_billing_reporting,
    CASE WHEN NOT fact.is_quarantined THEN CASE WHEN fact.recoverable_kind = 'duplicate_invoice' THEN fact.amount_reporting END END AS duplicate_invoice_reporting,
    CASE WHEN NOT fact.is_quarantined THEN CASE WHEN fact.recoverable_kind = 'service_credit' THEN fact.amount_reporting END END AS service_credit_reporting
FROM core.fct_vendor_recoverables AS fact
WHERE (TRUE) AND fact.recovery_date IS NOT NULL;

COMMENT ON VIEW mart.recoverable_records IS 'One row per amount that is to come back from a vendor, or that may be.';
COMMENT ON COLUMN mart.recoverable_records.vendor_recoverable_id IS 'Kind and record';
COMMENT ON COLUMN mart.recoverable_records.period_date IS 'Day that decides the period, in the reporting time zone: date of the invoice; for a service credit, the last covered day of its period';
COMMENT ON COLUMN mart.recoverable_records.vendor IS 'Vendor; (none) where there is none';
COMMENT ON COLUMN mart.recoverable_records.recoverable_kind IS 'over_billing, duplicate_invoice or service_credit';
COMMENT ON COLUMN mart.recoverable_records.eligible_count IS '1; its sum counts the records that should count';
COMMENT ON COLUMN mart.recoverable_records.measured_count IS '1, or 0 for a record that a contract rule set aside';
COMMENT ON COLUMN mart.recoverable_records.amount_reporting IS 'What is to be recovered, above 0, or what a credit note took back; empty if not known';
COMMENT ON COLUMN mart.recoverable_records.over_billing_reporting IS 'amount_reporting of the kind over_billing, empty for other kinds';
COMMENT ON COLUMN mart.recoverable_records.duplicate_invoice_reporting IS 'amount_reporting of the kind duplicate_invoice, empty for other kinds';
COMMENT ON COLUMN mart.recoverable_records.service_credit_reporting IS 'amount_reporting of the kind service_credit, empty for other kinds';
