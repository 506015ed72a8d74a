"""How much of a KPI was measured and where the truth lies, in the words that commands, report and dashboard share.

How bounds are found is in `metrics.measuring`; nothing is computed here.
"""

from __future__ import annotations

from datetime import date
from typing import Final, NamedTuple

from models.tickets import BOUNDED_DURATIONS
from pipelines.words.numbers import format_bounds, format_ratio
from pipelines.words.periods import long_day

_BETWEEN_EXPORTS: Final = "depending on what happened between two exports"
_UNSEEN: Final = "depending on what no export showed"
#: Why bounds differ although every record was measured, by KPI.
RESTS: Final = {
    **{
        f"ticket_{measure}_p{percent}_{clock}_hours": _BETWEEN_EXPORTS
        for measure in BOUNDED_DURATIONS
        for percent in (50, 85, 95)
        for clock in ("business", "calendar")
    },
    # Beside what was never seen, their bounds hold what could not be measured.
    **{
        f"ticket_{part}_p{percent}_{hours}": _UNSEEN
        for part, hours in (
            *(("active_time", "business_hours"), ("queued_time", "business_hours"), ("queued_time", "calendar_hours")),
            *(("waiting_time", "business_hours"), ("waiting_time", "calendar_hours")),
        )
        for percent in (50, 85, 95)
    },
    **{f"ticket_flow_efficiency_{clock}_ratio": _UNSEEN for clock in ("business", "calendar")},
    # A field tells of the last resolution, also where there is one export alone.
    **{
        f"ticket_first_resolution_p{percent}_{clock}_hours": _UNSEEN
        for percent in (50, 85, 95)
        for clock in ("business", "calendar")
    },
    **{
        f"ticket_{counted}_{statistic}_count": _UNSEEN
        for counted in ("reopen", "handoff", "touch")
        for statistic in ("mean", "p95")
    },
    **dict.fromkeys(("ticket_reopen_ratio", "ticket_first_contact_resolution_ratio"), _UNSEEN),
    "ticket_work_in_progress_count": _BETWEEN_EXPORTS,
    **dict.fromkeys(("ticket_backlog_count", "ticket_active_count", "ticket_waiting_count"), _UNSEEN),
    "cost_per_transaction_reporting": "depending on who bears the cost that is unallocated",
    "vendor_recoverable_reporting": "depending on the invoices that are only suspected to be sent twice",
    "vendor_recoverable_duplicate_reporting": "depending on the invoices that are only suspected to be sent twice",
    "vendor_duplicate_at_stake_reporting": "depending on the invoices that are only suspected to be sent twice",
}


class Told(NamedTuple):
    """Of which days of a period data tell, where that is not all of them.

    Attributes:
        since: the first day, if that is later than the period's own; it may lie behind its end.
        until: the last day, if only a chosen as-of closed the period.
    """

    since: date | None = None
    until: date | None = None

    def at_end(self, last_day: date) -> Told:
        """The same of what is counted at the end of a period, as a stock: nothing before its last day matters."""
        return self if self.since is None or self.since > last_day else self._replace(since=None)


#: Of a period that data tell from its beginning to its end.
WHOLE: Final = Told()

#: In the place of a share, where no record was to be counted: the value is then that of nothing, and certain.
_NOTHING_TO_MEASURE: Final = "nothing to measure"


def format_coverage(coverage_ratio: float | None, eligible_count: int | None) -> str:
    """The share of the records that could be measured, for a cell of a table.

    Args:
        eligible_count: records that should count; None where there is no number at all.
    """
    return _NOTHING_TO_MEASURE if eligible_count == 0 else format_ratio(coverage_ratio)


def describe_coverage(coverage_ratio: float | None, eligible_count: int, counted: str = "") -> str:
    """How much could be measured, in a sentence: `95.0 % measured (19 of 20 tickets)`, `there was nothing to measure`.

    Args:
        counted: what stands in brackets.
    """
    if not eligible_count:
        return f"there was {_NOTHING_TO_MEASURE}"
    told = f"{format_ratio(coverage_ratio)} measured"
    return f"{told} ({counted})" if counted else told


def format_truth(lower: float | None, upper: float | None, unit: str, currency: str, told: Told = WHOLE) -> str:
    """Between which values the truth lies, for a cell of a table. Of a period that is told in part they bound what
    there is: nothing is exact of the whole."""
    bounds = format_bounds(lower, upper, unit, currency)
    return bounds if told == WHOLE else f"{bounds.removeprefix('exactly ')} of what there is"


def describe_truth(
    metric: str,
    coverage_ratio: float | None,
    lower: float | None,
    upper: float | None,
    unit: str,
    currency: str,
    told: Told = WHOLE,
) -> str:
    """Between which values the truth lies, and where everything was measured, why these differ.

    Args:
        told: of which days of the period data tell; nothing bounds what happened on others.
    """
    if told != WHOLE:
        until = f" until {long_day(told.until)}" if told.until else ""
        return f"{format_truth(lower, upper, unit, currency, told)}{until}, and unknown of the whole"
    bounds, rest = format_bounds(lower, upper, unit, currency), RESTS.get(metric, "")
    # Of nothing that was to be measured there is no coverage.
    differ = rest and coverage_ratio in (1, None) and not bounds.startswith("exactly ")
    return f"the truth is {bounds}, {rest}" if differ else f"the truth is {bounds}"
