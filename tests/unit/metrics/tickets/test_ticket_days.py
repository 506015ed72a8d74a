"""Tickets in work day by day: what a change of some tickets does to the counts, against counting twice."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from metrics.tickets.flow import add_up_days, compare_days, no_day_changes
from models.ddl import conform, polars_schema
from models.tickets import fct_ticket_days

ZONE: Final = "Europe/Amsterdam"
FIRST: Final = date(2026, 3, 20)
KEYS: Final = [name for name in polars_schema(fct_ticket_days) if name != "ticket_count"]


def _changes(stays: list[tuple[int, int | None, str, str | None]]) -> pl.DataFrame:
    """Tickets that come on one day and go on another, if they do."""
    schema = no_day_changes().schema
    rows = []
    for comes, lasts, category, team in stays:
        place = {"status_category": category, "team": team, "priority": None, "service": "Mail", "vendor": None}
        rows.append({**place, "day_date": FIRST + timedelta(days=comes), "change": 1})
        if lasts is not None:
            rows.append({**place, "day_date": FIRST + timedelta(days=comes + lasts), "change": -1})
    return pl.DataFrame(rows, schema=schema)


_STAYS: Final = st.lists(
    st.tuples(
        st.integers(0, 30),
        st.none() | st.integers(1, 20),
        st.sampled_from(["queued", "active", "waiting"]),
        st.sampled_from(["A", "B", None]),
    ),
    max_size=12,
)


@given(now=_STAYS, before=_STAYS, last=st.integers(0, 40), later=st.integers(0, 20), hour=st.integers(0, 23))
def test_the_difference_is_that_of_the_counts(
    now: list[tuple[int, int | None, str, str | None]],
    before: list[tuple[int, int | None, str, str | None]],
    last: int,
    later: int,
    hour: int,
) -> None:
    """Whatever the tickets did, and also where some of it lies after the data's clock."""
    then = datetime(2026, 3, 20, hour, tzinfo=UTC) + timedelta(days=last)
    as_of = then + timedelta(days=later)
    found = compare_days(_changes(now), _changes(before), as_of=as_of, last=then, time_zone=ZONE)
    counts = [
        conform(add_up_days(_changes(stays), as_of=until, time_zone=ZONE), fct_ticket_days)
        for stays, until in ((now, as_of), (before, then))
    ]
    expected = (
        pl.concat([counts[0], counts[1].with_columns(-pl.col("ticket_count"))])
        .group_by(KEYS)
        .agg(pl.col("ticket_count").sum())
        .filter(pl.col("ticket_count") != 0)
    )
    assert_frame_equal(conform(found, fct_ticket_days), conform(expected, fct_ticket_days), check_row_order=False)


def test_tickets_that_lie_open_differ_only_on_the_new_days() -> None:
    """Two tickets wait since 20 March; one of them is taken up on 30 March, five days after the last count."""
    last, as_of = datetime(2026, 3, 25, 12, tzinfo=UTC), datetime(2026, 3, 31, 12, tzinfo=UTC)
    waiting = (0, None, "waiting", "A")
    before, now = _changes([waiting, waiting]), _changes([waiting, (0, 10, "waiting", "A"), (10, None, "active", "A")])
    found = compare_days(now, before, as_of=as_of, last=last, time_zone=ZONE)
    rows = found.select("day_date", pl.col("status_category").cast(pl.String), "ticket_count").rows()
    assert sorted(rows) == [
        *((date(2026, 3, day), "waiting", 2) for day in range(26, 30)),
        (date(2026, 3, 30), "active", 1),
        (date(2026, 3, 30), "waiting", 1),
        (date(2026, 3, 31), "active", 1),
        (date(2026, 3, 31), "waiting", 1),
    ]
