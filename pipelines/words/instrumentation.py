"""A row of the instrumentation scorecard in the words that the command and the report share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.findings import ops_source_arrivals
from models.vocabulary import GapKind
from pipelines.words.numbers import count_of, format_month, format_points, format_ratio, format_value


def describe_place(row: Mapping[str, Any]) -> str:
    """Whose records they are: source and table; of a promise on when data come, the export that made it."""
    if row["table_name"] == ops_source_arrivals.name:
        # <table>.<export>.<what is promised>
        return str(row["rule_id"]).split(".")[1]
    return " ".join(part for part in (row["source"], row["table_name"].replace("_", " ")) if part)


def describe_capture(row: Mapping[str, Any]) -> str:
    """How much is as it should be, and how that moved."""
    if row["captured_ratio"] is None:
        return ""
    change = row["captured_change_ratio"]
    moved = "" if not change else f", {'▲' if change > 0 else '▼'} {format_points(change)}"
    return f"{format_ratio(row['captured_ratio'])} captured{moved}"


def describe_records(row: Mapping[str, Any]) -> str:
    """How many records lack it."""
    failed, records = row["failed_record_count"], row["record_count"]
    if failed is None:
        return ""
    verb = {
        GapKind.QUARANTINED.value: "set aside",
        GapKind.NOT_INSTRUMENTED.value: "not told",
    }.get(row["gap_kind"], "broke it")
    return f"{failed:,} of {count_of(records, 'record')} {verb}" if records else f"{failed:,} {verb}"


def describe_effect(row: Mapping[str, Any], currency: str) -> str:
    """What it does to the KPIs: those that it holds, or the one that shows it best and how many more."""
    if row["held_metric_count"]:
        held = count_of(row["held_metric_count"], "KPI")
        return f"holds {held}: their last good values stay"
    if row["metric"] is None:
        # A value that is missing may be due to a broken rule all the same, and is counted where the value is named.
        return "no gap of a KPI is counted here; a value that it leaves missing in the last months has a row of its own"
    month, unit = format_month(row["metric_period_start_date"]), row["metric_unit"]
    lost = row["metric_lost_coverage_ratio"]
    counted = f" ({row['metric_record_count']:,} of {row['metric_eligible_count']:,})"
    coverage = f"takes {format_ratio(lost).replace(' %', ' points')} of coverage{counted}" if lost else ""
    width, whole = row["metric_width_value"], row["metric_bounds_width_value"]
    if width is None:
        # Records that are measured, though not exactly, take no bound away: those that are not measured do.
        bounds = "a bound is missing" if lost else "may move the bound that it has, and is not why the other is missing"
    elif width == 0:
        bounds = "its bounds do not move"
    else:
        bounds = _describe_part(width, whole, unit, currency)
    more = row["affected_metric_count"] - 1
    others = f"; {more} more {'KPI' if more == 1 else 'KPIs'}" if more else ""
    told = " and ".join(part for part in (coverage, bounds) if part)
    stopped = "" if row["is_recent"] else f"last seen in {format_month(row['last_seen_date'])}; "
    return f"{stopped}{row['metric_label']}, {month}{_describe_reach(row)}: {told}{others}"


def _describe_reach(row: Mapping[str, Any]) -> str:
    """Until when the KPI's months are closed; its last months are counted back from there."""
    closed = row["metric_last_closed_date"]
    if closed is None:
        return " (no month is closed yet)"
    if closed == row["metric_period_start_date"]:
        return " (its last closed month)"
    return f" (its last closed month is {format_month(closed)})"


def _describe_part(width: float, whole: float, unit: str, currency: str) -> str:
    """Which part of the distance between a KPI's bounds is due to it; what would be shown as 0 is said to be less."""
    nothing = format_width(0.0, unit, currency)
    part, of = format_width(width, unit, currency), format_width(whole, unit, currency)
    if of == nothing:
        return f"makes its bounds differ, by less than {_least_shown(unit, currency)}"
    if part == nothing:
        return f"makes less than {_least_shown(unit, currency)} of the {of} between its bounds"
    return f"makes {'all' if part == of else part} of the {of} between its bounds"


def _least_shown(unit: str, currency: str) -> str:
    """The smallest distance that is not shown as 0."""
    tenths = unit.endswith("_hours") or unit == "days"
    return format_width(0.1 if tenths else 0.001 if unit == "ratio" else 0.01, unit, currency)


def format_width(width: float | None, unit: str, currency: str) -> str:
    """A distance between two values; of ratios in percentage points."""
    if width is not None and unit == "ratio":
        return format_points(width)
    return format_value(width, unit, currency)


def format_added(width: float | None, unit: str, currency: str) -> str:
    """What a gap adds to a distance: what is too small for its digits is not written as nothing."""
    told = format_width(width, unit, currency)
    is_too_small = bool(width) and told == format_width(0.0, unit, currency)
    return f"< {_least_shown(unit, currency)}" if is_too_small else told
