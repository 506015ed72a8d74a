"""Bounds of cells whose records may belong to other periods, in plain SQL: such a record counts for nothing where it is
certain of none, and is one more in every period that it may belong to.
"""

from __future__ import annotations

_ORDER = ("value", "numerator", "denominator", "lower_bound", "upper_bound", "eligible_count", "measured_count")


def with_windows(records: str, earliest: str, latest: str = "NULL") -> str:
    """Records with `first_day` and `last_day`, on which they can have been; `day` where that is certain."""

    def local(instant: str) -> str:
        return f"CAST(({instant}) AT TIME ZONE 'Europe/Amsterdam' AS DATE)"

    def unless_set_aside(instant: str, otherwise: str) -> str:
        return f"CASE WHEN is_quarantined OR {instant} IS NULL THEN day ELSE {otherwise} END"

    first = unless_set_aside(earliest, f"least(day, {local(f'{earliest} + INTERVAL 1 MICROSECOND')})")
    last = unless_set_aside(latest, f"greatest(day, {local(f'{latest}::TIMESTAMPTZ')})")
    return f"SELECT *, {first} AS first_day, {last} AS last_day FROM ({records})"


def is_windowed(records: str) -> bool:
    """Whether the records say between which days they can have been."""
    return "first_day" in records


def cells_with_windows(records: str, numbers: str, grain: str, dimension: str, value_of: str, *, is_count: bool) -> str:
    """The cells of a grain and a dimension: what is in them by `day`, and bounds by all days that records may have."""
    contributed = [name for name in ("x", "whole", "longest", "certain", "certain_whole") if f"AS {name}" in records]
    stays = f"date_trunc('{grain}', first_day) = date_trunc('{grain}', last_day)"
    certain = ", ".join(f"CASE WHEN {stays} THEN {name} END AS {name}" for name in contributed)
    unknown = ", ".join(f"NULL AS {name}" for name in contributed)
    days = "generate_series(first_day::TIMESTAMP, last_day::TIMESTAMP, INTERVAL 1 DAY)"
    starts = f"unnest(list_distinct(list_transform({days}, lambda each: date_trunc('{grain}', each)::DATE)))"
    known = f"SELECT * FROM ({records}) WHERE day IS NOT NULL"
    possible = f"""
        SELECT * REPLACE ({certain}), date_trunc('{grain}', day)::DATE AS start FROM ({known})
        UNION ALL BY NAME
        SELECT * REPLACE ({unknown}) FROM (SELECT *, {starts} AS start FROM ({known}))
        WHERE start <> date_trunc('{grain}', day)::DATE
    """
    cell = f"start AS period_start_date, {value_of} AS dimension_value"
    on_days = f"SELECT *, date_trunc('{grain}', day)::DATE AS start FROM ({known})"
    own = f"SELECT {cell}, {numbers} FROM ({on_days}) GROUP BY ALL"
    edges = f"SELECT {cell}, {numbers} FROM ({possible}) GROUP BY ALL"
    held = {name: f"own.{name}" for name in ("value", "numerator", "denominator", "eligible_count", "measured_count")}
    if is_count:
        held.update({name: f"coalesce(own.{name}, 0)" for name in ("value", "eligible_count", "measured_count")})
    bounds = {name: f"edge.{name}" for name in ("lower_bound", "upper_bound")}
    all_numbers = {**held, **bounds}
    return f"""
        SELECT '{grain}' AS period_grain, period_start_date, '{dimension}' AS dimension, dimension_value,
               {", ".join(f"{all_numbers[name]} AS {name}" for name in _ORDER)}
        FROM ({edges}) AS edge {"LEFT" if is_count else "INNER"} JOIN ({own}) AS own
        USING (period_start_date, dimension_value)
    """
