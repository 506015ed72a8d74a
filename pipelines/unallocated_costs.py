"""Cost that nobody bears: lines in no pool, and what the pools' drivers leave, with why and what would change it.

Only notices: unallocated cost is shown in `fct_cost_allocations` and in the metrics' bounds, so nothing is wrong with
the numbers. Who bears a cost is decided in `metrics.costs.allocation`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from metrics.costs.policy import CostPolicy, Driver, StepDown
from models.vocabulary import NO_VALUE

if TYPE_CHECKING:
    from pipelines.notices import Notice

_FILE: Final = "policies/costs.yaml"
#: Gaps that are told one by one, those of most money first.
_MOST_GAPS: Final = 5


@dataclass(frozen=True, slots=True)
class PoolGap:
    """Cost lines that no pool of policies/costs.yaml selects, and what they add up to in the reporting currency."""

    line_count: int
    amount_reporting: Decimal
    all_line_count: int


@dataclass(frozen=True, slots=True)
class DriverGap:
    """What a pool's cost is in months in which its driver left it, or its bearer had no transaction.

    Attributes:
        team, service, vendor: who is named and has no transaction; `(none)` where nobody is.
        first_month, last_month: first days of the first and last of the months.
    """

    cost_pool: str
    driver: str
    team: str
    service: str
    vendor: str
    amount_reporting: Decimal
    month_count: int
    first_month: date
    last_month: date


#: Nothing where every line is in a pool, as where there are no lines.
POOL_GAP: Final = """
    SELECT count(*) FILTER (matching_pool_count = 0),
           coalesce(sum(amount_reporting) FILTER (matching_pool_count = 0), 0), count(*)
    FROM core.fct_cost_lines WHERE NOT is_quarantined HAVING count(*) FILTER (matching_pool_count = 0) > 0
"""
#: Months that had not begun when the last transaction was completed have nobody who could bear their cost yet.
DRIVER_GAPS: Final = f"""
    SELECT cost_pool, driver, team, service, vendor, sum(amount_reporting), count(DISTINCT period_start_date),
           min(period_start_date), max(period_start_date)
    FROM core.fct_cost_allocations
    WHERE period_grain = 'month' AND NOT is_allocated AND cost_pool <> '{NO_VALUE}' AND amount_reporting <> 0
      AND period_start_date <= (SELECT max(completed_date) FROM core.fct_transactions)
    GROUP BY ALL
    ORDER BY sum(abs(amount_reporting)) DESC, cost_pool, team, service, vendor
"""


def read_pool_gap(rows: Iterable[tuple[Any, ...]]) -> PoolGap | None:
    """What `POOL_GAP` gave."""
    return next((PoolGap(*row) for row in rows), None)


def read_driver_gaps(rows: Iterable[tuple[Any, ...]]) -> tuple[DriverGap, ...]:
    """What `DRIVER_GAPS` gave."""
    return tuple(DriverGap(*row) for row in rows)


def find_cost_notices(
    pool_gap: PoolGap | None, driver_gaps: Sequence[DriverGap], policy: CostPolicy, currency: str
) -> Iterator[Notice]:
    """What to know of money that nobody bears: how much, why, and how to see and place it."""
    steps = {step.team: step for step in policy.step_down}
    # Imported here, so that commands which only read records do not wait for the policies' decoder.
    from pipelines.notices import Notice

    if pool_gap is not None:
        lines = "cost line" if pool_gap.all_line_count == 1 else "cost lines"
        share = f"{pool_gap.line_count:,} of {pool_gap.all_line_count:,} {lines}"
        message = (
            f"{pool_gap.amount_reporting:,.2f} {currency} of cost in {share} is in no pool of {_FILE} and stays "
            "unallocated. 'kpi query --query cost_lines_and_pools' lists what it is; give it a pool if you know who "
            "bears it."
        )
        yield Notice("cost_in_no_pool", _FILE, message)
    for gap in driver_gaps[:_MOST_GAPS]:
        why, remedy = _explain(gap, steps.get(gap.team))
        message = (
            f"{gap.amount_reporting:,.2f} {currency} of the pool '{gap.cost_pool}' ({gap.driver}) stays unallocated in "
            f"{_months(gap)}: {why}. {remedy}"
        )
        yield Notice("cost_not_taken", _FILE, message)
    rest = driver_gaps[_MOST_GAPS:]
    if rest:
        amount = sum((gap.amount_reporting for gap in rest), Decimal(0))
        what = "one smaller amount" if len(rest) == 1 else f"{len(rest)} smaller amounts"
        message = (
            f"{what}, {amount:,.2f} {currency} together, stay unallocated for like reasons: see the rows of "
            "core.fct_cost_allocations with is_allocated false."
        )
        yield Notice("cost_not_taken", _FILE, f"{message[0].upper()}{message[1:]}")


def _months(gap: DriverGap) -> str:
    first, last = f"{gap.first_month:%Y-%m}", f"{gap.last_month:%Y-%m}"
    return first if gap.month_count == 1 else f"{gap.month_count} months from {first} to {last}"


def _explain(gap: DriverGap, step: StepDown | None) -> tuple[str, str]:
    """Why the cost found no bearer, and what would give it one.

    Args:
        step: by which the gap's team hands on its cost, if it does.
    """
    if step is not None:
        why, remedy = _BY_DRIVER[step.driver]
        return f"the team '{step.team}' hands its cost on by {step.driver}, and {why}", remedy
    named = [
        f"{word} '{value}'"
        for word, value in (("team", gap.team), ("service", gap.service), ("vendor", gap.vendor))
        if value != NO_VALUE
    ]
    if named:
        return (
            f"the {named[0]} completed no transaction then",
            f"Look whether tickets write that {named[0].split()[0]} in another way, or name another bearer in {_FILE}.",
        )
    return _BY_DRIVER[Driver(gap.driver)]


_BY_DRIVER: Final[dict[Driver, tuple[str, str]]] = {
    Driver.DIRECT: (
        "its lines name no team, service or vendor",
        f"Give their cost centres a team under cost_centres of {_FILE}, or the pool another driver.",
    ),
    Driver.FIXED_SHARES: (
        "the shares do not add up to 1",
        "Raise them to 1 if all of it is to be borne.",
    ),
    Driver.HEADCOUNT: (
        "no team has headcount there",
        "Add those months to the headcount export.",
    ),
    Driver.RESOLVED_TICKETS: (
        "no team resolved a ticket then",
        "It stays so unless the tickets of those months are still to come.",
    ),
    Driver.ACTIVE_BUSINESS_HOURS: (
        "no team has active business hours there",
        "Look whether the statuses in which people work are mapped to 'active' in policies/statuses.yaml.",
    ),
    Driver.METRIC: (
        "the driving metric has no value for any team there",
        "Look with 'kpi metrics' from when on it has values, or take another driver.",
    ),
}
