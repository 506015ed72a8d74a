"""Rules that a draft proposes for repeated snapshots: they count what comparing exports leaves open, and only tell."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_WIDTH: Final = 118


@dataclass(frozen=True, slots=True)
class _ProposedRule:
    name: str
    dimension: str
    description: str
    query: str
    needed_feed: str | None = None


_RULES: Final = (
    _ProposedRule(
        name="open_tickets.still_exported",
        dimension="completeness",
        description=(
            "A ticket that was open is missing from the latest export. Whether it is open is not measured since, for "
            "nobody knows whether it was closed, deleted or moved: let the export hold closed tickets as well."
        ),
        query="""
            SELECT tickets.ticket_id AS {key}
            FROM stg.stg_tickets AS tickets
            JOIN ops.ops_loads AS loads USING (load_id)
            WHERE 'raw.' || loads.raw_table = '${table}'
              AND tickets.has_disappeared
              AND tickets.status_category NOT IN ('done', 'cancelled')
        """,
    ),
    _ProposedRule(
        name="instants.agree_with_exports",
        dimension="consistency",
        description=(
            "A ticket's own time contradicts the exports, such as a resolution before an export that shows it open, or "
            "a creation after one that shows it at all; or it stands twice in one. The exports were believed. "
            "Where these are many, the contract may tell a wrong moment of the day or zone (timeOfDay, timeZone)."
        ),
        query="""
            SELECT DISTINCT record_id AS {key}
            FROM ops.ops_value_problems
            WHERE raw_table = '${table}'
              AND problem IN ('in_future', 'after_snapshot', 'outside_snapshots', 'repeated_in_snapshot')
        """,
    ),
    _ProposedRule(
        name="reopenings.seen",
        dimension="coverage",
        description=(
            "A ticket was reopened and resolved again between two exports: its own resolution moved, while both show "
            "it done. The last resolution counts. How often it was reopened is not measured, nor whether it was "
            "resolved in time again, for somebody may have corrected the field; exports that come more often tell."
        ),
        query="""
            SELECT DISTINCT record_id AS {key}
            FROM ops.ops_value_problems
            WHERE raw_table = '${table}' AND problem = 'unseen_reopening'
        """,
        # Nothing but a field for the resolution that moves shows such a reopening.
        needed_feed="tickets.resolved_at",
    ),
)


def snapshot_rules(name: str, key: str) -> Iterator[str]:
    """Lines of the `quality` of an object.

    Args:
        name: the object's.
        key: column of the object under which tickets are shown.
    """
    yield "    quality:"
    for rule in _RULES:
        yield f"      - name: {name}.{rule.name}"
        yield "        description: >-"
        yield from textwrap.wrap(rule.description, _WIDTH, initial_indent=" " * 10, subsequent_indent=" " * 10)
        yield f"        dimension: {rule.dimension}"
        yield "        type: custom"
        yield "        engine: greatExpectations"
        yield "        implementation:"
        yield "          type: unexpected_rows_expectation"
        yield "          kwargs:"
        yield "            unexpected_rows_query: |"
        query = textwrap.dedent(rule.query).strip().replace("{key}", key)
        yield from textwrap.indent(query, " " * 14).splitlines()
        yield "        customProperties:"
        properties = {"action": "warn", "keyColumn": key, "onlyWithFed": rule.needed_feed}
        yield from (f"          - {{property: {name}, value: {value}}}" for name, value in properties.items() if value)
