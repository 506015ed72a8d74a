"""The memory of which loads counted when values were measured, and by which files that differs from what counts now.

A load counts if nothing superseded it and a contract of the home reads it (`pipelines.landing.editions`). When it was
landed says nothing of that: an earlier version of a file may come back, and a contract may leave a file out.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias

import polars as pl

from models.marts import metric_values
from models.restatements import ops_counted_loads
from models.vocabulary import Domain, RestatementReason
from pipelines.session import Session

#: Runs of which it is still asked what counted: those that measured what is told now, or what was told of open periods.
_ASKED: Final = """
    SELECT measured_run_id FROM ops.ops_metric_states WHERE measured_run_id IS NOT NULL
    UNION SELECT measured_run_id FROM ops.ops_reopened_values
"""
#: What counted at an instant, as far as instants tell: what was put back or left out since then without a load of its
#: own is not known.
_COUNTED_AT: Final = """
    SELECT export, load_id FROM ops.ops_loads AS loaded
    WHERE loaded_at <= $at AND (superseded_by IS NULL OR superseded_by IN (
        SELECT load_id FROM ops.ops_loads WHERE loaded_at > $at
    ))
    ORDER BY load_id
"""


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file by which what counted then differs from what counts now.

    Attributes:
        name: of the file in its landing folder.
        domain: of its contract.
        tells_exchange_rates: whether its contract does.
        reason: whether it came, was replaced or went.
        load_ids: loads of it that count now and did not then; none of one that went.
    """

    name: str
    domain: Domain
    tells_exchange_rates: bool
    reason: RestatementReason
    load_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CountedChanges:
    """By what the loads that counted then differ from those that count now.

    Attributes:
        files: in the order of their names.
        first_domains: domains with an export of which nothing counted then.
    """

    files: tuple[FileChange, ...]
    first_domains: frozenset[Domain]


@dataclass(frozen=True, slots=True)
class _Load:
    """A load that counted or counts."""

    load_id: str
    export: str
    domain: Domain
    tells_exchange_rates: bool


#: Export and name of a file -> its loads, each with its number of records.
_Side: TypeAlias = dict[tuple[str, str], list[tuple[_Load, int]]]


def remember_counted_loads(session: Session) -> None:
    """Remember which loads count for the values that a run measures. Call in the transaction that stores them."""
    warehouse = session.warehouse
    warehouse.execute("DELETE FROM ops.ops_counted_loads WHERE run_id = ?", [session.run_id])
    _store(session, session.run_id, _counting(session))
    warehouse.execute(
        f"DELETE FROM ops.ops_counted_loads WHERE run_id <> ? AND run_id NOT IN ({_ASKED})", [session.run_id]
    )


def take_over_earlier_memory(session: Session) -> None:
    """Of values that a version measured which did not remember it: which run it was, and what counted for it."""
    warehouse = session.warehouse
    if warehouse.rows("SELECT 1 FROM ops.ops_metric_states WHERE measured_run_id IS NOT NULL LIMIT 1"):
        return
    found = warehouse.rows("SELECT run_id, built_at FROM ops.ops_steps WHERE asset = ?", [metric_values.name])
    if not found:
        return
    run_id, measured_at = found[0]
    warehouse.execute("UPDATE ops.ops_metric_states SET measured_run_id = ?", [run_id])
    _store(session, run_id, _counted_at(session, measured_at))


def compare_counted_loads(session: Session, run_id: str | None) -> CountedChanges:
    """By what the loads that counted in a run differ from those that count now."""
    then, now = _counted_in(session, run_id), _counting(session)
    known = {load.load_id for load in then} & {load.load_id for load in now}
    facts = {
        load_id: (file_name, (export, object_name, content_hash), row_count)
        for load_id, export, file_name, object_name, content_hash, row_count in session.warehouse.rows(
            "SELECT load_id, export, file_name, object_name, content_hash, row_count FROM ops.ops_loads"
        )
    }
    gone, came = ([load for load in side if load.load_id not in known] for side in (then, now))
    # The same content under another name, or read in another way, is no other file.
    alike = {facts[load.load_id][1] for load in gone} & {facts[load.load_id][1] for load in came}
    sides: list[_Side] = []
    for side in (gone, came):
        files: _Side = {}
        for load in side:
            name, content, rows = facts[load.load_id]
            if content not in alike:
                files.setdefault((load.export, name), []).append((load, rows))
        sides.append(files)
    told_then = {load.export for load in then}
    first = frozenset(load.domain for load in now if load.export not in told_then)
    return CountedChanges(tuple(_changes(*sides)), first)


def _changes(gone: _Side, came: _Side) -> list[FileChange]:
    """Files that differ. One without records tells nothing, unless it took the place of another."""
    changes = []
    for export, name in sorted({*gone, *came}, key=lambda file: (file[1], file[0])):
        sides = [side[export, name] for side in (gone, came) if (export, name) in side]
        if not any(rows for side in sides for _, rows in side):
            continue
        load, _ = sides[-1][0]
        if len(sides) > 1:
            reason = RestatementReason.FILES_REPLACED
        elif (export, name) in came:
            reason = RestatementReason.FILES_CAME
        else:
            reason = RestatementReason.FILES_WENT
        load_ids = tuple(each.load_id for each, _ in came.get((export, name), ()))
        changes.append(FileChange(name, load.domain, load.tells_exchange_rates, reason, load_ids))
    return changes


def _counting(session: Session) -> list[_Load]:
    """The loads that count now."""
    rows = session.warehouse.rows(
        "SELECT export, load_id FROM ops.ops_loads WHERE superseded_by IS NULL ORDER BY load_id"
    )
    return _of_contracts(session, rows)


def _counted_at(session: Session, at: datetime) -> list[_Load]:
    found = session.warehouse.connection.execute(_COUNTED_AT, {"at": at}).fetchall()
    return _of_contracts(session, found)


def _of_contracts(session: Session, rows: Collection[tuple[Any, ...]]) -> list[_Load]:
    contracts = {contract.id: contract for contract in session.project.contracts}
    return [
        _Load(load_id, export, contract.domain, contract.tells_exchange_rates)
        for export, load_id in rows
        if (contract := contracts.get(export)) is not None
    ]


def _counted_in(session: Session, run_id: str | None) -> list[_Load]:
    """The loads that counted in a run, also those of contracts that there are no longer."""
    rows = session.warehouse.rows(
        "SELECT export, domain, tells_exchange_rates, load_ids FROM ops.ops_counted_loads WHERE run_id = ?", [run_id]
    )
    return [
        _Load(load_id, export, Domain(domain), tells_rates)
        for export, domain, tells_rates, load_ids in rows
        for load_id in json.loads(load_ids)
    ]


def _store(session: Session, run_id: str, loads: Collection[_Load]) -> None:
    of_export: dict[str, list[_Load]] = {}
    for load in loads:
        of_export.setdefault(load.export, []).append(load)
    rows = [
        {
            "run_id": run_id,
            "export": export,
            "domain": of[0].domain.value,
            "tells_exchange_rates": of[0].tells_exchange_rates,
            "load_ids": json.dumps([load.load_id for load in of], ensure_ascii=False),
        }
        for export, of in of_export.items()
    ]
    if rows:
        session.warehouse.append(ops_counted_loads, pl.DataFrame(rows))
