"""From the document of an export contract to its record. The document follows the standard already.

Everything that the standard leaves open is decided here: which names, zones, formats, shapes and feeds are accepted.
Use `data_contracts.loader`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from typing import Any, Final

from data_contracts.custom_properties import (
    ColumnProperties,
    ContractProperties,
    NoProperties,
    ObjectProperties,
    read_custom,
)
from data_contracts.documents import Document, Path, Problem
from data_contracts.feeds import (
    LOGICAL_TYPES,
    Fault,
    faults_of_feed,
    faults_of_format,
    faults_of_history,
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
from data_contracts.problems import list_words, suggest, words_of
from data_contracts.rules import RuleTarget, read_rules
from data_contracts.service_levels import Export, read_service_levels
from data_contracts.snapshot_settings import faults_of_snapshots, read_snapshots
from data_contracts.spec import ExportColumn, ExportContract, ExportObject, Feed, IgnoreRule
from models.vocabulary import Domain, ExportShape, SameName

FORMATS: Final = ("csv", "json", "jsonl", "xlsx", "parquet", "xes")
_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_NAME_REMEDY: Final = "Use lower-case letters, digits and underscores, beginning with a letter."
#: Columns that landing adds to every raw table, which rules on exports may use.
_LANDED_COLUMNS: Final = ("_load_id", "_file", "_row_number", "_row_hash")


class ExportReader:
    """Reads one export contract that the standard accepts, and gathers every problem that is left."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems: list[Problem] = []

    def read(self) -> ExportContract | None:
        value: dict[str, Any] = self.document.value
        contract_id = self._name(("id",), str(value["id"]))
        domain = self._domain(value)
        properties = read_custom(self.document, (), ContractProperties, self.problems)
        server = self._server()
        if domain is None or properties is None or server is None:
            return None
        if not properties.source:
            self._report((), ("custom property 'source': is missing", "Name the exporting system.", None))
        source = self._name(("customProperties",), properties.source or "unknown")
        self._check_separators(properties)
        objects = tuple(
            item
            for index in range(len(value.get("schema") or ()))
            if (item := self._object(("schema", index), contract_id, domain, source, properties)) is not None
        )
        if not objects and not self.problems:
            self._report((), ("it has no schema", "Add at least one object under schema.", None))
        self._check_object_names(objects)
        for fault in faults_of_history(objects) if not self.problems else ():
            self._report(("schema",), fault)
        export = Export(
            contract_id, str(value["version"]), str(value.get("name") or contract_id), domain, properties.owner, objects
        )
        service_levels = read_service_levels(self.document, export, self.problems)
        reading = {
            "format": server.get("format"),
            "encoding": server.get("encoding"),
            "delimiter": properties.delimiter,
            "objects": [_reading_of(item) for item in objects],
        }
        return ExportContract(
            id=contract_id,
            version=str(value["version"]),
            status=str(value["status"]),
            name=str(value.get("name") or contract_id),
            source=source,
            domain=domain,
            file_pattern=str(server["path"]),
            format=str(server["format"]),
            encoding=server.get("encoding"),
            delimiter=properties.delimiter,
            null_tokens=properties.null_tokens,
            time_zone=properties.time_zone,
            decimal_separator=properties.decimal_separator,
            thousands_separator=properties.thousands_separator,
            objects=objects,
            service_levels=service_levels,
            origin=self.document.file,
            content_hash=hash_of(value),
            reading_hash=hash_of(reading),
        )

    def _report(self, place: Path, fault: Fault) -> None:
        problem = self.document.problem(place, *fault)
        if problem not in self.problems:
            self.problems.append(problem)

    def _name(self, place: Path, name: str) -> str:
        if not _NAME.fullmatch(name):
            self._report(place, (f"'{name}' is not a name for files and tables", _NAME_REMEDY, None))
        return name

    def _domain(self, value: dict[str, Any]) -> Domain | None:
        word, words = str(value.get("domain", "")), words_of(Domain)
        if word in words:
            return Domain(word)
        what = f"key 'domain': '{word}' is not accepted" if word else "key 'domain': is missing"
        self._report(("domain",), (what, f"Write {list_words(words)}.", suggest(word, words)))
        return None

    def _server(self) -> dict[str, Any] | None:
        servers = self.document.at(("servers",)) or []
        if len(servers) != 1 or servers[0].get("type") != "local":
            remedy = 'Write servers: [{server: landing, type: local, path: "*.csv", format: csv}].'
            self._report(("servers",), ("it must have exactly one server, of type local", remedy, None))
            return None
        server: dict[str, Any] = servers[0]
        place: Path = ("servers", 0)
        read_custom(self.document, place, NoProperties, self.problems)
        if server["format"] not in FORMATS:
            what = f"key 'format': '{server['format']}' is not accepted"
            self._report(
                (*place, "format"), (what, f"Write {list_words(FORMATS)}.", suggest(server["format"], FORMATS))
            )
        if "/" in server["path"] or "\\" in server["path"]:
            remedy = "Write a pattern for names in the landing folder, such as *.csv*."
            self._report((*place, "path"), ("key 'path': leads out of the landing folder", remedy, None))
        if server.get("encoding") and not _is_encoding(str(server["encoding"])):
            remedy = "Write for instance utf-8, utf-16, cp1252 or iso-8859-1."
            what = f"key 'encoding': '{server['encoding']}' is not known"
            self._report((*place, "encoding"), (what, remedy, None))
        return server

    def _check_separators(self, properties: ContractProperties) -> None:
        place: Path = ("customProperties",)
        if properties.thousands_separator is not None:
            if len(properties.thousands_separator) != 1 or properties.thousands_separator.isalnum():
                what = f"custom property 'thousandsSeparator': '{properties.thousands_separator}' is not accepted"
                self._report(place, (what, "Write one of , . space or apostrophe.", None))
            if properties.thousands_separator == properties.decimal_separator:
                what = "custom property 'thousandsSeparator': equals the decimal separator"
                self._report(place, (what, "Write decimalSeparator as well.", None))
        if properties.delimiter is not None and len(properties.delimiter) != 1:
            what = f"custom property 'delimiter': '{properties.delimiter}' is not one character"
            self._report(place, (what, 'Write one character, such as ";" or "\\t".', None))
        for fault in faults_of_zone(properties.time_zone) if properties.time_zone else ():
            self._report(place, fault)

    def _check_object_names(self, objects: Iterable[ExportObject]) -> None:
        seen: set[str] = set()
        for index, item in enumerate(objects):
            if item.name in seen:
                self._report(("schema", index), (f"object '{item.name}': stands twice", "Keep one of them.", None))
            seen.add(item.name)

    def _object(
        self, place: Path, contract_id: str, domain: Domain, source: str, contract: ContractProperties
    ) -> ExportObject | None:
        entry: dict[str, Any] = self.document.at(place)
        name = self._name((*place, "name"), str(entry["name"]))
        properties = read_custom(self.document, place, ObjectProperties, self.problems)
        columns = self._columns(place, contract)
        if properties is None:
            return None
        if properties.shape is None:
            remedy = "Add {property: shape, value: event_log}, or snapshot, repeated_snapshots or lines."
            self._report(place, (f"object '{name}': does not say its shape", remedy, None))
            return None
        if properties.same_name is not None and properties.shape is not ExportShape.EVENT_LOG:
            what = f"object '{name}': sameName is about event logs only"
            remedy = "Remove it: a file of any other shape replaces what was read under its name before."
            self._report(place, (what, remedy, None))
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
        )
        item = ExportObject(
            name=name,
            raw_table=raw_table,
            shape=properties.shape,
            snapshots=read_snapshots(properties.snapshots, properties.shape, contract.time_zone),
            record_path=properties.record_path,
            sheet=properties.sheet,
            header_row=properties.header_row,
            same_name=properties.same_name or SameName.ADDS,
            constants=properties.constants,
            ignore_rows=tuple(IgnoreRule(rule.column, rule.matches) for rule in properties.ignore_rows),
            cases=read_cases(properties.one_row_per),
            control_totals=tuple(read_control_total(total) for total in properties.control_totals),
            columns=columns,
            rules=read_rules(self.document, place, target, self.problems),
            granularity=str(entry.get("dataGranularityDescription", "")),
        )
        self._check_object(place, item)
        return item

    def _check_object(self, place: Path, item: ExportObject) -> None:
        custom: Path = (*place, "customProperties")
        names = [column.name for column in item.columns]
        targets_are_known = True
        for target in item.constants:
            for what, remedy, near in faults_of_target(target):
                targets_are_known = False
                self._report(custom, (f"custom property 'constants': {what}", remedy, near))
        for rule in item.ignore_rows:
            if rule.column not in names:
                what = f"custom property 'ignoreRows': '{rule.column}' is no column"
                self._report(custom, (what, "Name a column of the object.", suggest(rule.column, names)))
            try:
                re.compile(rule.matches)
            except re.error as error:
                what = f"custom property 'ignoreRows': '{rule.matches}' is not a regular expression: {error}"
                self._report(custom, (what, "Correct the pattern.", None))
        if targets_are_known and not self.problems:
            for fault in (*faults_of_object(item), *faults_of_snapshots(item), *faults_of_lines(item)):
                self._report(place, fault)

    def _columns(self, place: Path, contract: ContractProperties) -> tuple[ExportColumn, ...]:
        entries: list[dict[str, Any]] = self.document.at((*place, "properties")) or []
        names = [str(entry.get("name", "")) for entry in entries]
        columns = []
        for index, name in enumerate(names):
            inner = (*place, "properties", index)
            self._name((*inner, "name"), name)
            if name in names[:index]:
                self._report((*inner, "name"), (f"column '{name}': stands twice", "Keep one of them.", None))
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
            self._report((*place, "logicalType"), (what, f"Write {list_words(LOGICAL_TYPES)}.", None))
        if "format" in options and logical_type in ("date", "timestamp"):
            remedy = 'Write customProperties: [{property: formats, value: ["%Y-%m-%d"]}] instead.'
            what = f"column '{name}': the option 'format' is not used here"
            self._report((*place, "logicalTypeOptions", "format"), (what, remedy, None))
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
                self._report(self._feeds_place(place), (f"column '{name}': {what}", remedy, near))
        if column.replace and column.logical_type != "string":
            what = f"column '{name}': 'replace' is for texts, and this is a {column.logical_type}"
            self._report(place, (what, "Remove it, or write logicalType: string.", None))
        more = [*(faults_of_zone(column.time_zone) if column.time_zone else ())]
        more += [fault for text in column.formats for fault in faults_of_format(text)]
        for what, remedy, near in more:
            self._report(place, (f"column '{name}': {what}", remedy, near))
        return column

    def _feeds_place(self, place: Path) -> Path:
        for index, entry in enumerate(self.document.at((*place, "customProperties")) or ()):
            if entry.get("property") == "feeds":
                return (*place, "customProperties", index)
        return place


def _is_encoding(name: str) -> bool:
    try:
        "".encode(name)
    except LookupError:
        return False
    return True


def _reading_of(item: ExportObject) -> dict[str, Any]:
    """What of an object changes its raw table."""
    return {
        "raw_table": item.raw_table,
        "record_path": item.record_path,
        "sheet": item.sheet,
        "header_row": item.header_row,
        "columns": [[column.name, column.physical_name, *column.synonyms] for column in item.columns],
        "required": sorted(column.name for column in item.columns if column.required),
    }


def hash_of(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
