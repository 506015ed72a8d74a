-- How spend is spread over vendors, by calendar year and over everything: rank, share, and the share of all up to that rank.
--
-- Shares are of the vendors whose invoices outweigh their credit notes. Lines that a contract rule set aside, or that have no
-- rate, are in no share; unmeasured_line_count says how many there are.
CREATE OR REPLACE VIEW mart.vendor_concentration AS
WITH lines AS (
    SELECT
        CAST(date_trunc('year', invoice_date) AS DATE) AS year_date,
        coalesce(vendor, '(none)') AS vendor,
        match_state,
        CASE WHEN NOT is_quarantined THEN amount_reporting END AS amount_reporting
    FROM core.fct_vendor_invoice_lines
    WHERE invoice_date IS NOT NULL
),
vendors AS (
    SELECT
        year_date,
        vendor,
        coalesce(sum(amount_reporting), 0) AS billed_reporting,
        count(*) FILTER (amount_reporting IS NULL) AS unmeasured_line_count,
        bool_and(match_state = 'no_contract') AS has_no_contract
    FROM lines
    GROUP BY GROUPING SETS ((year_date, vendor), (vendor))
),
shares AS (
    SELECT
        *,
        CASE WHEN billed_reporting > 0 THEN billed_reporting END
            / sum(billed_reporting) FILTER (billed_reporting > 0) OVER (PARTITION BY year_date) AS share_ratio,
        row_number() OVER (PARTITION BY year_date ORDER BY billed_reporting DESC, vendor) AS vendor_rank
    FROM vendors
)
SELECT
    year_date,
    vendor_rank,
    vendor,
    CAST(billed_reporting AS DECIMAL(18, 4)) AS billed_reporting,
    share_ratio,
    sum(share_ratio) OVER (PARTITION BY year_date ORDER BY vendor_rank) AS cumulative_share_ratio,
    sum(share_ratio * share_ratio) OVER (PARTITION BY year_date) AS concentration_ratio,
    has_no_contract,
    unmeasured_line_count
FROM shares;

COMMENT ON VIEW mart.vendor_concentration IS 'One row per vendor and calendar year of the invoice date, and one per vendor over everything (year_date empty): its share of what was billed.';
COMMENT ON COLUMN mart.vendor_concentration.year_date IS 'First day of the year; empty for all years together';
COMMENT ON COLUMN mart.vendor_concentration.vendor_rank IS '1 for the vendor that billed most';
COMMENT ON COLUMN mart.vendor_concentration.vendor IS 'Vendor; (none) for lines that name none';
COMMENT ON COLUMN mart.vendor_concentration.billed_reporting IS 'Billed, credit notes taken off, in the reporting currency';
COMMENT ON COLUMN mart.vendor_concentration.share_ratio IS 'Its share; empty if its credit notes outweigh its invoices';
COMMENT ON COLUMN mart.vendor_concentration.cumulative_share_ratio IS 'Share of it and all that billed more';
COMMENT ON COLUMN mart.vendor_concentration.concentration_ratio IS 'Herfindahl-Hirschman index of the year: the sum of the squared shares, 1 for one vendor alone';
COMMENT ON COLUMN mart.vendor_concentration.has_no_contract IS 'Whether no contract with the vendor is known at all';
COMMENT ON COLUMN mart.vendor_concentration.unmeasured_line_count IS 'Lines that are set aside or have no rate, and are in no share';
