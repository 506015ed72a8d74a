"""What is found out about an unknown export, as records. How it is found out and written stands elsewhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from models.vocabulary import Domain, ExportShape


@dataclass(frozen=True, slots=True)
class ReadTable:
    """One kind of row of a file, read as text.

    Attributes:
        name: slug for the contract's object.
        frame: text columns and `_row_number`, as the readers land them.
        headers: column -> header as written, or absolute path.
        header_row: row of the header, for files that have one.
        sheet, record_path: where the rows stand, for workbooks and nested records.
        notes: what the reader found worth telling.
        synonyms: column -> other spellings of its header, of which the reader would not know that they are the same.
    """

    name: str
    frame: pl.DataFrame
    headers: Mapping[str, str]
    header_row: int = 1
    sheet: str | None = None
    record_path: str | None = None
    notes: tuple[str, ...] = ()
    synonyms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A file of an unknown export, opened.

    Attributes:
        name: name of the file; of several of one export, of the first.
        format: as contracts write it.
        suffix: pattern for the landing folder, such as `*.csv*`.
        remarks: what else the file holds that was left out.
        file_names: names of all files that were looked at.
    """

    name: str
    format: str
    suffix: str
    encoding: str | None
    delimiter: str | None
    tables: tuple[ReadTable, ...]
    remarks: tuple[str, ...] = ()
    file_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Notation:
    """How an export writes numbers, with the evidence for it."""

    decimal_separator: str = "."
    thousands_separator: str | None = None
    evidence: str = ""
    is_certain: bool = True


@dataclass(slots=True)
class ColumnFinding:
    """What was found out about one column.

    Attributes:
        text: its values without padding; null where blank.
        logical_type: string, integer, number, boolean, date or timestamp.
        formats: strptime formats, for dates and timestamps.
        has_offset: whether all timestamps say their offset.
        null_texts: texts that seem to mean "no value" -> how often.
        evidence: sentences for the reader of the draft.
        doubts: what the reader of the draft has to decide.
        feeds: canonical columns, each with the reason.
        settings: of those of them that need more said than where the value goes, that, as YAML.
        synonyms: other spellings of the header.
        key_offer: where it may name the line and does not feed its key: the canonical key, and what follows.
    """

    name: str
    header: str
    text: pl.Series
    logical_type: str = "string"
    formats: tuple[str, ...] = ()
    has_offset: bool = False
    null_texts: Mapping[str, int] = field(default_factory=dict)
    present_count: int = 0
    distinct_count: int = 0
    evidence: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    feeds: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    synonyms: tuple[str, ...] = ()
    key_offer: tuple[str, str] | None = None

    @property
    def row_count(self) -> int:
        """Rows of the file, whether the column has a value or not."""
        return len(self.text)

    @property
    def is_unique(self) -> bool:
        """Whether every row has a value of its own."""
        return 0 < self.row_count == self.distinct_count == self.present_count

    @property
    def is_temporal(self) -> bool:
        """Whether it holds dates or timestamps."""
        return self.logical_type in ("date", "timestamp")


@dataclass(frozen=True, slots=True)
class Grain:
    """What one row is.

    Attributes:
        description: in words.
        entity: column whose values the rows are about, if one was found.
        event_time: column that orders the rows of one entity, if they repeat.
        keys: columns or sets of columns that name a row, with the evidence.
    """

    shape: ExportShape
    description: str
    entity: str | None = None
    event_time: str | None = None
    keys: tuple[tuple[str, ...], ...] = ()
    evidence: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()

    def as_repeated_snapshots(self, *evidence: str) -> Grain:
        """The same rows, in exports that come again and again."""
        return replace(
            self,
            shape=ExportShape.REPEATED_SNAPSHOTS,
            description=f"{self.description} and export",
            evidence=(*self.evidence, *evidence),
        )


@dataclass(frozen=True, slots=True)
class SnapshotFinding:
    """When the exports of repeated snapshots seem to be taken.

    Attributes:
        pattern: names of their files, with the parts of the instant.
        time_of_day: moment of the day in the name; None where the name tells the time.
        reason: what speaks for it, or has to be decided.
    """

    pattern: str
    time_of_day: str | None
    reason: str

    def as_property(self) -> str:
        """The custom property that says so."""
        moment = "" if self.time_of_day is None else f", timeOfDay: {self.time_of_day}"
        pattern = json.dumps(self.pattern, ensure_ascii=False)
        return f"{{property: snapshots, value: {{instant: file_name, pattern: {pattern}{moment}}}}}"


@dataclass(frozen=True, slots=True)
class CaseFinding:
    """Rows of which several tell of one line.

    Attributes:
        columns: columns that name the case.
        evidence: what dates a line, or has to be decided about it.
    """

    columns: tuple[str, ...]
    evidence: str


@dataclass(frozen=True, slots=True)
class TotalFinding:
    """A total that comes with the export.

    Attributes:
        setting: an entry of `controlTotals`, as YAML.
        reason: how it was found to be one.
    """

    setting: str
    reason: str


@dataclass(slots=True)
class TableFinding:
    """What was found out about one kind of row.

    Attributes:
        snapshots: of repeated snapshots whose files tell their instants, how.
        constants: canonical column -> (value, reason), for what the export leaves out.
        ignored: (column, pattern, reason) of rows that are no records, such as totals.
        cases: where several rows tell of one line, how.
        totals: totals that come with the export.
    """

    table: ReadTable
    columns: list[ColumnFinding]
    grain: Grain
    snapshots: SnapshotFinding | None = None
    constants: dict[str, tuple[str, str]] = field(default_factory=dict)
    ignored: list[tuple[str, str, str]] = field(default_factory=list)
    cases: CaseFinding | None = None
    totals: list[TotalFinding] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Inference:
    """A draft of a contract: findings and the decisions made from them.

    Attributes:
        needs_zone: whether timestamps without an offset occur, in columns or in names of files.
        zone_reason: which of them do.
    """

    contract_id: str
    source: str
    domain: Domain
    opened: OpenedFile
    tables: list[TableFinding]
    notation: Notation
    null_tokens: dict[str, int]
    needs_zone: bool
    zone_reason: str = "timestamps have no offset"
    remarks: list[str] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        """The findings as plain values, for listings and tests."""
        return {
            "id": self.contract_id,
            "source": self.source,
            "domain": self.domain.value,
            "format": self.opened.format,
            "encoding": self.opened.encoding,
            "delimiter": self.opened.delimiter,
            "null_tokens": self.null_tokens,
            "objects": {
                finding.table.name: {
                    "shape": finding.grain.shape.value,
                    "row_count": finding.table.frame.height,
                    "keys": [list(key) for key in finding.grain.keys],
                    "columns": {
                        column.name: {
                            "type": column.logical_type,
                            "formats": list(column.formats),
                            "feeds": list(column.feeds),
                        }
                        for column in finding.columns
                    },
                }
                for finding in self.tables
            },
        }
