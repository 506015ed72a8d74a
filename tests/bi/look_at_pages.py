"""Opens pages in Chromium and prints what is wrong with them; runs in the environment `.venv-bi-browser`.

It reads `{"chromium": path, "looks": [{"name", "url", "width", "scheme", ...}]}` from its standard input and prints a
finding for each look. What is expected of a page is in the tests. Chromium is the system's; nothing is fetched.
"""

from __future__ import annotations

import base64
import json
import os
import re
import sys
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import axe_playwright_python
from playwright.sync_api import Browser, ConsoleMessage, ElementHandle, Page, Response, sync_playwright

_AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
_LAYOUT = Path(__file__).with_name("page_layout.js").read_text(encoding="utf-8")
_HEIGHTS = {390: 844, 1280: 900}


def look(browser: Browser, wanted: dict[str, Any]) -> dict[str, Any]:
    """One page at one width in one colour scheme."""
    width = wanted["width"]
    context = browser.new_context(
        viewport={"width": width, "height": wanted.get("height") or _HEIGHTS.get(width, 900)},
        color_scheme=wanted["scheme"],
        locale="en-GB",
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
    if wanted.get("edges"):
        decoder = context.new_page()
        parts = [part for part in page.query_selector_all(wanted["edges"]) if part.is_visible()]
        found["edges"] = [_look_at_edge(part, decoder) for part in parts]
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


#: Decodes a picture and tells how light its middle column is from top to bottom, and the last but one: 0 to 255.
_LIGHTNESS = """async (picture) => {
  const image = new Image();
  image.src = `data:image/png;base64,${picture}`;
  await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d');
  canvas.drawImage(image, 0, 0);
  const column = (x) => {
    const data = canvas.getImageData(x, 0, 1, image.height).data;
    return Array.from({length: image.height}, (_, y) => (data[4 * y] + data[4 * y + 1] + data[4 * y + 2]) / 3);
  };
  return [column(Math.floor(image.width / 2)), column(image.width - 2)];
}"""


def _look_at_edge(part: ElementHandle, decoder: Page) -> dict[str, Any]:
    """By how much a part of a page is wider than its place, and how far the colour of its right edge is from that of
    its middle, scrolled to either end: 0 to 255, of most of its rows, so that no letter counts.

    Args:
        decoder: an empty page that looks at the picture.
    """
    hidden = part.evaluate("(part) => part.scrollWidth - part.clientWidth")
    apart = []
    for place in ("0", "part.scrollWidth"):
        part.evaluate(f"(part) => {{ part.scrollLeft = {place}; }}")
        middle, edge = decoder.evaluate(_LIGHTNESS, base64.b64encode(part.screenshot()).decode())
        apart.append(abs(median(edge) - median(middle)))
    return {"hidden_pixels": hidden, "at_start": apart[0], "at_end": apart[1]}


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
