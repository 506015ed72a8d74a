"""The files of a home's `policies/` folder, decoded strictly into the records that `metrics` computes with.

Every file may be missing: then its defaults hold, which are the plainest possible (a 24x7 calendar, no SLA policy,
no cost pool). What a policy means is documented with its record in `metrics`; here is only its spelling.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from data_contracts.documents import DocumentError, Problem, decode_document
from metrics.business_time import CalendarError, CalendarVersion, WorkingCalendar, always_open, region_holidays
from metrics.exchange_rates import FxPolicy, FxRateRule
from metrics.sla import SlaPolicy
from metrics.ticket_clocks import TeamCalendars
from metrics.unit_cost import CostBasis, CostPolicy, CostPool, Driver, TransactionKind, check_policy
from models.vocabulary import SlaTarget, StatusCategory
from pipelines.fingerprint import hash_parts

_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ALWAYS_OPEN: Final = "24x7"
#: Years for which regional holidays are listed: wide enough for any export, cheap to compute.
_HOLIDAY_YEARS: Final = range(1990, 2051)


@dataclass(frozen=True, slots=True)
class StatusMeaning:
    """What a source's status means: its category and, when waiting, whom for."""

    category: StatusCategory
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Policies:
    """All policies of a home.

    Attributes:
        statuses: source -> status as the source writes it -> meaning.
        dimensions: dimension -> alias in lower case -> common name.
        hashes: policy file name -> hash of its content, so that a change is seen.
    """

    calendars: tuple[WorkingCalendar, ...]
    team_calendars: TeamCalendars
    statuses: Mapping[str, Mapping[str, StatusMeaning]]
    sla: tuple[SlaPolicy, ...]
    costs: CostPolicy
    dimensions: Mapping[str, Mapping[str, str]]
    hashes: Mapping[str, str] = field(default_factory=dict)


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


class _Holidays(_Strict):
    country: str | None = None
    subdivision: str | None = None
    dates: tuple[date, ...] = ()


class _Version(_Strict):
    effective_from: date = Field(default=date(1900, 1, 1), alias="from")
    week: dict[Literal[_WEEKDAYS], tuple[Interval, ...]]  # type: ignore[valid-type]
    holidays: _Holidays = _Holidays()
    exceptional_days: dict[date, tuple[Interval, ...]] = {}


class _Calendar(_Strict):
    time_zone: str
    versions: tuple[_Version, ...] = Field(min_length=1)


class _TeamCalendars(_Strict):
    default: str
    teams: dict[str, str] = {}


class _CalendarFile(_Strict):
    calendars: dict[str, _Calendar | Literal["24x7"]] = {}
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


class _StatusFile(_Strict):
    statuses: dict[str, dict[str, Annotated[_Status, BeforeValidator(_as_status)]]] = {}


class _Scope(_Strict):
    source: Texts = ()
    team: Texts = ()
    service: Texts = ()
    priority: Texts = ()
    ticket_type: Texts = ()
    vendor: Texts = ()


class _Pause(_Strict):
    categories: tuple[StatusCategory, ...] = ()
    reasons: tuple[str, ...] = ()


class _SlaPolicy(_Strict):
    id: str = Field(min_length=1)
    target: SlaTarget
    within: Duration
    calendar: str = "team"
    applies_to: _Scope = _Scope()
    pause_on: _Pause = _Pause()
    effective_from: date | None = None
    effective_to: date | None = None
    on_priority_change: Literal["retarget", "keep", "restart"] = "retarget"
    on_reopen: Literal["new_cycle", "continue"] = "new_cycle"


class _SlaFile(_Strict):
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


class _CostFile(_Strict):
    basis: CostBasis = CostBasis.ACCRUAL
    transaction: TransactionKind = TransactionKind.RESOLVED_TICKETS
    fx: _Fx = _Fx()
    cost_centres: dict[str, _CostCentre] = {}
    pools: tuple[_Pool, ...] = ()


class _DimensionFile(_Strict):
    team: dict[str, Texts] = {}
    priority: dict[str, Texts] = {}
    service: dict[str, Texts] = {}
    vendor: dict[str, Texts] = {}


_File = TypeVar("_File", bound=BaseModel)


def load_policies(folder: Path) -> Policies:
    """All policies of a folder.

    Raises:
        DocumentError: with file, line and remedy of everything that is wrong, over all files.
    """
    problems: list[Problem] = []
    hashes: dict[str, str] = {}

    def read(name: str, model: type[_File]) -> _File:
        path = folder / name
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        hashes[name] = hash_parts(text)
        try:
            return decode_document(text, f"{folder.name}/{name}", model)
        except DocumentError as error:
            problems.extend(error.problems)
            return model()

    calendar_file = read("calendars.yaml", _CalendarFile)
    status_file = read("statuses.yaml", _StatusFile)
    sla_file = read("sla.yaml", _SlaFile)
    cost_file = read("costs.yaml", _CostFile)
    dimension_file = read("dimensions.yaml", _DimensionFile)
    unknown = sorted(path.name for path in folder.glob("*.y*ml") if path.name not in hashes) if folder.is_dir() else []
    problems += [
        Problem(f"{folder.name}/{name}", None, "no policy has this file name", f"Known are {', '.join(hashes)}.")
        for name in unknown
    ]
    if problems:
        raise DocumentError(problems)
    calendars = _collect(problems, f"{folder.name}/calendars.yaml", lambda: _calendars(calendar_file), ())
    team_calendars = _team_calendars(calendar_file, problems, f"{folder.name}/calendars.yaml")
    sla = _sla_policies(sla_file, {calendar.name for calendar in calendars}, problems, f"{folder.name}/sla.yaml")
    costs = _cost_policy(cost_file)
    _collect(problems, f"{folder.name}/costs.yaml", lambda: check_policy(costs), None)
    if problems:
        raise DocumentError(problems)
    return Policies(
        calendars=calendars,
        team_calendars=team_calendars,
        statuses={
            source: {name: StatusMeaning(status.category, status.reason) for name, status in statuses.items()}
            for source, statuses in status_file.statuses.items()
        },
        sla=sla,
        costs=costs,
        dimensions={
            dimension: {alias.strip().lower(): common for common, aliases in names.items() for alias in aliases}
            for dimension, names in dimension_file
        },
        hashes=hashes,
    )


_Value = TypeVar("_Value")


def _collect(problems: list[Problem], origin: str, build: Callable[[], _Value], fallback: _Value) -> _Value:
    try:
        return build()
    except (CalendarError, ValueError) as error:
        problems.append(Problem(origin, None, str(error), "Correct it and run again."))
        return fallback


def _calendars(file: _CalendarFile) -> tuple[WorkingCalendar, ...]:
    built = {_ALWAYS_OPEN: always_open(_ALWAYS_OPEN)}
    for name, calendar in file.calendars.items():
        if isinstance(calendar, str):
            built[name] = always_open(name)
            continue
        built[name] = WorkingCalendar(
            name=name,
            time_zone=calendar.time_zone,
            versions=tuple(
                CalendarVersion(
                    effective_from=version.effective_from,
                    week={_WEEKDAYS.index(day): intervals for day, intervals in version.week.items()},
                    holidays=_holidays(version.holidays),
                    exceptional_days=version.exceptional_days,
                )
                for version in calendar.versions
            ),
        )
    return tuple(built.values())


def _holidays(holidays: _Holidays) -> frozenset[date]:
    dates = frozenset(holidays.dates)
    if holidays.country:
        dates |= region_holidays(holidays.country, holidays.subdivision, _HOLIDAY_YEARS)
    return dates


def _team_calendars(file: _CalendarFile, problems: list[Problem], origin: str) -> TeamCalendars:
    if file.team_calendars is None:
        return TeamCalendars(default=_ALWAYS_OPEN, teams={})
    known = {_ALWAYS_OPEN, *file.calendars}
    for name in {file.team_calendars.default, *file.team_calendars.teams.values()} - known:
        remedy = f"Define it under 'calendars', or use one of {', '.join(sorted(known))}."
        problems.append(Problem(origin, None, f"team_calendars names the unknown calendar '{name}'", remedy))
    return TeamCalendars(default=file.team_calendars.default, teams=dict(file.team_calendars.teams))


def _sla_policies(file: _SlaFile, calendars: set[str], problems: list[Problem], origin: str) -> tuple[SlaPolicy, ...]:
    policies = []
    seen: set[str] = set()
    for policy in file.policies:
        if policy.id in seen:
            problems.append(Problem(origin, None, f"two policies have the id '{policy.id}'", "Give each its own id."))
        seen.add(policy.id)
        if policy.calendar not in calendars | {"team", _ALWAYS_OPEN}:
            remedy = f"Use 'team' or one of {', '.join(sorted(calendars | {_ALWAYS_OPEN}))}."
            problems.append(
                Problem(origin, None, f"policy '{policy.id}': unknown calendar '{policy.calendar}'", remedy)
            )
        policies.append(
            SlaPolicy(
                id=policy.id,
                target=policy.target,
                within_microseconds=policy.within,
                calendar=None if policy.calendar == "team" else policy.calendar,
                scope={name: frozenset(accepted) for name, accepted in policy.applies_to if accepted},
                pause_categories=_pause_categories(policy.pause_on),
                pause_reasons=frozenset(policy.pause_on.reasons),
                effective_from=policy.effective_from,
                effective_to=policy.effective_to,
                on_priority_change=policy.on_priority_change,
                on_reopen=policy.on_reopen,
            )
        )
    return tuple(policies)


def _pause_categories(pause: _Pause) -> frozenset[StatusCategory]:
    """Reasons belong to waiting, so naming only reasons means: pause while waiting for one of them."""
    return frozenset(pause.categories or ((StatusCategory.WAITING,) if pause.reasons else ()))


def _cost_policy(file: _CostFile) -> CostPolicy:
    centres = file.cost_centres.items()
    return CostPolicy(
        basis=file.basis,
        transaction=file.transaction,
        fx=FxPolicy(rate=file.fx.rate, fixed=dict(file.fx.fixed), max_age_days=file.fx.max_age_days),
        cost_centre_teams={name: centre.team for name, centre in centres if centre.team},
        cost_centre_services={name: centre.service for name, centre in centres if centre.service},
        pools=tuple(
            CostPool(
                id=pool.id,
                accounts=pool.where.account,
                cost_centres=pool.where.cost_centre,
                vendors=pool.where.vendor,
                descriptions=pool.where.description,
                driver=pool.driver,
                shares=dict(pool.shares),
            )
            for pool in file.pools
        ),
    )
