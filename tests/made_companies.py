"""Companies of any size and with any names, as published files whose numbers are known.

Values are made up; signals, targets and drivers are computed from them by the code that a run computes them with. What
is expected of a page about them is in the tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
from published_files import Row, fill_table, new_published

from metrics.registry import METRICS, metric_named
from metrics.signals.change_drivers import explain_changes
from metrics.signals.process_behaviour import find_signals
from metrics.signals.targets import Target, judge_targets
from models.ddl import polars_schema
from models.marts import metric_values
from pipelines.report.facts import HEADLINES

P85, SLA, UNIT_COST = HEADLINES
BACKLOG = "ticket_backlog_count"
HOSTILE = "<script>alert('x')</script>&amp; \"Ops\" 'n' 🎯 فريق الدعم \u202egnp.exe\u202c {{x}} ]]> -->"
LAST = date(2026, 10, 1)
AS_OF = datetime(2026, 11, 2, tzinfo=UTC)
HOUR = 3_600_000_000


@dataclass(frozen=True)
class Company:
    """How large a company is, what its teams and vendors are called, and which KPI is held."""

    teams: int = 1
    months: int = 2
    tickets: int = 1
    vendors: int = 0
    name: str = "Team"
    held: str | None = None


def months_before(count: int) -> date:
    index = LAST.year * 12 + LAST.month - 1 - count
    return date(index // 12, index % 12 + 1, 1)


def kept(team: int, month: int) -> int:
    """Promises kept of the ten that a team gives in a month."""
    return 5 + (team * 7 + month * 3) % 6


def values(company: Company) -> pl.DataFrame:
    """`metric_values`: SLA attainment, unit cost and backlog by team, cycle time of the whole."""
    rows = []
    for back in range(company.months):
        start = months_before(back)
        end = months_before(back - 1) - timedelta(days=1)
        cells: dict[str, list[tuple[str, float, float | None, float | None]]] = {SLA: [], UNIT_COST: [], BACKLOG: []}
        for team in range(company.teams):
            name = f"{company.name} {team}"
            met, cost = kept(team, back), 100 + (team + back) % 9
            cells[SLA].append((name, met / 10, met, 10))
            cells[UNIT_COST].append((name, cost / 4, cost, 4))
            cells[BACKLOG].append((name, (team + back) % 5, None, None))
        for metric, groups in cells.items():
            parts = [sum(group[part] or 0 for group in groups) for part in (1, 2, 3)]
            whole = parts[0] if metric == BACKLOG else parts[1] / parts[2]
            added = (None, None) if metric == BACKLOG else (parts[1], parts[2])
            listed = [("overall", "", whole, *added), *(("team", *group) for group in groups)]
            rows += [(metric, start, end, *cell) for cell in listed]
        rows.append((P85, start, end, "overall", "", 16 + back % 5, None, None))
    columns = ("metric", "period_start_date", "period_end_date", "dimension", "dimension_value", "value", "numerator",
               "denominator")  # fmt: skip
    floats = dict.fromkeys(("value", "numerator", "denominator"), pl.Float64)
    return (
        pl.DataFrame(rows, schema=columns, orient="row", schema_overrides=floats)
        .with_columns(
            metric_version=pl.lit(1, pl.Int64),
            period_grain=pl.lit("month"),
            is_period_closed=True,
            lower_bound="value",
            upper_bound="value",
            eligible_count=pl.lit(10, pl.Int64),
            measured_count=pl.lit(10, pl.Int64),
            coverage_ratio=pl.lit(1.0),
            unit=pl.col("metric").replace_strict({name: metric_named(name).unit.value for name in cells}
                                                 | {P85: "business_hours"}),
        )
        .select(list(polars_schema(metric_values)))
    )  # fmt: skip


def tickets(company: Company) -> dict[str, list[Row]]:
    """Tickets resolved in the last month, as many open ones, and the promises of both."""
    found: dict[str, list[Row]] = {"fct_tickets": [], "fct_ticket_intervals": [], "fct_sla_clocks": []}
    for number in range(company.tickets):
        created = datetime(2026, 9, 20, tzinfo=UTC) + timedelta(minutes=number)
        for is_done in (True, False):
            key = f"{company.name}:{'done' if is_done else 'open'}-{number}"
            ended = created + timedelta(days=12 + number % 29) if is_done else None
            flags = {"is_done": is_done, "is_cancelled": False, "is_quarantined": False, "has_history": True}
            usual = {"ticket_id": key, "source": "s", "team": f"{company.name} {number % company.teams}",
                     "calendar": "24x7", "status": company.name, "priority": company.name}  # fmt: skip
            found["fct_tickets"].append({
                **usual, **flags, "created_at": created, "resolved_at": ended, "event_count": 1,
                "duplicate_event_count": 0, "status_category": "done" if is_done else "waiting",
                "cycle_time_business_microseconds": HOUR * (1 + number % 50) if is_done else None,
                "age_business_microseconds": None if is_done else HOUR * number,
            })  # fmt: skip
            stretch = {**usual, "cycle_number": 1, "duration_calendar_microseconds": HOUR,
                       "duration_business_microseconds": HOUR}  # fmt: skip
            found["fct_ticket_intervals"].append({
                **stretch, "interval_number": 1, "status_category": "waiting", "started_at": created,
                "ended_at": ended or AS_OF, "is_last": not is_done, "waiting_reason": f"{company.name} {number % 60}",
            })  # fmt: skip
            if is_done:
                found["fct_ticket_intervals"].append({
                    **stretch, "interval_number": 2, "status_category": "done", "started_at": ended, "ended_at": None,
                    "is_last": True,
                })  # fmt: skip
            found["fct_sla_clocks"].append({
                **usual, "sla_policy": company.name, "cycle_number": 1, "target": "resolution", "started_at": created,
                "target_microseconds": HOUR, "state": "breached" if is_done else "running",
                "breached_at": ended, "remaining_microseconds": None if is_done else HOUR * (number % 20),
            })  # fmt: skip
    return found


def vendors(company: Company) -> dict[str, list[Row]]:
    """Vendors that each owe 10.25, and their scores."""
    names = [f"{company.name} {number}" for number in range(company.vendors)]
    period = {"period_grain": "month", "period_start_date": LAST, "period_end_date": date(2026, 10, 31),
              "is_period_closed": True}  # fmt: skip
    amount = dict.fromkeys(("amount_reporting", "at_least_reporting", "at_most_reporting"), Decimal("10.25"))
    score = {"score_ratio": 0.5, "coverage_ratio": 1.0, "lower_bound": 0.5, "upper_bound": 0.5, "is_held": False}
    return {
        "fct_vendor_recoverables": [
            {"vendor_recoverable_id": name, "recoverable_kind": "over_billing", "vendor": name, "recovery_date": LAST,
             "is_quarantined": False, "vendor_invoice_line_id": name, **amount}
            for name in names
        ],
        "vendor_scorecards": [
            {"vendor": name, **period, **score, "score_state": "watch", "part_count": 1, "measured_part_count": 1}
            for name in names
        ],
        "vendor_scorecard_parts": [
            {"vendor": name, **period, **score, "part": "p", "metric": SLA, "weight_ratio": Decimal(1), "value": 0.5,
             "unit": "ratio"}
            for name in names
        ],
    }  # fmt: skip


def definitions(held: str | None, *, is_empty: bool = False) -> list[Row]:
    """`meta_metrics`: every KPI there is."""
    rows = []
    for metric in METRICS:
        is_held = metric.name == held
        state = "empty" if is_empty else "held" if is_held else "published"
        reason = f"{HOSTILE} broke a rule." if is_held else None
        fresh = None if is_empty else AS_OF
        rows.append({**metric.definition(), "publication_state": state, "held_reason": reason, "fresh_as_of_at": fresh})
    return rows


def publish(file: Path, company: Company | None) -> Path:
    """A published file of a company; of one that has nothing yet if none is given."""
    with new_published(file) as connection:
        name = company.name if company else "Nobody"
        run = {"publication_id": "20261102T000000-abc", "run_id": "r", "published_at": AS_OF, "content_hash": "c",
               "code_hash": "c", "reporting_currency_code": "EUR", "reporting_time_zone": "Europe/Amsterdam",
               "home_name": name, "as_of_at": AS_OF if company else None}  # fmt: skip
        fill_table(connection, "meta_run", [run])
        fill_table(connection, "meta_metrics", definitions(company.held if company else None, is_empty=not company))
        if company is None:
            return file
        clock = {"as_of_at": AS_OF, "last_date": AS_OF.date()}
        clocks = {"tickets": "tickets", "finance": "finance", "deliveries": "vendors", "invoices": "vendors"}
        rows = [{"data": name, "domain": domain, **clock} for name, domain in clocks.items()]
        fill_table(connection, "meta_data_clocks", rows)
        measured = values(company)
        targets = [Target(SLA, Decimal("0.93")), Target(P85, Decimal(20))]
        fill_table(connection, "metric_values", measured)
        fill_table(connection, "kpi_signals", find_signals(measured))
        fill_table(connection, "kpi_targets", judge_targets(measured, targets, METRICS))
        fill_table(connection, "kpi_change_drivers", explain_changes(measured, METRICS))
        for table, facts in {**tickets(company), **vendors(company)}.items():
            fill_table(connection, table, facts)
        if company.held:
            verdict = {"domain": "tickets", "batch_hash": "b", "verdict": "hold", "decided_at": AS_OF, "summary": "s"}
            rule = {"domain": "tickets", "contract_id": HOSTILE, "contract_version": "1", "tier": "row",
                    "quality_dimension": "validity", "action": "block", "state": "failed", "evaluated_count": 9,
                    "failed_count": 3, "message": HOSTILE, "holds": "metrics"}  # fmt: skip
            fill_table(connection, "meta_verdicts", [verdict])
            fill_table(connection, "meta_rule_results", [{**rule, "rule_id": f"rule {n}"} for n in range(40)])
    return file
