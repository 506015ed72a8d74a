"""Stretches of the made-up operation's tickets whose history is made of exports, in the morning and as the day ends."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

#: An instant right before midnight in Amsterdam, in the winter.
_MIDNIGHT = datetime(2026, 1, 5, 22, 59, 59, 999_999, tzinfo=UTC)


def stretch_rows(
    random_: random.Random, tickets: Sequence[Mapping[str, object]], as_of: datetime
) -> list[dict[str, object]]:
    """A few stretches of each sampled ticket. Those of the shop are mostly exact; exports show few of its evenings."""
    rows: list[dict[str, object]] = []
    for ticket in tickets:
        created_at = ticket["created_at"] or as_of - timedelta(days=random_.randrange(40))
        if not ticket["is_sampled"]:
            continue
        assert isinstance(created_at, datetime)
        until = ticket.get("unknown_since_at") or as_of
        assert isinstance(until, datetime)
        is_exact = 0.97 if ticket["source"] == "shop" else 0.2
        started_at, before = created_at, created_at - timedelta(hours=random_.randrange(60))
        for number in range(1, random_.randrange(2, 6)):
            if started_at > until:
                break
            earliest_at = before + random_.random() * (started_at - before)
            if random_.random() < 0.3:
                # Exported as some day ended.
                earliest_at = max(before, _MIDNIGHT + timedelta(days=(earliest_at - _MIDNIGHT).days))
            is_told = random_.random() < is_exact or earliest_at >= started_at
            # Some come back, as no export shows.
            is_unseen = not is_told and number > 1 and random_.random() < 0.1
            rows.append(
                {
                    "ticket_id": ticket["ticket_id"],
                    "interval_number": number,
                    "started_at": started_at,
                    "started_earliest_at": None if is_told else earliest_at,
                    "status": None if is_unseen else "Told",
                    "status_category": "queued"
                    if is_unseen
                    else random_.choice(["queued", "active", "active", "waiting", "done", "cancelled"]),
                    "team": random_.choice(["Network", "Network", "Network", None]),
                    "priority": random_.choice(["P1", "P2"]),
                    "vendor": random_.choice(["Acme", None, None, None]),
                    "calendar": "office",
                    "cycle_number": number,
                    "is_last": False,
                }
            )
            before = started_at
            started_at += timedelta(microseconds=0 if is_unseen else random_.randrange(1, 12 * 86_400_000_000))
            if not is_unseen and random_.random() < 0.2:
                started_at = max(
                    before + timedelta(microseconds=1), _MIDNIGHT + timedelta(days=(started_at - _MIDNIGHT).days)
                )
    return rows
