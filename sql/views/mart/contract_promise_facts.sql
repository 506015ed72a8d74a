-- Generated from models/ by `python -m pipelines.generate`; a test fails if it was edited by hand.
--
-- One row per contract, rate-card item and promise, with the days on which it holds.
CREATE OR REPLACE VIEW mart.contract_promise_facts AS
SELECT
    contract_promise_id,
    vendor_contract_id,
    vendor,
    item,
    contract_start_date,
    contract_end_date,
    currency_code,
    sla_target_hours,
    sla_target_ratio,
    service_credit_ratio
FROM core.fct_contract_promises;

COMMENT ON VIEW mart.contract_promise_facts IS 'One row per contract, rate-card item and promise, with the days on which it holds. Evidence, not a KPI: rows of the latest data, also those that a held KPI would count; what they add up to is not what is published while it is held (see meta.metrics).';
COMMENT ON COLUMN mart.contract_promise_facts.contract_promise_id IS 'Contract, item and first day, qualified by source';
COMMENT ON COLUMN mart.contract_promise_facts.vendor_contract_id IS 'Contract';
COMMENT ON COLUMN mart.contract_promise_facts.vendor IS 'Vendor';
COMMENT ON COLUMN mart.contract_promise_facts.item IS 'Rate-card item';
COMMENT ON COLUMN mart.contract_promise_facts.contract_start_date IS 'First day of the contract';
COMMENT ON COLUMN mart.contract_promise_facts.contract_end_date IS 'Last day of the contract; empty if it is open-ended';
COMMENT ON COLUMN mart.contract_promise_facts.currency_code IS 'ISO 4217 code of the contract';
COMMENT ON COLUMN mart.contract_promise_facts.sla_target_hours IS 'Time that the contract promises, in hours; empty for an item without a promise';
COMMENT ON COLUMN mart.contract_promise_facts.sla_target_ratio IS 'Attainment that the contract promises';
COMMENT ON COLUMN mart.contract_promise_facts.service_credit_ratio IS 'Share of the period''s fee due as credit when the attainment is missed';
