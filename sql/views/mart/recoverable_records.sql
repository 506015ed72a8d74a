-- Generated from metrics/render/record_views.py by `python -m pipelines.generate`; a test fails if it was edited by
-- hand.
--
-- One row per amount that is to come back from a vendor, or that may be.
-- Counted: Billed lines, lines that may be billed twice, and service credits of periods that are over.
-- What a record contributes is empty where that is not measured; of one that was set aside, everything is. So is a
-- column while a KPI that is computed from it is held.
CREATE OR REPLACE VIEW mart.recoverable_records AS
SELECT
    fact.vendor_recoverable_id,
    CAST(fact.recovery_date AS DATE) AS period_date,
    coalesce(fact.vendor, '(none)') AS vendor,
    fact.recoverable_kind,
    1 AS eligible_count,
    CASE WHEN NOT fact.is_quarantined THEN 1 ELSE 0 END AS measured_count,
    CASE WHEN coalesce(held.amount_reporting, 0) = 0 THEN CASE WHEN NOT fact.is_quarantined THEN coalesce(fact.amount_reporting, nullif(greatest(fact.at_least_reporting, least(fact.at_most_reporting, 0::DECIMAL(18, 4))), 0)) END END AS amount_reporting,
    CASE WHEN coalesce(held.over_billing_reporting, 0) = 0 THEN CASE WHEN NOT fact.is_quarantined THEN CASE WHEN fact.recoverable_kind = 'over_billing' THEN coalesce(fact.amount_reporting, nullif(greatest(fact.at_least_reporting, least(fact.at_most_reporting, 0::DECIMAL(18, 4))), 0)) END END END AS over_billing_reporting,
    CASE WHEN coalesce(held.duplicate_invoice_reporting, 0) = 0 THEN CASE WHEN NOT fact.is_quarantined THEN CASE WHEN fact.recoverable_kind = 'duplicate_invoice' THEN coalesce(fact.amount_reporting, nullif(greatest(fact.at_least_reporting, least(fact.at_most_reporting, 0::DECIMAL(18, 4))), 0)) END END END AS duplicate_invoice_reporting,
    CASE WHEN coalesce(held.service_credit_reporting, 0) = 0 THEN CASE WHEN NOT fact.is_quarantined THEN CASE WHEN fact.recoverable_kind = 'service_credit' THEN coalesce(fact.amount_reporting, nullif(greatest(fact.at_least_reporting, least(fact.at_most_reporting, 0::DECIMAL(18, 4))), 0)) END END END AS service_credit_reporting
FROM core.fct_vendor_recoverables AS fact
CROSS JOIN (
    SELECT
        max(CASE WHEN metric IN ('vendor_recoverable_reporting') THEN 1 ELSE 0 END) AS amount_reporting,
        max(CASE WHEN metric IN ('vendor_recoverable_duplicate_reporting') THEN 1 ELSE 0 END) AS duplicate_invoice_reporting,
        max(CASE WHEN metric IN ('vendor_recoverable_over_billing_reporting') THEN 1 ELSE 0 END) AS over_billing_reporting,
        max(CASE WHEN metric IN ('vendor_recoverable_service_credit_reporting') THEN 1 ELSE 0 END) AS service_credit_reporting
    FROM meta.metrics WHERE publication_state = 'held'
) AS held
WHERE (TRUE) AND fact.recovery_date IS NOT NULL;

COMMENT ON VIEW mart.recoverable_records IS 'One row per amount that is to come back from a vendor, or that may be.';
COMMENT ON COLUMN mart.recoverable_records.vendor_recoverable_id IS 'Kind and record';
COMMENT ON COLUMN mart.recoverable_records.period_date IS 'Day that decides the period, in the reporting time zone: date of the invoice; for a service credit, the last covered day of its period';
COMMENT ON COLUMN mart.recoverable_records.vendor IS 'Vendor; (none) where there is none';
COMMENT ON COLUMN mart.recoverable_records.recoverable_kind IS 'over_billing, duplicate_invoice or service_credit';
COMMENT ON COLUMN mart.recoverable_records.eligible_count IS '1; its sum counts the records that should count';
COMMENT ON COLUMN mart.recoverable_records.measured_count IS '1, or 0 for a record that a contract rule set aside; empty while a KPI that counts them is held';
COMMENT ON COLUMN mart.recoverable_records.amount_reporting IS 'What is to come back; where that is not measured what is sure of it, and empty if nothing is';
COMMENT ON COLUMN mart.recoverable_records.over_billing_reporting IS 'amount_reporting of the kind over_billing, empty for other kinds';
COMMENT ON COLUMN mart.recoverable_records.duplicate_invoice_reporting IS 'amount_reporting of the kind duplicate_invoice, empty for other kinds';
COMMENT ON COLUMN mart.recoverable_records.service_credit_reporting IS 'amount_reporting of the kind service_credit, empty for other kinds';
