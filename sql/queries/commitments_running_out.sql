-- question: When are commitments used up, and which will be paid for nothing?
-- example: kpi query --query commitments_running_out
-- answer: Kestrel Devices | KD-2024-07 | EUR | 1800.00 | 2880.00 | 1.6 | reached | 2026-08-07 | 2027-04-30 | 4434.73 | 0.00 | 0 | 2025-01-03
SELECT
    vendor,
    vendor_contract_id,
    currency_code,
    committed_spend_original,
    spend_original,
    round(spend_original / committed_spend_original, 3) AS used_ratio,
    run_out_state,
    run_out_date,
    end_date,
    projected_spend_original,
    shortfall_original,
    unmeasured_line_count,
    -- What was billed before is in no export: more may be used than is known, and the shortfall is at most this.
    CASE WHEN start_date < date_trunc('month', known_since_date) THEN known_since_date END AS known_since_date
FROM mart.vendor_commitments
ORDER BY run_out_date NULLS LAST, shortfall_reporting DESC NULLS LAST, vendor_contract_id;
