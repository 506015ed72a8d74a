"""The report as a run publishes it: whole, archived, of the same numbers as the file, and openable from anywhere."""

from __future__ import annotations

import json
import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import duckdb
import pytest
from altair.utils import schemapi
from click.testing import CliRunner
from jsonschema.exceptions import ValidationError
from page_accessibility import problems
from pptx import Presentation
from pptx.enum.shapes import MSO_SHAPE_TYPE

from models.vocabulary import Grain
from pipelines.cli.main import kpi
from pipelines.home import Home
from pipelines.project import load_project
from pipelines.report.asking import Answer, ask
from pipelines.report.charts import sparkline
from pipelines.report.drawing import configured
from pipelines.report.facts import HEADLINES
from pipelines.report.headlines import headline_cards
from pipelines.report.money import recoverable_total
from pipelines.report.page import render_report
from pipelines.report.reading import read_facts, read_latest_facts
from pipelines.report.sections import build_sections
from pipelines.report.sentences import summarize
from pipelines.run import run_project
from pipelines.scaffold import HomeFacts, write_home
from pipelines.session import SilentReporter
from pipelines.words.numbers import format_value

if TYPE_CHECKING:
    from conftest import CleanRun
    from demo_homes import DemoHome

#: Elements and attributes by which a page could load or run something.
LOADING = re.compile(
    r"<(script|iframe|object|embed|link|img|form)\b|\son\w+=|url\(|@import|href=\"(?!#|[\w./-]+\.html)", re.IGNORECASE
)


class Texts(HTMLParser):
    """The texts of a page, and the ids and local links in it."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, _: str, attributes: list[tuple[str, str | None]]) -> None:
        self.ids += [value or "" for name, value in attributes if name == "id"]
        self.links += [value or "" for name, value in attributes if name == "href"]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def read(path: Path) -> Texts:
    """A page, taken apart."""
    found = Texts()
    found.feed(path.read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def folder(clean_run: CleanRun) -> Path:
    return clean_run.demo.home.published / "report"


def test_a_run_publishes_a_report_of_the_latest_closed_month_and_week(folder: Path, clean_run: CleanRun) -> None:
    with duckdb.connect(str(clean_run.demo.home.published_file), read_only=True) as connection:
        (publication,) = connection.execute("SELECT publication_id FROM meta.run").fetchall()[0]
        last = dict(
            connection.execute(
                "SELECT period_grain, max(period_start_date) FROM mart.metric_values "
                "WHERE is_period_closed AND metric = 'sla_attainment_ratio' GROUP BY ALL"
            ).fetchall()
        )
    months = [path.relative_to(folder).as_posix() for path in folder.glob("month/*/*.html")]
    assert months == [f"month/{last['month']:%Y-%m}/{publication}.html"]
    assert len(list(folder.glob(f"week/{last['week']:%G-W%V}/{publication}.html"))) == 1
    assert (folder / "latest.html").read_bytes() == (folder / months[0]).read_bytes()
    assert sorted(path.name for path in folder.iterdir()) == ["index.html", "latest.html", "month", "week"]
    links = read(folder / "index.html").links
    assert months[0] in links
    assert all((folder / link).is_file() for link in links)


def test_the_report_loads_and_runs_nothing(folder: Path) -> None:
    for path in folder.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert not LOADING.search(text), path
        assert "default-src 'none'" in text.replace("&#x27;", "'")
        assert len(text.encode()) < 3_000_000


def test_every_link_in_the_report_leads_somewhere_and_ids_are_unique(folder: Path) -> None:
    page = read(folder / "latest.html")
    assert len(page.ids) == len(set(page.ids))
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)


def test_the_report_says_the_published_values(folder: Path, clean_run: CleanRun) -> None:
    texts = read(folder / "latest.html").texts
    with duckdb.connect(str(clean_run.demo.home.published_file), read_only=True) as connection:
        values = connection.execute(
            """
            SELECT metric, arg_max(value, period_start_date), any_value(unit) FROM mart.metric_values
            WHERE period_grain = 'month' AND dimension = 'overall' AND is_period_closed AND list_contains(?, metric)
            GROUP BY metric
            """,
            [list(HEADLINES)],
        ).fetchall()
    assert len(values) == len(HEADLINES)
    for _, value, unit in values:
        assert format_value(value, unit, "EUR") in texts


def test_the_points_of_cycle_time_are_the_tickets_that_the_percentiles_are_of(clean_run: CleanRun) -> None:
    facts = read_facts(clean_run.demo.home.published_file)
    rows = facts.rows("cycle_times")
    p50 = facts.numbers["ticket_cycle_time_p50_business_hours"]
    assert rows[0]["ticket_count"] == p50["measured_count"] == len(rows)
    assert median(row["cycle_time_business_hours"] for row in rows) == pytest.approx(p50["value"])


def test_open_tickets_by_age_are_the_open_tickets_of_the_list(clean_run: CleanRun) -> None:
    facts = read_facts(clean_run.demo.home.published_file)
    with duckdb.connect(str(clean_run.demo.home.published_file), read_only=True) as connection:
        (counted,) = connection.execute(
            "SELECT count(*), count(*) FILTER (has_open_breach) FROM mart.aging_work WHERE NOT is_quarantined"
        ).fetchall()
    ages = facts.rows("ages")
    assert counted == tuple(sum(row[name] for row in ages) for name in ("ticket_count", "broken_count"))
    assert counted[0] > 0


def test_a_report_on_an_earlier_month_tells_of_vendors_what_was_so_then(clean_run: CleanRun) -> None:
    file = clean_run.demo.home.published_file
    latest = read_facts(file)
    assert latest.period is not None
    earlier = latest.period.previous
    facts = read_facts(file, earlier)
    query = "SELECT sum(recoverable_reporting) FROM mart.vendor_money_to_recover WHERE month_date <= ?"
    (until_then,), (until_now,) = (clean_run.demo.published(query, [day])[0] for day in (earlier.end, date(2999, 1, 1)))
    assert recoverable_total(facts) == until_then != until_now
    assert f"over the twelve months to {earlier.label}" in " ".join(summarize(facts))
    assert {row["period_start_date"] for row in facts.rows("scorecards")} == {earlier.start}
    assert {row["period_start_date"] for row in latest.rows("scorecards")} == {latest.period.start}


def test_a_report_on_an_earlier_month_tells_what_was_open_at_its_end(clean_run: CleanRun) -> None:
    file = clean_run.demo.home.published_file
    latest = read_facts(file)
    assert latest.period is not None
    assert not latest.is_past
    earlier = latest.period.previous
    facts = read_facts(file, earlier)
    ids = {figure.id for section in build_sections(facts) for figure in section.figures}
    assert "open-then" in ids
    assert not ids & {"sla-at-risk", "aging", "next-to-breach", "paused-promises", "oldest"}
    (counted,) = clean_run.demo.published(
        "SELECT sum(queued_count), sum(active_count), sum(waiting_count), sum(unfollowed_count) "
        "FROM mart.cumulative_flow WHERE day_date = ?",
        [earlier.end],
    )
    rows = facts.rows("open_then")
    states = ("queued_count", "active_count", "waiting_count")
    assert tuple(sum(row[state] for row in rows) for state in states) == counted[:3]
    assert rows[0]["unfollowed_count"] == counted[3]
    assert sum(row["open_count"] for row in rows) == sum(counted[:3]) > 0
    # Two months earlier, contracts have two months more.
    deadlines = {row["vendor_contract_id"]: row for row in facts.rows("deadlines")}
    register = clean_run.demo.published(
        "SELECT vendor_contract_id, end_date - ? FROM core.fct_vendor_contracts "
        "WHERE contract_state <> 'unclear' AND start_date <= ? AND end_date BETWEEN ? AND ? + INTERVAL 90 DAY",
        [earlier.end] * 4,
    )
    assert {name: deadlines[name]["until_end_days"] for name, _ in register} == dict(register)
    told = " ".join(
        sentence for section in build_sections(facts) for each in section.figures for sentence in each.sentences
    )
    assert "by the register that is known now." in told or not deadlines
    assert problems(render_report(facts)) == []


def test_the_flow_of_month_and_week_is_asked_once_and_is_what_the_question_answers(
    clean_run: CleanRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def counted(connection: duckdb.DuckDBPyConnection, name: str, **parameters: str) -> Answer:
        asked.append(name)
        return ask(connection, name, **parameters)

    monkeypatch.setattr("pipelines.report.flow_by_day.ask", counted)
    file = clean_run.demo.home.published_file
    month, week = read_latest_facts(file, [Grain.MONTH, Grain.WEEK])
    assert asked == ["cumulative_flow_by_day"]
    with duckdb.connect(str(file), read_only=True) as connection:
        for facts in (month, week):
            told = facts.answers["flow"]
            assert told == ask(connection, "cumulative_flow_by_day", **told.parameters)
            assert told.rows[-1]["day_date"].isoformat() == told.parameters["to_date"]
    assert month.answers["flow"].parameters != week.answers["flow"].parameters


def test_every_chart_follows_the_schema_of_vega_lite(clean_run: CleanRun) -> None:
    """Where a page is drawn nobody checks it again."""
    facts = read_facts(clean_run.demo.home.published_file)
    drawn = [figure.draw(430) for section in build_sections(facts) for figure in section.figures if figure.draw]
    drawn += [sparkline(card.trend) for card in headline_cards(facts)]
    assert len(drawn) > 10
    for chart in drawn:
        assert schemapi.DEBUG_MODE
        configured(chart).to_dict()
    with pytest.raises(ValidationError):
        drawn[0].properties(width="as wide as you like")


def test_an_unchanged_run_leaves_the_report_alone_and_a_lost_one_comes_back(clean: DemoHome) -> None:
    latest = clean.home.published / "report" / "latest.html"
    before = latest.stat().st_mtime_ns
    clean.publish_to("duckdb", "report")
    assert {step.state for step in clean.run().steps} == {"unchanged"}
    assert latest.stat().st_mtime_ns == before
    latest.unlink()
    built = {step.asset for step in clean.run().steps if step.state == "built"}
    assert built == {"published_report"}
    assert latest.is_file()


def test_the_command_makes_the_report_of_a_period_and_its_charts(clean: DemoHome, tmp_path: Path) -> None:
    def run(*arguments: str) -> str:
        result = CliRunner().invoke(kpi, ["report", "--home", str(clean.home.folder), *arguments])
        assert result.exit_code == 0, result.output
        return result.output

    page = tmp_path / "q.html"
    week = next((clean.home.published / "report" / "week").iterdir()).name
    assert run("--period", week, "-o", str(page)).strip() == f"Wrote {page}"
    assert f"eek {int(week[-2:])} of {week[:4]}" in page.read_text(encoding="utf-8")
    charts = json.loads(run("--format", "png", "-o", str(tmp_path / "charts"), "--json"))
    assert charts
    assert all(Path(chart["file"]).read_bytes().startswith(b"\x89PNG") for chart in charts)
    charts = json.loads(run("--format", "pdf", "-o", str(tmp_path / "charts"), "--json"))
    assert all(Path(chart["file"]).read_bytes().startswith(b"%PDF") for chart in charts)


def test_the_command_makes_slides_of_the_published_values(clean_run: CleanRun, tmp_path: Path) -> None:
    home, file = clean_run.demo.home, tmp_path / "october.pptx"
    arguments = ["report", "--home", str(home.folder), "--format", "pptx", "-o", str(file)]
    result = CliRunner().invoke(kpi, arguments)
    assert (result.exit_code, result.output.strip()) == (0, f"Wrote {file}")
    assert file.stat().st_size < 3_000_000
    slides = [list(slide.shapes) for slide in Presentation(str(file)).slides]
    texts = [shape.text_frame.text for shapes in slides for shape in shapes if shape.has_text_frame]
    facts = read_facts(home.published_file)
    for metric in HEADLINES:
        value = format_value(facts.numbers[metric]["value"], facts.numbers[metric]["unit"], "EUR")
        assert any(value in text.splitlines() for text in texts)
    assert all(sentence in texts[1] for sentence in summarize(facts))
    pictures = [shape for shapes in slides for shape in shapes if shape.shape_type == MSO_SHAPE_TYPE.PICTURE]
    assert len(pictures) > 8
    assert all(shape._element.nvPicPr.cNvPr.get("descr") for shape in pictures)
    assert all(shapes[0].is_placeholder and shapes[0].text_frame.text for shapes in slides)
    result = CliRunner().invoke(kpi, [*arguments[:-1], str(tmp_path)])
    assert result.exit_code == 2
    assert "is a folder; name a file such as" in result.output


AUDIT = """\
number,incident_state,active,reassignment_count,reopen_count,sys_mod_count,made_sla,caller_id,opened_at,sys_created_at,\
sys_updated_by,sys_updated_at,contact_type,location,category,business_service,cmdb_ci,impact,urgency,priority,\
assignment_group,assigned_to,vendor,closed_code,resolved_by,resolved_at,closed_at
"""
TEAM = "<script>alert(1)</script> 'Ops' & فريق 🎯"


@pytest.mark.slow
def test_a_home_without_files_and_one_with_a_single_ticket_have_a_report(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    statuses = "statuses: {servicenow: {New: queued, Active: active, Resolved: done, Closed: done}}\n"
    write_home(
        home.folder,
        HomeFacts("<b>New</b> فريق", "EUR", "Europe/Amsterdam"),
        templates=["servicenow_incidents"],
        policies={"statuses.yaml": statuses},
    )
    latest = home.published / "report" / "latest.html"
    run_project(load_project(home), reporter=SilentReporter())
    assert "No period is closed yet, so there is no number to report." in read(latest).texts
    assert "<b>" not in latest.read_text(encoding="utf-8")
    # From Active at 9 to Resolved at 13 o'clock; that it was closed in October closes September.
    stages = (("New", "1/9/2026 08:00:00"), ("Active", "1/9/2026 09:00:00"), ("Resolved", "1/9/2026 13:00:00"),
              ("Closed", "7/10/2026 13:00:00"))  # fmt: skip
    rows = [
        f"INC1,{state},true,0,0,{number},true,C,1/9/2026 08:00:00,1/9/2026 08:00:00,U,{at},Mail,L,K,{TEAM},X,"
        f"2 - Medium,2 - Medium,3 - Moderate,{TEAM},?,?,?,?,1/9/2026 13:00:00,7/10/2026 13:00:00\n"
        for number, (state, at) in enumerate(stages)
    ]
    folder = home.landing / "servicenow_incidents"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "audit.csv").write_text(AUDIT + "".join(rows), encoding="utf-8")
    run_project(load_project(home), reporter=SilentReporter())
    texts = read(latest).texts
    assert "Cycle time, p85, business hours was 4.0 h in September 2026." in texts
    assert "Each point is one of 1 ticket with a cycle time, on the day of its resolution." in texts
    assert not LOADING.search(latest.read_text(encoding="utf-8"))
    assert problems(latest.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("period", "said"),
    [("2026-99", "is no period"), ("1999-01", "1999-01 is not closed, or nothing is known of it. Closed are 20")],
)
def test_a_period_that_cannot_be_reported_is_said(period: str, said: str, clean_run: CleanRun) -> None:
    result = CliRunner().invoke(kpi, ["report", "--home", str(clean_run.demo.home.folder), "--period", period])
    assert result.exit_code == 2
    assert said in result.output
