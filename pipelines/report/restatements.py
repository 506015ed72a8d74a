"""What was told of the report's period before, where it is told otherwise now."""

from __future__ import annotations

from typing import Any

from metrics.periods import local_date_of
from pipelines.report.facts import HEADLINES, SUPPORTING, ReportFacts
from pipelines.report.figures import Figure, Table
from pipelines.words.numbers import format_value
from pipelines.words.periods import long_day, sentence_case
from pipelines.words.restatements import describe_earlier_value, reasons_of


def restated_note(facts: ReportFacts, metric: str) -> str:
    """What was told before of a KPI in the period that it is told of, until when, and why no longer; else empty."""
    publication = facts.publication
    return describe_earlier_value(_restated(facts, metric), publication.currency, publication.time_zone)


def restated_figure(facts: ReportFacts) -> Figure | None:
    """A table of the KPIs of the report that are told otherwise now; None where none is."""
    found = [
        (row, facts.numbers[metric]["label"])
        for metric in dict.fromkeys((*facts.headlines, *HEADLINES, *SUPPORTING))
        if metric in facts.numbers
        for row in _restated(facts, metric)
    ]
    if not found:
        return None
    zone, currency = facts.publication.time_zone, facts.publication.currency
    table = Table(
        ("KPI", "until", "told before", "told from then on", "why"),
        tuple(
            (
                label,
                long_day(local_date_of(row["restated_at"], zone)),
                *(
                    format_value(row[name], row["unit"], row["currency_code"] or currency)
                    for name in ("value_before", "value_now")
                ),
                f"{sentence_case('; '.join(reasons_of(row)))}.",
            )
            for row, label in found
        ),
        frozenset({"told before", "told from then on"}),
    )
    return Figure(
        id="restated-table",
        title="Told otherwise before",
        table=table,
        is_table_open=True,
        answer=facts.answers["restated"],
        metrics=tuple(dict.fromkeys(row["metric"] for row, _ in found)),
        is_wide=True,
    )


def _restated(facts: ReportFacts, metric: str) -> list[dict[str, Any]]:
    """How the value of a KPI in its period changed after it was told, the latest change first."""
    period = facts.period_of(metric)
    if period is None:
        return []
    return [
        row
        for row in facts.rows("restated")
        if (row["metric"], row["period_grain"], row["period_start_date"]) == (metric, period.grain.value, period.start)
    ]
