"""The scorecard by hand: what is captured, against before, and in which order to put it right."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from metrics.instrumentation.scorecard import JudgedRule, build_scorecard
from metrics.registry import METRICS
from models.ddl import polars_schema
from models.marts import instrumentation_gaps
from models.ops import ops_rule_outcomes

NOW = datetime(2026, 11, 28, 6, tzinfo=UTC)
YESTERDAY = NOW - timedelta(days=1)
LONG_AGO = NOW - timedelta(days=29)
HEADLINE = "ticket_cycle_time_p85_business_hours"
OTHER = "ticket_first_response_p50_business_hours"


def outcome(rule: str, at: datetime, failed: int, *, source: str = "", records: int = 100, **columns: object) -> dict[str, object]:  # fmt: skip  # noqa: E501
    return {
        "domain": "tickets", "rule_id": rule, "source": source, "run_id": at.isoformat(), "decided_at": at,
        "batch_hash": at.isoformat(), "verdict": "pass", "contract_id": "warehouse", "contract_version": "1.1.0",
        "table_name": "stg.stg_ticket_events", "record_table": "stg_tickets", "action": "quarantine",
        "state": "failed" if failed else "passed", "evaluated_count": None if source else 500,
        "failed_count": None if source else failed, "record_count": records, "failed_record_count": failed, **columns,
    }  # fmt: skip


def gap(rule: str, metric: str, month: int, count: int, *, kind: str = "quarantined", **columns: object) -> dict[str, object]:  # fmt: skip  # noqa: E501
    return {
        "metric": metric, "period_start_date": date(2026, month, 1), "source": "desk", "table_name": "tickets",
        "rule_id": rule, "gap_kind": kind, "is_period_closed": month < 11, "record_count": count,
        "sole_record_count": count, "attributed_record_count": float(count), "source_eligible_count": 40,
        "eligible_count": 80, "unmeasured_count": count, "lost_coverage_ratio": count / 80, "width_value": count / 10,
        "bounds_width_value": 2.0, "is_unbounded": False, "unit": "business_hours", **columns,
    }  # fmt: skip


def closed_months(metrics: tuple[str, ...] = (HEADLINE, OTHER), last: int = 10, eligible: tuple[int, ...] = (80, 80, 80)) -> pl.DataFrame:  # fmt: skip  # noqa: E501
    """Months of each KPI up to the last closed one of 2026, with the records that they should count."""
    first = last - len(eligible) + 1
    rows = [(metric, date(2026, first + place, 1), count) for metric in metrics for place, count in enumerate(eligible)]
    return pl.DataFrame(rows, schema=["metric", "period_start_date", "eligible_count"], orient="row")


def scorecard(outcomes: list[dict[str, object]], gaps: list[dict[str, object]], rules: dict[str, JudgedRule], months: pl.DataFrame | None = None) -> list[dict[str, object]]:  # fmt: skip  # noqa: E501
    frames = [
        pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)
        for rows, schema in (
            (outcomes, polars_schema(ops_rule_outcomes)),
            (gaps, polars_schema(instrumentation_gaps)),
        )
    ]
    return build_scorecard(
        METRICS, frames[0], frames[1], rules, closed_months() if months is None else months
    ).to_dicts()


RULE = JudgedRule("A rule that is broken.", [HEADLINE, OTHER])


def test_what_is_captured_now_yesterday_and_four_weeks_ago() -> None:
    # Of 60 records of the desk 6 broke the rule today, 3 yesterday, none 29 days ago: 0.90, 0.95 and 1.
    (desk, portal) = scorecard(
        [
            outcome("a", LONG_AGO, 0),
            outcome("a", YESTERDAY, 3), outcome("a", YESTERDAY, 3, source="desk", records=60),
            outcome("a", YESTERDAY, 0, source="portal", records=40),
            outcome("a", NOW, 6), outcome("a", NOW, 6, source="desk", records=60),
            outcome("a", NOW, 0, source="portal", records=40),
        ],
        [gap("a", HEADLINE, 10, 4), gap("a", HEADLINE, 9, 30), gap("a", OTHER, 10, 9)],
        {"a": RULE},
    )  # fmt: skip
    assert (desk["source"], desk["table_name"], desk["fix_rank"], desk["gap_kind"]) == (
        "desk",
        "tickets",
        1,
        "quarantined",
    )
    assert (desk["record_count"], desk["failed_record_count"], desk["captured_ratio"]) == (60, 6, 0.9)
    assert desk["previous_captured_ratio"] == 0.95
    assert desk["captured_change_ratio"] == pytest.approx(-0.05)
    assert desk["previous_date"] == YESTERDAY.date()
    assert desk["four_weeks_ago_captured_ratio"] == 1.0
    # The headline shows it, of its latest closed month, though another KPI lacks more records.
    shown = ("metric", "metric_period_start_date", "metric_record_count", "metric_width_value")
    assert [desk[name] for name in shown] == [HEADLINE, date(2026, 10, 1), 4, 0.4]
    assert desk["affected_metric_count"] == desk["protected_metric_count"] == 2
    assert (portal["source"], portal["gap_kind"], portal["fix_rank"], portal["what_to_do"]) == (
        "portal",
        "none",
        None,
        None,
    )
    assert portal["captured_ratio"] == 1.0


def test_the_order_in_which_to_put_things_right() -> None:
    rows = scorecard(
        [
            outcome("warns", NOW, 50, action="warn"),
            outcome("little", NOW, 9),
            outcome("much", NOW, 1),
            outcome("blocks", NOW, 1, action="block", holds="metrics"),
            outcome("passes", NOW, 0),
        ],
        [
            gap("little", OTHER, 10, 20, source=""),
            gap("much", HEADLINE, 10, 2, source=""),
            gap("tickets.cycle_time.measured", HEADLINE, 10, 5, kind="not_instrumented"),
        ],
        dict.fromkeys(("warns", "little", "much", "passes"), RULE)
        | {"blocks": JudgedRule("It is.", [HEADLINE], [OTHER])},
    )
    # What holds comes first, then what takes most from a headline, then from any other, then what is only warned of.
    assert [(row["rule_id"], row["fix_rank"], row["gap_kind"]) for row in rows] == [
        ("blocks", 1, "holding"),
        ("tickets.cycle_time.measured", 2, "not_instrumented"),
        ("much", 3, "quarantined"),
        ("little", 4, "quarantined"),
        ("warns", 5, "warned"),
        ("passes", None, "none"),
    ]
    blocks, missing = rows[:2]
    assert (blocks["held_metric_count"], blocks["affected_metrics"]) == (1, OTHER)
    # What is not told: 5 of the 40 tickets of that source lack it.
    assert (missing["record_count"], missing["failed_record_count"], missing["captured_ratio"]) == (40, 5, 35 / 40)
    assert "statuses.yaml" in str(missing["what_to_do"])
    assert all(row["what_to_do"] for row in rows if row["fix_rank"])


def test_a_rule_that_warns_of_rates_is_tied_to_the_amounts_that_are_missing_for_it() -> None:
    rule, counted = "vendor_invoice_lines.currency_code.convertible", "vendor_invoice_lines.amount.measured"
    kept = "vendor_invoice_lines.invoice_date.has_rate"
    where = {"table_name": "vendor_invoice_lines", "source": "ledger"}
    cost = "vendor_billed_reporting"
    warned = {"record_table": "stg_vendor_invoice_lines", "action": "warn", "source": "ledger"}
    outcomes = [outcome(rule, NOW, 7, **warned), outcome(kept, NOW, 0, **warned)]
    gaps = [gap(counted, cost, 10, 7, kind="not_instrumented", **where)]
    rules = dict.fromkeys((rule, kept), RULE)
    rows = scorecard(outcomes, gaps, rules, closed_months((cost,)))
    by_rule = {str(row["rule_id"]): row for row in rows}
    for name in (rule, counted):
        assert by_rule[name]["affected_metrics"] == cost
        assert (by_rule[name]["metric"], by_rule[name]["metric_record_count"]) == (cost, 7)
    assert (by_rule[rule]["gap_kind"], by_rule[rule]["is_recent"]) == ("warned", True)
    # What is not broken has no part in it, and another table's gap is none of this one's.
    assert by_rule[kept]["metric"] is None
    (alone,) = scorecard(outcomes[:1], [gap(counted, cost, 10, 7, **where | {"source": "other"})], {rule: RULE})
    assert alone["metric"] is None
    # A rule of the same name that sets lines aside is counted by its own.
    outcomes = [outcome(rule, NOW, 7, **warned | {"action": "quarantine"})]
    rows = scorecard(outcomes, [*gaps, gap(rule, cost, 10, 3, **where)], {rule: RULE}, closed_months((cost,)))
    assert {row["rule_id"]: row["metric_record_count"] for row in rows} == {rule: 3, counted: 7}


def test_what_is_not_told_is_compared_with_the_month_before() -> None:
    rule = "tickets.cycle_time.measured"
    (row,) = scorecard(
        [],
        [gap(rule, HEADLINE, 9, 10, kind="not_instrumented"), gap(rule, HEADLINE, 10, 4, kind="not_instrumented")],
        {},
    )
    assert (row["captured_ratio"], row["previous_captured_ratio"]) == (0.9, 0.75)
    assert row["previous_date"] == date(2026, 9, 1)


def test_rules_that_were_not_evaluated_say_nothing_and_one_that_errored_is_to_be_put_right() -> None:
    rows = scorecard(
        [outcome("skipped", NOW, 0, state="skipped", record_count=None, failed_record_count=None),
         outcome("errored", NOW, 0, state="errored", record_count=None, failed_record_count=None)],
        [],
        {"skipped": RULE, "errored": RULE},
    )  # fmt: skip
    assert [(row["rule_id"], row["captured_ratio"], row["fix_rank"]) for row in rows] == [("errored", None, 1)]


def test_a_home_without_anything_has_an_empty_scorecard() -> None:
    assert scorecard([], [], {}) == []


def test_each_kpi_has_last_months_of_its_own() -> None:
    """The other KPI's data end in October, the headline's ended in June of that year: its gaps of June still stand."""
    rows = scorecard(
        [],
        [
            gap("a.b.measured", HEADLINE, 6, 4, kind="not_instrumented"),
            gap("c.d.measured", OTHER, 10, 40, kind="not_instrumented"),
        ],
        {},
        pl.concat([closed_months((HEADLINE,), last=6), closed_months((OTHER,), last=10)]),
    )
    told = ("rule_id", "is_recent", "last_seen_date", "metric_last_closed_date")
    assert [tuple(row[name] for name in told) for row in rows] == [
        ("a.b.measured", True, date(2026, 6, 1), date(2026, 6, 1)),
        ("c.d.measured", True, date(2026, 10, 1), date(2026, 10, 1)),
    ]


def test_what_still_happens_comes_before_what_has_stopped() -> None:
    rows = scorecard(
        [outcome("warns", NOW, 50, action="warn")],
        [
            gap("stopped.x.measured", HEADLINE, 6, 70, kind="not_instrumented"),
            gap("goes_on.x.measured", OTHER, 8, 1, kind="not_instrumented"),
            gap("begins.x.measured", OTHER, 11, 2, kind="not_instrumented"),
        ],
        {"warns": RULE},
    )
    # August is the third last closed month, November the open one, of which coverage is that of the month: 2 of 80.
    assert [(row["rule_id"], row["is_recent"], row["last_seen_date"]) for row in rows] == [
        ("begins.x.measured", True, date(2026, 11, 1)),
        ("goes_on.x.measured", True, date(2026, 8, 1)),
        ("warns", None, None),
        ("stopped.x.measured", False, date(2026, 6, 1)),
    ]


def test_a_month_of_few_records_does_not_come_first_by_chance() -> None:
    # 2 of 4 tickets of October are 50 %, but 2 of the 164 of three months; 30 of 80 in September are 30 of 164.
    months = closed_months(eligible=(80, 80, 4))
    rows = scorecard(
        [],
        [
            gap("few.x.measured", HEADLINE, 10, 2, kind="not_instrumented", eligible_count=4, lost_coverage_ratio=0.5),
            gap("many.x.measured", HEADLINE, 9, 30, kind="not_instrumented"),
        ],
        {},
        months,
    )
    assert [row["rule_id"] for row in rows] == ["many.x.measured", "few.x.measured"]
    few = rows[1]
    assert (few["metric_record_count"], few["metric_eligible_count"], few["metric_lost_coverage_ratio"]) == (2, 4, 0.5)
