"""The report of companies of any size and with any names: made from published files whose numbers are known.

Values are made up; signals, targets and drivers are computed from them by the code that a run computes them with.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import duckdb
import polars as pl
import pytest
from page_accessibility import problems
from pptx import Presentation
from published_files import Row, create_published, fill_table

from metrics.registry import METRICS, metric_named
from metrics.signals.change_drivers import explain_changes
from metrics.signals.process_behaviour import find_signals
from metrics.signals.targets import Target, judge_targets
from models.ddl import polars_schema
from models.marts import metric_values
from pipelines.report.archive import write_issues
from pipelines.report.facts import HEADLINES, NothingToReportError, read_facts
from pipelines.report.page import render_report
from pipelines.report.slides import build_slides

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


class Page(HTMLParser):
    """The tags of a page, its texts, and how many rows each table has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.texts: list[str] = []
        self.rows: list[int] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, attrs))
        if tag == "table":
            self.rows.append(0)
        elif tag == "tr":
            self.rows[-1] += 1

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


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
            {"vendor": name, **period, **score, "part": "p", "metric": SLA, "weight_ratio": Decimal(1), "value": 0.5}
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
    with duckdb.connect(str(file)) as connection:
        create_published(connection)
        name = company.name if company else "Nobody"
        run = {"publication_id": "20261102T000000-abc", "run_id": "r", "published_at": AS_OF, "content_hash": "c",
               "code_hash": "c", "reporting_currency_code": "EUR", "reporting_time_zone": "Europe/Amsterdam",
               "home_name": name, "as_of_at": AS_OF if company else None}  # fmt: skip
        fill_table(connection, "meta_run", [run])
        fill_table(connection, "meta_metrics", definitions(company.held if company else None, is_empty=not company))
        if company is None:
            return file
        measured = values(company)
        targets = [Target(SLA, Decimal("0.93")), Target(P85, Decimal(20))]
        fill_table(connection, "metric_values", measured)
        fill_table(connection, "kpi_signals", find_signals(measured))
        fill_table(connection, "kpi_targets", judge_targets(measured, targets, METRICS))
        fill_table(connection, "kpi_change_drivers", explain_changes(measured, METRICS))
        for table, rows in {**tickets(company), **vendors(company)}.items():
            fill_table(connection, table, rows)
        if company.held:
            verdict = {"domain": "tickets", "batch_hash": "b", "verdict": "hold", "decided_at": AS_OF, "summary": "s"}
            rule = {"domain": "tickets", "contract_id": HOSTILE, "contract_version": "1", "tier": "row",
                    "quality_dimension": "validity", "action": "block", "state": "failed", "evaluated_count": 9,
                    "failed_count": 3, "message": HOSTILE, "holds": "metrics"}  # fmt: skip
            fill_table(connection, "meta_verdicts", [verdict])
            fill_table(connection, "meta_rule_results", [{**rule, "rule_id": f"rule {n}"} for n in range(40)])
    return file


def seen(text: str) -> Page:
    """A page, after everything that must hold of any page: small, harmless, well-made, bounded and readable."""
    page = Page(text)
    assert len(text.encode()) < 3_000_000
    assert not {"script", "iframe", "img", "object", "form", "link"} & {tag for tag, _ in page.tags}
    assert not [name for _, attributes in page.tags for name, _ in attributes if name.startswith("on")]
    assert not [value for _, attributes in page.tags for name, value in attributes if name == "href" and "#" not in
                (value or "")]  # fmt: skip
    for svg in re.findall(r"<svg.*?</svg>", text, re.DOTALL):
        ElementTree.fromstring(svg)
        assert "NaN" not in svg
    assert max(page.rows, default=0) <= 25
    assert "\u202e" not in text
    assert problems(text) == []
    return page


def test_two_hundred_teams_ten_years_and_names_from_anywhere(tmp_path: Path) -> None:
    company = Company(teams=200, months=120, tickets=1000, vendors=300, name=HOSTILE)
    file = publish(tmp_path / "kpi.duckdb", company)
    facts = read_facts(file)
    page = seen(render_report(facts))
    now, before = (sum(kept(team, back) for team in range(200)) / 2000 for back in (0, 1))
    assert f"{now * 100:.1f} %" in page.text
    assert f"after {before * 100:.1f} % before, and missed its target of at least 93.0 %." in page.text
    # 300 vendors owe 10.25 each.
    assert "3,075.00 EUR are to be recovered from 300 vendors" in page.text
    assert "and 276 more; the command below gives all." in page.text
    # A thousand promises run, five in each team; 9 of 20 have 8 hours or less left.
    assert "1,000 promises are neither kept nor broken yet; 450 of them have 8 open hours or less left." in page.text
    assert "600 of 1,000 are drawn, always the same ones" in page.text
    assert "192 others" in page.text  # teams of the drivers that are not named; with them the rows add up
    assert HOSTILE.split("\u202e")[0].strip() in page.text
    slides = Presentation(BytesIO(build_slides(facts))).slides
    assert len(slides) > 10


def test_the_drivers_of_two_hundred_teams_add_up(tmp_path: Path) -> None:
    facts = read_facts(publish(tmp_path / "kpi.duckdb", Company(teams=200, months=3)))
    rows = facts.rows(f"drivers {UNIT_COST}")
    assert len(rows) > 150
    total = sum((row["change_value"] for row in rows), Decimal(0))
    assert total == rows[0]["value_after"] - rows[0]["value_before"] != 0


def test_one_team_with_one_ticket(tmp_path: Path) -> None:
    file = publish(tmp_path / "kpi.duckdb", Company())
    page = seen(render_report(read_facts(file)))
    assert f"SLA attainment, resolution was {kept(0, 0) * 10:.1f} % in October 2026" in page.text
    assert "Too few periods are closed to tell a signal from usual variation." in page.text
    assert "1 promise is neither kept nor broken yet; 1 of them has 8 open hours or less left." in page.text
    assert "others" not in page.text
    # Neither weeks nor quarters have values, so only the month gets an issue, and the index names it.
    issues = write_issues(file, tmp_path / "report", "One")
    assert [issue.period.name for issue in issues] == ["2026-10"]
    assert "October 2026" in seen((tmp_path / "report" / "index.html").read_text(encoding="utf-8").replace(
        'href="', 'href="#')).text  # fmt: skip


def test_nothing_published_yet(tmp_path: Path) -> None:
    file = publish(tmp_path / "kpi.duckdb", None)
    page = seen(render_report(read_facts(file)))
    assert "Nothing to report yet" in page.text
    assert "No period is closed yet, so there is no number to report." in page.text
    assert "<svg" not in "".join(page.texts)
    assert write_issues(file, tmp_path / "report", "Nobody") == []
    assert (tmp_path / "report" / "latest.html").is_file()


def test_one_held_kpi_keeps_its_value_and_says_why(tmp_path: Path) -> None:
    file = publish(tmp_path / "kpi.duckdb", Company(teams=2, months=14, held=SLA))
    page = seen(render_report(read_facts(file)))
    assert "1 KPI is held by the gate and shown as of earlier data." in page.text
    assert "Stale: the data end at 2026-11-02 00:00 UTC." in page.text
    assert "broke a rule." in page.text
    assert "and 16 more; the command below gives all." in page.text  # of forty rules
    assert f"{kept(0, 0) * 5 + kept(1, 0) * 5:.1f} %" in page.text


def test_a_file_of_another_version_says_what_to_do(tmp_path: Path) -> None:
    file = publish(tmp_path / "kpi.duckdb", Company())
    with duckdb.connect(str(file)) as connection:
        connection.execute("DROP TABLE mart.kpi_targets")
    with pytest.raises(NothingToReportError, match=r"another version .* Run 'kpi run' to publish it anew"):
        read_facts(file)
