-- question: What did each initiative cost and bring so far, and when did it pay back?
-- example: kpi query --query initiative_returns
-- answer: Network vendor change | Network Operations | 237.55 | 380.08 | 142.53 | 0.60 | 2026-10-10 | 2026-10-10 | 2027-07-01 | true | 1.00
SELECT
    coalesce(initiative_name, initiative_id) AS initiative,
    owner,
    cost_to_date_reporting,
    benefit_to_date_reporting,
    net_to_date_reporting,
    return_ratio,
    payback_date,
    paid_back_since_date,
    payback_target_date,
    is_paid_back,
    measured_line_count / nullif(line_count, 0) AS coverage_ratio
FROM mart.initiative_returns
ORDER BY net_to_date_reporting DESC NULLS LAST, initiative;
