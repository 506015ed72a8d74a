"""How the files of a home's `policies/` folder are spelt: strict models of their keys and values.

What a policy means is documented with its record in `metrics`; turning these files into those records is for
`pipelines.policies`.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, field_validator

from data_contracts.problems import list_words, suggest, words_of
from metrics.costs.exchange_rates import FxRateRule
from metrics.costs.planning_policy import DelayClock, DelayMeasure, YearEndMethod
from metrics.costs.policy import CostBasis, Driver, TransactionKind
from models.vocabulary import SlaTarget, StatusCategory

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
#: The calendar that never closes; every home has it.
ALWAYS_OPEN: Final = "24x7"


class _Strict(BaseModel):
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


def _texts(value: Any) -> Any:
    """One text or a list of them; account numbers may stand without quotes."""
    listed = value if isinstance(value, list | tuple) else [value]
    return [str(entry) if isinstance(entry, int | float) else entry for entry in listed]


Duration = Annotated[int, BeforeValidator(_duration)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_texts)]


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


class Holidays(_Strict):
    """Days on which a calendar is closed: a region's, and dates, which may have names."""

    country: str | None = None
    subdivision: str | None = None
    dates: Annotated[dict[Day, str | None], BeforeValidator(_as_named_days)] = {}


class ExceptionalDay(_Strict):
    """A day with open hours of its own."""

    hours: Texts
    name: str | None = None


def _as_exceptional_day(value: Any) -> Any:
    return value if isinstance(value, dict) else {"hours": value}


ExceptionalDays = dict[Day, Annotated[ExceptionalDay, BeforeValidator(_as_exceptional_day)]]


class Version(_Strict):
    """What a calendar looks like from a date on. Hours are texts here; `pipelines.calendar_policy` reads them."""

    effective_from: Day | None = Field(default=None, alias="from")
    week: dict[Literal[WEEKDAYS], Texts]  # type: ignore[valid-type]
    holidays: Holidays | None = None
    exceptional_days: ExceptionalDays = {}


class Calendar(_Strict):
    """One working calendar: a zone, what holds for all its versions, and versions of its week."""

    time_zone: str
    holidays: Holidays = Holidays()
    exceptional_days: ExceptionalDays = {}
    versions: tuple[Version, ...]


class TeamCalendarNames(_Strict):
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


class CalendarFile(_Strict):
    """`calendars.yaml`."""

    calendars: dict[str, _CalendarOrAlways] = {}
    team_calendars: TeamCalendarNames | None = None


class _Status(_Strict):
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


class StatusFile(_Strict):
    """`statuses.yaml`."""

    statuses: dict[str, dict[str, Annotated[_Status, BeforeValidator(_as_status)]]] = {}


class _Scope(_Strict):
    source: Texts = ()
    team: Texts = ()
    service: Texts = ()
    priority: Texts = ()
    ticket_type: Texts = ()
    vendor: Texts = ()


class Pause(_Strict):
    """When an SLA clock stands still."""

    categories: tuple[StatusCategory, ...] = ()
    reasons: tuple[str, ...] = ()


class ContractPromise(_Strict):
    """What a vendor's contract promises for an item of its rate card."""

    contract_item: str = Field(min_length=1)


# Told apart beforehand, so that a mistake in one is not also called a mistake in the other.
_Within = Annotated[
    Annotated[Duration, Tag("Duration")] | Annotated[ContractPromise, Tag("Contract")],
    Discriminator(lambda value: "Contract" if isinstance(value, dict | ContractPromise) else "Duration"),
]


class _SlaPolicy(_Strict):
    id: str = Field(min_length=1)
    target: SlaTarget
    within: _Within
    calendar: str = "team"
    applies_to: _Scope = _Scope()
    pause_on: Pause = Pause()
    effective_from: Day | None = None
    effective_to: Day | None = None
    on_priority_change: Literal["retarget", "keep", "restart"] = "retarget"
    on_reopen: Literal["new_cycle", "continue"] = "new_cycle"


class SlaFile(_Strict):
    """`sla.yaml`."""

    policies: tuple[_SlaPolicy, ...] = ()


class Fx(_Strict):
    """Which exchange rates convert lines."""

    rate: FxRateRule = FxRateRule.POSTING_DATE
    fixed: dict[str, Decimal] = {}
    max_age_days: int = Field(default=7, ge=0)


class _CostCentre(_Strict):
    team: str | None = None
    service: str | None = None


class _PoolLines(_Strict):
    account: Texts = ()
    cost_centre: Texts = ()
    vendor: Texts = ()
    description: Texts = ()


class _Pool(_Strict):
    id: str = Field(min_length=1)
    where: _PoolLines = _PoolLines()
    driver: Driver
    shares: dict[str, Decimal] = {}
    metric: str | None = None


class _StepDown(_Strict):
    team: str = Field(min_length=1)
    driver: Driver
    shares: dict[str, Decimal] = {}
    metric: str | None = None


def _as_condition(value: Any) -> Any:
    return value if isinstance(value, bool) else _texts(value)


class CountedFact(_Strict):
    """Any fact whose records are transactions."""

    fact: str
    date: str
    distinct: Texts = ()
    where: dict[str, Annotated[bool | tuple[str, ...], BeforeValidator(_as_condition)]] = {}


def _check_transaction(value: Any) -> Any:
    if isinstance(value, str | dict):
        return value
    shown = "nothing" if value is None else f"'{value}'"
    names = ", ".join(kind.value for kind in TransactionKind)
    raise ValueError(f"{shown} is no transaction; write one of {names}, or a fact and a date")


# Told apart beforehand, so that a mistake in a fact is not also called a misspelt short name.
_Transaction = Annotated[
    Annotated[CountedFact, Tag("Fact")] | Annotated[TransactionKind, Tag("Kind")],
    Discriminator(lambda value: "Fact" if isinstance(value, dict | CountedFact) else "Kind"),
    BeforeValidator(_check_transaction),
]


class _BudgetRules(_Strict):
    fx: Fx | None = None
    year_end: YearEndMethod = YearEndMethod.RUN_RATE
    run_rate_months: int = Field(default=3, ge=1, le=60)


class _DelayRule(_Strict):
    id: str = Field(min_length=1)
    applies_to: _Scope = _Scope()
    price_per_hour: Decimal
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    measure: DelayMeasure = DelayMeasure.WAITING
    clock: DelayClock = DelayClock.BUSINESS
    cap_per_ticket: Decimal | None = None


class CostFile(_Strict):
    """`costs.yaml`."""

    basis: CostBasis = CostBasis.ACCRUAL
    transaction: _Transaction = TransactionKind.RESOLVED_TICKETS
    fx: Fx = Fx()
    cost_centres: dict[str, _CostCentre] = {}
    pools: tuple[_Pool, ...] = ()
    step_down: tuple[_StepDown, ...] = ()
    budget: _BudgetRules = _BudgetRules()
    delay: tuple[_DelayRule, ...] = ()


class _BenefitLines(_Strict):
    account: Texts = ()
    description: Texts = ()


class _Initiative(_Strict):
    id: str = Field(min_length=1)
    name: str | None = None
    owner: str | None = None
    start: Day | None = None
    payback_target: Day | None = None
    tags: Texts = ()
    benefits: tuple[_BenefitLines, ...] = ()


class InitiativeFile(_Strict):
    """`initiatives.yaml`."""

    initiatives: tuple[_Initiative, ...] = ()


class DimensionFile(_Strict):
    """`dimensions.yaml`."""

    team: dict[str, Texts] = {}
    priority: dict[str, Texts] = {}
    service: dict[str, Texts] = {}
    vendor: dict[str, Texts] = {}


class _Duplicates(_Strict):
    window_days: int = Field(default=60, ge=0)
    amount_tolerance_ratio: Decimal = Field(default=Decimal(0), ge=0, lt=1)
    typing_error_days: int = Field(default=7, ge=0)
    recurring_count: int = Field(default=3, ge=2)


class _Commitments(_Strict):
    run_rate_months: int = Field(default=3, ge=1)


class VendorFile(_Strict):
    """`vendors.yaml`."""

    duplicates: _Duplicates = _Duplicates()
    commitments: _Commitments = _Commitments()
    items: dict[str, Texts] = {}
