"""Rows of ticket exports that name no ticket, with how many there are of how many: what the rules on them ask.

Such a row belongs to no ticket, so that nothing of it is in the staged tables; staging notes it as a value problem.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from pipelines.warehouse import Warehouse

#: A shorter file in which most rows name no ticket is no sign that its export lost the column.
_FEWEST_ROWS: Final = 10
_VIEW: Final = f"""
    CREATE OR REPLACE VIEW ops.rows_without_ticket AS
    WITH unnamed AS (
        -- One row may feed tickets and events at once.
        SELECT load_id, row_number, min(column_name) AS column_name
        FROM ops.ops_value_problems
        WHERE domain = 'tickets' AND problem = 'missing'
            AND canonical_column IN ('tickets.ticket_id', 'ticket_events.ticket_id')
        GROUP BY load_id, row_number
    ),
    of_load AS (SELECT load_id, count(*) AS unnamed_count FROM unnamed GROUP BY load_id),
    of_export AS (
        SELECT loads.export, loads.object_name, CAST(sum(unnamed_count) AS BIGINT) AS unnamed_count,
            CAST(sum(row_count) AS BIGINT) AS row_count,
            sum(unnamed_count) > {{limit}} * sum(row_count)
                OR coalesce(bool_or(row_count >= {_FEWEST_ROWS} AND unnamed_count * 2 > row_count), false)
                AS is_too_many
        FROM ops.ops_loads AS loads LEFT JOIN of_load USING (load_id)
        WHERE loads.superseded_by IS NULL
        GROUP BY loads.export, loads.object_name
        HAVING sum(unnamed_count) > 0
    )
    SELECT loads.export, loads.object_name, loads.file_name, unnamed.load_id, unnamed.row_number, unnamed.column_name,
        'row ' || unnamed.row_number || ' of landing/' || loads.export || '/' || loads.file_name AS place,
        of_export.unnamed_count, of_export.row_count, of_export.is_too_many
    FROM unnamed
    JOIN ops.ops_loads AS loads USING (load_id)
    JOIN of_export ON of_export.export = loads.export AND of_export.object_name = loads.object_name
"""


def offer_rows_without_ticket(warehouse: Warehouse, limit: Decimal) -> None:
    """The view `ops.rows_without_ticket`, one row per row of a ticket export that names no ticket.

    Columns: where it stands (`export`, `object_name`, `file_name`, `load_id`, `row_number`, and `place` in words), the
    raw column that should name the ticket, how many such rows the export has (`unnamed_count`) of how many
    (`row_count`), and whether these are so many that the rest does not speak for the whole (`is_too_many`): more than
    the limit, or most of the rows of one file of ten or more.

    Args:
        limit: share of the rows, 0 to 1.
    """
    warehouse.execute(_VIEW.format(limit=f"{limit:f}"))
