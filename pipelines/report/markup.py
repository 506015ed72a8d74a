"""HTML in which no text can be anything but text: elements are built, and every text in them is escaped.

A page may load nothing and run nothing, and says so to the browser: names and keys in it come from files of strangers.
What a page shows is in the module of the page.
"""

from __future__ import annotations

from html import escape
from typing import Final

#: The browser itself keeps the page from loading or running anything, whatever should get into it.
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
#: Characters that may stand in a text; others (and what turns the direction of writing) are shown as a stand-in.
_PLAIN: Final = frozenset("\n \u200c\u200d")
_TURNING: Final = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class Html(str):
    """Text that is HTML already. Only this module makes it, and `drawing`, of pictures that it has looked through."""

    __slots__ = ()


def element(tag: str, *children: str, **attributes: str | None) -> Html:
    """An element. Children that are not `Html` are texts, and escaped; attributes always are.

    Args:
        attributes: `class_` for class, `aria_label` for aria-label; one that is None is left out, one that is empty has
            no value.
    """
    written = "".join(
        f" {name.rstrip('_').replace('_', '-')}" + (f'="{escape(shown_text(value), quote=True)}"' if value else "")
        for name, value in attributes.items()
        if value is not None
    )
    return Html(f"<{tag}{written}>{join(*children)}</{tag}>")


def join(*children: str) -> Html:
    """Elements and texts one after the other."""
    return Html("".join(child if isinstance(child, Html) else escape(shown_text(child)) for child in children))


def page(title: str, style: str, *body: Html) -> str:
    """A whole page with its style.

    Args:
        style: CSS of this package; it must not come from anywhere else.
    """
    return (
        "<!DOCTYPE html>\n"
        '<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY, quote=True)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{escape(shown_text(title))}</title>\n<style>\n{style}\n</style>\n</head>\n<body>\n{join(*body)}\n</body>\n</html>\n"
    )


def shown_text(text: str) -> str:
    """A text of others as it may be shown: what cannot be printed, or turns the direction of writing, is replaced.

    What joins letters or keeps them apart stays: Persian is written with it, and signs of several persons are.
    """
    return "".join(
        character if (character.isprintable() or character in _PLAIN) and character not in _TURNING else "\ufffd"
        for character in text.replace("\r\n", "\n").replace("\t", " ")
    )
