"""Opens pages in Chromium and prints what is wrong with them; runs in the environment `.venv-bi-browser`.

It reads `{"chromium": path, "looks": [{"name", "url", "width", "scheme", ...}]}` from its standard input and prints a
finding for each look. What is expected of a page is in the tests. Chromium is the system's; nothing is fetched.
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import axe_playwright_python
from playwright.sync_api import Browser, ConsoleMessage, Page, Response, sync_playwright

_AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
_LAYOUT = Path(__file__).with_name("page_layout.js").read_text(encoding="utf-8")
_HEIGHTS = {390: 844, 1280: 900}


def look(browser: Browser, wanted: dict[str, Any]) -> dict[str, Any]:
    """One page at one width in one colour scheme."""
    width = wanted["width"]
    context = browser.new_context(
        viewport={"width": width, "height": _HEIGHTS.get(width, 900)}, color_scheme=wanted["scheme"], locale="en-GB"
    )
    page = context.new_page()
    told: list[str] = []
    requests: list[str] = []
    missing: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            told.append(f"{message.type}: {message.text}")

    def answered(response: Response) -> None:
        if response.status >= 400:
            missing.append(f"{response.status} {urlsplit(response.url).path}")

    page.on("console", hear)
    page.on("pageerror", lambda error: told.append(f"page error: {error}"))
    page.on("request", lambda request: requests.append(request.url))
    page.on("websocket", lambda socket: requests.append(socket.url))
    page.on("response", answered)
    page.goto(wanted["url"], wait_until="load")
    if wanted.get("wait_for"):
        page.wait_for_selector(wanted["wait_for"], timeout=60_000)
    if wanted.get("settle"):
        _settle(page)
    if wanted.get("open_all"):
        page.evaluate("() => document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    layout = page.evaluate(_LAYOUT, False)
    found = {
        **wanted,
        "console": told,
        "requests": requests,
        "missing": missing,
        **layout,
        "text": page.inner_text("body"),
    }
    found["violations"] = _violations(page)
    if wanted.get("picture"):
        page.screenshot(path=wanted["picture"], full_page=True)
    if wanted.get("pdf"):
        document = page.pdf(format="A4", print_background=True)
        found["pdf_pages"] = len(re.findall(rb"/Type\s*/Page\b", document))
        page.emulate_media(media="print")
        page.set_viewport_size({"width": 680, "height": 960})
        found["printed"] = page.evaluate(_LAYOUT, True)
    context.close()
    return found


def _settle(page: Page) -> None:
    """Wait until an application has drawn everything: its text stays the same for a second."""
    before, same = "", 0
    for _ in range(120):
        page.wait_for_timeout(250)
        busy = page.query_selector('[data-testid="stSkeleton"], [data-testid="stStatusWidget"], [data-stale="true"]')
        now = page.inner_text("body")
        same = same + 1 if now == before and busy is None else 0
        before = now
        if same >= 4:
            return


def _violations(page: Page) -> list[dict[str, Any]]:
    page.evaluate(_AXE)
    result = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [
        {
            "rule": entry["id"],
            "impact": entry["impact"],
            "help": entry["help"],
            "places": [f"{node['target']} {node['html'][:160]}" for node in entry["nodes"]],
        }
        for entry in result["violations"]
    ]


def main() -> None:
    """Look at everything that is asked for."""
    asked = json.load(sys.stdin)
    with sync_playwright() as driver:
        # Chromium refuses its sandbox to root, as whom containers run.
        plain = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = driver.chromium.launch(executable_path=asked["chromium"], args=plain)
        print(json.dumps([look(browser, wanted) for wanted in asked["looks"]]))
        browser.close()


if __name__ == "__main__":
    main()
