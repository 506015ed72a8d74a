"""What every cell of the metrics of plans must be, in plain SQL over the facts; see `measure_oracle` for the others."""

from __future__ import annotations

from collections.abc import Callable

PLANNED_DIMENSIONS = ("overall", "team")
#: In both, the counts are those of all lines of the months that have a cost line or cost, and a budget line.
VARIANCES = """
    WITH months AS (
        SELECT month_date, sum(cost_line_count + budget_line_count) AS eligible,
               sum(measured_cost_line_count + measured_budget_line_count) AS measured
        FROM fct_budget_variances GROUP BY ALL
        HAVING sum(budget_line_count) > 0 AND (count(actual_reporting) > 0 OR sum(cost_line_count) > 0)
    ), periods AS (
        SELECT date_trunc('{grain}', month_date) AS start, sum(eligible) AS eligible_count,
               sum(measured) AS measured_count
        FROM months GROUP BY ALL
    ), sums AS (
        SELECT date_trunc('{grain}', month_date) AS start, {value_of} AS dimension_value,
               sum(variance_reporting) AS variance,
               sum(budget_reporting) FILTER (variance_reporting IS NOT NULL) AS budget
        FROM fct_budget_variances SEMI JOIN months USING (month_date) GROUP BY ALL
    )
    SELECT '{grain}' AS period_grain, CAST(start AS DATE) AS period_start_date, '{dimension}' AS dimension,
           dimension_value, {numbers}, eligible_count, measured_count
    FROM sums JOIN periods USING (start)
"""
_BOUNDS = "CASE WHEN eligible_count = measured_count THEN value END AS lower_bound, lower_bound AS upper_bound"
VARIANCE_NUMBERS = {
    "cost_budget_variance_reporting": f"variance AS value, NULL AS numerator, NULL AS denominator, {_BOUNDS}",
    "cost_budget_variance_ratio": (
        "CASE WHEN budget > 0 THEN variance::DOUBLE / budget::DOUBLE END AS value, variance AS numerator, "
        f"budget AS denominator, {_BOUNDS}"
    ),
}
YEAR_ENDS = """
    SELECT 'month' AS period_grain, month_date AS period_start_date, '{dimension}' AS dimension,
           {value_of} AS dimension_value,
           CASE WHEN count(*) = count(year_end_reporting) THEN sum(year_end_reporting) END AS value,
           NULL AS numerator, NULL AS denominator,
           CASE WHEN any_value(remaining_month_count) = 0 AND any_value(measured_month_count) = 12 THEN value END
               AS lower_bound,
           lower_bound AS upper_bound, 12 AS eligible_count, any_value(measured_month_count) AS measured_count
    FROM fct_year_end_forecasts WHERE method = 'budget' GROUP BY ALL
"""
REWORK = """
    WITH cells AS (
        SELECT period_start_date, {value_of} AS dimension_value, sum(allocated_reporting) AS allocated,
               sum(rework_reporting) AS rework, sum(greatest(unknown_reporting, 0)) AS more,
               sum(least(unknown_reporting, 0)) AS less, sum(ticket_count) AS ticket_count,
               sum(ticket_count - unknown_ticket_count) AS measured_count
        FROM fct_rework_costs WHERE period_grain = '{grain}' GROUP BY ALL
    ), doubtful AS (
        SELECT coalesce(cost_start_date, posting_date) AS first_day, coalesce(cost_end_date, posting_date) AS last_day
        FROM fct_cost_lines WHERE amount_reporting IS NULL OR is_quarantined
    ), months AS (
        SELECT CAST(day AS DATE) AS month, EXISTS (
            FROM fct_cost_lines WHERE coalesce(cost_start_date, posting_date) < month + INTERVAL 1 MONTH
            AND coalesce(cost_end_date, posting_date) >= month
        ) AS has_line, EXISTS (
            FROM fct_cost_lines WHERE cost_start_date < month + INTERVAL 1 MONTH AND cost_end_date >= month
            AND amount_reporting IS NOT NULL AND NOT is_quarantined AND cost_start_date <= cost_end_date
        ) AS has_cost
        FROM generate_series(DATE '2024-01-01', DATE '2027-12-01', INTERVAL 1 MONTH) AS days (day)
    ), outside AS (
        SELECT CAST(date_trunc('{grain}', completed_date) AS DATE) AS period_start_date, {value_of} AS dimension_value,
               sum(transaction_count) AS outside_count
        FROM fct_transactions JOIN months ON month = date_trunc('month', completed_date)
        WHERE NOT has_cost AND transaction_count > 0 GROUP BY ALL
    )
    SELECT '{grain}' AS period_grain, period_start_date, '{dimension}' AS dimension, dimension_value, {numbers},
           ticket_count + coalesce(outside_count, 0) AS eligible_count, measured_count
    FROM (
        SELECT *, outside_count IS NULL AND NOT EXISTS (
            FROM doubtful WHERE first_day < period_start_date + INTERVAL {length} AND last_day >= period_start_date
        ) AND NOT EXISTS (
            FROM months WHERE NOT has_line AND month + INTERVAL 1 MONTH <= {as_of}
            AND month < period_start_date + INTERVAL {length} AND month + INTERVAL 1 MONTH > period_start_date
        ) AS is_known
        FROM cells LEFT JOIN outside USING (period_start_date, dimension_value)
    )
"""
REWORK_NUMBERS = {
    "cost_of_rework_reporting": (
        "rework AS value, NULL AS numerator, NULL AS denominator, CASE WHEN is_known THEN rework + less END AS "
        "lower_bound, CASE WHEN is_known THEN rework + more END AS upper_bound"
    ),
    "cost_of_rework_ratio": (
        "CASE WHEN allocated > 0 THEN rework::DOUBLE / allocated::DOUBLE END AS value, rework AS numerator, "
        "allocated AS denominator, CASE WHEN is_known AND allocated > 0 THEN (rework + less)::DOUBLE / "
        "allocated::DOUBLE END AS lower_bound, CASE WHEN is_known AND allocated > 0 THEN (rework + more)::DOUBLE / "
        "allocated::DOUBLE END AS upper_bound"
    ),
}


def plan_query(
    name: str, grains: dict[str, str], dimensions: tuple[str, ...], value_of: Callable[[str], str], as_of: str
) -> str | None:
    """The query that gives the cells of a metric of plans; None for other metrics."""
    if name in VARIANCE_NUMBERS:
        return " UNION ALL ".join(
            f"FROM ({VARIANCES.format(grain=g, dimension=d, value_of=value_of(d), numbers=VARIANCE_NUMBERS[name])})"
            for g in ("month", "quarter")
            for d in PLANNED_DIMENSIONS
        )
    if name == "cost_year_end_forecast_reporting":
        return " UNION ALL ".join(YEAR_ENDS.format(dimension=d, value_of=value_of(d)) for d in PLANNED_DIMENSIONS)
    if name in REWORK_NUMBERS:
        return " UNION ALL ".join(
            "FROM ("
            + REWORK.format(
                grain=grain,
                length=length,
                dimension=d,
                value_of=value_of(d),
                numbers=REWORK_NUMBERS[name],
                as_of=as_of,
            )
            + ")"
            for grain, length in grains.items()
            for d in dimensions
        )
    return None
