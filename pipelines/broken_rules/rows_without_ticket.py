"""Rows of ticket exports that name no ticket: how many of how many, where, what follows, and what to do.

The rules ask the view `ops.rows_without_ticket` (`pipelines.gate.rows_without_ticket`).
"""

from __future__ import annotations

from typing import Final

from data_contracts.spec import Rule
from pipelines.broken_rules.evidence import Evidence, Explanation
from pipelines.staging.mapping import fed_tables
from pipelines.words.numbers import count_of, list_all

#: The rule on exports of which so many rows name no ticket that KPIs are held, and the one that warns of a few.
TOO_MANY: Final = "tickets.ticket_id.present"
SOME: Final = "tickets.rows.name_a_ticket"
RULES: Final = (TOO_MANY, SOME)
_MOST_EXPORTS: Final = 3
_MOST_PLACES: Final = 2
_FOUND: Final = f"""
    SELECT export, column_name, any_value(unnamed_count), any_value(row_count),
        list_transform(min((load_id, row_number, place), {_MOST_PLACES}), each -> each[3])
    FROM ops.rows_without_ticket WHERE is_too_many = ?
    GROUP BY export, object_name, column_name ORDER BY 3 DESC, export, column_name
"""


def _tell(rule: Rule, evidence: Evidence) -> str:
    """Of each export how many rows it is, and where the first of them stand."""
    found = evidence.warehouse.rows(_FOUND, [rule.id == TOO_MANY])
    said = [
        f"{count_of(count, 'row', 'rows')} of {rows:,} of {export} {'names' if count == 1 else 'name'} no ticket in "
        f"'{column}', {'' if count == len(places) else 'such as '}{list_all(places)}: fill it in, or take the column "
        f"that does name the ticket in {evidence.origin_of(export)}, or leave rows that are no tickets out there "
        "(ignoreRows)."
        for export, column, count, rows, places in found[:_MOST_EXPORTS]
    ]
    if len(found) > _MOST_EXPORTS:
        said.append(f"So it is in {count_of(len(found) - _MOST_EXPORTS, 'more export', 'more exports')}.")
    return " ".join(said)


def _rows_looked_at(_: Rule, evidence: Evidence) -> int:
    """The rows of all files in force that tell of tickets."""
    told = [
        f"{contract.id}/{item.name}"
        for contract in evidence.contracts
        for item in contract.objects
        if {"tickets", "ticket_events"} & set(fed_tables(item))
    ]
    query = """
        SELECT coalesce(sum(row_count), 0)::BIGINT FROM ops.ops_loads
        WHERE superseded_by IS NULL AND list_contains(?, export || '/' || object_name)
    """
    return int(evidence.warehouse.rows(query, [told])[0][0])


EXPLANATION: Final = Explanation(lambda rule: rule.id in RULES, _tell, looked_at=_rows_looked_at)
