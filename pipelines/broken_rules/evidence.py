"""What an explanation of broken rules is given, and what it consists of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from data_contracts.spec import ExportContract, Rule
from models.vocabulary import Domain

if TYPE_CHECKING:
    from pipelines.policies.loading import Policies
    from pipelines.warehouse import Warehouse


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an explanation may ask.

    Attributes:
        warehouse: within the transaction in which the rules are evaluated.
        contracts: those of the exports whose rows are judged.
        reporting_currency: ISO 4217 code of kpi.toml.
        time_zone: the reporting time zone, in which months are cut.
        has_known_incidents: whether kpi.toml names days that are not judged.
    """

    warehouse: Warehouse
    contracts: Sequence[ExportContract]
    policies: Policies
    reporting_currency: str
    time_zone: str
    has_known_incidents: bool = False

    def origin_of(self, contract_id: str) -> str:
        """The file of a contract, as a person knows it."""
        return next((each.origin for each in self.contracts if each.id == contract_id), contract_id)


def find_nothing(evidence: Evidence, domain: Domain) -> None:
    """What an explanation finds beforehand that reads all it tells from the staged tables."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is told of some rules when they are broken.

    Attributes:
        belongs_to: whether a rule is one of them.
        tell: sentences for the message of a broken rule; empty if there is nothing to add.
        find: makes the tables of `ops` that the rules or `tell` read, of a domain whose rows are staged.
        looked_at: how many rows the rules look at, where these are not the rows of their table.
    """

    belongs_to: Callable[[Rule], bool]
    tell: Callable[[Rule, Evidence], str]
    find: Callable[[Evidence, Domain], None] = find_nothing
    looked_at: Callable[[Rule, Evidence], int] | None = None
