-- question: How old are the open tickets, and how many of them have broken a promise?
-- parameter team: one team, or * for all [default: *]
-- example: kpi query --query open_tickets_by_age --param "team=Service Desk"
-- answer: 16 | 32 | 21 | 4 | 15 | 2
-- Every class of age is twice as wide as the one before it. The last row has tickets whose age is not known, if there are any.
WITH aged AS (
    SELECT
        CASE WHEN age_business_hours < 1 THEN 0 ELSE pow(2, floor(log2(age_business_hours))) END AS age_from,
        has_open_breach,
        least_remaining_hours IS NOT NULL AS is_promised
    FROM mart.aging_work
    WHERE $team IN ('*', team) AND NOT is_quarantined
)
SELECT
    CAST(age_from AS BIGINT) AS age_from_business_hours,
    CAST(CASE WHEN age_from = 0 THEN 1 ELSE 2 * age_from END AS BIGINT) AS age_to_business_hours,
    count(*) AS ticket_count,
    count(*) FILTER (has_open_breach) AS broken_count,
    count(*) FILTER (NOT has_open_breach AND is_promised) AS promised_count,
    count(*) FILTER (NOT has_open_breach AND NOT is_promised) AS unpromised_count
FROM aged
GROUP BY age_from
ORDER BY age_from NULLS LAST;
