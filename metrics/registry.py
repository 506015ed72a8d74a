"""All metrics, in one explicit tuple. A new one is an entry in the module of its subject in `metrics.definitions`.

How a kind is computed is in `metrics.measuring`.
"""

from __future__ import annotations

from typing import Final

from metrics.costs.countable_facts import counted_table, transaction_domain
from metrics.costs.policy import CostPolicy, Driver
from metrics.definitions.costs import COST_METRICS
from metrics.definitions.plans import PLAN_METRICS
from metrics.definitions.sla import SLA_METRICS
from metrics.definitions.tickets import TICKET_METRICS
from metrics.definitions.vendor_performance import VENDOR_PERFORMANCE_METRICS
from metrics.definitions.vendors import VENDOR_METRICS
from metrics.rules_of_facts import DELIVERY_RULES, RULES_OF_FACTS, TICKET_RULES
from metrics.spec import Metric
from metrics.vendors.policy import VendorPolicy
from models.vocabulary import Domain, PromiseKind

_NO_VENDOR_POLICY: Final = VendorPolicy()

METRICS: Final[tuple[Metric, ...]] = (
    *TICKET_METRICS,
    *SLA_METRICS,
    *COST_METRICS,
    *PLAN_METRICS,
    *VENDOR_METRICS,
    *VENDOR_PERFORMANCE_METRICS,
)

HEADLINES: Final[tuple[Metric, ...]] = tuple(metric for metric in METRICS if metric.is_headline)

_BY_NAME: Final[dict[str, Metric]] = {metric.name: metric for metric in METRICS}

#: Drivers of policies/costs.yaml that are computed from another domain than finance.
_DRIVER_DOMAINS: Final[dict[Driver, Domain]] = {
    Driver.RESOLVED_TICKETS: Domain.TICKETS,
    Driver.ACTIVE_BUSINESS_HOURS: Domain.TICKETS,
}


def promise_domains(policy: VendorPolicy) -> set[Domain]:
    """Domains that the promises of policies/vendors.yaml are judged by."""
    kinds = {promise.kind for terms in policy.credits for promise in terms.promises}
    return {Domain.TICKETS if kind is PromiseKind.SLA else Domain.VENDORS for kind in kinds}


def metric_named(name: str) -> Metric:
    """The metric of that name.

    Raises:
        KeyError: no metric has that name.
    """
    return _BY_NAME[name]


def required_domains(
    metric: Metric, policy: CostPolicy, vendor_policy: VendorPolicy = _NO_VENDOR_POLICY
) -> tuple[Domain, ...]:
    """Domains whose contracts must pass before a metric is published, under a home's cost and vendor policies.

    Cost is broken down by drivers and divided by transactions, and the policy decides where those come from: a home
    that counts paid documents and allocates directly needs no tickets for its cost per transaction. So it is with
    service credits: promises about tickets need tickets.
    """
    domains = set(metric.requires)
    if metric.follows_transactions:
        domains.add(transaction_domain(policy.transaction))
        for divided in policy.divisions:
            if divided.driver in _DRIVER_DOMAINS:
                domains.add(_DRIVER_DOMAINS[divided.driver])
            elif divided.driver is Driver.METRIC and divided.metric:
                domains.update(required_domains(metric_named(divided.metric), policy, vendor_policy))
    if metric.follows_promises:
        domains.update(promise_domains(vendor_policy))
    return tuple(domain for domain in Domain if domain in domains)


def closing_domains(
    metric: Metric, policy: CostPolicy, vendor_policy: VendorPolicy = _NO_VENDOR_POLICY
) -> tuple[Domain, ...]:
    """Domains whose data must have passed the end of a period before it is closed for the whole.

    Breakdowns are closed by all that the metric requires (`required_domains`).
    """
    return metric.whole_requires or required_domains(metric, policy, vendor_policy)


def required_rules(
    metric: Metric, policy: CostPolicy, vendor_policy: VendorPolicy = _NO_VENDOR_POLICY
) -> tuple[str, ...]:
    """Patterns of the contract rules that a metric requires under a home's cost and vendor policies.

    Beside its own, they are those of what cost is divided by, and of what promises are judged by: as in
    `required_domains`.
    """
    patterns = list(metric.rules)
    if metric.follows_transactions:
        patterns += RULES_OF_FACTS.get(counted_table(policy.transaction).name, ())
        for divided in policy.divisions:
            if divided.driver in _DRIVER_DOMAINS:
                patterns += TICKET_RULES
            elif divided.driver is Driver.METRIC and divided.metric:
                patterns += required_rules(metric_named(divided.metric), policy, vendor_policy)
    if metric.follows_promises:
        # In the order of declaration: these patterns are published, and a set's own order is another in every process.
        for domain in sorted(promise_domains(vendor_policy), key=list(Domain).index):
            patterns += TICKET_RULES if domain is Domain.TICKETS else DELIVERY_RULES
    return tuple(dict.fromkeys(patterns))
