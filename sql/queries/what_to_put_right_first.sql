-- question: Which gap in instrumentation should be put right first, and what does it do to the KPIs?
-- parameter row_limit: gaps at most [number] [default: 20]
-- example: kpi query --query what_to_put_right_first --param row_limit=5
-- answer: 1 | quarantined | jira | tickets | tickets.status.mapped | 4 | 90 | 0.95 | -0.01 | 2026-11-01 | 68 | 0 | true | 2026-11-01 | sla_attainment_ratio | SLA attainment | 2026-10-01 | 2026-10-01 | 3 | 75 | 0.04 | 0.04 | 0.05 | ratio | Map it.
SELECT
    fix_rank,
    gap_kind,
    source,
    table_name,
    rule_id,
    failed_record_count,
    record_count,
    captured_ratio,
    captured_change_ratio,
    previous_date,
    affected_metric_count,
    held_metric_count,
    is_recent,
    last_seen_date,
    metric,
    metric_label,
    metric_period_start_date,
    metric_last_closed_date,
    metric_record_count,
    metric_eligible_count,
    metric_lost_coverage_ratio,
    metric_width_value,
    metric_bounds_width_value,
    metric_unit,
    what_to_do
FROM mart.instrumentation_scorecard
WHERE fix_rank IS NOT NULL
QUALIFY row_number() OVER (ORDER BY fix_rank) <= CAST($row_limit AS BIGINT)
ORDER BY fix_rank;
