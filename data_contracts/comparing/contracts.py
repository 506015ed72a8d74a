"""What two versions of a contract say differently, as a list of changes with whom each of them breaks.

Only what the warehouse acts on is compared, and what people read of columns and rules; other words of the standard
(tags, team, prices) are not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase

from data_contracts.comparing.columns import compare_columns
from data_contracts.comparing.difference import BOTH, FILES, NOBODY, NUMBERS, Breaks, Difference, quoted, told
from data_contracts.comparing.rules import compare_rules
from data_contracts.spec import ExportContract, ExportObject, WarehouseContract
from models.vocabulary import SameName

_Say = Callable[..., Difference]


def compare_exports(old: ExportContract, new: ExportContract) -> tuple[Difference, ...]:
    """Every change from one version of an export contract to the other."""
    return tuple(_compare_exports(old, new))


def compare_warehouses(old: WarehouseContract, new: WarehouseContract) -> tuple[Difference, ...]:
    """Every change from one version of a contract of canonical tables to the other."""
    found: list[Difference] = []
    if old.domain is not new.domain:
        what = f"its domain was {old.domain.value} and is {new.domain.value}"
        found.append(Difference(kind="domain_changed", place=new.id, what=what, breaks=NUMBERS, domain=old.domain))
    for name in old.tables:
        if name not in new.tables:
            what = "the table is no longer covered"
            found.append(Difference(kind="object_removed", place=name, what=what, breaks=NUMBERS, domain=new.domain))
    for name in new.tables:
        if name not in old.tables:
            what = "the table is covered now"
            found.append(Difference(kind="object_added", place=name, what=what, breaks=NOBODY, domain=new.domain))
    return (*found, *compare_rules(old.rules, new.rules))


def _compare_exports(old: ExportContract, new: ExportContract) -> Iterator[Difference]:
    everything = tuple(dict.fromkeys([*_all_feeds(old), *_all_feeds(new)]))

    def say(kind: str, what: str, breaks: frozenset[Breaks], feeds: tuple[str, ...] = everything) -> Difference:
        return Difference(kind=kind, place=new.id, what=what, breaks=breaks, feeds=feeds, domain=new.domain)

    if old.id != new.id:
        what = f"its id was '{old.id}' and is '{new.id}': its files belong into landing/{new.id}/ now"
        yield say("id_changed", what, FILES)
    if old.domain is not new.domain:
        yield say("domain_changed", f"its domain was {old.domain.value} and is {new.domain.value}", NUMBERS)
    if old.source != new.source:
        what = f"its source was '{old.source}' and is '{new.source}': every key changes, and policies must follow"
        yield say("source_changed", what, NUMBERS)
    if old.status != new.status:
        yield say("status_changed", f"its status was {old.status} and is {new.status}", NOBODY, ())
    yield from _compare_files(old, new, say)
    yield from _compare_values(old, new, say)
    for before, after in _pairs(old, new):
        if after is None and before is not None:
            what = "the object is gone; nothing is read of it any more"
            yield _of_object("object_removed", before, new, what, NUMBERS)
        elif before is None and after is not None:
            breaks = FILES if any(column.required for column in after.columns) else NOBODY
            yield _of_object("object_added", after, new, "a new object is read", breaks)
            yield from compare_rules((), after.rules)
        elif before is not None and after is not None:
            yield from _compare_objects(before, after, new)
    yield from compare_rules(old.arrival_rules, new.arrival_rules)


def _compare_files(old: ExportContract, new: ExportContract, say: _Say) -> Iterator[Difference]:
    if old.file_pattern != new.file_pattern:
        what = f"its files were '{old.file_pattern}' and are '{new.file_pattern}'"
        is_wider = accepts_all_of(new.file_pattern, old.file_pattern)
        yield say("files_changed", what, NOBODY if is_wider else FILES, ())
    if set(old.ignore_files) != set(new.ignore_files):
        what = f"the files that do not count were {quoted(old.ignore_files)} and are {quoted(new.ignore_files)}"
        yield say("ignored_files_changed", what, NUMBERS)
    if old.format != new.format:
        yield say("file_format_changed", f"its files were {old.format} and are {new.format}", FILES)
    for name, before, after in (
        ("encoding", old.encoding, new.encoding),
        ("delimiter", old.delimiter, new.delimiter),
    ):
        if before != after:
            what = f"its {name} was {before or 'detected'} and is {after or 'detected'}"
            yield say(f"{name}_changed", what, FILES if after else NOBODY)


def accepts_all_of(new: str, old: str) -> bool:
    """Whether a pattern of file names surely takes every name that another takes.

    Where the new pattern has no other wildcard than `*`, it does if it takes the old pattern's own text: only a `*`
    can have taken the wildcards in it.
    """
    return not set("?[") & set(new) and fnmatchcase(old, new)


def _compare_values(old: ExportContract, new: ExportContract, say: _Say) -> Iterator[Difference]:
    """Settings by which values of many columns are read."""
    if old.time_zone != new.time_zone:
        what = f"its time zone was {told(old.time_zone)} and is {told(new.time_zone)}: instants without an offset move"
        yield say("time_zone_changed", what, NUMBERS, _feeds_of(old, new, {"timestamp", "date"}))
    numbers = _feeds_of(old, new, {"number", "integer"})
    for kind, name, before, after in (
        ("decimal_separator_changed", "decimal separator", old.decimal_separator, new.decimal_separator),
        ("thousands_separator_changed", "thousands separator", old.thousands_separator, new.thousands_separator),
    ):
        if before != after:
            what = f"its {name} was {told(before)} and is {told(after)}: amounts can be read otherwise"
            yield say(kind, what, BOTH, numbers)
    if set(old.null_tokens) != set(new.null_tokens):
        what = f"its words for 'no value' were {quoted(old.null_tokens)} and are {quoted(new.null_tokens)}"
        yield say("null_tokens_changed", what, NUMBERS)


def _compare_objects(old: ExportObject, new: ExportObject, contract: ExportContract) -> Iterator[Difference]:
    if old.name != new.name:
        what = f"the object was called '{old.name}', so that its rows land in another table and its rules are renamed"
        yield _of_object("object_renamed", new, contract, what, NOBODY)
    for kind, name, before, after in (
        ("shape_changed", "shape", old.shape, new.shape),
        ("constants_changed", "constants", dict(old.constants), dict(new.constants)),
        ("ignored_rows_changed", "ignored rows", _ignored(old), _ignored(new)),
        ("snapshots_changed", "settings of snapshots", old.snapshots, new.snapshots),
        ("cases_changed", "columns of one line (oneRowPer)", _cases(old), _cases(new)),
        ("control_totals_changed", "control totals", _totals(old), _totals(new)),
        ("record_path_changed", "record path", old.record_path, new.record_path),
        ("sheet_changed", "sheet", old.sheet, new.sheet),
        ("header_row_changed", "header row", old.header_row, new.header_row),
        (
            "same_name_changed",
            "handling of files under an old name",
            *(of.same_name or SameName.ADDS for of in (old, new)),
        ),
        ("totals_changed", "word on rows that look like totals (hasNoTotals)", old.has_no_totals, new.has_no_totals),
        ("repeated_rows_changed", "files that may repeat rows", *(", ".join(of.may_repeat_rows) for of in (old, new))),
        ("right_dates_changed", "files whose dates are right", *(", ".join(of.dates_are_right) for of in (old, new))),
    ):
        if before != after:
            plural = name in (
                *("constants", "ignored rows", "settings of snapshots"),
                *("columns of one line (oneRowPer)", "control totals", "files that may repeat rows"),
                "files whose dates are right",
            )
            verbs = ("were", "are") if plural else ("was", "is")
            what = f"its {name} {verbs[0]} {told(before or None)} and {verbs[1]} {told(after or None)}"
            reads_other_files = kind in ("record_path_changed", "sheet_changed", "header_row_changed")
            yield _of_object(kind, new, contract, what, BOTH if reads_other_files else NUMBERS)
    yield from compare_columns(old, new, contract.domain)
    yield from compare_rules(old.rules, new.rules)
    if old.granularity != new.granularity:
        yield _of_object("description_changed", new, contract, "it says in other words what a row is", NOBODY)


def _ignored(item: ExportObject) -> str:
    return "; ".join(f"{rule.column} ~ {rule.matches}" for rule in item.ignore_rows)


def _cases(item: ExportObject) -> str:
    if item.cases is None:
        return ""
    only = [f"{name} is {' or '.join(words)}" for name, words in sorted(item.cases.only_with.items())]
    return ", ".join(item.cases.columns) + (f", only with {' and '.join(only)}" if only else "")


def _totals(item: ExportObject) -> str:
    return "; ".join(
        f"{total.name} in {total.told_in}"
        + (f" where {total.row.column} ~ {total.row.matches}" if total.row is not None else "")
        + (f" as {total.pattern}" if total.pattern is not None else "")
        for total in item.control_totals
    )


def _pairs(old: ExportContract, new: ExportContract) -> Iterator[tuple[ExportObject | None, ExportObject | None]]:
    """Objects of the same name; where each contract has only one, those two whatever they are called."""
    if len(old.objects) == len(new.objects) == 1:
        yield old.objects[0], new.objects[0]
        return
    before, after = ({item.name: item for item in contract.objects} for contract in (old, new))
    for name in dict.fromkeys([*before, *after]):
        yield before.get(name), after.get(name)


def _of_object(
    kind: str, item: ExportObject, contract: ExportContract, what: str, breaks: frozenset[Breaks]
) -> Difference:
    feeds = tuple(dict.fromkeys(_object_feeds(item)))
    return Difference(kind=kind, place=item.name, what=what, breaks=breaks, feeds=feeds, domain=contract.domain)


def _object_feeds(item: ExportObject, types: set[str] | None = None) -> Iterator[str]:
    for column in item.columns:
        if types is None or column.logical_type in types:
            yield from (feed.target for feed in column.feeds)
    if types is None:
        yield from item.constants


def _all_feeds(contract: ExportContract, types: set[str] | None = None) -> Iterator[str]:
    for item in contract.objects:
        yield from _object_feeds(item, types)


def _feeds_of(old: ExportContract, new: ExportContract, types: set[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*_all_feeds(old, types), *_all_feeds(new, types)]))
