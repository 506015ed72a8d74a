"""The sections of the report, in the order in which they are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.report.breakdown_targets import breakdown_targets_figure
from pipelines.report.causes import causes_section
from pipelines.report.charts import trend_chart
from pipelines.report.completeness import notes, periods_differ
from pipelines.report.facts import HEADLINES, SUPPORTING, ReportFacts
from pipelines.report.figures import Figure, Section, Table
from pipelines.report.flow import flow_section
from pipelines.report.headlines import no_value_note
from pipelines.report.instrumentation import instrumentation_section
from pipelines.report.money import money_section, months_beside
from pipelines.report.open_now import open_now_section
from pipelines.report.restatements import restated_figure
from pipelines.report.signals import signal_sentence, trend_limits, trend_points
from pipelines.report.targets import target_of, target_points
from pipelines.words.certainty import format_coverage
from pipelines.words.numbers import (
    NOTHING,
    count_of,
    describe_change,
    format_value,
    list_all,
)
from pipelines.words.periods import only_from


def build_sections(facts: ReportFacts) -> list[Section]:
    """Everything below the headlines."""
    sections = [
        _trends(facts),
        causes_section(facts),
        flow_section(facts),
        _numbers(facts),
        open_now_section(facts),
        money_section(facts),
        _certainty(facts),
        instrumentation_section(facts),
    ]
    return [section for section in sections if section.figures]


def _trends(facts: ReportFacts) -> Section:
    return Section(
        "trends", "How it developed", [_trend(facts, metric) for metric in facts.headlines if metric in facts.numbers]
    )


def _trend(facts: ReportFacts, metric: str) -> Figure:
    row, points, limits = facts.numbers[metric], trend_points(facts, metric), trend_limits(facts, metric)
    known = [point for point in points if point.value is not None]
    currency = facts.publication.currency
    history = facts.histories[metric]
    targets = target_points(facts, metric)
    is_begun_late = any(item.get("told_from_date") for item in history.rows)
    told = [signal_sentence(facts, metric)] if known else ["There is no closed period with a value yet."]
    if row["value"] is None:
        told.append(no_value_note(facts, metric))
    if known and len(targets) > 1:
        told.append("The dashed line is the target.")
    told += notes(facts, metric)
    return Figure(
        id=f"trend-{metric}",
        title=row["label"],
        sentences=tuple(told),
        draw=(lambda width: trend_chart(points, row["unit"], limits=limits, targets=targets, width=width))
        if len(known) > 1
        else None,
        alternative=f"{row['label']} over {count_of(len(known), 'period')}" if known else "",
        table=Table(
            ("period", "value", "at least", "at most", "measured", *(("not complete",) if is_begun_late else ())),
            tuple(
                (
                    item["period_start_date"].isoformat(),
                    format_value(item["value"], row["unit"], currency),
                    format_value(item["lower_bound"], row["unit"], currency),
                    format_value(item["upper_bound"], row["unit"], currency),
                    format_coverage(item["coverage_ratio"], item["eligible_count"]),
                    *((only_from(item["told_from_date"], item["period_end_date"]),) if is_begun_late else ()),
                )
                for item in reversed(history.rows)
            ),
            frozenset({"value", "at least", "at most", "measured"}),
        ),
        answer=history,
        metrics=(metric,),
    )


def _numbers(facts: ReportFacts) -> Section:
    currency = facts.publication.currency
    rows = [facts.numbers[metric] for metric in (*HEADLINES, *SUPPORTING) if metric in facts.numbers]
    has_target = any(target_of(facts, row["metric"]) for row in rows)
    has_held = any(row["publication_state"] == "held" for row in rows)
    has_late = periods_differ(facts, (row["metric"] for row in rows))
    cells = tuple(
        (
            row["label"],
            *([_period(facts, row["metric"])] if has_late else []),
            format_value(row["value"], row["unit"], currency),
            describe_change(
                row["value"],
                row["previous_value"],
                row["unit"],
                bounds=(row["lower_bound"], row["upper_bound"]),
                bounds_before=(row["previous_lower_bound"], row["previous_upper_bound"]),
            ),
            format_value(row["lower_bound"], row["unit"], currency),
            format_value(row["upper_bound"], row["unit"], currency),
            format_coverage(row["coverage_ratio"], row["eligible_count"]),
            *([_target(facts, row)] if has_target else []),
            *(["held" if row["publication_state"] == "held" else ""] if has_held else []),
        )
        for row in rows
    )
    if not any(row["value"] is not None for row in rows):
        return Section("numbers", "The numbers beside them")
    more = [name for name, is_told in (("target", has_target), ("state", has_held)) if is_told]
    sure = ("value", "change", "at least", "at most", "measured")
    table = Table(("KPI", *(("period",) if has_late else ()), *sure, *more), cells, frozenset(sure))
    figure = Figure(
        id="numbers-table",
        title="The numbers and how sure they are",
        sentences=(*notes(facts, *(row["metric"] for row in rows)), *_missing(facts, rows), *months_beside(facts)),
        table=table,
        is_table_open=True,
        answer=facts.answers["numbers"],
        metrics=tuple(row["metric"] for row in rows),
        is_wide=True,
    )
    beside = (restated_figure(facts), breakdown_targets_figure(facts))
    return Section("numbers", "The numbers beside them", [figure, *(found for found in beside if found is not None)])


def _missing(facts: ReportFacts, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Why some of these KPIs have no value, each reason once."""
    found: dict[str, list[str]] = {}
    for row in rows:
        if row["value"] is None and (reason := facts.no_value_reasons.get(row["metric"])):
            found.setdefault(reason, []).append(row["label"])
    return [f"No value of {list_all(labels)}: {reason}." for reason, labels in found.items()]


def _period(facts: ReportFacts, metric: str) -> str:
    period = facts.period_of(metric)
    return period.short_label if period else NOTHING


def _target(facts: ReportFacts, row: Mapping[str, Any]) -> str:
    target = target_of(facts, row["metric"])
    if target is None:
        return ""
    sign = "≥" if target["direction"] == "up_is_good" else "≤"
    value = format_value(float(target["target_value"]), row["unit"], facts.publication.currency)
    return f"{sign} {value}, {target['target_state'].replace('_', ' ')}"


def _certainty(facts: ReportFacts) -> Section:
    held = facts.rows("held")
    if not held:
        return Section("certainty", "What is held")
    table = Table(
        ("domain", "rule", "rows", "what it means"),
        tuple(
            (row["domain"], row["rule_id"] or NOTHING, f"{row['failed_count'] or 0:,}", row["reason"]) for row in held
        ),
        frozenset({"rows"}),
    )
    figure = Figure(
        id="held-metrics",
        title="Held back by the gate",
        table=table,
        is_table_open=True,
        answer=facts.answers["held"],
        is_wide=True,
    )
    lead = "As of the latest run, whatever period the report is about."
    return Section("certainty", "What is held, and why", [figure], lead)
