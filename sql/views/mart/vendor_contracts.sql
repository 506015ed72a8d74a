-- Generated from models/ by `python -m pipelines.generate`; a test fails if it was edited by hand.
--
-- One row per contract as of the data's clock. What its rows contradict each other in is empty, and named.
CREATE OR REPLACE VIEW mart.vendor_contracts AS
SELECT
    vendor_contract_id,
    source,
    vendor,
    start_date,
    end_date,
    notice_days,
    notice_date,
    currency_code,
    committed_spend_original,
    fx_rate,
    fx_rate_date,
    committed_spend_reporting,
    until_end_days,
    until_notice_days,
    contract_state,
    contradictory_columns,
    rate_card_item_count,
    as_of_date
FROM core.fct_vendor_contracts;

COMMENT ON VIEW mart.vendor_contracts IS 'One row per contract as of the data''s clock. What its rows contradict each other in is empty, and named. Evidence, not a KPI: rows of the latest data, also those that a held KPI would count; what they add up to is not what is published while it is held (see meta.metrics).';
COMMENT ON COLUMN mart.vendor_contracts.vendor_contract_id IS 'Contract';
COMMENT ON COLUMN mart.vendor_contracts.source IS 'System that exported the contract';
COMMENT ON COLUMN mart.vendor_contracts.vendor IS 'Vendor';
COMMENT ON COLUMN mart.vendor_contracts.start_date IS 'First day of the contract';
COMMENT ON COLUMN mart.vendor_contracts.end_date IS 'Last day of the contract; empty if it is open-ended or not known';
COMMENT ON COLUMN mart.vendor_contracts.notice_days IS 'Days of notice before the end';
COMMENT ON COLUMN mart.vendor_contracts.notice_date IS 'Last day on which notice can be given: the last day of the contract less the days of notice';
COMMENT ON COLUMN mart.vendor_contracts.currency_code IS 'ISO 4217 code of the contract';
COMMENT ON COLUMN mart.vendor_contracts.committed_spend_original IS 'Spend committed over the term, in the contract''s currency';
COMMENT ON COLUMN mart.vendor_contracts.fx_rate IS 'Units of reporting currency for one unit of the contract''s, as of the data''s clock or its end';
COMMENT ON COLUMN mart.vendor_contracts.fx_rate_date IS 'Day of that rate';
COMMENT ON COLUMN mart.vendor_contracts.committed_spend_reporting IS 'Committed spend at that rate';
COMMENT ON COLUMN mart.vendor_contracts.until_end_days IS 'Days from the data''s clock to the last day; negative once it is over';
COMMENT ON COLUMN mart.vendor_contracts.until_notice_days IS 'Days from the data''s clock to the last day for notice; negative once it has passed';
COMMENT ON COLUMN mart.vendor_contracts.contract_state IS 'active, expired, future or unclear; see vocabulary.ContractState';
COMMENT ON COLUMN mart.vendor_contracts.contradictory_columns IS 'Columns in which rows of the contract contradict each other, else empty';
COMMENT ON COLUMN mart.vendor_contracts.rate_card_item_count IS 'Items of the rate card';
COMMENT ON COLUMN mart.vendor_contracts.as_of_date IS 'Day of the data''s clock';
