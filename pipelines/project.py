"""A home with everything it says decoded: settings, export contracts, warehouse contracts and policies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from data_contracts.documents import DocumentError, Problem
from data_contracts.loader import load_export_contract, load_warehouse_contracts, packaged_templates
from data_contracts.spec import ExportContract, WarehouseContract
from models.vocabulary import Domain
from pipelines.contracts.rule_names import faults_of_calendars, faults_of_protects
from pipelines.home import Home
from pipelines.lost_links import lost_links
from pipelines.policies.loading import Policies, load_policies


@dataclass(frozen=True)
class Project:
    """What a run needs to know before it touches any data."""

    home: Home
    contracts: tuple[ExportContract, ...]
    warehouse_contracts: tuple[WarehouseContract, ...]
    policies: Policies

    def contracts_of(self, domain: Domain) -> tuple[ExportContract, ...]:
        """The export contracts of a domain, by id."""
        return tuple(contract for contract in self.contracts if contract.domain is domain)

    def warehouse_contract(self, domain: Domain) -> WarehouseContract:
        """The contract of a domain's canonical tables."""
        return next(contract for contract in self.warehouse_contracts if contract.domain is domain)


def load_project(home: Home) -> Project:
    """Decode a whole home.

    Raises:
        DocumentError: with file, line and remedy of everything that is wrong, over all files.
    """
    problems: list[Problem] = [*lost_links(home)]
    settings = _collect(problems, lambda: home.settings)
    contracts = _load_contracts(home, problems)
    policies = _collect(problems, lambda: load_policies(home.policies))
    problems += _faults_between(contracts)
    problems += faults_of_calendars(contracts, policies.calendars) if policies is not None else ()
    if problems or policies is None or settings is None:
        raise DocumentError(problems)
    return Project(home, contracts, load_warehouse_contracts(), policies)


def _faults_between(contracts: Sequence[ExportContract]) -> Iterator[Problem]:
    """What no contract can see alone: names of metrics, rules, tables and columns that do not exist, or are shared."""
    yield from _faults_of_raw_tables(contracts)
    for contract in contracts:
        yield from faults_of_protects(contract)
    written = (rule for contract in contracts for item in contract.objects for rule in item.rules)
    if any(rule.query is not None for rule in written):
        from pipelines.contracts.lint import faults_of_queries

        yield from faults_of_queries(contracts)


def _faults_of_raw_tables(contracts: Sequence[ExportContract]) -> Iterator[Problem]:
    """Objects of one name and source lie in one raw table, where rows of two exports could not be told apart."""
    first: dict[str, ExportContract] = {}
    for contract in contracts:
        for item in contract.objects:
            other = first.setdefault(item.raw_table.lower(), contract)
            if other is not contract:
                yield Problem(
                    contract.origin,
                    None,
                    f"object '{item.name}' of source '{contract.source}' is in {other.origin} too, and rows of both "
                    "would lie in one table",
                    "Give one of them another name under 'schema', or its own 'source'.",
                )


def _collect(problems: list[Problem], load: Any) -> Any:
    try:
        return load()
    except DocumentError as error:
        problems.extend(error.problems)
        return None


def _load_contracts(home: Home, problems: list[Problem]) -> tuple[ExportContract, ...]:
    templates = packaged_templates()
    contracts: dict[str, ExportContract] = {}
    paths = sorted(home.contracts.glob("*.y*ml")) if home.contracts.is_dir() else []
    for path in paths:
        origin = home.name_of(path)
        try:
            contract = load_export_contract(path.read_text(encoding="utf-8"), origin, templates)
        except DocumentError as error:
            problems.extend(error.problems)
            continue
        if contract.id in contracts:
            other = contracts[contract.id].origin
            problems.append(
                Problem(origin, None, f"'{contract.id}' is also the id of {other}", "Give each contract its own id.")
            )
        contracts[contract.id] = contract
    return tuple(contracts[name] for name in sorted(contracts))
