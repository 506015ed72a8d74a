"""Every page draws, shows the published numbers, and keeps hostile names, empty homes and wrong links harmless."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from metrics.registry import HEADLINES, METRICS, metric_named
from pipelines.dashboard.app import PAGES
from pipelines.dashboard.plain_text import plain
from pipelines.dashboard.screens.overview import show_overview
from pipelines.dashboard.tables import neutralise
from pipelines.words.change import steps_sentence
from pipelines.words.numbers import format_change, format_value, judge_change

if TYPE_CHECKING:
    from conftest import Draw
    from demo_homes import DemoHome

import polars as pl


def _texts(page: AppTest) -> str:
    parts = [*page.markdown, *page.caption, *page.info, *page.warning, *page.error, *page.success, *page.title]
    return "\n".join(part.value for part in parts)


@pytest.mark.parametrize("address", [address for _, address, _, _ in PAGES])
@pytest.mark.parametrize("is_filtered", [False, True], ids=["everything", "two filters"])
def test_a_page_draws(draw: Draw, address: str, is_filtered: bool) -> None:
    chosen = {"team": ["Service Desk", "Facilities"], "priority": ["P3 Medium"]} if is_filtered else {}
    page = draw(address, **chosen)
    assert not page.exception
    assert not page.error
    assert page.title


def test_the_cards_show_what_is_published(draw: Draw, published: DemoHome) -> None:
    page = draw("overview")
    shown = _texts(page)
    with duckdb.connect(str(published.home.published_file), read_only=True) as connection:
        for metric in HEADLINES:
            found = connection.execute(
                f"""
                SELECT value, lower_bound, upper_bound FROM mart.kpi_{metric.name}
                WHERE period_grain = 'month' AND dimension = 'overall' AND is_period_closed
                ORDER BY period_start_date DESC LIMIT 2
                """
            ).fetchall()
            (value, *bounds), (before, *bounds_before) = found
            assert f"## {format_value(value, metric.unit.value, 'EUR')}" in shown
            # Whether that is good is said in words: not everybody sees colours.
            judged = judge_change(
                value,
                before,
                metric.direction.value,
                metric.unit.value,
                bounds=tuple(bounds),
                bounds_before=tuple(bounds_before),
            )
            assert f"[{format_change(value, before, metric.unit.value)} {judged}]" in shown


def test_a_link_carries_its_filters(draw: Draw) -> None:
    page = draw("overview", team="Facilities", periods="quarter")
    assert "Of team Facilities." in _texts(page)
    assert page.multiselect(key="team").value == ["Facilities"]


def test_the_steps_of_unit_cost_are_said_in_the_words_of_the_report(draw: Draw) -> None:
    said = " ".join(part.value for part in draw("cost").caption)
    assert f"{steps_sentence('team')} The parts add up to the change." in said


def _addressed(page: AppTest) -> str:
    """The KPI in the address; Streamlit tells it as it was given, alone or as the one of a list."""
    told = page.query_params["kpi"]
    return told if isinstance(told, str) else told[0]


@pytest.mark.parametrize("metric", ["cost_per_transaction_reporting", "sla_attainment_ratio", METRICS[0].name])
def test_a_link_to_a_kpi_shows_that_kpi(draw: Draw, metric: str) -> None:
    page = draw("kpis", kpi=metric)
    assert page.selectbox(key="kpi").value == metric
    assert f"**{metric_named(metric).label}**" in [part.value for part in page.markdown]
    assert _addressed(page) == metric


def test_a_link_with_the_label_of_a_kpi_goes_on_to_work(draw: Draw) -> None:
    page = draw("kpis", kpi="Cost per transaction")
    assert page.selectbox(key="kpi").value == "cost_per_transaction_reporting"
    assert _addressed(page) == "cost_per_transaction_reporting"


def test_the_address_follows_the_kpi_that_is_picked(draw: Draw) -> None:
    page = draw("kpis", kpi="cost_per_transaction_reporting")
    page.selectbox(key="kpi").set_value("sla_attainment_ratio").run()
    assert _addressed(page) == "sla_attainment_ratio"
    assert page.selectbox(key="kpi").value == "sla_attainment_ratio"


def test_a_link_to_a_kpi_that_there_is_not_says_so(draw: Draw) -> None:
    page = draw("kpis", kpi="cost_per_ticket_<script>")
    assert "There is no KPI" in page.warning[0].value
    assert plain("<script>") in page.warning[0].value
    assert page.selectbox(key="kpi").value == METRICS[0].name


@pytest.mark.parametrize("address", ["promises", "flow", "tickets"])
def test_pages_name_the_days_of_what_they_count(draw: Draw, address: str) -> None:
    told = [caption.value for caption in draw(address, days=["2026-09-01", "2026-09-30"]).caption]
    assert any(" from 1 September 2026 to 30 September 2026" in caption for caption in told)


def test_a_link_to_a_ticket_shows_its_life(draw: Draw, published: DemoHome) -> None:
    with duckdb.connect(str(published.home.published_file), read_only=True) as connection:
        ticket = connection.execute("SELECT ticket_id FROM core.fct_tickets WHERE is_done LIMIT 1").fetchone()
    assert ticket is not None
    page = draw("tickets", ticket=ticket[0])
    assert plain(ticket[0]) in [heading.value for heading in page.header]
    assert page.dataframe


def test_a_ticket_that_is_not_there_is_said(draw: Draw) -> None:
    page = draw("tickets", ticket="jira:<script>alert(1)</script>")
    assert "No published ticket has the id" in page.warning[0].value
    assert not page.exception


def test_a_home_without_a_publication_says_what_to_do(draw: Draw, never_run: DemoHome) -> None:
    page = draw("overview", home=never_run.folder)
    assert "Run 'kpi run'" in page.error[0].value


def test_hostile_names_are_only_names(draw: Draw, clean: DemoHome) -> None:
    """They come from exports, and go through Markdown and SQL."""
    name = "'; DROP TABLE x; -- <script>alert(1)</script> **bold** ![x](http://example.com/x.png) 🎯 فريق"
    with duckdb.connect(str(clean.home.published_file)) as connection:
        connection.execute(
            "UPDATE mart.metric_values SET dimension_value = $1 WHERE dimension_value = 'Facilities'", [name]
        )
        connection.execute("UPDATE core.fct_tickets SET team = $1 WHERE team = 'Facilities'", [name])
        connection.execute("UPDATE core.fct_ticket_intervals SET team = $1 WHERE team = 'Facilities'", [name])
        connection.execute("UPDATE meta.run SET home_name = $1, publication_id = 'hostile'", [name])
    for address in ("overview", "tickets"):
        page = draw(address, home=clean.folder, team=name)
        assert not page.exception
        assert page.multiselect(key="team").value == [name]
        assert "![" not in _texts(page)
        assert "\\!\\[x\\]" in _texts(page)


def test_a_flow_says_which_tickets_it_does_not_follow(draw: Draw, clean: DemoHome) -> None:
    def change(*statements: str) -> str:
        with duckdb.connect(str(clean.home.published_file)) as connection:
            for statement in statements:
                connection.execute(statement)
            connection.execute("UPDATE meta.run SET publication_id = publication_id || '+'")
        page = draw("flow", home=clean.folder)
        assert not page.exception
        return " ".join([_texts(page), *(each.value for each in page.info)])

    some = change("UPDATE core.fct_tickets SET has_history = false WHERE team = 'Facilities'")
    assert "more tickets that came in are not followed here, because only a snapshot of them is known" in some
    assert "Open tickets at the end of" in some
    none = change("UPDATE core.fct_tickets SET has_history = false", "DELETE FROM core.fct_ticket_days")
    assert "what was open at the end of a day, and what went out on it, is not known of any." in none
    assert "Open tickets at the end of" not in none


def test_a_held_kpi_says_why_and_since_when(draw: Draw, clean: DemoHome) -> None:
    with duckdb.connect(str(clean.home.published_file)) as connection:
        connection.execute(
            "UPDATE meta.metrics SET publication_state = 'held', held_reason = 'rule x failed.' WHERE metric = $1",
            [HEADLINES[0].name],
        )
        connection.execute("UPDATE meta.run SET publication_id = 'held'")
    page = draw("overview", home=clean.folder)
    assert any("Held: rule x failed\\. The last good value is as of" in warning.value for warning in page.warning)
    assert "rule x failed." in draw("evidence", home=clean.folder).dataframe[0].value["held_reason"].tolist()


def test_a_kpi_that_was_told_otherwise_before_says_so_unless_it_is_narrowed(draw: Draw, clean: DemoHome) -> None:
    """What was told before is of everything. Names of files go through Markdown."""
    metric = HEADLINES[0].name
    with duckdb.connect(str(clean.home.published_file)) as connection:
        connection.execute(
            """
            INSERT INTO meta.restated_values BY NAME
            SELECT 'r' AS run_id, metric, period_grain, period_start_date, period_end_date,
                TIMESTAMPTZ '2026-11-03 12:00:00+00' AS restated_at, 123.0 AS value_before, value AS value_now, unit,
                1 AS eligible_before_count, 1 AS eligible_now_count, 'files_replaced' AS reason,
                '![x](http://example.com/x.png).csv' AS files_replaced
            FROM mart.metric_values
            WHERE metric = $1 AND dimension = 'overall' AND period_grain = 'month' AND is_period_closed
            """,
            [metric],
        )
        connection.execute("UPDATE meta.run SET publication_id = 'restated'")
    was = format_value(123.0, HEADLINES[0].unit.value, "EUR")
    (said,) = [each.value for each in draw("overview", home=clean.folder).caption if "Told as" in each.value]
    assert said.startswith(plain(f"Told as {was} until 3 November 2026; since then "))
    assert "![" not in said
    narrowed = draw("overview", home=clean.folder, team="Facilities")
    assert not [each for each in narrowed.caption if "Told as" in each.value]


def test_csv_runs_no_formula() -> None:
    rows = pl.DataFrame({"name": [" =1+1", "＠x", "fine", None, "-3"], "amount": [-1, 2, 3, 4, 5]})
    assert neutralise(rows)["name"].to_list() == ["' =1+1", "'＠x", "fine", None, "-3"]
    assert neutralise(rows)["amount"].to_list() == [-1, 2, 3, 4, 5]


def test_the_command_serves_until_it_is_stopped(published: DemoHome) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    kpi = Path(sys.executable).with_name("kpi")
    command = [str(kpi), "dashboard", "--no-open", "--port", str(port), "--home", str(published.folder)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        assert _answer(f"http://127.0.0.1:{port}/_stcore/health") == "ok"
        # It answers a moment before it listens to signals.
        time.sleep(3)
        server.terminate()
        server.wait(timeout=30)
    finally:
        server.kill()
        server.wait()
    with socket.socket() as probe:
        # Nobody is left behind who would keep the port.
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_the_command_says_that_nothing_is_published(never_run: DemoHome) -> None:
    kpi = Path(sys.executable).with_name("kpi")
    command = [str(kpi), "dashboard", "--no-open", "--home", str(never_run.folder)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode != 0
    assert "Nothing is published yet" in ended.stderr


def test_pages_are_functions_that_streamlit_does_not_find_by_folder() -> None:
    """A folder `pages` beside the script would be run as pages of its own."""
    folder = Path(show_overview.__code__.co_filename).parent
    assert folder.name != "pages"


def _answer(address: str) -> str:
    for _ in range(120):
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                return str(answer.read().decode())
        except OSError:
            time.sleep(0.5)
    raise AssertionError(f"{address} does not answer")
