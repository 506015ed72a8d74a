-- Generated from models/ by `python -m pipelines.generate`; a test fails if it was edited by hand.
--
-- One row per invoice that may have been sent before. A suspicion: it changes no sum of what was billed.
CREATE OR REPLACE VIEW mart.invoice_duplicate_suspects AS
SELECT
    duplicate_suspect_id,
    duplicate_group_id,
    vendor,
    reason,
    first_source,
    first_invoice_id,
    first_invoice_date,
    second_source,
    second_invoice_id,
    second_invoice_date,
    apart_days,
    amount_original,
    currency_code,
    amount_reporting,
    duplicate_state,
    credit_invoice_id,
    credit_invoice_date
FROM core.fct_invoice_duplicate_suspects;

COMMENT ON VIEW mart.invoice_duplicate_suspects IS 'One row per invoice that may have been sent before. A suspicion: it changes no sum of what was billed. Evidence, not a KPI: rows of the latest data, also those that a held KPI would count; what they add up to is not what is published while it is held (see meta.metrics).';
COMMENT ON COLUMN mart.invoice_duplicate_suspects.duplicate_suspect_id IS 'The later invoice: source, vendor, number, date and currency';
COMMENT ON COLUMN mart.invoice_duplicate_suspects.duplicate_group_id IS 'The first invoice of those that may all be the same';
COMMENT ON COLUMN mart.invoice_duplicate_suspects.vendor IS 'Vendor';
COMMENT ON COLUMN mart.invoice_duplicate_suspects.reason IS 'How the two numbers are alike; see vocabulary.DuplicateReason';
COMMENT ON COLUMN mart.invoice_duplicate_suspects.first_source IS 'System that exported the earlier invoice';
COMMENT ON COLUMN mart.invoice_duplicate_suspects.first_invoice_id IS 'Number of the earlier invoice';
COMMENT ON COLUMN mart.invoice_duplicate_suspects.first_invoice_date IS 'Date of the earlier invoice';
COMMENT ON COLUMN mart.invoice_duplicate_suspects.second_source IS 'System that exported the later invoice';
COMMENT ON COLUMN mart.invoice_duplicate_suspects.second_invoice_id IS 'Number of the later invoice';
COMMENT ON COLUMN mart.invoice_duplicate_suspects.second_invoice_date IS 'Date of the later invoice';
COMMENT ON COLUMN mart.invoice_duplicate_suspects.apart_days IS 'Days between the two dates';
COMMENT ON COLUMN mart.invoice_duplicate_suspects.amount_original IS 'Amount of the later invoice';
COMMENT ON COLUMN mart.invoice_duplicate_suspects.currency_code IS 'ISO 4217 code of both';
COMMENT ON COLUMN mart.invoice_duplicate_suspects.amount_reporting IS 'Amount of the later invoice in the reporting currency';
COMMENT ON COLUMN mart.invoice_duplicate_suspects.duplicate_state IS 'open, or credited if a credit note takes one of the two back';
COMMENT ON COLUMN mart.invoice_duplicate_suspects.credit_invoice_id IS 'Number of that credit note';
COMMENT ON COLUMN mart.invoice_duplicate_suspects.credit_invoice_date IS 'Date of that credit note';
