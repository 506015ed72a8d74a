-- Generated from models/ by `python -m pipelines.generate`; a test fails if it was edited by hand.
--
-- One row per contract with committed spend: what is used, and when it will be used up, as of the data's clock.
CREATE OR REPLACE VIEW mart.vendor_commitments AS
SELECT
    vendor_contract_id,
    vendor,
    start_date,
    end_date,
    currency_code,
    committed_spend_original,
    spend_original,
    remaining_original,
    billed_line_count,
    unmeasured_line_count,
    known_since_date,
    run_rate_start_date,
    run_rate_end_date,
    run_rate_spend_original,
    run_out_state,
    run_out_date,
    projected_spend_original,
    shortfall_original,
    fx_rate,
    committed_spend_reporting,
    spend_reporting,
    shortfall_reporting,
    as_of_date
FROM core.fct_vendor_commitments;

COMMENT ON VIEW mart.vendor_commitments IS 'One row per contract with committed spend: what is used, and when it will be used up, as of the data''s clock. Evidence, not a KPI: rows of the latest data, also those that a held KPI would count; what they add up to is not what is published while it is held (see meta.metrics).';
COMMENT ON COLUMN mart.vendor_commitments.vendor_contract_id IS 'Contract';
COMMENT ON COLUMN mart.vendor_commitments.vendor IS 'Vendor';
COMMENT ON COLUMN mart.vendor_commitments.start_date IS 'First day of the contract';
COMMENT ON COLUMN mart.vendor_commitments.end_date IS 'Last day of the contract';
COMMENT ON COLUMN mart.vendor_commitments.currency_code IS 'ISO 4217 code of the contract';
COMMENT ON COLUMN mart.vendor_commitments.committed_spend_original IS 'Committed spend';
COMMENT ON COLUMN mart.vendor_commitments.spend_original IS 'Billed under the contract by the data''s clock, credit notes taken off';
COMMENT ON COLUMN mart.vendor_commitments.remaining_original IS 'Committed minus billed; below 0 is more than was committed';
COMMENT ON COLUMN mart.vendor_commitments.billed_line_count IS 'Lines in that spend';
COMMENT ON COLUMN mart.vendor_commitments.unmeasured_line_count IS 'Lines that are or may be the contract''s and cannot be added up';
COMMENT ON COLUMN mart.vendor_commitments.known_since_date IS 'First invoice date of the exports that have invoices of the vendor, or of all if none has: what was billed before is not known';
COMMENT ON COLUMN mart.vendor_commitments.run_rate_start_date IS 'First day of the complete months whose spend makes the run-rate';
COMMENT ON COLUMN mart.vendor_commitments.run_rate_end_date IS 'Last day of them';
COMMENT ON COLUMN mart.vendor_commitments.run_rate_spend_original IS 'Spend of those months';
COMMENT ON COLUMN mart.vendor_commitments.run_out_state IS 'What is known of the day on which it is used up; see vocabulary.RunOut';
COMMENT ON COLUMN mart.vendor_commitments.run_out_date IS 'Day on which it was or, at the run-rate, will be used up; empty if not within the term';
COMMENT ON COLUMN mart.vendor_commitments.projected_spend_original IS 'Spend at the end of the term at the run-rate; of an ended contract, its spend';
COMMENT ON COLUMN mart.vendor_commitments.shortfall_original IS 'Committed minus projected spend, if above 0: to be paid for nothing';
COMMENT ON COLUMN mart.vendor_commitments.fx_rate IS 'Units of reporting currency for one unit of the contract''s';
COMMENT ON COLUMN mart.vendor_commitments.committed_spend_reporting IS 'Committed spend at that rate';
COMMENT ON COLUMN mart.vendor_commitments.spend_reporting IS 'Spend at that same rate, whatever day it was billed on';
COMMENT ON COLUMN mart.vendor_commitments.shortfall_reporting IS 'Shortfall at that rate';
COMMENT ON COLUMN mart.vendor_commitments.as_of_date IS 'Day of the data''s clock of invoices';
