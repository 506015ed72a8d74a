"""One record from end to end: what it is, in which KPIs it counts, and which rows of which files it was made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from models.ddl import quote_text
from pipelines.explaining.counted_in import Counted, counted_in
from pipelines.explaining.holds import Hold, names_held, read_holds
from pipelines.explaining.kinds_of_records import RecordKind, find_record
from pipelines.explaining.origins import Origins, find_origins
from pipelines.published.rows import read_rows

if TYPE_CHECKING:
    import duckdb

    from metrics.costs.policy import CountedFact, TransactionKind
    from pipelines.home import Home

#: Columns of facts with words that somebody typed, which may name people.
_TYPED: Final = frozenset({"description", "summary"})
_HIDDEN: Final = "(hidden; --values shows it)"

_STRETCHES: Final = """
    SELECT interval_number, started_at, ended_at, status, status_category, waiting_reason, team, priority, calendar,
        CAST(duration_business_microseconds AS DOUBLE) / 3600000000 AS business_hours,
        CAST(duration_calendar_microseconds AS DOUBLE) / 3600000000 AS calendar_hours
    FROM core.fct_ticket_intervals WHERE ticket_id = $key ORDER BY interval_number
"""
_CLOCKS: Final = """
    SELECT target, sla_policy, cycle_number, state, not_told, started_at, decided_at,
        CASE WHEN state <> 'not_measured' THEN CAST(elapsed_microseconds AS DOUBLE) / 3600000000 END AS elapsed_hours,
        CASE
            WHEN state = 'not_measured' AND not_told IS DISTINCT FROM 'whereabouts'
                THEN CAST(elapsed_microseconds AS DOUBLE) / 3600000000
        END AS elapsed_at_most_hours,
        -- What has counted since nobody knows.
        CASE WHEN not_told = 'whereabouts' THEN CAST(elapsed_microseconds AS DOUBLE) / 3600000000 END
            AS elapsed_until_it_left_hours,
        CAST(target_microseconds AS DOUBLE) / 3600000000 AS target_hours,
        CAST(paused_microseconds AS DOUBLE) / 3600000000 AS paused_hours
    FROM core.fct_sla_clocks WHERE ticket_id = $key ORDER BY target, sla_policy, cycle_number
"""
_CASES: Final = """
    SELECT case_number, coalesce(ticket_id, delivery_id) AS record_id, decided_date, breached_at, promised_date,
        delivered_date
    FROM core.fct_service_credit_clocks WHERE service_credit_id = $key ORDER BY case_number
"""


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of another fact that belong to the record, such as the stretches of a ticket's life."""

    title: str
    rows: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class WalkedRecord:
    """What is known of one record.

    Attributes:
        kind: what it is called.
        table: the fact that has it.
        key: its whole key.
        fact: its row, without what may name people unless values were asked for.
        set_aside: rules that set it aside, with what is wrong.
        counted_in: where it counts, and what it contributes.
        holds: what the gate holds of that, with the reason.
        made_of: keys of the records that it was computed from, where it was.
    """

    kind: str
    table: str
    key: str
    fact: dict[str, Any]
    parts: tuple[Part, ...]
    set_aside: tuple[dict[str, Any], ...]
    counted_in: tuple[Counted, ...]
    holds: tuple[Hold, ...]
    made_of: tuple[str, ...]
    origins: Origins


def walk_record(home: Home, asked: str, *, with_values: bool) -> WalkedRecord:
    """Everything that is known of the record with that key.

    Raises:
        NotPublishedError: no record has it, or several may be meant.
        CommandError: nothing is published yet.
    """
    from pipelines.cli.published import open_published, publication_of

    with open_published(home) as connection:
        kind, key = find_record(connection, asked)
        fact = read_rows(connection, f"FROM core.{kind.fact.name} WHERE {kind.key} = {quote_text(key)}")[0]
        parts = _parts(connection, kind, key)
        currency = publication_of(connection).currency
        holds = read_holds(connection)
        counted = counted_in(connection, kind, key, fact, currency, _counted_transaction(home), names_held(holds))
        aside = read_rows(
            connection,
            "SELECT rule_id, reason, first_seen_at FROM meta.quarantined_records "
            "WHERE record_id = $key AND list_contains($tables, table_name) ORDER BY rule_id",
            {"key": key, "tables": [table.name for table, _ in kind.staged]},
        )
    shown = {
        name: _HIDDEN if name in _TYPED and value is not None and not with_values else value
        for name, value in fact.items()
    }
    return WalkedRecord(
        kind=kind.noun,
        table=kind.fact.name,
        key=key,
        fact=shown,
        parts=parts,
        set_aside=tuple(aside),
        counted_in=tuple(counted),
        holds=_holds_of(holds, counted),
        made_of=_made_of(kind, fact, parts),
        origins=find_origins(home, kind, key, with_values=with_values),
    )


def _holds_of(holds: tuple[Hold, ...], counted: Sequence[Counted]) -> tuple[Hold, ...]:
    """The holds that keep something back, each with its KPIs of which the record has something."""
    names = {name for each in counted for name in each.withheld_with}
    found = [replace(hold, metrics=tuple(name for name in hold.metrics if name in names)) for hold in holds]
    return tuple(hold for hold in found if hold.metrics)


def _counted_transaction(home: Home) -> TransactionKind | CountedFact | None:
    """What the home's policy counts as transactions; None if nobody can read it."""
    from data_contracts.documents import DocumentError
    from pipelines.policies.loading import load_policies

    try:
        return load_policies(home.policies).costs.transaction
    except DocumentError:
        return None


def _parts(connection: duckdb.DuckDBPyConnection, kind: RecordKind, key: str) -> tuple[Part, ...]:
    asked = {
        "fct_tickets": {"stretches of its life": _STRETCHES, "SLA clocks": _CLOCKS},
        "fct_service_credits": {"broken promises that it rests on": _CASES},
    }.get(kind.fact.name, {})
    found = [Part(title, tuple(read_rows(connection, query, {"key": key}))) for title, query in asked.items()]
    return tuple(part for part in found if part.rows)


def _made_of(kind: RecordKind, fact: dict[str, Any], parts: tuple[Part, ...]) -> tuple[str, ...]:
    """Keys of the records that a computed one rests on."""
    if kind.staged:
        return ()
    named = [fact.get(name) for name in ("vendor_invoice_line_id", "vendor_contract_id")]
    if kind.fact.name == "fct_vendor_recoverables":
        named.append(fact["service_credit_id"])
    cases = [row["record_id"] for part in parts for row in part.rows]
    return tuple(dict.fromkeys(str(name) for name in (*named, *cases) if name))
