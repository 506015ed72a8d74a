"""Made-up lives of tickets, and the exports that would show them: small, but full of coincidences.

Hypothesis gives only a seed: drawing every field from it takes far longer. Instants fall on few hours of few days, so
that changes coincide with exports.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import polars as pl

from models.ddl import conform
from models.tickets import stg_ticket_events, stg_tickets

INSTANT = pl.Datetime("us", "UTC")
START = datetime(2026, 10, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)
STATUSES = {
    "New": ("queued", None),
    "Working": ("active", None),
    "Asked": ("waiting", "customer"),
    "Ordered": ("waiting", "vendor"),
    "Solved": ("done", None),
    "Closed": ("done", None),
    "Dropped": ("cancelled", None),
    "Unheard of": (None, None),
}
TEAMS = ("Front desk", "Network")
PRIORITIES = ("P1", "P2")
VENDORS = ("Acme", "Bolt")
SCHEMA = pl.Schema(
    {
        "ticket_id": pl.String,
        "export": pl.String,
        "snapshot_at": INSTANT,
        "seen_until": INSTANT,
        **dict.fromkeys(
            ("status", "status_category", "waiting_reason", "team", "priority", "vendor"), pl.String()
        ),
        **dict.fromkeys(("created_at", "first_response_at", "resolved_at", "closed_at"), INSTANT),
        "load": pl.Int64,
        "load_id": pl.String,
        "row_number": pl.Int64,
        "row_hash": pl.String,
    }
)  # fmt: skip
EXPORT_SCHEMA = pl.Schema({"export": pl.String, "snapshot_at": INSTANT, "is_full": pl.Boolean})


@dataclass
class TrueLife:
    """What really happened to a ticket: its creation, and what it was changed to and when."""

    ticket_id: str
    created_at: datetime
    changes: list[tuple[datetime, dict[str, str]]] = field(default_factory=list)

    def at(self, instant: datetime) -> dict[str, Any]:
        """What an export of that instant says."""
        shown: dict[str, Any] = {
            **dict.fromkeys(("status", "team", "priority", "vendor", "resolved_at", "closed_at")),
            "created_at": self.created_at,
        }
        for at, change in self.changes:
            if at > instant:
                break
            was = STATUSES[shown["status"]][0] if shown["status"] else None
            shown |= change
            category = STATUSES[shown["status"]][0]
            if "status" in change and category not in ("done", "cancelled"):
                shown |= {"resolved_at": None, "closed_at": None}
            elif "status" in change:
                shown["closed_at"] = at if shown["status"] in ("Closed", "Dropped") else None
                shown["resolved_at"] = at if category == "done" and was != "done" else shown["resolved_at"]
        return shown


class Dice:
    """Throws that make up lives and exports."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def one_in(self, count: int) -> bool:
        return self.random.randrange(count) == 0

    def life(self, number: int, days: int) -> TrueLife:
        random = self.random
        created_at = START + random.randrange(-48, 24 * days) * HOUR
        first = {"status": random.choice(["New", "New", "Working", "Solved"])}
        first |= {"priority": random.choice(PRIORITIES)} if random.random() < 0.8 else {}
        life = TrueLife(f"desk:{number}", created_at, [(created_at, first)])
        at = created_at
        for _ in range(random.randrange(8)):
            at += random.choice([0, 1, 6, 24, 24, 30, 60]) * HOUR + random.choice([0, 0, 1]) * timedelta(microseconds=1)
            change = {"status": random.choice(list(STATUSES))} if random.random() < 0.8 else {}
            change |= {"team": random.choice(TEAMS)} if self.one_in(3) else {}
            change |= {"priority": random.choice(PRIORITIES)} if self.one_in(5) else {}
            change |= {"vendor": random.choice(VENDORS)} if self.one_in(5) else {}
            life.changes.append((at, change))
        return life

    def lie(self, shown: dict[str, Any], at: datetime) -> dict[str, Any]:
        """What the export says instead: a field empty, wrong or a day off; a team left out."""
        random = self.random
        told = dict(shown)
        for name in ("resolved_at", "closed_at", "created_at"):
            if told[name] is not None and self.one_in(8):
                told[name] += random.choice([-30, -24, -1, 1, 24]) * HOUR
            elif self.one_in(10):
                told[name] = None if name != "created_at" else told[name]
        for name in ("status", "team", "priority", "vendor"):
            if self.one_in(12):
                told[name] = None
        if self.one_in(4):
            told["first_response_at"] = at + random.choice([-40, -3, 5]) * HOUR
        return told


@dataclass(frozen=True)
class Exports:
    """Snapshots as `metrics.tickets.repeated_snapshots` takes them."""

    rows: list[dict[str, Any]]
    exports: list[dict[str, Any]]

    def row_frame(self) -> pl.DataFrame:
        return pl.DataFrame(self.rows, schema=SCHEMA, orient="row")

    def export_frame(self) -> pl.DataFrame:
        return pl.DataFrame(self.exports, schema=EXPORT_SCHEMA, orient="row")


def show(ticket_id: str, export: str, at: datetime, told: dict[str, Any], row_number: int) -> dict[str, Any]:
    """A row of a snapshot."""
    category, reason = STATUSES[told["status"]] if told["status"] else (None, None)
    load = 2 * int((at - START) / HOUR) + (export == "annex")
    return {
        "first_response_at": None,
        **told,
        "ticket_id": ticket_id,
        "export": export,
        "snapshot_at": at,
        "seen_until": at,
        "status_category": category,
        "waiting_reason": reason,
        "load": load,
        "load_id": f"{export}/{at:%Y-%m-%dT%H}",
        "row_number": row_number,
        "row_hash": f"{ticket_id} {at:%d}",
    }


def take_exports(
    lives: Sequence[TrueLife], instants: Sequence[datetime], *, is_full: bool = True, export: str = "desk"
) -> Exports:
    """Exports that are always right and whole."""
    rows = [
        show(life.ticket_id, export, at, life.at(at), number)
        for at in instants
        for number, life in enumerate(lives, start=2)
        if life.created_at <= at
    ]
    return Exports(rows, [{"export": export, "snapshot_at": at, "is_full": is_full} for at in instants])


def make_faulty_exports(seed: int, *, count: int = 12, days: int = 8) -> Exports:
    """Exports of one source with days missing, tickets left out and told twice, fields wrong or without creation."""
    dice = Dice(seed)
    random = dice.random
    lives = [dice.life(number, days) for number in range(count)]
    names = ("desk", "annex") if dice.one_in(3) else ("desk",)
    has_creation = {name: not dice.one_in(3) for name in names}
    home = {life.ticket_id: random.choice(names) for life in lives}
    rows: list[dict[str, Any]] = []
    exports: list[dict[str, Any]] = []
    for name in names:
        is_full = not dice.one_in(3)
        for at in (START + (24 * day + random.choice([0, 6])) * HOUR for day in range(days) if not dice.one_in(4)):
            exports.append({"export": name, "snapshot_at": at, "is_full": is_full})
            for number, life in enumerate(lives, start=2):
                if dice.one_in(30):
                    home[life.ticket_id] = random.choice(names)
                if life.created_at > at + 5 * HOUR or home[life.ticket_id] != name or dice.one_in(6):
                    continue
                told = dice.lie(life.at(max(at, life.created_at)), at)
                if not has_creation[name]:
                    told["created_at"] = None
                rows.append(show(life.ticket_id, name, at, told, number))
                if dice.one_in(25):
                    again = dice.lie(life.at(max(at, life.created_at)), at)
                    rows.append(show(life.ticket_id, name, at, {**told, "status": again["status"]}, number + 100))
    return Exports(rows, exports)


def patient_lives(seed: int) -> tuple[list[TrueLife], list[datetime]]:
    """Lives that change at most once between two exports, the first time after an export has shown them."""
    dice = Dice(seed)
    instants = [START + 6 * number * HOUR for number in range(60)]
    lives = []
    for number in range(10):
        turn = dice.random.randrange(1, 20)
        created_at = instants[turn] - dice.random.randrange(0, 6) * HOUR
        life = TrueLife(f"desk:{number}", created_at, [(created_at, {"status": "New"})])
        for _ in range(dice.random.randrange(9)):
            turn += dice.random.randrange(1, 5)
            at = instants[turn] - dice.random.randrange(0, 6) * HOUR
            change = {"status": dice.random.choice([name for name in STATUSES if name != "Unheard of"])}
            change |= {"team": dice.random.choice(("Front desk", "Network"))} if dice.one_in(2) else {}
            change |= {"priority": dice.random.choice(("P1", "P2"))} if dice.one_in(4) else {}
            life.changes.append((at, change))
        lives.append(life)
    return lives, instants


def restless_lives(seed: int) -> tuple[list[TrueLife], list[datetime]]:
    """Lives that come back once they are resolved, many of them between two exports. Every resolution is exported."""
    dice = Dice(seed)
    instants = [START + 6 * number * HOUR for number in range(60)]
    lives = []
    for number in range(10):
        at = instants[1] + dice.random.randrange(0, 60) * HOUR
        life = TrueLife(f"desk:{number}", at, [(at, {"status": "New"})])
        for _ in range(dice.random.randrange(1, 5)):
            at += dice.random.randrange(0, 12) * HOUR
            life.changes.append((at, {"status": dice.random.choice(["Solved", "Closed"])}))
            seen_at = min(each for each in instants if each >= at)
            at = seen_at + dice.random.randrange(1, 12) * HOUR
            life.changes.append((at, {"status": dice.random.choice(["Working", "Asked", "New"])}))
        if not dice.one_in(3):
            life.changes.pop()
        lives.append(life)
    return lives, instants


def hurried_lives(seed: int) -> tuple[list[TrueLife], list[datetime]]:
    """Lives that change at most once between two exports, but that somebody may work on a little before they wait.

    The first change may come before the first export that shows the ticket. Some come back unseen once they are solved.
    """
    dice = Dice(seed)
    random = dice.random
    instants = [START + 6 * number * HOUR for number in range(60)]
    lives = []
    for number in range(10):
        turn = random.randrange(2, 20)
        at = instants[turn] - random.randrange(1, 6) * HOUR
        life = TrueLife(f"desk:{number}", at, [(at, {"status": "New", "team": random.choice(TEAMS)})])
        if dice.one_in(3):
            at += random.randrange(int((instants[turn] - at) / HOUR) + 1) * HOUR
            life.changes.append((at, {"status": random.choice(["Working", "Asked", "Solved"])}))
        for _ in range(random.randrange(7)):
            turn += random.randrange(1, 5)
            at = instants[turn] - random.randrange(0, 6) * HOUR
            was = life.at(at)["status"]
            change = {"status": random.choice(["Working", "Asked", "Ordered", "Solved", "Solved", "New"])}
            change |= {"team": random.choice(TEAMS)} if dice.one_in(2) else {}
            if was == "New" and change["status"] == "Asked":
                began_at = at - random.randrange(int((at - instants[turn - 1]) / HOUR)) * HOUR
                life.changes.append((began_at, {"status": "Working"}))
            if (
                change["status"] == "Solved"
                and was != "Solved"
                and at - instants[turn - 1] > 2 * HOUR
                and dice.one_in(3)
            ):
                # Solved twice between two exports: the field tells of the second time.
                life.changes += [(at - 2 * HOUR, {"status": "Solved"}), (at - HOUR, {"status": was})]
            if was == change["status"] == "Solved" and at - instants[turn - 1] > HOUR:
                life.changes.append((at - HOUR, {"status": "Working"}))
            life.changes.append((at, change))
        lives.append(life)
    return lives, instants


def worked_lives(seed: int) -> tuple[list[TrueLife], list[datetime]]:
    """Lives that were queued and worked on before files show what became of them, some long before the first file.

    Between two files a ticket goes at most one way: out of the queue it may be worked on first, and one that comes back
    may be queued and worked on. None goes from done to cancelled or back without being open.
    """
    random = Random(seed)
    instants = [START + 6 * number * HOUR for number in range(60)]
    first = random.randrange(1, 12)
    lives = []
    for number in range(10):
        turn = random.randrange(1, 20)
        created_at = instants[turn] - random.randrange(1, 6) * HOUR
        life = TrueLife(f"desk:{number}", created_at, [(created_at, {"status": "New"})])
        since, turn = created_at, max(turn, first)
        for _ in range(random.randrange(8)):
            was = life.changes[-1][1]["status"]
            will = random.choice(["New", "Working", "Asked", "Asked", "Ordered", "Solved", "Closed", "Dropped"])
            if {STATUSES[was][0], STATUSES[will][0]} == {"done", "cancelled"}:
                continue
            passed = [each for each in _on_the_way(was, will) if random.random() < 0.6]
            # Every half hour between the two files will do.
            times = range(1, int((instants[turn] - since) / HOUR * 2) + 1)
            path = [*passed, will][-len(times) :]
            life.changes += [
                (since + half * HOUR / 2, {"status": status})
                for half, status in zip(sorted(random.sample(times, len(path))), path, strict=True)
            ]
            turn += random.randrange(1, 5)
            since = instants[turn - 1]
        lives.append(life)
    return lives, instants[first:]


def _on_the_way(was: str, will: str) -> list[str]:
    """Statuses that a ticket may pass through between two files that show one and the other."""
    category, follows = STATUSES[was][0], STATUSES[will][0]
    if category == "queued" and follows in ("waiting", "done", "cancelled"):
        return ["Working"]
    if category in ("done", "cancelled") and follows in ("active", "waiting"):
        return ["New", "Working"] if follows == "waiting" else ["New"]
    return []


def log_of(lives: Sequence[TrueLife], moved: Any) -> pl.DataFrame:
    """The event log of lives, each instant moved as the function says."""
    events = []
    for life in lives:
        before: dict[str, Any] = {}
        for number, (at, change) in enumerate(life.changes):
            state = {**before, **change}
            category, reason = STATUSES[state["status"]]
            entry = STATUSES[before["status"]][0] != category if before else True
            events.append(
                {
                    "ticket_id": life.ticket_id,
                    "source": "desk",
                    "occurred_at": at if number == 0 else moved(at, category, before.get("status"), state, entry),
                    "event_sequence": number,
                    "status": state["status"],
                    "status_category": category,
                    "waiting_reason": reason,
                    "team": change.get("team"),
                    "priority": change.get("priority"),
                    "load_id": "log",
                    "row_number": number,
                    "row_hash": "",
                }
            )
            before = state
    return conform(pl.DataFrame(events, infer_schema_length=None), stg_ticket_events)


def tickets_of(lives: Sequence[TrueLife], shape: str, told: pl.DataFrame | None = None) -> pl.DataFrame:
    """Rows of `stg_tickets` of some lives.

    Args:
        shape: of the export.
        told: what comparing exports tells of them; the true creation if not given.
    """
    rows = [
        {
            "ticket_id": life.ticket_id, "source": "desk", "export_shape": shape, "load_id": "", "row_number": 0,
            "row_hash": "", **({} if told is not None else {"created_at": life.created_at}),
            "status_category": STATUSES[life.changes[-1][1]["status"]][0],
        }
        for life in lives
    ]  # fmt: skip
    frame = pl.DataFrame(rows)
    return conform(frame if told is None else frame.join(told, on="ticket_id"), stg_tickets)
