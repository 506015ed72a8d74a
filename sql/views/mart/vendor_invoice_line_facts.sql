-- Generated from models/ by `python -m pipelines.generate`; a test fails if it was edited by hand.
--
-- One row per vendor invoice line in the reporting currency.
CREATE OR REPLACE VIEW mart.vendor_invoice_line_facts AS
SELECT
    vendor_invoice_line_id,
    source,
    invoice_id,
    vendor,
    invoice_date,
    item,
    quantity,
    unit_price_original,
    amount_original,
    currency_code,
    fx_rate,
    amount_reporting,
    is_quarantined
FROM core.fct_vendor_invoice_lines;

COMMENT ON VIEW mart.vendor_invoice_line_facts IS 'One row per vendor invoice line in the reporting currency.';
COMMENT ON COLUMN mart.vendor_invoice_line_facts.vendor_invoice_line_id IS 'Line, qualified by its source';
COMMENT ON COLUMN mart.vendor_invoice_line_facts.source IS 'System that exported the invoice';
COMMENT ON COLUMN mart.vendor_invoice_line_facts.invoice_id IS 'Invoice number';
COMMENT ON COLUMN mart.vendor_invoice_line_facts.vendor IS 'Vendor';
COMMENT ON COLUMN mart.vendor_invoice_line_facts.invoice_date IS 'Date of the invoice';
COMMENT ON COLUMN mart.vendor_invoice_line_facts.item IS 'Billed item';
COMMENT ON COLUMN mart.vendor_invoice_line_facts.quantity IS 'Billed quantity';
COMMENT ON COLUMN mart.vendor_invoice_line_facts.unit_price_original IS 'Billed unit price';
COMMENT ON COLUMN mart.vendor_invoice_line_facts.amount_original IS 'Billed amount; credit notes negative';
COMMENT ON COLUMN mart.vendor_invoice_line_facts.currency_code IS 'ISO 4217 code';
COMMENT ON COLUMN mart.vendor_invoice_line_facts.fx_rate IS 'Units of reporting currency for one unit of the line''s currency';
COMMENT ON COLUMN mart.vendor_invoice_line_facts.amount_reporting IS 'Billed amount in the reporting currency';
COMMENT ON COLUMN mart.vendor_invoice_line_facts.is_quarantined IS 'Whether a contract rule set the line aside';
