-- question: What is held back, and which broken rules stand behind it?
-- example: kpi query --query held_metrics_and_rules
-- answer: tickets | stg_ticket_events.status_category.not_null | block | 37 | 37 events have ... | sla_attainment_ratio
SELECT
    verdict.domain,
    rule.rule_id,
    rule.action,
    rule.failed_count,
    coalesce(rule.message, verdict.summary) AS reason,
    (
        SELECT string_agg(definition.metric, ', ' ORDER BY definition.metric)
        FROM meta.metrics AS definition
        WHERE definition.publication_state = 'held'
            -- Cost facts are judged once more after they were built; what needs finance needs them.
            AND list_contains(
                string_split(definition.requires, ', '), replace(verdict.domain, 'cost_facts', 'finance')
            )
    ) AS held_metrics
FROM meta.verdicts AS verdict
LEFT JOIN meta.rule_results AS rule
    ON rule.domain = verdict.domain
    AND (rule.state = 'errored' OR (rule.state = 'failed' AND rule.action = 'block'))
WHERE verdict.verdict = 'hold'
ORDER BY verdict.domain, rule.failed_count DESC NULLS LAST, rule.rule_id;
