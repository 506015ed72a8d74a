"""How the files of a home's `policies/` folder are spelt: strict models of their keys and values.

What a policy means is documented with its record in `metrics`; turning these files into those records is for
`pipelines.policies`.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from metrics.exchange_rates import FxRateRule
from metrics.unit_cost import CostBasis, Driver, TransactionKind
from models.vocabulary import SlaTarget, StatusCategory

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _minutes(text: str) -> int:
    match = re.fullmatch(r"(\d{1,2}):([0-5]\d)", text.strip())
    minutes = int(match[1]) * 60 + int(match[2]) if match else -1
    if not 0 <= minutes <= 1440:
        raise ValueError(f"'{text}' is not a time of day between 00:00 and 24:00")
    return minutes


def _interval(value: Any) -> tuple[int, int]:
    start, dash, end = str(value).replace("–", "-").partition("-")
    if not dash:
        raise ValueError(f"'{value}' is not an interval; write one such as \"09:00-17:30\"")
    interval = (_minutes(start), _minutes(end))
    if interval[0] >= interval[1]:
        raise ValueError(f"'{value}' ends before it starts; split a night shift at midnight (22:00-24:00, 00:00-06:00)")
    return interval


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


Interval = Annotated[tuple[int, int], BeforeValidator(_interval)]
Duration = Annotated[int, BeforeValidator(_duration)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_texts)]


class Holidays(_Strict):
    """Days on which a calendar is closed."""

    country: str | None = None
    subdivision: str | None = None
    dates: tuple[date, ...] = ()


class _Version(_Strict):
    effective_from: date = Field(default=date(1900, 1, 1), alias="from")
    week: dict[Literal[WEEKDAYS], tuple[Interval, ...]]  # type: ignore[valid-type]
    holidays: Holidays = Holidays()
    exceptional_days: dict[date, tuple[Interval, ...]] = {}


class Calendar(_Strict):
    """One working calendar: a zone, and versions of its week."""

    time_zone: str
    versions: tuple[_Version, ...] = Field(min_length=1)


class _TeamCalendars(_Strict):
    default: str
    teams: dict[str, str] = {}


class CalendarFile(_Strict):
    """`calendars.yaml`."""

    calendars: dict[str, Calendar | Literal["24x7"]] = {}
    team_calendars: _TeamCalendars | None = None


class _Status(_Strict):
    category: StatusCategory
    reason: str | None = None

    @field_validator("category", mode="before")
    @classmethod
    def _lower(cls, value: Any) -> Any:
        return value.lower() if isinstance(value, str) else value


def _as_status(value: Any) -> Any:
    return {"category": value} if isinstance(value, str) else value


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


class _SlaPolicy(_Strict):
    id: str = Field(min_length=1)
    target: SlaTarget
    within: Duration
    calendar: str = "team"
    applies_to: _Scope = _Scope()
    pause_on: Pause = Pause()
    effective_from: date | None = None
    effective_to: date | None = None
    on_priority_change: Literal["retarget", "keep", "restart"] = "retarget"
    on_reopen: Literal["new_cycle", "continue"] = "new_cycle"


class SlaFile(_Strict):
    """`sla.yaml`."""

    policies: tuple[_SlaPolicy, ...] = ()


class _Fx(_Strict):
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


class CostFile(_Strict):
    """`costs.yaml`."""

    basis: CostBasis = CostBasis.ACCRUAL
    transaction: TransactionKind = TransactionKind.RESOLVED_TICKETS
    fx: _Fx = _Fx()
    cost_centres: dict[str, _CostCentre] = {}
    pools: tuple[_Pool, ...] = ()


class DimensionFile(_Strict):
    """`dimensions.yaml`."""

    team: dict[str, Texts] = {}
    priority: dict[str, Texts] = {}
    service: dict[str, Texts] = {}
    vendor: dict[str, Texts] = {}
