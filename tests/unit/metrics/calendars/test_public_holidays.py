"""Public holidays by region: the right days, names that do not depend on the machine, and no other word for a code."""

from __future__ import annotations

from datetime import date

import pytest

from metrics.calendars.public_holidays import country_codes, region_holidays, subdivision_codes
from metrics.calendars.working_calendar import CalendarError


def test_a_subdivision_has_holidays_that_its_country_has_not() -> None:
    bavaria, berlin, germany = (region_holidays("DE", code, [2026]) for code in ("BY", "BE", None))
    assert bavaria[date(2026, 1, 6)] == "Epiphany"
    assert berlin[date(2026, 3, 8)] == "Women's Day"
    assert not {date(2026, 1, 6), date(2026, 3, 8)} & set(germany)
    assert set(germany) < set(bavaria)


def test_a_holiday_on_a_weekend_is_observed_on_another_day_as_well() -> None:
    found = region_holidays("US", None, [2026])  # July 4th is a Saturday
    assert [str(day) for day, name in found.items() if name.startswith("Independence")] == ["2026-07-03", "2026-07-04"]


def test_names_are_the_same_whatever_the_machine_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("LANGUAGE", "LC_ALL", "LANG"):
        monkeypatch.setenv(variable, "de_DE.UTF-8")
    assert region_holidays("DE", None, [2031])[date(2031, 1, 1)] == "New Year's Day"


def test_years_that_nobody_knows_have_none_and_warn_of_nothing() -> None:
    assert region_holidays("GW", None, [1975]) == {}  # Guinea-Bissau is known from 2023 on
    assert date(2090, 1, 26) in region_holidays("IN", None, [2090])  # movable holidays only until 2035


@pytest.mark.parametrize(
    ("country", "subdivision"),
    [("nl", None), ("Netherlands", None), ("HolidayBase", None), ("DE", "by"), ("DE", "DE-BY"), ("DE", ""), ("", None)],
)
def test_nothing_else_is_taken_for_a_region(country: str, subdivision: str | None) -> None:
    with pytest.raises(CalendarError, match="no holidays are known for"):
        region_holidays(country, subdivision, [2026])


def test_names_lead_to_codes() -> None:
    codes = country_codes()
    assert (codes["Netherlands"], codes["NLD"], codes["UnitedKingdom"], codes["UK"]) == ("NL", "NL", "GB", "GB")
    assert subdivision_codes("DE")["Bayern"] == "BY"
