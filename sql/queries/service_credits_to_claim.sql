-- question: Which service credits are to be claimed from vendors, and which broken promises earn them?
-- parameter months: months in which the period may have ended, back from that of the latest credit up to to_date [number] [default: 12]
-- parameter to_date: last day on which the period may have ended [date] [default: 2999-12-31]
-- example: kpi query --query service_credits_to_claim --param months=1
-- answer: Acme Cables | A1 | repairs | 2026-09-01 | 2026-09-30 | 41 | 9 | 0.82 | 0.95 | 4200.00 | 210.00 | 0.00 | 210.00 | EUR | 210.00 | desk:1, desk:7
WITH latest AS (
    SELECT max(covered_end_date) AS covered_end_date
    FROM mart.service_credits
    WHERE credit_state <> 'period_open' AND covered_end_date <= CAST($to_date AS DATE)
)
SELECT
    credit.vendor,
    credit.vendor_contract_id,
    credit.promise,
    credit.covered_start_date,
    credit.covered_end_date,
    credit.met_count,
    credit.breached_count,
    credit.attainment_ratio,
    credit.band_below_ratio,
    credit.fee_original,
    credit.credit_due_original,
    credit.given_original,
    credit.to_claim_original,
    credit.currency_code,
    credit.to_claim_reporting,
    (
        SELECT string_agg(coalesce(clock.ticket_id, clock.delivery_id), ', ' ORDER BY clock.case_number)
        FROM mart.service_credit_clocks AS clock
        WHERE clock.service_credit_id = credit.service_credit_id
    ) AS broken_promises
FROM mart.service_credits AS credit, latest
WHERE credit.to_claim_original > 0
    AND credit.covered_end_date <= CAST($to_date AS DATE)
    AND date_trunc('month', credit.covered_end_date)
    > date_trunc('month', latest.covered_end_date) - to_months(CAST($months AS INTEGER))
ORDER BY credit.to_claim_reporting DESC NULLS LAST, credit.service_credit_id;
