-- Generated from metrics/render/record_views.py by `python -m pipelines.generate`; a test fails if it was edited by
-- hand.
--
-- One row per contract, promise and period that is over, on the last day that the contract covers.
-- Counted: Contracts, promises and periods that policies/vendors.yaml has terms for and that are over.
-- What a record contributes is empty where that is not measured; of one that was set aside, everything is. So is a
-- column while a KPI that is computed from it is held.
CREATE OR REPLACE VIEW mart.service_credit_records AS
SELECT
    fact.service_credit_id,
    CAST(fact.covered_end_date AS DATE) AS period_date,
    coalesce(fact.vendor, '(none)') AS vendor,
    fact.promise,
    fact.credit_state,
    1 AS eligible_count,
    CASE WHEN NOT fact.is_quarantined THEN 1 ELSE 0 END AS measured_count,
    CASE WHEN coalesce(held.credit_due_reporting, 0) = 0 THEN CASE WHEN NOT fact.is_quarantined THEN fact.credit_due_reporting END END AS credit_due_reporting,
    CASE WHEN coalesce(held.given_reporting, 0) = 0 THEN CASE WHEN NOT fact.is_quarantined THEN fact.given_reporting END END AS given_reporting,
    CASE WHEN coalesce(held.promise_kept_count, 0) = 0 THEN CASE WHEN NOT fact.is_quarantined THEN CASE WHEN coalesce(fact.met_count, 0) + coalesce(fact.breached_count, 0) + coalesce(fact.unmeasured_count, 0) = 0 OR fact.credit_ratio IS NULL THEN NULL WHEN fact.credit_ratio = 0 THEN 1 ELSE 0 END END END AS promise_kept_count
FROM core.fct_service_credits AS fact
CROSS JOIN (
    SELECT
        max(CASE WHEN metric IN ('vendor_service_credit_due_reporting') THEN 1 ELSE 0 END) AS credit_due_reporting,
        max(CASE WHEN metric IN ('vendor_service_credit_given_reporting') THEN 1 ELSE 0 END) AS given_reporting,
        max(CASE WHEN metric IN ('vendor_promise_kept_ratio') THEN 1 ELSE 0 END) AS promise_kept_count
    FROM meta.metrics WHERE publication_state = 'held'
) AS held
WHERE (fact.credit_state <> 'period_open') AND fact.covered_end_date IS NOT NULL;

COMMENT ON VIEW mart.service_credit_records IS 'One row per contract, promise and period that is over, on the last day that the contract covers.';
COMMENT ON COLUMN mart.service_credit_records.service_credit_id IS 'Contract, promise and first day of the period';
COMMENT ON COLUMN mart.service_credit_records.period_date IS 'Day that decides the period, in the reporting time zone: last day of the measured period on which the contract holds';
COMMENT ON COLUMN mart.service_credit_records.vendor IS 'Vendor; empty if rows of the contract contradict each other; (none) where there is none';
COMMENT ON COLUMN mart.service_credit_records.promise IS 'Name of the promise in policies/vendors.yaml';
COMMENT ON COLUMN mart.service_credit_records.credit_state IS 'due, none, not_measured or period_open; see vocabulary.CreditState';
COMMENT ON COLUMN mart.service_credit_records.eligible_count IS '1; its sum counts the records that should count';
COMMENT ON COLUMN mart.service_credit_records.measured_count IS '1, or 0 for a record that a contract rule set aside; empty while a KPI that counts them is held';
COMMENT ON COLUMN mart.service_credit_records.credit_due_reporting IS 'Credit due at that rate';
COMMENT ON COLUMN mart.service_credit_records.given_reporting IS 'Credit notes at the rates of their own dates';
COMMENT ON COLUMN mart.service_credit_records.promise_kept_count IS '1 if the promise was kept, 0 if not; empty where no case was decided';
