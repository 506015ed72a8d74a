"""Which instant the name of a file tells: patterns such as `tickets_%Y-%m-%d.csv`, taken apart.

A pattern is a file's name with the parts of an instant written as in a date format, and `*` or `?` for what varies
besides. What a name's date means as an instant (zone, moment of the day) is decided by the contract's `snapshots`;
computing it does not belong here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from data_contracts.time_formats import compile_format

_DIRECTIVE: Final = re.compile(r"%\.[369]?f|%:z|%-[A-Za-z]|%.")
_WILDCARDS: Final = {"*": ".*", "?": "."}
_COMPRESSION: Final = re.compile(r"\.(gz|zip)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class NamePattern:
    """A pattern taken apart.

    Attributes:
        greedy, lazy: expressions for whole names, with the instant in a group. Where both fit a name with different
            instants, the name is ambiguous.
        time_format: strptime format of the instant.
        has_time: whether it tells a time of day, or only a date.
        has_offset: whether it tells its own offset from UTC, so that no zone is needed.
    """

    greedy: re.Pattern[str]
    lazy: re.Pattern[str]
    time_format: str
    has_time: bool
    has_offset: bool

    def find_instant(self, name: str) -> str | None:
        """The text of the instant in a file's name; None if the name does not follow the pattern, or in two ways.

        An ending of a compression that the pattern leaves out is left out of the name as well.
        """
        for candidate in (name, _COMPRESSION.sub("", name)):
            found, other = self.greedy.fullmatch(candidate), self.lazy.fullmatch(candidate)
            if found and other:
                return found["instant"] if found["instant"] == other["instant"] else None
        return None


@lru_cache(maxsize=64)
def compile_name_pattern(text: str) -> NamePattern:
    """Take a pattern apart.

    Raises:
        ValueError: it has no date, a wildcard stands between the parts of its instant, or a part is not understood.
    """
    directives = list(_DIRECTIVE.finditer(text))
    if not directives:
        raise ValueError(f"'{text}' says nothing of when a file was exported: write its date as in %Y-%m-%d.")
    start, end = directives[0].start(), directives[-1].end()
    prefix, core, suffix = text[:start], text[start:end], text[end:]
    if set(core) & set(_WILDCARDS):
        raise ValueError(f"'{text}': no * or ? may stand between the parts of the instant, {core}.")
    known = compile_format(core)
    if known.lacks_day:
        raise ValueError(f"'{text}' must name the day (%d).")
    instant = f"(?P<instant>{known.pattern.removeprefix('^').removesuffix('$')})"
    # Beside a wildcard or the end of a name, a digit more would belong to the number that was read.
    before = "(?<![0-9])" if not prefix or prefix[-1] in _WILDCARDS else ""
    after = "(?![0-9])" if not suffix or suffix[0] in _WILDCARDS else ""
    greedy = f"{_literal(prefix)}{before}{instant}{after}{_literal(suffix)}"
    lazy = f"{_literal(prefix, '?')}{before}{instant}{after}{_literal(suffix)}"
    return NamePattern(
        re.compile(greedy, re.IGNORECASE | re.DOTALL),
        re.compile(lazy, re.IGNORECASE | re.DOTALL),
        core,
        known.has_time,
        known.has_offset,
    )


def _literal(text: str, hesitation: str = "") -> str:
    """An expression for the part of a pattern that holds no instant; `hesitation` makes its `*` take little."""
    return "".join(
        f"{_WILDCARDS[character]}{hesitation if character == '*' else ''}"
        if character in _WILDCARDS
        else re.escape(character)
        for character in text
    )
