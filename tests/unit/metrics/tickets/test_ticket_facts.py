"""Any whole tickets, in any slices and however their text is encoded, give the rows that all of them give in one call.

What those rows have to be is worked out in `test_ticket_kernel`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from ticket_strategies import Case, cases

from metrics.tickets.clocks import sources_with_replies, sources_with_teams
from metrics.tickets.facts import MeasuringRules, TicketFacts, measure_tickets
from metrics.tickets.flow import add_up_days, no_day_changes
from metrics.tickets.replies import sources_with_reply_events
from metrics.tickets.steps import CATEGORIES
from models.ddl import conform
from models.tickets import fct_sla_clocks, fct_ticket_intervals, fct_tickets
from pipelines.facts.ticket_slices import EVENT_COLUMNS, TICKET_COLUMNS

SOME = settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
KEYS = ("ticket_id", "interval_number", "target", "sla_policy", "cycle_number")
#: Columns that an export may leave empty for every ticket.
OPTIONAL = ("status", "status_category", "waiting_reason", "team", "priority", "vendor", "load_id")
SEQUENCES = (None, None, 0, -1, 7, -(2**63), 2**63 - 1)


@dataclass(frozen=True)
class Operation:
    """Staged tickets and events that are hard to put in order, and the rules by which they are measured."""

    tickets: pl.DataFrame
    events: pl.DataFrame
    rules: MeasuringRules
    quarantined: tuple[str, ...]

    def measure(self) -> TicketFacts:
        """Everything in one call, as text."""
        return measure_tickets(self.tickets, self.events, self.rules, quarantined=self.quarantined)

    def slices(self, random: Random) -> Iterator[TicketFacts]:
        """The same in random slices of whole tickets, empty ones among them, as the pipeline hands them out."""
        count = random.choice([1, 2, 5, self.tickets.height + 3])
        slice_of = [random.randrange(count) for _ in range(self.tickets.height)]
        for number in range(count):
            own = _shuffled(self.tickets[[at for at, slice_ in enumerate(slice_of) if slice_ == number]], random)
            events = _shuffled(self.events, random).join(
                own.select("ticket_id").with_row_index("ticket"), on="ticket_id", how="inner", maintain_order="left"
            )
            if random.random() < 0.5:
                events = events.select("ticket", *EVENT_COLUMNS)
            aside = own["ticket_id"].filter(own["ticket_id"].is_in(self.quarantined))
            yield measure_tickets(_encode(own.select(TICKET_COLUMNS)), _encode(events), self.rules, quarantined=aside)


def make_operation(case: Case, random: Random) -> Operation:
    """What a case holds, with what its own strategy leaves out."""
    tickets, events = case.ticket_frame(), case.event_frame()
    sequences = [random.choice(SEQUENCES) for _ in range(events.height)]
    events = events.with_columns(event_sequence=pl.Series(sequences, dtype=pl.Int64))
    # Some lives lie far back, some began long before they went on.
    ids = tickets["ticket_id"].to_list()
    for name, frame in (("tickets", tickets), ("events", events)):
        instants = [name for name, type_ in frame.schema.items() if isinstance(type_, pl.Datetime)]
        moved = {ticket_id: timedelta(days=random.choice([0, 0, 0, 400, 9_000, 40_000])) for ticket_id in ids}
        back = frame["ticket_id"].replace_strict(moved, return_dtype=pl.Duration("us"))
        frame = frame.with_columns(pl.col(instants) - back)
        empty = [name for name in OPTIONAL if name in frame.columns and random.random() < 0.15]
        frame = frame.with_columns(pl.lit(None, dtype=frame.schema[name]).alias(name) for name in empty)
        tickets, events = (frame, events) if name == "tickets" else (tickets, frame)
    untimed = pl.Series([random.random() < 0.03 for _ in range(events.height)], dtype=pl.Boolean)
    events = events.with_columns(occurred_at=pl.when(~untimed).then("occurred_at"))
    quarantined = ("nobody:0", *(ticket_id for ticket_id in ids if random.random() < 0.2))
    return Operation(tickets, events, _rules_of(case, tickets, events, random), quarantined)


def _rules_of(case: Case, tickets: pl.DataFrame, events: pl.DataFrame, random: Random) -> MeasuringRules:
    return MeasuringRules(
        as_of=case.as_of,
        reach=case.as_of + timedelta(hours=random.choice([0, -30, 30])),
        open_time=case.open_time(),
        team_calendars=case.teams,
        sla_policies=case.policies,
        reply_sources=sources_with_replies(tickets, events),
        reply_event_sources=sources_with_reply_events(events),
        team_sources=sources_with_teams(tickets, events),
        time_zone=random.choice(["America/New_York", "Australia/Lord_Howe"]),
    )


def _encode(frame: pl.DataFrame) -> pl.DataFrame:
    texts = [name for name, type_ in frame.schema.items() if type_ == pl.String and name != "ticket_id"]
    return frame.with_columns(
        pl.col(name).cast(CATEGORIES if name.startswith("status_category") else pl.Categorical) for name in texts
    )


def _shuffled(frame: pl.DataFrame, random: Random) -> pl.DataFrame:
    return frame[random.sample(range(frame.height), frame.height)]


def _whole(parts: Sequence[TicketFacts], rules: MeasuringRules) -> dict[str, pl.DataFrame]:
    """The tables that the facts of some slices come to, in one order."""
    tables: dict[str, pl.DataFrame] = {
        fct_ticket_intervals.name: pl.concat([conform(part.intervals, fct_ticket_intervals) for part in parts]),
        fct_tickets.name: pl.concat([conform(part.tickets, fct_tickets) for part in parts]),
        fct_sla_clocks.name: pl.concat([conform(part.clocks, fct_sla_clocks) for part in parts]),
    }
    ordered = {name: table.sort([key for key in KEYS if key in table.columns]) for name, table in tables.items()}
    changes = pl.concat([no_day_changes(), *(part.day_changes for part in parts)])
    days = add_up_days(changes, as_of=rules.as_of, time_zone=rules.time_zone)
    return {**ordered, "fct_ticket_days": days}


def _assert_same(tables: dict[str, Any], expected: dict[str, Any]) -> None:
    for name, table in expected.items():
        assert_frame_equal(tables[name], table, categorical_as_str=True)


@SOME
@given(cases(), st.integers(0, 2**32))
def test_slices_of_encoded_tickets_come_to_the_whole(case: Case, seed: int) -> None:
    random = Random(seed)
    operation = make_operation(case, random)
    whole = _whole([operation.measure()], operation.rules)
    _assert_same(_whole(list(operation.slices(random)), operation.rules), whole)


@settings(SOME, max_examples=3)
@given(cases(), st.integers(0, 2**32))
def test_many_tickets_over_centuries_are_measured_as_each_alone(case: Case, seed: int) -> None:
    """Ticket and instant together then need more than the 64 bits by which they are put in order elsewhere."""
    few = make_operation(case, Random(seed))
    old = pl.col("ticket_id") == few.tickets["ticket_id"][0]
    long_ago = datetime(1066, 10, 14, tzinfo=UTC)
    tickets = few.tickets.with_columns(
        created_at=pl.when(old).then(pl.lit(long_ago, pl.Datetime("us", "UTC"))).otherwise("created_at")
    )
    copies = range(400)
    names = [f"{number:03d} of " for number in copies]
    many = Operation(
        pl.concat([tickets.with_columns(ticket_id=pl.lit(name) + pl.col("ticket_id")) for name in names]),
        pl.concat([few.events.with_columns(ticket_id=pl.lit(name) + pl.col("ticket_id")) for name in names]),
        few.rules,
        tuple(name + ticket_id for name in names for ticket_id in few.quarantined),
    )
    assert many.tickets.height * ((case.as_of - long_ago) // timedelta(microseconds=1)) > 2**63
    alone = _whole([Operation(tickets, few.events, few.rules, few.quarantined).measure()], few.rules)
    measured = _whole([many.measure()], many.rules)
    days = measured.pop("fct_ticket_days")
    expected_days = alone.pop("fct_ticket_days").with_columns(pl.col("ticket_count") * len(copies))
    assert_frame_equal(days, expected_days, categorical_as_str=True)
    for table, rows in alone.items():
        expected = pl.concat([rows.with_columns(ticket_id=pl.lit(name) + pl.col("ticket_id")) for name in names])
        assert_frame_equal(measured[table], expected)


@settings(SOME, max_examples=3)
@given(cases(ticket_count=1))
def test_nothing_comes_to_nothing(case: Case) -> None:
    tickets, events = case.ticket_frame().clear(), case.event_frame().clear()
    rules = _rules_of(case, tickets, events, Random(0))
    for encode in (lambda frame: frame, _encode):
        facts = measure_tickets(encode(tickets.select(TICKET_COLUMNS)), encode(events), rules)
        tables = _whole([facts], rules)
        assert {name: table.height for name, table in tables.items()} == dict.fromkeys(tables, 0)
