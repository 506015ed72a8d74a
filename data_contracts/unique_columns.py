"""Rules that follow of `unique` and `primaryKey` of an export's columns: their values stand in one row only.

A file is held against itself: a later file that tells of a ticket or line again replaces what the first one said. Only
lines that nothing replaces, because no column feeds their key, are held against those of all files. The key of a
canonical table has a rule of its own in `data_contracts/warehouse`, so none is made for a column that alone feeds it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from data_contracts.documents import Document, Path
from data_contracts.feeds import canonical_tables
from data_contracts.rules import RuleTarget
from data_contracts.spec import ExportObject, IgnoreRule, Measure, Rule
from models.ddl import quote_identifier, quote_text
from models.vocabulary import ExportShape, QualityDimension, RuleAction, RuleTier

#: Canonical tables that have a rule on their key.
_RULED: Final = frozenset(
    {"cost_lines", "budget_lines", "benefit_lines", "vendor_invoice_lines", "purchase_orders", "deliveries"}
)
#: Canonical columns whose values belong to the number of a line: that of its document, and who numbers these.
_BELONG_TO_A_LINE: Final = frozenset({"document_id", "invoice_id", "purchase_order_id", "vendor"})
#: What such a rule is called, by which its message is made whole (`pipelines.broken_rules.repeated_values`).
ASSERTION: Final = "stands_once"


def unique_rules(
    document: Document, place: Path, target: RuleTarget, item: ExportObject, null_tokens: Sequence[str]
) -> tuple[Rule, ...]:
    """The rules of an object, in the order of its columns; none where the contract states one on the same columns."""
    asked: dict[tuple[str, ...], Path] = {}
    key: list[tuple[int, str, Path]] = []
    entries: list[dict[str, Any]] = document.at((*place, "properties")) or []
    for index, entry in enumerate(entries):
        name, where = str(entry.get("name", "")), (*place, "properties", index)
        if entry.get("unique"):
            asked[name,] = (*where, "unique")
        if entry.get("primaryKey"):
            key.append((int(entry.get("primaryKeyPosition") or index), name, (*where, "primaryKey")))
    if key:
        columns = tuple(name for _, name, _ in sorted(key))
        asked.setdefault(columns, key[0][2])
    stated = {rule.columns for rule in item.rules if rule.measure is Measure.DUPLICATE_VALUES}
    return tuple(
        _rule(document, where, target, item, columns, null_tokens)
        for columns, where in asked.items()
        if columns not in stated and not _has_own_rule(item, columns)
    )


def _has_own_rule(item: ExportObject, columns: tuple[str, ...]) -> bool:
    """Whether the columns are just those that feed the key of a canonical table with a rule on it."""
    return any(table in _RULED and sorted(_feeding_key(item, table)) == sorted(columns) for table in _fed_tables(item))


def _fed_tables(item: ExportObject) -> Iterator[str]:
    yield from dict.fromkeys(feed.table for column in item.columns for feed in column.feeds)


def _feeding_key(item: ExportObject, table: str) -> list[str]:
    keys = [column.name for column in canonical_tables()[table].primary_key.columns]
    return [
        column.name
        for column in item.columns
        if any(feed.table == table and feed.column in keys and not feed.when for feed in column.feeds)
    ]


def _rule(
    document: Document, where: Path, target: RuleTarget, item: ExportObject, columns: tuple[str, ...],
    null_tokens: Sequence[str],
) -> Rule:  # fmt: skip
    is_lines = item.shape is ExportShape.LINES
    in_all_files = is_lines and not any(_feeding_key(item, table) for table in _fed_tables(item))
    position = document.position(where)
    listed = " and ".join(f"'{column.physical_name}'" for column in item.columns if column.name in columns)
    within = "in the files of the export" if in_all_files else "in a file"
    follows = "so that it would count twice" if is_lines else "and the later one of a file has the last word"
    return Rule(
        id=f"{target.id_prefix}.{'_and_'.join(columns)}.{ASSERTION}",
        contract_id=target.contract_id,
        contract_version=target.contract_version,
        domain=target.domain,
        object_name=target.object_name,
        table_name=target.table_name,
        record_table=target.table_name.rpartition(".")[2],
        columns=columns,
        tier=RuleTier.SCHEMA if is_lines else RuleTier.SET,
        quality_dimension=QualityDimension.UNIQUENESS,
        severity="error" if is_lines else "info",
        action=RuleAction.BLOCK if is_lines else RuleAction.WARN,
        message=(
            f"The contract says that each value of {listed} is unique, and {within} one stands in several rows, "
            f"{follows}. {_let_them_replace(item, columns) if in_all_files else ''}Correct the export; or, if values "
            "may repeat, take 'unique' or 'primaryKey' out of the contract."
        ),
        owner=target.owner,
        measure=Measure.FAILING_ROWS,
        query=_query(target, item, columns, null_tokens, in_all_files=in_all_files),
        key_column="place",
        file=position.file,
        line=position.line,
    )


def _let_them_replace(item: ExportObject, columns: tuple[str, ...]) -> str:
    """What to write where files tell of the same lines again; empty where the lines have no key of their own."""
    tables = [table for table in _fed_tables(item) if table in _RULED]
    if not tables:
        return ""
    (key,) = (f"{tables[0]}.{column.name}" for column in canonical_tables()[tables[0]].primary_key.columns)
    told = []
    for column in item.columns:
        fed = [feed.target for feed in column.feeds]
        if column.name in columns or any(target.partition(".")[2] in _BELONG_TO_A_LINE for target in fed):
            value = f"[{', '.join((*fed, key))}]" if fed else key
            told.append(f"- {{property: feeds, value: {value}}} for '{column.name}'")
    return (
        "If later files tell the same lines again, as exports of everything do, let what names a line feed its key, so "
        f"that they replace and do not add: under customProperties of these columns, {'; '.join(told)}. "
    )


def _query(
    target: RuleTarget, item: ExportObject, columns: tuple[str, ...], null_tokens: Sequence[str], *, in_all_files: bool
) -> str:
    """SELECT of the rows whose value stands in others, too, of files that count; rows that are not staged are left out.

    Of tickets, rows that are equal in every text are one that is told twice, and change nothing.
    """
    names = [quote_identifier(column) for column in columns]
    empty = ", ".join(quote_text(token) for token in ("", *null_tokens))
    kept = [f"trim({name}) NOT IN ({empty})" for name in names]
    kept += [f"NOT coalesce({_matches(rule)}, false)" for rule in _ignored(item)]
    value = " || ' / ' || ".join(f"trim({name})" for name in names)
    is_repeated = "count(*) > 1" if item.shape is ExportShape.LINES else "min(_row_hash) <> max(_row_hash)"
    same = ("repeated_value",) if in_all_files else ("repeated_value", "_load_id")
    return (
        "WITH counted AS (\n"
        f"  SELECT {value} AS repeated_value, _load_id, file_name, _row_number, _row_hash\n"
        f"  FROM {target.table_name}\n"
        "  JOIN ops.ops_loads ON load_id = _load_id\n"
        f"  WHERE superseded_by IS NULL AND {' AND '.join(kept)}\n"
        "),\n"
        f"repeated AS (SELECT {', '.join(same)} FROM counted GROUP BY ALL HAVING {is_repeated})\n"
        "SELECT file_name || ', row ' || _row_number AS place, repeated_value, file_name, _row_number\n"
        f"FROM counted SEMI JOIN repeated USING ({', '.join(same)})"
    )


def _ignored(item: ExportObject) -> list[IgnoreRule]:
    return [*item.ignore_rows, *(total.row for total in item.control_totals if total.row is not None)]


def _matches(rule: IgnoreRule) -> str:
    return f"regexp_matches({quote_identifier(rule.column)}, {quote_text(rule.matches)})"
