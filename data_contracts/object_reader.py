"""The objects and columns of an export contract: what a row of its files is, and which canonical column each feeds.

What the contract says as a whole is read by `data_contracts.export_reader`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Final

from data_contracts.custom_properties import (
    ColumnProperties,
    ContractProperties,
    ObjectProperties,
    read_custom,
)
from data_contracts.documents import Document, Path, Problem
from data_contracts.feeds import (
    LOGICAL_TYPES,
    Fault,
    faults_of_feed,
    faults_of_format,
    faults_of_object,
    faults_of_target,
    faults_of_zone,
)
from data_contracts.line_settings import (
    faults_of_lines,
    faults_of_sign,
    read_cases,
    read_control_total,
    read_sign,
)
from data_contracts.problems import list_words, suggest
from data_contracts.rules import RuleTarget, read_rules
from data_contracts.snapshot_settings import faults_of_snapshots, read_snapshots
from data_contracts.spec import ExportColumn, ExportObject, Feed, IgnoreRule
from data_contracts.unique_columns import unique_rules
from models.vocabulary import Domain, ExportShape

_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_NAME_REMEDY: Final = "Use lower-case letters, digits and underscores, beginning with a letter."
#: Columns that landing adds to every raw table, which rules on exports may use.
_LANDED_COLUMNS: Final = ("_load_id", "_file", "_row_number", "_row_hash")


class ObjectReader:
    """Reads the objects of a contract that the standard accepts, and gathers every problem that is left."""

    def __init__(self, document: Document, problems: list[Problem]) -> None:
        self.document = document
        self.problems = problems

    def read(
        self, place: Path, contract_id: str, domain: Domain, source: str, contract: ContractProperties
    ) -> ExportObject | None:
        """The object at a place of the document; None where it cannot be read."""
        entry: dict[str, Any] = self.document.at(place)
        name = self.name((*place, "name"), str(entry["name"]))
        properties = read_custom(self.document, place, ObjectProperties, self.problems)
        columns = self._columns(place, contract)
        if properties is None:
            return None
        if properties.shape is None:
            remedy = "Add {property: shape, value: event_log}, or snapshot, repeated_snapshots or lines."
            self.report(place, (f"object '{name}': does not say its shape", remedy, None))
            return None
        if properties.same_name is not None and properties.shape is not ExportShape.EVENT_LOG:
            what = f"object '{name}': sameName is about event logs only"
            remedy = "Remove it: a file of any other shape replaces what was read under its name before."
            self.report(place, (what, remedy, None))
        if properties.may_repeat_rows and properties.shape is not ExportShape.LINES:
            what = f"object '{name}': mayRepeatRows is about lines only"
            remedy = "Remove it: equal rows of any other shape tell the same of one ticket, and count once."
            self.report(place, (what, remedy, None))
        if properties.dates_are_right and properties.shape not in (ExportShape.EVENT_LOG, ExportShape.LINES):
            what = f"object '{name}': datesAreRight is about event logs and lines only"
            remedy = "Remove it: whether day and month are swapped is asked of no other shape."
            self.report(place, (what, remedy, None))
        raw_table = f"raw_{source}__{name}"
        names = tuple(column.name for column in columns)
        target = RuleTarget(
            contract_id=contract_id,
            contract_version=str(self.document.value["version"]),
            domain=domain,
            object_name=name,
            id_prefix=raw_table,
            table_name=f"raw.{raw_table}",
            columns=(*names, *_LANDED_COLUMNS),
            key_column="_row_number",
            owner=contract.owner,
            fed=frozenset((*properties.constants, *(feed.target for column in columns for feed in column.feeds))),
        )
        item = ExportObject(
            name=name,
            raw_table=raw_table,
            shape=properties.shape,
            snapshots=read_snapshots(properties.snapshots, properties.shape, contract.time_zone),
            record_path=properties.record_path,
            sheet=properties.sheet,
            header_row=properties.header_row,
            same_name=properties.same_name,
            constants=properties.constants,
            ignore_rows=tuple(IgnoreRule(rule.column, rule.matches) for rule in properties.ignore_rows),
            cases=read_cases(properties.one_row_per),
            control_totals=tuple(read_control_total(total) for total in properties.control_totals),
            may_repeat_rows=properties.may_repeat_rows,
            dates_are_right=properties.dates_are_right,
            has_no_totals=properties.has_no_totals,
            columns=columns,
            rules=read_rules(self.document, place, target, self.problems),
            granularity=str(entry.get("dataGranularityDescription", "")),
        )
        self._check_object(place, item)
        if self.problems:
            return item
        return replace(item, unique_rules=unique_rules(self.document, place, target, item, contract.null_tokens))

    def _check_object(self, place: Path, item: ExportObject) -> None:
        custom: Path = (*place, "customProperties")
        names = [column.name for column in item.columns]
        targets_are_known = True
        for target in item.constants:
            for what, remedy, near in faults_of_target(target):
                targets_are_known = False
                self.report(custom, (f"custom property 'constants': {what}", remedy, near))
        for rule in item.ignore_rows:
            if rule.column not in names:
                what = f"custom property 'ignoreRows': '{rule.column}' is no column"
                self.report(custom, (what, "Name a column of the object.", suggest(rule.column, names)))
            try:
                re.compile(rule.matches)
            except re.error as error:
                what = f"custom property 'ignoreRows': '{rule.matches}' is not a regular expression: {error}"
                self.report(custom, (what, "Correct the pattern.", None))
        if targets_are_known and not self.problems:
            for fault in (*faults_of_object(item), *faults_of_snapshots(item), *faults_of_lines(item)):
                self.report(place, fault)

    def _columns(self, place: Path, contract: ContractProperties) -> tuple[ExportColumn, ...]:
        entries: list[dict[str, Any]] = self.document.at((*place, "properties")) or []
        names = [str(entry.get("name", "")) for entry in entries]
        columns = []
        for index, name in enumerate(names):
            inner = (*place, "properties", index)
            self.name((*inner, "name"), name)
            if name in names[:index]:
                self.report((*inner, "name"), (f"column '{name}': stands twice", "Keep one of them.", None))
            column = self._column(inner, names, contract)
            if column is not None:
                columns.append(column)
        return tuple(columns)

    def _column(self, place: Path, names: list[str], contract: ContractProperties) -> ExportColumn | None:
        entry: dict[str, Any] = self.document.at(place)
        name = str(entry.get("name", ""))
        properties = read_custom(self.document, place, ColumnProperties, self.problems)
        options: dict[str, Any] = entry.get("logicalTypeOptions") or {}
        logical_type = str(entry.get("logicalType", "string"))
        if logical_type not in LOGICAL_TYPES:
            what = f"column '{name}': logicalType '{logical_type}' cannot be read from a file"
            self.report((*place, "logicalType"), (what, f"Write {list_words(LOGICAL_TYPES)}.", None))
        if "format" in options and logical_type in ("date", "timestamp"):
            remedy = 'Write customProperties: [{property: formats, value: ["%Y-%m-%d"]}] instead.'
            what = f"column '{name}': the option 'format' is not used here"
            self.report((*place, "logicalTypeOptions", "format"), (what, remedy, None))
        if properties is None:
            return None
        feeds = tuple(
            Feed(feed.to.partition(".")[0], feed.to.partition(".")[2], feed.when, feed.take, read_sign(feed.sign))
            for feed in properties.feeds
        )
        column = ExportColumn(
            name=name,
            physical_name=str(entry.get("physicalName") or name),
            synonyms=tuple(str(synonym["synonym"]) for synonym in entry.get("synonyms") or ()),
            logical_type=logical_type,
            formats=properties.formats,
            replace={text.strip().lower(): value for text, value in properties.replace.items()},
            time_zone=options.get("defaultTimezone"),
            required=bool(entry.get("required", False)),
            unique=bool(entry.get("unique", False)),
            description=str(entry.get("description", "")),
            feeds=feeds,
            true_tokens=properties.true_tokens,
            false_tokens=properties.false_tokens,
            may_be_missing=properties.may_be_missing,
        )
        zone = column.time_zone or contract.time_zone or ("UTC" if options.get("timezone") is True else None)
        for feed in feeds:
            faults = list(faults_of_target(feed.target)) or [
                *faults_of_feed(column, feed, names, zone),
                *faults_of_sign(feed, names),
            ]
            for what, remedy, near in faults:
                self.report(self._feeds_place(place), (f"column '{name}': {what}", remedy, near))
        if column.replace and column.logical_type != "string":
            what = f"column '{name}': 'replace' is for texts, and this is a {column.logical_type}"
            self.report(place, (what, "Remove it, or write logicalType: string.", None))
        more = [*(faults_of_zone(column.time_zone) if column.time_zone else ())]
        more += [fault for text in column.formats for fault in faults_of_format(text)]
        for what, remedy, near in more:
            self.report(place, (f"column '{name}': {what}", remedy, near))
        return column

    def _feeds_place(self, place: Path) -> Path:
        for index, entry in enumerate(self.document.at((*place, "customProperties")) or ()):
            if entry.get("property") == "feeds":
                return (*place, "customProperties", index)
        return place

    def report(self, place: Path, fault: Fault) -> None:
        """Gather a problem, once."""
        problem = self.document.problem(place, *fault)
        if problem not in self.problems:
            self.problems.append(problem)

    def name(self, place: Path, name: str) -> str:
        """The name as it is; one that no file or table can have is a problem."""
        if not _NAME.fullmatch(name):
            self.report(place, (f"'{name}' is not a name for files and tables", _NAME_REMEDY, None))
        return name
