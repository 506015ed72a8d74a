"""That values of closed periods are told otherwise than before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from pipelines.words.numbers import count_of, format_value, list_some

if TYPE_CHECKING:
    from pipelines.notices.finding import Notice

#: Homes that were run last before there was this table remember nothing.
_REMEMBERS: Final = "SELECT 1 FROM duckdb_tables() WHERE table_name = 'ops_restatements'"
#: A run that did not come to its end has told nobody; the one after it does.
_NEVER_TOLD: Final = """
    SELECT metric, period_grain, period_start_date, value_before, value_now, unit, reason, files
    FROM ops.ops_restatements
    WHERE restated_at > coalesce(
        (
            SELECT max(ended_at) FROM ops.ops_runs
            WHERE state IN ('succeeded', 'held') AND started_at < (SELECT max(started_at) FROM ops.ops_runs)
        ),
        TIMESTAMPTZ '1970-01-01 00:00:00+00'
    )
    ORDER BY period_start_date DESC, period_grain, metric, restated_at DESC
"""
_MOST_NAMES: Final = 3


def read_restatements(connection: Any) -> tuple[tuple[Any, ...], ...]:
    """What is told otherwise and no run has said yet.

    Returns:
        KPI, grain, first day, value before and now, unit, reason and files.

    Args:
        connection: to the build database.
    """
    return tuple(connection.execute(_NEVER_TOLD).fetchall()) if connection.execute(_REMEMBERS).fetchall() else ()


def note_restatements(rows: Sequence[tuple[Any, ...]], currency: str) -> Iterator[Notice]:
    """One notice of all that the last run tells otherwise, with a KPI that people quote as the example.

    Args:
        rows: what `read_restatements` gives.
        currency: of the reports.
    """
    if not rows:
        return
    from metrics.registry import HEADLINES, METRICS, metric_named
    from pipelines.notices.finding import Notice  # takes long to import
    from pipelines.words.periods import name_period

    headlines = [metric.name for metric in HEADLINES]
    known = {metric.name for metric in METRICS}
    example = min(
        (row for row in rows if row[0] in known),
        key=lambda row: (row[0] not in headlines, row[4] is None, row[1] != "month", rows.index(row)),
        default=None,
    )
    periods = list(dict.fromkeys(name_period(row[2], row[1]) for row in rows))
    count = len({row[0] for row in rows})
    named = list_some(periods, _MOST_NAMES)
    parts = [
        f"{count_of(count, 'KPI')} of closed periods ({named}) {'is' if count == 1 else 'are'} told otherwise now."
    ]
    if example is not None:
        metric, grain, first, before, now, unit, *_ = example
        was, is_now = (format_value(value, unit, currency) for value in (before, now))
        change = f"was {was} and is {is_now}" if now is not None else f"was {was} and is not told any more"
        parts.append(f"{metric_named(metric).label} of {name_period(first, grain)} {change}.")
    parts.append(_tell_reasons(rows))
    parts.append("'kpi query restated_values' lists them with the values before.")
    yield Notice("restated", "mart.metric_values", " ".join(parts))


def _tell_reasons(rows: Sequence[tuple[Any, ...]]) -> str:
    files = list(dict.fromkeys(row[7] for row in rows if row[7]))
    reasons = {reason for row in rows for reason in row[6].split(", ")}
    told = []
    if files:
        told.append(f"since then came {list_some(files, _MOST_NAMES)}")
    if "definition" in reasons:
        told.append("definitions have other versions, which docs/decisions.md tells")
    if "rules" in reasons:
        told.append("contracts, policies or settings are other ones")
    if "program" in reasons:
        told.append("the program is another version")
    # Who lets every run measure as of its own day would read it on every one.
    if reasons == {"as_of"}:
        told.append("somebody chose as of when to measure, now or then")
    if "held" in reasons:
        told.append("an earlier version of a file counts again, or what was held was released")
    text = "; ".join(told)
    return f"{text[:1].upper()}{text[1:]}."
