"""The questions that the report asks, on a small published file whose answers are known by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import md5
from typing import Any

from asked_questions import Answer, Fill, Row

SLA = "sla_attainment_ratio"


def measured(start: date, value: float | None, *, grain: str = "month", is_closed: bool = True, **columns: Any) -> Row:
    """A value of SLA attainment."""
    return {
        "metric": SLA,
        "metric_version": 1,
        "period_grain": grain,
        "period_start_date": start,
        "period_end_date": start,
        "is_period_closed": is_closed,
        "dimension": "overall",
        "dimension_value": "",
        "value": value,
        "eligible_count": 10,
        "measured_count": 9,
        "coverage_ratio": 0.9,
        "unit": "ratio",
        **columns,
    }


def definition(metric: str = SLA, **columns: Any) -> Row:
    """A row of `meta_metrics`."""
    texts = ("label", "meaning", "formula", "unit", "direction", "owner", "period_date", "requires")
    return {
        **dict.fromkeys(texts, metric), "metric": metric, "metric_version": 1, "aggregation": "parts",
        "publication_state": "published", **columns,
    }  # fmt: skip


def test_numbers_of_a_period(fill: Fill, answer: Answer) -> None:
    fresh = datetime(2026, 11, 2, tzinfo=UTC)
    fill("meta_metrics", definition(fresh_as_of_at=fresh), definition("never_measured_ratio", publication_state="held",
         held_reason="A rule is broken."))  # fmt: skip
    fill(
        "metric_values",
        measured(date(2026, 8, 1), 0.5),
        measured(date(2026, 9, 1), 0.75),
        measured(date(2026, 10, 1), 0.875, lower_bound=0.8, upper_bound=0.9, numerator=7.0, denominator=8.0),
        measured(date(2026, 11, 1), 0.1, is_closed=False),
        measured(date(2026, 10, 1), 0.25, dimension="team", dimension_value="Desk"),
        measured(date(2026, 10, 26), 0.0, grain="week"),
    )
    found = answer("numbers_of_a_period")
    assert found[0] == (
        SLA, SLA, SLA, SLA, date(2026, 10, 1), date(2026, 10, 1), 0.875, 0.75, 0.125, 0.8, 0.9, 10, 9, 0.9, 7.0, 8.0,
        "published", None, fresh, date(2026, 10, 1), True, *[None] * 11,
    )  # fmt: skip
    assert found[1][:2] == ("never_measured_ratio",) * 2
    assert found[1][4] == date(2026, 10, 1)
    assert found[1][5:16] == (None,) * 11
    assert found[1][16:18] == ("held", "A rule is broken.")


def test_a_period_is_compared_with_the_one_before_it_and_no_other(fill: Fill, answer: Answer) -> None:
    fill("meta_metrics", definition())
    fill("metric_values", measured(date(2026, 7, 1), 0.5), measured(date(2026, 9, 1), 0.75))
    assert answer("numbers_of_a_period", period_start_date="2026-09-01")[0][6:9] == (0.75, None, None)
    fill(
        "metric_values",
        measured(date(2026, 11, 2), 0.5, grain="week"),
        measured(date(2026, 10, 26), 0.25, grain="week"),
    )
    assert answer("numbers_of_a_period", period_grain="week")[0][6:9] == (0.5, 0.25, 0.25)


def test_a_kpi_whose_data_end_too_early_is_told_of_its_last_closed_period(fill: Fill, answer: Answer) -> None:
    cost, rework, other = "cost_ratio", "cost_rework_ratio", "never_closed_ratio"
    tickets, finance = datetime(2026, 11, 15, 21, tzinfo=UTC), datetime(2026, 9, 30, 22, tzinfo=UTC)
    fill("meta_run", {"publication_id": "p", "reporting_time_zone": "Europe/Amsterdam"})
    fill(
        "meta_data_clocks",
        {"data": "tickets", "domain": "tickets", "as_of_at": tickets, "last_date": date(2026, 11, 15)},
        {"data": "finance", "domain": "finance", "as_of_at": finance, "last_date": date(2026, 9, 30)},
        {"data": "deliveries", "domain": "vendors"},
    )
    fill(
        "meta_metrics",
        definition(closed_by="tickets", fresh_as_of_at=tickets),
        # It has no row of October at all: how far its data reach tells that one may still come.
        definition(rework, closed_by="finance, tickets", fresh_as_of_at=finance),
        definition(cost, requires="finance, tickets", closed_by="finance", fresh_as_of_at=finance),
        definition(other, closed_by="finance", fresh_as_of_at=finance),
        definition("unfed_ratio", closed_by="vendors"),
    )
    october, september, august = date(2026, 10, 1), date(2026, 9, 1), date(2026, 8, 1)
    fill(
        "metric_values",
        measured(october, 0.875),
        measured(september, 0.5, metric=rework),
        measured(october, 0.01, metric=cost, is_closed=False),
        measured(september, 0.25, metric=cost),
        measured(august, 0.75, metric=cost),
        measured(october, 0.01, metric=other, is_closed=False),
    )

    def told(**given: str) -> dict[str, tuple[Any, ...]]:
        return {row[0]: (row[4], row[6], row[7], *row[19:22]) for row in answer("numbers_of_a_period", **given)}

    assert told() == {
        SLA: (october, 0.875, None, october, True, None),
        rework: (september, 0.5, None, october, False, "finance"),
        cost: (september, 0.25, 0.75, october, False, "finance"),
        other: (None, None, None, october, False, "finance"),
        "unfed_ratio": (october, None, None, october, None, None),
    }
    november = told(period_start_date="2026-11-01")
    assert november[SLA] == (october, 0.875, None, date(2026, 11, 1), False, "tickets")
    assert november[rework][-1] == "finance"
    # Of August everything is closed: nothing later is told.
    assert told(period_start_date="2026-08-01")[cost] == (august, 0.75, None, august, True, None)


def test_metric_history(fill: Fill, answer: Answer) -> None:
    months = [date(2026, month, 1) for month in range(1, 12)]
    fill("metric_values", *(measured(month, month.month / 100, is_closed=month.month < 11) for month in months))
    fill("metric_values", measured(date(2026, 5, 1), 1.0, dimension="team", dimension_value="Desk"))
    found = answer("metric_history", to_date="2026-06-01", row_limit="3")
    assert [(row[2].month, row[5]) for row in found] == [(4, 0.04), (5, 0.05), (6, 0.06)]
    assert answer("metric_history")[-1][2] == date(2026, 10, 1)


def test_signal_or_noise(fill: Fill, answer: Answer) -> None:
    def judged(month: int, **columns: Any) -> Row:
        start = date(2026, month, 1)
        own = {"metric": SLA, "period_grain": "month", "period_start_date": start, "period_end_date": start}
        return {**own, "value": month / 10, "unit": "ratio", "signal_state": "noise", "point_count": 12, **columns}

    limits = {"centre_value": 0.2, "lower_limit_value": 0.1, "upper_limit_value": 0.25}
    baseline = {
        "baseline_start_date": date(2025, 1, 1),
        "baseline_end_date": date(2025, 12, 1),
        "baseline_reason": "Why.",
    }
    late = judged(3, signal_state="signal", broken_rules="outside_limits", is_certain=True, **limits, **baseline)
    fill("kpi_signals", judged(1), judged(2), late, judged(4), {**judged(2), "period_grain": "week"})
    found = answer("signal_or_noise", to_date="2026-03-01", row_limit="2")
    assert [(*row[:2], row[2].month) for row in found] == [(SLA, "ratio", 2), (SLA, "ratio", 3)]
    assert found[1][3:] == (
        0.3, "signal", "outside_limits", True, 0.2, 0.1, 0.25, date(2025, 1, 1), date(2025, 12, 1), "Why."
    )  # fmt: skip


def test_values_against_targets(fill: Fill, answer: Answer) -> None:
    def held_to(metric: str, month: int, **columns: Any) -> Row:
        start = date(2026, month, 1)
        own = {"metric": metric, "period_grain": "month", "period_start_date": start, "period_end_date": start}
        return {**own, "dimension": "overall", "dimension_value": "",
                "value": 0.9, "target_value": Decimal("0.93"), "distance_value": Decimal("-0.03"),
                "unit": "ratio", "target_state": "missed", "is_certain": True, **columns}  # fmt: skip

    fill("meta_metrics", definition("z_ratio", label="Z"), definition(label="SLA"))
    fill("kpi_targets", held_to(SLA, 8), held_to(SLA, 9), held_to(SLA, 10), held_to("z_ratio", 9),
         held_to(SLA, 9, period_grain="week"),
         *(held_to(SLA, month, dimension="team", dimension_value=of) for of in ("Desk", "Net") for month in (9, 10)),
         held_to("z_ratio", 10, dimension="priority", dimension_value="P1"))  # fmt: skip
    of_breakdowns = answer("breakdowns_against_targets")
    assert [(row[0], row[3], row[4], row[5].month) for row in of_breakdowns] == [
        ("z_ratio", "priority", "P1", 10), (SLA, "team", "Desk", 10), (SLA, "team", "Net", 10),
    ]  # fmt: skip
    assert [row[4] for row in answer("breakdowns_against_targets", dimension="team", row_limit="2")] == [
        "Desk", "Desk", "Net", "Net",
    ]  # fmt: skip
    assert [(row[1], row[3].month) for row in answer("values_against_targets")] == [("Z", 9), ("SLA", 10)]
    found = answer("values_against_targets", metric=SLA, to_date="2026-09-01", row_limit="2")
    assert found == [
        (SLA, "SLA", "ratio", date(2026, month, 1), 0.9, SLA, Decimal("0.93"), Decimal("-0.03"), "missed", True)
        for month in (8, 9)
    ]


def test_what_drove_a_change(fill: Fill, answer: Answer) -> None:
    def driver(group: str, part: str, change: str, **columns: Any) -> Row:
        return {"metric": SLA, "period_grain": "month", "period_start_date": date(2026, 10, 1), "dimension": "team",
                "dimension_value": group, "part": part, "previous_period_start_date": date(2026, 9, 1),
                "change_value": Decimal(change), "value_before": Decimal("0.5"), "value_after": Decimal("0.45"),
                "unit": "ratio", **columns}  # fmt: skip

    fill(
        "kpi_change_drivers",
        driver("Desk", "mix", "0.01"),
        driver("Desk", "rate", "0.02"),
        driver("Net", "rate", "-0.08"),
        driver("Net", "rate", "0.3", period_start_date=date(2026, 9, 1)),
        driver("P1", "rate", "-0.05", dimension="priority"),
    )
    found = answer("what_drove_a_change", dimension="team")
    assert {row[:3] for row in found} == {(SLA, "ratio", date(2026, 10, 1))}
    assert [tuple(map(str, row[3:])) for row in found] == [
        ("team", "Net", "0.000000", "-0.080000", "0.000000", "-0.080000", "0.500000", "0.450000", *["None"] * 5),
        ("team", "Desk", "0.010000", "0.020000", "0.000000", "0.030000", "0.500000", "0.450000", *["None"] * 5),
    ]
    of_all = [row[3:5] for row in answer("what_drove_a_change")]
    assert of_all == [("priority", "P1"), ("team", "Net"), ("team", "Desk")]


def test_cumulative_flow_by_day_adds_services_up(fill: Fill, answer: Answer) -> None:
    clock = datetime(2026, 10, 3, 12, tzinfo=UTC)
    fill("meta_run", run())
    fill("meta_metrics", definition("ticket_work_in_progress_count", fresh_as_of_at=clock))
    fill(
        "fct_tickets",
        ticket("a", service="Mail"),
        ticket("b", service="Web", created_at=AT(2)),
        *(ticket(f"snapshot of {each}", service=each, created_at=AT(2), has_history=False) for each in ("Mail", "Web")),
    )
    fill(
        "fct_ticket_intervals",
        stretch("a", 1, "active", AT(1), AT(2)),
        stretch("a", 2, "done", AT(2), None, is_last=True),
    )
    found = answer("cumulative_flow_by_day", from_date="2026-10-01", to_date="2026-10-02")
    assert [(*row[0:2], *row[5:]) for row in found] == [
        (date(2026, 10, 1), 1, 0, 0, 0),
        (date(2026, 10, 2), 2, 1, 0, 2),
    ]


def test_open_tickets_on_a_day_are_those_of_its_end(fill: Fill, answer: Answer) -> None:
    fill("meta_run", run())
    midnight = datetime(2026, 9, 30, 22, tzinfo=UTC)  # the end of 30 September in Amsterdam
    day, hour = timedelta(days=1), timedelta(hours=1)

    def broken(ticket_id: str, policy: str, **instants: Any) -> Row:
        given = {
            "state": "breached",
            "target": "resolution",
            "started_at": midnight - 9 * day,
            "target_microseconds": 1,
        }
        return {**given, "ticket_id": ticket_id, "sla_policy": policy, "cycle_number": 1, **instants}

    # Open then, closed an hour later, under another team; closed before; opened later; set aside.
    fill(
        "fct_tickets",
        *(ticket(name, created_at=midnight - 9 * day) for name in ("open", "later", "closed")),
        ticket("new", created_at=midnight + hour),
        ticket("aside", created_at=midnight - day, is_quarantined=True),
        # The one was in the export of that day for the last time, the other in the one of the morning.
        ticket("lost next day", created_at=midnight - day, unknown_since_at=midnight),
        ticket("lost", created_at=midnight - day, unknown_since_at=midnight - 16 * hour),
    )
    fill(
        "fct_ticket_intervals",
        stretch("lost next day", 1, "queued", midnight - day, None, team="Desk", is_last=True),
        stretch("lost", 1, "queued", midnight - day, None, team="Desk", is_last=True),
        stretch("open", 1, "waiting", midnight - 9 * day, midnight + 9 * day, team="Desk", is_last=True),
        stretch("later", 1, "queued", midnight - 9 * day, midnight + hour, team="Desk"),
        stretch("later", 2, "done", midnight + hour, None, team="Net", is_last=True),
        stretch("closed", 1, "active", midnight - 9 * day, midnight - hour, team="Desk"),
        stretch("closed", 2, "done", midnight - hour, None, team="Desk", is_last=True),
        stretch("new", 1, "queued", midnight + hour, midnight + day, team="Desk", is_last=True),
        stretch("aside", 1, "queued", midnight - day, midnight + day, team="Desk", is_last=True),
    )
    fill(
        "fct_sla_clocks",
        broken("open", "broken then", breached_at=midnight - hour, decided_at=midnight - hour),
        broken("open", "broken later", breached_at=midnight + hour, decided_at=midnight + hour),
        broken("open", "runs", state="running"),
        broken("open", "cancelled, nobody knows when", state="cancelled"),
        broken("later", "kept later", state="met", stopped_at=midnight + hour, decided_at=midnight + hour),
        broken("later", "kept before", state="met", stopped_at=midnight - hour, decided_at=midnight - hour),
        broken("later", "broken, stopped before", breached_at=midnight - 2 * hour, stopped_at=midnight - hour),
    )
    assert answer("open_tickets_on_a_day", day_date="2026-09-30") == [("Desk", 3, 2, 0, 1, 3, 1, 9.0, 2)]


def test_tickets_that_left_the_exports_are_those_of_the_latest_months(fill: Fill, answer: Answer) -> None:
    fill("meta_run", run())
    fill(
        "meta_data_clocks",
        {"data": "tickets", "domain": "tickets", "as_of_at": AT(20), "last_date": date(2026, 10, 20)},
    )
    first = datetime(2026, 8, 31, 22, tzinfo=UTC)  # 1 September in Amsterdam
    fill(
        "fct_tickets",
        ticket("followed"),
        ticket("before", team="Desk", unknown_since_at=first - timedelta(microseconds=1)),
        ticket("first", team="Desk", unknown_since_at=first),
        ticket("last", team="Net", unknown_since_at=AT(19)),
        ticket("last too", unknown_since_at=AT(19)),
        ticket("aside", unknown_since_at=AT(19), is_quarantined=True),
    )

    def asked(**given: str) -> list[tuple[Any, ...]]:
        return [(row[0], *row[-2:]) for row in answer("tickets_that_left_the_exports", **given)]

    september = date(2026, 9, 1)
    assert asked(months="2") == [("last", september, 3), ("last too", september, 3), ("first", september, 3)]
    assert asked(months="2", row_limit="1") == [("last", september, 3)]
    assert asked(months="1", team="Net") == [("last", date(2026, 10, 1), 1)]
    assert [row[0] for row in asked()] == ["last", "last too", "first", "before"]


def test_cycle_times_of_a_period_are_of_local_days(fill: Fill, answer: Answer) -> None:
    fill("meta_run", run())
    late = datetime(2026, 9, 30, 22, 30, tzinfo=UTC)  # 1 October in Amsterdam
    done = {"is_done": True, "cycle_time_business_microseconds": 5_400_000_000}
    fill("fct_tickets", ticket("in", resolved_at=late, **done), ticket("before", resolved_at=AT(-1), **done),
         ticket("aside", resolved_at=late, is_quarantined=True, **done))  # fmt: skip
    found = answer("cycle_times_of_a_period", from_date="2026-10-01", to_date="2026-10-31")
    assert [(row[0], row[4], row[5]) for row in found] == [("in", 1.5, 1)]


def test_of_many_tickets_the_same_are_chosen_whatever_their_order(fill: Fill, answer: Answer) -> None:
    fill("meta_run", run())
    names = [f"servicenow:INC{number:04}" for number in range(40)]
    hours = {name: 3_600_000_000 * (position + 1) for position, name in enumerate(names)}
    for name in (*names[20:], *reversed(names[:20])):
        fill("fct_tickets", ticket(name, resolved_at=AT(5), is_done=True, cycle_time_business_microseconds=hours[name]))
    wanted = sorted(sorted(names, key=lambda name: md5(name.encode()).hexdigest())[:7])
    found = answer("cycle_times_of_a_period", row_limit="7")
    assert [row[0] for row in found] == wanted
    assert {row[5] for row in found} == {40}
    assert len(answer("cycle_times_of_a_period")) == 40


def test_promises_at_risk_by_team(fill: Fill, answer: Answer) -> None:
    fill("meta_run", run())
    hours = {"a": 8.0, "b": 8.5, "c": 1.0, "d": 3.0, "aside": 1.0, "kept": 1.0}
    team = {"a": "Desk", "b": "Desk", "c": "Net"}
    fill("fct_tickets", *(ticket(name, is_quarantined=name == "aside") for name in hours))
    fill("fct_sla_clocks", *(
        {"ticket_id": name, "sla_policy": "p", "cycle_number": 1, "target": "resolution", "source": "s",
         "calendar": "24x7", "started_at": AT(1), "team": team.get(name), "target_microseconds": 1,
         "state": "met" if name == "kept" else "paused" if name == "d" else "running",
         "remaining_microseconds": round(left * 3.6e9)}
        for name, left in hours.items()
    ))  # fmt: skip
    assert answer("promises_at_risk_by_team") == [
        ("Desk", 2, 0, 1, 0, 8.0),
        ("Net", 1, 0, 1, 0, 1.0),
        (None, 0, 1, 0, 1, None),
    ]
    assert [(row[3], row[4]) for row in answer("promises_at_risk_by_team", within_hours="2")] == [
        (1, 0),
        (0, 0),
        (0, 0),
    ]


def test_open_tickets_are_counted_in_classes_that_double(fill: Fill, answer: Answer) -> None:
    fill("meta_run", run())
    ages = {"new": 0.0, "under": 0.999, "one": 1.0, "two": 2.0, "under_four": 3.999, "four": 4.0, "old": 1000.0}
    fill("fct_tickets", *(ticket(name, team="Desk", age_business_microseconds=round(hours * 3.6e9))
                          for name, hours in ages.items()))  # fmt: skip
    fill("fct_tickets", ticket("unknown", team="Net"),
         ticket("aside", age_business_microseconds=1, is_quarantined=True),
         ticket("done", age_business_microseconds=1, is_done=True))  # fmt: skip
    clock = {"sla_policy": "p", "cycle_number": 1, "target": "resolution", "source": "s", "calendar": "24x7",
             "started_at": AT(1)}  # fmt: skip
    fill(
        "fct_sla_clocks",
        {**clock, "ticket_id": "old", "state": "breached", "breached_at": AT(2)},
        {**clock, "ticket_id": "two", "state": "running", "remaining_microseconds": 60},
        {**clock, "ticket_id": "four", "state": "met"},
    )
    assert answer("open_tickets_by_age") == [
        (0, 1, 2, 0, 0, 2),
        (1, 2, 1, 0, 0, 1),
        (2, 4, 2, 0, 1, 1),
        (4, 8, 1, 0, 0, 1),
        (512, 1024, 1, 1, 0, 0),
        (None, None, 1, 0, 0, 1),
    ]
    assert answer("open_tickets_by_age", team="Net") == [(None, None, 1, 0, 0, 1)]


def test_breaches_by_cause(fill: Fill, answer: Answer) -> None:
    fill("meta_run", run())
    # a: 2 h queued, then 6 h waiting for the vendor until the breach. b: active all the time. c: nothing is told.
    fill("fct_tickets", ticket("b", is_sampled=True), ticket("aside", is_quarantined=True))
    fill(
        "fct_sla_clocks",
        *(
            {"ticket_id": name, "sla_policy": "p", "cycle_number": 1, "target": "resolution", "source": "s",
             "calendar": "24x7", "state": "breached", "started_at": AT(1), "breached_at": AT(1, 8)}
            for name in (*"abcd", "aside")
        ),
        {"ticket_id": "kept", "sla_policy": "p", "cycle_number": 1, "target": "resolution", "source": "s",
         "calendar": "24x7", "state": "met", "started_at": AT(1)},
    )  # fmt: skip
    fill(
        "fct_ticket_intervals",
        stretch("a", 1, "queued", AT(1), AT(1, 2)),
        stretch("a", 2, "waiting", AT(1, 2), AT(3), waiting_reason="vendor"),
        stretch("b", 1, "active", AT(1), AT(2), is_last=True),
        stretch("d", 1, "active", AT(1), AT(1, 1)),
        stretch("d", 2, "waiting", AT(1, 1), AT(1, 7), waiting_reason="vendor"),
        stretch("d", 3, "done", AT(1, 7), None, is_last=True),
    )
    found = answer("breaches_by_cause", from_date="2026-10-01", to_date="2026-10-31")
    assert found == [
        ("waiting: vendor", 2, 0.5, 0.5, 12.0, 0),
        ("active", 1, 0.25, 0.75, 8.0, 1),
        ("not told by the export", 1, 0.25, 1.0, None, 0),
    ]


def AT(day: int, hour: int = 0) -> datetime:  # noqa: N802
    """An instant of October 2026; days from -1 backwards lie in September."""
    return datetime(2026, 10, 1, tzinfo=UTC) + timedelta(days=day - 1 if day > 0 else day - 2, hours=hour)


def run() -> Row:
    """The row of `meta_run`."""
    texts = ("publication_id", "run_id", "content_hash", "code_hash", "home_name")
    return {**dict.fromkeys(texts, "x"), "published_at": AT(3), "reporting_currency_code": "EUR",
            "reporting_time_zone": "Europe/Amsterdam"}  # fmt: skip


def ticket(ticket_id: str, **columns: Any) -> Row:
    """A row of `fct_tickets`."""
    flags = dict.fromkeys(("is_done", "is_cancelled", "is_quarantined"), False)
    return {"ticket_id": ticket_id, "source": "s", "calendar": "24x7", "has_history": True, "created_at": AT(1),
            "event_count": 1, "duplicate_event_count": 0, **flags, **columns}  # fmt: skip


def stretch(ticket_id: str, number: int, category: str, start: datetime, end: datetime | None, **columns: Any) -> Row:
    """A row of `fct_ticket_intervals`."""
    return {"ticket_id": ticket_id, "interval_number": number, "status_category": category, "started_at": start,
            "ended_at": end, "calendar": "24x7", "cycle_number": 1, "is_last": False, **columns}  # fmt: skip


def test_what_to_put_right_first(fill: Fill, answer: Answer) -> None:
    fill(
        "instrumentation_scorecard",
        {"source": "desk", "table_name": "tickets", "rule_id": "second", "fix_rank": 2},
        {"source": "desk", "table_name": "tickets", "rule_id": "first", "fix_rank": 1, "what_to_do": "Do it."},
        {"source": "desk", "table_name": "tickets", "rule_id": "fine"},
    )
    assert [(row[0], row[4], row[-1]) for row in answer("what_to_put_right_first")] == [
        (1, "first", "Do it."),
        (2, "second", None),
    ]
    assert len(answer("what_to_put_right_first", row_limit="1")) == 1


def test_gaps_of_a_metric(fill: Fill, answer: Answer) -> None:
    common = {"metric": SLA, "source": "desk", "table_name": "tickets", "gap_kind": "quarantined"}
    fill(
        "instrumentation_gaps",
        {**common, "rule_id": "small", "period_start_date": date(2026, 10, 1), "lost_coverage_ratio": 0.1},
        {**common, "rule_id": "large", "period_start_date": date(2026, 10, 1), "lost_coverage_ratio": 0.2},
        {**common, "rule_id": "later", "period_start_date": date(2026, 11, 1), "lost_coverage_ratio": 0.0},
        {**common, "rule_id": "old", "period_start_date": date(2026, 8, 1), "lost_coverage_ratio": 0.9},
        {**common, "rule_id": "other", "period_start_date": date(2026, 11, 1), "metric": "ticket_created_count"},
    )
    assert [row[4] for row in answer("gaps_of_a_metric", metric=SLA, months="2")] == ["later", "large", "small"]
    until = answer("gaps_of_a_metric", metric=SLA, months="2", to_date="2026-10-31")
    assert [row[4] for row in until] == ["large", "small", "old"]
