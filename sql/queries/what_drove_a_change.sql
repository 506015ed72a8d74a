-- question: What drove the change of a KPI from one period to the next, in parts that add up to it exactly?
-- parameter metric: name of the KPI; percentiles cannot be taken apart [default: sla_attainment_ratio]
-- parameter period_grain: length of the periods [one of: week, month, quarter] [default: month]
-- parameter period_start_date: a day of the period; latest for the latest that is explained [date] [default: latest]
-- parameter dimension: breakdown, or * for all [one of: team, priority, service, vendor, *] [default: *]
-- example: kpi query --query what_drove_a_change --param dimension=team
-- answer: sla_attainment_ratio | ratio | 2026-10-01 | team | Field App Engineering | 0.0009 | -0.0119 | 0 | -0.0110 | 0.9359 | 0.9231
--         mix: more or less of the whole fell to it; rate: its own ratio went up or down; amount: its own amount did, of KPIs
--         that are no ratio. Of cost per transaction, what_made_unit_cost_move takes the rate apart once more.
WITH chosen AS (
    SELECT * FROM mart.kpi_change_drivers
    WHERE metric = $metric AND period_grain = $period_grain AND $dimension IN ('*', dimension)
),
latest AS (
    SELECT
        CASE
            WHEN $period_start_date = 'latest' THEN max(period_start_date) ELSE CAST(date_trunc($period_grain, CAST(nullif($period_start_date, 'latest') AS DATE)) AS DATE)
        END AS period_start_date
    FROM chosen
)
SELECT
    any_value(metric) AS metric,
    any_value(unit) AS unit,
    period_start_date,
    dimension,
    dimension_value,
    coalesce(sum(change_value) FILTER (part = 'mix'), 0) AS mix_value,
    coalesce(sum(change_value) FILTER (part = 'rate'), 0) AS rate_value,
    coalesce(sum(change_value) FILTER (part = 'amount'), 0) AS amount_value,
    sum(change_value) AS change_value,
    any_value(value_before) AS value_before,
    any_value(value_after) AS value_after
FROM chosen
SEMI JOIN latest USING (period_start_date)
GROUP BY period_start_date, dimension, dimension_value
ORDER BY dimension, abs(sum(change_value)) DESC, dimension_value;
