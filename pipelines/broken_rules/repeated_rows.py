"""What is told of files of one export that hold the same rows under different names, so that money would count twice.

Only rows that count each for itself are looked at, as they stand in the staged tables: where an export has a key, a
line that a later file brings again replaces the first one long before. Rows are the same if all is that was read of
them: a spreadsheet that saves a file anew may write blanks, numbers and days another way. How they are found is in
`overlapping_files`; identical files are known by their content and read once (`pipelines.landing.loads`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from data_contracts.spec import ExportContract, Rule
from models.vocabulary import Domain
from pipelines.broken_rules.evidence import Evidence, Explanation
from pipelines.broken_rules.overlapping_files import LINES, find_overlaps
from pipelines.infer.rendering import quote
from pipelines.landing.file_patterns import may_repeat
from pipelines.warehouse import Warehouse
from pipelines.words.numbers import count_of, list_all

RULE: Final = "files.not_overlapping"
#: Of a hundred rows of a file, so many have to be in another one for the file to be needless.
_MOST_OF: Final = 90
_MOST_PAIRS: Final = 3
#: The tables of `ops` with what was found.
_FOUND: Final = ("ops_repeated_rows", "ops_repeated_lines")


def _find(evidence: Evidence, domain: Domain) -> None:
    """Replace what is known of files that repeat each other."""
    warehouse, contracts = evidence.warehouse, evidence.contracts
    for name in _FOUND:
        warehouse.execute(f"DELETE FROM ops.{name} WHERE domain = ?", [domain.value])
    several = warehouse.rows(
        """
        SELECT DISTINCT export FROM ops.ops_loads WHERE superseded_by IS NULL
        GROUP BY export, object_name HAVING count(*) > 1
        """
    )
    exports = sorted({contract.id for contract in contracts} & {str(export) for (export,) in several})
    if not exports:
        return
    for lines in LINES:
        if lines.domain is domain:
            find_overlaps(warehouse, lines, exports)
    _forget_allowed(warehouse, domain, contracts)


def _forget_allowed(warehouse: Warehouse, domain: Domain, contracts: Sequence[ExportContract]) -> None:
    """Leave out the pairs of files whose equal rows are different lines, as their contract says."""
    for pair in _pairs(warehouse, domain=domain.value):
        if may_repeat(contracts, pair.export, pair.object_name, (pair.earlier_file, pair.file)):
            for name in _FOUND:
                warehouse.execute(
                    f"DELETE FROM ops.{name} WHERE domain = ? AND earlier_load_id = ? AND load_id = ?",
                    [domain.value, pair.earlier_load_id, pair.load_id],
                )


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two files that share rows.

    Attributes:
        sums: currency and amount of the rows that both hold.
        earlier_rows, rows: rows of the files.
        is_earlier_older: whether the file whose name comes first was ingested first as well.
        shared, compared, basis: rows that both hold, of how many that were compared, and how it is known: as in
            `ops_repeated_rows`.
        stretch: first and last row of what both hold, in the earlier file and in the other; None of other bases.
    """

    export: str
    object_name: str
    earlier_load_id: str
    load_id: str
    earlier_file: str
    file: str
    earlier_rows: int
    rows: int
    is_earlier_older: bool
    shared: int
    compared: int
    basis: str
    documents: int | None
    document: str | None
    stretch: tuple[int, ...] | None
    sums: tuple[tuple[str | None, Any], ...]


def _pairs(warehouse: Warehouse, *, domain: str, table_name: str | None = None) -> list[_Pair]:
    query = """
        SELECT found.export, found.object_name, earlier_load_id, found.load_id, earlier.file_name, later.file_name,
            earlier.row_count, later.row_count, earlier.loaded_at <= later.loaded_at, shared_count, compared_count,
            basis, document_count, document_id,
            CASE basis WHEN 'stretch' THEN [earlier_first_row, earlier_last_row, first_row, last_row] END,
            list((found.currency_code, found.amount_original) ORDER BY found.currency_code)
        FROM ops.ops_repeated_rows AS found
        JOIN ops.ops_loads AS earlier ON earlier.load_id = earlier_load_id
        JOIN ops.ops_loads AS later ON later.load_id = found.load_id
        WHERE found.domain = $domain AND ($table IS NULL OR found.table_name = $table)
        GROUP BY ALL ORDER BY shared_count DESC, earlier_load_id, found.load_id
    """
    rows = warehouse.connection.execute(query, {"domain": domain, "table": table_name}).fetchall()
    return [_Pair(*row[:-2], tuple(row[-2]) if row[-2] else None, tuple(tuple(one) for one in row[-1])) for row in rows]


def _tell(rule: Rule, evidence: Evidence) -> str:
    """The files, the sums that both hold, and the remedy."""
    table_name = rule.table_name.rpartition(".")[2]
    pairs = _pairs(evidence.warehouse, domain=rule.domain.value, table_name=table_name)
    said = [_say_pair(pair) for pair in pairs[:_MOST_PAIRS]]
    if len(pairs) > _MOST_PAIRS:
        said.append(f"So do {count_of(len(pairs) - _MOST_PAIRS, 'more pair', 'more pairs')} of files.")
    exports = dict.fromkeys(pair.export for pair in pairs[:_MOST_PAIRS])
    said += [_remedy([pair for pair in pairs if pair.export == each], evidence.origin_of(each)) for each in exports]
    return " ".join(said)


def _say_pair(pair: _Pair) -> str:
    told = [f"{amount:,.2f} {code or 'without a currency'}" for code, amount in pair.sums if amount is not None]
    return f"{_say_rows(pair)}, so that {list_all(told) or 'they'} would count twice."


def _say_rows(pair: _Pair) -> str:
    folder = f"landing/{pair.export}/"
    if pair.stretch is not None:
        earlier_first, earlier_last, first, last = pair.stretch
        which = "" if pair.shared == pair.compared else f"{pair.shared:,} of "
        return (
            f"In {folder} {which}rows {earlier_first:,} to {earlier_last:,} of '{pair.earlier_file}' are the same, in "
            f"the same order, as rows {first:,} to {last:,} of '{pair.file}' ({pair.shared:,} rows)"
        )
    both = f"'{pair.earlier_file}' and '{pair.file}' in {folder} both hold"
    if pair.documents is not None:
        return (
            f"{both} all rows of {pair.documents:,} documents of the same days, such as '{pair.document}' "
            f"({pair.shared:,} rows)"
        )
    return f"{both} {pair.shared:,} of the {pair.compared:,} rows of the days that both cover"


def _remedy(pairs: Sequence[_Pair], origin: str) -> str:
    """What to write: which file to leave out, where one holds all that the other does; else that both are right."""
    left_out = [name for pair in pairs if (name := _needless(pair)) is not None]
    told = []
    if left_out:
        names = list(dict.fromkeys(left_out))
        listed = ", ".join(quote(name, always=True) for name in names)
        told.append(
            f"If {_quoted(names)} should not count, write in {origin}, at the top level under "
            f"customProperties: - {{property: ignoreFiles, value: [{listed}]}}."
        )
    if len(left_out) < len(pairs):
        told.append(
            f"Where each file has rows that the other lacks, let in {origin} a column that names the row feed the key "
            "of the line, so that the later file replaces it; or land files that do not overlap."
        )
    else:
        told.append(
            f"If every export tells of all lines again, let in {origin} the columns that name a line feed its key, so "
            "that the later file replaces it."
        )
    names = list(dict.fromkeys(name for pair in pairs for name in (pair.earlier_file, pair.file)))
    both = ", ".join(quote(name, always=True) for name in names)
    told.append(
        "If the rows are different ones and all count, write there under customProperties of "
        f"'{pairs[0].object_name}': - {{property: mayRepeatRows, value: [{both}]}}."
    )
    return " ".join(told)


def _quoted(names: Sequence[str]) -> str:
    return list_all([f"'{name}'" for name in names])


def _needless(pair: _Pair) -> str | None:
    """The file of which the other holds nearly all: the smaller one, of two equal ones the one that came first."""
    if pair.shared * 100 < _MOST_OF * min(pair.earlier_rows, pair.rows):
        return None
    is_earlier = pair.is_earlier_older if pair.earlier_rows == pair.rows else pair.earlier_rows < pair.rows
    return pair.earlier_file if is_earlier else pair.file


EXPLANATION: Final = Explanation(lambda rule: rule.id.endswith(f".{RULE}"), _tell, _find)
