"""The views of flow, on made-up lives of tickets of which every day's state is worked out one by one."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import polars as pl
import pytest

Row = dict[str, Any]
Fill = Callable[..., None]

HOUR = 3_600_000_000
ZONE = ZoneInfo("Europe/Amsterdam")
AS_OF = datetime(2026, 4, 9, 15, 30, tzinfo=UTC)
#: The clocks go forward on 29 March, in the middle of these lives.
FIRST = datetime(2026, 3, 20, 23, 30, tzinfo=UTC)
CATEGORIES = ("queued", "active", "waiting", "done", "cancelled")

Life = list[tuple[datetime, str]]


def _live(random_: random.Random) -> Life:
    """Instants at which a ticket entered a category; the first is its creation."""
    at = FIRST + timedelta(minutes=random_.randrange(19 * 24 * 60))
    life = [(at, random_.choice(["queued", "active"]))]
    for _ in range(random_.randrange(6)):
        at += timedelta(minutes=random_.choice([0, 5, 60, 600, 3000, 9000]))
        if at > AS_OF:
            break
        life.append((at, random_.choice(CATEGORIES)))
    return life


def _category_at(life: Life, instant: datetime) -> str | None:
    """Where the ticket is at an instant; None before its creation."""
    entered = [category for at, category in life if at <= instant]
    return entered[-1] if entered else None


def _end_of(day: date) -> datetime:
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZONE) + timedelta(days=1)
    return min(midnight.astimezone(UTC) - timedelta(microseconds=1), AS_OF)


def _days() -> list[date]:
    first, last = FIRST.astimezone(ZONE).date(), AS_OF.astimezone(ZONE).date()
    return [first + timedelta(days=shift) for shift in range((last - first).days + 1)]


def _intervals(ticket_id: str, life: Life) -> list[Row]:
    """Stretches of some length, and the last one; each its own, even if the category stays, as when a team changes."""
    ends = [at for at, _ in life[1:]] + [AS_OF]
    lasting = [
        (begun, ended, category, number == len(life) - 1)
        for number, ((begun, category), ended) in enumerate(zip(life, ends, strict=True))
        if ended > begun or number == len(life) - 1
    ]
    return [
        {
            "ticket_id": ticket_id,
            "interval_number": number,
            "started_at": begun,
            "ended_at": None if is_last and category in ("done", "cancelled") else ended,
            "status": category,
            "status_category": category,
            "is_last": is_last,
        }
        for number, (begun, ended, category, is_last) in enumerate(lasting, start=1)
    ]


@pytest.fixture
def lives(published: duckdb.DuckDBPyConnection, fill: Fill) -> dict[str, tuple[str | None, Life]]:
    """Lives of tickets by ticket, with their service; published as facts, some of them unfollowed."""
    del published
    random_ = random.Random(4)
    lives = {f"desk:{number}": (random_.choice(["Mail", "Payroll", None]), _live(random_)) for number in range(300)}
    # The one that came first arrived in the last hour of 20 March, which was the 21st in Amsterdam.
    lives["desk:0"] = ("Mail", [(FIRST, "queued"), (FIRST + timedelta(hours=1), "active")])
    fill("meta_run", {"reporting_time_zone": "Europe/Amsterdam"})
    fill(
        "meta_metrics",
        {"metric": "ticket_work_in_progress_count", "fresh_as_of_at": AS_OF},
        {"metric": "cost_total_reporting", "fresh_as_of_at": AS_OF + timedelta(days=9)},
    )
    unfollowed = {"snapshot": {"has_history": False}, "aside": {"is_quarantined": True}}
    common = {"service": "Mail", "has_history": True, "is_quarantined": False}
    fill(
        "fct_tickets",
        *(
            {**common, "ticket_id": ticket, "service": service, "created_at": life[0][0]}
            for ticket, (service, life) in lives.items()
        ),
        *(
            {**common, "ticket_id": name, "created_at": FIRST + timedelta(days=3), **is_}
            for name, is_ in unfollowed.items()
        ),
        {**common, "ticket_id": "long ago", "created_at": datetime(1970, 1, 1, tzinfo=UTC), "is_quarantined": True},
        {**common, "ticket_id": "never", "is_quarantined": True},
    )
    aside = _intervals("aside", [(FIRST + timedelta(days=3), "done")])
    fill(
        "fct_ticket_intervals",
        *aside,
        *(row for ticket, (_, life) in lives.items() for row in _intervals(ticket, life)),
    )
    in_work = Counter(
        (day, category, service)
        for day in _days()
        for service, life in lives.values()
        if (category := _category_at(life, _end_of(day))) in ("queued", "active", "waiting")
    )
    fill(
        "fct_ticket_days",
        *(
            {"day_date": day, "status_category": category, "service": service, "ticket_count": count}
            for (day, category, service), count in in_work.items()
        ),
    )
    return lives


def test_cumulative_flow_is_where_every_ticket_is_at_every_days_end(
    published: duckdb.DuckDBPyConnection, lives: dict[str, tuple[str | None, Life]]
) -> None:
    found = {
        (row["day_date"], row["service"]): row for row in published.sql("FROM mart.cumulative_flow").pl().to_dicts()
    }
    assert found.keys() == {(day, service) for day in _days() for service in ("Mail", "Payroll", "(none)")}
    for (day, service), row in found.items():
        there = Counter(
            category
            for of_service, life in lives.values()
            if (of_service or "(none)") == service and (category := _category_at(life, _end_of(day)))
        )
        assert {category: row[f"{category}_count"] for category in CATEGORIES} == {
            category: there[category] for category in CATEGORIES
        }, (day, service)
        assert row["arrived_count"] == there.total()
    assert any(row["cancelled_count"] for row in found.values())


def test_done_tickets_that_reopen_leave_the_band(
    published: duckdb.DuckDBPyConnection, lives: dict[str, tuple[str | None, Life]]
) -> None:
    done = published.sql("SELECT day_date, sum(done_count)::BIGINT AS n FROM mart.cumulative_flow GROUP BY ALL").pl()
    entered = sum(category == "done" for _, life in lives.values() for _, category in life)
    assert 0 < done.sort("day_date")["n"][-1] < entered


def test_tickets_that_nobody_can_follow_are_told_apart(
    published: duckdb.DuckDBPyConnection, lives: dict[str, tuple[str | None, Life]]
) -> None:
    del lives
    by_day = dict(
        published.sql("SELECT day_date, unfollowed_count FROM mart.cumulative_flow WHERE service = 'Mail'").fetchall()
    )
    came = (FIRST + timedelta(days=3)).astimezone(ZONE).date()
    assert by_day == {day: 1 if day < came else 3 for day in _days()}


def test_one_that_left_the_exports_goes_over_to_those_that_nobody_can_follow(
    published: duckdb.DuckDBPyConnection, fill: Fill
) -> None:
    fill("meta_run", {"reporting_time_zone": "Europe/Amsterdam"})
    fill("meta_metrics", {"metric": "ticket_work_in_progress_count", "fresh_as_of_at": FIRST + timedelta(days=4)})
    told = {"ticket_id": "lost", "created_at": FIRST, "has_history": True, "is_quarantined": False, "service": "Mail"}
    # By the export of the 22nd, a microsecond before midnight in Amsterdam, it was open.
    fill("fct_tickets", {**told, "unknown_since_at": datetime(2026, 3, 22, 23, tzinfo=UTC)})
    days = [date(2026, 3, day) for day in range(21, 26)]
    fill(
        "fct_ticket_intervals", {"ticket_id": "lost", "started_at": FIRST, "status_category": "queued", "is_last": True}
    )
    fill(
        "fct_ticket_days",
        *({"day_date": day, "status_category": "queued", "service": "Mail", "ticket_count": 1} for day in days[:2]),
    )
    columns = "day_date, arrived_count, queued_count, unfollowed_count"
    found = published.sql(f"SELECT {columns} FROM mart.cumulative_flow ORDER BY ALL").fetchall()
    assert found == [(day, int(day < days[2]), int(day < days[2]), int(day >= days[2])) for day in days]


def test_daily_work_in_progress_has_all_that_was_counted(
    published: duckdb.DuckDBPyConnection, lives: dict[str, tuple[str | None, Life]]
) -> None:
    shown = published.sql("FROM mart.daily_work_in_progress").pl()
    for row in shown.iter_rows(named=True):
        there = Counter(
            _category_at(life, _end_of(row["day_date"]))
            for service, life in lives.values()
            if (service or "(none)") == row["service"]
        )
        counts = [row[f"{category}_count"] for category in ("queued", "active", "waiting")]
        assert counts == [there["queued"], there["active"], there["waiting"]]
        assert row["work_in_progress_count"] == sum(counts) > 0
    assert shown.select("day_date", "service").n_unique() == shown.height > 30
    assert shown["team"].unique().to_list() == ["(none)"]


def _stretch(ticket_id: str, number: int, status: str, hours: int, **columns: Any) -> Row:
    started = AS_OF - timedelta(hours=100 - 10 * number)
    return {
        "ticket_id": ticket_id,
        "interval_number": number,
        "started_at": started,
        "status": status,
        "status_category": "waiting" if status.startswith("Pending") else "active",
        "is_last": False,
        "duration_calendar_microseconds": hours * HOUR,
        "duration_business_microseconds": hours * HOUR // 2,
        **columns,
    }


@pytest.fixture
def aging(published: duckdb.DuckDBPyConnection, fill: Fill) -> dict[str, Row]:
    """The rows of the view, by ticket."""
    common = {"is_done": False, "is_cancelled": False, "is_quarantined": False, "has_history": True}
    fill(
        "fct_tickets",
        {**common, "ticket_id": "stuck", "age_calendar_microseconds": 48 * HOUR, "age_business_microseconds": 9 * HOUR},
        {**common, "ticket_id": "steady", "status_category": "active"},
        {**common, "ticket_id": "snapshot", "has_history": False, "status": "New"},
        {**common, "ticket_id": "done", "is_done": True},
        {**common, "ticket_id": "cancelled", "is_cancelled": True},
        {**common, "ticket_id": "lost", "unknown_since_at": AS_OF - timedelta(days=1)},
    )
    fill(
        "fct_ticket_intervals",
        _stretch("stuck", 1, "Pending", 7),
        _stretch("stuck", 2, "Work", 5),
        _stretch("stuck", 3, "Pending", 10, team="Desk"),
        _stretch("stuck", 4, "Pending", 20, team="Network", is_last=True, waiting_reason="vendor"),
        _stretch("steady", 1, "Work", 3, is_last=True),
        _stretch("done", 1, "Work", 3, is_last=True),
    )
    soon, later = AS_OF + timedelta(hours=2), AS_OF + timedelta(hours=20)
    clocks = [
        ("running", "resolution", later, 20, None),
        ("running", "periodic_update", soon, 2, None),
        ("paused", "vendor_resolution", None, 1, None),
        ("breached", "first_response", None, None, AS_OF),
    ]
    fill(
        "fct_sla_clocks",
        *(
            {
                "ticket_id": "stuck",
                "sla_policy": target,
                "target": target,
                "state": state,
                "due_at": due,
                "remaining_microseconds": None if left is None else left * HOUR,
                "stopped_at": stopped,
            }
            for state, target, due, left, stopped in clocks
        ),
        {"ticket_id": "steady", "sla_policy": "resolution", "target": "resolution", "state": "breached"},
    )
    return {row["ticket_id"]: row for row in published.sql("FROM mart.aging_work").pl().to_dicts()}


def test_aging_work_lists_open_tickets_only(aging: dict[str, Row]) -> None:
    assert set(aging) == {"stuck", "steady", "snapshot"}
    stuck = aging["stuck"]
    assert (stuck["age_calendar_days"], stuck["age_calendar_hours"], stuck["age_business_hours"]) == (2.0, 48.0, 9.0)


def test_the_stay_in_a_status_goes_back_over_changes_of_team(aging: dict[str, Row]) -> None:
    stuck, steady = aging["stuck"], aging["steady"]
    assert (stuck["in_status_calendar_hours"], stuck["in_status_business_hours"]) == (30.0, 15.0)
    assert stuck["in_status_since_at"] == AS_OF - timedelta(hours=70)
    assert stuck["waiting_reason"] == "vendor"
    assert (steady["in_status_calendar_hours"], steady["in_status_since_at"]) == (3.0, AS_OF - timedelta(hours=90))


def test_of_a_snapshot_nobody_knows_since_when(aging: dict[str, Row]) -> None:
    snapshot = aging["snapshot"]
    assert (snapshot["status"], snapshot["in_status_since_at"], snapshot["in_status_calendar_hours"]) == (
        "New",
        None,
        None,
    )


def test_what_is_due_next_is_of_running_clocks_only(aging: dict[str, Row]) -> None:
    stuck, steady = aging["stuck"], aging["steady"]
    assert (stuck["next_due_at"], stuck["next_due_target"]) == (AS_OF + timedelta(hours=2), "periodic_update")
    assert (stuck["least_remaining_hours"], stuck["has_open_breach"]) == (1.0, False)
    assert (steady["next_due_at"], steady["has_open_breach"]) == (None, True)
    assert aging["snapshot"]["has_open_breach"] is False


def test_every_column_of_every_view_is_explained(published: duckdb.DuckDBPyConnection) -> None:
    columns: pl.DataFrame = published.sql(
        "SELECT c.table_name, c.column_name, c.comment FROM duckdb_columns() c "
        "JOIN duckdb_views() v ON v.view_name = c.table_name AND v.schema_name = c.schema_name "
        "WHERE c.schema_name = 'mart'"
    ).pl()
    assert {"cumulative_flow", "daily_work_in_progress", "aging_work"} <= set(columns["table_name"])
    assert columns.filter(pl.col("comment").is_null()).is_empty()
