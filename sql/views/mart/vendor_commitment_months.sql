-- Generated from models/ by `python -m pipelines.generate`; a test fails if it was edited by hand.
--
-- One row per contract with committed spend and month of its term until the data's clock.
CREATE OR REPLACE VIEW mart.vendor_commitment_months AS
SELECT
    vendor_contract_id,
    month_date,
    vendor,
    currency_code,
    spend_original,
    cumulative_spend_original,
    committed_spend_original,
    fx_rate,
    fx_rate_date,
    cumulative_spend_reporting,
    committed_spend_reporting,
    unmeasured_line_count,
    is_quarantined,
    is_understated
FROM core.fct_vendor_commitment_months;

COMMENT ON VIEW mart.vendor_commitment_months IS 'One row per contract with committed spend and month of its term until the data''s clock. Evidence, not a KPI: rows of the latest data, also those that a held KPI would count; what they add up to is not what is published while it is held (see meta.metrics).';
COMMENT ON COLUMN mart.vendor_commitment_months.vendor_contract_id IS 'Contract';
COMMENT ON COLUMN mart.vendor_commitment_months.month_date IS 'First day of the month';
COMMENT ON COLUMN mart.vendor_commitment_months.vendor IS 'Vendor';
COMMENT ON COLUMN mart.vendor_commitment_months.currency_code IS 'ISO 4217 code of the contract';
COMMENT ON COLUMN mart.vendor_commitment_months.spend_original IS 'Billed in the month';
COMMENT ON COLUMN mart.vendor_commitment_months.cumulative_spend_original IS 'Billed by the end of the month';
COMMENT ON COLUMN mart.vendor_commitment_months.committed_spend_original IS 'Committed spend';
COMMENT ON COLUMN mart.vendor_commitment_months.fx_rate IS 'Units of reporting currency for one unit of the contract''s, on its first day or the first one after it of which a rate is known; the same in all months';
COMMENT ON COLUMN mart.vendor_commitment_months.fx_rate_date IS 'Day of that rate; empty for the reporting currency and for fixed rates';
COMMENT ON COLUMN mart.vendor_commitment_months.cumulative_spend_reporting IS 'Billed by the end of the month, at that rate';
COMMENT ON COLUMN mart.vendor_commitment_months.committed_spend_reporting IS 'Committed spend at that rate';
COMMENT ON COLUMN mart.vendor_commitment_months.unmeasured_line_count IS 'Lines by the end of the month that cannot be added up';
COMMENT ON COLUMN mart.vendor_commitment_months.is_quarantined IS 'Whether the spend is unknown: lines cannot be added up, or no invoice is of so early a month';
COMMENT ON COLUMN mart.vendor_commitment_months.is_understated IS 'Whether the contract began before the first invoice that is known of its vendor: at least so much was billed';
