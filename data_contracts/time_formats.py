"""What a strptime format means: the pattern of the values that follow it, and Polars' spelling of it.

Only what exports use and what means one thing is understood; anything else is an error for the contract's author. Month
and day names are English. Two-digit years from 70 on are of the 1900s, lower ones of the 2000s.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

#: Names that stand for a format: seconds or milliseconds since 1970 in UTC, and days as spreadsheets count them.
SPECIAL_FORMATS: Final = ("epoch_s", "epoch_ms", "excel_serial")

_MONTHS: Final = ("january february march april may june july august september october november december").split()  # noqa: SIM905
_DAYS: Final = "monday tuesday wednesday thursday friday saturday sunday".split()  # noqa: SIM905


def _names(words: list[str]) -> str:
    return rf"(?i:{'|'.join([*words, *(word[:3] for word in words)])})"


_TWO_DIGIT_HOUR: Final = "(?:[01]?[0-9]|2[0-3])"
_TWELVE_HOUR: Final = "(?:0?[1-9]|1[0-2])"
# Directive -> (pattern of its values, Polars' spelling). Leading zeros are optional except where digits run together.
_DIRECTIVES: Final[dict[str, tuple[str, str]]] = {
    "%Y": ("[0-9]{4}", "%Y"),
    "%y": ("[0-9]{2}", "%y"),
    "%m": ("(?:0?[1-9]|1[0-2])", "%m"),
    "%d": ("(?:0?[1-9]|[12][0-9]|3[01])", "%d"),
    "%b": (rf"(?:{_names(_MONTHS)}|(?i:sept))", "%b"),
    "%a": (_names(_DAYS), "%a"),
    "%H": (_TWO_DIGIT_HOUR, "%H"),
    "%I": (_TWELVE_HOUR, "%I"),
    "%M": ("[0-5][0-9]", "%M"),
    "%S": ("[0-5][0-9]", "%S"),
    "%.f": (r"(?:\.[0-9]{1,9})?", "%.f"),
    ".%f": (r"\.[0-9]{1,9}", "%.f"),
    ",%f": (r",[0-9]{1,9}", "%.f"),
    "%p": ("(?i:am|pm)", "%p"),
    "%z": (r"(?:[Zz]|[+\-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)", ""),
    "%Z": ("(?:UTC|GMT|[Zz])", ""),
    "%%": ("%", "%%"),
}
_SPELLINGS: Final = {
    "%e": "%d", "%-d": "%d", "%-m": "%m", "%k": "%H", "%-H": "%H", "%l": "%I", "%-I": "%I", "%P": "%p",
    "%B": "%b", "%h": "%b", "%A": "%a", "%:z": "%z", "%.3f": "%.f", "%.6f": "%.f", "%.9f": "%.f",
}  # fmt: skip
_SHORTHANDS: Final = {"%F": "%Y-%m-%d", "%T": "%H:%M:%S", "%R": "%H:%M", "%D": "%m/%d/%y"}
_TOKEN: Final = re.compile(r"[.,]%f|%\.[369]?f|%:z|%-[A-Za-z]|%.|\s+|.", re.DOTALL)
_DATE_PARTS: Final = {"%Y": "year", "%y": "year", "%m": "month", "%b": "month", "%d": "day"}
# Directives whose digits run together without a separator need their leading zeros.
_DIGITS: Final = frozenset({"%Y", "%y", "%m", "%d", "%H", "%I", "%M", "%S"})


@dataclass(frozen=True, slots=True)
class TimeFormat:
    """A format taken apart.

    Attributes:
        pattern: regular expression that a value must match as a whole.
        polars: the format in Polars' spelling, without the offset.
        has_time: whether it holds an hour.
        has_offset: whether values end in their own offset from UTC.
        has_names: whether month or weekday names occur, which Polars reads by their first three letters.
        has_fraction: whether fractions of a second may occur.
        has_comma_fraction: whether a comma separates them, which Polars reads as a point.
        lacks_day: whether values name a month only; " 01" is to be appended, as `polars` expects.
    """

    pattern: str
    polars: str
    has_time: bool
    has_offset: bool
    has_names: bool
    has_fraction: bool
    has_comma_fraction: bool
    lacks_day: bool


def check_format(text: str) -> None:
    """Check that values can be read by a format.

    Raises:
        ValueError: says what is wrong with it and what to write.
    """
    if text not in SPECIAL_FORMATS:
        compile_format(text)


def tells_offset(text: str) -> bool:
    """Whether values of a format say their own offset from UTC, so that no time zone is needed to read them."""
    try:
        return text.startswith("epoch_") or compile_format(text).has_offset
    except ValueError:
        return False


def tells_time(text: str) -> bool:
    """Whether values of a format tell a time of day, and not only a date."""
    return text in SPECIAL_FORMATS or compile_format(text).has_time


@lru_cache(maxsize=256)
def compile_format(text: str) -> TimeFormat:
    """Take a strptime format apart.

    Raises:
        ValueError: an unknown directive, a repeated one, or too few to make a date.
    """
    expanded = re.sub("%[FTRD]", lambda match: _SHORTHANDS[match.group()], text.strip())
    tokens = [_SPELLINGS.get(token, token) for token in _TOKEN.findall(expanded)]
    directives = [token for token in tokens if "%" in token]
    _check_directives(text, directives)

    pattern, spelled = "", ""
    for before, token, after in zip(["", *tokens], tokens, [*tokens[1:], ""], strict=False):
        if token in _DIRECTIVES:
            values, spelling = _DIRECTIVES[token]
            runs_on = token in _DIGITS and (before in _DIGITS or after in _DIGITS)
            pattern += _with_zeros(values) if runs_on else values
            spelled += spelling
        elif token.isspace():
            pattern += r"\s+"
            spelled += " "
        else:
            pattern += re.escape(token)
            spelled += token
    lacks_day = "%d" not in directives
    return TimeFormat(
        pattern=f"^{pattern}$",
        polars=f"{spelled.rstrip()} %d" if lacks_day else spelled.rstrip(),
        has_time="%M" in directives,
        has_offset="%z" in directives or "%Z" in directives,
        has_names="%b" in directives or "%a" in directives,
        has_fraction="%.f" in spelled,
        has_comma_fraction=",%f" in directives,
        lacks_day=lacks_day,
    )


def _with_zeros(pattern: str) -> str:
    """The pattern with leading zeros obligatory: without separators there is no other way to tell digits apart."""
    return pattern.replace("0?", "0").replace("[01]?", "[01]")


def _check_directives(text: str, directives: list[str]) -> None:
    for directive in directives:
        if directive not in _DIRECTIVES:
            known = " ".join(sorted(key for key in {*_DIRECTIVES, *_SPELLINGS, *_SHORTHANDS} if key.startswith("%")))
            raise ValueError(f"'{text}': {directive} is not understood in a date format; there are {known}.")
    named = [_DATE_PARTS[directive] for directive in directives if directive in _DATE_PARTS]
    if len(named) != len(set(named)) or not {"year", "month"} <= set(named):
        raise ValueError(f"'{text}' must name the year and the month once, and the day if there is one.")
    clock = {directive for directive in directives if directive in ("%H", "%I", "%M", "%S", "%p")}
    if ("%S" in clock and "%M" not in clock) or bool(clock & {"%H", "%I"}) != ("%M" in clock):
        raise ValueError(f"'{text}' must name hour and minute together: %H:%M.")
    if ("%I" in clock) != ("%p" in clock) or {"%H", "%I"} <= clock:
        raise ValueError(f"'{text}': a twelve-hour clock is %I together with %p; %H is the hour of 24.")
    if clock and "day" not in named:
        raise ValueError(f"'{text}' names a time of day but no day (%d).")
    offsets = [directive for directive in directives if directive in ("%z", "%Z")]
    if offsets and (not clock or directives[-1] != offsets[0] or len(offsets) > 1):
        raise ValueError(f"'{text}': the offset (%z) belongs at the end of a time, once.")
