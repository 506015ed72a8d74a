"""Whether an export's data came when its contract says: how old the newest event is, and which periods have none.

Measured on the dates of the events themselves, never on when a file was written or landed: a file of yesterday may hold
the events of last year. Pure; what a contract may promise is in `data_contracts.service_levels`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import date, timedelta
from typing import Final

from metrics.periods import Period, period_holding
from models.vocabulary import Grain

#: After so many days without anything, a few events are doubted: a garbled date must not make an export look fresh.
_ISOLATION_DAYS: Final = 90
#: Few is one event in so many, and one at least.
_FEW: Final = 1000


def believed_days(counts: Mapping[date, int], *, until: date | None = None) -> list[date]:
    """The days on which events lie, in order, without what stands alone at either end.

    At most one event in a thousand (one at least) that lies more than 90 days before or after all others says nothing
    of where an export begins or ends; nor does what lies after `until`.

    Args:
        counts: day -> events.
    """
    days = sorted(day for day, count in counts.items() if count and (until is None or day <= until))
    few = max(1, sum(counts[day] for day in days) // _FEW)
    for _ in range(2):
        days = _without_isolated_end(days, counts, few)[::-1]
    return days


def _without_isolated_end(days: list[date], counts: Mapping[date, int], few: int) -> list[date]:
    """Days without those behind the earliest wide gap behind which there are only a few events."""
    behind, kept = 0, len(days)
    for index in range(len(days) - 1, 0, -1):
        behind += counts[days[index]]
        if behind > few:
            break
        if abs((days[index] - days[index - 1]).days) > _ISOLATION_DAYS:
            kept = index
    return days[:kept]


def age_in_days(newest: date, as_of: date, is_counted: Callable[[date], bool] | None = None) -> int:
    """Days after the newest event up to and with the day that it is looked at; of a calendar, its working days."""
    days = (as_of - newest).days
    if is_counted is None or days <= 0:
        return max(days, 0)
    return sum(is_counted(newest + timedelta(days=ahead)) for ahead in range(1, days + 1))


def list_periods(first: date, last: date, grain: Grain) -> list[Period]:
    """Every period of a length from the one that holds `first` to the one that holds `last`, both included."""
    periods = [period_holding(first, grain)]
    while (following := periods[-1].following).start <= last:
        periods.append(following)
    return periods


def expected_periods(
    first: date,
    last: date,
    grain: Grain,
    *,
    is_counted: Callable[[date], bool] | None = None,
    excused: Collection[date] = (),
    until: date | None = None,
    limit_days: int = 0,
) -> list[Period]:
    """The periods between the first and the last event in which an export has to have some, and those after it that
    were over on a day that somebody chose to look at it, but for the latest: that may be on its way.

    Args:
        until: that day; None where nobody chose one, and only the events tell how far the export has to reach.
        limit_days: how many days (working days, where they are counted) an event may take to come: a period whose end
            is no older on that day is not expected yet.
        is_counted: whether a day is a working day; None where every day is.
        excused: days of known incidents: a period all of whose days are excused is not expected.
    """
    return [
        period
        for period in list_periods(first, max(last, until or last), grain)
        if (
            period.start <= last
            or (
                until is not None
                and period.following.end < until
                and age_in_days(period.end, until, is_counted) > limit_days
            )
        )
        and any((is_counted is None or is_counted(day)) and day not in excused for day in _days(period))
    ]


def _days(period: Period) -> list[date]:
    return [period.start + timedelta(days=ahead) for ahead in range((period.end - period.start).days + 1)]
