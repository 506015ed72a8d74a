"""What needs attention now: promises that are about to break, paused ones, tickets that have been open for long, and
those that left the exports while they were open.

What was open at the end of a past period is in `pipelines.report.open_then`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from metrics.instrumentation.reasons import REMEDIES
from models.vocabulary import NO_VALUE, ClockGap
from pipelines.report.charts import Bar, bar_chart
from pipelines.report.facts import ReportFacts
from pipelines.report.figures import Figure, Section, Table
from pipelines.report.flow import age_figure
from pipelines.report.open_then import open_then_section
from pipelines.words.numbers import NOTHING, count_of, format_instant
from pipelines.words.periods import long_day

_DOUBTED: Final = (
    "Where daily exports leave open how much of a promise has counted, the least and the most that can be left are "
    "shown, as far as files give a sign of it: of a ticket that came back and went, or waited, between two of them "
    "there is none."
)


def open_now_section(facts: ReportFacts) -> Section:
    """Promises at risk, how old open tickets are, and which break next; of a past period what was open at its end."""
    if facts.is_past:
        return open_then_section(facts)
    rows, oldest = facts.rows("at_risk"), facts.rows("oldest")
    figures = []
    if rows:
        figures.append(_at_risk(facts, rows))
    if (aging := age_figure(facts)) is not None:
        figures.append(aging)
    if next_ones := facts.rows("next_to_breach"):
        figures.append(_next_to_breach(facts, next_ones))
    if paused := facts.rows("paused_next"):
        figures.append(_paused(facts, paused))
    if oldest:
        figures.append(_oldest(facts, oldest))
    if left := facts.rows("left"):
        figures.append(_left(facts, left))
    # All of it is about tickets, whose clock is not that of money and vendors.
    lead = f"As of {format_instant(facts.as_of('tickets'))}."
    return Section("now", "What needs attention now", figures, lead)


def _at_risk(facts: ReportFacts, rows: Sequence[dict[str, Any]]) -> Figure:
    running, paused, soon, paused_soon = (
        sum(row[name] for row in rows) for name in ("running_count", "paused_count", "soon_count", "paused_soon_count")
    )
    bars = [Bar(row["team"] or NO_VALUE, row["soon_count"], color="red") for row in rows[:8] if row["soon_count"]]
    told = (
        f"{count_of(running, 'promise is', 'promises are')} running, neither kept nor broken yet; "
        f"{soon:,} of them {'has' if soon == 1 else 'have'} 8 open hours or less left."
    )
    if paused:
        told += (
            f" {paused:,} more {'is' if paused == 1 else 'are'} paused, of which {paused_soon:,} will have as little "
            f"left when {'it goes' if paused_soon == 1 else 'they go'} on."
        )
    columns = ("team", "running", "8 h or less", "least left, h", "paused", "paused, 8 h or less")
    return Figure(
        id="sla-at-risk",
        title="Promises at risk",
        sentences=(told,),
        draw=(lambda width: bar_chart(bars, value_format=",d", width=width)) if bars else None,
        alternative="Running promises with 8 open hours or less left, by team",
        table=Table(
            columns,
            tuple(
                (row["team"] or NO_VALUE, f"{row['running_count']:,}", f"{row['soon_count']:,}",
                 _hours(row["least_remaining_hours"]), f"{row['paused_count']:,}", f"{row['paused_soon_count']:,}")
                for row in rows
            ),
            frozenset(columns[1:]),
        ),
        answer=facts.answers["at_risk"],
        metrics=("sla_attainment_ratio",),
    )  # fmt: skip


def _next_to_breach(facts: ReportFacts, rows: Sequence[dict[str, Any]]) -> Figure:
    """Clocks that run, by their due instants."""
    soon = sum(row["soon_count"] for row in facts.rows("at_risk"))
    return _promises(
        facts, rows, "next_to_breach", "next-to-breach", "Promises that break next", _told_next(len(rows), soon)
    )


def _told_next(shown: int, soon: int) -> str:
    if shown < soon:
        return f"Of {soon:,} running promises with 8 open hours or less left, the {shown:,} that break first are here."
    if soon == 1:
        return "The one running promise with 8 open hours or less left."
    return f"All {soon:,} running promises with 8 open hours or less left, by the instant at which they break."


def _paused(facts: ReportFacts, rows: Sequence[dict[str, Any]]) -> Figure:
    """Clocks that are paused, by what they have left: of them nobody knows when they are due."""
    paused, soon = (sum(row[name] for row in facts.rows("at_risk")) for name in ("paused_count", "paused_soon_count"))
    told = f"{count_of(paused, 'promise is', 'promises are')} paused and cannot break until "
    if paused == 1:
        told += "it goes on."
    else:
        told += f"they go on; {soon:,} of them {'has' if soon == 1 else 'have'} 8 open hours or less left."
    if len(rows) < soon:
        told += f" The {len(rows):,} with the least left are here."
    return _promises(
        facts, rows, "paused_next", "paused-promises", "Paused promises with little time left", told, has_due=False
    )


def _promises(
    facts: ReportFacts,
    rows: Sequence[dict[str, Any]],
    answer: str,
    figure_id: str,
    title: str,
    told: str,
    *,
    has_due: bool = True,
) -> Figure:
    """A table of single promises.

    Args:
        answer: by which name `facts` has the rows.
        has_due: whether it is known when they break.
    """
    left = "left, open h"
    cells = [_left_hours(row) for row in rows]
    sentences = [told]
    if any(row["remaining_lower_hours"] is not None for row in rows):
        sentences.append(_DOUBTED)
    return Figure(
        id=figure_id,
        title=title,
        sentences=tuple(sentences),
        table=Table(
            ("ticket", "promise", *(("breaks at",) if has_due else ()), "team", "priority", left),
            tuple(
                (row["ticket_id"], row["target"].replace("_", " "),
                 *((format_instant(row["due_at"]),) if has_due else ()),
                 row["team"] or NO_VALUE, row["priority"] or NO_VALUE, cell)
                for row, cell in zip(rows, cells, strict=True)
            ),
            frozenset({left}),
        ),
        is_table_open=True,
        answer=facts.answers[answer],
        metrics=("sla_attainment_ratio",),
        is_wide=True,
    )  # fmt: skip


def _left_hours(row: dict[str, Any]) -> str:
    """What is left of a promise; from the least to the most where the exports do not tell exactly."""
    left = row["remaining_hours"]
    least, most = (row[f"remaining_{end}_hours"] for end in ("lower", "upper"))
    ends = [_hours(left if end is None else end) for end in (least, most)]
    return _hours(left) if ends[0] == ends[1] else " to ".join(ends)


def _oldest(facts: ReportFacts, rows: Sequence[dict[str, Any]]) -> Figure:
    return Figure(
        id="oldest",
        title="Oldest open tickets",
        table=Table(
            ("ticket", "team", "status", "age, open h", "in status, open h"),
            tuple(
                (row["ticket_id"], row["team"] or NO_VALUE, row["status"] or NO_VALUE,
                 _hours(row["age_business_hours"]), _hours(row["in_status_business_hours"]))
                for row in rows
            ),
            frozenset({"age, open h", "in status, open h"}),
        ),
        is_table_open=True,
        answer=facts.answers["oldest"],
        metrics=("ticket_backlog_count",),
        is_wide=True,
    )  # fmt: skip


def _left(facts: ReportFacts, rows: Sequence[dict[str, Any]]) -> Figure:
    """Tickets that left the exports while they were open: of those nobody knows whether they need anybody."""
    count, since = rows[0]["left_count"], long_day(rows[0]["counted_from_date"])
    it, they = ("it was", "it is") if count == 1 else ("they were", "they are")
    told = (
        f"Since {since}, {count_of(count, 'ticket')} left the exports while {it} open. What became of "
        f"{'it' if count == 1 else 'them'} is not known: {they} in no list of open work."
    )
    if len(rows) < count:
        told += f" The latest {len(rows):,} are here."
    return Figure(
        id="left-exports",
        title="Tickets that left the exports",
        sentences=(told, REMEDIES[ClockGap.WHEREABOUTS.value]),
        table=Table(
            ("ticket", "team", "last status", "not shown since"),
            tuple(
                (row["ticket_id"], row["team"] or NO_VALUE, row["status"] or NO_VALUE,
                 format_instant(row["unknown_since_at"]))
                for row in rows
            ),
        ),
        is_table_open=True,
        answer=facts.answers["left"],
        metrics=("ticket_work_in_progress_count",),
        is_wide=True,
    )  # fmt: skip


def _hours(value: float | None) -> str:
    return NOTHING if value is None else f"{value:,.1f}"
