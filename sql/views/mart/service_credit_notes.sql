-- Generated from models/ by `python -m pipelines.generate`; a test fails if it was edited by hand.
--
-- One row per part of a vendor's credit note that was given for missed promises.
CREATE OR REPLACE VIEW mart.service_credit_notes AS
SELECT
    vendor_invoice_line_id,
    part_number,
    service_credit_id,
    vendor,
    invoice_id,
    invoice_date,
    given_original,
    currency_code,
    given_reporting
FROM core.fct_service_credit_notes;

COMMENT ON VIEW mart.service_credit_notes IS 'One row per part of a vendor''s credit note that was given for missed promises. Evidence, not a KPI: rows of the latest data, also those that a held KPI would count; what they add up to is not what is published while it is held (see meta.metrics).';
COMMENT ON COLUMN mart.service_credit_notes.vendor_invoice_line_id IS 'Line of the credit note';
COMMENT ON COLUMN mart.service_credit_notes.part_number IS 'Order of the part within the line, from 1';
COMMENT ON COLUMN mart.service_credit_notes.service_credit_id IS 'Credit that the part is for; empty if none could be found';
COMMENT ON COLUMN mart.service_credit_notes.vendor IS 'Vendor';
COMMENT ON COLUMN mart.service_credit_notes.invoice_id IS 'Number of the credit note';
COMMENT ON COLUMN mart.service_credit_notes.invoice_date IS 'Date of the credit note';
COMMENT ON COLUMN mart.service_credit_notes.given_original IS 'Part of the credit note, above 0';
COMMENT ON COLUMN mart.service_credit_notes.currency_code IS 'ISO 4217 code of the credit note';
COMMENT ON COLUMN mart.service_credit_notes.given_reporting IS 'The same in the reporting currency, at the rate of the credit note''s date';
