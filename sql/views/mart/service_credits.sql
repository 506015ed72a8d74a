-- Generated from models/ by `python -m pipelines.generate`; a test fails if it was edited by hand.
--
-- One row per contract, promise and period: how far the promise was kept, and what is due where it was not.
CREATE OR REPLACE VIEW mart.service_credits AS
SELECT
    service_credit_id,
    vendor_contract_id,
    vendor,
    promise,
    promise_kind,
    period_grain,
    period_start_date,
    period_end_date,
    covered_start_date,
    covered_end_date,
    credit_state,
    reason,
    met_count,
    breached_count,
    unmeasured_count,
    attainment_ratio,
    band_below_ratio,
    credit_ratio,
    fee_original,
    credit_uncapped_original,
    cap_remaining_original,
    credit_due_original,
    given_original,
    to_claim_original,
    currency_code,
    fx_rate,
    credit_due_reporting,
    given_reporting,
    to_claim_reporting,
    to_claim_at_least_reporting,
    to_claim_at_most_reporting,
    is_quarantined
FROM core.fct_service_credits;

COMMENT ON VIEW mart.service_credits IS 'One row per contract, promise and period: how far the promise was kept, and what is due where it was not. Evidence, not a KPI: rows of the latest data, also those that a held KPI would count; what they add up to is not what is published while it is held (see meta.metrics).';
COMMENT ON COLUMN mart.service_credits.service_credit_id IS 'Contract, promise and first day of the period';
COMMENT ON COLUMN mart.service_credits.vendor_contract_id IS 'Contract';
COMMENT ON COLUMN mart.service_credits.vendor IS 'Vendor; empty if rows of the contract contradict each other';
COMMENT ON COLUMN mart.service_credits.promise IS 'Name of the promise in policies/vendors.yaml';
COMMENT ON COLUMN mart.service_credits.promise_kind IS 'sla, deliveries_in_force or deliveries_first_promise';
COMMENT ON COLUMN mart.service_credits.period_grain IS 'month or quarter, as the contract counts';
COMMENT ON COLUMN mart.service_credits.period_start_date IS 'First day of the period';
COMMENT ON COLUMN mart.service_credits.period_end_date IS 'Last day of the period';
COMMENT ON COLUMN mart.service_credits.covered_start_date IS 'First day of the period on which the contract holds';
COMMENT ON COLUMN mart.service_credits.covered_end_date IS 'Last day of the period on which the contract holds';
COMMENT ON COLUMN mart.service_credits.credit_state IS 'due, none, not_measured or period_open; see vocabulary.CreditState';
COMMENT ON COLUMN mart.service_credits.reason IS 'Why nothing is due, or why it is not known; empty where it says itself';
COMMENT ON COLUMN mart.service_credits.met_count IS 'Cases decided in those days that kept the promise';
COMMENT ON COLUMN mart.service_credits.breached_count IS 'Cases decided in those days that broke it';
COMMENT ON COLUMN mart.service_credits.unmeasured_count IS 'Cases of those days that a contract rule set aside, or that lack a date';
COMMENT ON COLUMN mart.service_credits.attainment_ratio IS 'met / (met + breached); empty without any';
COMMENT ON COLUMN mart.service_credits.band_below_ratio IS 'The band that was reached: attainment is below this; empty if none';
COMMENT ON COLUMN mart.service_credits.credit_ratio IS 'Share of the fee that this band gives; 0 if the promise was kept; empty if not known';
COMMENT ON COLUMN mart.service_credits.fee_original IS 'Fee of those days that the share is taken of; empty if nothing was invoiced yet';
COMMENT ON COLUMN mart.service_credits.credit_uncapped_original IS 'That share of the fee, rounded to the cent';
COMMENT ON COLUMN mart.service_credits.cap_remaining_original IS 'What the contract''s caps leave for this credit; empty without a cap';
COMMENT ON COLUMN mart.service_credits.credit_due_original IS 'Credit due: the lesser of the two';
COMMENT ON COLUMN mart.service_credits.given_original IS 'Credit notes that were given for it';
COMMENT ON COLUMN mart.service_credits.to_claim_original IS 'Due less given, never below 0';
COMMENT ON COLUMN mart.service_credits.currency_code IS 'ISO 4217 code of the contract';
COMMENT ON COLUMN mart.service_credits.fx_rate IS 'Units of reporting currency for one unit of the contract''s, on the last covered day';
COMMENT ON COLUMN mart.service_credits.credit_due_reporting IS 'Credit due at that rate';
COMMENT ON COLUMN mart.service_credits.given_reporting IS 'Credit notes at the rates of their own dates';
COMMENT ON COLUMN mart.service_credits.to_claim_reporting IS 'To claim at the rate of the last covered day';
COMMENT ON COLUMN mart.service_credits.to_claim_at_least_reporting IS 'To claim if every unmeasured case had kept the promise';
COMMENT ON COLUMN mart.service_credits.to_claim_at_most_reporting IS 'To claim if every unmeasured case had broken it; empty if nothing limits it';
COMMENT ON COLUMN mart.service_credits.is_quarantined IS 'Always false: what was set aside is counted in unmeasured_count';
