"""That no team has a working calendar, so that business hours are hours of the clock, nights and weekends included.

Nobody who reads "cycle time in business hours" expects it, and no number looks wrong by it.
"""

from __future__ import annotations

from collections.abc import Iterator

from models.vocabulary import Domain
from pipelines.notices.finding import Notice
from pipelines.policies.spelling import ALWAYS_OPEN
from pipelines.project import Project


def note_business_hours(project: Project) -> Iterator[Notice]:
    """What business hours are where tickets are worked by no calendar; nothing where a home says it is always open.

    Whoever writes `team_calendars` with 24x7 as its default has decided it.
    """
    policies = project.policies
    told = policies.team_calendars
    document = policies.documents.get("calendars.yaml")
    is_said = document is not None and document.line_of(("team_calendars", "default")) is not None
    if is_said or not project.contracts_of(Domain.TICKETS) or {told.default, *told.teams.values()} != {ALWAYS_OPEN}:
        return
    file = f"{project.home.policies.name}/calendars.yaml"
    named = [calendar.name for calendar in policies.calendars if not calendar.is_always_open]
    lacks = (
        f"defines {', '.join(named)}, but says of no team that it works by it"
        if named
        else "says of no team when it works"
    )
    default = named[0] if named else "office"
    remedy = (
        f"Write team_calendars: {{default: {default}}} there"
        if named
        else f"Define a calendar there and write team_calendars: {{default: {default}}}"
    )
    yield Notice(
        "no_working_calendar",
        file,
        f"{file} {lacks}, so business hours are hours of the clock: nights, weekends and holidays count in every KPI "
        f"in business hours, and in promises that name no calendar. {remedy}; if work goes on day and night, "
        f"write team_calendars: {{default: {ALWAYS_OPEN}}}.",
    )
