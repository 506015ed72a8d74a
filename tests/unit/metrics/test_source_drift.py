"""What a source usually tells, and when it tells much more or less: by made-up desks whose days are drawn by chance."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from statistics import median

import polars as pl
import pytest

from metrics.source_drift import FINDING_SCHEMA, GAPS, STATUSES, find_drift, find_share_drift

UNTIL = date(2026, 9, 30)
TEAMS = {"Desk": 0.5, "Network": 0.3, "Field": 0.2}


def desk(
    seed: int, per_day: float = 60, days: int = 200, change: Callable[[date, str, int], int] | None = None
) -> pl.DataFrame:
    """Counts of a desk that is half as busy on Fridays and closed on Sundays."""
    chance = random.Random(seed)
    rows = []
    for back in range(days, 0, -1):
        day = UNTIL - timedelta(days=back)
        busy = {4: 0.5, 5: 0.1, 6: 0.0}.get(day.weekday(), 1.0)
        for team, share in TEAMS.items():
            mean = per_day * busy * share
            # Overdispersed: days differ by more than counting alone.
            count = max(0, round(chance.gauss(mean, (1.5 * mean) ** 0.5)))
            count = change(day, team, count) if change else count
            if count:
                rows.append({"source": "desk", "day": day, "team": team, "ticket_count": count})
    return pl.DataFrame(rows)


def found(counts: pl.DataFrame, **more: object) -> list[tuple[str, str, date]]:
    frame = find_drift(counts, until=UNTIL, window_days=14, **more)  # type: ignore[arg-type]
    assert frame.schema == FINDING_SCHEMA
    return [tuple(row) for row in frame.select("measure", "member", "first_date").rows()]  # type: ignore[misc]


@pytest.mark.parametrize("seed", range(12))
def test_a_desk_like_any_other_raises_no_alarm(seed: int) -> None:
    assert found(desk(seed)) == []
    assert found(desk(seed, per_day=3)) == [], "small numbers vary much"


def test_half_a_day_that_is_missing_is_found_on_its_day() -> None:
    monday = date(2026, 9, 21)
    lost = desk(1, per_day=160, change=lambda day, _team, count: count // 2 if day == monday else count)
    assert found(lost) == [("tickets a day", "", monday)]
    (row,) = find_drift(lost, until=UNTIL, window_days=14).to_dicts()
    assert row["observed"] < row["expected"] - row["tolerance"]
    mondays = [monday - timedelta(weeks=weeks) for weeks in range(1, 28)]
    before = [lost.filter(pl.col("day") == day)["ticket_count"].sum() for day in mondays if (UNTIL - day).days <= 196]
    assert row["expected"] == median(before)


def test_a_day_without_anything_is_a_day_with_nothing() -> None:
    tuesday = date(2026, 9, 22)
    lost = desk(2, change=lambda day, _team, count: 0 if day == tuesday else count)
    assert found(lost) == [("tickets a day", "", tuesday)]


def test_a_busy_day_is_no_broken_export() -> None:
    tuesday = date(2026, 9, 22)
    busy = desk(2, change=lambda day, _team, count: 5 * count if day == tuesday else count)
    assert [one for one in found(busy) if one[0] == "tickets a day"] == []


def test_a_team_that_is_left_out_is_found_by_its_share() -> None:
    lost = desk(3, change=lambda day, team, count: 0 if team == "Network" and day >= date(2026, 9, 23) else count)
    shares = [one for one in found(lost) if one[0] == "share of a team in a week"]
    assert ("share of a team in a week", "Network", date(2026, 9, 23)) in shares


def test_known_incidents_and_holidays_are_neither_judged_nor_usual() -> None:
    tuesday = date(2026, 9, 22)
    lost = desk(2, change=lambda day, _team, count: 0 if day == tuesday else count)
    assert found(lost, excluded=[tuesday]) == []


def test_an_old_incident_does_not_hide_a_new_one() -> None:
    bad = {date(2026, 8, 3), date(2026, 7, 6), date(2026, 9, 21)}
    assert found(desk(4, per_day=160, change=lambda day, _team, count: 0 if day in bad else count)) == [
        ("tickets a day", "", date(2026, 9, 21))
    ]


def test_a_source_that_ends_earlier_than_the_others_is_not_called_silent() -> None:
    assert found(desk(6).filter(pl.col("day") < date(2026, 9, 20))) == []


def test_without_a_past_nothing_is_unusual() -> None:
    assert found(desk(5, days=40)) == []
    assert found(desk(5).clear()) == []


STATUS_SHARES = {"New": 0.4, "Active": 0.4, "Awaiting Vendor": 0.2}


def changes(seed: int, change: Callable[[date, str], str] | None = None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Changes to statuses, forty a day, and how many there are."""
    chance = random.Random(seed)
    counted: Counter[tuple[date, str]] = Counter()
    for back in range(200, 0, -1):
        day = UNTIL - timedelta(days=back)
        for status in chance.choices(list(STATUS_SHARES), list(STATUS_SHARES.values()), k=40):
            counted[day, change(day, status) if change else status] += 1
    rows = [(day, status, count) for (day, status), count in sorted(counted.items())]
    members = pl.DataFrame(rows, schema=["day", "member", "member_count"], orient="row").with_columns(
        source=pl.lit("desk"), measure=pl.lit(STATUSES)
    )
    totals = members.group_by("source", "measure", "day").agg(pl.col("member_count").sum().alias("all_count"))
    return members, totals


def found_shares(members: pl.DataFrame, totals: pl.DataFrame, **more: object) -> set[tuple[str, date]]:
    frame = find_share_drift(members, totals, until=UNTIL, window_days=14, **more)  # type: ignore[arg-type]
    assert frame.schema == FINDING_SCHEMA
    return set(frame.select("member", "first_date").rows())  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(12))
def test_statuses_like_any_others_raise_no_alarm(seed: int) -> None:
    assert found_shares(*changes(seed)) == set()


def test_a_status_that_was_merged_into_another_is_found_in_its_week() -> None:
    week = UNTIL - timedelta(days=7)
    merged = changes(1, lambda day, status: "Active" if day >= week and status == "Awaiting Vendor" else status)
    assert found_shares(*merged) == {("Active", week), ("Awaiting Vendor", week)}
    incident = [week + timedelta(days=ahead) for ahead in range(7)]
    assert found_shares(*merged, excluded=incident) == set()


def test_a_status_that_nobody_had_before_is_found() -> None:
    week = UNTIL - timedelta(days=7)
    renamed = changes(2, lambda day, status: "Pending" if day >= week and status == "Awaiting Vendor" else status)
    assert ("Pending", week) in found_shares(*renamed)


def gaps(missing: Callable[[date], int]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Twenty tickets a day that ended, some of them without a priority."""
    days = [UNTIL - timedelta(days=back) for back in range(200, 0, -1)]
    members = pl.DataFrame({"day": days, "member_count": [missing(day) for day in days]}).with_columns(
        source=pl.lit("desk"), measure=pl.lit(GAPS), member=pl.lit("priority")
    )
    return members, members.select("source", "measure", "day", all_count=pl.lit(20))


def test_a_column_that_lost_its_values_is_found_and_one_that_was_filled_is_not() -> None:
    week = UNTIL - timedelta(days=7)
    assert found_shares(*gaps(lambda day: 20 if day >= week else 1)) == {("priority", week)}
    assert found_shares(*gaps(lambda day: 0 if day >= week else 19)) == set()
    assert found_shares(*gaps(lambda _: 20)) == set(), "a column that was never filled"
