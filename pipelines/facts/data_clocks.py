"""How far the data of each domain reach, and with them each metric: what closes a period, and is "now".

What a clock closes is decided in `metrics.registry`; how that of tickets is found, in `metrics.tickets.data_clock`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from metrics.costs.policy import CostBasis
from metrics.part_months import LATEST, PART
from metrics.periods import local_date_of
from metrics.registry import closing_domains, promise_domains, required_domains
from metrics.spec import Metric, Unit
from metrics.unposted_months import UNPOSTED
from models.vocabulary import Domain
from pipelines.facts.tickets import QUARANTINED, data_reach, measured_until
from pipelines.policies.loading import Policies
from pipelines.session import Session


@dataclass(frozen=True, slots=True)
class Reach:
    """How far the data of a metric reach: for the whole, and for its breakdowns, which may need further domains."""

    whole_until: datetime
    breakdowns_until: datetime


@dataclass(frozen=True, slots=True)
class DataClocks:
    """How far the data of each domain reach; those of vendors by deliveries and by invoices, which are two exports.

    A clock is None where the domain has no data.

    Attributes:
        zone: the reporting time zone, in which months end.
    """

    tickets: datetime | None
    finance: datetime | None
    deliveries: datetime | None
    invoices: datetime | None
    zone: ZoneInfo

    @property
    def latest(self) -> datetime | None:
        """How far any of them reaches."""
        known = (self.tickets, self.finance, self.deliveries, self.invoices)
        return max((clock for clock in known if clock is not None), default=None)

    def of(self, domain: Domain, metric: Metric, policies: Policies) -> datetime | None:
        """The clock of a domain for one metric."""
        match domain:
            case Domain.TICKETS:
                return self.tickets
            case Domain.FINANCE:
                return self.of_cost(policies)
            case Domain.VENDORS:
                return self._of_vendors(metric, policies)

    def of_cost(self, policies: Policies) -> datetime | None:
        """How far cost is complete: by whole months, unless every line counts on the day on which it is posted.

        What is posted once a month, such as payroll, brings all its days of service at once.
        """
        if self.finance is None or policies.costs.basis is not CostBasis.ACCRUAL:
            return self.finance
        return _start_of_month(self.finance, self.zone)

    def _of_vendors(self, metric: Metric, policies: Policies) -> datetime | None:
        """Deliveries, and promises about them, end when their export does; money, of which fees are a part, when
        invoices do."""
        is_of_deliveries = metric.fact == "fct_deliveries"
        is_by_deliveries = metric.follows_promises and Domain.VENDORS in promise_domains(policies.vendors)
        is_of_invoices = not is_of_deliveries and (not metric.follows_promises or metric.unit is Unit.REPORTING)
        needed = (
            self.deliveries if is_of_deliveries or is_by_deliveries else None,
            self.invoices if is_of_invoices else None,
        )
        # An export that a home does not have closes nothing; then the other one tells how far the data reach.
        return _earliest(needed) or _earliest((self.deliveries, self.invoices))


def data_clocks(session: Session) -> DataClocks:
    """How far the facts of each domain reach, or what `--as-of` says.

    A line that was set aside, and one that was posted after the latest file landed, do not move the clock of finance.
    If all lines were set aside, theirs is the best there is: the gap has to show in some period. Nor does it pass the
    beginning of a month that is over and of which a ledger holds only a part: it would be told as closed.
    """
    found = _found_clocks(session)
    as_of = session.as_of_option
    # What no export feeds has no clock, whatever somebody says: its KPIs are not empty, they are unknown.
    tickets, finance, deliveries, invoices = (
        clock if clock is None or as_of is None else as_of
        for clock in (found.tickets, found.finance, found.deliveries, found.invoices)
    )
    part = _part_of_a_month(session, found.zone)
    finance = None if finance is None else _earliest((finance, part))
    return DataClocks(tickets, finance, deliveries, invoices, found.zone)


def data_ends(session: Session) -> dict[str, date]:
    """The last day of which each kind of data itself tells, where somebody chose to measure as of a later one.

    A clock that somebody chose closes periods; it brings no data.
    """
    as_of = session.as_of_option
    if as_of is None:
        return {}
    found = _found_clocks(session)
    # What is measured has the chosen clock; what is staged, its own.
    quarantined = session.warehouse.frame(QUARANTINED)["record_id"]
    tickets = None if found.tickets is None else data_reach(session.warehouse, quarantined)
    clocks = {"tickets": tickets, "finance": found.finance, "deliveries": found.deliveries, "invoices": found.invoices}
    chosen = last_day_of(as_of, found.zone)
    ends = {data: last_day_of(clock, found.zone) for data, clock in clocks.items() if clock is not None}
    return {data: end for data, end in ends.items() if end < chosen}


def last_day_of(clock: datetime, zone: ZoneInfo) -> date:
    """The last day that a clock has seen something of. At midnight it has seen the day before to its end, and nothing
    of its own."""
    return (clock - timedelta(microseconds=1)).astimezone(zone).date()


def _part_of_a_month(session: Session, zone: ZoneInfo) -> datetime | None:
    """When the latest month of a ledger begins, if it is over and only a part of it is there."""
    query = "SELECT min(first_date) FROM ops.ops_source_drift WHERE domain = ? AND measure = ? AND member = ?"
    ((day,),) = session.warehouse.rows(query, [Domain.FINANCE.value, PART, LATEST])
    return None if day is None else datetime.combine(day.replace(day=1), time(), zone).astimezone(UTC)


def unposted_months(session: Session) -> list[date]:
    """Months of which the ledger lacks all postings, in order: see `metrics.unposted_months`. One in which a source has
    postings is not told, though another lacks them; nor one of facts that are kept from a batch which had them."""
    query = """
        SELECT DISTINCT first_date FROM ops.ops_source_drift
        WHERE domain = ? AND measure = ? AND member = ? AND first_date NOT IN (
            SELECT CAST(date_trunc('month', posting_date) AS DATE) FROM core.fct_cost_lines
            WHERE posting_date IS NOT NULL
        )
        ORDER BY first_date
    """
    return [day for (day,) in session.warehouse.rows(query, [Domain.FINANCE.value, PART, UNPOSTED])]


def _found_clocks(session: Session) -> DataClocks:
    return DataClocks(
        tickets=measured_until(session.warehouse),
        finance=_end_of_day(
            session,
            """
            SELECT coalesce(max(posting_date) FILTER (NOT is_quarantined), max(posting_date)) FROM core.fct_cost_lines
            WHERE posting_date <= (SELECT CAST(max(loaded_at) AS DATE) + 1 FROM ops.ops_loads)
            """,
        ),
        deliveries=_end_of_day(session, "SELECT max(delivered_date) FROM core.fct_deliveries WHERE NOT is_quarantined"),
        invoices=_end_of_day(
            session, "SELECT max(invoice_date) FROM core.fct_vendor_invoice_lines WHERE NOT is_quarantined"
        ),
        zone=ZoneInfo(session.project.home.settings.reporting.time_zone),
    )


def reach_of(metric: Metric, policies: Policies, clocks: DataClocks) -> Reach | None:
    """As far as the data of every domain that the metric needs reach; None if those that close a period have none."""
    whole, breakdowns = (
        _earliest(clocks.of(domain, metric, policies) for domain in of(metric, policies.costs, policies.vendors))
        for of in (closing_domains, required_domains)
    )
    return Reach(whole, breakdowns) if whole is not None and breakdowns is not None else None


def group_by_reach(
    metrics: Iterable[Metric], policies: Policies, clocks: DataClocks
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


def _earliest(clocks: Iterable[datetime | None]) -> datetime | None:
    """The earliest of those that there are."""
    return min((clock for clock in clocks if clock is not None), default=None)


def _start_of_month(instant: datetime, zone: ZoneInfo) -> datetime:
    return datetime.combine(instant.astimezone(zone).date().replace(day=1), time(), zone).astimezone(UTC)


def _end_of_day(session: Session, query: str) -> datetime | None:
    found: date | None = session.warehouse.rows(query)[0][0]
    if found is None:
        return None
    zone = ZoneInfo(session.project.home.settings.reporting.time_zone)
    return datetime.combine(found + timedelta(days=1), time(), zone).astimezone(UTC)
