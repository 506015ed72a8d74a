"""Gaps by reason: hand-worked, against a second computation in plain Python, and their parts against the whole."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from made_up_operation import Row, frame_of

from metrics.instrumentation.reasons import remedy_of
from metrics.instrumentation.unmeasured import RECORDS_OF_FACTS, UNMEASURED, count_unmeasured
from metrics.instrumentation.widths import attribute_widths
from metrics.measuring.measure import measure
from metrics.periods import Reporting, local_date_of
from metrics.registry import METRICS, metric_named
from metrics.spec import Metric
from models.vocabulary import GapKind

ZONE = "Europe/Berlin"
Facts = dict[str, pl.DataFrame]
_HOUR = 3_600_000_000
_MARCH = date(2026, 3, 1)


def gaps_of(
    metrics: list[Metric], facts: Facts, set_aside: list[tuple[str, str, str]], as_of: datetime
) -> pl.DataFrame:
    schema = {"table_name": pl.String, "record_id": pl.String, "rule_id": pl.String}
    frame = pl.DataFrame(set_aside, schema=schema, orient="row")
    reporting = Reporting(ZONE, local_date_of(as_of, ZONE))
    unmeasured = count_unmeasured(metrics, facts, frame, reporting, counts_tickets=False)
    assert unmeasured.schema == UNMEASURED
    return attribute_widths(metrics, measure(metrics, facts, time_zone=ZONE, as_of=as_of), unmeasured, facts)


def rules_of_everything(facts: Facts, *, at_most: int = 2) -> list[tuple[str, str, str]]:
    """Rules for all that is set aside in made-up facts: of some records none, of some one, of some two."""
    found = []
    for fact, (table, key) in RECORDS_OF_FACTS.items():
        if fact not in facts or not {key, "is_quarantined"} <= set(facts[fact].columns):
            continue
        for number, record in enumerate(facts[fact].filter("is_quarantined")[key].drop_nulls().sort()):
            names = [[f"{table}.a"], [f"{table}.a", f"{table}.b"], [f"{table}.b"], []][number % 4]
            found += [(table, record, name) for name in names[:at_most]]
    return sorted(set(found))


def ticket(number: int, *, hours: int | None, reopened: int = 0, is_quarantined: bool = False) -> Row:
    """A ticket of March with a whole history, active for so many hours."""
    resolved = datetime(2026, 3, 10, 12, tzinfo=UTC)
    return {
        "ticket_id": f"desk:{number}", "source": "desk", "team": "Desk",
        "created_at": resolved - timedelta(days=2), "resolved_at": resolved,
        "is_done": True, "is_cancelled": False, "is_quarantined": is_quarantined, "has_history": True,
        "cycle_time_business_microseconds": None if hours is None else hours * _HOUR,
        "reopen_count": reopened, "event_count": 3, "duplicate_event_count": 0,
    }  # fmt: skip


@pytest.fixture
def eight_tickets() -> Facts:
    """Five with cycle times of 1 to 5 hours, two set aside, one that was never active."""
    tickets = [ticket(number, hours=number, reopened=int(number == 1)) for number in range(1, 6)]
    tickets += [ticket(number, hours=9, is_quarantined=True) for number in (6, 7)]
    return {"fct_tickets": frame_of("fct_tickets", [*tickets, ticket(8, hours=None)])}


SET_ASIDE = [("stg_tickets", "desk:6", "a"), ("stg_tickets", "desk:7", "a"), ("stg_tickets", "desk:7", "b")]


def parts_of(metric: str, facts: Facts, as_of: datetime) -> dict[str, tuple[object, ...]]:
    found = gaps_of([metric_named(metric)], facts, SET_ASIDE, as_of)
    assert set(found["period_start_date"]) == {_MARCH}
    columns = ("record_count", "sole_record_count", "attributed_record_count", "width_value", "bounds_width_value")
    return {row["rule_id"]: tuple(row[name] for name in columns) for row in found.iter_rows(named=True)}


def test_a_ratio_by_hand(eight_tickets: Facts, as_of: datetime) -> None:
    # One of eight was reopened, two are not measured: the bounds are 1/8 and 3/8, 2/8 apart. Ticket 6 is a gap of
    # rule a alone; ticket 7 of a and of b, so half of it is each one's: a has 1.5 of 2 records, b 0.5.
    assert parts_of("ticket_reopen_ratio", eight_tickets, as_of) == {
        "a": (2, 1, 1.5, 0.1875, 0.25),
        "b": (1, 0, 0.5, 0.0625, 0.25),
    }


def test_a_percentile_by_hand(eight_tickets: Facts, as_of: datetime) -> None:
    # Three of eight are not measured. At least: 0 0 0 1 2 3 4 5, of which the median is 1.5; at most: 1 2 3 4 5 and
    # three without end, of which it is 4.5. The 3 hours between are divided by records: 1.5 for a, 0.5 for b, 1 for
    # the one that was never active, which no rule set aside.
    assert parts_of("ticket_cycle_time_p50_business_hours", eight_tickets, as_of) == {
        "a": (2, 1, 1.5, 1.5, 3.0),
        "b": (1, 0, 0.5, 0.5, 3.0),
        "tickets.cycle_time.measured": (1, 1, 1.0, 1.0, 3.0),
    }


def test_measured_tickets_that_are_known_to_between_two_exports_are_a_gap_by_hand(
    eight_tickets: Facts, as_of: datetime
) -> None:
    # Tickets 3 and 4 took 3 and 4 hours, or at least 2 and 3. At least: 0 0 0 1 2 2 3 5, of which the median is 1.5; at
    # most it is 4.5 as before. Of five the median is 3, and 2 at its least: the two alone set 1 hour of the 3 apart.
    least = pl.when(pl.col("ticket_id").is_in(["desk:3", "desk:4"])).then(
        pl.col("cycle_time_business_microseconds") - _HOUR
    )
    tickets = eight_tickets["fct_tickets"].with_columns(cycle_time_least_business_microseconds=least)
    found = parts_of("ticket_cycle_time_p50_business_hours", {"fct_tickets": tickets}, as_of)
    assert found == {
        "a": (2, 1, 1.5, pytest.approx(1.0), 3.0),
        "b": (1, 0, 0.5, pytest.approx(1 / 3), 3.0),
        "tickets.cycle_time.measured": (1, 1, 1.0, pytest.approx(2 / 3), 3.0),
        "tickets.exact_instants.measured": (2, 0, 0.0, 1.0, 3.0),
    }


def test_of_tickets_that_are_all_measured_the_inexact_ones_have_the_whole_distance(as_of: datetime) -> None:
    tickets = [
        {**ticket(number, hours=number), "source": source} for number, source in enumerate(("desk", "desk", "web"))
    ]
    ends = [
        {"cycle_time_least_business_microseconds": 0, "cycle_time_greatest_business_microseconds": 9 * _HOUR},
        {},
        {"cycle_time_least_business_microseconds": 0, "cycle_time_greatest_business_microseconds": 9 * _HOUR},
    ]
    facts = {"fct_tickets": frame_of("fct_tickets", [{**one, **end} for one, end in zip(tickets, ends, strict=True)])}
    found = gaps_of([metric_named("ticket_cycle_time_p50_business_hours")], facts, [], as_of)
    assert found.select("source", "record_count", "width_value", "bounds_width_value").rows() == [
        ("desk", 1, 4.5, 9.0),
        ("web", 1, 4.5, 9.0),
    ]


def test_a_gap_that_leaves_no_bound_has_no_width_and_says_so(eight_tickets: Facts, as_of: datetime) -> None:
    # The p95 of eight lies between the seventh and the eighth, which are not measured: nothing bounds it from above.
    found = gaps_of([metric_named("ticket_cycle_time_p95_business_hours")], eight_tickets, SET_ASIDE, as_of)
    assert found["is_unbounded"].to_list() == [True] * 3
    assert found["width_value"].to_list() == [None] * 3
    assert found["lost_coverage_ratio"].to_list() == [1.5 / 8, 0.5 / 8, 1 / 8]


def test_a_snapshot_lacks_history_and_not_the_cycle_time(as_of: datetime) -> None:
    snapshot = {**ticket(1, hours=None), "has_history": False, "reopen_count": None}
    facts = {"fct_tickets": frame_of("fct_tickets", [snapshot, ticket(2, hours=2)])}
    for metric in ("ticket_cycle_time_p50_business_hours", "ticket_reopen_ratio"):
        (row,) = gaps_of([metric_named(metric)], facts, [], as_of).to_dicts()
        assert (row["rule_id"], row["gap_kind"]) == ("tickets.history.measured", GapKind.NOT_INSTRUMENTED.value)
        assert (row["record_count"], row["source_eligible_count"]) == (1, 2)


def test_the_parts_add_up_to_the_whole_for_every_metric_and_month(facts: Facts, as_of: datetime) -> None:
    values = measure(METRICS, facts, time_zone=ZONE, as_of=as_of).filter(
        pl.col("period_grain") == "month", pl.col("dimension") == "overall"
    )
    gaps = gaps_of(list(METRICS), facts, rules_of_everything(facts), as_of)
    found = gaps.group_by("metric", "period_start_date").agg(
        pl.col("attributed_record_count", "width_value").sum(), pl.col("is_unbounded").any()
    )
    cells = values.join(found, on=["metric", "period_start_date"], how="left")
    checked: Counter[str] = Counter()
    for cell in cells.iter_rows(named=True):
        if cell["metric"] == "cost_year_end_forecast_reporting":
            assert cell["attributed_record_count"] is None, "nothing bounds the future"
            continue
        missing = cell["eligible_count"] - cell["measured_count"]
        assert (cell["attributed_record_count"] or 0) == pytest.approx(missing, abs=1e-9), cell
        if cell["lower_bound"] is None or cell["upper_bound"] is None:
            checked["unbounded"] += 1
            continue
        width = cell["upper_bound"] - cell["lower_bound"]
        if missing or cell["metric"] == "cost_per_transaction_reporting" or cell["metric"].startswith("ticket_"):
            assert (cell["width_value"] or 0) == pytest.approx(width, rel=1e-9, abs=1e-9), cell
            checked["bounded"] += 1
    assert min(checked["unbounded"], checked["bounded"]) > 50
    assert {GapKind.QUARANTINED.value, GapKind.NOT_INSTRUMENTED.value, GapKind.UNALLOCATED.value} <= set(
        gaps["gap_kind"]
    )


def ends_of(column: str) -> tuple[str, str]:
    measure_, _, clock = column.removesuffix("_microseconds").rpartition("_")
    return f"{measure_}_least_{clock}_microseconds", f"{measure_}_greatest_{clock}_microseconds"


def _month(instant: datetime | None) -> date | None:
    return None if instant is None else instant.astimezone(ZoneInfo(ZONE)).date().replace(day=1)


def _possible_months(row: dict[str, Any], name: str) -> list[date]:
    """The months in which a ticket may have been created or resolved, where they are several."""
    instant, earliest = row[f"{name}_at"], row[f"{name}_earliest_at"]
    if row["is_quarantined"] or instant is None:
        return []
    month, last = _month(earliest or instant), _month(instant)
    assert month is not None and last is not None
    found = [month]
    while found[-1] < last:
        found.append((found[-1] + timedelta(days=32)).replace(day=1))
    return found if len(found) > 1 else []


def test_every_count_agrees_with_plain_python(facts: Facts, as_of: datetime) -> None:
    rules: dict[str, list[str]] = {}
    set_aside = rules_of_everything(facts)
    for table, record, rule in set_aside:
        if table == "stg_tickets":
            rules.setdefault(record, []).append(rule)
    expected: Counter[tuple[str, date, str, str]] = Counter()
    shares: Counter[tuple[str, date, str, str]] = Counter()
    inexact: Counter[tuple[str, date, str, str]] = Counter()
    elsewhere: Counter[tuple[str, date, str, str]] = Counter()
    for row in facts["fct_tickets"].iter_rows(named=True):
        is_aside = row["is_quarantined"]
        months = {
            "ticket_created_count": None if row["is_cancelled"] else _month(row["created_at"]),
            "ticket_resolved_count": None
            if row["is_cancelled"] or not (row["is_done"] or is_aside or row["unknown_since_at"])
            else _month(
                row["resolved_at"]
                or row["unknown_since_at"]
                or (row["created_at"] if is_aside else None)
                or row["settled_by_at"]
                or row["created_at"]
            ),
        }
        months["ticket_reopen_ratio"] = months["ticket_resolved_count"]
        months["ticket_cycle_time_p85_business_hours"] = months["ticket_resolved_count"]
        months["ticket_first_response_p50_calendar_hours"] = months["ticket_resolved_count"]
        lacks = {
            "ticket_reopen_ratio": "tickets.history.measured",
            "ticket_cycle_time_p85_business_hours": "tickets.cycle_time.measured" if row["has_history"]
            else "tickets.history.measured",
            "ticket_first_response_p50_calendar_hours": "tickets.first_response.measured",
        }  # fmt: skip
        columns = {
            "ticket_reopen_ratio": "reopen_count",
            "ticket_cycle_time_p85_business_hours": "cycle_time_business_microseconds",
            "ticket_first_response_p50_calendar_hours": "first_response_calendar_microseconds",
        }
        for metric, month in months.items():
            if month is None:
                continue
            for possible in _possible_months(row, "created" if metric == "ticket_created_count" else "resolved"):
                # Where none counts that is known to, there is a count, 0, and no value of any other kind.
                if metric.endswith("_count") or possible >= date(2026, 1, 1):
                    elsewhere[metric, possible, row["source"], "tickets.period.measured"] += 1
            if is_aside:
                reasons = rules.get(row["ticket_id"], ["set_aside"])
            elif metric != "ticket_created_count" and row["resolved_at"] is None:
                is_lost = row["unknown_since_at"] is not None
                reasons = ["tickets.whereabouts.measured" if is_lost else "tickets.ended_at.measured"]
            elif metric in columns and row[columns[metric]] is None:
                reasons = [lacks[metric]]
            elif metric == "ticket_reopen_ratio":
                if row["is_sampled"] and row["reopen_count"] == 0:
                    inexact[metric, month, row["source"], "tickets.unseen_changes.measured"] += 1
                continue
            elif metric in columns and row[ends_of(columns[metric])[0]] != row[ends_of(columns[metric])[1]]:
                # It is measured, and only not exact.
                inexact[metric, month, row["source"], "tickets.exact_instants.measured"] += 1
                continue
            else:
                continue
            for reason in reasons:
                expected[metric, month, row["source"], reason] += 1
                shares[metric, month, row["source"], reason] += Fraction(1, len(reasons))
    names = sorted({metric for metric, *_ in expected})
    found = gaps_of([metric_named(name) for name in names], facts, set_aside, as_of)
    key = ["metric", "period_start_date", "source", "rule_id"]
    counted = {tuple(row[name] for name in key): row["record_count"] for row in found.iter_rows(named=True)}
    assert {place: count for place, count in counted.items() if place not in inexact} == expected | elsewhere
    assert sum(elsewhere.values()) > 50
    # Where they do not move the bounds, they are no gap.
    assert len(set(counted) & set(inexact)) > 5
    assert all(counted[place] == count for place, count in inexact.items() if place in counted)
    for row in found.iter_rows(named=True):
        assert row["attributed_record_count"] == pytest.approx(float(shares[tuple(row[name] for name in key)]))


def test_what_a_rule_adds_is_what_the_bounds_lose_when_its_records_come_back(facts: Facts, as_of: datetime) -> None:
    # One that may have been created in another month is no certain gain of its own.
    tickets = {"fct_tickets": facts["fct_tickets"].with_columns(created_earliest_at=None)}
    set_aside = rules_of_everything(tickets, at_most=1)
    back = [record for _, record, rule in set_aside if rule == "stg_tickets.a"]
    corrected = {
        "fct_tickets": tickets["fct_tickets"].with_columns(
            is_quarantined=pl.col("is_quarantined") & ~pl.col("ticket_id").is_in(back)
        )
    }
    metric = metric_named("ticket_created_count")

    def widths(frames: Facts) -> dict[date, float]:
        values = measure([metric], frames, time_zone=ZONE, as_of=as_of).filter(
            pl.col("period_grain") == "month", pl.col("dimension") == "overall"
        )
        return {row["period_start_date"]: row["upper_bound"] - row["lower_bound"] for row in values.to_dicts()}

    before, after = widths(tickets), widths(corrected)
    gaps = gaps_of([metric], tickets, set_aside, as_of).filter(pl.col("rule_id") == "stg_tickets.a")
    added = dict(gaps.group_by("period_start_date").agg(pl.col("width_value").sum()).iter_rows())
    assert len(added) > 2
    assert {month: before[month] - after[month] for month in before if before[month] != after[month]} == added


def test_without_data_there_are_no_gaps(as_of: datetime) -> None:
    assert gaps_of(list(METRICS), {}, [], as_of).is_empty()


@pytest.mark.parametrize("missing", ["amount", "off_contract", "rate_card_variance"])
def test_money_that_lacks_a_rate_is_told_to_land_it_wherever_it_is_missing(missing: str) -> None:
    assert "exchange rates, or fix them in policies/costs.yaml" in remedy_of(f"vendor_invoice_lines.{missing}.measured")
