"""Text that comes from exports, shown as it is: pages are written in Markdown, which would run it."""

from __future__ import annotations

from typing import Final

_SPECIAL: Final = frozenset(r"\`*_{}[]()#+-.!|<>~$:&")


def plain(text: object) -> str:
    """Text with everything escaped to which Markdown gives a meaning: emphasis, links, images, formulas, icons."""
    return "".join(f"\\{character}" if character in _SPECIAL else character for character in str(text))
