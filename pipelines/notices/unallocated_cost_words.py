"""Why a driver or a bearer took no cost, and what to change, in words for whoever writes policies/costs.yaml.

What is unallocated is found in `pipelines.notices.unallocated_costs`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from metrics.costs.policy import CountedFact, Driver, TransactionKind

_FILE: Final = "policies/costs.yaml"


@dataclass(frozen=True, slots=True)
class TransactionWords:
    """How messages speak of what the policy counts as a transaction.

    Attributes:
        plural: what transactions are.
        places: where they write their team, service or vendor.
        naming: what gives them a team or service that they lack; for a vendor there is nothing but its export.
    """

    plural: str
    places: str
    naming: str


_WORDS: Final[dict[TransactionKind, TransactionWords]] = {
    TransactionKind.RESOLVED_TICKETS: TransactionWords(
        "resolved tickets", "tickets", "Let the contract of the ticket export feed one"
    ),
    TransactionKind.PAID_DOCUMENTS: TransactionWords(
        "paid documents",
        "cost lines",
        f"Name theirs by cost_centres in {_FILE}, let the contract of the ledger feed one",
    ),
    TransactionKind.DELIVERIES: TransactionWords(
        "deliveries", "deliveries", "Let the contract of the export of deliveries feed one"
    ),
}


def words_for(transaction: TransactionKind | CountedFact) -> TransactionWords:
    """The words for what a policy counts."""
    if isinstance(transaction, CountedFact):
        records = f"records of {transaction.fact}"
        return TransactionWords(records, records, "Let the contract of its export feed one")
    return _WORDS[transaction]


def explain_bearer(kind: str, name: str, words: TransactionWords, *, is_ever_named: bool) -> tuple[str, str]:
    """Why one who is named bears nothing, and what would change it.

    Args:
        kind: team, service or vendor.
        is_ever_named: whether any transaction has a value of that kind.
    """
    if not is_ever_named:
        why = f"transactions are {words.plural} here, and none of them names a {kind}, also not the {kind} '{name}'"
        return why, f"{words.naming}, or count others by transaction in {_FILE}."
    return (
        f"the {kind} '{name}' completed no transaction then, and transactions are {words.plural} here",
        f"Look whether {words.places} write that {kind} in another way, or name another bearer in {_FILE}.",
    )


def explain_driver(driver: Driver) -> tuple[str, str]:
    """Why a driver took nothing, and what would change it."""
    return _BY_DRIVER[driver]


_BY_DRIVER: Final[dict[Driver, tuple[str, str]]] = {
    Driver.DIRECT: (
        "its lines name no team, service or vendor",
        f"Name a team by cost_centres of {_FILE} or in the export's contract, or give the pool another driver.",
    ),
    Driver.FIXED_SHARES: (
        "the shares do not add up to 1",
        "Raise them to 1 if all of it is to be borne.",
    ),
    Driver.HEADCOUNT: (
        "no team has headcount there",
        "Add those months to the headcount export.",
    ),
    Driver.RESOLVED_TICKETS: (
        "no team resolved a ticket then",
        "It stays so unless the tickets of those months are still to come.",
    ),
    Driver.ACTIVE_BUSINESS_HOURS: (
        "no team has active business hours there",
        "Look whether the statuses in which people work are mapped to 'active' in policies/statuses.yaml.",
    ),
    Driver.METRIC: (
        "the driving metric has no value for any team there",
        "Look with 'kpi metrics' from when on it has values, or take another driver.",
    ),
}
