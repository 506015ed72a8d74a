"""All that a report is made of: the answers of packaged questions on one published file, for one period.

Reading is here, and only here; what is made of the answers is in `pipelines.report.figures` and needs no file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import duckdb

from models.vocabulary import Grain
from pipelines.published_file import open_published_file
from pipelines.report.asking import Answer, ask
from pipelines.report.period import ReportPeriod

#: The three that an executive sees first; see metrics.registry.HEADLINES.
HEADLINES: Final = (
    "ticket_cycle_time_p85_business_hours",
    "sla_attainment_ratio",
    "cost_per_transaction_reporting",
)

#: What stands beside them, in the order in which it is read.
SUPPORTING: Final = (
    "ticket_created_count",
    "ticket_resolved_count",
    "ticket_backlog_count",
    "ticket_lead_time_p85_business_hours",
    "ticket_flow_efficiency_business_ratio",
    "ticket_reopen_ratio",
    "sla_first_response_attainment_ratio",
    "cost_total_reporting",
    "cost_unallocated_reporting",
    "cost_budget_variance_ratio",
    "vendor_on_time_delivery_ratio",
    "vendor_recoverable_reporting",
)

#: KPIs whose change is taken apart on the page; of percentiles nothing adds up.
DRIVEN: Final = ("sla_attainment_ratio", "cost_per_transaction_reporting", "ticket_backlog_count")

#: Periods that a trend shows.
TREND_LENGTH: Final = 24
#: Periods that a cumulative flow diagram shows, the one of the report being the last.
_FLOW_PERIODS: Final = {Grain.WEEK: 6, Grain.MONTH: 3, Grain.QUARTER: 2}
#: Points of a scatter at most: more of them hide each other, and make the page heavy.
_MOST_POINTS: Final = 600


class NothingToReportError(Exception):
    """The published file has no closed period of the wanted kind, or not the one that was asked for."""


@dataclass(frozen=True)
class Publication:
    """What the published file says of itself."""

    publication_id: str
    published_at: datetime
    as_of_at: datetime | None
    content_hash: str
    currency: str
    time_zone: str
    home_name: str


@dataclass(frozen=True)
class ReportFacts:
    """Everything that a report shows.

    Attributes:
        period: what it is about; None while no period is closed.
        numbers: every KPI in the period, by name.
        histories: values of the shown KPIs, by name.
        answers: the other answers, by name.
    """

    publication: Publication
    period: ReportPeriod | None
    numbers: Mapping[str, Mapping[str, Any]]
    histories: Mapping[str, Answer]
    answers: Mapping[str, Answer]

    def rows(self, name: str) -> tuple[dict[str, Any], ...]:
        """Rows of an answer; none where it was not asked."""
        answer = self.answers.get(name)
        return answer.rows if answer else ()


def closed_periods(connection: duckdb.DuckDBPyConnection, grain: Grain) -> list[ReportPeriod]:
    """Periods that are closed and have a headline, from the first to the latest."""
    rows = connection.execute(
        """
        SELECT DISTINCT period_start_date FROM mart.metric_values
        WHERE period_grain = ? AND dimension = 'overall' AND is_period_closed AND list_contains(?, metric)
        ORDER BY period_start_date
        """,
        [grain.value, list(HEADLINES)],
    ).fetchall()
    return [ReportPeriod(grain, row[0]) for row in rows]


def read_facts(file: Path, period: ReportPeriod | None = None, grain: Grain = Grain.MONTH) -> ReportFacts:
    """The facts of a report.

    Args:
        file: a published file.
        period: what it is about; the latest closed one of the grain if none is named.
        grain: of the latest period.

    Raises:
        NothingToReportError: the named period is not closed, or has no value; or the file is of another version.
    """
    connection = open_published_file(file)
    try:
        known = closed_periods(connection, period.grain if period else grain)
        if period is not None and period not in known:
            raise NothingToReportError(_no_such_period(period, known))
        chosen = period or (known[-1] if known else None)
        return _read(connection, chosen, grain if chosen is None else chosen.grain)
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


def _read(connection: duckdb.DuckDBPyConnection, period: ReportPeriod | None, grain: Grain) -> ReportFacts:
    start = period.start if period else date(1, 1, 1)
    spans = {"period_grain": grain.value, "period_start_date": start.isoformat()}
    answers = {"numbers": ask(connection, "numbers_of_a_period", **spans)}
    numbers = {row["metric"]: row for row in answers["numbers"].rows}
    histories = {
        metric: ask(
            connection,
            "metric_history",
            metric=metric,
            period_grain=grain.value,
            to_date=start.isoformat(),
            row_limit=str(TREND_LENGTH),
        )
        for metric in (*HEADLINES, *SUPPORTING)
    }
    answers["at_risk"] = ask(connection, "promises_at_risk_by_team")
    answers["next_to_breach"] = ask(connection, "tickets_about_to_breach", row_limit="10")
    answers["oldest"] = ask(connection, "oldest_open_tickets", row_limit="10")
    answers["ages"] = ask(connection, "open_tickets_by_age")
    answers["held"] = ask(connection, "held_metrics_and_rules")
    answers["to_put_right"] = ask(connection, "what_to_put_right_first", row_limit="1000")
    answers["scorecards"] = ask(
        connection, "vendor_scorecard", period_grain="quarter" if grain is Grain.QUARTER else "month"
    )
    answers["recoverable"] = ask(connection, "money_to_recover")
    answers["deadlines"] = ask(connection, "contracts_to_cancel_or_renew")
    if period is not None:
        answers |= _of_the_period(connection, period)
    return ReportFacts(_publication(connection), period, numbers, histories, answers)


def _of_the_period(connection: duckdb.DuckDBPyConnection, period: ReportPeriod) -> dict[str, Answer]:
    """What is told of the period alone; of months more than of weeks."""
    start, end, grain = period.start.isoformat(), period.end.isoformat(), period.grain.value
    answers = {
        f"signals {metric}": ask(
            connection,
            "signal_or_noise",
            metric=metric,
            period_grain=grain,
            to_date=start,
            row_limit=str(TREND_LENGTH),
        )
        for metric in HEADLINES
    }
    answers["targets"] = ask(
        connection, "values_against_targets", period_grain=grain, to_date=start, row_limit=str(TREND_LENGTH)
    )
    answers |= {
        f"drivers {metric}": ask(
            connection, "what_drove_a_change", metric=metric, period_grain=grain, period_start_date=start
        )
        for metric in DRIVEN
    }
    answers["breaches"] = ask(connection, "breaches_by_cause", from_date=start, to_date=end)
    first = period
    for _ in range(_FLOW_PERIODS[period.grain] - 1):
        first = first.previous
    answers["flow"] = ask(connection, "cumulative_flow_by_day", from_date=first.start.isoformat(), to_date=end)
    answers["cycle_times"] = ask(
        connection, "cycle_times_of_a_period", from_date=start, to_date=end, row_limit=str(_MOST_POINTS)
    )
    if period.grain is Grain.MONTH:
        answers["unit_cost"] = ask(connection, "what_made_unit_cost_move", to_month=start)
        answers["budget"] = ask(connection, "budget_variance", from_month=start, to_month=start)
    return answers


def _publication(connection: duckdb.DuckDBPyConnection) -> Publication:
    row = connection.execute(
        """
        SELECT publication_id, published_at, as_of_at, content_hash, reporting_currency_code, reporting_time_zone,
               home_name
        FROM meta.run
        """
    ).fetchone()
    if row is None:
        raise NothingToReportError("The published file does not say which run made it: publish again with 'kpi run'.")
    return Publication(*row)
