"""Who moved a number: the parts of its change by team and the other breakdowns, which add up to it exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from metrics.spec import Unit
from models.vocabulary import NO_VALUE
from pipelines.report.charts import Bar, bar_chart
from pipelines.report.completeness import lacking, notes, titled
from pipelines.report.facts import DRIVEN, ReportFacts
from pipelines.report.figures import Figure, Table
from pipelines.words.change import MIX_AND_RATE
from pipelines.words.numbers import count_of, format_value

#: Groups of a breakdown that stand for themselves; the others are one row, so that the table still adds up.
_MOST_GROUPS: Final = 8
_PARTS: Final = ("mix_value", "rate_value", "amount_value", "change_value")
_ADDING_UP: Final = f"{MIX_AND_RATE} The parts of a breakdown add up."


def driver_figures(facts: ReportFacts) -> list[Figure]:
    """A figure for each KPI that is taken apart and has moved."""
    figures = [_drivers(facts, metric) for metric in DRIVEN if metric in facts.numbers]
    return [figure for figure in figures if figure is not None]


def largest_driver(facts: ReportFacts, metric: str) -> dict[str, Any] | None:
    """What moved a KPI most, by team if teams are known; None if nothing is told of it."""
    return max(_told_first(facts, metric), key=lambda row: abs(row["change_value"]), default=None)


def net_change(facts: ReportFacts, metric: str) -> Decimal:
    """What the parts of a KPI's change come to."""
    return sum((row["change_value"] for row in _told_first(facts, metric)), Decimal(0))


def name_part(row: Mapping[str, Any], unit: str) -> str:
    """Who made a part of a change; what is without a team, and the like, in words."""
    if row["dimension_value"] != NO_VALUE:
        return str(row["dimension_value"])
    return f"{'cost' if unit == Unit.REPORTING else 'tickets'} without a {row['dimension']}"


def format_part(change: Decimal, unit: str, currency: str) -> str:
    """A part of a change with its sign and unit."""
    if unit == "ratio":
        return f"{change * 100:+,.2f} points"
    return f"{change:+,.2f} {currency}" if unit == "reporting" else f"{change:+,.0f}"


def _rows(facts: ReportFacts, metric: str) -> list[dict[str, Any]]:
    # Parts of a change that is not told would tell it.
    if metric in facts.numbers and lacking(facts, metric):
        return []
    return [row for row in facts.rows(f"drivers {metric}") if row["change_value"] is not None]


def _told_first(facts: ReportFacts, metric: str) -> list[dict[str, Any]]:
    """Drivers by the breakdown that is told first: by team, or else by the first that there is."""
    rows = _rows(facts, metric)
    dimensions = [row["dimension"] for row in rows]
    if not rows:
        return []
    dimension = "team" if "team" in dimensions else dimensions[0]
    return [row for row in rows if row["dimension"] == dimension]


def _told_whole(facts: ReportFacts, metric: str, row: dict[str, Any]) -> str:
    """How a KPI moved on the whole. Where that cannot be seen in the digits, nobody is told that it went somewhere."""
    period, number = facts.period_of(metric), facts.numbers[metric]
    if period is None:
        return ""
    before, after = (
        format_value(float(row[name]), number["unit"], facts.publication.currency)
        for name in ("value_before", "value_after")
    )
    if before == after:
        nearly = "" if row["value_before"] == row["value_after"] else " nearly"
        return f"{number['label']} is{nearly} the same in {period.label} as in {period.previous.label}, {after}."
    return f"{number['label']} went from {before} in {period.previous.label} to {after} in {period.label}."


def _told_parts(rows: Sequence[dict[str, Any]], dimension: str, unit: str, currency: str) -> str:
    """The largest part of a change, and the largest against it where parts cancel each other out.

    Args:
        rows: parts of one breakdown, the largest first.
    """
    first, part = rows[0], format_part(rows[0]["change_value"], unit, currency)
    total = sum((row["change_value"] for row in rows), Decimal(0))
    against = next((row for row in rows if row["change_value"] * first["change_value"] < 0), None)
    if against is None or total * first["change_value"] > 0:
        return f"By {dimension}, {name_part(first, unit)} made the largest part of it: {part}."
    other = f"{name_part(against, unit)}, {format_part(against['change_value'], unit, currency)}"
    return (
        f"By {dimension}, its parts go against each other: the largest is {name_part(first, unit)}, {part}, and "
        f"against that {other}."
    )


def _drivers(facts: ReportFacts, metric: str) -> Figure | None:
    rows, number, period = _rows(facts, metric), facts.numbers[metric], facts.period_of(metric)
    if not rows or period is None:
        return None
    if not any(row["change_value"] for row in rows):
        return None
    unit, currency = number["unit"], facts.publication.currency
    # Each breakdown explains the whole change; one of them is drawn, the others are in the table.
    drawn = _largest_first(_told_first(facts, metric))
    first, dimension = drawn[0], drawn[0]["dimension"]
    scale = 100 if unit == "ratio" else 1
    bars = [
        Bar(
            row["dimension_value"],
            float(row["change_value"] * scale),
            color="blue" if (row["change_value"] > 0) == (number["direction"] == "up_is_good") else "red",
        )
        for row in drawn[:_MOST_GROUPS]
    ]
    told = f"{_told_whole(facts, metric, first)} {_told_parts(drawn, dimension, unit, currency)}"
    is_ratio = any(row["mix_value"] or row["rate_value"] for row in rows)
    columns = ("of", "by", *(("mix", "rate") if is_ratio else ()), "change")
    named = {"ratio": "percentage points", "reporting": currency, "count": "tickets"}
    dimensions = [dimension, *dict.fromkeys(row["dimension"] for row in rows if row["dimension"] != dimension)]
    listed = [row for name in dimensions for row in _bounded([row for row in rows if row["dimension"] == name])]
    return Figure(
        id=f"drivers-{metric}",
        title=titled(facts, metric, f"{number['label']}: who moved it, in {named.get(unit, unit.replace('_', ' '))}"),
        sentences=(told, _ADDING_UP if is_ratio else "The parts of a breakdown add up.", *notes(facts, metric)),
        draw=lambda width: bar_chart(bars, value_format=_AXES.get(unit, "+,d"), width=width),
        alternative=f"What each {dimension} added to the change of {number['label']}",
        table=Table(
            columns,
            tuple(
                (row["dimension_value"], row["dimension"],
                 *((_part(row, "mix_value", unit, currency), _part(row, "rate_value", unit, currency)) if is_ratio
                   else ()),
                 _part(row, "change_value", unit, currency))
                for row in listed
            ),
            frozenset(columns[2:]),
        ),
        answer=facts.answers[f"drivers {metric}"],
        metrics=(metric,),
    )  # fmt: skip


_AXES: Final = {"ratio": "+.2~f", "reporting": "+,.4~f"}


def _part(row: dict[str, Any], name: str, unit: str, currency: str) -> str:
    return format_part(row[name], unit, currency)


def _largest_first(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: -abs(row["change_value"]))


def _bounded(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The largest groups of a breakdown, and all others as one."""
    ordered = _largest_first(rows)
    rest = ordered[_MOST_GROUPS:]
    if len(rest) < 2:
        return ordered
    total = {name: sum((row[name] or Decimal(0) for row in rest), Decimal(0)) for name in _PARTS}
    return [*ordered[:_MOST_GROUPS], {**rest[0], **total, "dimension_value": f"{count_of(len(rest), 'other')}"}]
