-- question: Why are the bounds of a KPI as wide as they are, month by month and reason by reason?
-- parameter metric: name of the KPI [default: ticket_cycle_time_p85_business_hours]
-- parameter months: latest months up to that of to_date, the open one included [number] [default: 3]
-- parameter to_date: a day of the last month [date] [default: 2999-12-31]
-- example: kpi query --query gaps_of_a_metric --param metric=sla_attainment_ratio
-- answer: sla_attainment_ratio | ratio | 2026-10-01 | jira | tickets.cycle_time.measured | not_instrumented | 6 | 6 | 577 | 0.01 | 0.9 | 1.6 | false
SELECT
    metric,
    unit,
    period_start_date,
    source,
    rule_id,
    gap_kind,
    record_count,
    sole_record_count,
    eligible_count,
    lost_coverage_ratio,
    width_value,
    bounds_width_value,
    is_unbounded
FROM mart.instrumentation_gaps
WHERE metric = $metric AND period_start_date <= CAST($to_date AS DATE)
QUALIFY dense_rank() OVER (ORDER BY period_start_date DESC) <= CAST($months AS BIGINT)
ORDER BY period_start_date DESC, lost_coverage_ratio DESC, width_value DESC NULLS LAST, source, rule_id;
