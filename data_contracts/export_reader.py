"""From the document of an export contract to its record. The document follows the standard already.

What the standard leaves open is decided here and, for objects and columns, in `data_contracts.object_reader`: which
names, zones, formats, shapes and feeds are accepted. Use `data_contracts.loader`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any, Final

from data_contracts.custom_properties import (
    ContractProperties,
    NoProperties,
    read_custom,
)
from data_contracts.documents import Document, Path, Problem
from data_contracts.feeds import (
    faults_of_history,
    faults_of_zone,
)
from data_contracts.object_reader import ObjectReader
from data_contracts.problems import list_words, suggest, words_of
from data_contracts.service_levels import Export, read_service_levels
from data_contracts.spec import ExportContract, ExportObject
from models.vocabulary import Domain

FORMATS: Final = ("csv", "json", "jsonl", "xlsx", "parquet", "xes")


class ExportReader:
    """Reads one export contract that the standard accepts, and gathers every problem that is left."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems: list[Problem] = []
        self.objects = ObjectReader(document, self.problems)

    def read(self) -> ExportContract | None:
        value: dict[str, Any] = self.document.value
        contract_id = self.objects.name(("id",), str(value["id"]))
        domain = self._domain(value)
        properties = read_custom(self.document, (), ContractProperties, self.problems)
        server = self._server()
        if domain is None or properties is None or server is None:
            return None
        if not properties.source:
            self.objects.report((), ("custom property 'source': is missing", "Name the exporting system.", None))
        source = self.objects.name(("customProperties",), properties.source or "unknown")
        self._check_separators(properties)
        objects = tuple(
            item
            for index in range(len(value.get("schema") or ()))
            if (item := self.objects.read(("schema", index), contract_id, domain, source, properties)) is not None
        )
        if not objects and not self.problems:
            self.objects.report((), ("it has no schema", "Add at least one object under schema.", None))
        self._check_object_names(objects)
        for fault in faults_of_history(objects) if not self.problems else ():
            self.objects.report(("schema",), fault)
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
            ignore_files=properties.ignore_files,
            null_tokens=properties.null_tokens,
            time_zone=properties.time_zone,
            decimal_separator=properties.decimal_separator,
            thousands_separator=properties.thousands_separator,
            objects=objects,
            service_levels=service_levels,
            origin=self.document.file,
            content_hash=hash_of(value),
            reading_hash=hash_of(reading),
            extends=properties.extends,
        )

    def _domain(self, value: dict[str, Any]) -> Domain | None:
        word, words = str(value.get("domain", "")), words_of(Domain)
        if word in words:
            return Domain(word)
        what = f"key 'domain': '{word}' is not accepted" if word else "key 'domain': is missing"
        self.objects.report(("domain",), (what, f"Write {list_words(words)}.", suggest(word, words)))
        return None

    def _server(self) -> dict[str, Any] | None:
        servers = self.document.at(("servers",)) or []
        if len(servers) != 1 or servers[0].get("type") != "local":
            remedy = 'Write servers: [{server: landing, type: local, path: "*.csv", format: csv}].'
            self.objects.report(("servers",), ("it must have exactly one server, of type local", remedy, None))
            return None
        server: dict[str, Any] = servers[0]
        place: Path = ("servers", 0)
        read_custom(self.document, place, NoProperties, self.problems)
        if server["format"] not in FORMATS:
            what = f"key 'format': '{server['format']}' is not accepted"
            self.objects.report(
                (*place, "format"), (what, f"Write {list_words(FORMATS)}.", suggest(server["format"], FORMATS))
            )
        if "/" in server["path"] or "\\" in server["path"]:
            remedy = "Write a pattern for names in the landing folder, such as *.csv*."
            self.objects.report((*place, "path"), ("key 'path': leads out of the landing folder", remedy, None))
        if server.get("encoding") and not _is_encoding(str(server["encoding"])):
            remedy = "Write for instance utf-8, utf-16, cp1252 or iso-8859-1."
            what = f"key 'encoding': '{server['encoding']}' is not known"
            self.objects.report((*place, "encoding"), (what, remedy, None))
        return server

    def _check_separators(self, properties: ContractProperties) -> None:
        place: Path = ("customProperties",)
        if properties.thousands_separator is not None:
            if len(properties.thousands_separator) != 1 or properties.thousands_separator.isalnum():
                what = f"custom property 'thousandsSeparator': '{properties.thousands_separator}' is not accepted"
                self.objects.report(place, (what, "Write one of , . space or apostrophe.", None))
            if properties.thousands_separator == properties.decimal_separator:
                what = "custom property 'thousandsSeparator': equals the decimal separator"
                self.objects.report(place, (what, "Write decimalSeparator as well.", None))
        if properties.delimiter is not None and len(properties.delimiter) != 1:
            what = f"custom property 'delimiter': '{properties.delimiter}' is not one character"
            self.objects.report(place, (what, 'Write one character, such as ";" or "\\t".', None))
        for fault in faults_of_zone(properties.time_zone) if properties.time_zone else ():
            self.objects.report(place, fault)

    def _check_object_names(self, objects: Iterable[ExportObject]) -> None:
        seen: set[str] = set()
        for index, item in enumerate(objects):
            if item.name in seen:
                self.objects.report(
                    ("schema", index), (f"object '{item.name}': stands twice", "Keep one of them.", None)
                )
            seen.add(item.name)


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
