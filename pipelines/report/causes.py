"""What moved the headline numbers: who did, what promises were broken by, and the steps of the unit cost.

Who moved a number is in `pipelines.report.drivers`.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from models.vocabulary import Grain
from pipelines.report.charts import Bar, bar_chart
from pipelines.report.completeness import notes, notes_on_period, titled
from pipelines.report.drivers import driver_figures
from pipelines.report.facts import BREACHES_ARE_OF, BRIDGE_IS_OF, DRIVEN, ReportFacts
from pipelines.report.figures import Figure, Section, Table
from pipelines.report.period import ReportPeriod
from pipelines.words.change import steps_sentence
from pipelines.words.numbers import format_ratio, list_all

#: Bars of a figure at most; the table under it has more.
_MOST_BARS: Final = 8
_MOST_ROWS: Final = 20
#: Causes that a sentence names side by side at most.
_MOST_NAMED: Final = 3
_STEPS: Final = f"{steps_sentence('team')} All parts add up to the change to the cent."


def causes_section(facts: ReportFacts) -> Section:
    """What moved, and why promises were broken."""
    drivers = driver_figures(facts)
    made = (*drivers, _breaches(facts), _unit_cost(facts))
    lead = ""
    shown = (row for metric, row in facts.numbers.items() if metric in DRIVEN)
    moved = any(row["previous_value"] not in (None, row["value"]) for row in shown)
    if facts.is_past and moved and not any(facts.rows(f"drivers {metric}") for metric in DRIVEN):
        lead = "Who moved a KPI is kept of the latest months, weeks and quarters only, and no longer of this one."
    return Section("causes", "What drove the change", [figure for figure in made if figure is not None], lead)


def _breaches(facts: ReportFacts) -> Figure | None:
    rows = facts.rows("breaches")
    if not rows:
        return None
    bars = [Bar(row["cause"], row["breach_count"], color="red") for row in rows[:_MOST_BARS]]
    first = rows[0]
    total = sum(row["breach_count"] for row in rows)
    period = facts.period_of(BREACHES_ARE_OF)
    when = f" in {period.label}" if period else ""
    told = f"{total:,} {'promise was' if total == 1 else 'promises were'} broken{when}. "
    most = [row["cause"] for row in rows if row["breach_count"] == first["breach_count"]]
    if len(most) == 1:
        told += f"Most often the time went into {first['cause']}: {first['breach_count']:,}, "
        told += f"{format_ratio(first['share_ratio'])} of them."
    elif len(most) <= _MOST_NAMED:
        told += f"The time went into {list_all(most)} equally often: {first['breach_count']:,} each."
    else:
        told += f"No cause stands out: {len(most):,} have {first['breach_count']:,} each."
    sampled = sum(row["sampled_count"] for row in rows)
    unseen = () if not sampled else (_unseen(sampled, total),)
    return Figure(
        id="breaches",
        title=titled(facts, BREACHES_ARE_OF, "Broken promises, by what took the most time"),
        sentences=(told, *unseen, *notes_on_period(facts, BREACHES_ARE_OF)),
        draw=lambda width: bar_chart(bars, value_format=",d", width=width),
        alternative="Broken promises by cause",
        table=Table(
            ("cause", "promises", "share", "up to here"),
            tuple(
                (row["cause"], f"{row['breach_count']:,}", format_ratio(row["share_ratio"]),
                 format_ratio(row["cumulative_ratio"]))
                for row in rows
            ),
            frozenset({"promises", "share", "up to here"}),
        ),
        answer=facts.answers["breaches"],
        metrics=("sla_attainment_ratio",),
    )  # fmt: skip


def _unseen(sampled: int, total: int) -> str:
    """That a cause is what files show: of daily exports nobody knows what went on between two of them."""
    them = "them" if sampled == total else f"{sampled:,} of them"
    return (
        f"Only daily exports tell of {them}: what went on between two files, or before a ticket's first one, may have "
        "taken more of the time."
    )


def _unit_cost(facts: ReportFacts) -> Figure | None:
    rows, period = facts.rows("unit_cost"), facts.period_of(BRIDGE_IS_OF)
    # Where the month has no step of its own, the latest before it is answered, which is about other months.
    if not rows or period is None or rows[0]["to_month_date"] != period.start:
        return None
    before = ReportPeriod(Grain.MONTH, rows[0]["from_month_date"])
    currency = facts.publication.currency
    whole = rows[0]["whole_change_reporting"]
    bars = [
        Bar(_step(row), float(row["change_reporting"]), color="red" if row["change_reporting"] > 0 else "blue")
        for row in rows[:_MOST_BARS]
    ]
    # The headline has nothing to compare with then; these steps begin at the last month that there is.
    gap = "" if before == period.previous else ", the last month before that has a value,"
    told = (
        f"From {before.label}{gap} to {period.label} cost per transaction moved by {_money(whole)} {currency}."
        f"{_largest_parts(rows, whole, currency)}"
    )
    return Figure(
        id="unit-cost",
        title=titled(facts, BRIDGE_IS_OF, f"Cost per transaction: the steps of its change, in {currency}"),
        sentences=(told, _STEPS, *notes(facts, BRIDGE_IS_OF)),
        draw=lambda width: bar_chart(bars, value_format="+,.2f", width=width),
        alternative="What each part added to the change of cost per transaction",
        table=Table(
            ("part", "change"),
            tuple((_step(row), _money(row["change_reporting"])) for row in _with_rest(rows)),
            frozenset({"change"}),
        ),
        answer=facts.answers["unit_cost"],
        metrics=("cost_per_transaction_reporting",),
        is_wide=True,  # names of steps are long
    )


def _with_rest(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The largest parts, and all others as one."""
    rest = rows[_MOST_ROWS:]
    shown = list(rows[:_MOST_ROWS])
    if rest:
        total = sum((row["change_reporting"] for row in rest), Decimal(0))
        name = f"{len(rest):,} smaller parts"
        shown.append({"part": name, "dimension_value": None, "cost_pool": None, "change_reporting": total})
    return shown


def _largest_parts(rows: Sequence[dict[str, Any]], whole: Decimal, currency: str) -> str:
    """The largest part that goes the way of the whole, and that which goes the other way, if it is larger.

    Args:
        rows: the parts, the largest first.
    """
    along = next((row for row in rows if row["change_reporting"] * whole > 0), None)
    told = f" The largest part of it: {_step(along)}, {_money(along['change_reporting'])} {currency}." if along else ""
    if rows[0] is not along:
        against = " Against it went most" if along else " The largest part"
        told += f"{against}: {_step(rows[0])}, {_money(rows[0]['change_reporting'])} {currency}."
    return told


def _step(row: dict[str, Any]) -> str:
    parts = (row["part"], row["dimension_value"], row["cost_pool"])
    return " · ".join(str(part).replace("_", " ") for part in parts if part)


def _money(amount: Decimal) -> str:
    return f"{amount:+,.2f}"
