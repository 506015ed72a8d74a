"""What this warehouse adds to the standard: the closed sets of `customProperties`, one model per place.

The standard lets a contract add named values anywhere. Here each place has its set, so that a misspelt name is an
error with a suggestion and not a setting that silently does nothing.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from data_contracts.documents import Document
from data_contracts.problems import Path, Problem, known_keys, problems_of
from models.vocabulary import ExportShape, RuleAction, RuleTier, SameName, SnapshotContent, SnapshotInstant


def _as_text(value: Any) -> Any:
    """A plain value as the text that it stands for in a file: 0 and true are tokens like any other."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


def _as_feed(value: Any) -> Any:
    return {"to": value} if isinstance(value, str) else value


def _as_sign(value: Any) -> Any:
    return {"always": value} if isinstance(value, str) else value


def _as_cases(value: Any) -> Any:
    return value if isinstance(value, dict) else {"columns": value}


Token = Annotated[str, BeforeValidator(_as_text)]
Tokens = Annotated[tuple[Token, ...], BeforeValidator(_as_list)]
Share = Annotated[Decimal, Field(ge=0, le=1)]


class Properties(BaseModel):
    """A closed set of custom properties, written in camel case."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel)


class ContractProperties(Properties):
    """Of an export contract as a whole."""

    source: str | None = None
    null_tokens: Tokens = ()
    time_zone: str | None = None
    decimal_separator: Literal[".", ","] = "."
    thousands_separator: str | None = None
    delimiter: str | None = None
    ignore_files: Tokens = ()
    extends: str | None = None
    owner: str = "data engineering"


class IgnoredRows(Properties):
    """Rows that are landed but not staged."""

    column: str
    matches: str


class SnapshotProperties(Properties):
    """When repeated snapshots were taken, and what each of them holds."""

    instant: SnapshotInstant = SnapshotInstant.COLUMN
    pattern: str | None = None
    time_zone: str | None = None
    time_of_day: str = "end"
    content: SnapshotContent = SnapshotContent.FULL


class CaseProperties(Properties):
    """Several rows that tell of one line: it is counted once."""

    columns: Tokens
    only_with: dict[str, Tokens] = {}


class ControlTotalProperties(Properties):
    """A total that comes with the export, to compare its lines with."""

    of: str
    told_in: str | None = None
    pattern: str | None = None
    per: Tokens = ()
    row: IgnoredRows | None = None


class ObjectProperties(Properties):
    """Of one schema object of an export."""

    shape: ExportShape | None = None
    snapshots: SnapshotProperties | None = None
    record_path: str | None = None
    sheet: str | None = None
    header_row: Annotated[int, Field(ge=1)] = 1
    same_name: SameName | None = None
    constants: dict[str, Token] = {}
    ignore_rows: Annotated[tuple[IgnoredRows, ...], BeforeValidator(_as_list)] = ()
    one_row_per: Annotated[CaseProperties | None, BeforeValidator(_as_cases)] = None
    control_totals: Annotated[tuple[ControlTotalProperties, ...], BeforeValidator(_as_list)] = ()
    may_repeat_rows: Tokens = ()
    dates_are_right: Tokens = ()
    has_no_totals: bool = False


class SignProperties(Properties):
    """Whether an amount is a debit or a credit, where the amount itself does not say so."""

    always: Literal["debit", "credit"] | None = None
    column: str | None = None
    debit: Tokens = ()
    credit: Tokens = ()


class FeedTarget(Properties):
    """A canonical column, and when and how the value counts."""

    to: str
    when: dict[str, Tokens] = {}
    take: Literal["first", "last", "smallest", "largest"] | None = None
    sign: Annotated[SignProperties | None, BeforeValidator(_as_sign)] = None


class ColumnProperties(Properties):
    """Of one column of an export."""

    feeds: Annotated[
        tuple[Annotated[FeedTarget, BeforeValidator(_as_feed)], ...],
        BeforeValidator(_as_list),
    ] = ()
    formats: Tokens = ()
    replace: dict[str, Token] = {}
    true_tokens: Tokens = ()
    false_tokens: Tokens = ()
    may_be_missing: bool = False


class RuleProperties(Properties):
    """Of one quality rule, in export and warehouse contracts."""

    action: RuleAction
    tier: RuleTier | None = None
    owner: str | None = None
    protects: Tokens = ()
    key_column: str | None = None
    tolerance: Share = Decimal(0)
    quarantine_limit: Share | None = None
    only_with_known: Literal["team", "priority", "service", "vendor"] | None = None
    only_with_fed: str | None = None


class ServiceLevelProperties(Properties):
    """Of a latency or frequency under `slaProperties`."""

    action: Literal["warn", "block"] = "warn"
    calendar: str | None = None
    owner: str | None = None
    protects: Tokens = ()


class WarehouseProperties(Properties):
    """Of a warehouse contract as a whole."""

    owner: str = "data engineering"


class NoProperties(Properties):
    """Where nothing may be added."""


_Properties = TypeVar("_Properties", bound=Properties)


def read_custom(
    document: Document, holder: Path, model: type[_Properties], problems: list[Problem]
) -> _Properties | None:
    """The custom properties of one place, or None if they are wrong; what is wrong is added to `problems`.

    Args:
        holder: place of the group of keys that has the `customProperties`.
    """
    place = (*holder, "customProperties")
    listed = document.at(place)
    values: dict[str, Any] = {}
    entries: dict[str, int] = {}
    found: list[Problem] = []
    for index, entry in enumerate(listed if isinstance(listed, list) else []):
        name = str(entry.get("property"))
        if name in values:
            first = document.position((*place, entries[name])).line
            what = f"custom property '{name}': stands twice, first in line {first}"
            found.append(document.problem((*place, index), what, "Keep one of them."))
            continue
        values[name], entries[name] = entry.get("value"), index

    def line_of(path: Path) -> int | None:
        if not path:
            return document.position(holder).line
        index = entries.get(str(path[0]))
        return None if index is None else _line_below(document, (*place, index), path[1:], values[str(path[0])])

    try:
        properties = model.model_validate(values)
    except ValidationError as error:
        file = document.position(place).file
        found += [
            Problem(problem.file, problem.line, problem.what.replace("key '", "custom property '", 1), *_rest(problem))
            for problem in problems_of(error, model, line_of, file)
        ]
        properties = None
    problems += found
    return None if found else properties


def _line_below(document: Document, entry: Path, rest: Path, value: Any) -> int | None:
    """Line of a place below a property's value; where a single value stands for a list, its index is left out."""
    if not rest:
        return document.position(entry).line
    steps = rest[1:] if isinstance(rest[0], int) and not isinstance(value, list) else rest
    path = (*entry, "value", *steps)
    exists = path in document.positions or path == (*entry, "value")
    return document.position(path).line if exists else None


def _rest(problem: Problem) -> tuple[str, str | None]:
    return problem.remedy, problem.suggestion


def names_of(model: type[Properties]) -> list[str]:
    """The names of a closed set, as contracts write them."""
    return list(known_keys(model, ()))
