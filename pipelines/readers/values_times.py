"""Text to dates and instants, by formats that must match a value whole.

Every format becomes two things: a pattern that decides whether a value is written that way, and Polars' own format that
computes what it means. The pattern keeps out what lenient parsers let in: `2/6/06` as the year 6, or a prefix.

A wall-clock time that happens twice (clocks set back) means the earlier instant; one that never happens (clocks set
forward) moves forward by the gap, 02:30 to 03:30. Both are told, so that they can be counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl

from data_contracts.time_formats import SPECIAL_FORMATS, TimeFormat, check_format, compile_format
from pipelines.readers.values_text import clean_text

_NAIVE: Final = pl.Datetime("us")
_UTC: Final = pl.Datetime("us", "UTC")
_READING: Final = pl.Struct({"instant": _UTC, "is_ambiguous": pl.Boolean, "is_nonexistent": pl.Boolean})
# Longer than any gap that a zone ever had (Samoa skipped a whole day), so that the time before it is on the old offset.
_BEFORE_ANY_GAP: Final = timedelta(hours=25)
_OFFSET: Final = r"\s*([Zz]|UTC|GMT|[+\-][0-9]{2}(?::?[0-9]{2})?)$"
_NAMES: Final = r"(?i)(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mon|tue|wed|thu|fri|sat|sun)[a-z]+"
_NUMBER: Final = r"^-?[0-9]{1,17}(?:\.[0-9]+)?$"
_DAY_IN_MILLISECONDS: Final = 86_400_000
_EXCEL_EPOCH_DAYS: Final = -25_569
# Serial 60 is the 29 February 1900 that never was; below it spreadsheets disagree by a day. The last is 9999-12-31.
_EXCEL_FIRST: Final = 61
_EXCEL_LAST: Final = 2_958_465


def parse_date(column: pl.Expr, formats: Sequence[str], *, null_tokens: Sequence[str] = ()) -> pl.Expr:
    """Text to Date, the first format that matches a value deciding.

    A time of day or offset that a format holds is read and left out: the date is the one written. A format without a
    day means the first of the month.

    Args:
        formats: strptime formats, or names of `SPECIAL_FORMATS` (of which the epochs give the UTC date).

    Raises:
        ValueError: no format, or one that cannot be used; see `check_format`.
    """
    _check_formats(formats)
    text = clean_text(column, null_tokens=null_tokens)
    return text.map_batches(partial(_read_dates, formats=tuple(formats)), return_dtype=pl.Date, is_elementwise=True)


def read_instant(column: pl.Expr, formats: Sequence[str], zone: str, *, null_tokens: Sequence[str] = ()) -> pl.Expr:
    """Text to a struct of `instant`, `is_ambiguous` and `is_nonexistent`: all three for the price of one.

    Arguments, values and errors are those of `parse_instant`, `is_ambiguous` and `is_nonexistent`.
    """
    _check_formats(formats)
    _check_zone(zone)
    text = clean_text(column, null_tokens=null_tokens)
    read = partial(_read_instants, formats=tuple(formats), zone=zone)
    return text.map_batches(read, return_dtype=_READING, is_elementwise=True)


def parse_instant(column: pl.Expr, formats: Sequence[str], zone: str, *, null_tokens: Sequence[str] = ()) -> pl.Expr:
    """Text to Datetime("us", "UTC"), the first format that matches a value deciding.

    Fractions of a second are kept to the microsecond. `%z` accepts `+0100`, `+01:00`, `+01` and `Z`.

    Args:
        formats: strptime formats, or names of `SPECIAL_FORMATS`.
        zone: IANA zone of the values that have no offset.

    Raises:
        ValueError: no format, one that cannot be used, or an unknown zone.
    """
    return read_instant(column, formats, zone, null_tokens=null_tokens).struct.field("instant")


def is_ambiguous(column: pl.Expr, formats: Sequence[str], zone: str, *, null_tokens: Sequence[str] = ()) -> pl.Expr:
    """True where `parse_instant` had to choose between two instants of one wall-clock time. Never null."""
    return read_instant(column, formats, zone, null_tokens=null_tokens).struct.field("is_ambiguous")


def is_nonexistent(column: pl.Expr, formats: Sequence[str], zone: str, *, null_tokens: Sequence[str] = ()) -> pl.Expr:
    """True where `parse_instant` had to move a wall-clock time that the zone skipped. Never null."""
    return read_instant(column, formats, zone, null_tokens=null_tokens).struct.field("is_nonexistent")


def _read_instants(text: pl.Series, formats: tuple[str, ...], zone: str) -> pl.Series:
    absolute = pl.Series([None], dtype=_NAIVE).new_from_index(0, len(text))
    local = absolute
    for name in formats:
        if text.null_count() == len(text):
            break
        times = _read_times(text, name)
        text = text.set(times.is_not_null(), None)
        if _is_absolute(name):
            absolute = absolute.zip_with(absolute.is_not_null(), times)
        else:
            local = local.zip_with(local.is_not_null(), times)
    instants, is_twice, is_skipped = _place(local, zone)
    instants = instants.zip_with(instants.is_not_null(), absolute.dt.replace_time_zone("UTC"))
    return pl.DataFrame({"instant": instants, "is_ambiguous": is_twice, "is_nonexistent": is_skipped}).to_struct()


def _read_dates(text: pl.Series, formats: tuple[str, ...]) -> pl.Series:
    dates = pl.Series([None], dtype=pl.Date).new_from_index(0, len(text))
    for name in formats:
        if text.null_count() == len(text):
            break
        found = _read_written_dates(text, name)
        text = text.set(found.is_not_null(), None)
        dates = dates.zip_with(dates.is_not_null(), found)
    return dates


def _place(local: pl.Series, zone: str) -> tuple[pl.Series, pl.Series, pl.Series]:
    """Wall-clock times of a zone as UTC instants; which of them happen twice; which never."""
    nowhere = pl.Series([False]).new_from_index(0, len(local))
    if zone == "UTC" or local.null_count() == len(local):
        return local.dt.replace_time_zone("UTC"), nowhere, nowhere
    earliest = local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null").dt.convert_time_zone("UTC")
    latest = local.dt.replace_time_zone(zone, ambiguous="latest", non_existent="null").dt.convert_time_zone("UTC")
    is_twice = (earliest != latest).fill_null(False)
    is_skipped = earliest.is_null() & local.is_not_null()
    if not is_skipped.any():
        return earliest, is_twice, nowhere
    before = (local.set(~is_skipped, None) - _BEFORE_ANY_GAP).dt.replace_time_zone(
        zone, ambiguous="earliest", non_existent="null"
    )
    return earliest.zip_with(~is_skipped, before.dt.convert_time_zone("UTC") + _BEFORE_ANY_GAP), is_twice, is_skipped


def _is_absolute(name: str) -> bool:
    return name in ("epoch_s", "epoch_ms") or (name not in SPECIAL_FORMATS and compile_format(name).has_offset)


def _read_times(text: pl.Series, name: str) -> pl.Series:
    """UTC times for an absolute format, wall-clock times for others, neither with a zone; null if it does not fit."""
    if name in SPECIAL_FORMATS:
        return _read_special(text, name)
    known = compile_format(name)
    matching = text.set(~text.str.contains(known.pattern), None)
    if matching.null_count() == len(matching):
        return matching.cast(_NAIVE)
    if not known.has_time:
        return _strptime(matching, known).cast(_NAIVE)
    if not known.has_offset:
        return _strptime(matching, known)
    offsets = matching.str.extract(_OFFSET, 1)
    distinct = offsets.drop_nulls().unique()
    ahead = offsets.replace_strict(distinct, [_offset_of(each) for each in distinct], return_dtype=pl.Duration("us"))
    return _strptime(matching.str.replace(_OFFSET, ""), known) - ahead


def _read_written_dates(text: pl.Series, name: str) -> pl.Series:
    if name in SPECIAL_FORMATS:
        return _read_special(text, name).dt.date()
    known = compile_format(name)
    matching = text.set(~text.str.contains(known.pattern), None)
    if known.has_offset:
        matching = matching.str.replace(_OFFSET, "")
    return _strptime(matching, known).cast(pl.Date)


def _strptime(matching: pl.Series, known: TimeFormat) -> pl.Series:
    """Values that match a format's pattern, without their offset, as Date or Datetime; null for a 30 February."""
    if known.has_names and matching.str.contains(_NAMES).any():
        matching = matching.str.replace_all(_NAMES, "$1")
    if known.lacks_day:
        matching = matching + " 01"
    if not known.has_time:
        return matching.str.to_date(known.polars, strict=False, exact=True)
    if known.has_comma_fraction:
        matching = matching.str.replace(r",([0-9]{1,9})", ".$1")
    if not known.has_fraction:
        return matching.str.to_datetime(known.polars, time_unit="us", strict=False, exact=True)
    # Polars is several times faster where it knows the width of the fraction, and exports rarely vary it.
    width = _fraction_width(matching)
    fixed = {0: "", 3: ".%3f", 6: ".%6f", 9: ".%9f"}.get(width, "%.f")
    times = matching.str.to_datetime(known.polars.replace("%.f", fixed), time_unit="us", strict=False, exact=True)
    if times.null_count() == matching.null_count():
        return times
    others = matching.set(times.is_not_null(), None)
    return times.zip_with(
        times.is_not_null(), others.str.to_datetime(known.polars, time_unit="us", strict=False, exact=True)
    )


def _fraction_width(matching: pl.Series) -> int:
    """Number of digits after the point of the seconds in the first value."""
    first = matching.drop_nulls().head(1).str.extract(r":[0-9]{2}\.([0-9]+)", 1).fill_null("")
    return len(first[0]) if len(first) else 0


def _offset_of(text: str) -> timedelta:
    if text[0] not in "+-":
        return timedelta(0)
    digits = text[1:].replace(":", "").ljust(4, "0")
    ahead = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return -ahead if text[0] == "-" else ahead


def _read_special(text: pl.Series, name: str) -> pl.Series:
    """Wall-clock times (Excel) or UTC times (epochs), both without a zone."""
    number = text.set(~text.str.contains(_NUMBER), None)
    if name == "excel_serial":
        # A spreadsheet holds a double of days, exact to about a microsecond, and shows milliseconds at best.
        days = number.cast(pl.Float64, strict=False)
        days = days.set(~((days >= _EXCEL_FIRST) & (days < _EXCEL_LAST + 1)), None)
        milliseconds = ((days + _EXCEL_EPOCH_DAYS) * _DAY_IN_MILLISECONDS).round(0).cast(pl.Int64)
        return milliseconds.cast(pl.Datetime("ms")).cast(_NAIVE)
    units = number.cast(pl.Decimal(38, 6), strict=False)
    per_unit = 1_000_000 if name == "epoch_s" else 1_000
    return (units * per_unit).cast(pl.Int64, strict=False).cast(_NAIVE)


def _check_formats(formats: Sequence[str]) -> None:
    if not formats:
        raise ValueError("No format to read times by: name at least one.")
    for name in formats:
        check_format(name)


def _check_zone(zone: str) -> None:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"'{zone}' is no time zone; write an IANA name such as Europe/Amsterdam or UTC.") from error
