"""Columns of records as people read them: what their names say of the unit decides how a value is written."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from pipelines.explaining.exact_numbers import write_count

#: Ends of names that say a unit which the value is written with, or that is said in the title.
_ENDINGS: Final = ("_reporting", "_count", "_hours", "_days", "_ratio", "_date", "_at")


def title_of(name: str) -> str:
    """A column's name in words: `resolved, UTC` for `resolved_at`."""
    title = name
    for ending in _ENDINGS:
        title = title.removesuffix(ending)
    title = title.removesuffix("_id").replace("_", " ")
    return f"{title}, UTC" if name.endswith("_at") else title


def format_cell(name: str, value: Any) -> str:
    """A value of a record, with the digits that a sum over it needs."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name.endswith("_hours"):
        return f"{value:,.4f} h"
    if name.endswith("_microseconds"):
        return f"{value / 3_600_000_000:,.4f} h"
    if name.endswith("_days"):
        return f"{value:,} d"
    if name.endswith(("_reporting", "_original")) and isinstance(value, Decimal):
        whole, _, decimals = f"{value:,.4f}".partition(".")
        return f"{whole}.{decimals.rstrip('0').ljust(2, '0')}"
    if isinstance(value, float):
        return f"{value:,.4f}"
    return write_count(value) if isinstance(value, Decimal) else f"{value:,}" if isinstance(value, int) else str(value)
