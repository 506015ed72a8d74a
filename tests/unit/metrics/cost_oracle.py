"""What every cell of the cost metrics must be, in plain SQL over the facts: what `measure_oracle` says of money spent.

Cost is counted line by line, by its overlap with the period, and divided by the transactions of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

#: Cost cells, one dimension and grain at a time. Lines are counted by their overlap with the period.
COST_CELLS = """
    WITH lines AS (
        SELECT coalesce(cost_start_date, posting_date) AS first_day, coalesce(cost_end_date, posting_date) AS last_day,
               amount_reporting IS NOT NULL AND NOT is_quarantined AS is_measured
        FROM fct_cost_lines
    ), periods AS (
        SELECT DISTINCT period_start_date FROM fct_cost_allocations WHERE period_grain = '{grain}'
        UNION
        SELECT CAST(date_trunc('{grain}', first_day) AS DATE) FROM lines WHERE NOT is_measured
    ), costly AS (
        SELECT DISTINCT CAST(day AS DATE) AS month
        FROM fct_cost_lines, generate_series(
            date_trunc('month', cost_start_date), date_trunc('month', cost_end_date), INTERVAL 1 MONTH
        ) AS days (day)
        WHERE NOT is_quarantined AND amount_reporting IS NOT NULL AND cost_start_date <= cost_end_date
    ), missing AS (
        SELECT period_start_date, count(*) AS missing_count
        FROM periods, generate_series(DATE '2024-01-01', {as_of} - INTERVAL 1 MONTH, INTERVAL 1 MONTH) AS days (month)
        WHERE month + INTERVAL 1 MONTH > period_start_date AND month < period_start_date + INTERVAL {length}
          AND month + INTERVAL 1 MONTH <= {as_of}
          AND NOT EXISTS (FROM lines WHERE first_day < month + INTERVAL 1 MONTH AND last_day >= month)
        GROUP BY ALL
    ), counted AS (
        SELECT period_start_date, count(first_day) + coalesce(any_value(missing_count), 0) AS eligible_count,
               count(first_day) FILTER (is_measured) AS measured_count
        FROM periods
        LEFT JOIN lines ON first_day < period_start_date + INTERVAL {length} AND last_day >= period_start_date
        LEFT JOIN missing USING (period_start_date)
        GROUP BY ALL
    ), open_ends AS (
        SELECT period_start_date, sum(unallocated_debit_reporting) AS debits,
               sum(unallocated_credit_reporting) AS credits
        FROM fct_cost_allocations WHERE period_grain = '{grain}' AND NOT is_allocated GROUP BY ALL
    ), costs AS (
        SELECT period_start_date, {value} AS dimension_value, sum(amount_reporting) AS total,
               coalesce(sum(amount_reporting) FILTER (is_allocated), 0) AS allocated,
               coalesce(sum(amount_reporting) FILTER (NOT is_allocated), 0) AS unallocated
        FROM fct_cost_allocations WHERE period_grain = '{grain}' GROUP BY ALL
    ), completed AS (
        SELECT CAST(date_trunc('{grain}', completed_date) AS DATE) AS period_start_date, {value} AS dimension_value,
               CAST(coalesce(sum(transaction_count) FILTER (has_cost), 0) AS BIGINT) AS n,
               CAST(coalesce(sum(set_aside_count) FILTER (has_cost), 0) AS BIGINT) AS q,
               CAST(coalesce(sum(transaction_count + set_aside_count) FILTER (NOT has_cost), 0) AS BIGINT) AS outside
        FROM (SELECT *, date_trunc('month', completed_date) IN (SELECT month FROM costly) AS has_cost
              FROM fct_transactions)
        GROUP BY ALL
    ), keys AS (
        SELECT period_start_date, dimension_value FROM costs
        UNION
        SELECT period_start_date, dimension_value FROM completed SEMI JOIN periods USING (period_start_date)
        UNION
        SELECT period_start_date, '' FROM periods WHERE '{dimension}' = 'overall'
    )
    SELECT '{grain}' AS period_grain, period_start_date, '{dimension}' AS dimension, dimension_value, {numbers},
           {counts}
    FROM keys LEFT JOIN costs USING (period_start_date, dimension_value)
    LEFT JOIN completed USING (period_start_date, dimension_value)
    LEFT JOIN counted USING (period_start_date)
    LEFT JOIN open_ends USING (period_start_date)
    LEFT JOIN (
        SELECT period_start_date, true AS has_cost, bool_or(is_allocated) AS has_allocated
        FROM fct_cost_allocations WHERE period_grain = '{grain}' GROUP BY ALL
    ) USING (period_start_date)
"""
_ALLOCATED = "CASE WHEN has_cost THEN coalesce(allocated, 0) END"
COST_NUMBERS = {
    f"cost_{part}_reporting": (
        f"CASE WHEN has_cost THEN coalesce({part}, 0) END AS value, NULL AS numerator, NULL AS denominator, "
        "CASE WHEN eligible_count = measured_count THEN value END AS lower_bound, lower_bound AS upper_bound"
    )
    for part in ("total", "allocated", "unallocated")
} | {
    "cost_per_transaction_reporting": (
        f"CASE WHEN has_allocated THEN {_ALLOCATED} END / nullif(n, 0) AS value, "
        f"CASE WHEN has_allocated THEN {_ALLOCATED} END AS numerator, coalesce(n, 0) AS denominator, "
        # The cost at its least and at its most, over every number of transactions that is possible: the outermost.
        f"""CASE WHEN eligible_count = measured_count AND coalesce(outside, 0) = 0 THEN list_min([
            ({_ALLOCATED} + coalesce(credits, 0)) / x
            FOR x IN generate_series(coalesce(n, 0), coalesce(n, 0) + coalesce(q, 0)) IF x > 0
        ]) END AS lower_bound, """
        f"""CASE WHEN eligible_count = measured_count AND coalesce(outside, 0) = 0 THEN list_max([
            ({_ALLOCATED} + coalesce(debits, 0)) / x
            FOR x IN generate_series(coalesce(n, 0), coalesce(n, 0) + coalesce(q, 0)) IF x > 0
        ]) END AS upper_bound"""
    )
}
#: Cost lines should count, and for a unit cost transactions too.
_COUNTS = "eligible_count, measured_count"
_UNIT_COUNTS = (
    "eligible_count + coalesce(n, 0) + coalesce(q, 0) + coalesce(outside, 0) AS eligible_count, "
    "measured_count + coalesce(n, 0) AS measured_count"
)


def cost_query(
    name: str, grains: Mapping[str, str], dimensions: Sequence[str], value_of: Callable[[str], str], as_of: str
) -> str:
    """The query that gives the cells of a metric of `COST_NUMBERS`.

    Args:
        grains: name and length of each period.
        value_of: a dimension's value, in SQL.
        as_of: the day of the data's clock, in SQL.
    """
    return " UNION ALL ".join(
        "FROM ("
        + COST_CELLS.format(
            as_of=as_of,
            grain=grain,
            length=length,
            dimension=dimension,
            value=value_of(dimension),
            numbers=COST_NUMBERS[name],
            counts=_UNIT_COUNTS if name.startswith("cost_per") else _COUNTS,
        )
        + ")"
        for grain, length in grains.items()
        for dimension in dimensions
    )
