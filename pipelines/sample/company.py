"""The simulated company: its teams, services, vendors and hours, as plain facts.

Halden Field Services installs and repairs equipment at its customers' sites. Eight teams in three time zones use
three ticket systems. Everything the simulator draws at random is drawn around the figures in this module; nothing
here is random itself, and how tickets and money behave over time does not belong here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

COMPANY_NAME: Final = "Halden Field Services"
HEADQUARTERS_ZONE: Final = "Europe/Amsterdam"
REPORTING_CURRENCY: Final = "EUR"


class System(StrEnum):
    """The ticket system that a team works in."""

    SERVICENOW = "servicenow"
    JIRA = "jira"
    ZENDESK = "zendesk"


#: Open hours of one weekday, as (from, to) in hours after local midnight; several a day for a lunch break.
DayHours = tuple[tuple[float, float], ...]

_OFFICE: Final[DayHours] = ((8.5, 12.5), (13.0, 17.5))
_LONG_DAY: Final[DayHours] = ((8.0, 20.0),)
_CLOSED: Final[DayHours] = ()
_ALL_DAY: Final[DayHours] = ((0.0, 24.0),)

OFFICE_WEEK: Final = (_OFFICE,) * 5 + (_CLOSED,) * 2
EARLY_WEEK: Final = (((7.0, 16.0),),) * 5 + (_CLOSED,) * 2
SUPPORT_WEEK: Final = (_LONG_DAY,) * 5 + (((9.0, 17.0),), _CLOSED)
ROUND_THE_CLOCK: Final = (_ALL_DAY,) * 7


@dataclass(frozen=True, slots=True)
class Team:
    """One team: where and when it works, what it works on and what it costs."""

    name: str
    system: System
    zone: str
    week: tuple[DayHours, ...]
    country: str
    cost_centre: str
    payroll_currency: str
    #: Part of all tickets that are created for this team.
    ticket_share: float
    #: Payroll per planned ticket, in the payroll currency.
    payroll_per_ticket: Decimal
    #: Services that its tickets are about, with their weights.
    services: Mapping[str, float]
    #: Vendor that helps out, and the part of the tickets in which it does.
    vendor: str | None
    vendor_share: float
    #: How much longer its work takes than the company's typical hands-on time.
    effort: float = 1.0
    #: Teams to which it hands tickets on, with their weights.
    hands_to: Mapping[str, float] = field(default_factory=dict)
    #: Jira project key or ticket category prefix.
    code: str = ""

    @property
    def works_round_the_clock(self) -> bool:
        return self.week == ROUND_THE_CLOCK


SERVICES: Final = ("Workplace", "Network", "Buildings", "Field App", "Scheduling", "Customer Portal")

#: The team whose vendor changes, and the vendors before and after.
TROUBLED_TEAM: Final = "Network Operations"
OLD_NETWORK_VENDOR: Final = "Orbit Telecom"
NEW_NETWORK_VENDOR: Final = "Tessera Networks"

TEAMS: Final = (
    Team(
        "Service Desk", System.SERVICENOW, "Europe/Amsterdam", OFFICE_WEEK, "NL", "4100", "EUR",
        ticket_share=0.22, payroll_per_ticket=Decimal("17.40"), code="ITSD",
        services={"Workplace": 0.8, "Network": 0.1, "Field App": 0.1},
        vendor="Kestrel Devices", vendor_share=0.14, effort=0.8,
        hands_to={"Network Operations": 0.65, "Facilities": 0.35},
    ),
    Team(
        TROUBLED_TEAM, System.SERVICENOW, "Europe/Amsterdam", ROUND_THE_CLOCK, "NL", "4110", "EUR",
        ticket_share=0.18, payroll_per_ticket=Decimal("22.10"), code="NETO",
        services={"Network": 0.9, "Workplace": 0.1},
        vendor=OLD_NETWORK_VENDOR, vendor_share=0.66,
        hands_to={"Service Desk": 1.0},
    ),
    Team(
        "Facilities", System.SERVICENOW, "Europe/Amsterdam", EARLY_WEEK, "NL", "4120", "EUR",
        ticket_share=0.12, payroll_per_ticket=Decimal("13.80"), code="FACI",
        services={"Buildings": 0.95, "Workplace": 0.05},
        vendor="Brightway Facilities", vendor_share=0.45,
        hands_to={"Service Desk": 1.0},
    ),
    Team(
        "Field App Engineering", System.JIRA, "America/New_York", OFFICE_WEEK, "US", "5100", "USD",
        ticket_share=0.08, payroll_per_ticket=Decimal("38.50"), code="FAPP",
        services={"Field App": 0.85, "Customer Portal": 0.15},
        vendor="Nimbus Cloud", vendor_share=0.06, effort=3.5,
        hands_to={"Platform Engineering": 1.0},
    ),
    Team(
        "Platform Engineering", System.JIRA, "Asia/Kolkata", OFFICE_WEEK, "IN", "5110", "USD",
        ticket_share=0.07, payroll_per_ticket=Decimal("29.00"), code="PLAT",
        services={"Scheduling": 0.7, "Customer Portal": 0.3},
        vendor="Nimbus Cloud", vendor_share=0.15, effort=4.0,
        hands_to={"Field App Engineering": 1.0},
    ),
    Team(
        "Support Europe", System.ZENDESK, "Europe/Amsterdam", SUPPORT_WEEK, "NL", "6100", "EUR",
        ticket_share=0.12, payroll_per_ticket=Decimal("15.60"), code="SEUR",
        services={"Customer Portal": 0.6, "Scheduling": 0.25, "Field App": 0.15},
        vendor="Kestrel Devices", vendor_share=0.05, effort=0.7,
        hands_to={"Support Americas": 1.0},
    ),
    Team(
        "Support Americas", System.ZENDESK, "America/New_York", SUPPORT_WEEK, "US", "6110", "USD",
        ticket_share=0.12, payroll_per_ticket=Decimal("18.20"), code="SAME",
        services={"Customer Portal": 0.55, "Scheduling": 0.25, "Field App": 0.2},
        vendor="Kestrel Devices", vendor_share=0.05, effort=0.7,
        hands_to={"Support Asia": 1.0},
    ),
    Team(
        "Support Asia", System.ZENDESK, "Asia/Kolkata", SUPPORT_WEEK, "IN", "6120", "USD",
        ticket_share=0.09, payroll_per_ticket=Decimal("9.10"), code="SASI",
        services={"Customer Portal": 0.6, "Scheduling": 0.3, "Field App": 0.1},
        vendor="Kestrel Devices", vendor_share=0.05, effort=0.7,
        hands_to={"Support Europe": 1.0},
    ),
)  # fmt: skip

TEAM_BY_NAME: Final[Mapping[str, Team]] = {team.name: team for team in TEAMS}


@dataclass(frozen=True, slots=True)
class Priority:
    """One of the four priorities, with its names, its target and the times that go with it, in open hours."""

    rank: int
    weight: float
    target_hours: float
    queue_hours: float
    work_hours: float
    vendor_wait_hours: float
    names: Mapping[System, str]


PRIORITIES: Final = (
    Priority(1, 0.04, 4.0, 0.12, 0.8, 1.3,
             {System.SERVICENOW: "1 - Critical", System.JIRA: "Highest", System.ZENDESK: "urgent"}),
    Priority(2, 0.16, 8.0, 0.5, 1.5, 3.4,
             {System.SERVICENOW: "2 - High", System.JIRA: "High", System.ZENDESK: "high"}),
    Priority(3, 0.55, 24.0, 1.6, 2.4, 10.5,
             {System.SERVICENOW: "3 - Moderate", System.JIRA: "Medium", System.ZENDESK: "normal"}),
    Priority(4, 0.25, 48.0, 3.5, 3.0, 22.0,
             {System.SERVICENOW: "4 - Low", System.JIRA: "Low", System.ZENDESK: "low"}),
)  # fmt: skip


class Status(StrEnum):
    """What happens to a ticket, before a system gives it its own name."""

    NEW = "new"
    ACTIVE = "active"
    REVIEW = "review"
    WAITING_CUSTOMER = "waiting_customer"
    WAITING_VENDOR = "waiting_vendor"
    WAITING_PROBLEM = "waiting_problem"
    RESOLVED = "resolved"
    CLOSED = "closed"
    CANCELLED = "cancelled"


STATUS_NAMES: Final[Mapping[System, Mapping[Status, str]]] = {
    System.SERVICENOW: {
        Status.NEW: "New", Status.ACTIVE: "Active", Status.WAITING_CUSTOMER: "Awaiting User Info",
        Status.WAITING_VENDOR: "Awaiting Vendor", Status.WAITING_PROBLEM: "Awaiting Problem",
        Status.RESOLVED: "Resolved", Status.CLOSED: "Closed", Status.CANCELLED: "Canceled",
    },
    System.JIRA: {
        Status.NEW: "To Do", Status.ACTIVE: "In Progress", Status.REVIEW: "In Review",
        Status.WAITING_CUSTOMER: "Blocked", Status.WAITING_VENDOR: "Blocked",
        Status.WAITING_PROBLEM: "Blocked", Status.RESOLVED: "Done", Status.CANCELLED: "Won't Do",
    },
    System.ZENDESK: {
        Status.NEW: "new", Status.ACTIVE: "open", Status.WAITING_CUSTOMER: "pending",
        Status.WAITING_VENDOR: "hold", Status.WAITING_PROBLEM: "hold",
        Status.RESOLVED: "solved", Status.CLOSED: "closed",
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class RateCardItem:
    """A thing that a vendor may bill, with the price agreed for it in the contract's currency."""

    name: str
    unit_price: Decimal
    sla_target_hours: int | None = None
    #: Price that the contract sets from some month of the span on.
    later_unit_price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Vendor:
    """A vendor: its contract terms, its rate card and how it bills."""

    name: str
    contract_id: str
    currency: str
    account: str
    cost_centre: str
    notice_days: int
    #: Committed spend over the contract, per planned ticket of its term.
    commitment_per_ticket: Decimal
    sla_target_ratio: Decimal
    service_credit_ratio: Decimal
    visit: RateCardItem
    expedite: RateCardItem | None
    #: Items billed each month: (item, quantity per planned ticket).
    monthly: tuple[tuple[RateCardItem, float], ...] = ()

    @property
    def rate_card(self) -> tuple[RateCardItem, ...]:
        optional = (self.expedite,) if self.expedite else ()
        return (self.visit, *optional, *(item for item, _ in self.monthly))


VENDORS: Final = (
    Vendor(
        "Kestrel Devices", "KD-2024-07", "EUR", "6420", "4100", 60, Decimal("0.60"),
        Decimal("0.92"), Decimal("0.05"),
        RateCardItem("Device repair", Decimal("24.00"), 72), None,
        ((RateCardItem("Device pool rental", Decimal("9.50")), 0.05),),
    ),
    Vendor(
        OLD_NETWORK_VENDOR, "OT-2023-11", "GBP", "6430", "4110", 90, Decimal("2.40"),
        Decimal("0.95"), Decimal("0.10"),
        RateCardItem("Circuit repair visit", Decimal("18.50"), 48),
        RateCardItem("Expedited call-out", Decimal("74.00"), 4),
        ((RateCardItem("Managed line", Decimal("12.25")), 0.04),),
    ),
    Vendor(
        NEW_NETWORK_VENDOR, "TN-2026-01", "EUR", "6430", "4110", 90, Decimal("2.90"),
        Decimal("0.95"), Decimal("0.10"),
        RateCardItem("Circuit repair visit", Decimal("21.00"), 48),
        RateCardItem("Expedited call-out", Decimal("89.00"), 4),
        ((RateCardItem("Managed line", Decimal("13.90")), 0.04),),
    ),
    Vendor(
        "Brightway Facilities", "BF-2024-02", "EUR", "6440", "4120", 120, Decimal("1.50"),
        Decimal("0.90"), Decimal("0.05"),
        RateCardItem("Maintenance visit", Decimal("19.75"), 80),
        RateCardItem("Emergency visit", Decimal("61.00"), 6),
        ((RateCardItem("Cleaning round", Decimal("6.40")), 0.08),),
    ),
    Vendor(
        "Nimbus Cloud", "NC-2024-10", "USD", "6450", "5110", 30, Decimal("3.20"),
        Decimal("0.97"), Decimal("0.10"),
        RateCardItem("Premium support case", Decimal("31.00"), 12), None,
        ((RateCardItem("Compute unit", Decimal("0.84"), later_unit_price=Decimal("0.87")), 2.6),
         (RateCardItem("Storage unit", Decimal("0.11")), 7.0)),
    ),
)  # fmt: skip

VENDOR_BY_NAME: Final[Mapping[str, Vendor]] = {vendor.name: vendor for vendor in VENDORS}

#: Fixed public holidays (month, day) on which a country's teams are closed. Round-the-clock teams work on.
_FIXED_HOLIDAYS: Final[Mapping[str, tuple[tuple[int, int], ...]]] = {
    "NL": ((1, 1), (4, 27), (12, 25), (12, 26)),
    "US": ((1, 1), (7, 4), (12, 25)),
    "IN": ((1, 26), (8, 15), (10, 2)),
}


def public_holidays(country: str, first: date, last: date) -> frozenset[date]:
    """The days from `first` to `last`, inclusive, on which a country's teams are closed."""
    days = {
        date(year, month, day) for year in range(first.year, last.year + 1) for month, day in _FIXED_HOLIDAYS[country]
    }
    if country == "US":
        days |= {_thanksgiving(year) for year in range(first.year, last.year + 1)}
    return frozenset(day for day in days if first <= day <= last)


def _thanksgiving(year: int) -> date:
    """The fourth Thursday of November."""
    november = date(year, 11, 1)
    return november + timedelta(days=(3 - november.weekday()) % 7 + 21)
