"""Patterns of policies/costs.yaml: `*` is any text, also none, `?` one character; capitals do not matter."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl


def to_regex(patterns: Iterable[str]) -> str:
    """A regular expression that finds something in a text exactly if the whole text matches one of the patterns.

    A `*` at either end is left out together with its anchor: a text that is only looked for is found several times
    faster than one that the whole value is compared with.
    """
    return f"(?is)(?:{'|'.join(dict.fromkeys(map(_to_alternative, patterns)))})"


def _to_alternative(pattern: str) -> str:
    inner = pattern.strip("*")
    if not inner:
        return "" if pattern else "^$"
    start = "" if pattern.startswith("*") else "^"
    end = "" if pattern.endswith("*") else "$"
    return start + "".join({"*": ".*", "?": "."}.get(char) or pl.escape_regex(char) for char in inner) + end
