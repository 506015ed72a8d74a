-- Generated from models/ by `python -m pipelines.generate`; a test fails if it was edited by hand.
--
-- One row per purchase order, or per item of one, with what was billed on it.
CREATE OR REPLACE VIEW mart.purchase_orders AS
SELECT
    purchase_order_line_id,
    source,
    purchase_order_id,
    vendor,
    vendor_contract_id,
    item,
    start_date,
    end_date,
    approved_original,
    currency_code,
    billed_original,
    billed_line_count,
    unmeasured_line_count,
    remaining_original,
    over_since_date
FROM core.fct_purchase_orders;

COMMENT ON VIEW mart.purchase_orders IS 'One row per purchase order, or per item of one, with what was billed on it. Evidence, not a KPI: rows of the latest data, also those that a held KPI would count; what they add up to is not what is published while it is held (see meta.metrics).';
COMMENT ON COLUMN mart.purchase_orders.purchase_order_line_id IS 'Order and item, qualified by its source';
COMMENT ON COLUMN mart.purchase_orders.source IS 'System that exported the order';
COMMENT ON COLUMN mart.purchase_orders.purchase_order_id IS 'Number of the order';
COMMENT ON COLUMN mart.purchase_orders.vendor IS 'Vendor';
COMMENT ON COLUMN mart.purchase_orders.vendor_contract_id IS 'Contract under which the order was placed';
COMMENT ON COLUMN mart.purchase_orders.item IS 'Ordered item; empty: open for anything';
COMMENT ON COLUMN mart.purchase_orders.start_date IS 'First day of service that the order covers';
COMMENT ON COLUMN mart.purchase_orders.end_date IS 'Last day of service that the order covers';
COMMENT ON COLUMN mart.purchase_orders.approved_original IS 'Approved amount, in the order''s currency';
COMMENT ON COLUMN mart.purchase_orders.currency_code IS 'ISO 4217 code of the order';
COMMENT ON COLUMN mart.purchase_orders.billed_original IS 'Billed on the order in its currency, credit notes taken off';
COMMENT ON COLUMN mart.purchase_orders.billed_line_count IS 'Lines that were billed on it';
COMMENT ON COLUMN mart.purchase_orders.unmeasured_line_count IS 'Lines that name it and cannot be added up: other currency, no amount, set aside';
COMMENT ON COLUMN mart.purchase_orders.remaining_original IS 'Approved minus billed; below 0 is over the order';
COMMENT ON COLUMN mart.purchase_orders.over_since_date IS 'Date of the invoice with which what is billed went over the order and stayed over it';
