-- Generated from models/ by `python -m pipelines.generate`; a test fails if it was edited by hand.
--
-- One row per contract, rate-card item and price, with the days on which it holds.
CREATE OR REPLACE VIEW mart.vendor_rates AS
SELECT
    vendor_rate_id,
    vendor_contract_line_id,
    vendor_contract_id,
    vendor,
    item,
    price_start_date,
    price_end_date,
    unit_price_original,
    currency_code,
    is_overlapping
FROM core.fct_vendor_rates;

COMMENT ON VIEW mart.vendor_rates IS 'One row per contract, rate-card item and price, with the days on which it holds. Evidence, not a KPI: rows of the latest data, also those that a held KPI would count; what they add up to is not what is published while it is held (see meta.metrics).';
COMMENT ON COLUMN mart.vendor_rates.vendor_rate_id IS 'Price: contract, item, first day';
COMMENT ON COLUMN mart.vendor_rates.vendor_contract_line_id IS 'Contract and item, qualified by source';
COMMENT ON COLUMN mart.vendor_rates.vendor_contract_id IS 'Contract';
COMMENT ON COLUMN mart.vendor_rates.vendor IS 'Vendor';
COMMENT ON COLUMN mart.vendor_rates.item IS 'Rate-card item';
COMMENT ON COLUMN mart.vendor_rates.price_start_date IS 'First day on which the price holds';
COMMENT ON COLUMN mart.vendor_rates.price_end_date IS 'Last day on which the price holds; empty if nothing ends it';
COMMENT ON COLUMN mart.vendor_rates.unit_price_original IS 'Contracted unit price';
COMMENT ON COLUMN mart.vendor_rates.currency_code IS 'ISO 4217 code of the contract';
COMMENT ON COLUMN mart.vendor_rates.is_overlapping IS 'Whether another price of the item holds on one of its days';
