"""Homes that have some kinds of data only, and homes whose kinds end at different times: real runs of real exports.

What is told of such a home is told alike by the packaged queries, the report and the dashboard: each KPI of the last
period that is closed for itself.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from click.testing import CliRunner
from demo_homes import DemoHome, write_small_company
from page_accessibility import problems
from streamlit.testing.v1 import AppTest
from test_late_ledger import keep_lines
from test_report import read

from pipelines.cli.main import kpi
from pipelines.report.completeness import late_note, notes
from pipelines.report.facts import HEADLINES, ReportFacts
from pipelines.report.headlines import headline_cards
from pipelines.report.money import recoverable_total
from pipelines.report.reading import read_facts
from pipelines.report.sentences import summarize
from pipelines.words.numbers import format_value

pytestmark = pytest.mark.slow

RATES = "fx_rates"
KINDS = {
    "tickets": ("servicenow_incidents", "jira_issues", "zendesk_tickets"),
    "ledger": ("general_ledger", RATES),
    "vendors": ("deliveries", "vendor_contracts", "vendor_invoices", "purchase_orders", RATES),
    "plans": ("budgets", "headcount", "initiative_benefits", RATES),
    "nothing": (),
}
NO_PERIOD = [
    "No period is closed yet, so there is no number to report.",
    "Neither tickets nor finance, deliveries or invoices have come yet, and only these close a period.",
]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> DemoHome:
    """The small company, never run."""
    return write_small_company(tmp_path_factory.mktemp("company") / "home")


@pytest.fixture(scope="module")
def homes(company: DemoHome, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, DemoHome]:
    """The company's homes that have one kind of data each, after a run."""
    folder = tmp_path_factory.mktemp("kinds")
    found = {}
    for kind, exports in KINDS.items():
        home = company.copy_to(folder / kind).publish_to("duckdb", "report")
        for export in home.landing.iterdir():
            for file in export.iterdir():
                if export.name not in exports:
                    file.unlink()
        assert not home.run().failed
        found[kind] = home
    return found


@pytest.mark.parametrize(
    ("kind", "first_metrics"),
    [
        ("tickets", HEADLINES),
        ("ledger", ("cost_total_reporting", "cost_unallocated_reporting")),
        ("vendors", ("vendor_on_time_delivery_ratio", "vendor_billed_reporting", "vendor_recoverable_reporting")),
    ],
)
def test_a_home_of_one_kind_tells_of_its_last_closed_month(
    homes: Mapping[str, DemoHome], kind: str, first_metrics: tuple[str, ...]
) -> None:
    home = homes[kind]
    facts = read_facts(home.home.published_file)
    assert facts.period is not None
    assert facts.period.start == last_month(home, *(("deliveries", "invoices") if kind == "vendors" else ()))
    assert tuple(card.metric for card in headline_cards(facts)) == facts.headlines == first_metrics
    told = summarize(facts)
    for metric in first_metrics[:2]:
        row = facts.numbers[metric]
        shown = f"{row['label']} was {format_value(row['value'], row['unit'], 'EUR')} in {facts.period.label}"
        assert any(sentence.startswith(shown) for sentence in told), told


@pytest.mark.parametrize("kind", ["plans", "nothing"])
def test_a_home_that_nothing_closes_says_so_and_why(homes: Mapping[str, DemoHome], kind: str) -> None:
    facts = read_facts(homes[kind].home.published_file)
    assert facts.period is None
    assert summarize(facts) == NO_PERIOD
    texts = read(homes[kind].home.published / "report" / "latest.html").texts
    assert {*NO_PERIOD, "No tickets, finance, deliveries or invoices yet."} <= set(texts)


@pytest.mark.parametrize("kind", KINDS)
def test_every_command_on_the_page_runs_and_names_no_day_that_nobody_meant(
    homes: Mapping[str, DemoHome], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KPI_HOME", str(homes[kind].folder))
    page = (homes[kind].home.published / "report" / "latest.html").read_text(encoding="utf-8")
    assert problems(page) == []
    commands = {unescape(command) for command in re.findall(r"<code>kpi ([^<]*)</code>", page)}
    assert len(commands) > 3
    for command in commands:
        assert "0001" not in command
        done = CliRunner().invoke(kpi, [*shlex.split(command), "--json"])
        assert done.exit_code == 0, (command, done.output)


def last_month(home: DemoHome, *kinds: str) -> date:
    """First day of the last month that these kinds of data have passed, all that there are if none is named."""
    reaches = home.published(
        "SELECT min(last_date) FROM meta.data_clocks WHERE last_date IS NOT NULL AND (? OR list_contains(?, data))",
        [not kinds, list(kinds)],
    )
    day_after: date = reaches[0][0] + timedelta(days=1)
    return (day_after.replace(day=1) - timedelta(days=1)).replace(day=1)


#: Which data close the periods of some KPIs.
CLOSED_BY = {
    "ticket_cycle_time_p85_business_hours": ("tickets",),
    "sla_attainment_ratio": ("tickets",),
    "cost_per_transaction_reporting": ("finance",),
    "cost_total_reporting": ("finance",),
    "vendor_on_time_delivery_ratio": ("deliveries",),
    "vendor_recoverable_reporting": ("deliveries", "invoices"),
}


@pytest.fixture(scope="module", params=["months", "years"])
def uneven(request: pytest.FixtureRequest, company: DemoHome, tmp_path_factory: pytest.TempPathFactory) -> DemoHome:
    """The company with a ledger and invoices that end before its tickets, or with a ledger that ended ten years ago."""
    home = company.copy_to(tmp_path_factory.mktemp("uneven") / "home").publish_to("duckdb", "report")
    (invoices,) = (home.landing / "vendor_invoices").iterdir()
    head, *lines = invoices.read_bytes().splitlines(keepends=True)
    # Months come first: 07/03/2026.
    kept = [line for line in lines if line.split(b",")[3][:2] < b"11"]
    assert 0 < len(kept) < len(lines)
    invoices.write_bytes(b"".join([head, *kept]))
    if request.param == "months":
        keep_lines(home, date.min, date(2026, 10, 1))
    else:
        # The rates of the two years are the same.
        for export in ("general_ledger", RATES):
            for file in (home.landing / export).iterdir():
                head, *lines = file.read_bytes().splitlines(keepends=True)
                old = [re.sub(rb"(\.|^)2026\b", rb"\g<1>2016", line) for line in lines]
                file.write_bytes(b"".join([head, *(lines if export == RATES else []), *old]))
    assert not home.run().failed
    return home


@pytest.fixture(scope="module")
def told(uneven: DemoHome) -> ReportFacts:
    return read_facts(uneven.home.published_file)


def asked(home: DemoHome, monkeypatch: pytest.MonkeyPatch, name: str) -> list[dict[str, Any]]:
    """What `kpi query` answers, nothing being said of days."""
    monkeypatch.setenv("KPI_HOME", str(home.folder))
    done = CliRunner().invoke(kpi, ["query", "--query", name, "--json"])
    assert done.exit_code == 0, done.output
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    return rows


def test_queries_and_report_tell_each_kpi_of_the_last_month_that_is_closed_for_it(
    uneven: DemoHome, told: ReportFacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = {metric: last_month(uneven, *kinds) for metric, kinds in CLOSED_BY.items()}
    assert len(set(expected.values())) > 1
    assert told.period is not None
    assert told.period.start == max(expected.values())
    numbers = {row["metric"]: row for row in asked(uneven, monkeypatch, "numbers_of_a_period")}
    labels = {row["label"]: row for row in asked(uneven, monkeypatch, "headline_numbers")}
    for metric, month in expected.items():
        period = told.period_of(metric)
        assert period is not None
        assert period.start == month, metric
        assert numbers[metric]["period_start_date"] == month.isoformat()
        assert numbers[metric]["value"] == told.numbers[metric]["value"]
        if metric in HEADLINES:
            row = labels[numbers[metric]["label"]]
            assert (row["period_start_date"], row["value"]) == (month.isoformat(), told.numbers[metric]["value"])


_PAGE = """
from pipelines.dashboard.app import PAGES, page_function
page_function(next(show for _, name, _, show in PAGES if name == {address!r}))()
"""


def drawn(home: DemoHome, monkeypatch: pytest.MonkeyPatch, address: str, **chosen: str) -> AppTest:
    """A page of the dashboard as it is when nobody has chosen days."""
    monkeypatch.setenv("KPI_HOME", str(home.folder))
    page = AppTest.from_string(_PAGE.format(address=address), default_timeout=60)
    for name, value in chosen.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception
    return page


@pytest.mark.parametrize("metric", CLOSED_BY)
def test_the_dashboard_tells_the_same_month_and_value(
    uneven: DemoHome, told: ReportFacts, monkeypatch: pytest.MonkeyPatch, metric: str
) -> None:
    page = drawn(uneven, monkeypatch, "kpis", kpi=metric)
    texts = [part.value for part in page.markdown]
    row, period = told.numbers[metric], told.period_of(metric)
    assert period is not None
    assert f"## {format_value(row['value'], row['unit'], 'EUR')}" in texts
    if row["value"] is not None:
        assert any(text.endswith(f" in {period.label}") for text in texts)
        # Which period is not complete for it, at its end or its beginning, is said in the words of the report.
        captions = {part.value.replace("\\", "") for part in page.caption if " is not complete for " in part.value}
        assert captions == set(notes(told, metric))
        assert not told.is_late(metric) or late_note(told, metric) in captions


def test_money_to_recover_is_that_of_the_same_months_everywhere(
    uneven: DemoHome, told: ReportFacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = asked(uneven, monkeypatch, "money_to_recover")
    period = told.period_of("vendor_recoverable_reporting")
    assert period is not None
    assert {row["counted_to_date"] for row in rows} == {period.end.isoformat()}
    assert {row["counted_from_date"] for row in rows} == {f"{period.start.year - 1}-10-01"}
    total = recoverable_total(told)
    assert total is not None
    assert total == sum(row["recoverable_reporting"] for row in told.rows("recoverable")) > 0
    page = drawn(uneven, monkeypatch, "vendors")
    assert f"### {total:,.2f} EUR" in [part.value for part in page.markdown]
    expected = f"Of whole months, October {period.start.year - 1} to September {period.start.year}: the last 12 that"
    assert any(part.value.startswith(expected) for part in page.caption)


def test_days_that_somebody_chose_are_kept(uneven: DemoHome, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody asked for is not shown beside what was asked for."""
    page = drawn(uneven, monkeypatch, "kpis", kpi="cost_total_reporting")
    page.date_input(key="days").set_value((date(2026, 10, 5), date(2026, 10, 20))).run()
    assert "## –" in [part.value for part in page.markdown]


def test_the_folder_that_waits_for_its_first_file_is_named_everywhere(homes: Mapping[str, DemoHome]) -> None:
    home = homes["ledger"]
    folders = "landing/jira_issues/, landing/servicenow_incidents/ and landing/zendesk_tickets/"
    waits = f"no file of tickets was read from {folders} yet"
    facts = read_facts(home.home.published_file)
    assert facts.no_value_reasons["ticket_backlog_count"] == waits
    assert waits in " ".join(
        unescape((home.home.published / "report" / "latest.html").read_text(encoding="utf-8")).split()
    )
    for command in ("status", "metrics", "run"):
        told = CliRunner().invoke(kpi, [command, "--home", str(home.folder)]).output
        assert waits in " ".join(told.split()), command
        assert "no export feeds tickets" not in " ".join(told.split()), command
