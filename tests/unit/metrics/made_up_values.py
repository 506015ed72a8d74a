"""What the rows of the made-up operation share: the clock, the breakdown, and values that are missing at times."""

from __future__ import annotations

import random
from datetime import UTC, datetime

AS_OF = datetime(2026, 4, 9, 15, 30, tzinfo=UTC)
HOUR = 3_600_000_000

Row = dict[str, object]


def sometimes(random_: random.Random, share: float, value: object) -> object:
    return value if random_.random() < share else None


def breakdown(random_: random.Random) -> Row:
    return {
        "team": random_.choice(["Network", "Desk", "Field O'Neill", None]),
        "priority": random_.choice(["P1", "P2", "P3"]),
        "service": random_.choice(["Mail", "Payroll", None]),
        "vendor": random_.choice(["Acme", None, None]),
    }
