"""What the warehouse needs to know of a contract, as frozen records. No parsing and no checking belongs here.

An `ExportContract` says how one export is read and which canonical columns it feeds; a `WarehouseContract` says what
must hold of the canonical tables before anything is published from them. Both are written in the Open Data Contract
Standard and loaded by `data_contracts.loader`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from models.vocabulary import (
    Domain,
    ExportShape,
    QualityDimension,
    RuleAction,
    RuleTier,
    SameName,
    ServiceLevelKind,
    SnapshotContent,
    SnapshotInstant,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """Whether an amount is a debit, which adds to cost, or a credit, which takes from it.

    Attributes:
        always: `debit` or `credit`, where the whole column is one; None where each row says it.
        column: column of the export that says it; None where the amount's own text does, before or after the number.
        debit, credit: texts that mean so, capitals apart.
    """

    always: str | None = None
    column: str | None = None
    debit: tuple[str, ...] = ()
    credit: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Feed:
    """A canonical column that an export's column fills.

    Attributes:
        table: canonical table without its `stg_`.
        column: column of that table.
        when: columns of the export and the texts, any of which each must hold for the value to count; all must agree.
        take: which of several rows of one case has the word: `first`, `last`, `smallest` or `largest`; None where all
            that have a value must have the same.
        sign: how an amount's sign is told; None where the number itself has it.
    """

    table: str
    column: str
    when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    take: str | None = None
    sign: Sign | None = None

    @property
    def target(self) -> str:
        """`<table>.<column>`, as contracts write it."""
        return f"{self.table}.{self.column}"


@dataclass(frozen=True, slots=True)
class IgnoreRule:
    """Rows to land but not to stage, such as totals: those whose column matches a regular expression."""

    column: str
    matches: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cases:
    """Several rows that tell of one line, such as the events of a declaration that repeat its amount.

    Attributes:
        columns: columns of the export that name the case.
        only_with: columns and texts of the row without which a case is no line yet, such as its payment.
    """

    columns: tuple[str, ...]
    only_with: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlTotal:
    """A total that comes with an export, to compare its lines with.

    Attributes:
        of: column whose amounts are added up as they are written; a canonical `<table>.<column>`, for the amounts as
            they count; or `rows`, for the number of lines.
        told_in: column that tells the total.
        pattern: regular expression whose first group is the total; None where it is the whole text.
        per: columns whose values divide the lines into groups with a total each; empty for one total a file.
        row: the row that tells the total, which is no line; None where each line repeats it.
    """

    of: str
    told_in: str
    pattern: str | None = None
    per: tuple[str, ...] = ()
    row: IgnoreRule | None = None

    @property
    def name(self) -> str:
        """What the total is about, in words."""
        of = {"rows": "number of lines"}.get(self.of, self.of)
        return f"{of} per {' and '.join(self.per)}" if self.per else f"{of} of the file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshots:
    """When the exports of repeated snapshots were taken, and what each of them holds.

    Attributes:
        instant: what tells when an export was taken.
        pattern: names of files with the parts of an instant in them (`tickets_%Y-%m-%d.csv`); None unless the name
            tells it.
        time_zone: IANA zone of names and dates without an offset; None means the contract's.
        time_of_day: which moment of its day an export is of that names only a date: `end`, `start` or `HH:MM`.
        content: whether a ticket that is missing from an export is gone, or only unchanged.
    """

    instant: SnapshotInstant = SnapshotInstant.COLUMN
    pattern: str | None = None
    time_zone: str | None = None
    time_of_day: str = "end"
    content: SnapshotContent = SnapshotContent.FULL

    @property
    def is_told_by_file(self) -> bool:
        """Whether all rows of a file are of one instant, which the file itself tells."""
        return self.instant is not SnapshotInstant.COLUMN


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportColumn:
    """One column of an export.

    Attributes:
        name: column of the raw table.
        physical_name: header in the file, or the path of a nested value.
        synonyms: other spellings of the header.
        logical_type: string, integer, number, boolean, date or timestamp.
        formats: strptime formats, tried in order; empty means ISO 8601.
        replace: texts, capitals apart, and what is read in their place.
        time_zone: IANA zone of values without an offset; None means the contract's.
        true_tokens, false_tokens: how the export writes booleans; empty means the usual spellings.
        may_be_missing: whether files without it are read although files before them had it.
    """

    name: str
    physical_name: str
    synonyms: tuple[str, ...] = ()
    logical_type: str = "string"
    formats: tuple[str, ...] = ()
    replace: Mapping[str, str] = field(default_factory=dict)
    time_zone: str | None = None
    required: bool = False
    unique: bool = False
    description: str = ""
    feeds: tuple[Feed, ...] = ()
    true_tokens: tuple[str, ...] = ()
    false_tokens: tuple[str, ...] = ()
    may_be_missing: bool = False


class Measure(StrEnum):
    """How a rule is computed."""

    NULL_VALUES = "nullValues"
    MISSING_VALUES = "missingValues"
    INVALID_VALUES = "invalidValues"
    DUPLICATE_VALUES = "duplicateValues"
    ROW_COUNT = "rowCount"
    FAILING_ROWS = "failingRows"
    SCALAR = "scalar"


#: What the counts of a rule are of that is kept or not.
PROMISE: Final = "promise"
#: Measures that give one number of a whole table, and name no rows.
ONE_NUMBER: Final = frozenset({Measure.ROW_COUNT, Measure.SCALAR})


@dataclass(frozen=True, slots=True)
class Limit:
    """A comparison of the standard: `mustBe: 0`, `mustBeBetween: [1, 5]`.

    Attributes:
        operator: the standard's key.
        bounds: the one value, or the two of a between.
        is_share: whether the compared number is a percentage of the rows rather than a count (`unit: percent`).
    """

    operator: str
    bounds: tuple[Any, ...]
    is_share: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One promise of a contract, and what it means for publication when it is broken.

    Attributes:
        id: `<table>.<column or set>.<assertion>`.
        object_name: table of the schema that the rule is about, without its layer prefix.
        table_name: the qualified table, `stg.stg_tickets`.
        record_table: table whose records the key names: `stg_tickets` for a rule on events, where the ticket is kept
            or set aside as a whole.
        columns: the columns that the measure looks at; empty for whole-table and SQL rules.
        message: what a broken rule means, in plain language.
        protects: metrics that must not be published while the rule is broken.
        tolerance: share of rows, 0 to 1, that may break the rule before it counts as broken.
        quarantine_limit: share of records, 0 to 1, above which quarantine becomes a hold; None means the home's.
        key_column: column whose values name a failing row; never another value of the row is shown.
        counted: what its counts are of: `row`; of a promise that something comes every so often, that period; and
            `promise` of one on how old the newest may be, which is kept or not.
        listed_dimension: dimension whose known names the home has to list before the rule can be asked; None for rules
            that need no such list.
        needed_feed: canonical column, `<table>.<column>`, that something in the export has to feed before the rule has
            anything to judge by; None for rules that need none.
        has_needed_feed: whether something feeds it.
        arguments: `validValues`, `pattern` or `missingValues` of the measure.
        query: SELECT that lists failing rows (`failingRows`) or computes one number (`scalar`).
        line: where the rule stands in its contract.
    """

    id: str
    contract_id: str
    contract_version: str
    domain: Domain
    object_name: str
    table_name: str
    record_table: str
    columns: tuple[str, ...] = ()
    tier: RuleTier
    quality_dimension: QualityDimension
    severity: str
    action: RuleAction
    message: str
    protects: tuple[str, ...] = ()
    owner: str
    tolerance: Decimal = Decimal(0)
    quarantine_limit: Decimal | None = None
    measure: Measure
    limit: Limit | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    query: str | None = None
    key_column: str | None = None
    counted: str = "row"
    listed_dimension: str | None = None
    needed_feed: str | None = None
    has_needed_feed: bool = True
    file: str
    line: int

    @property
    def column(self) -> str | None:
        """The column that the rule is about, if it is about exactly one."""
        return self.columns[0] if len(self.columns) == 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLevel:
    """When the data of an export have to come.

    Attributes:
        value, unit: as the contract says it: 4 `day` or `week`, or once every `day`, `week`, `month` or `quarter`.
        limit_days: of a latency, how many days old the newest event may be.
        element: what is looked at, `<object>.<column>`; the object alone where its files tell when they are from.
        table, column: canonical column that the element feeds; no column where files are counted.
        calendar: calendar of policies/calendars.yaml whose working days are counted; None for all days.
        rule: what follows if it is not met.
    """

    kind: ServiceLevelKind
    value: int
    unit: str
    limit_days: int | None
    element: str
    object_name: str
    table: str
    column: str | None
    calendar: str | None
    rule: Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportObject:
    """One kind of row in an export's files.

    Attributes:
        name: name of the object in the contract.
        raw_table: `raw_<source>__<name>`.
        record_path: which nested record makes a row; None for flat files.
        sheet: sheet of a workbook; None means the first.
        header_row: row of the header, counted from 1.
        same_name: of an event log, whether new content under the name of an older file adds events or replaces them;
            None where the contract does not say, which adds them.
        constants: `<table>.<column>` -> text, for canonical columns that the export leaves out.
        snapshots: of repeated snapshots, when they were taken; None for every other shape.
        cases: where several rows tell of one line, how; None where each row is one.
        control_totals: totals that come with the export.
        unique_rules: rules that follow of columns whose values are unique.
        may_repeat_rows: patterns of names of files whose rows are different lines though they are equal.
        dates_are_right: of an event log or lines, patterns of names of files in which day and month are not swapped,
            though it looks so.
        has_no_totals: whether rows that look like totals of others are lines all the same.
        granularity: what one row is, in words.
    """

    name: str
    raw_table: str
    shape: ExportShape
    snapshots: Snapshots | None = None
    record_path: str | None = None
    sheet: str | None = None
    header_row: int = 1
    same_name: SameName | None = None
    constants: Mapping[str, str] = field(default_factory=dict)
    ignore_rows: tuple[IgnoreRule, ...] = ()
    cases: Cases | None = None
    control_totals: tuple[ControlTotal, ...] = ()
    may_repeat_rows: tuple[str, ...] = ()
    dates_are_right: tuple[str, ...] = ()
    has_no_totals: bool = False
    columns: tuple[ExportColumn, ...] = ()
    rules: tuple[Rule, ...] = ()
    unique_rules: tuple[Rule, ...] = ()
    granularity: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportContract:
    """What one export promises and how its files become canonical rows.

    Attributes:
        id: name of the landing folder.
        status: proposed, draft, active, deprecated or retired.
        source: system that exports; it qualifies every key.
        file_pattern: which files of the landing folder belong to the export.
        format: csv, json, jsonl, xlsx, parquet or xes.
        encoding, delimiter: None means detected.
        ignore_files: patterns of names of files that do not count, also if they were read before.
        null_tokens: texts that mean "no value", besides the empty text.
        time_zone: IANA zone of timestamps without an offset.
        service_levels: when its data have to come.
        origin: the contract's file as a person knows it.
        content_hash: hash of everything that the contract says, its template included.
        reading_hash: hash of only what changes how a file is read into its raw table.
        extends: name of the template that it extends.
    """

    id: str
    version: str
    status: str
    name: str
    source: str
    domain: Domain
    file_pattern: str
    format: str
    encoding: str | None = None
    delimiter: str | None = None
    ignore_files: tuple[str, ...] = ()
    null_tokens: tuple[str, ...] = ()
    time_zone: str | None = None
    decimal_separator: str = "."
    thousands_separator: str | None = None
    objects: tuple[ExportObject, ...] = ()
    service_levels: tuple[ServiceLevel, ...] = ()
    origin: str
    content_hash: str
    reading_hash: str
    extends: str | None = None

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All rules of all objects, in the order in which they are written, and those that follow of columns."""
        return tuple(rule for item in self.objects for rule in (*item.rules, *item.unique_rules))

    @property
    def tells_exchange_rates(self) -> bool:
        """Whether a column of it feeds exchange rates, by which amounts of other exports are converted."""
        return any(
            feed.table == "fx_rates" for item in self.objects for column in item.columns for feed in column.feeds
        )

    @property
    def arrival_rules(self) -> tuple[Rule, ...]:
        """The rules of its service levels, which are judged when the data of all domains are there."""
        return tuple(level.rule for level in self.service_levels)


@dataclass(frozen=True, slots=True, kw_only=True)
class WarehouseContract:
    """What must hold of the canonical tables of a domain.

    Attributes:
        tables: canonical tables that the contract covers, without their `stg_`.
        rules: in the order in which they are written.
        content_hash: hash of everything that the contract says.
    """

    id: str
    version: str
    domain: Domain
    tables: tuple[str, ...]
    rules: tuple[Rule, ...]
    origin: str
    content_hash: str
