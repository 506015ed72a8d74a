"""The later file is the one whose name says so, however people date and number files; else the one that came later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pipelines.landing.load_order import LoadedFile, date_in_name, earlier_than_known, order_loads

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def loads(*runs: list[str]) -> list[LoadedFile]:
    """Files that some runs landed, in the order of their names, all written in one second."""
    return [
        LoadedFile(f"{name}#{run}", name, run, NOON, NOON + timedelta(hours=run, seconds=number))
        for run, names in enumerate(runs)
        for number, name in enumerate(sorted(names))
    ]


def names(some: list[LoadedFile]) -> list[str]:
    return [load.name for load in some]


@pytest.mark.parametrize(
    "ordered",
    [
        ["incidents_to_2016-04-28.csv", "incidents_2016-04-29.csv", "incidents_2016-05-03.csv"],
        ["ledger_30.09.2026.csv", "ledger_01.10.2026.csv"],
        ["ledger 1.9.2026.xlsx", "ledger 30.9.2026.xlsx", "ledger 2.10.2026.xlsx"],
        ["x_20260930.csv.gz", "y-20261001.csv.gz"],
        ["spend Sep 2026.csv", "spend October 2026.csv", "Spend Jan 2027.csv"],
        ["2026_Sep.csv", "2026_Oct.csv"],
        ["ap-2025-12.csv", "ap-2026-01.csv"],
        ["audit_2025_Q4.csv", "audit_2026_Q1.csv"],
        ["Q4 2025.csv", "Q1 2026.csv"],
        ["from_2026-01-01_to_2026-01-31.csv", "from_2026-01-01_to_2026-02-28.csv"],
        ["export.csv", "export (1).csv", "export (2).csv", "export (10).csv"],
        ["tickets.csv", "tickets - Copy.csv", "tickets - Copy (2).csv"],
        ["part_9.csv", "part_10.csv"],
        ["2026-10-01.csv", "2026-10-01 (1).csv", "2026-10-02.csv"],
        ["events_2026-10-01T0900.json", "events_2026-10-01T1000.json", "events_2026-10-02T0800.json"],
    ],
)
def test_names_say_the_order(ordered: list[str]) -> None:
    """Whenever the files came: together, one after the other, and the other way round, as a history dropped later."""
    for runs in ([ordered], [[name] for name in ordered], [[name] for name in reversed(ordered)]):
        assert names(order_loads(loads(*runs))) == ordered


@pytest.mark.parametrize(
    "arrived",
    [
        ["base.csv", "a correction.csv"],
        ["tickets.csv", "late tickets of the desk.csv", "again.csv"],
        # Nothing says whether the day leads.
        ["ledger_30-09-2026.csv", "ledger_01-10-2026.csv", "final.csv"],
        # One of them is not dated.
        ["x_2026-10-01.csv", "everything.csv", "x_2026-09-01.csv"],
    ],
)
def test_where_names_do_not_say_it_the_order_is_that_of_arrival(arrived: list[str]) -> None:
    assert names(order_loads(loads(*([name] for name in arrived)))) == arrived


def test_of_files_that_came_together_the_one_written_later_is_the_later_one() -> None:
    first, second = loads(["b first.csv"])[0], loads(["a second.csv"])[0]
    written = [
        LoadedFile(each.load_id, each.name, 0, NOON + timedelta(minutes=minute), NOON)
        for each, minute in ((first, 0), (second, 5))
    ]
    assert names(order_loads(written)) == ["b first.csv", "a second.csv"]


def test_new_content_under_an_old_name_is_later_than_the_old() -> None:
    """As event logs keep both."""
    both = order_loads(loads(["log_2026-01.csv"], ["log_2026-02.csv"], ["log_2026-01.csv"]))
    assert [load.load_id for load in both] == ["log_2026-01.csv#0", "log_2026-01.csv#2", "log_2026-02.csv#1"]


def test_files_that_come_late_are_told() -> None:
    ordered = order_loads(loads(["x_2026-02.csv", "x_2026-03.csv"], ["x_2026-01.csv", "x_2026-04.csv"]))
    late = earlier_than_known(ordered, ["x_2026-01.csv#1", "x_2026-04.csv#1"])
    assert [(load.name, later.name) for load, later in late.items()] == [("x_2026-01.csv", "x_2026-03.csv")]
    assert earlier_than_known(ordered, [load.load_id for load in ordered]) == {}


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("ledger_2026-06-03.csv.gz", (2026, 6, 3)),
        ("from_2026-01-01_to_20260131.csv", (2026, 1, 31)),
        ("ap-2025-12.csv", (2025, 12, 0)),
        ("Spend Sep 2026.csv", (2026, 9, 0)),
        ("audit_2025_Q4.csv", (2025, 0, 0)),
        ("ledger_03.06.2026.csv", None),
        ("ledger_17.csv", None),
    ],
)
def test_a_name_tells_a_date_unless_day_and_month_lead_in_it(name: str, told: tuple[int, int, int] | None) -> None:
    assert date_in_name(name) == told
