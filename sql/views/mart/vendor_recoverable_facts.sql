-- Generated from models/ by `python -m pipelines.generate`; a test fails if it was edited by hand.
--
-- One row per thing that may be recovered from a vendor: every billed line held against its rate card, every line that
-- may be billed twice, and every service credit of a closed period.
CREATE OR REPLACE VIEW mart.vendor_recoverable_facts AS
SELECT
    vendor_recoverable_id,
    recoverable_kind,
    vendor,
    vendor_contract_id,
    recovery_date,
    amount_reporting,
    at_least_reporting,
    at_most_reporting,
    vendor_invoice_line_id,
    invoice_id,
    service_credit_id,
    is_quarantined
FROM core.fct_vendor_recoverables;

COMMENT ON VIEW mart.vendor_recoverable_facts IS 'One row per thing that may be recovered from a vendor: every billed line held against its rate card, every line that may be billed twice, and every service credit of a closed period. Evidence, not a KPI: rows of the latest data, also those that a held KPI would count; what they add up to is not what is published while it is held (see meta.metrics).';
COMMENT ON COLUMN mart.vendor_recoverable_facts.vendor_recoverable_id IS 'Kind and record';
COMMENT ON COLUMN mart.vendor_recoverable_facts.recoverable_kind IS 'over_billing, duplicate_invoice or service_credit';
COMMENT ON COLUMN mart.vendor_recoverable_facts.vendor IS 'Vendor';
COMMENT ON COLUMN mart.vendor_recoverable_facts.vendor_contract_id IS 'Contract, if one is known';
COMMENT ON COLUMN mart.vendor_recoverable_facts.recovery_date IS 'Date of the invoice; for a service credit, the last covered day of its period';
COMMENT ON COLUMN mart.vendor_recoverable_facts.amount_reporting IS 'What is to be recovered, above 0, or what a credit note took back; empty if not known';
COMMENT ON COLUMN mart.vendor_recoverable_facts.at_least_reporting IS 'What it is at the least; empty if nothing limits it';
COMMENT ON COLUMN mart.vendor_recoverable_facts.at_most_reporting IS 'What it is at the most; empty if nothing limits it';
COMMENT ON COLUMN mart.vendor_recoverable_facts.vendor_invoice_line_id IS 'Billed line that proves it; empty for a service credit';
COMMENT ON COLUMN mart.vendor_recoverable_facts.invoice_id IS 'Number of its invoice';
COMMENT ON COLUMN mart.vendor_recoverable_facts.service_credit_id IS 'Credit in fct_service_credits; empty for a billed line';
COMMENT ON COLUMN mart.vendor_recoverable_facts.is_quarantined IS 'Whether a contract rule set the line aside';
