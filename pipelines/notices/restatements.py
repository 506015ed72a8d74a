"""That values of closed periods are told otherwise than before, and that closed periods are open again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from pipelines.words.numbers import count_of, format_apart, format_value, list_some
from pipelines.words.restatements import tell_all_reasons

if TYPE_CHECKING:
    from pipelines.notices.finding import Notice

#: Columns of the memory; homes that were run last before there was one have none, or not all of them.
_COLUMNS: Final = """
    SELECT column_name FROM duckdb_columns() WHERE schema_name = 'ops' AND table_name = 'ops_restatements'
"""
_NAMING: Final = ("files_came", "files_replaced", "files_went", "rules_changed")
_READ: Final = """
    SELECT metric, period_grain, period_start_date, value_before, value_now, unit, reason, {files}, restated_at
    FROM ops.ops_restatements WHERE {chosen}
    ORDER BY period_start_date DESC, period_grain, metric, restated_at DESC
"""
_REOPENED: Final = """
    SELECT metric, period_grain, period_start_date FROM ops.ops_reopened_values WHERE reopened_at > {told_until}
    ORDER BY period_start_date DESC, period_grain, metric
"""
_REMEMBERS_REOPENED: Final = """
    SELECT 1 FROM duckdb_columns()
    WHERE schema_name = 'ops' AND table_name = 'ops_reopened_values' AND column_name = 'reopened_at'
"""
#: A run that did not come to its end has told nobody; the one after it does.
_TOLD_UNTIL: Final = """
    coalesce(
        (
            SELECT max(ended_at) FROM ops.ops_runs
            WHERE state IN ('succeeded', 'held') AND started_at < (SELECT max(started_at) FROM ops.ops_runs)
        ),
        TIMESTAMPTZ '1970-01-01 00:00:00+00'
    )
"""
_NEVER_TOLD: Final = f"restated_at > {_TOLD_UNTIL}"
_LATEST: Final = "restated_at = (SELECT max(restated_at) FROM ops.ops_restatements)"
_MOST_NAMES: Final = 3
_GONE: Final = "is not told any more"


@dataclass(frozen=True, slots=True)
class Restatement:
    """A value of a closed period that is told otherwise.

    Attributes:
        reason: words of `RestatementReason`, by commas.
        files_came, files_replaced, files_went, rules_changed: names, by commas.
    """

    metric: str
    grain: str
    first_date: date
    before: float
    now: float | None
    unit: str
    reason: str
    files_came: str | None
    files_replaced: str | None
    files_went: str | None
    rules_changed: str | None
    restated_at: datetime


def read_restatements(connection: Any) -> tuple[Restatement, ...]:
    """What is told otherwise and no run has said yet.

    Args:
        connection: to the build database.
    """
    return _read(connection, _NEVER_TOLD)


def read_latest_restatements(connection: Any) -> tuple[Restatement, ...]:
    """What the last run told otherwise that told anything otherwise at all.

    Args:
        connection: to the build database.
    """
    return _read(connection, _LATEST)


def read_reopened(connection: Any) -> tuple[tuple[str, str, date], ...]:
    """KPI, grain and first day of closed periods that are open again, of which no run has said it yet.

    Args:
        connection: to the build database.
    """
    if not connection.execute(_REMEMBERS_REOPENED).fetchall():
        return ()
    return tuple(connection.execute(_REOPENED.format(told_until=_TOLD_UNTIL)).fetchall())


def note_reopened(found: Sequence[tuple[str, str, date]]) -> Iterator[Notice]:
    """One notice of all closed periods that are open again.

    Args:
        found: what `read_reopened` gives.
    """
    if not found:
        return
    from pipelines.notices.finding import Notice  # takes long to import

    count = len({metric for metric, _, _ in found})
    named = _name_periods((first, grain) for _, grain, first in found)
    message = (
        f"{count_of(count, 'KPI')} of periods that were closed ({named}) {'is' if count == 1 else 'are'} open again: "
        "the data that count now do not reach the end of these periods, or hold only a part of them. What was told of "
        "them is held against their values when they are closed again."
    )
    yield Notice("reopened", "mart.metric_values", message)


def _name_periods(periods: Iterable[tuple[date, str]]) -> str:
    from pipelines.words.periods import name_period

    return list_some(list(dict.fromkeys(name_period(first, grain) for first, grain in periods)), _MOST_NAMES)


def _read(connection: Any, chosen: str) -> tuple[Restatement, ...]:
    present = {name for (name,) in connection.execute(_COLUMNS).fetchall()}
    if not present:
        return ()
    files = ", ".join(name if name in present else f"NULL AS {name}" for name in _NAMING)
    return tuple(Restatement(*row) for row in connection.execute(_READ.format(files=files, chosen=chosen)).fetchall())


def note_restatements(found: Sequence[Restatement], currency: str) -> Iterator[Notice]:
    """One notice of all that the last run tells otherwise, with a KPI that people quote as the example.

    Args:
        found: what `read_restatements` gives.
        currency: of the reports.
    """
    if not found:
        return
    from metrics.registry import HEADLINES, METRICS, metric_named
    from pipelines.notices.finding import Notice  # takes long to import
    from pipelines.words.periods import name_period

    headlines = [metric.name for metric in HEADLINES]
    known = {metric.name for metric in METRICS}
    example = min(
        (each for each in found if each.metric in known),
        key=lambda each: (
            each.metric not in headlines,
            each.now is None,
            each.grain != "month",
            -_moved_by(each),
            found.index(each),
        ),
        default=None,
    )
    is_one = len({each.metric for each in found}) == 1
    parts = [f"{describe_restated(found)} {'is' if is_one else 'are'} told otherwise now."]
    if example is not None:
        was, is_now = format_value(example.before, example.unit, currency), _GONE
        if example.now is not None:
            was, now = format_apart(example.before, example.now, example.unit, currency)
            is_now = f"is {now}"
        named = name_period(example.first_date, example.grain)
        parts.append(f"{metric_named(example.metric).label} of {named} was {was} and {is_now}.")
    parts.append(_tell_reasons(found))
    parts.append("'kpi query restated_values' lists them with the values before.")
    yield Notice("restated", "mart.metric_values", " ".join(parts))


def _moved_by(each: Restatement) -> float:
    """How far a value moved, as a share of the larger of the two."""
    now = each.now or 0.0
    return abs(now - each.before) / (max(abs(now), abs(each.before)) or 1.0)


def describe_restated(found: Sequence[Restatement]) -> str:
    """How many KPIs of which periods are told otherwise: `2 KPIs of closed periods (March 2026, Q1 2026)`."""
    count = len({each.metric for each in found})
    return (
        f"{count_of(count, 'KPI')} of closed periods ({_name_periods((each.first_date, each.grain) for each in found)})"
    )


def _tell_reasons(found: Sequence[Restatement]) -> str:
    told = "; ".join(
        tell_all_reasons(
            [{name: getattr(each, name) for name in ("reason", *_NAMING)} for each in found], most=_MOST_NAMES
        )
    )
    return f"{told[:1].upper()}{told[1:]}." if told else ""
