"""Metrics as drivers: which may be, what they weigh, and what is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pytest
from finance_frames import cost_lines, transactions
from made_up_operation import frame_of
from test_allocation import JANUARY, allocate, by_team, cells, january

from metrics.costs.driving_metrics import (
    NegativeWeightError,
    drivable_metrics,
    driving_metrics,
    find_metric_mistakes,
    weigh_by_metrics,
)
from metrics.costs.policy import CostPolicy, CostPool, Driver, StepDown
from metrics.measuring.measure import measure
from metrics.registry import METRICS, metric_named, required_domains
from models.ddl import polars_schema
from models.marts import metric_values
from models.vocabulary import NO_VALUE, Domain, Grain

TWO_TEAMS = transactions(
    (date(2026, 1, 5), "Network", "P1", "VPN", "Acme", 1), (date(2026, 1, 6), "Desktop", "P2", "Mail", NO_VALUE, 1)
)
TOUCHES = CostPool("desk", driver=Driver.METRIC, metric="ticket_touch_mean_count")


def values(
    metric: str, *of_teams: tuple[str, float | None], start: date = JANUARY, grain: str = "month"
) -> pl.DataFrame:
    rows = [
        {"metric": metric, "period_grain": grain, "period_start_date": start, "dimension": "team",
         "dimension_value": team, "value": value}
        for team, value in of_teams
    ]  # fmt: skip
    schema = polars_schema(metric_values)
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)


def sums(pools: pl.DataFrame) -> dict[str, Decimal]:
    return dict(pools.group_by("team").agg(pl.col("amount_reporting").sum()).rows())


def test_a_pool_is_divided_by_the_value_of_each_team_in_the_period() -> None:
    # 10.00 by 2.5 and 1.5 touches a ticket; February's values and a team without a value weigh nothing.
    measured = pl.concat(
        [
            values(TOUCHES.metric or "", ("Network", 2.5), ("Desktop", 1.5), ("Payroll", None)),
            values(TOUCHES.metric or "", ("Network", 99.0), start=date(2026, 2, 1)),
            values(TOUCHES.metric or "", ("Network", 99.0), grain="quarter"),
        ]
    )
    pools = allocate(cost_lines(january("10.00", "desk")), TWO_TEAMS, TOUCHES, metrics=measured)
    assert by_team(pools) == {"Network": Decimal("6.25"), "Desktop": Decimal("3.75")}


def test_two_pools_and_a_step_can_have_a_metric_each() -> None:
    # Pool desk 4.00 by touches 3 : 1. Pool tools 4.00 by tickets created: all to Desktop. Then Network's 3.00 by
    # tickets created again: to Desktop, which has all 8.00.
    tools = CostPool("tools", driver=Driver.METRIC, metric="ticket_created_count")
    measured = pl.concat(
        [
            values("ticket_touch_mean_count", ("Network", 3.0), ("Desktop", 1.0)),
            values("ticket_created_count", ("Desktop", 5.0), ("Network", 0.0)),
        ]
    )
    lines = cost_lines(january("4.00", "desk"), january("4.00", "tools"))
    pools = allocate(lines, TWO_TEAMS, TOUCHES, tools, metrics=measured)
    assert sums(pools) == {"Network": Decimal("3.00"), "Desktop": Decimal("5.00")}
    step = StepDown("Network", Driver.METRIC, metric="ticket_created_count")
    stepped = allocate(lines, TWO_TEAMS, TOUCHES, tools, steps=(step,), metrics=measured)
    assert sums(stepped) == {"Desktop": Decimal("8.00")}


def test_weights_that_are_all_zero_leave_the_pool_open() -> None:
    measured = values(TOUCHES.metric or "", ("Network", 0.0), ("Desktop", 0.0))
    pools = allocate(cost_lines(january("10.00", "desk")), TWO_TEAMS, TOUCHES, metrics=measured)
    assert cells(pools) == {}
    assert cells(pools, is_allocated=False) == {(NO_VALUE,) * 4: (Decimal("10.00"), 0)}


def test_a_value_below_zero_is_refused_with_team_period_and_remedy() -> None:
    measured = values(TOUCHES.metric or "", ("Network", 3.0), ("Desktop", -0.25))
    with pytest.raises(
        NegativeWeightError, match=r"is -0\.25 for the team Desktop in the month that begins on 2026-01-01"
    ):
        allocate(cost_lines(january("10.00", "desk")), TWO_TEAMS, TOUCHES, metrics=measured)


@pytest.mark.parametrize(
    ("metric", "reason"),
    [
        ("ticket_touch_mean_cuont", "Did you mean 'ticket_touch_mean_count'"),
        ("cost_total_reporting", "go round in a circle"),
        ("cost_per_transaction_reporting", "go round in a circle"),
        ("vendor_billed_reporting", "not broken down by team"),
        ("ticket_net_flow_count", "can be below zero"),
    ],
)
def test_metrics_that_cannot_drive_cost_are_refused_in_pools_and_steps(metric: str, reason: str) -> None:
    pool = CostPolicy(pools=(CostPool("a", driver=Driver.METRIC, metric=metric),))
    (mistake,) = find_metric_mistakes(pool)
    assert mistake.what.startswith(f"pool 'a' is driven by the metric '{metric}', which ")
    assert reason in f"{mistake.what}. {mistake.remedy}"
    assert mistake.place == ("pools", 0, "metric")
    step = CostPolicy(step_down=(StepDown("A", Driver.METRIC, metric=metric),))
    (mistake,) = find_metric_mistakes(step)
    assert mistake.what.startswith("step_down of 'A' is driven by the metric")
    assert mistake.place == ("step_down", 0, "metric")


def test_every_metric_of_tickets_and_clocks_but_the_net_flow_can_drive_cost() -> None:
    of_work = {metric.name for metric in METRICS if metric.name.startswith(("ticket_", "sla_"))}
    assert of_work - {"ticket_net_flow_count"} <= set(drivable_metrics())
    assert not {name for name in drivable_metrics() if name.startswith("cost_")}


def test_the_domain_of_a_driving_metric_is_required() -> None:
    shares = {"Desk": Decimal(1)}
    policy = CostPolicy(
        pools=(CostPool("a", driver=Driver.METRIC, metric="sla_attainment_ratio"),),
        step_down=(StepDown("A", Driver.FIXED_SHARES, shares),),
    )
    assert required_domains(metric_named("cost_allocated_reporting"), policy) == (Domain.TICKETS, Domain.FINANCE)
    assert [metric.name for metric in driving_metrics(policy)] == ["sla_attainment_ratio"]


def test_weights_are_what_the_metric_is_measured_to_be() -> None:
    # Two touches and one of Network, four of Desktop: means 1.5 and 4, and no value for a team that cannot tell.
    tickets = frame_of(
        "fct_tickets",
        [
            {
                "ticket_id": f"desk:{number}",
                "source": "desk",
                "team": team,
                "touch_count": touches,
                "created_at": datetime(2026, 1, 5, 8, tzinfo=UTC),
                "resolved_at": datetime(2026, 1, 5, 12, tzinfo=UTC),
                "is_done": True,
                "is_cancelled": False,
                "is_quarantined": False,
                "has_history": True,
                "event_count": 1,
                "duplicate_event_count": 0,
            }
            for number, (team, touches) in enumerate([("Network", 2), ("Network", 1), ("Desktop", 4), ("Field", None)])
        ],
    )
    measured = measure(
        [metric_named("ticket_touch_mean_count")],
        {"fct_tickets": tickets},
        time_zone="Europe/Amsterdam",
        as_of=datetime(2026, 2, 1, tzinfo=UTC),
    )
    for grain, start in ((Grain.MONTH, date(2026, 1, 1)), (Grain.DAY, date(2026, 1, 5))):
        weights = weigh_by_metrics(measured, ["ticket_touch_mean_count"], grain).sort("team")
        assert weights.rows() == [
            ("ticket_touch_mean_count", start, "Desktop", 4_000_000),
            ("ticket_touch_mean_count", start, "Network", 1_500_000),
        ]
