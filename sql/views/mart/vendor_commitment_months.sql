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
    cumulative_spend_reporting,
    committed_spend_reporting,
    unmeasured_line_count,
    is_quarantined
FROM core.fct_vendor_commitment_months;

COMMENT ON VIEW mart.vendor_commitment_months IS 'One row per contract with committed spend and month of its term until the data''s clock. Evidence, not a KPI: rows of the latest data, also those that a held KPI would count; what they add up to is not what is published while it is held (see meta.metrics).';
COMMENT ON COLUMN mart.vendor_commitment_months.vendor_contract_id IS 'Contract';
COMMENT ON COLUMN mart.vendor_commitment_months.month_date IS 'First day of the month';
COMMENT ON COLUMN mart.vendor_commitment_months.vendor IS 'Vendor';
COMMENT ON COLUMN mart.vendor_commitment_months.currency_code IS 'ISO 4217 code of the contract';
COMMENT ON COLUMN mart.vendor_commitment_months.spend_original IS 'Billed in the month';
COMMENT ON COLUMN mart.vendor_commitment_months.cumulative_spend_original IS 'Billed by the end of the month';
COMMENT ON COLUMN mart.vendor_commitment_months.committed_spend_original IS 'Committed spend';
COMMENT ON COLUMN mart.vendor_commitment_months.cumulative_spend_reporting IS 'Billed by the end of the month, at the contract''s one rate';
COMMENT ON COLUMN mart.vendor_commitment_months.committed_spend_reporting IS 'Committed spend at that rate';
COMMENT ON COLUMN mart.vendor_commitment_months.unmeasured_line_count IS 'Lines by the end of the month that cannot be added up';
COMMENT ON COLUMN mart.vendor_commitment_months.is_quarantined IS 'Whether the spend is unknown: lines cannot be added up, or no invoice is of so early a month';
