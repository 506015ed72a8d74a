"""Where the truth about a KPI lies, in the words that commands, report and dashboard share.

How bounds are found is in `metrics.measuring`; nothing is computed here.
"""

from __future__ import annotations

from typing import Final

from pipelines.words.numbers import format_bounds, format_value

#: Why bounds differ although every record was measured, by KPI.
RESTS: Final = {
    "cost_per_transaction_reporting": "depending on who bears the cost that is unallocated",
    "vendor_recoverable_reporting": "depending on the invoices that are only suspected to be sent twice",
    "vendor_recoverable_duplicate_reporting": "depending on the invoices that are only suspected to be sent twice",
    "vendor_duplicate_at_stake_reporting": "depending on the invoices that are only suspected to be sent twice",
}


def describe_truth(
    metric: str, coverage_ratio: float | None, lower: float | None, upper: float | None, unit: str, currency: str
) -> str:
    """Between which values the truth lies, and where everything was measured, why these differ."""
    told = f"the truth is {format_bounds(lower, upper, unit, currency)}"
    is_one = lower == upper or (
        None not in (lower, upper) and format_value(lower, unit, currency) == format_value(upper, unit, currency)
    )
    rest = RESTS.get(metric, "")
    return f"{told}, {rest}" if rest and coverage_ratio == 1 and not is_one else told
