"""Flow metrics on operations of a few tickets, with every number worked out by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from made_up_operation import frame_of

from metrics.measuring.measure import measure
from metrics.registry import metric_named

HOUR = 3_600_000_000
#: Noon of a Tuesday in the third month of the data.
AS_OF = datetime(2026, 3, 10, 12, tzinfo=UTC)

Row = dict[str, object]


def _at(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 9, tzinfo=UTC)


def _ticket(number: int, created: datetime | None, resolved: datetime | None = None, **columns: object) -> Row:
    return {
        "ticket_id": f"desk:{number}",
        "source": "desk",
        "team": "Desk",
        "status_category": "done" if resolved else "active",
        "created_at": created,
        "resolved_at": resolved,
        "is_done": resolved is not None,
        "is_cancelled": False,
        "is_quarantined": False,
        "has_history": True,
        "event_count": 1,
        "duplicate_event_count": 0,
        **columns,
    }


def _day(day: date, category: str, count: int, **columns: object) -> Row:
    return {"day_date": day, "status_category": category, "team": "Desk", "ticket_count": count, **columns}


def _cells(name: str, tickets: list[Row], days: list[Row] | None = None, **wanted: str) -> pl.DataFrame:
    facts = {
        "fct_tickets": frame_of("fct_tickets", tickets),
        "fct_ticket_days": frame_of("fct_ticket_days", days or []),
    }
    values = measure([metric_named(name)], facts, time_zone="UTC", as_of=AS_OF)
    return values.filter(**{"period_grain": "month", "dimension": "overall", **wanted})


def _months(name: str, tickets: list[Row], days: list[Row] | None = None, **wanted: str) -> dict[int, float | None]:
    found = _cells(name, tickets, days, **wanted)
    return {start.month: value for start, value in found.select("period_start_date", "value").iter_rows()}


def _cell(name: str, tickets: list[Row], days: list[Row] | None = None, month: int = 3) -> tuple[float | None, ...]:
    """Value, lower and upper bound, eligible, measured."""
    found = _cells(name, tickets, days).filter(period_start_date=date(2026, month, 1))
    return found.select("value", "lower_bound", "upper_bound", "eligible_count", "measured_count").row(0)


NOBODY_IN_FEBRUARY = [
    _ticket(1, _at(1, 5), _at(3, 2)),
    _ticket(2, _at(1, 6), _at(3, 2), team="Network"),
    _ticket(3, _at(3, 4)),
]


def test_a_month_in_which_nothing_happened_counts_0() -> None:
    assert _months("ticket_created_count", NOBODY_IN_FEBRUARY) == {1: 2, 2: 0, 3: 1}
    assert _months("ticket_resolved_count", NOBODY_IN_FEBRUARY) == {1: 0, 2: 0, 3: 2}
    assert _months("ticket_net_flow_count", NOBODY_IN_FEBRUARY) == {1: 2, 2: 0, 3: -1}
    assert _months("ticket_cancelled_count", NOBODY_IN_FEBRUARY) == {1: 0, 2: 0, 3: 0}


def test_a_count_of_0_is_sure_and_rests_on_no_record() -> None:
    cell = _cells("ticket_created_count", NOBODY_IN_FEBRUARY).row(1, named=True)
    assert (cell["lower_bound"], cell["upper_bound"], cell["eligible_count"]) == (0, 0, 0)
    assert cell["coverage_ratio"] is None
    assert cell["period_end_date"] == date(2026, 2, 28)


@pytest.mark.parametrize(("grain", "count"), [("day", 65), ("week", 10)])
def test_zeros_fill_every_day_and_week_overall(grain: str, count: int) -> None:
    # From Monday 5 January to Tuesday 10 March: 27 + 28 + 10 days.
    assert _cells("ticket_created_count", NOBODY_IN_FEBRUARY, period_grain=grain).height == count


def test_a_team_counts_0_in_months_after_its_first_ticket_and_nothing_by_day() -> None:
    late = [*NOBODY_IN_FEBRUARY, _ticket(4, _at(2, 2), team="Field")]
    assert _months("ticket_created_count", late, dimension="team", dimension_value="Network") == {1: 1, 2: 0, 3: 0}
    assert _months("ticket_created_count", late, dimension="team", dimension_value="Field") == {2: 1, 3: 0}
    by_day = _cells("ticket_created_count", late, dimension="team", dimension_value="Field", period_grain="day")
    assert by_day["value"].to_list() == [1]


@pytest.mark.parametrize(
    ("told_from", "months"), [(date(2026, 1, 31), [1, 2, 3]), (date(2026, 2, 1), [2, 3]), (date(2026, 3, 1), [3])]
)
def test_nothing_counts_0_before_the_data_begin(told_from: date, months: list[int]) -> None:
    facts = {"fct_tickets": frame_of("fct_tickets", NOBODY_IN_FEBRUARY)}
    names = ("ticket_created_count", "ticket_resolved_count", "ticket_net_flow_count")
    values = measure(
        [metric_named(name) for name in names],
        facts,
        time_zone="UTC",
        as_of=AS_OF,
        told_from=dict.fromkeys(names, told_from),
    ).filter(period_grain="month", dimension="overall")
    found = {
        name: dict(values.filter(metric=name).select(pl.col("period_start_date").dt.month(), "value").iter_rows())
        for name in names
    }
    assert list(found["ticket_resolved_count"]) == months
    # What records date before is counted all the same.
    assert found["ticket_created_count"] == {1: 2, 3: 1} | ({2: 0} if 2 in months else {})
    # Net flow is not: of what went before, nobody told.
    assert found["ticket_net_flow_count"] == {month: {1: 2, 2: 0, 3: -1}[month] for month in months}


def test_promises_have_no_row_before_the_data_begin() -> None:
    """Those that were broken would be there, and those that were kept not."""
    clocks = [
        {"ticket_id": "desk:0", "cycle_number": 1, "source": "desk", "target": "resolution", "state": state,
         "decided_at": _at(month, 3), "sla_policy": state}
        for month, state in ((1, "breached"), (2, "breached"), (2, "met"))
    ]  # fmt: skip
    facts = {"fct_tickets": frame_of("fct_tickets", STARTED), "fct_sla_clocks": frame_of("fct_sla_clocks", clocks)}
    name = "sla_attainment_ratio"
    for told_from, expected in ((None, {1: 0, 2: 0.5}), (date(2026, 2, 1), {2: 0.5})):
        told = {name: told_from} if told_from else {}
        values = measure([metric_named(name)], facts, time_zone="UTC", as_of=AS_OF, told_from=told)
        months = values.filter(period_grain="month", dimension="overall")
        assert dict(months.select(pl.col("period_start_date").dt.month(), "value").iter_rows()) == expected


def test_ratios_and_percentiles_of_nothing_have_no_row() -> None:
    assert _months("ticket_reopen_ratio", NOBODY_IN_FEBRUARY) == {3: None}
    assert _months("ticket_lead_time_p50_calendar_hours", NOBODY_IN_FEBRUARY) == {3: None}


def test_a_ticket_that_was_set_aside_does_not_begin_the_span() -> None:
    odd = _ticket(9, datetime(1970, 1, 1, tzinfo=UTC), is_quarantined=True)
    assert set(_months("ticket_resolved_count", [*NOBODY_IN_FEBRUARY, odd])) == {1, 2, 3}


def test_net_flow_is_bounded_by_the_worst_of_both_counts() -> None:
    tickets = [
        *(_ticket(number, _at(3, 2)) for number in range(5)),
        _ticket(5, _at(2, 2), _at(3, 3)),
        _ticket(6, _at(3, 2), is_quarantined=True),  # may have come, and may be resolved
        _ticket(7, _at(2, 2), _at(3, 4), is_quarantined=True),  # may be resolved
    ]
    # Arrivals are 5 to 6, resolutions 1 to 3.
    assert _cell("ticket_net_flow_count", tickets) == (4.0, 2.0, 5.0, 9, 6)


LAST_OF_FEBRUARY, TODAY = date(2026, 2, 28), date(2026, 3, 10)
DAYS = [
    _day(date(2026, 2, 27), "queued", 99),
    _day(LAST_OF_FEBRUARY, "queued", 4),
    _day(LAST_OF_FEBRUARY, "queued", 1, team="Network"),
    _day(LAST_OF_FEBRUARY, "active", 3),
    _day(LAST_OF_FEBRUARY, "waiting", 2),
    _day(date(2026, 3, 9), "active", 99),
    _day(TODAY, "waiting", 7),
]
STARTED = [_ticket(0, _at(2, 1), _at(2, 1))]


@pytest.mark.parametrize(
    ("name", "february", "march"),
    [
        ("ticket_work_in_progress_count", 10, 7),
        ("ticket_backlog_count", 5, 0),
        ("ticket_active_count", 3, 0),
        ("ticket_waiting_count", 2, 7),
    ],
)
def test_a_stock_is_that_of_the_last_day_and_of_the_latest_while_a_period_is_open(
    name: str, february: int, march: int
) -> None:
    assert _months(name, STARTED, DAYS) == {2: february, 3: march}
    assert _months(name, STARTED, DAYS, period_grain="week")[3] == march


def test_a_day_on_which_nothing_lay_is_a_stock_of_0() -> None:
    days = _cells("ticket_work_in_progress_count", STARTED, DAYS, period_grain="day")
    by_day = dict(days.select("period_start_date", "value").iter_rows())
    assert len(by_day) == 28 + 10
    assert by_day[date(2026, 2, 1)] == by_day[date(2026, 3, 1)] == 0
    assert by_day[date(2026, 2, 27)] == 99


def test_open_tickets_of_a_snapshot_lower_the_coverage_of_a_stock() -> None:
    snapshots = [_ticket(number, _at(2, 20), has_history=False) for number in (1, 2)]
    gone = [_ticket(3, _at(2, 20), _at(2, 28), has_history=False)]
    assert _cell("ticket_work_in_progress_count", snapshots + gone, DAYS, month=2) == (10.0, 10.0, 12.0, 12, 10)
    # Any of the two may be queued; that the five others are not is known.
    assert _cell("ticket_backlog_count", snapshots + gone, DAYS, month=2) == (5.0, 5.0, 7.0, 12, 10)


def test_a_home_of_snapshots_has_no_stock_rather_than_none_in_work() -> None:
    snapshots = [_ticket(number, _at(2, 20), has_history=False) for number in (1, 2)]
    assert _cell("ticket_work_in_progress_count", snapshots) == (None, 0.0, 2.0, 2, 0)
    assert _cell("ticket_backlog_count", snapshots) == (None, 0.0, 2.0, 2, 0)


@pytest.mark.parametrize(
    ("columns", "in_february", "in_march"),
    [
        ({}, 1, 1),
        ({"is_cancelled": True, "cancelled_at": _at(3, 5)}, 1, 0),
        ({"is_done": True}, 1, 0),  # done nobody knows when: it may have been open until today
        ({"created_at": None}, 0, 1),
        ({"created_at": None, "is_done": True, "resolved_at": _at(3, 5)}, 0, 0),
        ({"is_done": True, "resolved_at": _at(1, 5)}, 0, 0),  # over before it began
    ],
)
def test_a_ticket_set_aside_is_in_doubt_while_it_may_be_in_work(columns: Row, in_february: int, in_march: int) -> None:
    tickets = [*STARTED, _ticket(1, **{"created": _at(2, 20), "is_quarantined": True, **columns})]
    for month, doubtful in ((2, in_february), (3, in_march)):
        assert _cell("ticket_backlog_count", tickets, DAYS, month)[3:] == (
            {2: 10, 3: 7}[month] + doubtful,
            {2: 10, 3: 7}[month],
        )


def test_the_age_of_open_work_is_that_of_the_data_clock() -> None:
    tickets = [
        _ticket(number, AS_OF - timedelta(hours=hours), age_calendar_microseconds=hours * HOUR)
        for number, hours in enumerate((10, 20, 40, 80))
    ]
    tickets += [*STARTED, _ticket(8, _at(3, 1), is_quarantined=True, age_calendar_microseconds=HOUR)]
    assert _months("ticket_age_p50_calendar_hours", tickets) == {3: 30.0}
    assert _cell("ticket_age_p50_calendar_hours", tickets) == (30.0, 20.0, 40.0, 5, 4)
    cells = _cells("ticket_age_p50_calendar_hours", tickets, period_grain="day")
    assert cells.select("period_start_date", "is_period_closed").rows() == [(TODAY, False)]


def _worked(number: int, lead: int, active: int | None, gap: int | None, **columns: object) -> Row:
    hours = {"lead_time": lead, "active": active, "reopened_gap": gap}
    durations = {
        f"{part}_calendar_microseconds": None if length is None else length * HOUR for part, length in hours.items()
    }
    return _ticket(number, _at(3, 1), _at(3, 2), **durations, **columns)


def test_flow_efficiency_weighs_tickets_by_their_time() -> None:
    # 5 of 10 hours and 10 of 90 - 0 hours, the reopened gap left out: 15 / 100.
    tickets = [_worked(1, 30, 5, 20), _worked(2, 90, 10, 0)]
    cell = _cells("ticket_flow_efficiency_calendar_ratio", tickets).row(0, named=True)
    assert (cell["value"], cell["numerator"], cell["denominator"]) == (0.15, 15.0, 100.0)
    assert (cell["lower_bound"], cell["upper_bound"]) == (0.15, 0.15)


def test_the_lead_time_of_a_snapshot_limits_flow_efficiency() -> None:
    tickets = [_worked(1, 100, 15, 0), _worked(2, 25, None, None, has_history=False)]
    # The snapshot's 25 hours were all passive, or all active.
    assert _cell("ticket_flow_efficiency_calendar_ratio", tickets) == (0.15, 15 / 125, 40 / 125, 2, 1)
    aside = [*tickets, _worked(3, 1, 1, 0, is_quarantined=True)]
    assert _cell("ticket_flow_efficiency_calendar_ratio", aside) == (0.15, 0.0, 1.0, 3, 1)


def test_of_a_sampled_ticket_flow_efficiency_is_as_uncertain_as_of_a_snapshot() -> None:
    longest = {"is_sampled": True, "lead_time_greatest_calendar_microseconds": 50 * HOUR}
    tickets = [_worked(1, 100, 15, 0), _worked(2, 25, 10, 5, **longest)]
    # 15 of 100 hours are certain. Of the other it was none of 50 hours, or all of them.
    assert _cell("ticket_flow_efficiency_calendar_ratio", tickets) == (25 / 120, 15 / 150, 65 / 150, 2, 2)
    exact = [tickets[0], _worked(2, 25, 10, 5, is_sampled=True)]
    assert _cell("ticket_flow_efficiency_calendar_ratio", exact) == (25 / 120, 15 / 125, 40 / 125, 2, 2)
    alone = [_worked(2, 25, 10, 5, **longest)]
    assert _cell("ticket_flow_efficiency_calendar_ratio", alone) == (0.5, 0.0, 1.0, 1, 1)


def test_how_long_a_sampled_ticket_waited_lies_between_nothing_and_its_lead_time() -> None:
    def waited(number: int, lead: int, hours: int, **columns: object) -> Row:
        waiting = {"waiting_calendar_microseconds": hours * HOUR}
        return _worked(number, lead, 0, 0, **waiting, **columns)

    longest = {"is_sampled": True, "lead_time_greatest_calendar_microseconds": 50 * HOUR}
    tickets = [waited(1, 40, 20), waited(2, 30, 24, is_sampled=True), waited(3, 30, 28, **longest)]
    # In order: 0, 0 and 20 hours at the least, 20, 30 and 50 at the most.
    assert _cell("ticket_waiting_time_p50_calendar_hours", tickets) == (24.0, 0.0, 30.0, 3, 3)
    unknown = [*tickets, _worked(4, 60, None, None, has_history=False)]
    assert _cell("ticket_waiting_time_p50_calendar_hours", unknown) == (24.0, 0.0, 40.0, 4, 3)
    assert _cell("ticket_waiting_time_p50_calendar_hours", [waited(1, 40, 20)]) == (20.0, 20.0, 20.0, 1, 1)


def test_flow_efficiency_of_no_time_is_empty() -> None:
    assert _cell("ticket_flow_efficiency_calendar_ratio", [_worked(1, 0, 0, 0)]) == (None, None, None, 1, 1)


def _handled(number: int, reopens: int | None, handoffs: int | None, touches: int | None) -> Row:
    counts = {"reopen_count": reopens, "handoff_count": handoffs, "touch_count": touches}
    return _ticket(number, _at(3, 1), _at(3, 2), **counts)


def test_first_contact_resolution_needs_one_touch_one_team_and_no_return() -> None:
    hits = [_handled(1, 0, 0, 1), _handled(2, 0, 0, 1)]
    misses = [_handled(3, 1, 0, 1), _handled(4, 0, 1, 1), _handled(5, 0, 0, 2)]
    # A known failure is not measured either where something else is unknown, nor what nobody is known to have touched.
    unknown = [_handled(6, 1, 0, None), _handled(7, None, None, 1), _handled(8, 0, None, 1), _handled(9, 0, 0, 0)]
    assert _cell("ticket_first_contact_resolution_ratio", hits + misses) == (0.4, 0.4, 0.4, 5, 5)
    cell = _cell("ticket_first_contact_resolution_ratio", hits + misses + unknown)
    assert cell == (0.4, 2 / 9, 6 / 9, 9, 5)


def test_a_mean_is_bounded_below_only() -> None:
    tickets = [_handled(1, 0, 3, 0), _handled(2, 0, 1, 0), _handled(3, 0, None, 0)]
    cell = _cells("ticket_handoff_mean_count", tickets).row(0, named=True)
    assert (cell["value"], cell["numerator"], cell["denominator"]) == (2.0, 4.0, 2.0)
    assert (cell["lower_bound"], cell["upper_bound"]) == (4 / 3, None)
    assert _cell("ticket_handoff_p95_count", tickets)[0] == pytest.approx(2.9)
