"""Report and dashboard in a real Chromium: a phone and a desk, light and dark, on paper, and for who cannot see them.

Chromium is the system's (`apt install chromium`, or `KPI_CHROMIUM` names it); Playwright drives it from an environment
of its own. Streamlit's own parts are not ours to draw: what is forgiven to them stands in `_ours`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import duckdb
import pytest
from made_companies import HOSTILE, SLA, Company, publish

from metrics.registry import HEADLINES
from pipelines.dashboard.app import PAGES
from pipelines.report.page import render_report
from pipelines.report.reading import read_facts
from pipelines.words.numbers import format_value

if TYPE_CHECKING:
    from conftest import Tool

    from tests.conftest import CleanRun

pytestmark = [pytest.mark.bi, pytest.mark.slow]

Look = Callable[[list[dict[str, Any]]], list[dict[str, Any]]]

WIDTHS, SCHEMES = (390, 1280), ("light", "dark")
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
#: Streamlit asks below the page's own address first, and then where it was started.
_PROBED = re.compile(r"404 /\w+/_stcore/(health|host-config)")
#: Streamlit writes the values of a filter in white on the theme's colour.
_TAG = "<span title="


@pytest.fixture(scope="session")
def look(tool: Tool) -> Look:
    """Looks at pages, each at one width in one scheme, and says what is wrong with them."""
    python = tool("browser", "python")
    chromium = os.environ.get("KPI_CHROMIUM") or next(filter(None, map(shutil.which, _BROWSERS)), None)
    if chromium is None:
        pytest.skip("Chromium is not installed: `apt install chromium`, or name it in KPI_CHROMIUM")
    program = Path(__file__).with_name("look_at_pages.py")

    def looked(looks: list[dict[str, Any]]) -> list[dict[str, Any]]:
        asked = json.dumps({"chromium": chromium, "looks": looks})
        told = subprocess.run([python, program], input=asked, capture_output=True, text=True, check=False, timeout=1200)
        assert told.returncode == 0, told.stderr[-3000:]
        found: list[dict[str, Any]] = json.loads(told.stdout)
        return found

    return looked


def _everywhere(name: str, url: str, **more: Any) -> list[dict[str, Any]]:
    return [
        {"name": name, "url": url, "width": width, "scheme": scheme, **more}
        for width, scheme in product(WIDTHS, SCHEMES)
    ]


def _faults(found: dict[str, Any]) -> list[str]:
    """What is wrong with a page, in words."""
    faults = [*found["console"], *(f"answered {told}" for told in found["missing"])]
    if found["page_width"] > found["width"]:
        faults.append(f"the page is {found['page_width']} pixels wide")
    for layout, where in ((found, "on the screen"), (found.get("printed", {}), "on paper")):
        faults += [f"cut {where}: {text}" for text in layout.get("cut", ())]
        faults += [f"run into each other {where}: {texts}" for texts in layout.get("collided", ())]
    for violation in found["violations"]:
        if violation["impact"] in ("serious", "critical"):
            faults += [f"{violation['rule']} ({violation['help']}): {place}" for place in violation["places"]]
    return faults


def _by_page(looked: list[dict[str, Any]], faults: Callable[[dict[str, Any]], list[str]]) -> dict[str, list[str]]:
    named = {f"{found['name']} {found['width']} {found['scheme']}": faults(found) for found in looked}
    return {name: found for name, found in named.items() if found}


@pytest.fixture(scope="module")
def report(clean_run: CleanRun, look: Look) -> list[dict[str, Any]]:
    """The latest report, as it opens and with all that is folded, and the index."""
    folder = (clean_run.demo.home.published / "report").resolve()
    latest, index = ((folder / name).as_uri() for name in ("latest.html", "index.html"))
    return look(
        [
            *_everywhere("report", latest, pdf=True),
            *_everywhere("report unfolded", latest, open_all=True, edges=".scroll"),
            *_everywhere("index", index),
        ]
    )


def test_the_report_is_whole_at_every_width_in_both_themes_and_on_paper(report: list[dict[str, Any]]) -> None:
    assert _by_page(report, _faults) == {}
    assert all(len(found["text"]) > 200 for found in report)


def test_the_report_asks_for_nothing_but_itself(report: list[dict[str, Any]]) -> None:
    assert {found["url"] for found in report} == {url for found in report for url in found["requests"]}
    assert all(len(found["requests"]) == 1 for found in report)


def test_the_report_prints_on_a_few_pages(report: list[dict[str, Any]]) -> None:
    printed = [found["pdf_pages"] for found in report if "pdf_pages" in found]
    assert printed
    assert all(3 <= pages <= 20 for pages in printed), printed


def test_a_table_that_goes_on_says_so_at_its_edge(report: list[dict[str, Any]]) -> None:
    """Where a table is as wide as its place, and where a reader has scrolled to its end, there is nothing."""
    edges = [edge for found in report if found["name"] == "report unfolded" for edge in found["edges"]]
    # What hangs over by less than the shadow's width is the space after the last column.
    narrow = [edge for edge in edges if edge["hidden_pixels"] >= 24]
    assert narrow
    assert all(edge["at_start"] > 30 and edge["at_end"] < 10 for edge in narrow), narrow
    whole = [edge for edge in edges if edge["hidden_pixels"] <= 1]
    assert whole
    assert all(edge["at_start"] < 10 for edge in whole), whole


@pytest.fixture(scope="module")
def made_reports(look: Look, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Reports of a company that is large, with names of any kind, of a tiny one, and of one with a held KPI."""
    folder = tmp_path_factory.mktemp("made")
    companies = {
        "large and hostile": Company(teams=200, months=120, tickets=1000, vendors=300, name=HOSTILE),
        "one ticket": Company(),
        "held": Company(teams=2, months=14, held=SLA),
        "nothing yet": None,
    }
    looks = []
    for name, company in companies.items():
        page = folder / f"{name}.html"
        facts = read_facts(publish(page.with_suffix(".duckdb"), company))
        page.write_text(render_report(facts), encoding="utf-8")
        looks += [*_everywhere(name, page.as_uri(), pdf=True), *_everywhere(name, page.as_uri(), open_all=True)]
    return look(looks)


def test_the_report_of_any_company_is_whole_everywhere(made_reports: list[dict[str, Any]]) -> None:
    assert _by_page(made_reports, _faults) == {}
    # What looks like a script in a name is a name.
    assert all("<script>" in found["text"] for found in made_reports if found["name"] == "large and hostile")
    assert all(found["pdf_pages"] <= 20 for found in made_reports if "pdf_pages" in found)


_FAULTY = """<!DOCTYPE html><html><head><title>x</title></head><body><main><h1>x</h1>
<p style="color:#bbb;background:#fff">too faint to read</p>
<p style="width:3rem;overflow:hidden;white-space:nowrap">a sentence that does not fit</p>
<div style="width:2000px">wide</div>
<table><tr><td style="max-width:2rem;white-space:nowrap">reaches over</td><td>its neighbour</td></tr></table>
<svg width="50" height="20" role="img" aria-label="x"><text x="-90" y="9">beside the page</text>
<text x="0" y="9">first label</text><text x="20" y="9">second label</text></svg>
<img src="http://127.0.0.1:9/none.png"><script>console.error('said'); throw new Error('thrown')</script>
</main></body></html>"""

_FAULTS = (
    "error: said",
    "page error: thrown",
    "pixels wide",
    "cut on the screen: p: a sentence",
    "svg text: beside",
    "td: reaches over | td: its neighbour",
    "run into each other on the screen: first label | second label",
    "color-contrast",
    "html-has-lang",
    "image-alt",
    "cut on paper",
)


def test_a_page_with_faults_is_found(look: Look, tmp_path: Path) -> None:
    """So that nothing above passes because nothing was looked at."""
    page = tmp_path / "faulty.html"
    page.write_text(_FAULTY, encoding="utf-8")
    (found,) = look([{"name": "faulty", "url": page.as_uri(), "width": 390, "scheme": "light", "pdf": True}])
    faults = "\n".join(_faults(found))
    for said in _FAULTS:
        assert said in faults
    assert "http://127.0.0.1:9/none.png" in found["requests"]


@contextmanager
def _served(home: Path) -> Iterator[str]:
    """The dashboard of a home; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    kpi = Path(sys.executable).with_name("kpi")
    server = subprocess.Popen(
        [kpi, "dashboard", "--no-open", "--port", str(port), "--home", home],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        address = f"http://127.0.0.1:{port}/"
        _wait_for(f"{address}_stcore/health")
        yield address
    finally:
        server.terminate()
        try:
            server.wait(timeout=30)
        finally:
            server.kill()


def _every_page(address: str) -> list[dict[str, Any]]:
    return [
        look
        for _, name, _, _ in PAGES
        for look in _everywhere(name, address + ("" if name == "overview" else name), settle=True, wait_for="h1")
    ]


@pytest.fixture(scope="module")
def dashboard(clean_run: CleanRun, look: Look) -> list[dict[str, Any]]:
    """Every page of the dashboard, and two with filters that are measured on the spot."""
    with _served(clean_run.demo.folder) as address:
        filters = "?team=Facilities&team=Service%20Desk&priority=P3%20Medium"
        filtered = [
            look
            for name in ("kpis", "tickets")
            for look in _everywhere(f"{name} filtered", f"{address}{name}{filters}", settle=True, wait_for="h1")
        ]
        named = _everywhere("kpis named", f"{address}kpis?kpi={HEADLINES[-1].name}", settle=True, wait_for="h1")
        return look([*_every_page(address), *filtered, *named])


@pytest.fixture(scope="module")
def dashboard_of_many(look: Look, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Every page of a company of 200 teams and ten years, whose names are anything; one KPI by its teams."""
    home = tmp_path_factory.mktemp("many") / "home"
    subprocess.run([Path(sys.executable).with_name("kpi"), "init", home], check=True, capture_output=True)
    company = Company(teams=200, months=120, tickets=1000, vendors=300, name=HOSTILE)
    (home / "published").mkdir(exist_ok=True)
    publish(home / "published" / "kpi.duckdb", company)
    with _served(home) as address:
        by_team = _everywhere("kpis by team", f"{address}kpis?kpi={SLA}", settle=True, wait_for="h1", height=2400)
        return look([*_every_page(address), *by_team])


def _wait_for(address: str) -> None:
    for _ in range(240):
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.5)
    raise AssertionError(f"{address} does not answer")


def _ours(found: dict[str, Any]) -> list[str]:
    """The faults of a page of the dashboard that are not Streamlit's own."""
    probed = [told for told in found["missing"] if _PROBED.fullmatch(told)]
    forgiven = {f"answered {told}" for told in probed}
    not_found = "error: Failed to load resource: the server responded with a status of 404 (Not Found)"
    console = [told for told in found["console"] if told == not_found]
    kept = [fault for fault in _faults(found) if fault not in forgiven and fault != not_found and _TAG not in fault]
    return kept + console[len(probed) :]


def test_no_page_of_the_dashboard_is_cut_faint_or_says_an_error(dashboard: list[dict[str, Any]]) -> None:
    assert _by_page(dashboard, _ours) == {}
    assert {found["name"].split()[0] for found in dashboard} == {name for _, name, _, _ in PAGES}


def test_the_dashboard_of_any_company_is_whole_everywhere(dashboard_of_many: list[dict[str, Any]]) -> None:
    assert _by_page(dashboard_of_many, _ours) == {}
    texts = {found["name"]: found["text"] for found in dashboard_of_many}
    assert not [name for name, text in texts.items() if "Traceback" in text]
    assert "The first 15 and the last 15 of 300." in texts["vendors"]
    # Each line has a name of its own, although all begin alike.
    assert len(re.findall(r"^<script>.*….* 9\d$", texts["kpis by team"], re.MULTILINE)) == 8


def test_an_address_with_a_kpi_shows_that_kpi(dashboard: list[dict[str, Any]]) -> None:
    shown = [found["text"] for found in dashboard if found["name"] == "kpis named"]
    assert len(shown) == len(WIDTHS) * len(SCHEMES)
    assert all(HEADLINES[-1].meaning in text for text in shown)
    others = [found["text"] for found in dashboard if found["name"] == "kpis"]
    assert not any(HEADLINES[-1].meaning in text for text in others)


def test_the_outline_of_the_dashboard_skips_nothing(dashboard: list[dict[str, Any]]) -> None:
    skipped = [found["name"] for found in dashboard for each in found["violations"] if each["rule"] == "heading-order"]
    assert skipped == []


def test_the_dashboard_asks_nobody_else(dashboard: list[dict[str, Any]]) -> None:
    asked = {urlsplit(url).netloc for found in dashboard for url in found["requests"] if urlsplit(url).scheme != "data"}
    assert len(asked - {""}) == 1, asked


def test_the_cards_in_the_browser_show_what_is_published(dashboard: list[dict[str, Any]], published_file: Path) -> None:
    shown = [found["text"] for found in dashboard if found["name"] == "overview"]
    assert len(shown) == len(WIDTHS) * len(SCHEMES)
    with duckdb.connect(str(published_file), read_only=True) as published:
        for metric in HEADLINES:
            found = published.execute(
                f"SELECT value FROM mart.kpi_{metric.name} WHERE period_grain = 'month' AND dimension = 'overall' "
                "AND is_period_closed ORDER BY period_start_date DESC LIMIT 1"
            ).fetchone()
            assert found is not None
            value = format_value(found[0], metric.unit.value, "EUR")
            assert all(re.search(rf"^{re.escape(value)}$", text, re.MULTILINE) for text in shown), value
