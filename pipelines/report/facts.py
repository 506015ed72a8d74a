"""All that a report is made of: the answers of packaged questions on one published file, for one period.

Reading is here, and only here; what is made of the answers is in `pipelines.report.figures` and needs no file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import duckdb

from metrics.periods import last_whole_month
from metrics.signals.targets import Target
from models.vocabulary import Grain
from pipelines.missing_values import explain_missing
from pipelines.published_file import open_published_file
from pipelines.published_targets import read_targets
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

#: KPIs whose closed period the figures that are no KPI themselves are of.
BREACHES_ARE_OF: Final = "sla_attainment_ratio"
FLOW_IS_OF: Final = "ticket_created_count"
CYCLE_TIMES_ARE_OF: Final = "ticket_cycle_time_p85_business_hours"
BRIDGE_IS_OF: Final = "cost_per_transaction_reporting"
BUDGET_IS_OF: Final = "cost_budget_variance_ratio"
RECOVERABLE_IS_OF: Final = "vendor_recoverable_reporting"

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


@dataclass(frozen=True, slots=True)
class Reach:
    """How far tickets, finance, deliveries or invoices reach: the clock, and the last day of which they tell; None
    where there are none."""

    data: str
    as_of_at: datetime | None
    last_date: date | None


@dataclass(frozen=True)
class ReportFacts:
    """Everything that a report shows.

    Attributes:
        period: what it is about; None while no period is closed.
        numbers: every KPI, by name: in the period, or in its own last closed one where its data do not reach the end
            of the period (`is_late`).
        histories: values of the shown KPIs, by name; closed periods only.
        answers: the other answers, by name; each of the period of the KPI that it is about.
        reaches: how far each kind of data reaches.
        no_value_reasons: why KPIs have no value of the period that they are told of, by name.
        targets: what KPIs are to be, by name, also of those without a value.
    """

    publication: Publication
    period: ReportPeriod | None
    numbers: Mapping[str, Mapping[str, Any]]
    histories: Mapping[str, Answer]
    answers: Mapping[str, Answer]
    reaches: tuple[Reach, ...] = ()
    no_value_reasons: Mapping[str, str] = field(default_factory=dict)
    targets: Mapping[str, Sequence[Target]] = field(default_factory=dict)

    def is_late(self, metric: str) -> bool:
        """Whether the period is not closed for a KPI, so that it is told of another, or of none."""
        row = self.numbers.get(metric)
        return row is not None and row["is_wanted_closed"] is False

    def period_of(self, metric: str) -> ReportPeriod | None:
        """The closed period that a KPI is told of; None if there is none."""
        return _period_of(self.numbers, metric, self.period)

    def as_of(self, data: str) -> datetime | None:
        """The clock of a kind of data: what is open in it is told as of then."""
        return next((reach.as_of_at for reach in self.reaches if reach.data == data), None)

    def last_date_of(self, data: str) -> date | None:
        """The last day of which a kind of data tells."""
        return next((reach.last_date for reach in self.reaches if reach.data == data), None)

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
    answers["deadlines"] = ask(connection, "contracts_to_cancel_or_renew")
    if period is not None:
        answers |= _up_to_the_period(connection, period)
        answers |= _of_the_period(connection, period, numbers)
    reaches = connection.execute("SELECT data, as_of_at, last_date FROM meta.data_clocks ORDER BY rowid").fetchall()
    # While no period is closed, the question answers of a day that nobody meant.
    told = {metric: row["period_start_date"] for metric, row in numbers.items()} if period else None
    return ReportFacts(
        _publication(connection),
        period,
        numbers,
        histories,
        answers,
        tuple(Reach(*reach) for reach in reaches),
        explain_missing(connection, grain.value, told),
        read_targets(connection),
    )


def _period_of(
    numbers: Mapping[str, Mapping[str, Any]], metric: str, period: ReportPeriod | None
) -> ReportPeriod | None:
    """The closed period that a KPI is told of; that of the report for one that is not published."""
    row = numbers.get(metric)
    if period is None or row is None or row["is_wanted_closed"] is not False:
        return period
    return ReportPeriod(period.grain, row["period_start_date"]) if row["period_start_date"] else None


def _up_to_the_period(connection: duckdb.DuckDBPyConnection, period: ReportPeriod) -> dict[str, Answer]:
    """What is told of closed periods up to the one of the report."""
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
    answers["breakdown_targets"] = ask(
        connection, "breakdowns_against_targets", period_grain=grain, to_date=start, row_limit="1"
    )
    # Vendors are judged by months and quarters, never by weeks.
    scored = Grain.QUARTER if period.grain is Grain.QUARTER else Grain.MONTH
    answers["scorecards"] = ask(connection, "vendor_scorecard", period_grain=scored.value, to_date=end)
    return answers


def _of_the_period(
    connection: duckdb.DuckDBPyConnection, period: ReportPeriod, numbers: Mapping[str, Mapping[str, Any]]
) -> dict[str, Answer]:
    """What is told of one period alone, of months more than of weeks: that of the KPI that it is about.

    So nothing is told of a period that the data of its domain do not reach.
    """

    def about(metric: str) -> ReportPeriod | None:
        return _period_of(numbers, metric, period)

    # Money is told of whole months, the last of which the data of vendors have passed.
    recovered_until = last_whole_month((about(RECOVERABLE_IS_OF) or period).end)
    answers = {"recoverable": ask(connection, "money_to_recover", to_date=recovered_until.end.isoformat())}
    for metric in DRIVEN:
        if (told := about(metric)) is not None:
            spans = {"period_grain": told.grain.value, "period_start_date": told.start.isoformat()}
            answers[f"drivers {metric}"] = ask(connection, "what_drove_a_change", metric=metric, **spans)
    if (told := about(BREACHES_ARE_OF)) is not None:
        answers["breaches"] = ask(connection, "breaches_by_cause", **_days(told))
    if (told := about(FLOW_IS_OF)) is not None:
        first = told
        for _ in range(_FLOW_PERIODS[told.grain] - 1):
            first = first.previous
        days = _days(told) | {"from_date": first.start.isoformat()}
        answers["flow"] = ask(connection, "cumulative_flow_by_day", **days)
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
