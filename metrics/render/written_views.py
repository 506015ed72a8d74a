"""What tells one row from another in views that are written by hand; those with rows of no value are not here."""

from __future__ import annotations

from typing import Final

#: Columns by the view's name, in the schema `mart`.
KEYS_OF_WRITTEN_VIEWS: Final[dict[str, tuple[str, ...]]] = {
    "aging_work": ("ticket_id",),
    "contract_expiries": ("vendor_contract_id",),
    "cumulative_flow": ("day_date", "service"),
    "daily_work_in_progress": ("day_date", "team", "priority", "service", "vendor"),
    "latest_periods": ("metric", "period_grain"),
    "metric_definitions": ("metric",),
    "sla_at_risk": ("ticket_id", "sla_policy", "cycle_number"),
    "vendor_money_to_recover": ("vendor", "month_date"),
}
