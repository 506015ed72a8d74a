"""What rules ask of the histories of tickets is what the events themselves say, also of another day."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import polars as pl
import pytest
from empty_warehouses import new_warehouse

from data_contracts.evaluation import evaluate, failing_keys
from data_contracts.loader import load_warehouse_contracts
from models.ddl import conform, conform_encoded
from models.findings import ops_ticket_histories
from models.tickets import stg_ticket_events, stg_tickets
from pipelines.staging.ticket_histories import replace_histories, store_histories
from pipelines.warehouse import Warehouse

START: Final = datetime(2026, 1, 5, 8, tzinfo=UTC)
SOURCES: Final = ("jira", "desk")
RULES: Final = {rule.id: rule for contract in load_warehouse_contracts() for rule in contract.rules}
#: The same questions, put to all events: rule -> SELECT of the tickets that break it, one row per row that does.
ASKED_OF_EVENTS: Final = {
    "tickets.events.present": """
        SELECT ticket_id FROM stg.stg_tickets AS tickets
        WHERE export_shape = 'event_log' AND status_category <> 'queued'
            AND NOT EXISTS (FROM stg.stg_ticket_events AS events WHERE events.ticket_id = tickets.ticket_id)
    """,
    "ticket_events.occurred_at.not_before_created": """
        SELECT ticket_id FROM stg.stg_ticket_events JOIN stg.stg_tickets USING (ticket_id)
        WHERE occurred_at < created_at - INTERVAL 5 MINUTE
            AND stg_ticket_events.ticket_id NOT IN (
                SELECT ticket_id FROM stg.stg_ticket_events SEMI JOIN ops.ops_swapped_dates USING (load_id)
            )
    """,
    "ticket_events.occurred_at.not_shortly_before_created": """
        SELECT ticket_id FROM stg.stg_ticket_events JOIN stg.stg_tickets USING (ticket_id)
        WHERE occurred_at < created_at AND occurred_at >= created_at - INTERVAL 5 MINUTE
    """,
    "ticket_events.event_sequence.without_gaps": """
        WITH numbered AS (
            SELECT source, ticket_id, min(event_sequence) AS lowest, min(occurred_at) AS began_at,
                max(event_sequence) - min(event_sequence) + 1 > count(DISTINCT event_sequence) AS has_hole
            FROM stg.stg_ticket_events WHERE event_sequence IS NOT NULL GROUP BY source, ticket_id
        ),
        usual AS (
            SELECT source, lowest AS first_number FROM numbered GROUP BY source, lowest
            QUALIFY row_number() OVER (PARTITION BY source ORDER BY count(*) DESC, lowest) = 1
        ),
        judged AS (
            SELECT numbered.*, has_hole OR (lowest > first_number AND created_at >= min(began_at) OVER logs) AS has_gap,
                coalesce(NOT has_hole AND (lowest = first_number OR created_at < min(began_at) OVER logs), false)
                    AS is_whole,
                began_at < median(began_at) OVER logs AS is_past
            FROM numbered JOIN usual USING (source) LEFT JOIN stg.stg_tickets AS tickets USING (ticket_id)
            WINDOW logs AS (PARTITION BY source)
        )
        SELECT ticket_id FROM judged WHERE has_gap AND source IN (
            SELECT source FROM judged WHERE is_past GROUP BY source
            HAVING count(*) >= 10 AND avg(CAST(is_whole AS INTEGER)) >= 0.95
        )
    """,
    **{
        f"tickets.{name}.known": f"""
            SELECT ticket_id FROM stg.stg_tickets
            WHERE {name} NOT IN (SELECT name FROM ops.listed_names WHERE dimension = '{name}')
            UNION
            SELECT ticket_id FROM stg.stg_ticket_events
            WHERE {" OR ".join(
                f"{column} NOT IN (SELECT name FROM ops.listed_names WHERE dimension = '{name}')" for column in columns
            )}
        """
        for name, *columns in (
            ("team", "team", "team_before"), ("priority", "priority", "priority_before"), ("vendor", "vendor")
        )
    },
}  # fmt: skip


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[Warehouse]:
    with new_warehouse(tmp_path / "warehouse.duckdb") as opened:
        names = ", ".join(f"('{name}', '{name} {n}')" for name in ("team", "priority", "vendor") for n in range(3))
        opened.execute(f"CREATE OR REPLACE VIEW ops.listed_names AS FROM (VALUES {names}) AS known (dimension, name)")
        yield opened


def test_rules_find_what_the_events_say_on_every_day(warehouse: Warehouse) -> None:
    """Of tickets that come, change, lose events or go: histories are those of everything, and rules find the same."""
    broken: Counter[str] = Counter()
    for seed in range(8):
        draw = random.Random(seed)
        stage(warehouse, [life_of(draw, number, is_spoilt=draw.random() < 0.03) for number in range(200)])
        store_histories(warehouse)
        for day in range(3):
            assert histories(warehouse) == counted_one_by_one(warehouse)
            broken += assert_rules_agree(warehouse)
            changed = [life_of(draw, number, is_spoilt=day == 1) for number in draw.sample(range(230), 15)]
            stage_some(warehouse, changed)
    assert broken.keys() == ASKED_OF_EVENTS.keys(), "a rule that nothing broke shows nothing"


def life_of(draw: random.Random, number: int, *, is_spoilt: bool) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A ticket and its events, which have gaps, wrong times and unknown names where it is spoilt."""
    ticket_id = f"{SOURCES[number % 2]}:{number:04}"
    created_at = START + timedelta(hours=number)
    shared: dict[str, Any] = {"ticket_id": ticket_id, "source": SOURCES[number % 2], "load_id": "a", "row_number": 1}
    numbers = list(range(1, draw.choice([1, 2, 5, 64, 65, 66, 130]) + 1))
    at = created_at
    if is_spoilt:
        at -= draw.choice([timedelta(0), timedelta(minutes=5), timedelta(minutes=3), timedelta(days=2)])
        numbers = draw.sample(numbers, draw.randint(0, len(numbers)))
        numbers += draw.choices(numbers, k=draw.randint(0, 2)) if numbers else []
    events = [
        {
            **shared,
            "occurred_at": at + timedelta(minutes=place),
            "event_sequence": None if is_spoilt and draw.random() < 0.2 else sequence,
            **{name: name_of(draw, name, is_spoilt) for name in ("team", "priority", "vendor")},
            **{f"{name}_before": name_of(draw, name, is_spoilt) for name in ("team", "priority")},
        }
        for place, sequence in enumerate(numbers)
    ]
    ticket = {
        **shared,
        "created_at": None if is_spoilt and draw.random() < 0.2 else created_at,
        "export_shape": "event_log",
        "status_category": draw.choice(["queued", "active", "done"]),
        **{name: name_of(draw, name, is_spoilt) for name in ("team", "priority", "vendor")},
    }
    return ticket, events


def name_of(draw: random.Random, dimension: str, is_spoilt: bool) -> str | None:
    return draw.choice([None, *(f"{dimension} {n}" for n in range(4 if is_spoilt and draw.random() < 0.3 else 3))])


def frames_of(lives: list[tuple[dict[str, Any], list[dict[str, Any]]]]) -> tuple[pl.DataFrame, pl.DataFrame]:
    tickets = pl.DataFrame([ticket for ticket, _ in lives], infer_schema_length=None)
    events = pl.DataFrame([event for _, events in lives for event in events], infer_schema_length=None)
    return conform(tickets, stg_tickets), conform(events, stg_ticket_events)


def stage(warehouse: Warehouse, lives: list[tuple[dict[str, Any], list[dict[str, Any]]]]) -> None:
    tickets, events = frames_of(lives)
    warehouse.replace(stg_tickets, tickets)
    warehouse.replace(stg_ticket_events, events)


def stage_some(warehouse: Warehouse, lives: list[tuple[dict[str, Any], list[dict[str, Any]]]]) -> None:
    """As staging does it with the tickets that new files tell of."""
    ticket_ids = pl.Series("ticket_id", [ticket["ticket_id"] for ticket, _ in lives])
    tickets, events = frames_of(lives)
    categories = conform_encoded(events.with_columns(pl.col("source").cast(pl.Categorical)), stg_ticket_events)
    with warehouse.transaction():
        warehouse.replace_rows(stg_ticket_events, "ticket_id", ticket_ids, events)
        warehouse.replace_rows(stg_tickets, "ticket_id", ticket_ids, tickets)
        replace_histories(warehouse, ticket_ids, categories, tickets)


def histories(warehouse: Warehouse) -> Counter[tuple[Any, ...]]:
    return Counter(warehouse.read(ops_ticket_histories).rows())


def counted_one_by_one(warehouse: Warehouse) -> Counter[tuple[Any, ...]]:
    """What the histories should be, counted without the database."""
    created = dict(warehouse.rows("SELECT ticket_id, created_at FROM stg.stg_tickets"))
    told: dict[str, list[tuple[str, datetime, int | None]]] = defaultdict(list)
    query = "SELECT ticket_id, CAST(source AS VARCHAR), occurred_at, event_sequence FROM stg.stg_ticket_events"
    for ticket_id, *event in warehouse.rows(query):
        told[ticket_id].append(tuple(event))
    found: Counter[tuple[Any, ...]] = Counter()
    for ticket_id in created.keys() | told.keys():
        events = told[ticket_id]
        numbered = [(at, number) for _, at, number in events if number is not None]
        numbers = {number for _, number in numbered}
        found[
            (
                ticket_id,
                events[0][0] if events else None,
                created.get(ticket_id),
                len(events),
                min((at for _, at, _ in events), default=None),
                min((at for at, _ in numbered), default=None),
                min(numbers, default=None),
                max(numbers, default=None),
                len(numbers),
            )
        ] += 1
    return found


def assert_rules_agree(warehouse: Warehouse) -> Counter[str]:
    """Every rule finds as many rows and the same tickets as the question to all events; how many each found."""
    rules = [RULES[rule_id] for rule_id in ASKED_OF_EVENTS]
    results = evaluate(rules, warehouse.connection, listed_dimensions=("team", "priority", "vendor"))
    for result in results:
        expected = [row[0] for row in warehouse.rows(ASKED_OF_EVENTS[result.rule.id])]
        assert (result.rule.id, result.error, result.failed_count) == (result.rule.id, None, len(expected))
        assert failing_keys(result, warehouse.connection) == sorted(set(expected))
    return Counter({result.rule.id: result.failed_count for result in results if result.failed_count})
