"""All metrics, in one explicit tuple. A new one is an entry in the module of its subject in `metrics.definitions`.

How a kind is computed is in `metrics.measuring`.
"""

from __future__ import annotations

from typing import Final

from metrics.costs.policy import CostPolicy, Driver, TransactionKind
from metrics.definitions.costs import COST_METRICS
from metrics.definitions.sla import SLA_METRICS
from metrics.definitions.tickets import TICKET_METRICS
from metrics.definitions.vendors import VENDOR_METRICS
from metrics.spec import Metric
from models.vocabulary import Domain

METRICS: Final[tuple[Metric, ...]] = (*TICKET_METRICS, *SLA_METRICS, *COST_METRICS, *VENDOR_METRICS)

HEADLINES: Final[tuple[Metric, ...]] = tuple(metric for metric in METRICS if metric.is_headline)

_BY_NAME: Final[dict[str, Metric]] = {metric.name: metric for metric in METRICS}

#: Domain that each kind of transaction of policies/costs.yaml comes from.
TRANSACTION_DOMAINS: Final[dict[TransactionKind, Domain]] = {
    TransactionKind.RESOLVED_TICKETS: Domain.TICKETS,
    TransactionKind.PAID_DOCUMENTS: Domain.FINANCE,
    TransactionKind.DELIVERIES: Domain.VENDORS,
}

#: Drivers of policies/costs.yaml that are computed from another domain than finance.
_DRIVER_DOMAINS: Final[dict[Driver, Domain]] = {
    Driver.RESOLVED_TICKETS: Domain.TICKETS,
    Driver.ACTIVE_BUSINESS_HOURS: Domain.TICKETS,
}


def metric_named(name: str) -> Metric:
    """The metric of that name.

    Raises:
        KeyError: no metric has that name.
    """
    return _BY_NAME[name]


def required_domains(metric: Metric, policy: CostPolicy) -> tuple[Domain, ...]:
    """Domains whose contracts must pass before a metric is published, under a home's cost policy.

    Cost is broken down by drivers and divided by transactions, and the policy decides where those come from: a home
    that counts paid documents and allocates directly needs no tickets for its cost per transaction.
    """
    domains = set(metric.requires)
    if metric.follows_transactions:
        domains.add(TRANSACTION_DOMAINS[policy.transaction])
        domains.update(_DRIVER_DOMAINS[pool.driver] for pool in policy.pools if pool.driver in _DRIVER_DOMAINS)
    return tuple(domain for domain in Domain if domain in domains)
