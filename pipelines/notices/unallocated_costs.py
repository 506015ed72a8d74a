"""Cost that nobody bears: lines in no pool, months without transactions, and what the pools' drivers leave, with why;
pools that select nothing, which is how a misspelt pattern shows; and months that have no cost line at all.

Only notices: unallocated cost is shown in `fct_cost_allocations` and in the metrics' bounds, so nothing is wrong with
the numbers. Who bears a cost is decided in `metrics.costs.allocation`. What is said of a gap is in
`pipelines.notices.unallocated_cost_words`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from metrics.costs.policy import CostPolicy, Driver, StepDown
from models.vocabulary import NO_VALUE
from pipelines.notices.unallocated_cost_words import TransactionWords, explain_bearer, explain_driver, words_for

if TYPE_CHECKING:
    from pipelines.notices.finding import Notice

_FILE: Final = "policies/costs.yaml"
#: Gaps that are told one by one, those of most money first.
_MOST_GAPS: Final = 5
#: Months that are named of those without cost.
_MOST_MONTHS: Final = 3


@dataclass(frozen=True, slots=True)
class PoolGap:
    """Cost lines that no pool of policies/costs.yaml selects, and what they add up to in the reporting currency."""

    line_count: int
    amount_reporting: Decimal
    all_line_count: int


@dataclass(frozen=True, slots=True)
class TransactionSpan:
    """When transactions were completed, and whether any of them names a team, a service or a vendor.

    Attributes:
        first_date, last_date: None where there is no transaction at all.
        named: of team, service and vendor those that at least one transaction has.
    """

    first_date: date | None = None
    last_date: date | None = None
    named: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class MonthGap:
    """Cost of pools in months before the first or after the last transaction: nobody can bear it.

    Attributes:
        is_before: whether the months are before the first transaction.
        first_month, last_month: first days of the first and last of the months.
    """

    is_before: bool
    amount_reporting: Decimal
    month_count: int
    first_month: date
    last_month: date


@dataclass(frozen=True, slots=True)
class DriverGap:
    """What a pool's cost is in months in which its driver left it, or its bearer had no transaction.

    Attributes:
        team, service, vendor: who is named and has no transaction, only the first of them that is; `(none)` else.
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


@dataclass(frozen=True, slots=True)
class PoolLines:
    """Cost lines that lie in a pool, and the further pools that select them but stand below it.

    Attributes:
        cost_pool: `(none)` where no pool selects them.
        later_pools: separated by commas; None where there is none.
    """

    cost_pool: str
    later_pools: str | None


@dataclass(frozen=True, slots=True)
class UnallocatedCosts:
    """All cost that nobody bears, and what pools select.

    Attributes:
        costless_months: first days of months in which no line lies.
        is_ledger_over_before: whether the last posting is before some of them.
    """

    pool_gap: PoolGap | None = None
    span: TransactionSpan = TransactionSpan()
    month_gaps: tuple[MonthGap, ...] = ()
    driver_gaps: tuple[DriverGap, ...] = ()
    pool_lines: tuple[PoolLines, ...] = ()
    costless_months: tuple[date, ...] = ()
    is_ledger_over_before: bool = False


#: Nothing where every line is in a pool, as where there are no lines.
_POOL_GAP: Final = """
    SELECT count(*) FILTER (matching_pool_count = 0),
           coalesce(sum(amount_reporting) FILTER (matching_pool_count = 0), 0), count(*)
    FROM core.fct_cost_lines WHERE NOT is_quarantined HAVING count(*) FILTER (matching_pool_count = 0) > 0
"""
_POOL_LINES: Final = "SELECT DISTINCT cost_pool, other_cost_pools FROM core.fct_cost_lines ORDER BY ALL"
#: Months in which no line lies, from that of the first line to that of the last posting, or to the last that is over by
#: the clock of the ledger, which '--as-of' may set later; see `metrics.costs.accrual.months_with_cost`.
_COSTLESS_MONTHS: Final = """
    WITH spans AS (
        SELECT DISTINCT date_trunc('month', cost_start_date) AS first, date_trunc('month', cost_end_date) AS last
        FROM core.fct_cost_lines
        WHERE NOT is_quarantined AND amount_reporting IS NOT NULL AND cost_start_date <= cost_end_date
    ), costly AS (
        SELECT DISTINCT unnest(generate_series(first, last, INTERVAL 1 MONTH)) AS month FROM spans
    ), clock AS (
        SELECT date_trunc('month', timezone(?, max(fresh_as_of_at))) - INTERVAL 1 MONTH AS last
        FROM ops.ops_metric_states WHERE metric = 'cost_total_reporting'
    ), reach AS (
        SELECT (SELECT min(month) FROM costly) AS first, greatest(max(posting_date), (SELECT last FROM clock)) AS last,
            max(posting_date) AS last_posting
        FROM core.fct_cost_lines WHERE NOT is_quarantined
    )
    SELECT month::DATE, month > (SELECT last_posting FROM reach)
    FROM (SELECT unnest(generate_series(first, last, INTERVAL 1 MONTH)) AS month FROM reach)
    ANTI JOIN costly USING (month)
    ORDER BY month
"""
_SPAN: Final = f"""
    SELECT min(completed_date), max(completed_date), coalesce(bool_or(team <> '{NO_VALUE}'), false),
           coalesce(bool_or(service <> '{NO_VALUE}'), false), coalesce(bool_or(vendor <> '{NO_VALUE}'), false)
    FROM core.fct_transactions WHERE transaction_count > 0
"""
#: Cost of pools that nobody took. Months that had not begun when the ledger ends are paid in advance, and left out.
_UNTAKEN: Final = f"""
    WITH span AS (
        SELECT date_trunc('month', min(completed_date)) AS first_month, max(completed_date) AS last_date
        FROM core.fct_transactions WHERE transaction_count > 0
    ), untaken AS (
        SELECT allocations.*, period_start_date < first_month AS is_before,
               period_start_date > last_date OR last_date IS NULL AS is_after
        FROM core.fct_cost_allocations AS allocations CROSS JOIN span
        WHERE period_grain = 'month' AND NOT is_allocated AND cost_pool <> '{NO_VALUE}' AND amount_reporting <> 0
          AND period_start_date <= (SELECT max(posting_date) FROM core.fct_cost_lines WHERE NOT is_quarantined)
    )
"""
_MONTH_GAPS: Final = f"""{_UNTAKEN}
    SELECT coalesce(is_before, false), sum(amount_reporting), count(DISTINCT period_start_date),
           min(period_start_date), max(period_start_date)
    FROM untaken WHERE is_before OR is_after GROUP BY ALL ORDER BY ALL
"""
#: One row for each bearer of a pool: the team where one is named, else the service, else the vendor. What else the
#: lines name plays no part in why the cost found nobody, so it does not part the sums either.
_DRIVER_GAPS: Final = f"""{_UNTAKEN}, bearers AS (
        SELECT * REPLACE (
            if(team <> '{NO_VALUE}', '{NO_VALUE}', service) AS service,
            if(team <> '{NO_VALUE}' OR service <> '{NO_VALUE}', '{NO_VALUE}', vendor) AS vendor
        )
        FROM untaken WHERE NOT is_before AND NOT is_after
    )
    SELECT cost_pool, driver, team, service, vendor, sum(amount_reporting), count(DISTINCT period_start_date),
           min(period_start_date), max(period_start_date)
    FROM bearers
    GROUP BY ALL
    ORDER BY sum(abs(amount_reporting)) DESC, cost_pool, team, service, vendor
"""


def read_unallocated(connection: Any, time_zone: str = "UTC") -> UnallocatedCosts:
    """What the build database of `connection` says of cost that nobody bears.

    Args:
        time_zone: the reporting time zone, in which months end.
    """

    def rows(query: str, *parameters: str) -> Iterable[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = connection.execute(query, parameters).fetchall()
        return found

    costless = list(rows(_COSTLESS_MONTHS, time_zone))

    ((first, last, *has),) = rows(_SPAN)
    named = frozenset(name for name, is_named in zip(("team", "service", "vendor"), has, strict=True) if is_named)
    return UnallocatedCosts(
        next((PoolGap(*row) for row in rows(_POOL_GAP)), None),
        TransactionSpan(first, last, named),
        tuple(MonthGap(*row) for row in rows(_MONTH_GAPS)),
        tuple(DriverGap(*row) for row in rows(_DRIVER_GAPS)),
        tuple(PoolLines(*row) for row in rows(_POOL_LINES)),
        tuple(month for month, _ in costless),
        any(is_after for _, is_after in costless),
    )


def find_cost_notices(unallocated: UnallocatedCosts, policy: CostPolicy, currency: str) -> Iterator[Notice]:
    """What to know of money that nobody bears: how much, why, and how to see and place it."""
    # Imported here, so that commands which only read records do not wait for the policies' decoder.
    from pipelines.notices.finding import Notice

    words = words_for(policy.transaction)
    if unallocated.pool_gap is not None:
        yield Notice("cost_in_no_pool", _FILE, _tell_pool_gap(unallocated.pool_gap, currency))
    for message in _tell_idle_pools(unallocated.pool_lines, policy):
        yield Notice("pool_without_lines", _FILE, message)
    if unallocated.costless_months:
        yield Notice("month_without_cost", "ledger", _tell_costless(unallocated, words))
    for gap in unallocated.month_gaps:
        yield Notice("cost_not_taken", _FILE, _tell_month_gap(gap, unallocated.span, words, currency))
    steps = {step.team: step for step in policy.step_down}
    for named in unallocated.driver_gaps[:_MOST_GAPS]:
        why, remedy = _explain(named, steps.get(named.team), unallocated.span, words)
        message = (
            f"{named.amount_reporting:,.2f} {currency} of the pool '{named.cost_pool}' ({named.driver}) stays "
            f"unallocated in {_months(named)}: {why}. {remedy}"
        )
        yield Notice("cost_not_taken", _FILE, message)
    rest = unallocated.driver_gaps[_MOST_GAPS:]
    if rest:
        yield Notice("cost_not_taken", _FILE, _tell_rest(rest, currency))


def _tell_pool_gap(gap: PoolGap, currency: str) -> str:
    lines = "cost line" if gap.all_line_count == 1 else "cost lines"
    return (
        f"{gap.amount_reporting:,.2f} {currency} of cost in {gap.line_count:,} of {gap.all_line_count:,} {lines} is in "
        f"no pool of {_FILE} and stays unallocated. 'kpi query --query cost_lines_and_pools' lists what it is; give it "
        "a pool if you know who bears it."
    )


def _tell_idle_pools(pool_lines: Sequence[PoolLines], policy: CostPolicy) -> Iterator[str]:
    """Pools in which no line lies, where there are lines at all."""
    taking = {lines.cost_pool for lines in pool_lines}
    selecting = {name for lines in pool_lines for name in (lines.later_pools or "").split(", ")}
    for pool in policy.pools if pool_lines else ():
        if pool.id in taking:
            continue
        if pool.id in selecting:
            yield (
                f"The pool '{pool.id}' of {_FILE} has no cost line, because pools above it take all that it selects: "
                "the first one that matches has the line. Move it up if it should have them."
            )
        else:
            yield (
                f"The pool '{pool.id}' of {_FILE} selects no cost line. Look whether its patterns are spelt as the "
                "ledger spells accounts, cost centres, vendors and texts: 'kpi query --query cost_lines_and_pools'."
            )


def _tell_costless(unallocated: UnallocatedCosts, words: TransactionWords) -> str:
    months = unallocated.costless_months
    after = "they are over, by '--as-of'" if unallocated.is_ledger_over_before else "goes on after"
    named = [f"{month:%Y-%m}" for month in months[:_MOST_MONTHS]]
    more = f" and {len(months) - _MOST_MONTHS} more months" if len(months) > _MOST_MONTHS else ""
    return (
        f"No cost line lies in {', '.join(named)}{more}, though the ledger begins before and {after}. What they "
        "cost is not known: the cost of a quarter with one of them has no bounds, and the "
        f"{words.plural} in it are not measured. Land the file that is missing."
    )


def _tell_month_gap(gap: MonthGap, span: TransactionSpan, words: TransactionWords, currency: str) -> str:
    cost = f"{gap.amount_reporting:,.2f} {currency} of cost in {_months(gap)} stays unallocated:"
    counted = f"transactions are {words.plural} here"
    if span.first_date is None or span.last_date is None:
        why = f"{counted}, and there is none"
        return f"{cost} {why}. Land the export that tells of them, or count others by transaction in {_FILE}."
    end, day = ("first", span.first_date) if gap.is_before else ("last", span.last_date)
    return (
        f"{cost} {counted}, and the {end} one was completed on {day}, so that nobody can bear it. It stays so unless "
        f"{'earlier' if gap.is_before else 'later'} ones are still to come, or others are counted by transaction in "
        f"{_FILE}."
    )


def _tell_rest(rest: Sequence[DriverGap], currency: str) -> str:
    amount = sum((gap.amount_reporting for gap in rest), Decimal(0))
    what = "One smaller amount" if len(rest) == 1 else f"{len(rest)} smaller amounts"
    return (
        f"{what}, {amount:,.2f} {currency} together, stay unallocated for like reasons: see the rows of "
        "core.fct_cost_allocations with is_allocated false."
    )


def _months(gap: DriverGap | MonthGap) -> str:
    first, last = f"{gap.first_month:%Y-%m}", f"{gap.last_month:%Y-%m}"
    return first if gap.month_count == 1 else f"{gap.month_count} months from {first} to {last}"


def _explain(gap: DriverGap, step: StepDown | None, span: TransactionSpan, words: TransactionWords) -> tuple[str, str]:
    """Why the cost found no bearer, and what would give it one.

    Args:
        step: by which the gap's team hands on its cost, if it does.
    """
    if step is not None:
        why, remedy = explain_driver(step.driver)
        return f"the team '{step.team}' hands its cost on by {step.driver}, and {why}", remedy
    bearers = (("team", gap.team), ("service", gap.service), ("vendor", gap.vendor))
    for kind, name in bearers:
        if name != NO_VALUE:
            return explain_bearer(kind, name, words, is_ever_named=kind in span.named)
    return explain_driver(Driver(gap.driver))
