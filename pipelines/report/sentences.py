"""The summary: sentences that can be pasted into a mail, each computed from the facts."""

from __future__ import annotations

from pipelines.cli.numbers import format_value
from pipelines.report.facts import HEADLINES, ReportFacts


def summarize(facts: ReportFacts) -> list[str]:
    """The sentences, one per headline number that has a value."""
    if facts.period is None:
        return ["No period is closed yet, so there is no number to report."]
    sentences = []
    for metric in HEADLINES:
        row = facts.numbers.get(metric)
        if row is None or row["value"] is None:
            continue
        currency = facts.publication.currency
        value = format_value(row["value"], row["unit"], currency)
        before = format_value(row["previous_value"], row["unit"], currency)
        told = f"{row['label']} was {value} in {facts.period.label}"
        sentences.append(f"{told}, after {before} before." if row["previous_value"] is not None else f"{told}.")
    return sentences or [f"Nothing was measured in {facts.period.label}."]
