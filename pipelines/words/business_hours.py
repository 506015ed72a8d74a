"""That business hours are hours of the clock, where no calendar is open less than always, as everybody says it.

Known by the published numbers, since what is published tells of no calendars: each time in business hours has a twin in
calendar hours, and some are longer than any working week can be. What a home says of its calendars is told by
`pipelines.notices.business_hours`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import duckdb

CLOCK_NOTE: Final = (
    "business hours are hours of the clock here, nights and weekends included: see policies/calendars.yaml"
)
#: No working week is as long as a week.
_WEEK_HOURS: Final = 7 * 24
_PAIRS: Final = """
    SELECT DISTINCT business.value, calendar.value
    FROM mart.metric_values AS business
    JOIN mart.metric_values AS calendar
        ON calendar.metric = replace(business.metric, '_business_hours', '_calendar_hours')
        AND calendar.period_grain = business.period_grain
        AND calendar.period_start_date = business.period_start_date
        AND calendar.dimension = business.dimension
    WHERE business.dimension = 'overall' AND business.period_grain = 'quarter'
        AND business.unit = 'business_hours' AND calendar.unit = 'calendar_hours'
"""


def is_by_the_clock(pairs: Iterable[tuple[float | None, float | None]]) -> bool:
    """Whether business hours are hours of the clock, by values in business hours and their twins in calendar hours."""
    longest = 0.0
    for business, calendar in pairs:
        if business != calendar:
            return False
        longest = max(longest, business or 0.0)
    return longest >= _WEEK_HOURS


def are_published_by_the_clock(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the business hours of a publication are hours of the clock; not while too little is known.

    Args:
        connection: to a published file.
    """
    return is_by_the_clock(connection.execute(_PAIRS).fetchall())
