"""How work flowed: arrivals and departures day by day, how long finished tickets took, and how old open ones are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final
from zoneinfo import ZoneInfo

from pipelines.charts.flow import (
    AGE_PARTS,
    FLOW_BANDS,
    AgeClass,
    FinishedTicket,
    FlowDay,
    age_chart,
    cycle_time_chart,
)
from pipelines.charts.marked_lines import Line
from pipelines.report.charts import flow_picture
from pipelines.report.completeness import notes_on_period, titled
from pipelines.report.drawing import LOOK
from pipelines.report.facts import CYCLE_TIMES_ARE_OF, FLOW_IS_OF, ReportFacts
from pipelines.report.figures import Figure, Section, Table
from pipelines.words.numbers import NOTHING, count_of, format_ratio
from pipelines.words.unfollowed import describe_unfollowed

_CYCLE_TIMES: Final = tuple((share, f"ticket_cycle_time_p{share}_business_hours") for share in (50, 85, 95))
_LEAD_TIMES: Final = tuple((share, f"ticket_lead_time_p{share}_business_hours") for share in (50, 85, 95))
_SURE: Final = ("value", "lower_bound", "upper_bound")
_PICTURES: Final = (
    "The upper picture has what was open at the end of each day, all that had come in less all that had gone out; the "
    "lower one adds what was done and cancelled, counted from its lowest on."
)
_PARTS: Final = dict(zip(AGE_PARTS, ("broken_count", "promised_count", "unpromised_count"), strict=True))


def flow_section(facts: ReportFacts) -> Section:
    """Cumulative flow and cycle times."""
    made = (_cumulative_flow(facts), _cycle_times(facts))
    return Section("flow", "How work flowed", [figure for figure in made if figure is not None])


def _cumulative_flow(facts: ReportFacts) -> Figure | None:
    before, days = _days_told(facts)
    if len(days) < 2:
        return None
    first, last = days[0], days[-1]
    unfollowed = last["unfollowed_count"] - before["unfollowed_count"], before["unfollowed_count"]
    arrived = last["arrived_count"] - before["arrived_count"]
    is_any_followed = not any(unfollowed) or arrived > 0 or any(_open(row) for row in (before, *days))
    span = f"{_day(first['day_date'])} to {_day(last['day_date'])}"
    left_out = describe_unfollowed(*unfollowed, is_any_followed=is_any_followed)
    ends = [row for row in days if row["day_date"].weekday() == 6 or row is last]
    # The zeros of those whom nobody can follow would be taken for counts.
    bands = FLOW_BANDS if is_any_followed else ()
    counted = (*reversed(bands), *(("arrived",) if is_any_followed else ()), *(("unfollowed",) if left_out else ()))
    columns = ("day's end", *("not followed" if name == "unfollowed" else name for name in counted))
    figure = Figure(
        id="cumulative-flow",
        # It covers more than the report's period.
        title=f"Cumulative flow, {span}",
        sentences=(f"From {span}: {left_out}", *notes_on_period(facts, FLOW_IS_OF)),
        table=Table(
            columns,
            tuple(
                (_day(row["day_date"]), *(f"{row[f'{name}_count']:,}" for name in counted)) for row in reversed(ends)
            ),
            frozenset(columns[1:]),
        ),
        answer=facts.answers["flow"],
        metrics=("ticket_work_in_progress_count", "ticket_backlog_count"),
    )
    if not is_any_followed:
        return figure
    # What was over before the first day would be nearly all of the picture; so it begins near nothing.
    least = {band: min(row[f"{band}_count"] for row in days) for band in ("done", "cancelled")}
    drawn = [
        FlowDay(row["day_date"], {band: row[f"{band}_count"] - least.get(band, 0) for band in FLOW_BANDS})
        for row in days
    ]
    over = sum(last[f"{band}_count"] - before[f"{band}_count"] for band in ("done", "cancelled"))
    told = (
        f"From {span} {count_of(arrived, 'ticket')} came in and {over:,} went out, so that open tickets went from "
        f"{_open(before):,} to {_open(last):,}, of which {last['queued_count']:,} "
        f"{'is' if last['queued_count'] == 1 else 'are'} queued: the backlog."
    )
    if left_out:
        told = f"Of the tickets that can be followed: {told[:1].lower()}{told[1:]}"
    return replace(
        figure,
        sentences=(told, *filter(None, (left_out,)), _PICTURES, *notes_on_period(facts, FLOW_IS_OF)),
        draw=lambda width: flow_picture(drawn, width=width),
        alternative=f"Tickets by state at the end of {count_of(len(days), 'day')}, stacked",
    )


def _days_told(facts: ReportFacts) -> tuple[dict[str, Any], tuple[dict[str, Any], ...]]:
    """The end of the day before the first that is told, and the days. Nothing had come in before the data begin."""
    answer = facts.answers.get("flow")
    rows = answer.rows if answer else ()
    if not rows or answer is None:
        return {}, ()
    if rows[0]["day_date"].isoformat() > answer.parameters.get("from_date", ""):
        return {name: 0 for name in rows[0] if name != "day_date"}, rows
    return rows[0], rows[1:]


def _cycle_times(facts: ReportFacts) -> Figure | None:
    rows = facts.rows("cycle_times")
    if not rows:
        return None
    zone = ZoneInfo(facts.publication.time_zone)
    tickets = [
        FinishedTicket(row["resolved_at"].astimezone(zone), float(row["cycle_time_business_hours"])) for row in rows
    ]
    total = rows[0]["ticket_count"]
    lines = _lines(facts, _CYCLE_TIMES)
    told = [f"Each point is one of {count_of(total, 'ticket')} with a cycle time, on the day of its resolution."]
    if len(rows) < total:
        drawn = f"{len(rows):,} of {total:,} are drawn, always the same ones; the lines are those of all."
        told = [f"Each point is a ticket, on the day of its resolution. {drawn}"]
    if lines:
        shares = ", ".join(f"{line.name.removeprefix('p')} % at most {line.value:,.1f} h" for line in lines)
        told.append(f"{_measured(facts)}, {shares}.".replace("%", "% took", 1))
    told.append("The scale multiplies, so that short and long times are both seen.")
    told += notes_on_period(facts, CYCLE_TIMES_ARE_OF)
    return Figure(
        id="cycle-times",
        title=titled(facts, CYCLE_TIMES_ARE_OF, "Cycle time of each resolved ticket, in open hours"),
        sentences=tuple(told),
        draw=lambda width: cycle_time_chart(tickets, lines, LOOK, width=width),
        alternative=f"{count_of(len(rows), 'ticket')} by day of resolution and cycle time, with percentiles",
        table=Table(
            ("percentile", "cycle time, open h", "at least", "at most", "measured"),
            tuple(
                (f"p{share}", *(_hours(facts.numbers[metric][name]) for name in _SURE),
                 format_ratio(facts.numbers[metric]["coverage_ratio"]))
                for share, metric in _CYCLE_TIMES
                if metric in facts.numbers
            ),
            frozenset({"cycle time, open h", "at least", "at most", "measured"}),
        ),
        answer=facts.answers["cycle_times"],
        metrics=tuple(metric for _, metric in _CYCLE_TIMES if metric in facts.numbers),
    )  # fmt: skip


def _measured(facts: ReportFacts) -> str:
    """Of which tickets the percentiles are: those whose cycle time is known, and how many others there are."""
    row = next(facts.numbers[metric] for _, metric in _CYCLE_TIMES if _has_value(facts, metric))
    measured, eligible = row["measured_count"], row["eligible_count"]
    if measured == eligible:
        return f"Of all {count_of(eligible, 'ticket')}" if eligible != 1 else "Of the one ticket"
    return f"Of the {measured:,} of {count_of(eligible, 'ticket')} whose cycle time is known"


def age_figure(facts: ReportFacts) -> Figure | None:
    """How old the open tickets are, held against how long finished ones took."""
    rows = facts.rows("ages")
    known = [row for row in rows if row["age_from_business_hours"] is not None]
    if not known:
        return None
    classes = [
        AgeClass(
            row["age_from_business_hours"],
            row["age_to_business_hours"],
            {part: row[column] for part, column in _PARTS.items()},
        )
        for row in known
    ]
    total, broken = (sum(row[name] for row in rows) for name in ("ticket_count", "broken_count"))
    unknown = sum(row["ticket_count"] for row in rows) - sum(row["ticket_count"] for row in known)
    lines = _lines(facts, _LEAD_TIMES)
    opened = count_of(total, "ticket is", "tickets are")
    told = [f"{opened} open (queued, active or waiting); {_told_of_promises(rows, total, broken)}."]
    told += _compared(facts, known, lines)
    if unknown:
        told.append(f"The age of {unknown:,} is not known.")
    columns = ("age, open h", "tickets", *_PARTS)
    return Figure(
        id="aging",
        title="Open tickets by age",
        sentences=tuple(told),
        draw=lambda width: age_chart(classes, lines, LOOK, width=width),
        alternative=f"{count_of(total, 'open ticket')} by age, stacked by the state of their promises",
        table=Table(
            columns,
            tuple(
                (_span(row), f"{row['ticket_count']:,}", *(f"{row[column]:,}" for column in _PARTS.values()))
                for row in rows
            ),
            frozenset(columns[1:]),
        ),
        answer=facts.answers["ages"],
        metrics=("ticket_backlog_count", "ticket_lead_time_p85_business_hours"),
    )


def _told_of_promises(rows: Sequence[dict[str, Any]], total: int, broken: int) -> str:
    if broken:
        return f"of {broken:,} a promise is broken already"
    them = "it" if total == 1 else "them"
    is_promised = any(row["promised_count"] for row in rows)
    return f"no promise to {them} is broken" if is_promised else f"nothing was promised of {them}"


def _compared(facts: ReportFacts, known: Sequence[dict[str, Any]], lines: Sequence[Line]) -> list[str]:
    """What the lines mean. Whole classes can be counted beyond a line, and no part of one."""
    period = facts.period_of(_LEAD_TIMES[-1][1])
    if not lines or period is None:
        return []
    line = lines[-1]
    older = sum(row["ticket_count"] for row in known if row["age_from_business_hours"] >= line.value)
    share = line.name.removeprefix("p")
    whom = "" if _are_all_measured(facts, _LEAD_TIMES) else " of those whose lead time is known"
    told = f"The lines are lead times of {period.label}: {share} %{whom} were resolved within {line.value:,.1f} open h."
    return [f"{told} At least {count_of(older, 'open ticket is', 'open tickets are')} older." if older else told]


def _has_value(facts: ReportFacts, metric: str) -> bool:
    row = facts.numbers.get(metric)
    return row is not None and row["value"] is not None


def _are_all_measured(facts: ReportFacts, metrics: Sequence[tuple[int, str]]) -> bool:
    return all(facts.numbers[metric]["coverage_ratio"] == 1 for _, metric in metrics if _has_value(facts, metric))


def _lines(facts: ReportFacts, metrics: Sequence[tuple[int, str]]) -> list[Line]:
    """Published percentiles, those that have a value."""
    return [Line(f"p{share}", facts.numbers[metric]["value"]) for share, metric in metrics if _has_value(facts, metric)]


def _open(row: dict[str, Any]) -> int:
    count: int = row["queued_count"] + row["active_count"] + row["waiting_count"]
    return count


def _span(row: dict[str, Any]) -> str:
    if row["age_from_business_hours"] is None:
        return "not known"
    return f"{row['age_from_business_hours']:,} to {row['age_to_business_hours']:,}"


def _hours(value: float | None) -> str:
    return NOTHING if value is None else f"{value:,.1f}"


def _day(day: Any) -> str:
    return f"{day:%d %b %Y}".lstrip("0")
