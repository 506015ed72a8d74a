"""Money beside the headlines: budget, what vendors owe, how they score, and which contracts want a decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from models.vocabulary import NO_VALUE, Grain
from pipelines.report.charts import Bar, bar_chart
from pipelines.report.completeness import notes
from pipelines.report.facts import BUDGET_IS_OF, RECOVERABLE_IS_OF, ReportFacts
from pipelines.report.figures import Figure, Section, Table
from pipelines.words.numbers import NOTHING, count_of, format_ratio
from pipelines.words.periods import long_day
from pipelines.words.recoverables import describe_nothing, describe_unmeasured

_MOST_ROWS: Final = 8
_PARTS: Final = (
    ("over_billing_reporting", "above contract", "red"),
    ("duplicate_invoice_reporting", "billed twice", "amber"),
    ("service_credit_reporting", "credits", "blue"),
)


def money_section(facts: ReportFacts) -> Section:
    """Budget and vendors."""
    made = (_budget(facts), _recoverable(facts), _scorecards(facts), _deadlines(facts))
    return Section("money", "Budget and vendors", [figure for figure in made if figure is not None])


def recoverable_total(facts: ReportFacts) -> Decimal | None:
    """What is to be recovered from all vendors; None if nothing is told of it."""
    rows = facts.rows("recoverable")
    return sum((row["recoverable_reporting"] for row in rows if row["recoverable_reporting"]), Decimal(0)) or None


def recoverable_at_least(facts: ReportFacts) -> Decimal:
    """What is to be recovered in any case: without what is only suspected, such as invoices that may be sent twice."""
    rows = facts.rows("recoverable")
    return sum((row["at_least_reporting"] for row in rows if row["at_least_reporting"]), Decimal(0))


def recoverable_months(facts: ReportFacts) -> str:
    """Of which months that is: `over the twelve months to October 2026`, the last that report and data have passed."""
    return f"over {_twelve_months(facts)}"


def _twelve_months(facts: ReportFacts) -> str:
    return f"the twelve months to {facts.rows('recoverable')[0]['counted_to_date']:%B %Y}"


def months_beside(facts: ReportFacts) -> tuple[str, ...]:
    """Why the KPI of one period is less than what is to be recovered, where both are told."""
    total, period = recoverable_total(facts), facts.period_of(RECOVERABLE_IS_OF)
    row = facts.numbers.get(RECOVERABLE_IS_OF)
    if not total or period is None or row is None or row["value"] is None:
        return ()
    told = f"{row['label']} is here what came up in {period.label} alone"
    return (f"{told}; of {_twelve_months(facts)} it comes to {total:,.2f} {facts.publication.currency}.",)


def _budget(facts: ReportFacts) -> Figure | None:
    rows, period = facts.rows("budget"), facts.period_of(BUDGET_IS_OF)
    if not rows or period is None:
        return None
    currency = facts.publication.currency
    actual, budget, variance = (
        sum((row[f"{name}_reporting"] or Decimal(0) for row in rows), Decimal(0))
        for name in ("actual", "budget", "variance")
    )
    told = f"{actual:,.2f} {currency} were spent in {period.label} of a budget of {budget:,.2f}: "
    told += f"{_more_or_less(variance)}."
    largest = sorted(rows, key=lambda row: -abs(row["variance_reporting"] or 0))
    return Figure(
        id="budget",
        title=f"Actual cost against budget in {period.label}, in {currency}",
        sentences=(told, *_without_budget(rows), *notes(facts, BUDGET_IS_OF)),
        table=Table(
            ("account", "team", "actual", "budget", "variance"),
            tuple(
                (f"{row['cost_centre'] or NOTHING}/{row['account'] or NOTHING}", row["team"] or NO_VALUE,
                 _money(row["actual_reporting"]), NOTHING if _has_no_budget(row) else _money(row["budget_reporting"]),
                 _money(row["variance_reporting"]))
                for row in largest
            ),
            frozenset({"actual", "budget", "variance"}),
            most_rows=_MOST_ROWS,
        ),
        is_table_open=True,
        answer=facts.answers["budget"],
        metrics=("cost_budget_variance_ratio",),
    )  # fmt: skip


def _has_no_budget(row: Mapping[str, Any]) -> bool:
    """Whether no budget line is of what a row is of; a budget of 0 is one."""
    return bool(row["unbudgeted_month_count"] == row["month_count"])


def _more_or_less(variance: Decimal) -> str:
    return f"{abs(variance):,.2f} {'more' if variance > 0 else 'less'}" if variance else "as much as planned"


def _without_budget(rows: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """What of the variance is spending that nobody planned, and what is left of it where there was a plan."""
    unplanned = [row for row in rows if _has_no_budget(row)]
    if not unplanned:
        return ()
    planned = [row for row in rows if not _has_no_budget(row)]
    outside = sum((row["actual_reporting"] for row in unplanned), Decimal(0))
    spent, budget = (sum((row[f"{name}_reporting"] for row in planned), Decimal(0)) for name in ("actual", "budget"))
    where = f"{len(unplanned):,} of {count_of(len(rows), 'account by team', 'accounts by team')}"
    return (
        f"For {where} no budget was made; {outside:,.2f} were spent there, all of it over budget.",
        f"Where one was made, {spent:,.2f} were spent of {budget:,.2f}: {_more_or_less(spent - budget)}.",
    )


def _recoverable(facts: ReportFacts) -> Figure | None:
    known = facts.rows("recoverable")
    rows = [row for row in known if row["recoverable_reporting"]]
    if not rows and not any(row["unmeasured_count"] for row in known):
        return None
    currency = facts.publication.currency
    bars = [
        Bar(row["vendor"] or NO_VALUE, float(row[column]), group=name, color=colour)
        for row in rows[:_MOST_ROWS]
        for column, name, colour in _PARTS
        if row[column]
    ]
    owing = [row for row in rows if row["recoverable_reporting"] > 0]
    total, months = recoverable_total(facts), recoverable_months(facts)
    whom = count_of(len(owing), "vendor") if owing else "vendors"
    told = (
        f"{total:,.2f} {currency} are to be recovered from {whom} {months}."
        if total is not None
        else describe_nothing(known, f" from vendors {months}")
    )
    credited = sum((row["recoverable_reporting"] for row in rows if row["recoverable_reporting"] < 0), Decimal(0))
    repaid = (
        f"Taken off are {-credited:,.2f} that {count_of(len(rows) - len(owing), 'vendor')} credited of earlier months."
        if credited
        else ""
    )
    return Figure(
        id="recoverable",
        title=f"Money to recover of {_twelve_months(facts)}, in {currency}",
        sentences=tuple(sentence for sentence in (told, repaid, *describe_unmeasured(known)) if sentence),
        draw=(
            lambda width: bar_chart(bars, value_format=",.0f", width=width, groups=[name for _, name, _ in _PARTS])
        )
        if bars
        else None,
        alternative="Money to recover by vendor and reason",
        table=Table(
            ("vendor", "to recover", "at least", "at most", *(name for _, name, _ in _PARTS)),
            tuple(
                (row["vendor"] or NO_VALUE, _money(row["recoverable_reporting"]), _money(row["at_least_reporting"]),
                 _money(row["at_most_reporting"]), *(_money(row[column]) for column, _, _ in _PARTS))
                for row in rows
            ),
            frozenset({"to recover", "at least", "at most", *(name for _, name, _ in _PARTS)}),
        )
        if rows
        else None,
        answer=facts.answers["recoverable"],
        metrics=("vendor_recoverable_reporting",),
    )  # fmt: skip


def _scorecards(facts: ReportFacts) -> Figure | None:
    cards: dict[str, dict[str, Any]] = {}
    for row in facts.rows("scorecards"):
        cards.setdefault(row["vendor"] or NO_VALUE, row)
    if not cards:
        return None
    return Figure(
        id="scorecards",
        title=f"Vendor scorecard, {_scored_period(facts, next(iter(cards.values()))['period_start_date'])}",
        sentences=("A vendor without data has no score; the parts of a score are in the packaged query.",),
        table=Table(
            ("vendor", "state", "score", "at least", "at most", "measured"),
            tuple(
                (vendor, (row["score_state"] or NOTHING).replace("_", " "), format_ratio(row["score_ratio"]),
                 *(format_ratio(row[name]) for name in ("lower_bound", "upper_bound", "coverage_ratio")))
                for vendor, row in cards.items()
            ),
            frozenset({"score", "at least", "at most", "measured"}),
        ),
        is_table_open=True,
        answer=facts.answers["scorecards"],
        metrics=("vendor_on_time_delivery_ratio",),
    )  # fmt: skip


def _deadlines(facts: ReportFacts) -> Figure | None:
    rows = facts.rows("deadlines")
    if not rows:
        return None
    currency = facts.publication.currency
    return Figure(
        id="deadlines",
        title="Contracts to cancel or renew within 90 days",
        sentences=(_seen_from(facts),),
        table=Table(
            ("vendor", "contract", "notice by", "ends", f"billed in a year, {currency}"),
            tuple(
                (row["vendor"] or NO_VALUE, row["vendor_contract_id"],
                 "over" if row["is_notice_over"] else _day(row["notice_date"]), _day(row["end_date"]),
                 _money(row["billed_last_year_reporting"]))
                for row in rows
            ),
            frozenset({"notice by", "ends", f"billed in a year, {currency}"}),
        ),
        is_table_open=True,
        is_wide=True,
        answer=facts.answers["deadlines"],
    )  # fmt: skip


def _seen_from(facts: ReportFacts) -> str:
    if facts.is_past and facts.period is not None:
        return f"As of {long_day(facts.period.end)}, by the register that is known now."
    return "As of the latest data."


def _scored_period(facts: ReportFacts, first_date: date) -> str:
    """The period that scorecards are of: the latest closed month, in a report on a quarter the latest quarter."""
    is_quarter = facts.period is not None and facts.period.grain is Grain.QUARTER
    return f"quarter from {first_date:%B %Y}" if is_quarter else f"{first_date:%B %Y}"


def _day(day: object) -> str:
    return NOTHING if day is None else str(day)


def _money(amount: Decimal | None) -> str:
    return NOTHING if amount is None else f"{amount:,.2f}"
