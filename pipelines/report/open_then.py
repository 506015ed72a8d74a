"""What was open at the end of a past period, as far as it can be known afterwards.

What is open now is told by `pipelines.report.sections` and `pipelines.report.flow`, in reports of the latest period.
"""

from __future__ import annotations

from typing import Final

from pipelines.report.completeness import notes_on_period
from pipelines.report.facts import FLOW_IS_OF, ReportFacts
from pipelines.report.figures import Figure, Section, Table
from pipelines.words.numbers import count_of
from pipelines.words.periods import long_day

#: What nobody can know of a past day.
_UNKNOWN: Final = (
    "How much open time promises had left, and how old tickets were in open hours, is not known of a past day."
)


def open_then_section(facts: ReportFacts) -> Section:
    """Open tickets and promises by team at the end of the report's period, or of the last that tickets have closed."""
    rows, period = facts.rows("open_then"), facts.period_of(FLOW_IS_OF)
    if not rows or period is None:
        return Section("now", "What was open at the end of the period")
    counted = ("open", "queued", "active", "waiting", "broken", "undecided_promise")
    total = {name: sum(row[f"{name}_count"] for row in rows) for name in counted}
    day = long_day(period.end)
    states = ", ".join(f"{total[state]:,} {state}" for state in ("queued", "active", "waiting"))
    promises = count_of(total["undecided_promise"], "promise was", "promises were")
    told = [
        f"{count_of(total['open'], 'ticket was', 'tickets were')} open at the end of {day}: {states}.",
        f"Of {total['broken']:,} a promise was broken; {promises} neither kept nor broken.",
        _UNKNOWN,
    ]
    if unfollowed := rows[0]["unfollowed_count"]:
        them = count_of(unfollowed, "ticket that had come", "tickets that had come")
        told.append(
            f"Where {them} by then stood is not known, because only a snapshot is, it left the exports while open, or "
            "a rule set it aside."
        )
    columns = ("team", "open", "queued", "active", "waiting", "promise broken", "promises undecided", "oldest, days")
    figure = Figure(
        id="open-then",
        title=f"Open tickets at the end of {day}",
        sentences=(*told, *notes_on_period(facts, FLOW_IS_OF)),
        table=Table(
            columns,
            tuple(
                (
                    row["team"],
                    *(f"{row[f'{name}_count']:,}" for name in counted),
                    f"{row['oldest_age_days']:,.1f}",
                )
                for row in rows
            ),
            frozenset(columns[1:]),
        ),
        is_table_open=True,
        answer=facts.answers["open_then"],
        metrics=("ticket_work_in_progress_count", "ticket_backlog_count"),
        is_wide=True,
    )
    return Section("now", "What was open at the end of the period", [figure])
