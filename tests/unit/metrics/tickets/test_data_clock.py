"""The data's clock: what moves it, what must not, and the definition once more, event by event."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from open_time_oracle import utc

from metrics.tickets.data_clock import data_clock, forget_later_creations
from models.ddl import polars_schema
from models.ops import ops_loads
from models.tickets import stg_ticket_events, stg_tickets

DAY = timedelta(days=1)
START = utc(2016, 3, 1)
LANDED = utc(2026, 11, 1)
Told = list[tuple[str, datetime]]
NO_EVENTS = polars_schema(stg_ticket_events).to_frame()
NO_TICKETS = polars_schema(stg_tickets).to_frame()


def ticket_rows(*rows: dict[str, Any]) -> pl.DataFrame:
    told = [{"ticket_id": f"a:{number}", "source": "a", "load_id": "one", **row} for number, row in enumerate(rows)]
    return pl.DataFrame(told, schema=polars_schema(stg_tickets), orient="row")


def event_rows(told: Told, load: str = "one") -> pl.DataFrame:
    rows = [{"ticket_id": ticket, "source": "a", "occurred_at": at, "load_id": load} for ticket, at in told]
    return pl.DataFrame(rows, schema=polars_schema(stg_ticket_events), orient="row")


def landed(**loads: datetime) -> pl.DataFrame:
    rows = [{"load_id": load, "loaded_at": at} for load, at in loads.items()]
    return pl.DataFrame(rows, schema=polars_schema(ops_loads), orient="row")


def busy_desk(tickets: int, days: int = 200) -> tuple[pl.DataFrame, Told]:
    """Tickets created through some days and changed the day after; the last event is at the end of the last day."""
    step = timedelta(days=days) / tickets
    created = [START + step * number for number in range(1, tickets + 1)]
    rows = ticket_rows(*({"created_at": at - DAY} for at in created))
    return rows, [(f"a:{number}", at) for number, at in enumerate(created)]


END = START + 200 * DAY


def test_it_is_the_latest_instant_and_no_due_one() -> None:
    tickets = ticket_rows(
        {"created_at": utc(2026, 3, 1), "closed_at": utc(2026, 3, 4), "due_at": utc(2027, 1, 1)},
        {"created_at": utc(2026, 3, 2)},
    )
    assert data_clock(tickets, NO_EVENTS) == utc(2026, 3, 4)
    assert data_clock(tickets, event_rows([("a:0", utc(2026, 3, 5))])) == utc(2026, 3, 5)
    seen = ticket_rows({"created_at": utc(2026, 3, 1), "last_seen_at": utc(2026, 3, 6)})
    assert data_clock(seen, NO_EVENTS.lazy()) == utc(2026, 3, 6)
    assert data_clock(NO_TICKETS, NO_EVENTS) is None


@pytest.mark.parametrize("count", [3, 1000])
def test_nothing_is_later_than_its_own_file(count: int) -> None:
    tickets, events = busy_desk(count)
    garbled = event_rows([*events, ("a:0", utc(2099, 1, 1)), ("a:1", LANDED + DAY + timedelta(seconds=1))])
    assert data_clock(tickets, garbled, loads=landed(one=LANDED)) == END
    impossible = ticket_rows(
        {"created_at": utc(2098, 1, 1), "resolved_at": utc(2098, 1, 2), "closed_at": utc(2098, 1, 3)}
    )
    assert data_clock(pl.concat([tickets, impossible]), event_rows(events), loads=landed(one=LANDED)) == END


def test_every_file_has_its_own_landing() -> None:
    tickets, events = busy_desk(3)
    tickets, early = tickets.with_columns(load_id=pl.lit("early")), event_rows(events[:2], "early")
    loads = landed(early=START + 100 * DAY, one=LANDED)
    assert data_clock(tickets, pl.concat([early, event_rows(events[2:])]), loads=loads) == END
    assert data_clock(tickets, event_rows(events, "early"), loads=loads) == START + 66 * DAY + 16 * DAY / 24


def test_a_ticket_that_was_set_aside_is_no_evidence() -> None:
    tickets, events = busy_desk(3)
    assert data_clock(tickets, event_rows([*events, ("a:1", END + 30 * DAY)]), quarantined=["a:1"]) == END
    assert data_clock(tickets, event_rows(events), quarantined=pl.Series(["a:0", "a:1", "a:2"])) is None


def test_a_few_instants_long_after_all_others_do_not_move_it() -> None:
    tickets, events = busy_desk(200)
    alone = [("a:7", END + 91 * DAY), ("a:9", END + 1000 * DAY)]
    assert data_clock(tickets, event_rows([*events, *alone])) == END
    assert data_clock(tickets, event_rows([*events, *alone]), loads=landed(one=LANDED)) == END
    # Three tickets are more than one in a hundred: the desk was closed, or an export is missing.
    again = [*alone, ("a:8", END + 92 * DAY)]
    assert data_clock(tickets, event_rows([*events, *again])) == END + 92 * DAY
    # No longer than 90 days is no gap.
    near = [("a:7", END + 90 * DAY), ("a:7", END + 180 * DAY)]
    assert data_clock(tickets, event_rows([*events, *near])) == END + 180 * DAY


def test_a_quiet_desk_that_works_again_is_believed_at_once() -> None:
    tickets, events = busy_desk(200)
    both = pl.concat([event_rows(events, "old"), event_rows([("a:7", LANDED - 31 * DAY)], "new")])
    assert data_clock(tickets, both, loads=landed(old=END, new=LANDED)) == LANDED - 31 * DAY
    assert data_clock(tickets, both, loads=landed(old=END, new=LANDED + DAY)) == END


def test_among_a_handful_of_tickets_nothing_is_unusual() -> None:
    tickets, events = busy_desk(19)
    assert data_clock(tickets, event_rows([*events, ("a:0", END + 900 * DAY)])) == END + 900 * DAY
    tickets, events = busy_desk(20)
    assert data_clock(tickets, event_rows([*events, ("a:0", END + 900 * DAY)])) == END


def test_a_creation_after_all_evidence_is_not_known() -> None:
    tickets = ticket_rows({"created_at": utc(2099, 1, 1)}, {"created_at": utc(2099, 1, 1)}, {"created_at": START})
    kept = forget_later_creations(tickets, END, quarantined=["a:0", "a:2"])
    assert kept["created_at"].to_list() == [None, utc(2099, 1, 1), START]
    assert kept.drop("created_at").equals(tickets.drop("created_at"))


def plain_clock(told: Told, ticket_count: int, loaded_at: datetime) -> datetime | None:
    """The definition of `data_clock`, instant by instant."""
    possible = sorted((at, ticket) for ticket, at in told if at <= loaded_at + DAY)
    few = -(-ticket_count // 100) if ticket_count >= 20 else 0
    begins_isolation = [
        later
        for (earlier, _), (later, _) in pairwise(possible)
        if later - earlier > 90 * DAY and len({ticket for at, ticket in possible if at >= later}) <= few
    ]
    isolated_from = min(begins_isolation, default=None)
    believed = [at for at, _ in possible if isolated_from is None or at < isolated_from or at >= loaded_at - 31 * DAY]
    return max(believed, default=None)


@st.composite
def sparse_histories(draw: st.DrawFn) -> tuple[Told, int, datetime]:
    ticket_count = draw(st.sampled_from([5, 20, 150, 240]))
    names = st.integers(0, ticket_count - 1).map("a:{}".format)
    days = st.one_of(st.integers(0, 400), st.sampled_from([0, 90, 91, 180, 181, 269, 270, 271]))
    told = draw(st.lists(st.tuples(names, days.map(lambda day: START + day * DAY)), max_size=14))
    loaded_at = START + draw(st.sampled_from([100, 180, 211, 300, 5000])) * DAY
    return told, ticket_count, loaded_at


@given(sparse_histories(), st.randoms(use_true_random=False))
def test_it_is_what_its_definition_says(case: tuple[Told, int, datetime], chance: Random) -> None:
    told, ticket_count, loaded_at = case
    tickets = ticket_rows(*({} for _ in range(ticket_count)))
    expected = plain_clock(told, ticket_count, loaded_at)
    loads = landed(one=loaded_at)
    assert data_clock(tickets, event_rows(told), loads=loads) == expected
    chance.shuffle(told)
    assert data_clock(tickets, event_rows([*told, *told[:3]]), loads=loads) == expected
