"""Which files of an export hold the same rows, how that is known, and which rows they are.

Content alone proves nothing: real ledgers hold equal lines that are split transactions and all count. So it takes one
of three things:

- `days`: nine in ten of the rows of the days that both files cover are equal, ten different ones at least;
- `stretch`: laid over one another, nine in ten rows of the stretch that both files cover are equal in the same order,
  ten at least: an export was cut into parts that overlap inside a day. Five different ones do where one file ends
  with what the other begins with, because no ledger that was looked at repeats itself like that;
- `documents`: nine in ten of the documents of a day that both files name are equal line for line, ten at least, while
  rows of those days are hardly ever equal within one file: the same, of exports that keep no order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Table

from models.ddl import qualified_name, quote_text
from models.finance import stg_cost_lines
from models.planning import stg_benefit_lines, stg_budget_lines
from models.vendors import stg_vendor_invoice_lines
from models.vocabulary import Domain
from pipelines.warehouse import Warehouse

#: Fewer different rows than this may be equal by chance, or because they say little.
_FEWEST_ROWS: Final = 10
#: Equal rows that stand in the same order say more.
_FEWEST_IN_ORDER: Final = 5
#: Of a hundred rows or documents that are compared, so many have to be equal.
_MOST_OF: Final = 90
#: Threes of rows that follow each other, which two files have at the same distance: enough to look there.
_FEWEST_THREES: Final = 3
#: How many rows have to be in both files for each that is in one of them twice. Where equal documents come from one
#: ledger that was cut at random, no more of them are cut apart than stay together.
_APART_TO_TOGETHER: Final = 4


@dataclass(frozen=True, slots=True)
class Lines:
    """A table whose lines add up.

    Attributes:
        dated_by: the column with the day that each line is of.
        document: the column that says which lines belong together; None if there is none.
    """

    domain: Domain
    table: Table
    dated_by: str
    document: str | None = None


LINES: Final = (
    Lines(Domain.FINANCE, stg_cost_lines, "posting_date", "document_id"),
    Lines(Domain.FINANCE, stg_budget_lines, "month_date"),
    Lines(Domain.FINANCE, stg_benefit_lines, "benefit_date"),
    Lines(Domain.VENDORS, stg_vendor_invoice_lines, "invoice_date", "invoice_id"),
)

#: Days that only one file covers, and rows that only one file holds, are left out before any are compared.
_SHARED_DAYS: Final = """
    CREATE OR REPLACE TEMP TABLE shared_days AS
    WITH files AS (
        SELECT load_id, export, object_name, row_number() OVER (ORDER BY load_id) AS file
        FROM ops.ops_loads WHERE export IN ({exports}) AND superseded_by IS NULL
    )
    SELECT file, load_id, export, object_name, lines.{dated_by} AS day, count(*) AS line_count,
        min(min(row_number)) OVER of_file AS first_row, max(max(row_number)) OVER of_file AS last_row
    FROM {table} AS lines JOIN files USING (load_id)
    WHERE lines.{dated_by} IS NOT NULL
    GROUP BY file, load_id, export, object_name, day
    WINDOW of_file AS (PARTITION BY file)
    QUALIFY count(*) OVER (PARTITION BY export, object_name, day) > 1
"""
#: A line's `row_key` is equal where all is equal that was read of it, its day included.
_LINES: Final = """
    CREATE OR REPLACE TEMP TABLE compared_lines AS
    SELECT file, export, object_name, row_number, day, hash({read}) AS row_key, {document} AS document,
        currency_code, amount_original
    FROM {table} AS lines JOIN shared_days AS days ON days.load_id = lines.load_id AND days.day = lines.{dated_by}
"""
#: Rows are held against the nearest file before theirs that has them too, so that the work grows with the rows and not
#: with the pairs of files. Rows that one file holds several times, such as split transactions, are repeated as often as
#: both have them.
_REPEATED_LINES: Final = """
    CREATE OR REPLACE TEMP TABLE repeated_lines AS
    WITH doubtful AS (
        SELECT row_key FROM compared_lines GROUP BY row_key HAVING min(file) <> max(file)
    ),
    counted AS (
        SELECT export, object_name, file, row_key, count(*) AS row_count
        FROM compared_lines SEMI JOIN doubtful USING (row_key)
        GROUP BY export, object_name, file, row_key
    ),
    again AS (
        SELECT file, row_key, lag(file) OVER before AS earlier_file,
            least(row_count, lag(row_count) OVER before) AS shared_count
        FROM counted
        WINDOW before AS (PARTITION BY export, object_name, row_key ORDER BY file)
    )
    SELECT earlier_file, file, row_number, row_key, day, document
    FROM compared_lines JOIN again USING (file, row_key)
    WHERE earlier_file IS NOT NULL
    QUALIFY row_number() OVER (PARTITION BY file, row_key ORDER BY row_number) <= shared_count
"""
_PAIRS: Final = f"""
    CREATE OR REPLACE TEMP TABLE file_pairs AS
    SELECT earlier_file, file, count(*) AS shared_count, count(DISTINCT row_key) AS different_count
    FROM repeated_lines GROUP BY earlier_file, file
    HAVING shared_count >= {_FEWEST_ROWS} AND different_count >= {_FEWEST_IN_ORDER}
"""

#: Each day is held against the file that has less of it: where files were cut inside a day, one has its whole, the
#: other a part, and it is the other way round on the last day that both cover.
_BY_DAYS: Final = f"""
    CREATE OR REPLACE TEMP TABLE equal_days AS
    SELECT pairs.earlier_file, pairs.file,
        CAST(sum(least(earlier.line_count, later.line_count)) AS BIGINT) AS compared_count
    FROM file_pairs AS pairs
    JOIN shared_days AS earlier ON earlier.file = pairs.earlier_file
    JOIN shared_days AS later ON later.file = pairs.file AND later.day = earlier.day
    WHERE different_count >= {_FEWEST_ROWS}
    GROUP BY pairs.earlier_file, pairs.file, pairs.shared_count
    HAVING pairs.shared_count * 100 >= {_MOST_OF} * compared_count
"""
#: By how many rows the files have to be moved is told by threes of rows that each of them has once: most of these have
#: the same distance in both. Only then are the rows themselves laid over one another.
_BY_STRETCH: Final = f"""
    CREATE OR REPLACE TEMP TABLE equal_stretches AS
    WITH pairs AS (FROM file_pairs ANTI JOIN equal_days USING (earlier_file, file)),
    asked AS (SELECT earlier_file AS file FROM pairs UNION SELECT file FROM pairs),
    threes AS (
        SELECT file, row_number,
            hash(row_key, lead(row_key, 1) OVER in_order, lead(row_key, 2) OVER in_order) AS three
        FROM compared_lines SEMI JOIN asked USING (file)
        WINDOW in_order AS (PARTITION BY file ORDER BY row_number)
        QUALIFY lead(row_key, 2) OVER in_order IS NOT NULL
    ),
    once AS (SELECT file, three, any_value(row_number) AS row_number FROM threes GROUP BY ALL HAVING count(*) = 1),
    moved AS (
        SELECT pairs.earlier_file, pairs.file, earlier.row_number - later.row_number AS distance, count(*) AS how_often
        FROM pairs
        JOIN once AS later ON later.file = pairs.file
        JOIN once AS earlier ON earlier.file = pairs.earlier_file AND earlier.three = later.three
        GROUP BY pairs.earlier_file, pairs.file, distance HAVING count(*) >= {_FEWEST_THREES}
        QUALIFY row_number() OVER (PARTITION BY pairs.earlier_file, pairs.file ORDER BY how_often DESC, distance) = 1
    ),
    ends AS (SELECT DISTINCT file, load_id, first_row, last_row FROM shared_days),
    stretches AS (
        SELECT moved.*, earlier.load_id AS earlier_load_id, later.load_id,
            greatest(later.first_row, earlier.first_row - distance) AS first_row,
            least(later.last_row, earlier.last_row - distance) AS last_row,
            sign(earlier.first_row - distance - later.first_row) = sign(earlier.last_row - distance - later.last_row)
                AND earlier.first_row - distance <> later.first_row AS is_end
        FROM moved JOIN ends AS later USING (file) JOIN ends AS earlier ON earlier.file = moved.earlier_file
    ),
    lengths AS (
        SELECT stretches.*,
            count(*) FILTER (
                lines.load_id = stretches.load_id AND row_number BETWEEN first_row AND last_row
            ) AS later_count,
            count(*) FILTER (
                lines.load_id = earlier_load_id AND row_number BETWEEN first_row + distance AND last_row + distance
            ) AS earlier_count
        FROM stretches JOIN {{table}} AS lines ON lines.load_id IN (stretches.load_id, stretches.earlier_load_id)
        WHERE lines.{{dated_by}} IS NOT NULL
        GROUP BY ALL
    )
    SELECT lengths.earlier_file, lengths.file, distance, first_row, last_row,
        greatest(earlier_count, later_count) AS compared_count
    FROM lengths
    JOIN compared_lines AS later ON later.file = lengths.file
    JOIN compared_lines AS earlier ON earlier.file = lengths.earlier_file
        AND earlier.row_number = later.row_number + distance AND earlier.row_key = later.row_key
    GROUP BY lengths.earlier_file, lengths.file, distance, first_row, last_row, compared_count, is_end
    HAVING count(*) >= {_FEWEST_ROWS} AND count(*) * 100 >= {_MOST_OF} * compared_count
        AND count(DISTINCT later.row_key) >= CASE WHEN is_end THEN {_FEWEST_IN_ORDER} ELSE {_FEWEST_ROWS} END
"""
_BY_DOCUMENTS: Final = f"""
    CREATE OR REPLACE TEMP TABLE equal_documents AS
    WITH pairs AS (
        FROM file_pairs ANTI JOIN equal_days USING (earlier_file, file)
        ANTI JOIN equal_stretches USING (earlier_file, file)
    ),
    asked AS (SELECT earlier_file AS file FROM pairs UNION SELECT file FROM pairs),
    documents AS (
        SELECT file, day, document, count(*) AS line_count, sum(CAST(row_key AS HUGEINT)) AS content
        FROM compared_lines SEMI JOIN asked USING (file)
        WHERE document IS NOT NULL
        GROUP BY file, day, document
    ),
    held AS (
        SELECT pairs.earlier_file, pairs.file, later.day, later.document, later.line_count,
            earlier.line_count = later.line_count AND earlier.content = later.content AS is_equal
        FROM pairs
        JOIN documents AS later ON later.file = pairs.file
        JOIN documents AS earlier ON earlier.file = pairs.earlier_file
            AND earlier.day = later.day AND earlier.document = later.document
    ),
    alike AS (
        SELECT earlier_file, file, sum(line_count) FILTER (is_equal) AS apart_count
        FROM held GROUP BY earlier_file, file
        HAVING count(*) FILTER (is_equal) >= {_FEWEST_ROWS}
            AND count(*) FILTER (is_equal) * 100 >= {_MOST_OF} * count(*)
    ),
    twice AS (
        SELECT file, day, count(*) - count(DISTINCT row_key) AS together_count
        FROM compared_lines SEMI JOIN asked USING (file)
        GROUP BY file, day
    ),
    believed AS (
        SELECT earlier_file, file
        FROM alike
        JOIN (SELECT DISTINCT earlier_file, file, day FROM held) USING (earlier_file, file)
        JOIN twice AS later USING (file, day)
        JOIN twice AS earlier ON earlier.file = earlier_file AND earlier.day = later.day
        GROUP BY earlier_file, alike.file, apart_count
        HAVING {_APART_TO_TOGETHER} * sum(earlier.together_count + later.together_count) <= apart_count
    )
    SELECT earlier_file, file, day, document
    FROM held SEMI JOIN believed USING (earlier_file, file) WHERE is_equal
"""

#: A row counts twice once, however many files before its own hold it.
_TOLD: Final = """
    CREATE OR REPLACE TEMP TABLE told_lines AS
    WITH told AS (
        SELECT 'days' AS basis, earlier_file, file, row_number
        FROM repeated_lines SEMI JOIN equal_days USING (earlier_file, file)
        UNION ALL
        SELECT 'stretch', stretches.earlier_file, stretches.file, later.row_number
        FROM equal_stretches AS stretches
        JOIN compared_lines AS later ON later.file = stretches.file
        JOIN compared_lines AS earlier ON earlier.file = stretches.earlier_file
            AND earlier.row_number = later.row_number + distance AND earlier.row_key = later.row_key
        UNION ALL
        SELECT 'documents', earlier_file, file, row_number
        FROM repeated_lines SEMI JOIN equal_documents USING (earlier_file, file, day, document)
    )
    SELECT told.*, lines.document, lines.currency_code, lines.amount_original
    FROM told JOIN compared_lines AS lines USING (file, row_number)
    QUALIFY row_number() OVER (PARTITION BY file, row_number ORDER BY earlier_file DESC) = 1
"""
_KEEP_LINES: Final = """
    INSERT INTO ops.ops_repeated_lines BY NAME
    SELECT {domain} AS domain, {name} AS table_name, later.load_id, row_number, earlier.load_id AS earlier_load_id
    FROM told_lines
    JOIN (SELECT DISTINCT file, load_id FROM shared_days) AS later USING (file)
    JOIN (SELECT DISTINCT file, load_id FROM shared_days) AS earlier ON earlier.file = earlier_file
"""
_KEEP_PAIRS: Final = """
    INSERT INTO ops.ops_repeated_rows BY NAME
    WITH sums AS (
        SELECT basis, earlier_file, file, currency_code, count(*) AS line_count,
            CAST(sum(count(*)) OVER of_pair AS BIGINT) AS shared_count,
            min(min(document)) OVER of_pair AS document_id,
            CAST(sum(amount_original) AS DECIMAL(38, 4)) AS amount_original
        FROM told_lines
        GROUP BY basis, earlier_file, file, currency_code
        WINDOW of_pair AS (PARTITION BY earlier_file, file)
    ),
    documents AS (
        SELECT earlier_file, file, count(*) AS document_count FROM equal_documents GROUP BY earlier_file, file
    ),
    loads AS (SELECT DISTINCT file, load_id, export, object_name FROM shared_days)
    SELECT {domain} AS domain, {name} AS table_name, later.export, later.object_name,
        earlier.load_id AS earlier_load_id, later.load_id, basis, currency_code, line_count, shared_count,
        coalesce(equal_days.compared_count, equal_stretches.compared_count, shared_count) AS compared_count,
        amount_original, first_row, last_row, first_row + distance AS earlier_first_row,
        last_row + distance AS earlier_last_row, document_count,
        CASE basis WHEN 'documents' THEN document_id END AS document_id
    FROM sums
    JOIN loads AS later USING (file)
    JOIN loads AS earlier ON earlier.file = earlier_file
    LEFT JOIN equal_days USING (earlier_file, file)
    LEFT JOIN equal_stretches USING (earlier_file, file)
    LEFT JOIN documents USING (earlier_file, file)
"""
#: What these statements make on the way.
_MADE: Final = (
    "shared_days", "compared_lines", "repeated_lines", "file_pairs", "equal_days", "equal_stretches", "equal_documents",
    "told_lines",
)  # fmt: skip


def find_overlaps(warehouse: Warehouse, lines: Lines, exports: Sequence[str]) -> None:
    """Add the rows that two files of an export hold to `ops_repeated_lines`, and their sums to `ops_repeated_rows`.

    Call within a transaction, after the lines were staged.

    Args:
        exports: contracts with more than one file.
    """
    given = {
        "table": qualified_name(lines.table),
        "dated_by": lines.dated_by,
        "read": ", ".join(_what_was_read(lines.table)),
        "document": f"lines.{lines.document}" if lines.document else "CAST(NULL AS VARCHAR)",
        "exports": ", ".join(quote_text(export) for export in exports),
        "domain": quote_text(lines.domain.value),
        "name": quote_text(lines.table.name),
    }
    warehouse.execute(_SHARED_DAYS.format(**given))
    for statement in (_LINES, _REPEATED_LINES, _PAIRS):
        warehouse.execute(statement.format(**given))
    if warehouse.rows("SELECT file FROM file_pairs LIMIT 1"):
        for statement in (_BY_DAYS, _BY_STRETCH, _BY_DOCUMENTS, _TOLD, _KEEP_LINES, _KEEP_PAIRS):
            warehouse.execute(statement.format(**given))
    for name in _MADE:
        warehouse.execute(f"DROP TABLE IF EXISTS temp.{name}")


def _what_was_read(table: Table) -> list[str]:
    """The columns of `lines` with what was read of a row: not its place, which is also the key where it has none."""
    (key,) = (str(column.name) for column in table.primary_key)
    place = {"source", "load_id", "row_number", "row_hash", key}
    read = [f"lines.{column.name}" for column in table.columns if column.name not in place]
    return [f"nullif(lines.{key}, lines.load_id || ':' || lines.row_number)", *read]
