"""Numbers as people read them: always with their unit, and change with its direction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Final

#: The least and the greatest value that the truth may have; None where it has no such bound.
Bounds = tuple[float | None, float | None]

NOTHING: Final = "–"
#: Digits after the point beyond which a difference is one of computing.
_MOST_DIGITS: Final = 9
#: Of a change that may have been one for the better or for the worse.
NOT_SURE: Final = "not sure"
_BARS: Final = "▁▂▃▄▅▆▇█"
_GAP: Final = "·"
#: From how many times the value before on a change is told as a multiple: 14,010 % says nothing to most people.
_LEAST_MULTIPLE: Final = 11


def format_value(value: float | None, unit: str, currency: str) -> str:
    """A metric's value with its unit. Nearly all is not written as all, nor hardly any as none.

    Args:
        unit: the metric's.
        currency: code of the reporting currency.
    """
    if value is None:
        return NOTHING
    whole: float = round(value)
    if unit != "ratio" or value == whole:
        return _round(value, unit, currency)
    told, told_whole = format_apart(abs(value), abs(whole), unit, currency)
    # What no digit tells apart is a whole that was computed in parts.
    return _round(whole, unit, currency) if told == told_whole else f"{'-' if value < 0 else ''}{told}"


def _round(value: float, unit: str, currency: str) -> str:
    """A value with its unit, in as many digits as such values have."""
    if unit.endswith("_hours"):
        return f"{value:,.1f} h"
    if unit == "ratio":
        return f"{value * 100:,.1f} %"
    if unit == "count":
        return f"{value:,.0f}" if value.is_integer() else f"{value:,.2f}"  # means and percentiles of counts
    if unit == "days":
        return f"{value:,.1f} d"
    digits = 2 if abs(value) < 10_000 else 0
    return f"{value:,.{digits}f} {currency}"


def format_apart(value: float, other: float, unit: str, currency: str) -> tuple[str, str]:
    """Two different values with their unit, with as many digits as it takes to tell them apart."""
    told, told_other = (_round(each, unit, currency) for each in (value, other))
    scale, (_, blank, suffix) = 100 if unit == "ratio" else 1, told.partition(" ")
    for digits in range(2, _MOST_DIGITS + 1):
        if told != told_other:
            break
        told, told_other = (f"{each * scale:,.{digits}f}{blank}{suffix}" for each in (value, other))
    return told, told_other


def format_bounds(lower: float | None, upper: float | None, unit: str, currency: str) -> str:
    """Between which values the truth lies, with digits that tell them apart; an open end is said, not left out."""
    if lower is None and upper is None:
        return "unbounded"
    if lower is None:
        return f"at most {format_value(upper, unit, currency)}"
    if upper is None:
        told = format_value(lower, unit, currency)
        # No duration and no count is less than nothing: such a bound would only look like one.
        is_least = lower == 0 and (unit.endswith("_hours") or unit in ("days", "count"))
        return f"anywhere from {told} up" if is_least else f"at least {told}"
    low, high = format_apart(lower, upper, unit, currency)
    # What no digit tells apart was computed on two ways.
    return f"exactly {format_value(lower, unit, currency)}" if low == high else f"between {low} and {high}"


def format_points(difference: float | Decimal) -> str:
    """The distance between two ratios in percentage points, without its sign."""
    return f"{abs(difference) * 100:,.1f} points"


def format_change(value: float | None, before: float | None, unit: str) -> str:
    """How a value moved: percentage points for a ratio, else per cent of the value before, or how many times it is.

    Where a number is below zero there is no such percentage, as of a net flow that turns from 12 to -5.
    """
    if value is None or before is None:
        return NOTHING
    if value == before:
        return "no change"
    arrow = "▲" if value > before else "▼"
    if is_slight(value, before, unit):
        return f"{arrow} < 0.1 {'points' if unit == 'ratio' else '%'}"
    if unit == "ratio":
        return f"{arrow} {format_points(value - before)}"
    if before == 0:
        return f"{arrow} from 0"
    if before < 0 or value < 0:
        difference = format_value(abs(value - before), unit, "").strip()
        return f"{arrow} by {difference}"
    if value / before > _LEAST_MULTIPLE:
        return f"{arrow} {value / before:,.0f}-fold"
    return f"{arrow} {abs(value - before) / before * 100:,.1f} %"


def is_slight(value: float, before: float, unit: str) -> bool:
    """Whether a change is less than what `format_change` has digits for: nobody should be told of it as good or bad."""
    if unit == "ratio":
        return abs(value - before) < 0.0005
    return before > 0 and value >= 0 and abs(value - before) / before < 0.0005


def judge_change(
    value: float | None, before: float | None, direction: str, unit: str, *, bounds: Bounds, bounds_before: Bounds
) -> str:
    """`better`, `worse`, or nothing where a metric has no good direction or did not move by what digits tell.

    `not sure` where the truth may have moved the other way, or not at all: the bounds of the two periods overlap.

    Args:
        bounds, bounds_before: between which the truth lies, of the period and of the one before it.
    """
    if value is None or before is None or direction == "neutral" or is_slight(value, before, unit) or value == before:
        return ""
    if not _is_apart(bounds, bounds_before):
        return NOT_SURE
    return "better" if (value > before) == (direction == "up_is_good") else "worse"


def describe_change(
    value: float | None, before: float | None, unit: str, *, bounds: Bounds, bounds_before: Bounds
) -> str:
    """A change, and `not sure` where the truth may have moved the other way, or not at all; for a cell of a table.

    Args:
        bounds, bounds_before: between which the truth lies, of the period and of the one before it.
    """
    change = format_change(value, before, unit)
    if value is None or before is None or value == before or _is_apart(bounds, bounds_before):
        return change
    return f"{change}, {NOT_SURE}"


def _is_apart(bounds: Bounds, others: Bounds) -> bool:
    """Whether all that lies between some bounds is more, or all is less, than all that lies between others."""
    (low, high), (other_low, other_high) = bounds, others
    return (low is not None and other_high is not None and low > other_high) or (
        high is not None and other_low is not None and high < other_low
    )


def format_ratio(ratio: float | None) -> str:
    """A share as a percentage that says 100 % only when nothing is missing, and 0 % only when nothing is there."""
    if ratio is None:
        return NOTHING
    percent = ratio * 100
    if 99.95 <= percent < 100:
        return "> 99.9 %"
    if 0 < percent < 0.05:
        return "< 0.1 %"
    return "100 %" if percent == 100 else f"{percent:,.1f} %"


def format_count(count: int | None) -> str:
    """A count with thousands separated."""
    return NOTHING if count is None else f"{count:,}"


def count_of(count: int, singular: str, plural: str | None = None) -> str:
    """A count with its noun: `1 file`, `1,204 rows`."""
    return f"{count:,} {singular if count == 1 else plural or singular + 's'}"


def count_records(count: int, records: str) -> str:
    """A count of what a KPI counts, whose name is a plural; two kinds of records are never one."""
    if " and " in records:
        return f"{count:,} {records}"
    return count_of(count, f"{records[:-3]}y" if records.endswith("ies") else records.removesuffix("s"), records)


def list_all(words: Sequence[str]) -> str:
    """Words as people list them when all are meant: `a, b and c`."""
    return " and ".join([", ".join(words[:-1]), *words[-1:]]) if len(words) > 1 else "".join(words)


def list_some(words: Sequence[str], most: int) -> str:
    """The first of many words, and how many more there are: `a, b and 12 more`."""
    more = f" and {len(words) - most:,} more" if len(words) > most else ""
    return ", ".join(words[:most]) + more


def format_instant(instant: datetime | None) -> str:
    """An instant to the minute, in UTC."""
    return NOTHING if instant is None else f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def format_month(month: date) -> str:
    """A month's name and year."""
    return f"{month:%b %Y}"


def format_period(start: date, grain: str) -> str:
    """A period by its first day: `Oct 2026`, `Q3 2026`, `W45 2026`, `2026-10-01`."""
    match grain:
        case "quarter":
            return f"Q{(start.month + 2) // 3} {start.year}"
        case "week":
            # As `metrics.periods.Period` names it: after its fourth day, for a week may begin on any day.
            year, week, _ = (start + timedelta(days=3)).isocalendar()
            return f"W{week:02} {year}"
        case "day":
            return str(start)
        case _:
            return format_month(start)


def draw_sparkline(values: Sequence[float | None]) -> str:
    """One bar per value from the least to the greatest, a dot where there is none. All equal is drawn half high."""
    known = [value for value in values if value is not None]
    if not known:
        return _GAP * len(values)
    low, high = min(known), max(known)
    if low == high:
        return "".join(_GAP if value is None else _BARS[3] for value in values)
    scale = (len(_BARS) - 1) / (high - low)
    return "".join(_GAP if value is None else _BARS[round((value - low) * scale)] for value in values)
