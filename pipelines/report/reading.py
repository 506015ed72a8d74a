"""Reading a report's facts: which packaged questions are asked of a published file, and for which periods.

What the answers are to each other is in `pipelines.report.facts`. Nothing is computed here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import duckdb

from metrics.periods import last_whole_month
from models.vocabulary import Grain
from pipelines.published.opening import open_published_file
from pipelines.published.publication import PublicationFacts, read_publication, read_reaches
from pipelines.published.targets import read_targets
from pipelines.report.asking import Answer, ask
from pipelines.report.facts import (
    BREACHES_ARE_OF,
    BRIDGE_IS_OF,
    BUDGET_IS_OF,
    CYCLE_TIMES_ARE_OF,
    DRIVEN,
    FLOW_IS_OF,
    HEADLINES,
    RECOVERABLE_IS_OF,
    SUPPORTING,
    NothingToReportError,
    ReportFacts,
    told_period,
)
from pipelines.report.flow_by_day import FlowByDay
from pipelines.report.period import ReportPeriod
from pipelines.words.missing_values import explain_missing

#: Periods that a trend shows.
TREND_LENGTH: Final = 24
#: Periods that a cumulative flow diagram shows, the one of the report being the last.
_FLOW_PERIODS: Final = {Grain.WEEK: 6, Grain.MONTH: 3, Grain.QUARTER: 2}
#: Points of a scatter at most: more of them hide each other, and make the page heavy.
_MOST_POINTS: Final = 600


def closed_periods(connection: duckdb.DuckDBPyConnection, grain: Grain) -> list[ReportPeriod]:
    """Periods that are closed for any KPI, from the first to the latest."""
    rows = connection.execute(
        """
        SELECT DISTINCT period_start_date FROM mart.metric_values
        WHERE period_grain = ? AND dimension = 'overall' AND is_period_closed
        ORDER BY period_start_date
        """,
        [grain.value],
    ).fetchall()
    return [ReportPeriod(grain, row[0]) for row in rows]


def read_facts(file: Path, period: ReportPeriod | None = None, grain: Grain = Grain.MONTH) -> ReportFacts:
    """The facts of a report.

    Args:
        file: a published file.
        period: what it is about; if none is named, the one of the grain that `mart.latest_periods` wants.
        grain: of the latest period.

    Raises:
        NothingToReportError: the named period is not closed, or has no value; or the file is of another version.
    """
    (facts,) = _read_file(file, period, [grain if period is None else period.grain])
    return facts


def read_latest_facts(file: Path, grains: Sequence[Grain]) -> list[ReportFacts]:
    """The facts of the latest report of each grain. What takes long and is the same for all is asked once.

    Raises:
        NothingToReportError: the file is of another version.
    """
    return _read_file(file, None, grains)


def _read_file(file: Path, period: ReportPeriod | None, grains: Sequence[Grain]) -> list[ReportFacts]:
    connection = open_published_file(file)
    try:
        if period is not None and period not in (known := closed_periods(connection, period.grain)):
            raise NothingToReportError(_no_such_period(period, known))
        flow = FlowByDay(connection)
        return [_read(connection, period, grain, flow) for grain in grains]
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        raise NothingToReportError(
            f"{file.name} was published by another version of this program, and does not have all that a report "
            "shows. Run 'kpi run' to publish it anew."
        ) from error
    finally:
        connection.close()


def _no_such_period(period: ReportPeriod, known: list[ReportPeriod]) -> str:
    if not known:
        return f"No {period.grain.value} is closed yet, so there is nothing to report on {period.name}."
    return (
        f"{period.name} is not closed, or nothing is known of it. "
        f"Closed are {known[0].name} to {known[-1].name}; name one of them."
    )


def _read(
    connection: duckdb.DuckDBPyConnection, wanted: ReportPeriod | None, grain: Grain, flow: FlowByDay
) -> ReportFacts:
    # Which period is the latest is decided by the question, for everybody who asks it.
    spans = {"period_start_date": wanted.start.isoformat()} if wanted else {}
    answers = {"numbers": ask(connection, "numbers_of_a_period", period_grain=grain.value, **spans)}
    numbers = {row["metric"]: row for row in answers["numbers"].rows}
    latest = next((row["wanted_start_date"] for row in numbers.values()), None)
    period = wanted or (ReportPeriod(grain, latest) if latest else None)
    headlines = _headlines(numbers)
    upto = {"to_date": period.start.isoformat()} if period else {}
    histories = {
        metric: ask(
            connection,
            "metric_history",
            metric=metric,
            period_grain=grain.value,
            row_limit=str(TREND_LENGTH),
            **upto,
        )
        for metric in (*HEADLINES, *SUPPORTING)
    }
    answers["held"] = ask(connection, "held_metrics_and_rules")
    answers["restated"] = ask(connection, "restated_values")
    answers["to_put_right"] = ask(connection, "what_to_put_right_first", row_limit="1000")
    is_past = period is not None and _is_past(connection, period)
    answers |= _open_then(connection, numbers, period) if period is not None and is_past else _open_now(connection)
    if period is not None:
        answers |= _up_to_the_period(connection, period, headlines)
        answers |= _of_the_period(connection, period, numbers, flow)
    told = {metric: row["period_start_date"] for metric, row in numbers.items()} if period else None
    return ReportFacts(
        _publication(connection),
        period,
        numbers,
        histories,
        answers,
        tuple(read_reaches(connection)),
        explain_missing(connection, grain.value, told),
        read_targets(connection),
        headlines,
        is_past,
    )


def _is_past(connection: duckdb.DuckDBPyConnection, period: ReportPeriod) -> bool:
    """Whether a report that nobody asks a period for would be of a later one."""
    (latest,) = connection.execute(
        "SELECT max(wanted_start_date) FROM mart.latest_periods WHERE period_grain = ?", [period.grain.value]
    ).fetchall()[0]
    return latest is not None and period.start < latest


def _open_now(connection: duckdb.DuckDBPyConnection) -> dict[str, Answer]:
    """What is open as of the clocks of the data."""
    return {
        "at_risk": ask(connection, "promises_at_risk_by_team"),
        "next_to_breach": ask(connection, "tickets_about_to_breach", state="running", row_limit="10"),
        "paused_next": ask(connection, "tickets_about_to_breach", state="paused", row_limit="5"),
        "oldest": ask(connection, "oldest_open_tickets", row_limit="10"),
        "left": ask(connection, "tickets_that_left_the_exports", row_limit="10"),
        "ages": ask(connection, "open_tickets_by_age"),
        "deadlines": ask(connection, "contracts_to_cancel_or_renew"),
    }


def _open_then(
    connection: duckdb.DuckDBPyConnection, numbers: Mapping[str, Mapping[str, Any]], period: ReportPeriod
) -> dict[str, Answer]:
    """What was open at the end of a past period, as far as it can be known afterwards."""
    answers = {"deadlines": ask(connection, "contracts_to_cancel_or_renew", as_of_date=period.end.isoformat())}
    if (told := told_period(numbers, FLOW_IS_OF, period)) is not None:
        answers["open_then"] = ask(connection, "open_tickets_on_a_day", day_date=told.end.isoformat())
    return answers


def _headlines(numbers: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    """The KPIs that stand first: the headlines, or where none of them has a value, the first others that have one."""

    def valued(metrics: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(metric for metric in metrics if metric in numbers and numbers[metric]["value"] is not None)

    return HEADLINES if valued(HEADLINES) else valued(SUPPORTING)[: len(HEADLINES)] or HEADLINES


def _up_to_the_period(
    connection: duckdb.DuckDBPyConnection, period: ReportPeriod, headlines: tuple[str, ...]
) -> dict[str, Answer]:
    """What is told of closed periods up to the one of the report."""
    start, grain = period.start.isoformat(), period.grain.value
    answers = {
        f"signals {metric}": ask(
            connection,
            "signal_or_noise",
            metric=metric,
            period_grain=grain,
            to_date=start,
            row_limit=str(TREND_LENGTH),
        )
        for metric in headlines
    }
    answers["targets"] = ask(
        connection, "values_against_targets", period_grain=grain, to_date=start, row_limit=str(TREND_LENGTH)
    )
    answers["breakdown_targets"] = ask(
        connection, "breakdowns_against_targets", period_grain=grain, to_date=start, row_limit="1"
    )
    # Vendors are judged by months and quarters, never by weeks.
    scored = Grain.QUARTER if period.grain is Grain.QUARTER else Grain.MONTH
    scored_until = period.end if scored is Grain.QUARTER else last_whole_month(period.end).end
    answers["scorecards"] = ask(
        connection, "vendor_scorecard", period_grain=scored.value, to_date=scored_until.isoformat()
    )
    return answers


def _of_the_period(
    connection: duckdb.DuckDBPyConnection,
    period: ReportPeriod,
    numbers: Mapping[str, Mapping[str, Any]],
    flow: FlowByDay,
) -> dict[str, Answer]:
    """What is told of one period alone, of months more than of weeks: that of the KPI that it is about.

    So nothing is told of a period that the data of its domain do not reach.
    """

    def about(metric: str) -> ReportPeriod | None:
        return told_period(numbers, metric, period)

    # Money is told of whole months, the last of which the data of vendors have passed.
    recovered_until = last_whole_month((about(RECOVERABLE_IS_OF) or period).end)
    answers = {"recoverable": ask(connection, "money_to_recover", to_date=recovered_until.end.isoformat())}
    for metric in DRIVEN:
        if (told := about(metric)) is not None:
            spans = {"period_grain": told.grain.value, "period_start_date": told.start.isoformat()}
            answers[f"drivers {metric}"] = ask(connection, "what_drove_a_change", metric=metric, **spans)
    if (told := about(BRIDGE_IS_OF)) is not None:
        spans = {"period_grain": told.grain.value, "period_start_date": told.start.isoformat()}
        answers["unallocated"] = ask(connection, "who_moved", metric="cost_unallocated_reporting", **spans)
    if (told := about(BREACHES_ARE_OF)) is not None:
        answers["breaches"] = ask(connection, "breaches_by_cause", **_days(told))
    if (told := about(FLOW_IS_OF)) is not None:
        first = told
        for _ in range(_FLOW_PERIODS[told.grain] - 1):
            first = first.previous
        # What came in on the first day is the difference to the end of the day before.
        answers["flow"] = flow.between(first.start - timedelta(days=1), told.end)
    if (told := about(CYCLE_TIMES_ARE_OF)) is not None:
        answers["cycle_times"] = ask(connection, "cycle_times_of_a_period", **_days(told), row_limit=str(_MOST_POINTS))
    if period.grain is Grain.MONTH:
        if (told := about(BRIDGE_IS_OF)) is not None:
            answers["unit_cost"] = ask(connection, "what_made_unit_cost_move", to_month=told.start.isoformat())
        if (told := about(BUDGET_IS_OF)) is not None:
            month = told.start.isoformat()
            answers["budget"] = ask(connection, "budget_variance", from_month=month, to_month=month)
    return answers


def _days(period: ReportPeriod) -> dict[str, str]:
    return {"from_date": period.start.isoformat(), "to_date": period.end.isoformat()}


def _publication(connection: duckdb.DuckDBPyConnection) -> PublicationFacts:
    publication = read_publication(connection)
    if publication is None:
        raise NothingToReportError("The published file does not say which run made it: publish again with 'kpi run'.")
    return publication
