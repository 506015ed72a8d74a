"""How far the data of each domain reach, and with them each metric: what closes a period, and is "now".

What a clock closes is decided in `metrics.registry`; how that of tickets is found, in `metrics.tickets.data_clock`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from metrics.periods import local_date_of
from metrics.registry import closing_domains, required_domains
from metrics.spec import Metric
from models.vocabulary import Domain
from pipelines.policies import Policies
from pipelines.session import Session
from pipelines.ticket_facts import measured_until


@dataclass(frozen=True, slots=True)
class Reach:
    """How far the data of a metric reach: for the whole, and for its breakdowns, which may need further domains."""

    whole_until: datetime
    breakdowns_until: datetime


def data_clocks(session: Session) -> dict[Domain, datetime | None]:
    """How far each domain's facts reach, or what `--as-of` says.

    A line that was set aside, and one that was posted after the latest file landed, do not move the clock of finance.
    """
    if session.as_of_option is not None:
        return dict.fromkeys(Domain, session.as_of_option)
    return {
        Domain.TICKETS: measured_until(session.warehouse),
        Domain.FINANCE: _end_of_day(
            session,
            """
            SELECT max(posting_date) FROM core.fct_cost_lines
            WHERE NOT is_quarantined
              AND posting_date <= (SELECT CAST(max(loaded_at) AS DATE) + 1 FROM ops.ops_loads)
            """,
        ),
        Domain.VENDORS: _end_of_day(
            session,
            """
            SELECT max(day) FROM (
                SELECT max(delivered_date) AS day FROM core.fct_deliveries WHERE NOT is_quarantined
                UNION ALL
                SELECT max(invoice_date) FROM core.fct_vendor_invoice_lines WHERE NOT is_quarantined
            )
            """,
        ),
    }


def reach_of(metric: Metric, policies: Policies, clocks: Mapping[Domain, datetime | None]) -> Reach | None:
    """As far as the data of every domain that the metric needs reach; None if those that close a period have none."""
    domains = (of(metric, policies.costs, policies.vendors) for of in (closing_domains, required_domains))
    whole, breakdowns = (
        min((clock for domain in needed if (clock := clocks[domain]) is not None), default=None) for needed in domains
    )
    return Reach(whole, breakdowns) if whole is not None and breakdowns is not None else None


def group_by_reach(
    metrics: Iterable[Metric], policies: Policies, clocks: Mapping[Domain, datetime | None]
) -> dict[Reach | None, list[Metric]]:
    """Metrics by how far their data reach."""
    groups: dict[Reach | None, list[Metric]] = {}
    for metric in metrics:
        groups.setdefault(reach_of(metric, policies, clocks), []).append(metric)
    return groups


def reporting_date(session: Session, clock: datetime | None) -> date:
    """The day of a data clock in the reporting time zone; before any data, a day that closes no period."""
    zone = session.project.home.settings.reporting.time_zone
    return date(1970, 1, 1) if clock is None else local_date_of(clock, zone)


def _end_of_day(session: Session, query: str) -> datetime | None:
    found: date | None = session.warehouse.rows(query)[0][0]
    if found is None:
        return None
    zone = ZoneInfo(session.project.home.settings.reporting.time_zone)
    return datetime.combine(found + timedelta(days=1), time(), zone).astimezone(UTC)
