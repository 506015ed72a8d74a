"""Tickets of the made-up operation, their days, SLA clocks and priced delays, with gaps and instants that are open."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from made_up_values import AS_OF, HOUR, Row, breakdown, sometimes


def _parts(random_: random.Random, lead: int | None, *, has_history: bool) -> Row:
    """Durations of a ticket: queued, active, waiting and gap add up to lead time, where they are known."""
    if lead is None:
        return {}
    queued, active, waiting = (random_.randrange(lead // 3 + 1) for _ in range(3))
    if random_.random() < 0.05:
        queued = active = waiting = 0  # it was resolved as soon as it was created, and then reopened
    gap = lead - queued - active - waiting
    parts = {"queued": queued, "active": active, "waiting": waiting, "reopened_gap": gap} if has_history else {}
    parts |= {"lead_time": lead, "first_resolution": lead - gap if has_history else lead}
    if random_.random() < 0.8 and has_history:
        parts["cycle_time"] = lead - queued
    if random_.random() < 0.7:
        parts["first_response"] = random_.randrange(lead + 1)
    return {
        f"{part}_{clock}_microseconds": length // divisor
        for part, length in parts.items()
        for clock, divisor in (("calendar", 1), ("business", 4))
    }


def _ends(number: int, parts: Row) -> Row:
    """Of every third ticket, between what its durations lie: exports date only the one end, or the other, or both."""
    if number % 3:
        return {}
    ends: Row = {}
    for measure in ("lead_time", "cycle_time", "first_resolution", "first_response", "age"):
        for clock in ("calendar", "business"):
            length = parts.get(f"{measure}_{clock}_microseconds")
            if isinstance(length, int):
                ends[f"{measure}_least_{clock}_microseconds"] = length * (3 if number % 2 else 4) // 4
                ends[f"{measure}_greatest_{clock}_microseconds"] = length * (4 if number % 9 else 6) // 4
    return ends


def _windows(number: int, ticket: Row) -> Row:
    """Of some sampled tickets, files leave open by up to some weeks when they came, or were resolved or cancelled."""
    if not ticket["is_sampled"] or number % 2:
        return {}
    found: Row = {}
    for name, back in (("created", number % 7), ("resolved", number % 41), ("cancelled", number % 11)):
        instant = ticket[f"{name}_at"]
        if isinstance(instant, datetime) and back:
            found[f"{name}_earliest_at"] = instant - timedelta(days=back, hours=number % 24)
    return found


def _loss(number: int, ticket: Row) -> Row:
    """Every fourth open ticket left the exports, some days after its creation: nobody knows how old it is."""
    created_at = ticket["created_at"]
    if number % 4 or ticket["is_done"] or ticket["is_cancelled"] or not isinstance(created_at, datetime):
        return {}
    since = min(created_at + timedelta(days=number % 13), AS_OF)
    return {"unknown_since_at": since, "age_calendar_microseconds": None, "age_business_microseconds": None}


def _sight(number: int, ticket: Row) -> Row:
    """Some tickets that no history is known of are done or cancelled nobody knows since when, but by an export."""
    created_at = ticket["created_at"]
    if ticket["has_history"] or number % 4 or not (ticket["is_done"] or ticket["is_cancelled"]):
        return {}
    since = min(created_at + timedelta(days=number % 17), AS_OF) if isinstance(created_at, datetime) else AS_OF
    return {"resolved_at": None, "cancelled_at": None, "settled_by_at": since}


def ticket_rows(random_: random.Random, count: int) -> list[Row]:
    rows: list[Row] = []
    for number in range(count):
        created = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=random_.randrange(98 * 86_400))
        lead = timedelta(microseconds=random_.randrange(1, 400 * HOUR))
        source = random_.choice(["desk" if number % 4 else "shop", "portal"])
        done = created + lead <= AS_OF and random_.random() < 0.9
        cancelled = not done and random_.random() < 0.3
        has_history = source != "portal"
        is_open = not done and not cancelled
        age = (AS_OF - created) // timedelta(microseconds=1)
        rows.append(
            {
                "ticket_id": f"{source}:{number}",
                "source": source,
                **breakdown(random_),
                "created_at": sometimes(random_, 0.99, created),
                "resolved_at": sometimes(random_, 0.99, created + lead) if done else None,
                "cancelled_at": sometimes(random_, 0.95, created + timedelta(hours=1)) if cancelled else None,
                "is_done": done,
                "is_cancelled": cancelled,
                "is_quarantined": random_.random() < 0.05,
                "has_history": has_history,
                # Those of which some instants are not exact.
                "is_sampled": has_history and number % 3 == 0,
                "is_sla_met_at_source": random_.random() < 0.7 if source == "portal" and number % 7 else None,
                **_parts(random_, lead // timedelta(microseconds=1) if done else None, has_history=has_history),
                "age_calendar_microseconds": sometimes(random_, 0.95, age if is_open else None),
                "age_business_microseconds": age // 4 if is_open else None,
                "reopen_count": random_.choice([0, 0, 0, 1, 2]) if has_history else None,
                "handoff_count": random_.choice([0, 0, 1, 3]) if has_history else None,
                "touch_count": sometimes(random_, 0.8, random_.choice([0, 1, 1, 2, 9])),
                "event_count": 4,
                "duplicate_event_count": 0,
            }
        )
    return [
        {**row, **_ends(number, row), **_windows(number, row), **_loss(number, row), **_sight(number, row)}
        for number, row in enumerate(rows)
    ]


def ticket_day_rows(random_: random.Random) -> list[Row]:
    """Daily counts, with days on which nothing lay; unlike those of a real operation they follow from no tickets."""
    return [
        {
            "day_date": date(2026, 1, 3) + timedelta(days=shift),
            "status_category": category,
            **breakdown(random_),
            "ticket_count": random_.randrange(1, 30),
        }
        for shift in range(97)
        if shift % 11
        for category in ("queued", "active", "waiting")
        for _ in range(random_.randrange(4))
    ]


def _decision_window(number: int, state: str, decided: datetime, *, is_sampled: bool) -> Row:
    """Of some clocks of sampled tickets, files leave open by up to some weeks when they were decided."""
    if not is_sampled or number % 3 or state not in ("met", "breached", "not_measured"):
        return {}
    later = min(decided + timedelta(days=number % 19), AS_OF)
    return {
        "decided_earliest_at": decided - timedelta(days=number % 23, hours=number % 24),
        "decided_latest_at": later if state == "breached" and later > decided else None,
    }


def clock_rows(random_: random.Random, tickets: list[Row]) -> list[Row]:
    rows: list[Row] = []
    for ticket in tickets:
        for target in ("resolution", "first_response", "periodic_update", "vendor_response", "vendor_resolution"):
            # Some tickets no policy covers, and some that were set aside have no clocks.
            if random_.random() < 0.1:
                continue
            state = random_.choice(["met", "met", "met", "breached", "running", "paused", "cancelled"])
            decided = AS_OF - timedelta(seconds=random_.randrange(98 * 86_400))
            # Of some that seem to go on nobody knows whether they were kept, or whether that is decided at all.
            in_doubt = state in ("running", "paused") and (number := len(rows) % 5) < 4
            state = "not_measured" if in_doubt else state
            rows.append(
                {
                    **{name: ticket[name] for name in ("ticket_id", "source", "team", "priority", "service", "vendor")},
                    "sla_policy": f"{target}_policy",
                    "cycle_number": 1,
                    "target": target,
                    "calendar": "office",
                    "started_at": decided,
                    "target_microseconds": 8 * HOUR,
                    "elapsed_microseconds": 4 * HOUR,
                    "paused_microseconds": 0,
                    "state": state,
                    "not_told": ("first_response", "pauses")[number % 2] if in_doubt else None,
                    "decided_at": decided if state in ("met", "breached") or (in_doubt and number) else None,
                    **_decision_window(len(rows), state, decided, is_sampled=bool(ticket["is_sampled"])),
                }
            )
    return rows


def ticket_delay_rows(random_: random.Random, tickets: list[Row]) -> list[Row]:
    return [
        {
            **{name: ticket[name] for name in ("ticket_id", "source", "team", "priority", "service", "vendor")},
            "delay_rule": "waiting",
            "resolved_at": ticket["resolved_at"],
            "measure": "waiting",
            "clock": "business",
            "price_per_hour_original": Decimal(9),
            "currency_code": "EUR",
            "is_capped": False,
            "amount_reporting": sometimes(random_, 0.9, Decimal(random_.randrange(50_000)) / 100),
            "is_quarantined": ticket["is_quarantined"],
        }
        for ticket in tickets
        if ticket["is_done"] and random_.random() < 0.7
    ]
