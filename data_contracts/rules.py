"""From the `quality` entries of a contract to `Rule` records. Evaluating them is for `data_contracts.evaluation`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Table

from data_contracts.custom_properties import RuleProperties, read_custom
from data_contracts.documents import Document, Path
from data_contracts.feeds import faults_of_target
from data_contracts.problems import Problem, list_words, suggest
from data_contracts.queries import fault_of_query
from data_contracts.spec import ONE_NUMBER, Limit, Measure, Rule
from models.catalog import STAGED
from models.vocabulary import Domain, Layer, QualityDimension, RuleAction, RuleTier

ENGINE: Final = "greatExpectations"
FAILING_ROWS: Final = "unexpected_rows_expectation"

OPERATORS: Final = (
    "mustBe",
    "mustNotBe",
    "mustBeGreaterThan",
    "mustBeGreaterOrEqualTo",
    "mustBeLessThan",
    "mustBeLessOrEqualTo",
    "mustBeBetween",
    "mustNotBeBetween",
)
_ARGUMENTS: Final = {
    Measure.NULL_VALUES: (),
    Measure.MISSING_VALUES: ("missingValues",),
    Measure.INVALID_VALUES: ("validValues", "pattern"),
    Measure.DUPLICATE_VALUES: ("properties",),
    Measure.ROW_COUNT: (),
}
_TIERS: Final = {
    Measure.DUPLICATE_VALUES: RuleTier.SET,
    Measure.ROW_COUNT: RuleTier.SET,
    Measure.SCALAR: RuleTier.SET,
}
_SEVERITIES: Final = {RuleAction.BLOCK: "error", RuleAction.QUARANTINE: "warning", RuleAction.WARN: "info"}
_RULE_NAME: Final = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+\.[a-z0-9_]+")


@dataclass(frozen=True, slots=True)
class RuleTarget:
    """The table that rules of a schema object are about.

    Attributes:
        id_prefix: first part of every rule's id.
        table_name: qualified, as it stands in SQL.
        columns: names that rules may use.
        key_column: what names a row when a rule does not say it.
        has_checked_queries: whether the queries of its rules are known to be what a query may be.
        fed: of an object of an export, the canonical columns that something in it feeds; None for canonical tables.
    """

    contract_id: str
    contract_version: str
    domain: Domain
    object_name: str
    id_prefix: str
    table_name: str
    columns: tuple[str, ...]
    key_column: str | None
    owner: str
    has_checked_queries: bool = False
    fed: frozenset[str] | None = None


def read_rules(document: Document, place: Path, target: RuleTarget, problems: list[Problem]) -> tuple[Rule, ...]:
    """All rules of a schema object: its own and those of its properties, in the order in which they are written."""
    rules: list[Rule] = []
    for holder, column in _holders(document, place):
        for index in range(len(document.at((*holder, "quality")) or ())):
            found: list[Problem] = []
            rule = _read_rule(document, (*holder, "quality", index), target, column, found)
            problems += found
            if rule is not None and not found:
                rules.append(rule)
    rules.sort(key=lambda rule: rule.line)
    seen: dict[str, Rule] = {}
    for rule in rules:
        if rule.id in seen:
            what = f"rule '{rule.id}': stands twice, first in line {seen[rule.id].line}"
            problems.append(Problem(rule.file, rule.line, what, "Give each rule its own name."))
        seen[rule.id] = rule
    return tuple(rules)


def _holders(document: Document, place: Path) -> Iterator[tuple[Path, str | None]]:
    yield place, None
    for index, entry in enumerate(document.at((*place, "properties")) or ()):
        yield (*place, "properties", index), str(entry.get("name"))


def _read_rule(
    document: Document, place: Path, target: RuleTarget, column: str | None, problems: list[Problem]
) -> Rule | None:
    entry: dict[str, Any] = document.at(place)
    if entry.get("type") == "text":
        return None
    properties = read_custom(document, place, RuleProperties, problems)
    name = str(entry.get("name", ""))
    if not _RULE_NAME.fullmatch(name) or not name.startswith(f"{target.object_name}."):
        what = f"key 'name': '{name}' does not name the rule" if name else "key 'name': is missing in the rule"
        remedy = f"Write <table>.<column or set>.<assertion>, such as {target.object_name}.{column or 'rows'}.present."
        problems.append(document.problem((*place, "name"), what, remedy))
    if not str(entry.get("description", "")).strip():
        what = f"rule '{name}': has no description"
        problems.append(document.problem(place, what, "Say in one sentence what it means when the rule is broken."))
    if "dimension" not in entry:
        remedy = f"Write {list_words(member.value for member in QualityDimension)}."
        problems.append(document.problem(place, f"rule '{name}': has no dimension", remedy))
    severity = str(entry.get("severity", "info"))
    if severity not in _SEVERITIES.values():
        remedy = f"Write {list_words(_SEVERITIES.values())}."
        what = f"rule '{name}': severity '{severity}' is not accepted"
        problems.append(document.problem((*place, "severity"), what, remedy, suggest(severity, _SEVERITIES.values())))
    measure = _measure(document, place, name, problems)
    if measure is None or properties is None:
        return None
    columns = _columns(document, place, name, measure, column, target, problems)
    key_column = properties.key_column or target.key_column
    # A query that lists rows may name them as it likes, unless they are to be found again and set aside.
    names_its_own = measure is Measure.FAILING_ROWS and properties.action is not RuleAction.QUARANTINE
    if properties.key_column and properties.key_column not in target.columns and not names_its_own:
        what = f"rule '{name}': key column '{key_column}' is not a column of {target.object_name}"
        problems.append(
            document.problem(place, what, "Name a column of the table.", suggest(key_column or "", target.columns))
        )
    if properties.action is RuleAction.QUARANTINE and (key_column is None or measure in ONE_NUMBER):
        what = f"rule '{name}': it cannot quarantine, because it does not say which records broke it"
        problems.append(
            document.problem(place, what, "Use action block or warn, or a rule that lists rows by a keyColumn.")
        )
    if properties.action is RuleAction.QUARANTINE and target.table_name.startswith(f"{Layer.RAW.value}."):
        what = f"rule '{name}': it sets aside raw rows, which no number counts, so it would do nothing"
        remedy = "Use action block or warn here; records are set aside by rules of the warehouse contracts."
        problems.append(document.problem(place, what, remedy))
    needed_feed = properties.only_with_fed
    if needed_feed is not None:
        _check_needed_feed(document, place, name, needed_feed, target, problems)
    query = _query(document, place, name, measure, target, problems)
    limit = _limit(entry)
    if properties.tolerance and limit is not None and limit != Limit("mustBe", (0,)):
        what = f"rule '{name}': has a tolerance and a comparison that is not 'mustBe: 0'"
        problems.append(document.problem(place, what, "Keep one of them."))
    if problems:
        return None
    position = document.position(place)
    return Rule(
        id=f"{target.id_prefix}.{name.partition('.')[2]}",
        contract_id=target.contract_id,
        contract_version=target.contract_version,
        domain=target.domain,
        object_name=target.object_name,
        table_name=target.table_name,
        record_table=_record_table(target, key_column),
        columns=columns,
        tier=properties.tier or _TIERS.get(measure, RuleTier.ROW),
        quality_dimension=QualityDimension(entry["dimension"]),
        severity=severity if "severity" in entry else _SEVERITIES[properties.action],
        action=properties.action,
        message=" ".join(str(entry["description"]).split()),
        protects=properties.protects,
        owner=properties.owner or target.owner,
        tolerance=properties.tolerance,
        quarantine_limit=properties.quarantine_limit,
        measure=measure,
        limit=limit,
        arguments=dict(entry.get("arguments") or {}),
        query=query,
        key_column=key_column,
        listed_dimension=properties.only_with_known,
        needed_feed=needed_feed,
        has_needed_feed=needed_feed is None or target.fed is None or needed_feed in target.fed,
        file=position.file,
        line=position.line,
    )


def _check_needed_feed(
    document: Document, place: Path, name: str, needed_feed: str, target: RuleTarget, problems: list[Problem]
) -> None:
    """That a rule which needs a canonical column to be fed is one of an export, and names such a column."""
    if target.fed is None:
        what = f"rule '{name}': onlyWithFed is about rules of exports only"
        remedy = "Remove it: which exports feed a canonical table is known from their contracts."
        problems.append(document.problem((*place, "customProperties"), what, remedy))
        return
    for what, remedy, near in faults_of_target(needed_feed):
        told = f"rule '{name}': custom property 'onlyWithFed': {what}"
        problems.append(document.problem((*place, "customProperties"), told, remedy, near))


def _measure(document: Document, place: Path, name: str, problems: list[Problem]) -> Measure | None:
    entry: dict[str, Any] = document.at(place)
    kind = entry.get("type", "library")
    if kind == "sql":
        return Measure.SCALAR
    if kind == "library":
        if "metric" not in entry:
            remedy = "Write metric: nullValues, missingValues, invalidValues, duplicateValues or rowCount."
            problems.append(document.problem(place, f"rule '{name}': has no metric", remedy))
            return None
        return Measure(entry["metric"])
    implementation = entry.get("implementation")
    if entry.get("engine") != ENGINE:
        what = f"rule '{name}': engine '{entry.get('engine')}' is not known here"
        problems.append(document.problem((*place, "engine"), what, f"Write engine: {ENGINE}.", ENGINE))
        return None
    kwargs = implementation.get("kwargs") if isinstance(implementation, dict) else None
    has_query = isinstance(kwargs, dict) and set(kwargs) == {"unexpected_rows_query"}
    if not isinstance(implementation, dict) or implementation.get("type") != FAILING_ROWS or not has_query:
        remedy = f"Write implementation: {{type: {FAILING_ROWS}, kwargs: {{unexpected_rows_query: SELECT ...}}}}."
        what = f"rule '{name}': the implementation is not known here"
        problems.append(document.problem((*place, "implementation"), what, remedy))
        return None
    return Measure.FAILING_ROWS


def _columns(
    document: Document,
    place: Path,
    name: str,
    measure: Measure,
    column: str | None,
    target: RuleTarget,
    problems: list[Problem],
) -> tuple[str, ...]:
    entry: dict[str, Any] = document.at(place)
    arguments: dict[str, Any] = entry.get("arguments") or {}
    accepted = _ARGUMENTS.get(measure, ())
    for key in arguments:
        if key not in accepted:
            what = f"rule '{name}': argument '{key}' is not known for {measure.value}"
            remedy = f"Known are {list_words(accepted)}."
            problems.append(document.problem((*place, "arguments", key), what, remedy, suggest(key, accepted)))
    if measure is Measure.INVALID_VALUES and not arguments:
        what = f"rule '{name}': says neither validValues nor a pattern"
        problems.append(document.problem(place, what, "Add arguments: {validValues: [...]} or {pattern: ...}."))
    if "pattern" in arguments:
        try:
            re.compile(str(arguments["pattern"]))
        except re.error as error:
            what = f"rule '{name}': the pattern is not a regular expression: {error}"
            problems.append(document.problem((*place, "arguments", "pattern"), what, "Correct the pattern."))
    if measure in (Measure.FAILING_ROWS, Measure.SCALAR, Measure.ROW_COUNT):
        return (column,) if column else ()
    named: Sequence[str] = arguments.get("properties") or ([column] if column else [])
    if not named:
        what = f"rule '{name}': does not say which column it is about"
        problems.append(
            document.problem(place, what, "Put it under the property, or add arguments: {properties: [...]}.")
        )
    for one in named:
        if one not in target.columns:
            what = f"rule '{name}': '{one}' is not a column of {target.object_name}"
            near = suggest(str(one), target.columns)
            problems.append(document.problem(place, what, "Name a column of the table.", near))
    return tuple(named)


def _query(
    document: Document, place: Path, name: str, measure: Measure, target: RuleTarget, problems: list[Problem]
) -> str | None:
    inner: Path
    if measure is Measure.SCALAR:
        inner = ("query",)
    elif measure is Measure.FAILING_ROWS:
        inner = ("implementation", "kwargs", "unexpected_rows_query")
    else:
        return None
    query = str(document.at((*place, *inner)) or "").strip().rstrip(";").strip().replace("${table}", target.table_name)
    fault = None if target.has_checked_queries else fault_of_query(query)
    if fault:
        what = f"rule '{name}': the query cannot be used: {fault}"
        problems.append(document.problem((*place, *inner), what, "Write one SELECT over tables of the warehouse."))
    return query


def _limit(entry: dict[str, Any]) -> Limit | None:
    for operator in OPERATORS:
        if operator in entry:
            value = entry[operator]
            bounds = tuple(value) if isinstance(value, list) else (value,)
            return Limit(operator, bounds, is_share=entry.get("unit") == "percent")
    return None


def _record_table(target: RuleTarget, key_column: str | None) -> str:
    """The table that has the key for its primary key: events are judged by their ticket. Facts and raw rows are their
    own records, also where a column of an export is called as a key of ours is.
    """
    if target.table_name.startswith((f"{Layer.CORE.value}.", f"{Layer.RAW.value}.")):
        return target.table_name.rpartition(".")[2]
    for table in STAGED[target.domain]:
        if [column.name for column in table.primary_key.columns] == [key_column]:
            return table.name
    return target.table_name.rpartition(".")[2]


def default_key(table: Table) -> str | None:
    """What names a row of a canonical table in samples and quarantine."""
    keys = [column.name for column in table.primary_key.columns]
    return keys[0] if len(keys) == 1 else "ticket_id" if "ticket_id" in table.columns else None
