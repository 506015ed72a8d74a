"""All that a report is made of: the answers of packaged questions on one published file, for one period.

They are read by `pipelines.report.reading`; what is made of them is in `pipelines.report.sections` and needs no file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from metrics.registry import HEADLINES as _HEADLINES
from metrics.signals.targets import Target
from pipelines.published.publication import PublicationFacts, Reach
from pipelines.report.asking import Answer
from pipelines.report.period import ReportPeriod

#: The names of the three that an executive sees first.
HEADLINES: Final = tuple(metric.name for metric in _HEADLINES)

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
    "vendor_billed_reporting",
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


class NothingToReportError(Exception):
    """The published file has no closed period of the wanted kind, or not the one that was asked for."""


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
        headlines: the KPIs that stand first; others than `HEADLINES` where none of these has a value.
        is_past: whether a later period is the latest: then what is open is told as of the end of this one.
    """

    publication: PublicationFacts
    period: ReportPeriod | None
    numbers: Mapping[str, Mapping[str, Any]]
    histories: Mapping[str, Answer]
    answers: Mapping[str, Answer]
    reaches: tuple[Reach, ...] = ()
    no_value_reasons: Mapping[str, str] = field(default_factory=dict)
    targets: Mapping[str, Sequence[Target]] = field(default_factory=dict)
    headlines: tuple[str, ...] = HEADLINES
    is_past: bool = False

    def is_late(self, metric: str) -> bool:
        """Whether the period is not closed for a KPI, so that it is told of another, or of none."""
        row = self.numbers.get(metric)
        return row is not None and row["is_wanted_closed"] is False

    def period_of(self, metric: str) -> ReportPeriod | None:
        """The closed period that a KPI is told of; None if there is none."""
        return told_period(self.numbers, metric, self.period)

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


def told_period(
    numbers: Mapping[str, Mapping[str, Any]], metric: str, period: ReportPeriod | None
) -> ReportPeriod | None:
    """The closed period that a KPI is told of; that of the report for one that is not published."""
    row = numbers.get(metric)
    if period is None or row is None or row["is_wanted_closed"] is not False:
        return period
    return ReportPeriod(period.grain, row["period_start_date"]) if row["period_start_date"] else None
