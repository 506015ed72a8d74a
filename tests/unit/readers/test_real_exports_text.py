"""Real exports, read here and with the standard library: same number of records, same text in every column.

Runs where ``KPI_REAL_EXPORTS`` names a folder of exports; any CSV, JSON lines and XES files in it are compared.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import os
from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from pipelines.readers import LandedFrame, ReadOptions, inspect_file, read_export

FOLDER = os.environ.get("KPI_REAL_EXPORTS")
FILES = sorted(path for path in Path(FOLDER).rglob("*") if path.is_file()) if FOLDER else []

pytestmark = [
    pytest.mark.real_exports,
    pytest.mark.skipif(not FOLDER, reason="KPI_REAL_EXPORTS is not set"),
]


def files_of(kind: str) -> list[object]:
    # One parameter even without files, so that the skip is seen.
    found = [pytest.param(path, id=path.name) for path in FILES if f".{kind}" in path.suffixes]
    return found or [pytest.param(None, marks=pytest.mark.skip(reason=f"no .{kind} export in KPI_REAL_EXPORTS"))]


def content(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def read(path: Path, **options: object) -> LandedFrame:
    facts = inspect_file(path, path.parent)
    assert facts.content_hash == hashlib.sha256(content(path)).hexdigest()
    return read_export(facts, ReadOptions(**options))  # type: ignore[arg-type]


def checksum(values: Iterable[str | None]) -> str:
    digest = hashlib.sha256()
    for value in values:
        digest.update((value or "").encode() + b"\x00")
    return digest.hexdigest()


@pytest.mark.parametrize("path", files_of("csv"))
def test_csv_agrees_with_the_standard_library(path: Path) -> None:
    landed = read(path, format="csv")
    records = list(csv.reader(io.StringIO(content(path).decode("utf-8-sig"), newline="")))
    header, body = records[0], records[1:]
    width = len(header)
    assert not any(len(record) > width for record in body)
    padded = [record + [""] * (width - len(record)) for record in body]

    assert landed.record_count == len(body)
    assert landed.frame["_row_number"].to_list() == list(range(2, len(body) + 2))
    assert list(landed.unknown_columns.values()) == header
    for position, column in enumerate(landed.unknown_columns):
        assert checksum(landed.frame[column]) == checksum(record[position] for record in padded), column


@pytest.mark.parametrize("path", files_of("jsonl"))
def test_json_lines_agree_with_the_standard_library(path: Path) -> None:
    roots = [json.loads(line) for line in content(path).splitlines()]
    landed = read(path, format="jsonl", columns={"key": ("key",)})
    assert landed.frame["key"].to_list() == [root["key"] for root in roots]
    assert [json.loads(record) for record in landed.frame["_record"]] == roots

    items = [
        (root["key"], history["created"], item["field"], item["toString"] or None)
        for root in roots
        for history in root["changelog"]["histories"]
        for item in history["items"]
    ]
    landed = read(
        path,
        format="jsonl",
        record_path="changelog.histories[].items[]",
        columns={
            "key": ("key",),
            "created": ("changelog.histories[].created",),
            "field": ("changelog.histories[].items[].field",),
            "to": ("changelog.histories[].items[].toString",),
        },
    )
    assert landed.frame.select("key", "created", "field", "to").rows() == items


@pytest.mark.parametrize("path", files_of("xes"))
def test_event_logs_agree_with_the_standard_library(path: Path) -> None:
    log = ElementTree.fromstring(content(path))
    namespace = log.tag.removesuffix("log")
    traces = log.findall(f"{namespace}trace")
    events = [
        {attribute.get("key"): attribute.get("value") for attribute in event}
        for trace in traces
        for event in trace.findall(f"{namespace}event")
    ]

    landed = read(path, format="xes")
    assert landed.record_count == len(events)
    for column, key in landed.unknown_columns.items():
        if not key.startswith("case:"):
            assert checksum(landed.frame[column]) == checksum(event.get(key) for event in events), key
    cases = read(path, format="xes", record_path="trace")
    assert cases.record_count == len(traces)
    name = next(column for column, key in cases.unknown_columns.items() if key == "case:concept:name")
    assert cases.frame[name].to_list() == [
        next(a.get("value") for a in trace if a.get("key") == "concept:name") for trace in traces
    ]
