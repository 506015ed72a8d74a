-- Of which period each KPI is told if nobody names one: report, queries and dashboard ask this, so that they agree.
--
-- The period that is wanted is the latest that is closed for a headline KPI. Exports come on different days, and a report
-- that only one of them has reached would say nothing of the others; so it waits for the headlines, but one period at most:
-- where other KPIs go on for longer, as after an old export of tickets or in a home without any, it is the latest of these.
-- A KPI for which the wanted one is not closed is told of its own last closed period before it. A period is closed by the
-- data's clock, whether anything is in it or not.
CREATE OR REPLACE VIEW mart.latest_periods AS
WITH overall AS (
    SELECT metric, period_grain, period_start_date, is_period_closed
    FROM mart.metric_values
    WHERE dimension = 'overall'
),
lengths AS (
    SELECT
        unnest(['day', 'week', 'month', 'quarter']) AS period_grain,
        unnest([INTERVAL 1 DAY, INTERVAL 7 DAY, INTERVAL 1 MONTH, INTERVAL 3 MONTH]) AS length
),
ends AS (
    SELECT
        period_grain,
        max(period_start_date) AS of_any,
        max(period_start_date) FILTER (
            metric IN (
                'ticket_cycle_time_p85_business_hours',
                'sla_attainment_ratio',
                'cost_per_transaction_reporting'
            )
        ) AS of_headlines
    FROM overall
    WHERE is_period_closed
    GROUP BY period_grain
),
wanted AS (
    SELECT
        period_grain,
        length,
        CASE WHEN of_headlines + length >= of_any THEN of_headlines ELSE of_any END AS start_date
    FROM ends
    JOIN lengths USING (period_grain)
),
told AS (
    SELECT
        definition.metric,
        wanted.period_grain,
        wanted.length,
        wanted.start_date AS wanted_start_date,
        CASE
            WHEN coalesce(
                bool_or(overall.is_period_closed) FILTER (overall.period_start_date = wanted.start_date),
                CAST(wanted.start_date + wanted.length AS DATE)
                    <= CAST(
                        timezone((SELECT reporting_time_zone FROM meta.run), definition.fresh_as_of_at) AS DATE
                    )
            ) THEN wanted.start_date
            ELSE max(overall.period_start_date)
                FILTER (overall.is_period_closed AND overall.period_start_date < wanted.start_date)
        END AS start_date
    FROM wanted
    CROSS JOIN meta.metrics AS definition
    JOIN overall ON overall.metric = definition.metric AND overall.period_grain = wanted.period_grain
    GROUP BY definition.metric, definition.fresh_as_of_at, wanted.period_grain, wanted.length, wanted.start_date
    HAVING bool_or(overall.is_period_closed)
)
SELECT
    metric,
    period_grain,
    start_date AS period_start_date,
    CAST(start_date + length - INTERVAL 1 DAY AS DATE) AS period_end_date,
    wanted_start_date
FROM told
WHERE start_date IS NOT NULL;

COMMENT ON VIEW mart.latest_periods IS 'One row per KPI and length of periods: the period of which it is told if nobody names one. A KPI without a closed period has none.';
COMMENT ON COLUMN mart.latest_periods.metric IS 'Name of the metric; see meta_metrics';
COMMENT ON COLUMN mart.latest_periods.period_grain IS 'day, week, month or quarter';
COMMENT ON COLUMN mart.latest_periods.period_start_date IS 'First day of the period: the wanted one, or the last before it that is closed for the KPI';
COMMENT ON COLUMN mart.latest_periods.period_end_date IS 'Last day of it';
COMMENT ON COLUMN mart.latest_periods.wanted_start_date IS 'First day of the period that reports are of: the latest that is closed for a headline KPI, or for any where these go on for longer than one more period';
