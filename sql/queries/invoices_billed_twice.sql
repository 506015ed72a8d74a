-- question: Which invoices may have been sent twice, and how much money is at stake?
-- parameter duplicate_state: state of the suspicion, % is both [one of: open, credited, %] [default: open]
-- parameter from_date: first date of the second invoice; one without a date always counts [date] [default: 2000-01-01]
-- parameter to_date: last day [date] [default: 2999-12-31]
-- example: kpi query --query invoices_billed_twice --param duplicate_state=%
-- answer: Kestrel Devices | KD-202606-863 | 2026-07-03 | KD-202606-863A | 2026-07-12 | 9 | added_letters | 244.00 | EUR | 244.00 | credited | KD-202606-863-CN
SELECT
    vendor,
    first_invoice_id,
    first_invoice_date,
    second_invoice_id,
    second_invoice_date,
    apart_days,
    reason,
    amount_original,
    currency_code,
    amount_reporting,
    duplicate_state,
    credit_invoice_id
FROM mart.invoice_duplicate_suspects
WHERE duplicate_state LIKE $duplicate_state
    AND coalesce(second_invoice_date, CAST($from_date AS DATE)) BETWEEN CAST($from_date AS DATE) AND CAST($to_date AS DATE)
ORDER BY amount_reporting DESC NULLS LAST, vendor, second_invoice_date, second_invoice_id;
