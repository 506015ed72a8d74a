-- question: Which vendors billed above their contracts, for which items, and how much is to be claimed back?
-- parameter from_date: first invoice date that counts [date] [default: 2000-01-01]
-- parameter to_date: last day [date] [default: 2999-12-31]
-- parameter at_least_reporting: rows that come to less than this, either way, are left out; reporting currency [number] [default: 0]
-- example: kpi query --query billed_above_contract --param from_date=2026-01-01
-- answer: Brightway Facilities | BF-2024-02 | Maintenance visit | EUR | 5 | 2521.68 | 2251.50 | 270.18 | 270.18 | 0.00 | 2025-03-05 | 2026-11-04 | 2025-01-03 | 2026-11-07
--         over_billed_reporting adds up to the KPI vendor_recoverable_over_billing_reporting. It counts line by line: what was
--         billed too low on other lines pays for nothing, and stands in under_billed_reporting. A credit note counts with
--         its sign; a line that may be billed twice is left to invoices_billed_twice. Counted, billed and contracted are
--         only the lines of which over_billed consists. Looked at were invoices of all days from counted_from_date to
--         counted_to_date: those that were asked for, as far as invoices are there.
WITH days AS (
    SELECT
        greatest(CAST($from_date AS DATE), min(recovery_date)) AS counted_from_date,
        least(
            CAST($to_date AS DATE),
            coalesce((SELECT last_date FROM meta.data_clocks WHERE data = 'invoices'), max(recovery_date))
        ) AS counted_to_date
    FROM mart.vendor_recoverable_facts
    WHERE recoverable_kind = 'over_billing'
),
judged AS (
    SELECT
        line.vendor,
        line.vendor_contract_id,
        line.item,
        line.currency_code,
        line.invoice_date,
        line.amount_original,
        line.contracted_original,
        line.rate_card_variance_original,
        line.rate_card_variance_reporting,
        coalesce(line.duplicate_at_stake_reporting, 0) = 0 AS is_billed_once,
        recoverable.amount_reporting AS over_billed_reporting,
        CASE
            WHEN recoverable.amount_reporting IS NULL THEN line.rate_card_variance_original > 0
            ELSE recoverable.amount_reporting <> 0
        END AS is_over_billed
    FROM mart.vendor_recoverable_facts AS recoverable
    JOIN mart.vendor_invoice_line_facts AS line USING (vendor_invoice_line_id)
    WHERE
        recoverable.recoverable_kind = 'over_billing'
        AND NOT recoverable.is_quarantined
        AND recoverable.recovery_date BETWEEN CAST($from_date AS DATE) AND CAST($to_date AS DATE)
)
SELECT
    vendor,
    vendor_contract_id,
    item,
    currency_code,
    count(*) FILTER (is_over_billed) AS over_billed_line_count,
    sum(amount_original) FILTER (is_over_billed) AS billed_original,
    sum(contracted_original) FILTER (is_over_billed) AS contracted_original,
    sum(rate_card_variance_original) FILTER (is_over_billed) AS over_billed_original,
    sum(over_billed_reporting) FILTER (is_over_billed) AS over_billed_reporting,
    coalesce(
        sum(rate_card_variance_reporting) FILTER (
            amount_original > 0 AND rate_card_variance_reporting < 0 AND is_billed_once
        ),
        0
    ) AS under_billed_reporting,
    min(invoice_date) FILTER (is_over_billed) AS first_invoice_date,
    max(invoice_date) FILTER (is_over_billed) AS last_invoice_date,
    counted_from_date,
    counted_to_date
FROM judged, days
GROUP BY ALL
HAVING
    count(*) FILTER (is_over_billed) > 0
    AND coalesce(abs(sum(over_billed_reporting)), CAST($at_least_reporting AS DECIMAL(18, 4)))
        >= CAST($at_least_reporting AS DECIMAL(18, 4))
ORDER BY over_billed_reporting DESC NULLS LAST, vendor, item;
