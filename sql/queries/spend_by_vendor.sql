-- question: What did each vendor bill, and what was booked on it, in some days?
-- parameter from_date: first day of invoice and posting dates [date] [default: 2000-01-01]
-- parameter to_date: last day [date] [default: 2999-12-31]
-- example: kpi query --query spend_by_vendor --param from_date=2026-01-01 --param to_date=2026-06-30
-- answer: Tessera Networks | 12 | 48120.50 | -361.93 | 0.41 | 14 | 47758.57 | 0.38 | 1 | 2026-01-31 | 2026-06-30
--         Invoices and ledger are two witnesses of the same money: they are not to be added up, and differ by what is not
--         posted yet, or not invoiced. Lines that a rule set aside, and lines without a rate, are in no amount; left_out_count
--         says how many. Shares are of all vendors of those days. A line of the ledger without a vendor is (none).
WITH lines AS (
    SELECT
        coalesce(vendor, '(none)') AS vendor,
        'invoice' AS witness,
        invoice_date AS line_date,
        CASE WHEN NOT is_quarantined THEN amount_reporting END AS amount_reporting
    FROM mart.vendor_invoice_line_facts
    UNION ALL
    SELECT
        coalesce(vendor, '(none)'),
        'ledger',
        posting_date,
        CASE WHEN NOT is_quarantined THEN amount_reporting END
    FROM mart.cost_line_facts
),
spent AS (
    SELECT
        vendor,
        count(amount_reporting) FILTER (WHERE witness = 'invoice') AS invoiced_line_count,
        sum(amount_reporting) FILTER (WHERE witness = 'invoice') AS invoiced_reporting,
        sum(amount_reporting) FILTER (WHERE witness = 'invoice' AND amount_reporting < 0) AS credited_reporting,
        count(amount_reporting) FILTER (WHERE witness = 'ledger') AS booked_line_count,
        sum(amount_reporting) FILTER (WHERE witness = 'ledger') AS booked_reporting,
        count(*) FILTER (WHERE amount_reporting IS NULL) AS left_out_count,
        min(line_date) AS first_date,
        max(line_date) AS last_date
    FROM lines
    WHERE line_date BETWEEN CAST($from_date AS DATE) AND CAST($to_date AS DATE)
    GROUP BY vendor
)
SELECT
    vendor,
    invoiced_line_count,
    invoiced_reporting,
    credited_reporting,
    round(invoiced_reporting / nullif(sum(invoiced_reporting) OVER (), 0), 4) AS invoiced_share_ratio,
    booked_line_count,
    booked_reporting,
    round(booked_reporting / nullif(sum(booked_reporting) OVER (), 0), 4) AS booked_share_ratio,
    left_out_count,
    first_date,
    last_date
FROM spent
ORDER BY greatest(invoiced_reporting, booked_reporting) DESC NULLS LAST, vendor;
