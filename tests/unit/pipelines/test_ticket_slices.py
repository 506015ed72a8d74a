"""Slices of whole tickets, read from a real build database: together they are what is staged, each ticket once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from empty_warehouses import new_warehouse

from models.ddl import polars_schema
from models.ops import ops_quarantined_records
from models.tickets import stg_ticket_events, stg_tickets
from pipelines.facts import ticket_slices
from pipelines.facts.ticket_slices import EVENT_COLUMNS, TICKET_COLUMNS, TicketSlice, read_slices
from pipelines.warehouse import Warehouse

TICKETS = 700
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """Tickets with none to eleven events each, in no order; events of a ticket that is not there; some set aside."""
    number = pl.int_range(TICKETS, eager=True)
    tickets = pl.DataFrame({"number": number}).select(
        ticket_id=pl.format("desk:{}", pl.col("number") * 7919 % TICKETS),
        source=pl.lit("desk"),
        export_shape=pl.lit("event_log"),
        created_at=pl.lit(BEGAN) + pl.duration(minutes="number"),
        # Of every six, three are settled, two are open, and of one nobody says.
        status_category=pl.lit(["done", "active", "cancelled", "done", "queued", None]).list.get(pl.col("number") % 6),
        team=pl.when(pl.col("number") % 3 > 0).then(pl.format("Team {}", pl.col("number") % 5)),
        load_id=pl.lit("desk/tickets/1"),
        row_number=pl.col("number"),
        row_hash=pl.lit(""),
    )
    row = pl.int_range(TICKETS * 5, eager=True)
    events = pl.DataFrame({"row": row}).select(
        # A few tickets have most of the events, as in life, and one in seven has none.
        ticket_id=pl.format("desk:{}", (pl.col("row") * 104_729 % (TICKETS + 1)) // 7 * 7 + pl.col("row") % 6),
        source=pl.lit("desk"),
        occurred_at=pl.lit(BEGAN) + pl.duration(hours="row"),
        event_sequence=pl.when(pl.col("row") % 4 > 0).then(-pl.col("row")),
        status=pl.format("State {}", pl.col("row") % 11),
        status_category=pl.when(pl.col("row") % 2 > 0).then(pl.lit("waiting")),
        actor=pl.format("Agent {}", pl.col("row") % 13),
        load_id=pl.format("desk/log/{}", pl.col("row") % 3),
        row_number=pl.col("row"),
        row_hash=pl.lit(""),
    )
    events = pl.concat([events, events.head(5).with_columns(ticket_id=pl.lit("nobody:1"))])
    aside = pl.DataFrame(
        {
            "table_name": ["stg_tickets", "stg_ticket_events", "stg_ticket_events", "stg_cost_lines"],
            "record_id": ["desk:3", "desk:10", "nobody:1", "desk:11"],
        }
    ).with_columns(
        pl.lit("tickets").alias("domain"), *(pl.lit("").alias(name) for name in ("rule_id", "reason", "batch_hash"))
    )
    with new_warehouse(tmp_path_factory.mktemp("home") / "warehouse.duckdb") as opened:
        opened.append(stg_tickets, tickets)
        opened.append(stg_ticket_events, events)
        opened.append(ops_quarantined_records, aside)
        yield opened


def put_together(slices: list[TicketSlice]) -> tuple[pl.DataFrame, pl.DataFrame, list[str]]:
    """Tickets in order, events with their tickets' ids in one order, and what was set aside, as text again."""
    text = pl.selectors.categorical() | pl.selectors.enum()
    tickets = pl.concat([part.tickets.with_columns(text.cast(pl.String)) for part in slices])
    events = pl.concat(
        [
            part.events.with_columns(text.cast(pl.String)).select(
                part.tickets["ticket_id"].gather(part.events["ticket"]), *EVENT_COLUMNS
            )
            for part in slices
        ]
    )
    return tickets, events.sort("row_number"), [ticket_id for part in slices for ticket_id in part.quarantined]


@pytest.mark.parametrize("only", [None, "wanted"])
@pytest.mark.parametrize(("slice_events", "pass_events"), [(3, 10), (1, 1), (40, 100), (10_000, 3), (7, 100_000)])
def test_slices_and_passes_come_to_what_is_staged(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, only: str | None, slice_events: int, pass_events: int
) -> None:
    if only:
        warehouse.execute(
            "CREATE OR REPLACE TEMP TABLE wanted AS "
            "SELECT ticket_id FROM stg.stg_tickets WHERE row_number % 5 = 2 UNION ALL SELECT 'nobody:1'"
        )
    monkeypatch.setattr(ticket_slices, "_BATCH_ROWS", 1)
    slices = list(read_slices(warehouse, only=only, slice_events=slice_events, pass_events=pass_events))
    wanted = "WHERE ticket_id IN (FROM wanted)" if only else ""
    staged = warehouse.frame(
        f"""
        SELECT {", ".join(TICKET_COLUMNS)} FROM stg.stg_tickets {wanted}
        ORDER BY CASE WHEN status_category IN ('done', 'cancelled') THEN 0 ELSE 1 END, row_number
        """
    )
    told = warehouse.frame(
        f"""
        SELECT ticket_id, {", ".join(EVENT_COLUMNS)} FROM stg.stg_ticket_events
        SEMI JOIN (FROM stg.stg_tickets {wanted}) USING (ticket_id) ORDER BY row_number
        """
    )
    tickets, events, aside = put_together(slices)
    assert tickets.equals(staged)
    assert events.equals(told)
    assert sorted(aside) == sorted({"desk:3", "desk:10"} & set(staged["ticket_id"]))
    if slice_events < 10:
        assert len(slices) > 20
    assert all(part.events.is_empty() or part.events["ticket"].max() < part.tickets.height for part in slices)


def test_nothing_wanted_gives_no_slice(warehouse: Warehouse) -> None:
    warehouse.execute("CREATE OR REPLACE TEMP TABLE nobody AS SELECT 'nobody:1' AS ticket_id")
    assert list(read_slices(warehouse, only="nobody")) == []


def test_tickets_without_any_event_are_read(tmp_path: Path) -> None:
    with new_warehouse(tmp_path / "warehouse.duckdb") as opened:
        schema = polars_schema(stg_tickets)
        opened.append(stg_tickets, pl.DataFrame([{"ticket_id": "a:1"}, {"ticket_id": "a:2"}], schema=schema))
        slices = list(read_slices(opened, slice_events=1, pass_events=1))
        assert [part.tickets["ticket_id"].to_list() for part in slices] == [["a:1"], ["a:2"]]
        assert all(part.events.is_empty() and part.events.columns == ["ticket", *EVENT_COLUMNS] for part in slices)
