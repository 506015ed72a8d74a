-- question: What made cost per transaction move from one month to another, in parts that add up to the change exactly?
-- parameter to_month: a day of the closed month that is explained [date] [default: latest]
-- parameter from_month: a day of the closed month that it is compared with [date] [default: before]
-- parameter dimension: breakdown [one of: team, service] [default: team]
-- example: kpi query --query what_made_unit_cost_move --param dimension=service
-- answer: cost | Network Operations | vendor_services | 2.9505 | 3.3101 | 2026-09-01 | 2026-10-01
--         mix: more or less of the transactions fell to it; volume: more or fewer transactions bear its cost; cost: its cost
--         itself, by pool. Volume and cost together are its rate in what_drove_a_change, which has the same mix.
WITH steps AS (
    SELECT *
    FROM mart.unit_cost_bridges AS bridge
    WHERE period_grain = 'month'
        AND dimension = $dimension
        -- A month that data tell only in part is compared with no other.
        AND NOT EXISTS (
            FROM mart.partial_periods AS partial
            WHERE partial.metric = 'cost_per_transaction_reporting'
                AND partial.period_grain = 'month'
                AND partial.period_start_date IN (bridge.period_start_date, bridge.previous_period_start_date)
        )
),
last_step AS (
    SELECT CASE WHEN $to_month = 'latest' THEN max(period_start_date) ELSE date_trunc('month', CAST(nullif($to_month, 'latest') AS DATE)) END AS to_month
    FROM steps
),
first_step AS (
    SELECT CASE
        WHEN $from_month = 'before' THEN max(steps.previous_period_start_date) ELSE date_trunc('month', CAST(nullif($from_month, 'before') AS DATE))
    END AS from_month
    FROM steps
    WHERE steps.period_start_date <= (SELECT to_month FROM last_step)
),
-- What moved over several months is the sum of what moved from each to the next.
taken AS (
    SELECT *
    FROM steps
    WHERE previous_period_start_date >= (SELECT from_month FROM first_step)
      AND period_start_date <= (SELECT to_month FROM last_step)
)
SELECT
    part,
    dimension_value,
    cost_pool,
    sum(change_reporting) AS change_reporting,
    (SELECT sum(change_reporting) FROM taken) AS whole_change_reporting,
    (SELECT min(previous_period_start_date) FROM taken) AS from_month_date,
    (SELECT max(period_start_date) FROM taken) AS to_month_date
FROM taken
GROUP BY part, dimension_value, cost_pool
ORDER BY abs(sum(change_reporting)) DESC, part, dimension_value, cost_pool;
