"""Contracts and policies turn raw text into canonical rows; what they cannot use is noted, never dropped in silence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from data_contracts.spec import ExportContract, Feed
from metrics.costs.policy import CostPolicy
from models.catalog import table_named
from models.enumerations import categorise_texts, spell_out
from models.finance import stg_cost_lines
from models.vocabulary import StatusCategory
from pipelines.landing.loads import land_export
from pipelines.policies.loading import StatusMeaning
from pipelines.readers import Limits
from pipelines.staging.dimensions import spellings_of_cost_centres, spellings_of_lines
from pipelines.staging.lines import assemble_lines
from pipelines.staging.mapping import StagedPart, needed_columns, stage_object
from pipelines.staging.parts import stage_parts
from pipelines.staging.tickets import assemble_events, assemble_tickets, begin_with_events, sources_with_creations
from pipelines.warehouse import Warehouse

Drop = Callable[[str, str], Path]
POLICIES: Any = SimpleNamespace(
    statuses={
        "desk": {
            "New": StatusMeaning(StatusCategory.QUEUED),
            "On hold": StatusMeaning(StatusCategory.WAITING, "vendor"),
            "Done": StatusMeaning(StatusCategory.DONE),
        }
    },
    dimensions={"team": {"net ops": "Network Operations"}, "vendor": {"ace ltd": "Ace"}},
    costs=CostPolicy(cost_centre_teams={"CC1": "Network Operations"}),
)


def _stage(warehouse: Warehouse, contract: ExportContract, folder: Path, table: str) -> StagedPart:
    item = contract.objects[0]
    with warehouse.transaction():
        land_export(warehouse, contract, folder, run_id="r1", limits=Limits())
    raw = warehouse.frame(f'SELECT * FROM raw."{item.raw_table}"')
    columns = [*needed_columns(item), "_load_id", "_row_number", "_row_hash"]
    return stage_object(raw.select(columns), contract, item, table)


def test_amounts_and_dates_follow_the_contract(warehouse: Warehouse, spend: ExportContract, drop: Drop) -> None:
    folder = drop("a.csv", 'line,paid_on,supplier,amount\n1,03.02.2026,Ace,"1.234,50"\n2,04.02.2026,n/a,"(10,00)"\n')
    part = _stage(warehouse, spend, folder, "cost_lines")
    assert part.frame["amount_original"].to_list() == [Decimal("1234.5000"), Decimal("-10.0000")]
    assert part.frame["posting_date"].to_list() == [date(2026, 2, 3), date(2026, 2, 4)]
    assert part.frame["cost_line_id"].to_list() == ["books:1", "books:2"]
    assert part.frame["vendor"].to_list() == ["Ace", None]
    assert part.frame["currency_code"].to_list() == ["EUR", "EUR"]
    assert part.problems.is_empty()


def test_an_unusable_value_is_empty_and_noted_with_its_row(
    warehouse: Warehouse, spend: ExportContract, drop: Drop
) -> None:
    folder = drop("a.csv", "line,paid_on,supplier,amount\n1,03.02.2026,Ace,See DN-304\n2,2026-02-04,Bee,\n")
    part = _stage(warehouse, spend, folder, "cost_lines")
    assert part.frame["amount_original"].to_list() == [None, None]
    found = part.problems.select("row_number", "column_name", "problem", "record_id").sort("row_number", "column_name")
    assert found.rows() == [
        (2, "amount", "unparsable", "books:1"),
        (3, "amount", "missing", "books:2"),
        (3, "paid_on", "unparsable", "books:2"),
    ]


def test_blank_and_total_rows_are_left_out_of_staging_only(
    warehouse: Warehouse, spend: ExportContract, drop: Drop
) -> None:
    folder = drop("a.csv", 'line,paid_on,supplier,amount\n1,03.02.2026,Ace,"1,00"\n,,,\n,,Total,"1,00"\n')
    part = _stage(warehouse, spend, folder, "cost_lines")
    assert (part.frame.height, part.ignored_count) == (1, 2)
    assert warehouse.rows('SELECT count(*) FROM raw."raw_books__lines"') == [(3,)]


def test_equal_lines_without_a_key_are_all_kept(warehouse: Warehouse, spend: ExportContract, drop: Drop) -> None:
    folder = drop("a.csv", 'line,paid_on,supplier,amount\n,03.02.2026,Ace,"1,00"\n,03.02.2026,Ace,"1,00"\n')
    lines = assemble_lines([_stage(warehouse, spend, folder, "cost_lines")], stg_cost_lines, POLICIES)
    assert lines.height == 2
    assert lines["cost_line_id"].n_unique() == 2


def test_a_later_file_supersedes_a_line_by_its_key(warehouse: Warehouse, spend: ExportContract, drop: Drop) -> None:
    folder = drop("2026-01.csv", 'line,paid_on,supplier,amount\n1,03.01.2026,Ace,"1,00"\n2,03.01.2026,Ace,"2,00"\n')
    (folder / "2026-02.csv").write_text('line,paid_on,supplier,amount\n2,03.01.2026,Ace,"2,50"\n', encoding="utf-8")
    lines = assemble_lines([_stage(warehouse, spend, folder, "cost_lines")], stg_cost_lines, POLICIES)
    assert lines.sort("cost_line_id").select("cost_line_id", "amount_original").rows() == [
        ("books:1", Decimal("1.0000")),
        ("books:2", Decimal("2.5000")),
    ]


def test_two_lines_of_one_file_with_one_key_are_both_kept_for_the_audit(
    warehouse: Warehouse, spend: ExportContract, drop: Drop
) -> None:
    folder = drop("a.csv", 'line,paid_on,supplier,amount\n1,03.01.2026,Ace,"1,00"\n1,03.01.2026,Ace,"2,00"\n')
    lines = assemble_lines([_stage(warehouse, spend, folder, "cost_lines")], stg_cost_lines, POLICIES)
    assert lines["cost_line_id"].to_list() == ["books:1", "books:1"]


def test_lines_of_two_contracts_with_one_source_are_both_kept_for_the_audit(
    warehouse: Warehouse, spend: ExportContract, drop: Drop
) -> None:
    folder = drop("a.csv", 'line,paid_on,supplier,amount\n1,03.01.2026,Ace,"1,00"\n2,03.01.2026,Ace,"2,00"\n')
    part = _stage(warehouse, spend, folder, "cost_lines")
    other = replace(
        part,
        contract=replace(spend, id="other"),
        frame=part.frame.with_columns(load_id=pl.lit("zzz"), vendor=pl.lit("Bee")).head(1),
    )
    lines = assemble_lines([part, other], stg_cost_lines, POLICIES).sort("cost_line_id", "vendor")
    assert lines.select("cost_line_id", "vendor").rows() == [("books:1", "Ace"), ("books:1", "Bee"), ("books:2", "Ace")]
    # Of one contract the later file takes the place of the earlier.
    same = replace(other, contract=spend)
    lines = assemble_lines([part, same], stg_cost_lines, POLICIES).sort("cost_line_id")
    assert lines.select("cost_line_id", "vendor").rows() == [("books:1", "Bee"), ("books:2", "Ace")]


UPDATES = """ticket,at,field,value,service
T1,2026-02-03 09:00,status,New,Mail
T1,2026-02-03 10:00,team,net ops,Mail
T1,2026-02-03 11:00,status, on HOLD ,
T1,2026-02-03 12:00,status,Parked,Mail
,2026-02-03 13:00,status,Done,Mail
T2,yesterday,status,Done,Mail
"""


@pytest.fixture
def staged(
    warehouse: Warehouse, updates: ExportContract, drop: Drop
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    folder = drop("a.csv", UPDATES)
    event_part = _stage(warehouse, updates, folder, "ticket_events")
    raw = warehouse.frame('SELECT * FROM raw."raw_desk__updates"')
    item = updates.objects[0]
    columns = [*needed_columns(item), "_load_id", "_row_number", "_row_hash"]
    ticket_part = stage_object(raw.select(columns), updates, item, "tickets")
    events, event_problems = assemble_events([event_part], POLICIES)
    tickets, _ = assemble_tickets([ticket_part], [event_part], POLICIES)
    tickets = begin_with_events(tickets, events, sources_with_creations([ticket_part]))
    return events, tickets, pl.concat([event_part.problems, event_problems])


def test_a_value_feeds_only_where_its_condition_holds(staged: tuple[pl.DataFrame, ...]) -> None:
    events = staged[0]
    assert events["status"].to_list() == ["New", None, "on HOLD", "Parked"]
    assert events["team"].to_list() == [None, "Network Operations", None, None]


def test_statuses_get_their_category_whatever_their_case(staged: tuple[pl.DataFrame, ...]) -> None:
    events = staged[0]
    assert events["status_category"].to_list() == ["queued", None, "waiting", None]
    assert events["waiting_reason"].to_list() == [None, None, "vendor", None]


def test_instants_are_utc(staged: tuple[pl.DataFrame, ...]) -> None:
    assert staged[0]["occurred_at"][0] == datetime(2026, 2, 3, 8, 0, tzinfo=UTC)


def test_what_cannot_be_placed_is_a_problem_of_its_ticket(staged: tuple[pl.DataFrame, ...]) -> None:
    found = {(row[0], row[1], row[2]) for row in staged[2].select("problem", "row_number", "record_id").iter_rows()}
    assert found == {
        ("unmapped_status", 5, "desk:T1"),
        ("missing", 6, None),
        ("unparsable", 7, "desk:T2"),
    }


def test_a_ticket_is_the_latest_value_of_each_column(staged: tuple[pl.DataFrame, ...]) -> None:
    tickets = staged[1].sort("ticket_id")
    assert tickets["ticket_id"].to_list() == ["desk:T1", "desk:T2"]
    assert tickets["service"].to_list() == ["Mail", "Mail"]
    # No creation column: the first event is the creation; T2 has no usable event.
    assert tickets["created_at"].to_list() == [datetime(2026, 2, 3, 8, 0, tzinfo=UTC), None]


@pytest.mark.usefixtures("staged")
def test_slices_and_the_order_of_values_change_nothing(
    warehouse: Warehouse, updates: ExportContract, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = warehouse.frame('SELECT * FROM raw."raw_desk__updates"').select(
        *needed_columns(updates.objects[0]), "_load_id", "_row_number", "_row_hash"
    )
    # The later file stands last, whatever it is called, and the texts of a part are categories of their own.
    raw = pl.concat([raw.with_columns(pl.lit(f"desk/updates/{name}").alias("_load_id")) for name in ("b", "a")])
    parts = {table: stage_object(raw, updates, updates.objects[0], table) for table in ("ticket_events", "tickets")}
    as_text = _assembled(parts["ticket_events"], parts["tickets"])
    monkeypatch.setattr("pipelines.staging.tickets._SLICE_ROWS", 3)
    encoded = {
        name: replace(part, frame=categorise_texts(part.frame, table_named(f"stg_{name}")))
        for name, part in parts.items()
    }
    assert encoded["tickets"].frame.schema["load_id"] == pl.Categorical
    for one, other in zip(_assembled(encoded["ticket_events"], encoded["tickets"]), as_text, strict=True):
        assert one.equals(other)
    tickets = as_text[2]
    assert tickets.filter(ticket_id="desk:T1").select("load_id", "row_number").rows() == [("desk/updates/a", 5)]


def _assembled(event_part: StagedPart, ticket_part: StagedPart) -> list[pl.DataFrame]:
    events, event_problems = assemble_events([event_part], POLICIES)
    tickets, ticket_problems = assemble_tickets([ticket_part], [event_part], POLICIES)
    return [spell_out(frame) for frame in (events, event_problems, tickets, ticket_problems)]


def test_a_key_is_built_of_what_its_columns_mean(warehouse: Warehouse, spend: ExportContract, drop: Drop) -> None:
    """Of the columns of which somebody says it; the line itself keeps what it says until aliases are applied."""
    item = spend.objects[0]
    keyed = {"line": (), "supplier": (Feed("cost_lines", "cost_line_id"),)}
    columns = tuple(replace(column, feeds=(*column.feeds, *keyed.get(column.name, ()))) for column in item.columns)
    contract = replace(spend, objects=(replace(item, columns=columns),))
    folder = drop("a.csv", 'line,paid_on,supplier,amount\n1,03.01.2026,ACE Ltd,"1,00"\n1,03.01.2026,Bee,"1,00"\n')
    with warehouse.transaction():
        land_export(warehouse, contract, folder, run_id="r1", limits=Limits())
    parts, _, _ = stage_parts(warehouse, [contract], spellings=spellings_of_lines(POLICIES))
    (part,) = parts["stg_cost_lines"]
    assert part.frame["cost_line_id"].to_list() == ["books:1/Ace", "books:1/Bee"]
    assert part.frame["vendor"].to_list() == ["ACE Ltd", "Bee"]


def test_cost_centres_are_written_as_the_policy_lists_them() -> None:
    policy = CostPolicy(cost_centres=frozenset({"CC1", "Xy", "xY"}), cost_centre_services={"Cc2": "Mail"})
    # Two that the policy itself tells apart by capitals stay apart.
    assert spellings_of_cost_centres(policy) == {"cc1": "CC1", "cc2": "Cc2"}
