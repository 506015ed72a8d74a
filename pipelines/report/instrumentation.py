"""Where to fix first: the gaps in instrumentation that make the report's numbers least sure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any, Final

from pipelines.report.facts import ReportFacts
from pipelines.report.figures import Figure, Section, Table
from pipelines.words.gaps import tell_gap
from pipelines.words.instrumentation import describe_place
from pipelines.words.numbers import NOTHING, count_of, format_ratio

_MOST_ROWS: Final = 8
_MOST_TOLD: Final = 3


def instrumentation_section(facts: ReportFacts) -> Section:
    """What to put right first, in sentences and as a table; nothing where nothing is to be put right."""
    rows = facts.rows("to_put_right")
    title = "Where to fix first"
    if not rows:
        return Section("instrumentation", title)
    currency = facts.publication.currency
    figure = Figure(
        id="put-right-first",
        title="Gaps in instrumentation, the most pressing first",
        sentences=tuple(_tell(rows[:_MOST_TOLD], currency)),
        table=Table(
            ("gap", "of", "records", "captured", "KPIs", "what to do"),
            tuple(
                (
                    row["rule_id"], describe_place(row),
                    NOTHING if row["failed_record_count"] is None else f"{row['failed_record_count']:,}",
                    format_ratio(row["captured_ratio"]), f"{row['affected_metric_count']:,}", row["what_to_do"],
                )
                for row in rows[:_MOST_ROWS]
            ),
            frozenset({"records", "captured", "KPIs"}),
        ),
        is_table_open=True,
        answer=facts.answers["to_put_right"],
        metrics=tuple(dict.fromkeys(row["metric"] for row in rows[:_MOST_TOLD] if row["metric"])),
        is_wide=True,
    )  # fmt: skip
    lead = f"{count_of(len(rows), 'gap')} as of the latest run."
    if facts.is_past and facts.period is not None:
        lead = f"{lead} Which there were in {facts.period.label} is not kept."
    return Section("instrumentation", title, [figure], lead)


def _tell(rows: Sequence[dict[str, Any]], currency: str) -> Iterator[str]:
    """The gaps, and what to do once for those that want the same one after the other, as one status of two desks."""
    for row, after in zip_longest(rows, rows[1:]):
        told, to_do = tell_gap(row, currency)
        yield told
        if after is None or after["what_to_do"] != row["what_to_do"]:
            yield to_do
