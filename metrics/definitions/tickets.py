"""Metrics of tickets: how long they take, how many come and go, how many lie, and how they were worked on.

`metrics.registry` joins them with those of SLA clocks, cost and vendors. Meanings follow docs/decisions.md.
"""

from __future__ import annotations

from typing import Final, Literal

import polars as pl

from metrics.kinds import Count, Kind, Mean, NetCount, Percentile, Ratio, Stock, TimeShare
from metrics.populations import CANCELLED_TICKETS, CREATED_TICKETS, OPEN_TICKETS, RESOLVED_TICKETS, TICKETS_IN_WORK
from metrics.rules_of_facts import FIRST_RESPONSE_RULES
from metrics.spec import Direction, Metric, Population, Unit
from models.tickets import BOUNDED_DURATIONS
from models.vocabulary import Domain, StatusCategory

Clock = Literal["business", "calendar"]

_CLOCKS: Final[dict[Clock, tuple[Unit, str]]] = {
    "business": (Unit.BUSINESS_HOURS, "open hours of the team's calendar"),
    "calendar": (Unit.CALENDAR_HOURS, "hours by the clock on the wall"),
}
_BOTH_CLOCKS: Final[tuple[Clock, ...]] = ("business", "calendar")
_PERCENTS: Final = (50, 85, 95)

#: Flag of tickets whose history is known only as exports show it.
_SAMPLED: Final = "is_sampled"

#: What is said of what exports may not have shown.
_UNSEEN: Final = (
    " What came and went between two repeated snapshots was never seen: the bounds say that there may have been more."
)

#: What is said of durations that have two ends.
_ENDS: Final = (
    " Where repeated snapshots date an instant only to between two exports, the value takes the later one, and the "
    "bounds both."
)

_QUEUED, _ACTIVE, _WAITING = StatusCategory.QUEUED, StatusCategory.ACTIVE, StatusCategory.WAITING


def _metric(
    name: str,
    label: str,
    meaning: str,
    formula: str,
    *,
    unit: Unit,
    direction: Direction,
    population: Population,
    kind: Kind,
    is_headline: bool = False,
    rules: tuple[str, ...] = (),
    version: int = 1,
) -> Metric:
    return Metric(
        name=name,
        label=label,
        meaning=meaning,
        formula=formula,
        unit=unit,
        direction=direction,
        owner="Service management",
        requires=(Domain.TICKETS,),
        population=population,
        kind=kind,
        rules=rules,
        is_headline=is_headline,
        version=version,
    )


def _duration(
    measure: str,
    stretch: str,
    clock: Clock,
    *,
    column: str = "",
    may_be_any: str = "",
    note: str = "",
    headline_percent: int | None = None,
    rules: tuple[str, ...] = (),
    version: int = 1,
) -> tuple[Metric, ...]:
    """The percentiles of one duration of resolved tickets, on one clock."""
    unit, hours = _CLOCKS[clock]
    measured_column = f"{column or measure}_{clock}_microseconds"
    least, greatest = (
        f"{measure}_{end}_{clock}_microseconds" if measure in BOUNDED_DURATIONS else "" for end in ("least", "greatest")
    )
    label = measure.removesuffix("_time").replace("_", " ").capitalize() + " time"
    return tuple(
        _metric(
            f"ticket_{measure}_p{percent}_{unit}",
            f"{label}, p{percent}, {clock} hours",
            f"{percent} % of the tickets resolved in the period {stretch}, in {hours}.",
            f"Continuous percentile {percent} (linear interpolation) of {measured_column} over the tickets resolved in "
            f"the period, in hours. Always recomputed from tickets, never averaged.{note}",
            unit=unit,
            direction=Direction.DOWN_IS_GOOD,
            population=RESOLVED_TICKETS,
            kind=Percentile(
                percent,
                measured_column,
                least=least,
                greatest=greatest,
                may_be_any=may_be_any,
                at_most=_longest_life(clock) if may_be_any else (),
            ),
            is_headline=percent == headline_percent,
            rules=rules,
            version=version,
        )
        for percent in _PERCENTS
    )


def _lead_time(clock: Clock) -> tuple[Metric, ...]:
    """Created to last resolution: what the requester waits."""
    stretch = "took no longer than this from creation to their last resolution"
    return _duration("lead_time", stretch, clock, note=_ENDS, version=3)


def _cycle_time(clock: Clock, *, headline_percent: int | None = None) -> tuple[Metric, ...]:
    """First work to last resolution: what the team needs. A ticket that was never active is not measured."""
    stretch = "took no longer than this from first becoming active to their last resolution"
    return _duration("cycle_time", stretch, clock, note=_ENDS, headline_percent=headline_percent, version=3)


def _first_response(clock: Clock) -> tuple[Metric, ...]:
    return _duration(
        "first_response",
        "waited no longer than this for the first public reply by an agent",
        clock,
        note=(
            " Where a source tells no replies, the first entry into active stands in for the reply. A ticket that "
            f"was resolved without either is not measured.{_ENDS}"
        ),
        rules=FIRST_RESPONSE_RULES,
        version=4,
    )


def _first_resolution(clock: Clock) -> tuple[Metric, ...]:
    return _duration(
        "first_resolution",
        "took no longer than this from creation to their first resolution",
        clock,
        note=f" Lead time runs to the last resolution: the difference between the two is what reopening costs.{_ENDS}",
        version=3,
    )


def _time_in(category: StatusCategory, clock: Clock) -> tuple[Metric, ...]:
    """Total time in one status category. What a snapshot spent there is not known."""
    return _duration(
        f"{category}_time",
        f"spent no longer than this {category}",
        clock,
        column=category,
        may_be_any=_SAMPLED,
        note=(
            " Of repeated snapshots each state counts from the export that first shows it until the next one shows "
            "another. Between the two anything may have come and gone: the bounds reach from nothing to the longest "
            "that the ticket can have lived."
        ),
        version=3,
    )


def _longest_life(clock: Clock) -> tuple[str, str]:
    """What no part of a resolved ticket's life can exceed: its lead time, at its greatest where that is not exact."""
    return f"lead_time_greatest_{clock}_microseconds", f"lead_time_{clock}_microseconds"


def _age(clock: Clock) -> tuple[Metric, ...]:
    unit, hours = _CLOCKS[clock]
    column, least, greatest = (f"age_{end}{clock}_microseconds" for end in ("", "least_", "greatest_"))
    return tuple(
        _metric(
            f"ticket_age_p{percent}_{unit}",
            f"Age of open work, p{percent}, {clock} hours",
            f"{percent} % of the tickets that are open now are no older than this, in {hours}.",
            f"Continuous percentile {percent} (linear interpolation) of {column} over the tickets open as of the "
            "data's clock, in hours. Only the period that the clock lies in has a value: of earlier days the ages are "
            "not kept. Where repeated snapshots date a creation only to between two exports, the value takes the later "
            "one, and the bounds both.",
            unit=unit,
            direction=Direction.DOWN_IS_GOOD,
            population=OPEN_TICKETS,
            kind=Percentile(percent, column, least=least, greatest=greatest),
            version=3,
        )
        for percent in _PERCENTS
    )


def _stock(name: str, label: str, what: str, categories: tuple[StatusCategory, ...], direction: Direction) -> Metric:
    named = " + ".join(categories)
    held = (
        "the bounds hold for anything that a ticket may have gone through in between"
        if len(categories) == 1
        else "the bounds hold all tickets that either of them shows in work"
    )
    return _metric(
        f"ticket_{name}_count",
        label,
        f"Tickets {what} at the end of the period; while the period is open, at the data's clock.",
        f"Sum of ticket_count of fct_ticket_days ({named}) on the last day of the period, under the team of that day. "
        "Of several periods take the last: a stock is never added up over time. Where a day ends between two repeated "
        f"snapshots, the value takes tickets to be where the earlier one shows them, and {held}.",
        unit=Unit.COUNT,
        direction=direction,
        population=TICKETS_IN_WORK,
        kind=Stock(categories),
        version=4,
    )


def _flow_efficiency(clock: Clock) -> Metric:
    lead, gap, active = (pl.col(f"{part}_{clock}_microseconds") for part in ("lead_time", "reopened_gap", "active"))
    return _metric(
        f"ticket_flow_efficiency_{clock}_ratio",
        f"Flow efficiency, {clock} hours",
        "Share of the time between creation and resolution in which the tickets resolved in the period were worked "
        f"on, in {_CLOCKS[clock][1]}. The rest they were queued or waiting.",
        f"Sum of active_{clock}_microseconds / sum of (lead_time_{clock}_microseconds - "
        f"reopened_gap_{clock}_microseconds), both in hours: long tickets weigh more. A ticket without history is not "
        "measured; its lead time limits by how much it could move the ratio, as it does for one that is known only by "
        "repeated snapshots, for between two of them anything may have come and gone.",
        unit=Unit.RATIO,
        direction=Direction.UP_IS_GOOD,
        population=RESOLVED_TICKETS,
        kind=TimeShare(
            part=active,
            whole=lead - gap,
            whole_at_most=lead,
            may_be_any=_SAMPLED,
            at_most=_longest_life(clock),
        ),
        version=3,
    )


def _per_ticket(measure: str, plural: str, known: str, *, version: int = 1) -> tuple[Metric, Metric]:
    """How often something happened to a resolved ticket: the mean, and beside it the percentile that shows the tail."""
    column = f"{measure}_count"
    return (
        _metric(
            f"ticket_{measure}_mean_count",
            f"{plural.capitalize()} per resolved ticket",
            f"Mean number of {plural} of the tickets resolved in the period.",
            f"Sum of {column} / tickets resolved in the period of which it is known. {known}{_UNSEEN}",
            unit=Unit.COUNT,
            direction=Direction.DOWN_IS_GOOD,
            population=RESOLVED_TICKETS,
            kind=Mean(column, may_be_more=_SAMPLED),
            version=version,
        ),
        _metric(
            f"ticket_{measure}_p95_count",
            f"{plural.capitalize()} of a resolved ticket, p95",
            f"95 % of the tickets resolved in the period had no more {plural} than this.",
            f"Continuous percentile 95 (linear interpolation) of {column} over the tickets resolved in the period of "
            f"which it is known. {known}{_UNSEEN}",
            unit=Unit.COUNT,
            direction=Direction.DOWN_IS_GOOD,
            population=RESOLVED_TICKETS,
            kind=Percentile(95, column, may_be_more=_SAMPLED),
            version=version,
        ),
    )


_NEEDS_HISTORY: Final = "An export without history cannot tell: its tickets lower coverage and are not taken as 0."

_NEEDS_REOPENS: Final = (
    f"{_NEEDS_HISTORY} Nor is it known of one whose resolution moved while two exports both show it done."
)

_reopens, _handoffs, _touches = (pl.col(name) for name in ("reopen_count", "handoff_count", "touch_count"))

TICKET_METRICS: Final[tuple[Metric, ...]] = (
    *_lead_time("business"),
    *_lead_time("calendar"),
    # The headline is p85, not p50: it is a promise that can be given ("85 of 100 are done within ..."), it moves when
    # the slow tickets that people complain about get slower, and unlike p95 it is steady in a small team's month.
    *_cycle_time("business", headline_percent=85),
    *_cycle_time("calendar"),
    *(metric for clock in _BOTH_CLOCKS for metric in _first_response(clock)),
    *(metric for clock in _BOTH_CLOCKS for metric in _first_resolution(clock)),
    *(metric for clock in _BOTH_CLOCKS for metric in _time_in(_QUEUED, clock)),
    # Work happens in open hours. Waiting goes on through the night, so that both clocks have something to say.
    *_time_in(_ACTIVE, "business"),
    *(metric for clock in _BOTH_CLOCKS for metric in _time_in(_WAITING, clock)),
    *(_flow_efficiency(clock) for clock in _BOTH_CLOCKS),
    _metric(
        "ticket_created_count",
        "Tickets created",
        "Arrivals: tickets that came in during the period. Cancelled ones are counted apart.",
        "Number of tickets by created_at, without cancelled ones, under their team as of the data's clock.",
        unit=Unit.COUNT,
        direction=Direction.NEUTRAL,
        population=CREATED_TICKETS,
        kind=Count(),
    ),
    _metric(
        "ticket_resolved_count",
        "Tickets resolved",
        "Throughput: tickets whose last resolution lies in the period and that are still done.",
        "Number of tickets by resolved_at. A ticket that reopens leaves its period: that is a restatement.",
        unit=Unit.COUNT,
        direction=Direction.NEUTRAL,
        population=RESOLVED_TICKETS,
        kind=Count(),
        version=2,
    ),
    _metric(
        "ticket_net_flow_count",
        "Net flow",
        "Arrivals less throughput: by how much open work grew, or, below 0, shrank in the period.",
        "Tickets created - tickets resolved, without cancelled ones, both under their team as of the data's clock.",
        unit=Unit.COUNT,
        direction=Direction.DOWN_IS_GOOD,
        population=CREATED_TICKETS,
        kind=NetCount(less=RESOLVED_TICKETS),
        version=2,
    ),
    _metric(
        "ticket_cancelled_count",
        "Tickets cancelled",
        "Tickets that were cancelled in the period. They count in work in progress until then, and in no other metric.",
        "Number of tickets by cancelled_at.",
        unit=Unit.COUNT,
        direction=Direction.NEUTRAL,
        population=CANCELLED_TICKETS,
        kind=Count(),
        version=2,
    ),
    _stock(
        "work_in_progress",
        "Open tickets (work in progress)",
        "open: in work, be they queued, active or waiting",
        (_QUEUED, _ACTIVE, _WAITING),
        Direction.DOWN_IS_GOOD,
    ),
    _stock(
        "backlog",
        "Backlog (queued tickets)",
        "queued: ours, and not begun",
        (_QUEUED,),
        Direction.DOWN_IS_GOOD,
    ),
    _stock("active", "Tickets active", "being worked on", (_ACTIVE,), Direction.NEUTRAL),
    _stock(
        "waiting", "Tickets waiting", "waiting for a customer, a vendor or another team", (_WAITING,), Direction.NEUTRAL
    ),
    *(metric for clock in _BOTH_CLOCKS for metric in _age(clock)),
    _metric(
        "ticket_reopen_ratio",
        "Rework: tickets reopened",
        "Share of the tickets resolved in the period that had been resolved before and came back.",
        f"Tickets with reopen_count above 0 / tickets with a known reopen_count. {_NEEDS_REOPENS}{_UNSEEN}",
        unit=Unit.RATIO,
        direction=Direction.DOWN_IS_GOOD,
        population=RESOLVED_TICKETS,
        kind=Ratio(_reopens > 0, misses_in_doubt=_SAMPLED),
        version=3,
    ),
    *_per_ticket("reopen", "reopens", f"A reopen is a move from done back to work. {_NEEDS_REOPENS}", version=3),
    *_per_ticket(
        "handoff",
        "handoffs",
        "A handoff is a change of team. An export without history, or one that never names a team, cannot tell: its "
        "tickets lower coverage and are not taken as 0.",
        version=2,
    ),
    *_per_ticket(
        "touch",
        "touches",
        "A touch is a public reply by an agent; where a source tells none, an entry into active. A ticket of which "
        "neither is known lowers coverage.",
        version=2,
    ),
    _metric(
        "ticket_first_contact_resolution_ratio",
        "First-contact resolution",
        "Share of the tickets resolved in the period that one touch by one team resolved for good.",
        "Tickets with reopen_count = 0, handoff_count = 0 and touch_count = 1 / tickets of which all three are known "
        f"and touch_count is at least 1. {_NEEDS_REOPENS} Nor who resolved a ticket that nobody is known to have "
        f"touched: in the first contact, or without any.{_UNSEEN}",
        unit=Unit.RATIO,
        direction=Direction.UP_IS_GOOD,
        population=RESOLVED_TICKETS,
        # All three must be known even where one alone decides: otherwise only failures would be measured. A ticket that
        # nobody touched may be a call that was settled before it was written down, or one that was closed unanswered.
        kind=Ratio(
            pl.when(_reopens.is_not_null() & _handoffs.is_not_null() & (_touches >= 1)).then(
                (_reopens == 0) & (_handoffs == 0) & (_touches == 1)
            ),
            hits_in_doubt=_SAMPLED,
        ),
        version=3,
    ),
)
