"""Files of one export that hold the same rows under different names, so that money would count twice.

Only rows that count each for itself are looked at, as they stand in the staged tables: where an export has a key, a
line that a later file brings again replaces the first one long before. Rows are the same if all is that was read of
them: a spreadsheet that saves a file anew may write blanks, numbers and days another way. What breaks the rule is in
`data_contracts/warehouse`; identical files are known by their content and read once (`pipelines.landing.loads`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Any, Final

from sqlalchemy import Table

from data_contracts.spec import ExportContract, Rule
from models.ddl import qualified_name, quote_text
from models.finance import stg_cost_lines
from models.planning import stg_benefit_lines, stg_budget_lines
from models.vendors import stg_vendor_invoice_lines
from models.vocabulary import Domain
from pipelines.broken_rules.evidence import Evidence, Explanation
from pipelines.infer.rendering import quote
from pipelines.warehouse import Warehouse
from pipelines.words.numbers import count_of, list_all

RULE: Final = "files.not_overlapping"
#: Fewer different rows than this may be equal by chance, or because they say little.
_FEWEST_ROWS: Final = 10
#: Of a hundred rows of the days that both files cover, in the file that has less of the day, so many stand in both.
_MOST_OF: Final = 90
_MOST_PAIRS: Final = 3


@dataclass(frozen=True, slots=True)
class _Lines:
    """A table whose lines add up, and the day that each of them is of."""

    domain: Domain
    table: Table
    dated_by: str


_LINES: Final = (
    _Lines(Domain.FINANCE, stg_cost_lines, "posting_date"),
    _Lines(Domain.FINANCE, stg_budget_lines, "month_date"),
    _Lines(Domain.FINANCE, stg_benefit_lines, "benefit_date"),
    _Lines(Domain.VENDORS, stg_vendor_invoice_lines, "invoice_date"),
)

#: Rows are held against the nearest file before theirs that has them too, so that the work grows with the rows and not
#: with the pairs of files. Days that only one file covers, and rows that only one file holds, are left out before any
#: are compared. Rows that one file holds several times, such as split transactions, are shared as often as both have.
#: Each day is held against the file that has less of it: where files were cut inside a day, one has its whole, the
#: other a part, and it is the other way round on the last day that both cover.
_FIND: Final = """
    INSERT INTO ops.ops_repeated_rows BY NAME
    WITH files AS (
        SELECT load_id, export, object_name, row_number() OVER (ORDER BY load_id) AS file
        FROM ops.ops_loads WHERE export IN ({exports}) AND superseded_by IS NULL
    ),
    lines AS (
        SELECT export, object_name, file, lines.{dated_by} AS day, hash({read}) AS row_key, currency_code,
            amount_original
        FROM {table} AS lines JOIN files USING (load_id)
        WHERE lines.{dated_by} IS NOT NULL
    ),
    days AS (
        SELECT export, object_name, day, file, count(*) AS line_count FROM lines GROUP BY export, object_name, day, file
        QUALIFY count(*) OVER (PARTITION BY export, object_name, day) > 1
    ),
    doubtful AS (
        SELECT row_key FROM lines SEMI JOIN days USING (file, day) GROUP BY row_key HAVING min(file) <> max(file)
    ),
    counted AS (
        SELECT export, object_name, file, row_key, count(*) AS row_count,
            any_value(currency_code) AS currency_code, any_value(amount_original) AS amount_original
        FROM lines SEMI JOIN doubtful USING (row_key)
        GROUP BY export, object_name, file, row_key
    ),
    again AS (
        SELECT file, currency_code, amount_original, lag(file) OVER before AS earlier_file,
            least(row_count, lag(row_count) OVER before) AS shared_count
        FROM counted
        WINDOW before AS (PARTITION BY export, object_name, row_key ORDER BY file)
    ),
    pairs AS (
        SELECT earlier_file, file, CAST(sum(shared_count) AS BIGINT) AS shared_count
        FROM again WHERE earlier_file IS NOT NULL
        GROUP BY ALL HAVING count(*) >= {fewest}
    ),
    compared AS (
        SELECT pairs.*,
            CAST(sum(least(earlier.line_count, later.line_count)) AS BIGINT) AS compared_count
        FROM pairs
        JOIN days AS earlier ON earlier.file = pairs.earlier_file
        JOIN days AS later ON later.file = pairs.file AND later.day = earlier.day
        GROUP BY ALL
    )
    SELECT {domain} AS domain, {name} AS table_name, later.export, later.object_name,
        earlier.load_id AS earlier_load_id, later.load_id, again.currency_code,
        CAST(sum(again.shared_count) AS BIGINT) AS line_count, compared.shared_count, compared.compared_count,
        CAST(sum(again.amount_original * again.shared_count) AS DECIMAL(38, 4)) AS amount_original
    FROM compared
    JOIN again USING (earlier_file, file)
    JOIN files AS earlier ON earlier.file = compared.earlier_file
    JOIN files AS later ON later.file = compared.file
    WHERE compared.shared_count * 100 >= {most_of} * compared.compared_count
    GROUP BY ALL
"""


def _find(evidence: Evidence, domain: Domain) -> None:
    """Replace what is known of files that repeat each other."""
    warehouse, contracts = evidence.warehouse, evidence.contracts
    warehouse.execute("DELETE FROM ops.ops_repeated_rows WHERE domain = ?", [domain.value])
    several = warehouse.rows(
        """
        SELECT DISTINCT export FROM ops.ops_loads WHERE superseded_by IS NULL
        GROUP BY export, object_name HAVING count(*) > 1
        """
    )
    exports = sorted({contract.id for contract in contracts} & {str(export) for (export,) in several})
    if not exports:
        return
    for lines in _LINES:
        if lines.domain is domain:
            warehouse.execute(
                _FIND.format(
                    table=qualified_name(lines.table),
                    dated_by=lines.dated_by,
                    read=", ".join(_what_was_read(lines.table)),
                    exports=", ".join(quote_text(export) for export in exports),
                    domain=quote_text(domain.value),
                    name=quote_text(lines.table.name),
                    fewest=_FEWEST_ROWS,
                    most_of=_MOST_OF,
                )
            )
    _forget_allowed(warehouse, domain, contracts)


def _what_was_read(table: Table) -> list[str]:
    """The columns of `lines` with what was read of a row: not its place, which is also the key where it has none."""
    (key,) = (str(column.name) for column in table.primary_key)
    place = {"source", "load_id", "row_number", "row_hash", key}
    read = [f"lines.{column.name}" for column in table.columns if column.name not in place]
    return [f"nullif(lines.{key}, lines.load_id || ':' || lines.row_number)", *read]


def _forget_allowed(warehouse: Warehouse, domain: Domain, contracts: Sequence[ExportContract]) -> None:
    """Leave out the pairs of files whose equal rows are different lines, as their contract says."""
    allowed = {
        (contract.id, item.name): item.may_repeat_rows
        for contract in contracts
        for item in contract.objects
        if item.may_repeat_rows
    }
    for pair in _pairs(warehouse, domain=domain.value) if allowed else ():
        patterns = allowed.get((pair.export, pair.object_name), ())
        if all(any(fnmatch(name, pattern) for pattern in patterns) for name in (pair.earlier_file, pair.file)):
            warehouse.execute(
                "DELETE FROM ops.ops_repeated_rows WHERE earlier_load_id = ? AND load_id = ?",
                [pair.earlier_load_id, pair.load_id],
            )


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two files that share rows.

    Attributes:
        sums: currency and amount of the rows that both hold.
        earlier_rows, rows: rows of the files.
        is_earlier_older: whether the file whose name comes first was ingested first as well.
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
    sums: tuple[tuple[str | None, Any], ...]


def _pairs(warehouse: Warehouse, *, domain: str, table_name: str | None = None) -> list[_Pair]:
    query = """
        SELECT found.export, found.object_name, earlier_load_id, found.load_id, earlier.file_name, later.file_name,
            earlier.row_count, later.row_count, earlier.loaded_at <= later.loaded_at, shared_count, compared_count,
            list((found.currency_code, found.amount_original) ORDER BY found.currency_code)
        FROM ops.ops_repeated_rows AS found
        JOIN ops.ops_loads AS earlier ON earlier.load_id = earlier_load_id
        JOIN ops.ops_loads AS later ON later.load_id = found.load_id
        WHERE found.domain = $domain AND ($table IS NULL OR found.table_name = $table)
        GROUP BY ALL ORDER BY shared_count DESC, earlier_load_id, found.load_id
    """
    rows = warehouse.connection.execute(query, {"domain": domain, "table": table_name}).fetchall()
    return [_Pair(*row[:-1], tuple(tuple(one) for one in row[-1])) for row in rows]


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
    sums = list_all(told)
    return (
        f"'{pair.earlier_file}' and '{pair.file}' in landing/{pair.export}/ both hold {pair.shared:,} of the "
        f"{pair.compared:,} rows of the days that both cover, so that {sums or 'they'} would count twice."
    )


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
