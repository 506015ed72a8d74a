"""Which date formats a column is written in, and how sure the order of day and month is.

Candidates come from the shape of the values; each is then tried on all of them by the same expressions that a run uses.
Whether a column is one of dates at all is decided by `column_types`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import polars as pl

from pipelines.readers import values
from pipelines.words.numbers import count_of

_MONTH: Final = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_DAY_NAME: Final = r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*"
_SHAPES: Final[tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]] = tuple(
    (re.compile(pattern, re.IGNORECASE), formats)
    for pattern, formats in (
        (r"\d{4}([-/.])\d{1,2}\1\d{1,2}", ("%Y{0}%m{0}%d",)),
        (r"\d{1,2}([-/. ])\d{1,2}\1\d{4}", ("%d{0}%m{0}%Y", "%m{0}%d{0}%Y")),
        (r"\d{1,2}([-/.])\d{1,2}\1\d{2}", ("%d{0}%m{0}%y", "%m{0}%d{0}%y", "%y{0}%m{0}%d")),
        (rf"\d{{1,2}}([-/. ]?){_MONTH}\1\d{{4}}", ("%d{0}%b{0}%Y",)),
        (rf"\d{{1,2}}([-/. ]?){_MONTH}\1\d{{2}}", ("%d{0}%b{0}%y",)),
        (rf"{_MONTH}( )\d{{1,2}}, ?\d{{4}}", ("%b %d, %Y",)),
        (rf"{_DAY_NAME}, ?\d{{1,2}}( ){_MONTH} \d{{4}}", ("%a, %d %b %Y",)),
        (r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])()", ("%Y%m%d",)),
        (r"(?:19|20)\d\d([-/])(?:0[1-9]|1[0-2])", ("%Y{0}%m",)),
        (rf"{_MONTH}([-/ ])\d{{4}}", ("%b{0}%Y",)),
        (rf"{_MONTH}([-/ ])\d{{2}}", ("%b{0}%y",)),
    )
)
_TIME: Final = re.compile(
    r"(?P<gap>[T ]+)(?P<hour>\d{1,2}):\d\d(?P<seconds>:\d\d(?P<fraction>[.,]\d{1,9})?)?(?P<half> ?[ap]m)?"
    r"(?P<offset> ?(?:Z|UTC|GMT|[+-]\d\d(?::?\d\d)?))?$",
    re.IGNORECASE,
)
_TRIED_SHAPES: Final = 12


@dataclass(frozen=True, slots=True)
class DateReading:
    """How a column of dates can be read.

    Attributes:
        formats: in the order in which to try them.
        parsed: per distinct value, whether one of the formats reads it.
        has_time, has_offset: of all the formats.
        evidence: sentences on how far they reach and what proves the order of day and month.
        rivals: a second reading that fits as well, if day and month cannot be told apart.
        is_mixed: whether some values read day first and others only month first.
    """

    formats: tuple[str, ...]
    parsed: pl.Series
    has_time: bool
    has_offset: bool
    evidence: tuple[str, ...]
    rivals: tuple[str, ...] = ()
    is_mixed: bool = False


def read_dates(texts: pl.Series, counts: pl.Series) -> DateReading | None:
    """Find the formats that read most values of a column.

    Args:
        texts: distinct values, without nulls or padding, the most frequent first.
        counts: how often each occurs.

    Returns:
        None if not even one value looks like a date.
    """
    candidates = _candidates(texts)
    if not candidates:
        return None
    reached = {format_: texts.to_frame("x").select(_parse(format_).is_not_null()).to_series() for format_ in candidates}
    weights = {format_: int(counts.filter(mask).sum()) for format_, mask in reached.items()}
    formats: list[str] = []
    covered = pl.Series([False]).new_from_index(0, len(texts))
    while remaining := {
        each: int(counts.filter(mask & ~covered).sum()) for each, mask in reached.items() if each not in formats
    }:
        # The most values first; at a tie the one that reads more on the whole, then the order of the candidates.
        best = max(remaining, key=lambda each: (remaining[each], weights[each]))
        if remaining[best] == 0:
            break
        formats.append(best)
        covered = covered | reached[best]
    if not formats:
        return None
    has_offset = all("%z" in format_ for format_ in formats)
    has_time = any("%M" in format_ for format_ in formats)
    evidence, rivals, is_mixed = _weigh_order(formats, reached, counts)
    return DateReading(tuple(formats), covered, has_time, has_offset, evidence, rivals, is_mixed)


def _parse(format_: str) -> pl.Expr:
    return values.parse_instant(pl.col("x"), [format_], "UTC")


def _candidates(texts: pl.Series) -> list[str]:
    """Formats by the shapes of the values, the most frequent shapes first."""
    shapes = texts.str.replace_all(r"[0-9]", "9").str.replace_all(r"\p{L}+", "a").to_frame("shape")
    firsts = (
        shapes.with_columns(texts.alias("text"))
        .group_by("shape", maintain_order=True)
        .agg(pl.col("text").first(), pl.len().alias("size"))
        .sort("size", descending=True, maintain_order=True)
    )
    found: dict[str, None] = {}
    tried = 0
    for text in firsts["text"]:
        formats = _formats_of(text)
        tried += bool(formats)
        found.update(dict.fromkeys(formats))
        if tried == _TRIED_SHAPES:
            break
    return _merge_fractions(list(found))


def _formats_of(text: str) -> list[str]:
    time = _TIME.search(text)
    day = text[: time.start()] if time else text
    clock = _clock_of(time) if time else ""
    for pattern, formats in _SHAPES:
        match = pattern.fullmatch(day)
        if match:
            return [format_.format(match.group(1)) + clock for format_ in formats if not clock or "%d" in format_]
    return []


def _clock_of(time: re.Match[str]) -> str:
    clock = time["gap"][0] + ("%I:%M" if time["half"] else "%H:%M")
    if time["seconds"]:
        clock += ":%S"
    if time["fraction"]:
        clock += ",%f" if time["fraction"][0] == "," else "%.f"
    if time["half"]:
        clock += " %p" if time["half"][0] == " " else "%p"
    if time["offset"]:
        word = time["offset"].strip()
        clock += (" " if time["offset"][0] == " " else "") + ("%Z" if word.upper() in ("UTC", "GMT") else "%z")
    return clock


def _merge_fractions(formats: list[str]) -> list[str]:
    """Leave out formats without fractions where one that may hold them does as well."""
    return [each for each in formats if "%.f" in each or each.replace("%S", "%S%.f") not in (set(formats) - {each})]


def _weigh_order(
    formats: list[str], reached: dict[str, pl.Series], counts: pl.Series
) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
    """Evidence for the order of day and month, the rival reading if there is none, and whether both occur."""
    evidence: list[str] = []
    rivals: list[str] = []
    is_mixed = False
    for format_ in formats:
        rival = swap_order(format_)
        if rival is None or rival not in reached:
            continue
        ours = int(counts.filter(reached[format_] & ~reached[rival]).sum())
        theirs = int(counts.filter(reached[rival] & ~reached[format_]).sum())
        first = "day" if is_day_first(format_) else "month"
        if ours and rival in formats:
            is_mixed = True
            evidence.append(f"{count_of(ours, 'value')} can only be {format_} and {theirs:,} only {rival}")
            break
        if ours:
            second = "first" if first == "day" else "second"
            some = "1 of them has" if ours == 1 else f"{ours:,} of them have"
            evidence.append(f"{some} a {second} number above 12 and none the other: {first} first")
        else:
            rivals.append(rival)
    return tuple(evidence), tuple(rivals), is_mixed


def is_day_first(format_: str) -> bool:
    """Whether the day stands before a month in figures."""
    return "%d" in format_ and "%m" in format_ and format_.index("%d") < format_.index("%m")


def swap_order(format_: str) -> str | None:
    """The format with day and month changed; None where that is no other way to write a date."""
    if "%d" not in format_ or "%m" not in format_ or format_.index("%Y" if "%Y" in format_ else "%y") == 0:
        return None
    return format_.replace("%d", "\0").replace("%m", "%d").replace("\0", "%m")
