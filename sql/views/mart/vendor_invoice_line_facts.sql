-- Generated from models/ by `python -m pipelines.generate`; a test fails if it was edited by hand.
--
-- One row per vendor invoice line in the reporting currency, with the contract and the order that it falls under.
CREATE OR REPLACE VIEW mart.vendor_invoice_line_facts AS
SELECT
    vendor_invoice_line_id,
    source,
    invoice_id,
    vendor,
    invoice_date,
    service_start_date,
    service_end_date,
    purchase_order_id,
    item,
    quantity,
    unit_price_original,
    amount_original,
    currency_code,
    fx_rate,
    amount_reporting,
    vendor_contract_id,
    match_state,
    purchase_order_line_id,
    purchase_order_state,
    contract_unit_price_original,
    contracted_original,
    contracted_reporting,
    rate_card_variance_original,
    rate_card_variance_reporting,
    off_contract_reporting,
    duplicate_at_stake_reporting,
    is_quarantined
FROM core.fct_vendor_invoice_lines;

COMMENT ON VIEW mart.vendor_invoice_line_facts IS 'One row per vendor invoice line in the reporting currency, with the contract and the order that it falls under. Evidence, not a KPI: rows of the latest data, also those that a held KPI would count; what they add up to is not what is published while it is held (see meta.metrics).';
COMMENT ON COLUMN mart.vendor_invoice_line_facts.vendor_invoice_line_id IS 'Line, qualified by its source';
COMMENT ON COLUMN mart.vendor_invoice_line_facts.source IS 'System that exported the invoice';
COMMENT ON COLUMN mart.vendor_invoice_line_facts.invoice_id IS 'Invoice number';
COMMENT ON COLUMN mart.vendor_invoice_line_facts.vendor IS 'Vendor';
COMMENT ON COLUMN mart.vendor_invoice_line_facts.invoice_date IS 'Date of the invoice';
COMMENT ON COLUMN mart.vendor_invoice_line_facts.service_start_date IS 'First day of the billed service';
COMMENT ON COLUMN mart.vendor_invoice_line_facts.service_end_date IS 'Last day of the billed service';
COMMENT ON COLUMN mart.vendor_invoice_line_facts.purchase_order_id IS 'Purchase order that the invoice names';
COMMENT ON COLUMN mart.vendor_invoice_line_facts.item IS 'Billed item';
COMMENT ON COLUMN mart.vendor_invoice_line_facts.quantity IS 'Billed quantity';
COMMENT ON COLUMN mart.vendor_invoice_line_facts.unit_price_original IS 'Billed unit price';
COMMENT ON COLUMN mart.vendor_invoice_line_facts.amount_original IS 'Billed amount; credit notes negative';
COMMENT ON COLUMN mart.vendor_invoice_line_facts.currency_code IS 'ISO 4217 code';
COMMENT ON COLUMN mart.vendor_invoice_line_facts.fx_rate IS 'Units of reporting currency for one unit of the line''s currency';
COMMENT ON COLUMN mart.vendor_invoice_line_facts.amount_reporting IS 'Billed amount in the reporting currency';
COMMENT ON COLUMN mart.vendor_invoice_line_facts.vendor_contract_id IS 'Contract that covers the line; empty if none or more than one does';
COMMENT ON COLUMN mart.vendor_invoice_line_facts.match_state IS 'What came of holding the line against contracts; see vocabulary.InvoiceMatch';
COMMENT ON COLUMN mart.vendor_invoice_line_facts.purchase_order_line_id IS 'Order, or item of an order, that the line draws on';
COMMENT ON COLUMN mart.vendor_invoice_line_facts.purchase_order_state IS 'What came of holding the line against the order it names; see vocabulary.PurchaseOrderMatch';
COMMENT ON COLUMN mart.vendor_invoice_line_facts.contract_unit_price_original IS 'Price of one by the rate card; empty unless the line is matched';
COMMENT ON COLUMN mart.vendor_invoice_line_facts.contracted_original IS 'Billed quantity at the contract''s price, with its sign; 0 of a credit that corrects a price';
COMMENT ON COLUMN mart.vendor_invoice_line_facts.contracted_reporting IS 'The same in the reporting currency, at the line''s rate';
COMMENT ON COLUMN mart.vendor_invoice_line_facts.rate_card_variance_original IS 'Billed minus contracted amount: above 0 is billed too much';
COMMENT ON COLUMN mart.vendor_invoice_line_facts.rate_card_variance_reporting IS 'The same in the reporting currency';
COMMENT ON COLUMN mart.vendor_invoice_line_facts.off_contract_reporting IS 'Billed amount if no contract covers the line, 0 if one does; empty if that is not known';
COMMENT ON COLUMN mart.vendor_invoice_line_facts.duplicate_at_stake_reporting IS 'Billed amount if the line''s invoice is suspected to be sent twice and not credited, else 0; empty if the invoice has not what is needed to judge. No sum leaves it out';
COMMENT ON COLUMN mart.vendor_invoice_line_facts.is_quarantined IS 'Whether a contract rule set the line aside';
