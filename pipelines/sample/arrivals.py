"""When tickets are created: by weekday and hour in the team's own zone, with seasons, holidays and growth.

Only the creation instant is drawn here; what becomes of the ticket is `ticket_life`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from itertools import accumulate
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from pipelines.sample.company import System, Team, public_holidays
from pipelines.sample.span import Span

#: How much more arrives at the end of the span than at its beginning.
_GROWTH: Final = 0.25
_MONTH_WEIGHTS: Final = (1.08, 1.02, 1.0, 0.98, 0.97, 0.95, 0.84, 0.88, 1.06, 1.1, 1.06, 0.86)
_OFFICE_WEEKDAYS: Final = (1.3, 1.15, 1.05, 1.0, 0.9, 0.08, 0.05)
_SUPPORT_WEEKDAYS: Final = (1.25, 1.1, 1.0, 1.0, 0.95, 0.6, 0.35)
_NETWORK_WEEKDAYS: Final = (1.1, 1.05, 1.0, 1.0, 1.0, 0.7, 0.65)
_OFFICE_HOURS: Final = (0, 0, 0, 0, 0, 0, 1, 3, 8, 12, 11, 9, 5, 8, 10, 9, 7, 4, 2, 1, 1, 0.5, 0.3, 0.2)
_SUPPORT_HOURS: Final = (0.5, 0.3, 0.2, 0.2, 0.3, 1, 2, 4, 7, 9, 9, 8, 7, 7, 8, 8, 7, 6, 5, 5, 4, 3, 2, 1)
_NETWORK_HOURS: Final = (2, 2, 2.5, 2, 2, 2, 3, 4, 6, 7, 7, 6, 5, 6, 6, 6, 5, 4, 4, 3, 3, 3, 2, 2)


def draw_creations(team: Team, count: int, span: Span, random: Random) -> list[int]:
    """`count` creation instants (epoch seconds) of a team's tickets, in order, all within the span."""
    zone = ZoneInfo(team.zone)
    weekdays, hours = _profile(team)
    holidays = public_holidays(team.country, span.first, span.last)
    days = [span.first + timedelta(days=offset) for offset in range((span.last - span.first).days + 1)]
    day_weights = [
        weekdays[day.weekday()]
        * _MONTH_WEIGHTS[day.month - 1]
        * (1 + _GROWTH * span.progress(day))
        * (0.15 if day in holidays else 1.0)
        for day in days
    ]
    chosen_days = random.choices(days, cum_weights=list(accumulate(day_weights)), k=count)
    chosen_hours = random.choices(range(24), cum_weights=list(accumulate(hours)), k=count)
    draw = random.random
    creations = []
    for day, hour in zip(chosen_days, chosen_hours, strict=True):
        second = int(draw() * 3600)
        local = datetime.combine(day, time(hour, second // 60, second % 60), zone)
        # A zone east or west of headquarters may fall just outside the span; the nearest moment inside is as good.
        creations.append(min(max(int(local.timestamp()), span.start_at), span.end_at - 1 - second))
    creations.sort()
    return creations


def share_out(total: int, shares: Sequence[float]) -> list[int]:
    """Whole numbers in the proportion of `shares` that add up to `total` (largest remainder)."""
    exact = [total * share / sum(shares) for share in shares]
    counts = [int(value) for value in exact]
    by_remainder = sorted(range(len(exact)), key=lambda index: (counts[index] - exact[index], index))
    for index in by_remainder[: total - sum(counts)]:
        counts[index] += 1
    return counts


def _profile(team: Team) -> tuple[Sequence[float], Sequence[float]]:
    """Weights by weekday and by hour of the day."""
    if team.works_round_the_clock:
        return _NETWORK_WEEKDAYS, _NETWORK_HOURS
    if team.system is System.ZENDESK:
        return _SUPPORT_WEEKDAYS, _SUPPORT_HOURS
    return _OFFICE_WEEKDAYS, _OFFICE_HOURS
