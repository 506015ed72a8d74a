"""How values are spelt in all files of `policies/`, and how the files on calendars, statuses and dimensions are.

Files that say more have a module of their own: `sla`, `costs`, `vendors` and `targets`.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, field_validator

from data_contracts.problems import list_words, suggest, words_of
from models.vocabulary import StatusCategory

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
#: The calendar that never closes; every home has it.
ALWAYS_OPEN: Final = "24x7"


class Strict(BaseModel):
    """A group of keys in which no other key is accepted."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _duration(value: Any) -> int:
    """`90m`, `4h`, `2d`, `1h30m` as microseconds; a day is 24 hours."""
    text = str(value).replace(" ", "")
    parts = re.findall(r"(\d+(?:\.\d+)?)([smhd])", text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"'{value}' is not a duration; write one such as 30m, 4h or 2d")
    seconds = {"s": 1, "m": 60, "h": 3600, "d": 86400}
    total = sum(Decimal(number) * seconds[unit] for number, unit in parts)
    if total <= 0:
        raise ValueError(f"'{value}' is not longer than nothing")
    return int(total * 1_000_000)


def as_texts(value: Any) -> Any:
    """One text or a list of them; account numbers may stand without quotes."""
    listed = value if isinstance(value, list | tuple) else [value]
    return [str(entry) if isinstance(entry, int | float) else entry for entry in listed]


def _exact(value: Any) -> Any:
    """A number as it is written: a binary fraction near 0.95 would move the boundary of what is compared with it."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Decimal(str(value))
    if isinstance(value, str) and (found := re.fullmatch(r"\s*([-+]?\d+(?:\.\d+)?)\s*%\s*", value)):
        raise ValueError(f"'{value}' is not a number; write {(Decimal(found[1]) / 100).normalize():f} for {found[1]} %")
    return value


#: A decimal number, exactly as it is written.
Exact = Annotated[Decimal, BeforeValidator(_exact)]
Duration = Annotated[int, BeforeValidator(_duration)]
Texts = Annotated[tuple[str, ...], BeforeValidator(as_texts)]


def _check_day(value: Any) -> Any:
    """Nothing else is taken for a date, such as a number for the seconds since 1970."""
    text = str(value)
    with suppress(ValueError):
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return date.fromisoformat(text)
    raise ValueError(f"'{text}' is not a date; write one such as 2026-12-24")


def _as_named_days(value: Any) -> Any:
    return {str(day): None for day in value} if isinstance(value, list) else value


Day = Annotated[date, BeforeValidator(_check_day)]


class Holidays(Strict):
    """Days on which a calendar is closed: a region's, and dates, which may have names."""

    country: str | None = None
    subdivision: str | None = None
    dates: Annotated[dict[Day, str | None], BeforeValidator(_as_named_days)] = {}


class ExceptionalDay(Strict):
    """A day with open hours of its own."""

    hours: Texts
    name: str | None = None


def _as_exceptional_day(value: Any) -> Any:
    return value if isinstance(value, dict) else {"hours": value}


ExceptionalDays = dict[Day, Annotated[ExceptionalDay, BeforeValidator(_as_exceptional_day)]]


class Version(Strict):
    """What a calendar looks like from a date on. Hours are texts here; `pipelines.policies.calendars` reads them."""

    effective_from: Day | None = Field(default=None, alias="from")
    week: dict[Literal[WEEKDAYS], Texts]  # type: ignore[valid-type]
    holidays: Holidays | None = None
    exceptional_days: ExceptionalDays = {}


class Calendar(Strict):
    """One working calendar: a zone, what holds for all its versions, and versions of its week."""

    time_zone: str
    holidays: Holidays = Holidays()
    exceptional_days: ExceptionalDays = {}
    versions: tuple[Version, ...]


class TeamCalendarNames(Strict):
    """Which team works by which calendar."""

    default: str
    teams: dict[str, str] = {}


def _check_calendar(value: Any) -> Any:
    if isinstance(value, dict) or value == ALWAYS_OPEN:
        return value
    shown = "nothing" if value is None else f"'{value}'"
    raise ValueError(f"{shown} is no calendar; write {ALWAYS_OPEN}, or give it a time_zone and versions")


# Told apart beforehand, so that a mistake in a calendar is not also called a misspelt 24x7.
_CalendarOrAlways = Annotated[
    Annotated[Calendar, Tag("Calendar")] | Annotated[Literal["24x7"], Tag("Always")],
    Discriminator(lambda value: "Always" if isinstance(value, str) else "Calendar"),
    BeforeValidator(_check_calendar),
]


class CalendarFile(Strict):
    """`calendars.yaml`."""

    calendars: dict[str, _CalendarOrAlways] = {}
    team_calendars: TeamCalendarNames | None = None


class _Status(Strict):
    category: StatusCategory
    reason: str | None = None

    @field_validator("category", mode="before")
    @classmethod
    def _lower(cls, value: Any) -> Any:
        return value.lower() if isinstance(value, str) else value


def _as_status(value: Any) -> Any:
    """A category alone means one without a reason; what is no category is told at the status, which has the line."""
    if isinstance(value, dict | _Status):
        return value
    categories = words_of(StatusCategory)
    if isinstance(value, str) and value.lower() in categories:
        return {"category": value}
    near = suggest(str(value), categories)
    shown = "nothing" if value is None else f"'{value}'"
    hint = f" (did you mean '{near}'?)" if near else ""
    raise ValueError(f"{shown} is no category{hint}; write {list_words(categories)}")


class StatusFile(Strict):
    """`statuses.yaml`."""

    statuses: dict[str, dict[str, Annotated[_Status, BeforeValidator(_as_status)]]] = {}


class Scope(Strict):
    """Which tickets something applies to."""

    source: Texts = ()
    team: Texts = ()
    service: Texts = ()
    priority: Texts = ()
    ticket_type: Texts = ()
    vendor: Texts = ()


def _filled(names: tuple[str, ...]) -> tuple[str, ...]:
    if not names or any(not name.strip() for name in names):
        raise ValueError("there is a name that is empty, or none at all; write each name that is known")
    return names


_Names = Annotated[Texts, AfterValidator(_filled)]


class ListedNames(Strict):
    """Which names there are, by dimension; None where nobody listed them."""

    team: _Names | None = None
    priority: _Names | None = None
    service: _Names | None = None
    vendor: _Names | None = None


class DimensionFile(Strict):
    """`dimensions.yaml`: common name -> aliases, by dimension, and which common names there are."""

    known: ListedNames = ListedNames()

    team: dict[str, Texts] = {}
    priority: dict[str, Texts] = {}
    service: dict[str, Texts] = {}
    vendor: dict[str, Texts] = {}
