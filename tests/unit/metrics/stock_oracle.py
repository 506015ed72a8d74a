"""What stocks and their bounds must be, in plain SQL over the facts: day by day and ticket by ticket."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

_ALL = ("queued", "active", "waiting")


def stock_query(
    categories: Sequence[str],
    grains: Mapping[str, str],
    dimensions: Sequence[str],
    value_of: Callable[[str], str],
    as_of_date: str,
) -> str:
    """The query that gives the cells of a stock."""
    every_day = f"generate_series(DATE '2025-12-29', {as_of_date}, INTERVAL 1 DAY)"
    days = f"(SELECT CAST(day AS DATE) AS day FROM {every_day} AS series (day))"
    counted = ", ".join(f"'{category}'" for category in categories)
    shown = ", ".join(f"'shown {category}'" for category in categories)
    certain = "certain" if set(categories) == set(_ALL) else "nothing"
    return " UNION ALL ".join(
        f"""
        SELECT '{grain}' AS period_grain, first_day AS period_start_date, '{dimension}' AS dimension, dimension_value,
               CASE WHEN measured > 0 OR eligible = 0 THEN counted END AS value,
               NULL AS numerator, NULL AS denominator,
               counted - in_doubt + certain AS lower_bound,
               counted - in_doubt + possible + eligible - measured AS upper_bound,
               eligible AS eligible_count, measured AS measured_count
        FROM (
            SELECT first_day, dimension_value,
                   coalesce(sum(n) FILTER (what IN ({counted})), 0) AS counted,
                   coalesce(sum(n) FILTER (what IN ('queued', 'active', 'waiting')), 0) AS measured,
                   coalesce(sum(n) FILTER (what IN ('queued', 'active', 'waiting', 'unknown')), 0) AS eligible,
                   coalesce(sum(n) FILTER (what IN ({shown})), 0) AS in_doubt,
                   coalesce(sum(n) FILTER (what = '{certain}'), 0) AS certain,
                   coalesce(sum(n) FILTER (what = 'possible'), 0) AS possible
            FROM (SELECT date_trunc('{grain}', day)::DATE AS first_day, max(day) AS last_day FROM {days} GROUP BY ALL)
            JOIN ({_counts(days, dimension, value_of, as_of_date)}) ON day = last_day
            GROUP BY ALL
        )
        """
        for grain in grains
        for dimension in dimensions
    )


def _counts(days: str, dimension: str, value_of: Callable[[str], str], as_of_date: str) -> str:
    """`day`, `dimension_value`, `what` and how many, `n`."""
    value = value_of(dimension)
    of_stretch = value if dimension in ("overall", "service") else value_of(f"s.{dimension}")
    night = "(day + INTERVAL 1 DAY) AT TIME ZONE 'Europe/Amsterdam' - INTERVAL 1 MICROSECOND"
    ends = f"(SELECT day, {night} AS night FROM {days})"
    return f"""
        WITH sampled AS (FROM fct_tickets WHERE is_sampled AND has_history AND NOT is_quarantined),
        stretches AS (
            SELECT s.ticket_id, source, status_category AS category, status_category IN {_ALL} AS works,
                   started_at, started_earliest_at, interval_number, unknown_since_at, status, cycle_number,
                   lead(started_at) OVER (PARTITION BY s.ticket_id ORDER BY interval_number) AS next_at,
                   {of_stretch} AS value
            FROM fct_ticket_intervals AS s
            JOIN (SELECT ticket_id, source, service, unknown_since_at FROM sampled) USING (ticket_id)
        ),
        nights AS (
            SELECT day, s.*,
                   started_at <= night AND coalesce(next_at, unknown_since_at, 'infinity') > night AS is_shown,
                   CASE WHEN started_earliest_at < night AND night < started_at THEN true ELSE false END AS may_be
            FROM stretches AS s, {ends}
        ),
        exports AS (
            SELECT DISTINCT source, started_at AS taken FROM stretches
            WHERE started_earliest_at < started_at AND interval_number > 1 AND NOT (status IS NULL AND cycle_number > 1)
        ),
        next_exports AS (
            SELECT source, day, coalesce(min(taken) FILTER (taken >= night), max(taken)) AS taken
            FROM exports, {ends} GROUP BY ALL
        ),
        dark AS (
            SELECT source, day FROM nights WHERE may_be
            UNION
            SELECT source, day FROM next_exports
            WHERE day < {as_of_date} AND {_local_date("taken")} = {_local_date("taken + INTERVAL 1 MICROSECOND")}
        ),
        open_nights AS (FROM nights SEMI JOIN dark USING (source, day)),
        possible AS (
            SELECT DISTINCT ticket_id, day, value FROM open_nights
            WHERE (works AND (is_shown OR may_be)) OR (may_be AND interval_number = 1)
        ),
        certain AS (
            SELECT * FROM open_nights AS n WHERE works AND is_shown AND NOT EXISTS (
                FROM open_nights AS o
                WHERE o.ticket_id = n.ticket_id AND o.day = n.day AND o.may_be AND NOT (o.works AND o.value = n.value)
            )
        )
        SELECT day_date AS day, {value} AS dimension_value, status_category AS what, ticket_count AS n
        FROM fct_ticket_days
        UNION ALL
        SELECT day, {value}, 'unknown', 1 FROM ({_unknown(as_of_date)}) JOIN {days} ON comes <= day AND day < goes
        UNION ALL
        SELECT day, value, 'shown ' || category, 1 FROM open_nights WHERE works AND is_shown
        UNION ALL
        SELECT day, value, 'possible', 1 FROM possible
        UNION ALL
        SELECT day, value, 'certain', 1 FROM certain
    """


def _local_date(instant: str) -> str:
    return f"CAST(({instant}) AT TIME ZONE 'Europe/Amsterdam' AS DATE)"


def _unknown(as_of_date: str) -> str:
    """Tickets with the days of which it is not known where they were: from creation until the day they are over."""
    over = "CASE WHEN is_done THEN coalesce(resolved_at, settled_by_at) ELSE coalesce(cancelled_at, settled_by_at) END"
    return f"""
        SELECT *, CASE WHEN has_history AND NOT is_quarantined THEN {_local_date("unknown_since_at")}
                       WHEN created_at IS NOT NULL THEN {_local_date("created_at")}
                       WHEN NOT is_done AND NOT is_cancelled THEN {as_of_date} END AS comes,
               CASE WHEN is_done OR is_cancelled THEN coalesce({_local_date(over)}, {as_of_date})
                    ELSE DATE '9999-01-01' END AS goes
        FROM fct_tickets WHERE is_quarantined OR NOT has_history OR unknown_since_at IS NOT NULL
    """
