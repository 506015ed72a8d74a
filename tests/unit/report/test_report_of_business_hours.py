"""The report says beside KPIs in business hours that they are hours of the clock, where no calendar makes them less."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_up_facts import SLA, facts, number

from pipelines.report.headlines import headline_cards

CYCLE, OLDEST = "ticket_cycle_time_p85_business_hours", "ticket_lead_time_p95_business_hours"
SAID = "business hours are hours of the clock here, nights and weekends included: see policies/calendars.yaml"


def _said(*pairs: tuple[str, float | None, float | None]) -> set[str]:
    """The cards that say it, of values in business and in calendar hours."""
    numbers = {SLA: number(SLA)}
    for name, business, calendar in pairs:
        twin = name.replace("business", "calendar")
        numbers[name] = number(name, unit="business_hours", value=business)
        numbers[twin] = number(twin, unit="calendar_hours", value=calendar)
    told = replace(facts(), numbers=numbers, headlines=(SLA, CYCLE))
    return {card.metric for card in headline_cards(told) if SAID in card.certainty}


def test_it_is_said_beside_business_hours_only() -> None:
    assert _said((CYCLE, 30.0, 30.0), (OLDEST, 500.0, 500.0)) == {CYCLE}


@pytest.mark.parametrize(
    ("cycle", "oldest", "why"),
    [
        ((30.0, 90.0), (150.0, 500.0), "a calendar has closed time"),
        ((3.0, 3.0), (150.0, 500.0), "one KPI is of a single day, another is not"),
        ((3.0, 3.0), (7.0, 7.0), "all may have been done within a working day"),
        ((None, None), (500.0, 500.0), "the card has no value"),
    ],
)
def test_it_is_not_said_where_it_is_not_known(
    cycle: tuple[float | None, float | None], oldest: tuple[float, float], why: str
) -> None:
    assert _said((CYCLE, *cycle), (OLDEST, *oldest)) == set(), why
