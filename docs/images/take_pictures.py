"""Take `report.png` and `dashboard.png`: the first page of the report, and the dashboard with two teams chosen.

Run it in the environment `.venv-bi-browser` on a home of `kpi demo`; CONTRIBUTING.md has the commands. Chromium is the
system's; `KPI_CHROMIUM` names it if it is called otherwise.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from playwright.sync_api import Browser, sync_playwright

IMAGES: Final = Path(__file__).parent
_KPI: Final = IMAGES.parent.parent / ".venv" / "bin" / "kpi"
_TEAMS: Final = ("Service Desk", "Facilities")
_REPORT_SIZE, _DASHBOARD_SIZE = (1100, 1330), (1280, 900)


def take_report(browser: Browser, home: Path) -> None:
    """The first page of the latest report."""
    width, height = _REPORT_SIZE
    page = browser.new_context(viewport={"width": width, "height": height}).new_page()
    page.goto((home / "published" / "report" / "latest.html").resolve().as_uri())
    page.screenshot(path=IMAGES / "report.png")


def take_dashboard(browser: Browser, home: Path) -> None:
    """The first page of the dashboard, with two teams chosen."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    served = subprocess.Popen([_KPI, "dashboard", "--no-open", "--port", str(port), "--home", str(home)])
    try:
        width, height = _DASHBOARD_SIZE
        page = browser.new_context(viewport={"width": width, "height": height}).new_page()
        _open(page, f"http://127.0.0.1:{port}/?{urlencode([('team', team) for team in _TEAMS])}")
        page.screenshot(path=IMAGES / "dashboard.png")
    finally:
        served.terminate()
        served.wait()


def _open(page, address: str) -> None:  # type: ignore[no-untyped-def]
    """Open the address when somebody answers there, and wait until charts are drawn."""
    for _ in range(120):
        try:
            page.goto(address)
            break
        except Exception:  # nobody listens yet
            page.wait_for_timeout(500)
    page.wait_for_selector("canvas, svg.marks", timeout=120_000)
    page.wait_for_timeout(5_000)


def main() -> None:
    """Take both pictures."""
    home = Path(sys.argv[1])
    chromium = os.environ.get("KPI_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    plain = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=plain)
        take_report(browser, home)
        take_dashboard(browser, home)
        browser.close()


if __name__ == "__main__":
    main()
