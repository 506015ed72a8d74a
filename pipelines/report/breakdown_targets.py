"""Targets of single teams, priorities, services and vendors, each with what became of it. Those of the whole are in
`pipelines.report.targets`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from models.vocabulary import Dimension
from pipelines.report.facts import ReportFacts
from pipelines.report.figures import Figure, Table
from pipelines.report.targets import verdict, wanted
from pipelines.words.numbers import format_period, format_value, list_all


def breakdown_targets_figure(facts: ReportFacts) -> Figure | None:
    """A table of the values that have targets of their own, in the latest period that is closed for each."""
    rows, period = facts.rows("breakdown_targets"), facts.period
    if not rows or period is None:
        return None
    currency = facts.publication.currency
    has_other = any(row["period_start_date"] != period.start for row in rows)
    cells = tuple(
        (
            row["label"],
            row["dimension_value"],
            row["dimension"],
            *([format_period(row["period_start_date"], period.grain.value)] if has_other else []),
            format_value(row["value"], row["unit"], currency),
            wanted(row, row["unit"], currency),
            verdict(row, row["unit"], currency),
        )
        for row in rows
    )
    columns = ("KPI", "of", "by", *(("period",) if has_other else ()), "value", "target", "what became of it")
    return Figure(
        id="breakdown-targets",
        title=f"Targets of single {list_all(_plurals(rows))}",
        sentences=(_told(rows),),
        table=Table(columns, cells, frozenset({"value"})),
        is_table_open=True,
        answer=facts.answers["breakdown_targets"],
        metrics=tuple(dict.fromkeys(row["metric"] for row in rows)),
        is_wide=True,
    )


def worst_missed(facts: ReportFacts) -> str | None:
    """Who missed a target of their own by the largest part of it in the report's period; None if nobody did."""
    if facts.period is None:
        return None
    currency = facts.publication.currency
    rows = [row for row in facts.rows("breakdown_targets") if row["period_start_date"] == facts.period.start]
    missed = [row for row in rows if row["target_state"] == "missed"]
    if not missed:
        return None
    worst = max(missed, key=lambda row: abs(row["distance_value"] / (row["target_value"] or 1)))
    told = (
        f"{worst['label']} of {worst['dimension_value']} was {format_value(worst['value'], worst['unit'], currency)}, "
        f"wanted {wanted(worst, worst['unit'], currency)}"
    )
    others = len(missed) - 1
    targets = f"of {len(rows):,} targets of single {list_all(_plurals(rows))}"
    return f"{told}; {others:,} more {targets} {'was' if others == 1 else 'were'} missed." if others else f"{told}."


def _plurals(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return [Dimension(name).plural for name in dict.fromkeys(row["dimension"] for row in rows)]


def _told(rows: Sequence[Mapping[str, Any]]) -> str:
    judged = [row for row in rows if row["target_state"] != "not_measured"]
    met, count = sum(row["target_state"] == "met" for row in judged), len(judged)
    if not count:
        return "None of them has a value to hold against its target."
    if count == 1:
        return f"{judged[0]['label']} of {judged[0]['dimension_value']} {judged[0]['target_state']} its target."
    if met in (0, count):
        return f"None of {count:,} was met." if met == 0 else f"All {count:,} were met."
    return f"{met:,} of {count:,} {'was' if met == 1 else 'were'} met."
