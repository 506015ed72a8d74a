"""When the data of an export have to come: the standard's `slaProperties` latency and frequency, each as a rule.

How old the newest event is and which periods are missing is measured by `metrics.arrivals`; `pipelines.gate.arrivals`
stores it where the queries of these rules look. Other properties of the standard (retention, availability, ...) are
promises that an export's files cannot tell of: they are accepted and not judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Date, DateTime

from data_contracts.custom_properties import ServiceLevelProperties, read_custom
from data_contracts.documents import Document, Path
from data_contracts.feeds import canonical_tables
from data_contracts.problems import Problem, list_words, suggest
from data_contracts.spec import PROMISE, ExportColumn, ExportObject, Measure, Rule, ServiceLevel
from models.ddl import quote_text
from models.vocabulary import Domain, QualityDimension, RuleAction, RuleTier, ServiceLevelKind

#: Where the queries of the rules look.
ARRIVALS: Final = "ops.ops_source_arrivals"
_NOT_JUDGED: Final = (
    *("availability", "throughput", "errorRate", "generalAvailability", "endOfSupport", "endOfLife", "retention"),
    *("timeToDetect", "timeToNotify", "timeToRepair", "timeOfAvailability"),
)
_UNITS: Final = {
    **dict.fromkeys(("d", "day", "days"), "day"),
    **dict.fromkeys(("w", "week", "weeks"), "week"),
    **dict.fromkeys(("m", "month", "months"), "month"),
    **dict.fromkeys(("q", "quarter", "quarters"), "quarter"),
}
_DAYS: Final = {"day": 1, "week": 7}
_SEVERITIES: Final = {RuleAction.BLOCK: "error", RuleAction.WARN: "info"}


@dataclass(frozen=True, slots=True)
class Export:
    """What the promises of a contract are about."""

    id: str
    version: str
    name: str
    domain: Domain
    owner: str
    objects: Sequence[ExportObject]


def read_service_levels(document: Document, export: Export, problems: list[Problem]) -> tuple[ServiceLevel, ...]:
    """The latencies and frequencies of a contract, in the order in which they are written."""
    levels: dict[str, ServiceLevel] = {}
    for index, entry in enumerate(document.at(("slaProperties",)) or ()):
        place: Path = ("slaProperties", index)
        found: list[Problem] = []
        level = _read(document, place, entry, export, found)
        problems += found
        if level is None or found:
            continue
        if level.rule.id in levels:
            what = f"{level.kind.value} of {level.rule.object_name}: stands twice, first in line"
            first = levels[level.rule.id].rule.line
            problems.append(document.problem(place, f"{what} {first}", "Keep one of them."))
            continue
        levels[level.rule.id] = level
    return tuple(levels.values())


def _read(
    document: Document, place: Path, entry: dict[str, Any], export: Export, problems: list[Problem]
) -> ServiceLevel | None:
    word = str(entry["property"])
    kinds = [kind.value for kind in ServiceLevelKind]
    if word not in kinds:
        if word not in _NOT_JUDGED:
            what = f"the service level '{word}' is not known"
            remedy = f"Write {list_words(kinds)}, or another property of the standard."
            near = suggest(word, [*kinds, *_NOT_JUDGED])
            problems.append(document.problem((*place, "property"), what, remedy, near))
        return None
    kind = ServiceLevelKind(word)
    properties = read_custom(document, place, ServiceLevelProperties, problems)
    value, unit = entry["value"], _UNITS.get(str(entry.get("unit", "d")).lower())
    accepted = tuple(_DAYS) if kind is ServiceLevelKind.LATENCY else tuple(dict.fromkeys(_UNITS.values()))
    if unit not in accepted:
        what = f"{word}: the unit '{entry.get('unit')}' is not accepted"
        spelt = list_words(f"{each[0]} ({each}s)" for each in accepted)
        problems.append(document.problem((*place, "unit"), what, f"Write {spelt}."))
        return None
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole or value < 1 or (kind is ServiceLevelKind.FREQUENCY and value != 1):
        what = f"{word}: the value '{value}' is not accepted"
        remedy = (
            "Write a whole number of days or weeks, 1 or more."
            if kind is ServiceLevelKind.LATENCY
            else "Write value: 1, which is once every unit."
        )
        problems.append(document.problem((*place, "value"), what, remedy))
        return None
    target = _target(document, place, entry, export.objects, problems)
    if target is None or properties is None:
        return None
    item, column, table, canonical = target
    if properties.calendar and unit != "day":
        what = f"{word}: a calendar counts days, and the unit is {unit}"
        problems.append(document.problem((*place, "unit"), what, "Write unit: d, or leave the calendar out."))
        return None
    action = RuleAction(properties.action)
    measured = f"{item.name}.{column.name}" if column else item.name
    assertion = {ServiceLevelKind.LATENCY: "fresh", ServiceLevelKind.FREQUENCY: "periods_present"}[kind]
    position = document.position(place)
    rule = Rule(
        id=f"{table}.{export.id}.{assertion}",
        contract_id=export.id,
        contract_version=export.version,
        domain=export.domain,
        object_name=item.name,
        table_name=ARRIVALS,
        record_table=ARRIVALS.rpartition(".")[2],
        tier=RuleTier.SET,
        quality_dimension=_DIMENSIONS[kind],
        severity=_SEVERITIES[action],
        action=action,
        message=_message(kind, export, column, value, unit, properties.calendar),
        protects=properties.protects,
        owner=properties.owner or export.owner,
        measure=Measure.FAILING_ROWS,
        arguments={"value": value, "unit": unit, "element": measured, "calendar": properties.calendar},
        query=(
            f"SELECT period, first_date, last_date, as_of_date, age_days, limit_days FROM {ARRIVALS} "
            f"WHERE export = {quote_text(export.id)} AND element = {quote_text(measured)} "
            f"AND service_level = {quote_text(kind.value)} AND NOT is_met"
        ),
        key_column="period",
        counted=unit if kind is ServiceLevelKind.FREQUENCY else PROMISE,
        file=position.file,
        line=position.line,
    )
    return ServiceLevel(
        kind=kind,
        value=value,
        unit=unit,
        limit_days=value * _DAYS[unit] if kind is ServiceLevelKind.LATENCY else None,
        element=measured,
        object_name=item.name,
        table=table,
        column=canonical,
        calendar=properties.calendar,
        rule=rule,
    )


_DIMENSIONS: Final = {
    ServiceLevelKind.LATENCY: QualityDimension.TIMELINESS,
    ServiceLevelKind.FREQUENCY: QualityDimension.COMPLETENESS,
}


def _target(
    document: Document, place: Path, entry: dict[str, Any], objects: Sequence[ExportObject], problems: list[Problem]
) -> tuple[ExportObject, ExportColumn | None, str, str | None] | None:
    """Object, column, and the canonical table and column that it feeds; no column where files tell their instant."""
    element = str(entry.get("element", ""))
    name, _, column_name = element.partition(".")
    item = next((item for item in objects if item.name == name), None)
    names = [item.name for item in objects]
    if item is None:
        what = f"the element '{element}' is not in the contract" if element else "it does not say which element"
        remedy = f"Write element: <object>.<column>; objects are {list_words(names)}."
        problems.append(document.problem((*place, "element"), what, remedy, suggest(name, names)))
        return None
    if not column_name:
        if item.snapshots is not None and item.snapshots.is_told_by_file:
            return item, None, "tickets", None
        what = f"the element '{element}' names no column"
        remedy = f"Write element: {name}.<column>, a date or time that feeds the warehouse."
        problems.append(document.problem((*place, "element"), what, remedy))
        return None
    columns = [column.name for column in item.columns]
    column = next((column for column in item.columns if column.name == column_name), None)
    if column is None:
        what, near = f"'{column_name}' is no column of {name}", suggest(column_name, columns)
        problems.append(document.problem((*place, "element"), what, "Name a column of the object.", near))
        return None
    for feed in column.feeds:
        table = canonical_tables().get(feed.table)
        if table is not None and isinstance(table.columns[feed.column].type, Date | DateTime):
            return item, column, feed.table, feed.column
    what = f"'{element}' feeds no date or time, so nobody can tell from it when something happened"
    problems.append(document.problem((*place, "element"), what, "Name a column that feeds a date or an instant."))
    return None


def _message(
    kind: ServiceLevelKind, export: Export, column: ExportColumn | None, value: int, unit: str, calendar: str | None
) -> str:
    what = f"{column.name} of {export.id}" if column else f"file of {export.id}"
    if kind is ServiceLevelKind.LATENCY:
        days = f"{value} {'working day' if calendar else unit}{'' if value == 1 else 's'}"
        return (
            f"The newest {what} is older than the {days} that its contract allows: the export stopped, or its latest "
            "file did not arrive. Bring it; if so much delay is usual, or the export has ended for good, say so under "
            "slaProperties in its contract."
        )
    every = f"working day of the calendar {calendar}" if calendar else unit
    closed = (
        " If these are days on which nobody works, such as Saturdays and Sundays, name a calendar beside the promise "
        "(custom property calendar)."
        if unit == "day" and calendar is None
        else ""
    )
    return (
        f"The contract promises a {what} for every {every}, and between the first and the last some have none: a file "
        f"is missing, or the export left the time out. Bring it.{closed} If there was nothing to tell, name the days "
        "under [[gate.known_incidents]] in kpi.toml."
    )
