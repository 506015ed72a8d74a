"""What is wrong with contracts beyond their own text: what only the metrics, the tables and the other contracts tell.

The standard's own JSON schema, unknown keys and rules on columns that do not exist are checked whenever a contract is
loaded (`data_contracts.loader`); here those are gathered, and what a loader of one contract cannot see is added.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import duckdb

from data_contracts.documents import DocumentError
from data_contracts.failing_rows import failing_rows_query
from data_contracts.loader import load_warehouse_contracts
from data_contracts.problems import Problem, suggest
from data_contracts.spec import ExportContract, ExportObject, Measure, Rule, WarehouseContract
from metrics.registry import METRICS
from models.catalog import STAGED, tables_of
from models.ddl import create_table, quote_identifier
from models.vocabulary import Layer
from pipelines.contracts.files import ContractText
from pipelines.contracts.rule_names import faults_of_protects, faults_of_requirements
from pipelines.gate.affected_metrics import metrics_protected
from pipelines.gate.audit import offer_data_clock, offer_settings
from pipelines.landing.loads import PROVENANCE_COLUMNS
from pipelines.warehouse import Warehouse

_Contract = ExportContract | WarehouseContract


class Level(StrEnum):
    """An error stops the contract from doing what it says; a warning is a promise that nobody keeps or reads."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a contract."""

    level: Level
    problem: Problem


def lint_contracts(texts: Sequence[ContractText], others: Sequence[ExportContract] = ()) -> tuple[Finding, ...]:
    """Everything that is wrong with contracts, errors and warnings, by file and line.

    Args:
        others: further export contracts whose raw tables the rules may read: those of the home.
    """
    findings: list[Finding] = []
    contracts: list[_Contract] = []
    for text in texts:
        try:
            contracts.append(text.load())
        except DocumentError as error:
            findings += [Finding(Level.ERROR, problem) for problem in error.problems]
    for contract in contracts:
        findings += [Finding(Level.ERROR, problem) for problem in faults_of_protects(contract)]
        findings += _undescribed_columns(contract)
    findings += [Finding(Level.ERROR, problem) for problem in faults_of_queries(contracts, others)]
    findings += [Finding(Level.ERROR, problem) for problem in _missing_rules(contracts)]
    findings += _unprotected_metrics(contracts)
    return tuple(sorted(findings, key=lambda found: (found.problem.file, found.problem.line or 0)))


def _undescribed_columns(contract: _Contract) -> Iterator[Finding]:
    for item in contract.objects if isinstance(contract, ExportContract) else ():
        for column in item.columns:
            if column.feeds and not column.description:
                what = f"column '{item.name}.{column.name}': it feeds a number and has no description"
                yield Finding(Level.WARNING, Problem(contract.origin, None, what, "Say in one sentence what it is."))


def _missing_rules(contracts: Sequence[_Contract]) -> Iterator[Problem]:
    """Rules that metrics require and no contract of canonical tables has. Only where one of them is."""
    linted = {contract.id: contract for contract in contracts if isinstance(contract, WarehouseContract)}
    packaged = load_warehouse_contracts()
    if any(contract.id in linted for contract in packaged):
        yield from faults_of_requirements([linted.get(contract.id, contract) for contract in packaged])


def _unprotected_metrics(contracts: Sequence[_Contract]) -> Iterator[Finding]:
    """Metrics that no rule protects, judged by the rules that a run would have. Only where a warehouse contract is."""
    linted = {contract.id: contract for contract in contracts if isinstance(contract, WarehouseContract)}
    if not linted:
        return
    rules = [rule for other in load_warehouse_contracts() for rule in linted.get(other.id, other).rules]
    rules += [rule for contract in contracts if isinstance(contract, ExportContract) for rule in contract.rules]
    protected = {name for rule in rules for name in metrics_protected(rule.id, rule.protects, rule.domain.value)}
    for metric in METRICS:
        domains = {domain.value for domain in metric.requires}
        files = [contract.origin for contract in linted.values() if contract.domain.value in domains]
        if metric.name not in protected and files:
            what = f"no rule protects the metric '{metric.name}'"
            yield Finding(
                Level.WARNING, Problem(files[0], None, what, "Name it in the protects of a rule that it needs.")
            )


def faults_of_queries(contracts: Sequence[_Contract], others: Sequence[ExportContract] = ()) -> Iterator[Problem]:
    """Rules whose SQL asks for tables or columns that are not there; found by planning it on empty tables.

    Args:
        others: further export contracts whose raw tables the rules may read.
    """
    rules = [rule for contract in contracts for rule in contract.rules if rule.query is not None]
    if not rules:
        return
    exports = [contract for contract in contracts if isinstance(contract, ExportContract)]
    with closing(_empty_warehouse([*others, *exports])) as connection:
        for rule in rules:
            yield from _plan(rule, connection)


def _plan(rule: Rule, connection: duckdb.DuckDBPyConnection) -> Iterator[Problem]:
    try:
        columns = [row[0] for row in connection.execute(f"DESCRIBE {failing_rows_query(rule)}").fetchall()]
    except duckdb.Error as error:
        told = " ".join(str(error).split("LINE ")[0].split()).rstrip(".")
        what = f"rule '{rule.id}': its query cannot be planned: {told}"
        yield Problem(rule.file, rule.line, what, "Correct the names of tables and columns.")
        return
    if rule.measure is Measure.FAILING_ROWS and rule.key_column is not None and rule.key_column not in columns:
        what = f"rule '{rule.id}': its query does not give '{rule.key_column}', so nobody learns which records broke it"
        remedy = f"Select {rule.key_column}, or name another keyColumn."
        yield Problem(rule.file, rule.line, what, remedy, suggest(rule.key_column, columns))


def _empty_warehouse(exports: Sequence[ExportContract]) -> duckdb.DuckDBPyConnection:
    """Every table that a rule may read, without rows, in memory and without access to files or the network."""
    connection = duckdb.connect(":memory:", config={"enable_external_access": "false"})
    connection.execute("SET TimeZone = 'UTC'")
    for layer in Layer:
        connection.execute(f"CREATE SCHEMA {layer.value}")
    staged = [table for tables in STAGED.values() for table in tables]
    for table in (*staged, *(table for layer in (Layer.CORE, Layer.MART, Layer.OPS) for table in tables_of(layer))):
        connection.execute(create_table(table))
    warehouse = Warehouse(connection, Path(":memory:"))
    offer_data_clock(warehouse, None)
    offer_settings(warehouse, "EUR", (), 2)
    for name, columns in _raw_tables(exports).items():
        listed = ", ".join(f"{quote_identifier(column)} {kind}" for column, kind in columns.items())
        connection.execute(f"CREATE TABLE raw.{quote_identifier(name)} ({listed})")
    connection.execute("SET lock_configuration = true")
    return connection


def _raw_tables(exports: Sequence[ExportContract]) -> dict[str, dict[str, str]]:
    """Raw table -> column -> type. DuckDB's names ignore case, so of two that differ in it only the first counts."""
    tables: dict[str, dict[str, str]] = {}
    for contract in exports:
        for item in contract.objects:
            present = tables.setdefault(item.raw_table, dict(PROVENANCE_COLUMNS))
            known = {name.lower() for name in present}
            present |= {name: "VARCHAR" for name in _columns(item) if name.lower() not in known}
    return tables


def _columns(item: ExportObject) -> list[str]:
    return list({column.name.lower(): column.name for column in item.columns}.values())
