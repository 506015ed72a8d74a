"""Names of columns as people read them at the head of a table: words, and the unit that the name declares.

The words come from the names, which are full words and end in their unit (`models.vocabulary`); here is only how a name
is read, and the few that would be read wrongly. What a column means stands where it is declared.
"""

from __future__ import annotations

from typing import Final

#: Names that do not say by themselves what people call it.
_CALLED: Final = {
    "affected_metric_count": "KPIs that lose coverage",
    "affected_metrics": "KPIs that lose coverage",
    "currency_code": "Currency",
    "dimension": "By",
    "dimension_value": "Of",
    "eligible_count": "Records that should count",
    "failed_count": "Records that break it",
    "failed_record_count": "Records that break it",
    "evaluated_count": "Records judged",
    "fix_rank": "Order",
    "handoff_count": "Handoffs",
    "held_reason": "Held because",
    "interval_number": "Stretch",
    "is_certain": "Sure, whatever is not measured",
    "is_period_closed": "Closed",
    "is_quarantined": "Set aside",
    "label": "KPI",
    "lower_bound": "At least",
    "measured_count": "Records measured",
    "metric": "Metric",
    "metric_label": "KPI",
    "over_hours": "Over the promise, hours",
    "period_grain": "Period",
    "period_start_date": "From",
    "period_end_date": "To",
    "previous_period_start_date": "Compared with the period from",
    "reopen_count": "Times reopened",
    "sla_policy": "SLA policy",
    "target": "Promise",
    "target_hours": "Promised, hours",
    "target_state": "Met or missed",
    "target_value": "Target",
    "told_from_date": "Told only from",
    "unmeasured_count": "Cases not measured",
    "upper_bound": "At most",
}
#: Names without their unit that would be read wrongly.
_MEANT: Final = {
    "counted_from_date": "Counted from",
    "counted_to_date": "Counted to",
    "duplicate_invoice": "Billed twice",
    "first_month_date": "First month",
    "last_month_date": "Last month",
    "over_billing": "Billed above contract",
    "recoverable": "To recover",
}
#: Ends of names, and what stands after the comma for them. The longer of two that fit comes first.
_UNITS: Final = (
    ("_business_microseconds", "business hours"),
    ("_calendar_microseconds", "calendar hours"),
    ("_microseconds", "hours"),
    ("_business_hours", "business hours"),
    ("_calendar_hours", "calendar hours"),
    ("_hours", "hours"),
    ("_calendar_days", "calendar days"),
    ("_days", "days"),
    ("_ratio", "%"),
    ("_reporting", "{currency}"),
    ("_original", "original currency"),
    ("_at", "{zone}"),
)
#: Beginnings that say what kind of value it is, which one sees.
_BEGINNINGS: Final = ("is_", "has_")
_CAPITALS: Final = {"sla": "SLA", "kpi": "KPI", "fx": "FX", "sql": "SQL", "url": "URL"}


def heading_of(name: str, *, currency: str = "reporting currency", zone: str = "UTC") -> str:
    """What stands above a column: `Cycle time, business hours`, `Amount, EUR`, `Created, Europe/Amsterdam`.

    Args:
        name: the column's.
        currency: code of the reporting currency.
        zone: time zone in which instants are shown.
    """
    if name in _CALLED:
        return _CALLED[name]
    unit = ""
    for end, told in _UNITS:
        if name.endswith(end) and len(name) > len(end):
            name, unit = name.removesuffix(end), told.format(currency=currency, zone=zone)
            break
    called = _MEANT.get(name) or _spell(name)
    return f"{called}, {unit}" if unit else called


def _spell(name: str) -> str:
    # Of "posting date" and "line count" the last word tells what it is; of "rule id" it does not.
    name = name.removesuffix("_id") or name
    for beginning in _BEGINNINGS:
        name = name.removeprefix(beginning)
    words = [_CAPITALS.get(word, word) for word in name.split("_") if word]
    told = " ".join(words)
    return told[:1].upper() + told[1:]
