"""The data dictionary as one HTML page that needs nothing else: for readers who have no Markdown viewer.

What it says is decided in `metrics.render.dictionary`.
"""

from __future__ import annotations

from html import escape
from itertools import pairwise
from typing import Final

from markdown_it import MarkdownIt

_PAGE: Final = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 62rem; padding: 1rem; }}
code {{ font-size: 0.9em; overflow-wrap: anywhere; }}
div.wide {{ overflow-x: auto; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ border-bottom: 1px solid #8886; padding: 0.3rem 0.6rem; text-align: left; vertical-align: top; }}
h3 {{ border-top: 1px solid #8886; padding-top: 0.8rem; }}
</style>
</head>
<body>
{body}</body>
</html>
"""


def dictionary_page(markdown: str, title: str) -> str:
    """The page.

    Args:
        markdown: the data dictionary as `metrics.render.dictionary` writes it.
        title: what the page is called.
    """
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = reader.parse(markdown)
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            # As the links of the contents name it.
            opening.attrSet("id", inline.content.lower().replace(" ", "-"))
    body = reader.renderer.render(tokens, reader.options, {})
    wide = body.replace("<table>", '<div class="wide"><table>').replace("</table>", "</table></div>")
    return _PAGE.format(title=escape(title), body=wide)
