"""The operation that the ticket benchmarks are about: its teams, calendars and promises.

What happens to its tickets is drawn in `benchmarks.ticket_scripts` and `benchmarks.ticket_events`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final

from benchmarks.compared import Rules
from metrics.calendars.business_time import CalendarVersion, WorkingCalendar, always_open
from metrics.sla.policy import SlaPolicy
from metrics.tickets.clocks import TeamCalendars
from models.vocabulary import SlaTarget, StatusCategory

#: Two years, and where the export ends.
BEGINS_AT: Final = datetime(2024, 3, 1, tzinfo=UTC)
ENDS_AT: Final = datetime(2026, 3, 1, tzinfo=UTC)
#: Reporting time zone.
TIME_ZONE: Final = "Europe/Amsterdam"

PRIORITIES: Final = ("P1", "P2", "P3", "P4", "P5")
#: Of twenty tickets, how many begin with each priority.
PRIORITY_WEIGHTS: Final = (1, 3, 9, 5, 2)
TEAMS: Final = tuple(f"{region} {number:02d}" for region in ("Desk", "Network", "Field") for number in range(1, 11))
SERVICES: Final = tuple(f"Service {number:02d}" for number in range(1, 21))
VENDORS: Final = tuple(f"Vendor {number:02d}" for number in range(1, 11))
TICKET_TYPES: Final = ("incident", "request", "problem")

_HOUR: Final = 3_600_000_000
_WORKDAYS: Final = range(5)


def _week(*intervals: tuple[int, int]) -> dict[int, tuple[tuple[int, int], ...]]:
    return dict.fromkeys(_WORKDAYS, tuple((opening * 60, closing * 60) for opening, closing in intervals))


def _days(*days: str) -> frozenset[date]:
    return frozenset(date.fromisoformat(day) for day in days)


#: An office with a lunch break, which closes early on Fridays from 2025 on and opened on one Saturday.
_AMSTERDAM: Final = WorkingCalendar(
    "amsterdam",
    "Europe/Amsterdam",
    (
        CalendarVersion(
            date(2024, 1, 1),
            _week((9, 12), (13, 17)),
            holidays=_days("2024-04-01", "2024-05-09", "2024-05-20", "2024-12-25", "2024-12-26"),
            exceptional_days={date(2024, 11, 2): ((10 * 60, 14 * 60),)},
        ),
        CalendarVersion(
            date(2025, 1, 1),
            {**_week((9, 12), (13, 17)), 4: ((9 * 60, 12 * 60), (13 * 60, 15 * 60 + 30))},
            holidays=_days("2025-01-01", "2025-04-21", "2025-05-05", "2025-05-29", "2025-12-25", "2025-12-26"),
        ),
    ),
)
_NEW_YORK: Final = WorkingCalendar(
    "new york",
    "America/New_York",
    (
        CalendarVersion(
            date(2024, 1, 1),
            _week((8, 18)),
            holidays=_days("2024-07-04", "2024-11-28", "2024-12-25", "2025-01-01", "2025-07-04", "2025-11-27"),
        ),
    ),
)
_SYDNEY: Final = WorkingCalendar(
    "sydney",
    "Australia/Sydney",
    (
        CalendarVersion(
            date(2024, 1, 1),
            {**_week((7, 12), (13, 19)), 5: ((9 * 60, 13 * 60),)},
            holidays=_days("2024-04-25", "2024-12-25", "2025-01-27", "2025-04-25", "2025-12-25", "2026-01-26"),
        ),
    ),
)
CALENDARS: Final = (_AMSTERDAM, _NEW_YORK, _SYDNEY, always_open("24x7"))

#: The last three teams are not named and work by the default.
TEAM_CALENDARS: Final = TeamCalendars(
    default="amsterdam",
    teams={
        **dict.fromkeys(TEAMS[:10], "amsterdam"),
        **dict.fromkeys(TEAMS[10:18], "new york"),
        **dict.fromkeys(TEAMS[18:24], "sydney"),
        **dict.fromkeys(TEAMS[24:27], "24x7"),
    },
)

_WAITING: Final = frozenset({StatusCategory.WAITING})
_QUEUED_OR_WAITING: Final = frozenset({StatusCategory.QUEUED, StatusCategory.WAITING})
_EXCUSES: Final = frozenset({"customer", "vendor"})
_RESOLUTION: Final = SlaTarget.RESOLUTION
_RESPONSE: Final = SlaTarget.FIRST_RESPONSE


def _for(*priorities: str) -> dict[str, frozenset[str]]:
    return {"priority": frozenset(priorities)}


#: In order of precedence. Every ticket has a clock for both targets, and keeps time when its priority changes.
SLA_POLICIES: Final = (
    SlaPolicy("resolution_p1", _RESOLUTION, 4 * _HOUR, "24x7", _for("P1")),
    SlaPolicy("resolution_p2", _RESOLUTION, 8 * _HOUR, None, _for("P2"), _WAITING, _EXCUSES),
    SlaPolicy(
        "resolution_field",
        _RESOLUTION,
        24 * _HOUR,
        None,
        {"team": frozenset(TEAMS[20:]), "priority": frozenset({"P3", "P4"})},
        _WAITING,
    ),
    SlaPolicy(
        "resolution_p3_until_2024",
        _RESOLUTION,
        20 * _HOUR,
        None,
        _for("P3"),
        _WAITING,
        _EXCUSES,
        effective_to=date(2024, 12, 31),
    ),
    SlaPolicy(
        "resolution_p3", _RESOLUTION, 16 * _HOUR, None, _for("P3"), _WAITING, _EXCUSES, effective_from=date(2025, 1, 1)
    ),
    SlaPolicy("resolution_p4", _RESOLUTION, 40 * _HOUR, "amsterdam", _for("P4"), _WAITING, frozenset({"customer"})),
    SlaPolicy("resolution_rest", _RESOLUTION, 80 * _HOUR, "amsterdam", {}, _QUEUED_OR_WAITING, _EXCUSES),
    SlaPolicy("response_p1", _RESPONSE, _HOUR // 2, "24x7", _for("P1")),
    SlaPolicy(
        "response_desk",
        _RESPONSE,
        2 * _HOUR,
        None,
        {"team": frozenset(TEAMS[:5])},
        effective_from=date(2025, 7, 1),
    ),
    SlaPolicy("response_p2_p3", _RESPONSE, 3 * _HOUR, None, _for("P2", "P3"), _WAITING, frozenset({"customer"})),
    SlaPolicy("response_rest", _RESPONSE, 8 * _HOUR),
)

RULES: Final = Rules(ENDS_AT, CALENDARS, TEAM_CALENDARS, SLA_POLICIES, TIME_ZONE)
