"""A gap in instrumentation in sentences for people who know no rule by its name.

They say what lacks what, which KPI is less sure because of it, and what to do. The command `kpi instrumentation`, which
is for those who put it right, is shorter.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from metrics.instrumentation.reasons import EARLIER_INVOICES, ENDED_AT, EXACT_INSTANTS, HISTORY, UNSEEN_CHANGES
from metrics.registry import METRICS
from models.findings import ops_source_arrivals
from models.vocabulary import ClockGap, GapKind
from pipelines.words.instrumentation import describe_place, format_width
from pipelines.words.numbers import count_of, count_records

#: What records lack, by the middle of the name of a gap; others are called as their column is.
_LACKS: Final = {
    HISTORY: "history of status changes",
    ENDED_AT: "instant of resolution or cancellation",
    "reopen_count": "known number of reopenings",
    "touch_count": "public reply and no active status",
    ClockGap.FIRST_RESPONSE.value: "first response that the export tells",
    ClockGap.PAUSES.value: "history of their pauses",
    ClockGap.WHEREABOUTS.value: "sign in the exports of what became of them",
    UNSEEN_CHANGES: "sign of what came and went between two exports",
    EXACT_INSTANTS: "exact instant of their beginning, answer or resolution",
    ClockGap.INSTANTS.value: "exact instant of a response, a resolution or a pause",
    "handoff_count": "team in any of their events",
    "is_sla_met_at_source": "SLA flag of the source",
    EARLIER_INVOICES: "invoices from the beginning of their contracts on",
    "rate_card_variance": "price in one contract alone",
    "credit_ratio": "value to judge their promise by",
    "credit_due": "amount that is due",
    "is_on_time": "promised day",
    "delay_days": "promised or no delivered day",
    "is_on_time_by_first_promise": "first promised day",
    "first_promise_delay_days": "first promised day",
}
_COUNTED: Final = {metric.name: metric.counted_records for metric in METRICS}


def tell_gap(row: Mapping[str, Any], currency: str) -> tuple[str, str]:
    """One row of the instrumentation scorecard: what is missing where and what gets less sure, and what to do."""
    return f"{_tell_records(row)} {_tell_effect(row, currency)}", f"What to do: {row['what_to_do']}"


def _tell_records(row: Mapping[str, Any]) -> str:
    """Which records of which export lack what, and how many they are."""
    rule, failed, all_of_them = row["rule_id"], row["failed_record_count"], row["record_count"]
    if row["table_name"] == ops_source_arrivals.name:
        return f"The export {describe_place(row)} did not come as its contract promises ({rule})."
    records = row["table_name"].replace("_", " ")
    origin = f" from {row['source']}" if row["source"] else ""
    if row["gap_kind"] == GapKind.UNALLOCATED.value:
        return "Some of the cost is borne by nobody."
    if row["gap_kind"] == GapKind.NOT_ATTRIBUTED.value:
        return f"Some {records}{origin} belong to no team, priority, service or vendor ({rule})."
    whole = f"Of {count_records(all_of_them, records)}{origin}" if all_of_them else f"Of the {records}{origin}"
    some = "some" if failed is None else f"{failed:,}"
    is_one = failed == 1
    match row["gap_kind"]:
        case GapKind.NOT_INSTRUMENTED.value:
            lacking = rule.split(".")[1] if rule.count(".") == 2 else rule
            when = f" in {row['metric_period_start_date']:%B %Y}" if row["metric"] else ""
            return f"{whole}{when}, {some} {'has' if is_one else 'have'} no {name_lacking(lacking)}."
        case GapKind.QUARANTINED.value:
            return f"{whole}, {some} {'was' if is_one else 'were'} set aside by the rule {rule}."
        case GapKind.WARNED.value:
            return f"{whole}, {some} broke the rule {rule}, which only warns."
        case _:
            return f"{whole}, {some} broke the rule {rule}."


def name_lacking(lacking: str) -> str:
    """What records lack, in words that follow `no`: the middle of the name of a gap, or a column's subject."""
    return _LACKS.get(lacking, lacking.replace("_", " "))


def _tell_effect(row: Mapping[str, Any], currency: str) -> str:
    """What it does to the KPIs: those that it holds, or the one that shows it best and how many more."""
    if row["held_metric_count"]:
        is_one = row["held_metric_count"] == 1
        held = count_of(row["held_metric_count"], "KPI is", "KPIs are")
        return f"{held} held because of it, and {'shows its' if is_one else 'show their'} last good values."
    if row["metric"] is None:
        return "No KPI of the last months is less sure because of it."
    month = f"{row['metric_period_start_date']:%B %Y}"
    others = row["affected_metric_count"] - 1
    more = f", and {count_of(others, 'more KPI')} with it" if others else ""
    told = f"{row['metric_label']} of {month} is less sure because of it{more}"
    if not row["is_recent"]:
        told = f"It was last seen in {row['last_seen_date']:%B %Y}. {told}"
    return f"{told}{_tell_certainty(row, currency)}."


def _tell_certainty(row: Mapping[str, Any], currency: str) -> str:
    """How much of the KPI is not measured for it, and how far the true value may therefore lie away."""
    parts = []
    if row["metric_lost_coverage_ratio"]:
        unmeasured, records = row["metric_record_count"], _COUNTED.get(row["metric"], "records")
        verb = "is" if unmeasured == 1 else "are"
        parts.append(f"{unmeasured:,} of {count_records(row['metric_eligible_count'], records)} {verb} not measured")
    width, whole, unit = row["metric_width_value"], row["metric_bounds_width_value"], row["metric_unit"]
    if width is None:
        parts.append("how far the true value may lie away is not known")
    elif width:
        of, part = (format_width(value, unit, currency) for value in (whole, width))
        if of != format_width(0.0, unit, currency):
            due = "all" if part == of else part if part != format_width(0.0, unit, currency) else "a trace"
            parts.append(f"the true value lies in a range that is {of} wide, {due} of it because of this")
    return f": {', and '.join(parts)}" if parts else ""
