"""Staged tickets into ticket facts: all of them, or only those whose facts can have changed since the last time.

The arithmetic is in `metrics`. Here is which tickets are measured again, and how their rows take the place of the old
ones. A ticket of which no new load tells, and that is done or cancelled, keeps its facts: nothing about them depends
on how far the data reach by now. So a daily run costs what the day brought, and ends with the facts of a full one.

Where it is not certain that a new load changes only the tickets it tells of, all are measured: after a change of code,
policies or contracts, when a load was replaced, at the first load of an export, and with new repeated snapshots, whose
comparison a late file can change anywhere.
"""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import polars as pl
from sqlalchemy import Table

from metrics.calendars.business_time import OpenTime
from metrics.sla.policy import SlaPolicy
from metrics.tickets.clocks import covering_span
from metrics.tickets.data_clock import PAST_INSTANTS, last_evidence
from metrics.tickets.facts import MeasuringRules, TicketFacts, measure_tickets
from metrics.tickets.flow import add_up_days, compare_days, count_day_changes, no_day_changes
from metrics.vendors.contract_promises import resolve_contract_promises
from models.ddl import polars_schema, qualified_name, quote_text
from models.enumerations import columns_with_few_values, widened
from models.ops import ops_loads, ops_steps, ops_ticket_changes, ops_ticket_measurements
from models.tickets import (
    fct_sla_clocks,
    fct_ticket_days,
    fct_ticket_intervals,
    fct_tickets,
    stg_ticket_events,
    stg_tickets,
)
from models.vendors import fct_contract_promises
from models.vocabulary import ClockGap, ClockState, Domain, ExportShape, SlaTarget, StatusCategory
from pipelines.facts.ticket_slices import TicketSlice, read_slices
from pipelines.fingerprint import hash_parts
from pipelines.landing.loads import active_loads
from pipelines.session import Built, Session
from pipelines.warehouse import Warehouse
from pipelines.words.numbers import count_of

#: Facts of tickets, which are built together.
TICKET_FACTS: Final = (fct_ticket_intervals, fct_tickets, fct_sla_clocks, fct_ticket_days)
#: Those with rows of single tickets.
_BY_TICKET: Final = (fct_ticket_intervals, fct_tickets, fct_sla_clocks)
_NAMES: Final = ", ".join(quote_text(table.name) for table in TICKET_FACTS)
#: Everything in ops_quarantined_records that sets a ticket aside.
QUARANTINED: Final = (
    "SELECT record_id FROM ops.ops_quarantined_records "
    f"WHERE table_name IN ('{stg_tickets.name}', '{stg_ticket_events.name}')"
)
#: Slices that are measured at once at most: each holds some 150 MB.
_MOST_AT_ONCE: Final = 8
#: Temporary table with the tickets to measure again.
_CHANGED: Final = "changed_tickets"


@dataclass(frozen=True, slots=True)
class _Measurement:
    """With what the facts were measured.

    Attributes:
        rules_hash: of all that decides what is measured of a ticket, but the ticket and the data's clock.
        load_ids: loads that the tickets come from, in order.
        rules: None if there is nothing to measure.
    """

    rules_hash: str
    load_ids: tuple[str, ...]
    rules: MeasuringRules | None


def build_ticket_tables(session: Session, *, rules_hash: str) -> Built:
    """Bring all ticket facts up to date with the staged tickets. Call in a transaction.

    What a new load changed is known only from `note_changes`: whoever stages tickets has to call it.

    Args:
        rules_hash: of the code, contracts, policies and settings that decide what is measured of a ticket.
    """
    warehouse = session.warehouse
    measurement = _prepare(session, rules_hash)
    if measurement.rules is None:
        for table in TICKET_FACTS:
            warehouse.execute(f"DELETE FROM {qualified_name(table)}")
        note = ""
    elif (last := _comparable(session, measurement)) is not None:
        note = _measure_changed(warehouse, measurement.rules, last)
    else:
        note = _measure_all(warehouse, measurement.rules)
    _remember(session, measurement)
    return Built({table.name: warehouse.count(table) for table in TICKET_FACTS}, note)


def note_changes(warehouse: Warehouse, told: Iterable[pl.DataFrame]) -> None:
    """Note the tickets of which loads tell that were not there when facts were measured last.

    What was noted before stays noted until facts are measured.

    Args:
        told: frames with `ticket_id` and `load_id` of everything that is staged, or of all that new loads tell of.
    """
    measurements = qualified_name(ops_ticket_measurements)
    found = warehouse.rows(f"SELECT load_ids FROM {measurements} WHERE load_ids IS NOT NULL")
    if not found:
        return
    measured: list[str] = json.loads(found[0][0])
    keys = (pl.col("ticket_id"), pl.col("load_id").cast(pl.String))
    for frame in told:
        new = frame.lazy().select(keys).filter(~pl.col("load_id").is_in(measured)).drop_nulls().unique().collect()
        noted = warehouse.read(ops_ticket_changes)
        warehouse.append(ops_ticket_changes, new.join(noted, on=["ticket_id", "load_id"], how="anti"))


def measured_until(warehouse: Warehouse) -> datetime | None:
    """The data's clock of the ticket facts, their `as_of`; None if there are none."""
    found = warehouse.rows(f"SELECT as_of_at FROM {qualified_name(ops_ticket_measurements)}")
    return found[0][0].astimezone(UTC) if found and found[0][0] is not None else None


def find_sla_policies(session: Session) -> tuple[SlaPolicy, ...]:
    """The home's SLA policies, with the times that the last good batch of contracts has for some of them."""
    return resolve_contract_promises(session.project.policies.sla, session.warehouse.read(fct_contract_promises))


def describe_contract_policies(session: Session) -> list[list[str]]:
    """Of the policies that contracts decide, what they decide: where it changes, so do the clocks."""
    of_contracts = [policy for policy in find_sla_policies(session) if policy.is_dated_by_taking]
    return [
        [policy.id, str(policy.within_microseconds), str(policy.effective_from), str(policy.effective_to)]
        for policy in of_contracts
    ]


def _prepare(session: Session, rules_hash: str) -> _Measurement:
    warehouse, policies = session.warehouse, session.project.policies
    reach = data_reach(warehouse, warehouse.frame(QUARANTINED)["record_id"])
    as_of = session.as_of_option or reach
    reply_sources, reply_event_sources = _reply_sources(warehouse)
    team_sources = _team_sources(warehouse)
    decided = (reply_sources, reply_event_sources, team_sources, describe_contract_policies(session))
    rules_hash = hash_parts(rules_hash, *decided)
    contracts = session.project.contracts_of(Domain.TICKETS)
    load_ids = tuple(sorted(load_id for contract in contracts for load_id, _ in active_loads(warehouse, contract.id)))
    if reach is None or as_of is None:
        return _Measurement(rules_hash, load_ids, None)
    # Of both tables, only the earliest instant matters to the span of calendars.
    first_ticket = warehouse.frame(f"SELECT min(created_at) AS created_at FROM {qualified_name(stg_tickets)}")
    first_event = warehouse.frame(f"SELECT min(occurred_at) AS occurred_at FROM {qualified_name(stg_ticket_events)}")
    span = covering_span(first_ticket, first_event, as_of)
    rules = MeasuringRules(
        as_of=as_of,
        reach=reach,
        open_time=OpenTime.compile(policies.calendars, *span),
        team_calendars=policies.team_calendars,
        sla_policies=find_sla_policies(session),
        reply_sources=reply_sources,
        reply_event_sources=reply_event_sources,
        team_sources=team_sources,
        time_zone=session.project.home.settings.reporting.time_zone,
    )
    return _Measurement(rules_hash, load_ids, rules)


def data_reach(warehouse: Warehouse, quarantined: Collection[str] | pl.Series = ()) -> datetime | None:
    """The data's clock of everything that is staged: `metrics.tickets.data_clock.data_clock` of the whole tables.

    Args:
        quarantined: tickets that a rule set aside; if no other tell of anything, they all are evidence.
    """
    # Enumerations of two tables have no type in common but text.
    keys = "ticket_id, load_id::VARCHAR AS load_id"
    told = [f"SELECT {keys}, occurred_at AS told_at FROM {qualified_name(stg_ticket_events)}"]
    told += [f"SELECT {keys}, {name} FROM {qualified_name(stg_tickets)}" for name in PAST_INSTANTS]
    instants = warehouse.lazy(f"SELECT * FROM ({' UNION ALL '.join(told)}) WHERE told_at IS NOT NULL")
    instants = instants.rename({"told_at": "at"})
    count = warehouse.count(stg_tickets)
    loads = warehouse.read(ops_loads)
    # The database finds it without handing over every instant, which takes five times as long.
    latest = _latest_told(warehouse)
    believed = last_evidence(instants, count, latest=latest, loads=loads, quarantined=quarantined)
    return believed or last_evidence(instants, count, latest=latest)


def _latest_told(warehouse: Warehouse) -> datetime | None:
    """The latest instant that is staged as past, whatever may be believed."""
    of_tickets = ", ".join(f"max({name})" for name in PAST_INSTANTS)
    ((latest,),) = warehouse.rows(
        f"""
        SELECT greatest((SELECT max(occurred_at) FROM {qualified_name(stg_ticket_events)}), {of_tickets})
        FROM {qualified_name(stg_tickets)}
        """
    )
    return None if latest is None else latest.astimezone(UTC)


def _reply_sources(warehouse: Warehouse) -> tuple[list[str], list[str]]:
    """Sources that tell replies, by a field or an event, and those of them that do by events.

    It is what `metrics.tickets.clocks.sources_with_replies` and `metrics.tickets.replies.sources_with_reply_events` say
    of the whole tables.
    """
    by_field = _sources_where(warehouse, stg_tickets, "first_response_at IS NOT NULL")
    by_event = _sources_where(warehouse, stg_ticket_events, "is_public_agent_reply IS NOT NULL")
    return sorted(by_field | by_event), sorted(by_event)


def _team_sources(warehouse: Warehouse) -> list[str]:
    """What `metrics.tickets.clocks.sources_with_teams` says of the whole tables."""
    of_snapshots = f"team IS NOT NULL AND export_shape = {quote_text(ExportShape.REPEATED_SNAPSHOTS.value)}"
    by_event = _sources_where(warehouse, stg_ticket_events, "team IS NOT NULL OR team_before IS NOT NULL")
    return sorted(by_event | _sources_where(warehouse, stg_tickets, of_snapshots))


def _sources_where(warehouse: Warehouse, table: Table, condition: str) -> set[str]:
    """The sources of a staged table that have any row with which a condition is met.

    Each is asked for alone, for then the database stops at its first such row, which is nearly always among the first.
    """
    staged = qualified_name(table)
    sources = warehouse.rows(f"SELECT DISTINCT source FROM {qualified_name(stg_tickets)}")
    return {
        source
        for (source,) in sources
        if warehouse.rows(f"SELECT EXISTS (FROM {staged} WHERE source = {quote_text(source)} AND ({condition}))")[0][0]
    }


def _comparable(session: Session, measurement: _Measurement) -> datetime | None:
    """The data's clock of the facts there are, if they can be brought up to date ticket by ticket."""
    # Facts that another run has written since, such as one of an older version, are not those that were measured. An
    # older version's memory may also lack what is asked here.
    found = session.warehouse.rows(
        f"""
        SELECT rules_hash, load_ids, as_of_at FROM {qualified_name(ops_ticket_measurements)} AS measured
        WHERE as_of_at IS NOT NULL AND load_ids IS NOT NULL AND NOT EXISTS (
            FROM {qualified_name(ops_steps)} AS steps
            WHERE steps.asset IN ({_NAMES}) AND steps.run_id IS DISTINCT FROM measured.run_id
        )
        """
    )
    if session.is_full or not found or measurement.rules is None or found[0][0] != measurement.rules_hash:
        return None
    measured, loads = set(json.loads(found[0][1])), set(measurement.load_ids)
    repeated = {
        f"{contract.id}/{item.name}"
        for contract in session.project.contracts_of(Domain.TICKETS)
        for item in contract.objects
        if item.shape is ExportShape.REPEATED_SNAPSHOTS
    }
    new_objects = {_object_of(load_id) for load_id in loads - measured}
    only_adds = measured <= loads and new_objects <= {_object_of(load_id) for load_id in measured} - repeated
    last: datetime = found[0][2].astimezone(UTC)
    return last if only_adds and last <= measurement.rules.as_of else None


def _object_of(load_id: str) -> str:
    """Contract and schema object of a load."""
    return "/".join(load_id.split("/")[:2])


def _remember(session: Session, measurement: _Measurement) -> None:
    warehouse, rules = session.warehouse, measurement.rules
    record = {
        "rules_hash": measurement.rules_hash,
        "load_ids": json.dumps(measurement.load_ids),
        "as_of_at": rules.as_of if rules else None,
        "measured_at": datetime.now(UTC),
        "run_id": session.run_id,
    }
    schema = polars_schema(ops_ticket_measurements)
    warehouse.replace(ops_ticket_measurements, pl.DataFrame([record], schema=schema))
    warehouse.execute(f"DELETE FROM {qualified_name(ops_ticket_changes)}")
    for table in (_CHANGED, "numbered_tickets"):
        warehouse.execute(f"DROP TABLE IF EXISTS temp.{table}")


def _measure_all(warehouse: Warehouse, rules: MeasuringRules) -> str:
    values = _expected_values(warehouse, rules)
    for table in TICKET_FACTS:
        few = columns_with_few_values(table)
        warehouse.create_again(table, {name: values[name] for name in few if values.get(name)})
    changes = _append_slices(warehouse, rules, only=None)
    warehouse.append(fct_ticket_days, add_up_days(changes, as_of=rules.as_of, time_zone=rules.time_zone))
    return "all tickets measured"


def _expected_values(warehouse: Warehouse, rules: MeasuringRules) -> dict[str, list[str]]:
    """The values that columns of facts can have, by name: so that no slice brings one that its table's columns lack.

    Attributes are what is staged of them; the state before the first event may be told by that event alone.
    """
    values: dict[str, set[str]] = {
        "calendar": set(rules.open_time.names),
        "sla_policy": {policy.id for policy in rules.sla_policies},
        "target": {target.value for target in SlaTarget},
        "state": {state.value for state in ClockState},
        "not_told": {gap.value for gap in ClockGap},
        "status_category": {category.value for category in StatusCategory},
    }
    for table in (stg_tickets, stg_ticket_events):
        for name, found in warehouse.enumerations(table).items():
            values.setdefault(name.removesuffix("_before"), set()).update(found)
    return widened({}, values)


def _measure_changed(warehouse: Warehouse, rules: MeasuringRules, last: datetime) -> str:
    _find_changed(warehouse, last)
    before = _changes_so_far(warehouse, rules)
    for table in _BY_TICKET:
        warehouse.execute(f"DELETE FROM {qualified_name(table)} WHERE ticket_id IN (SELECT ticket_id FROM {_CHANGED})")
    now = _append_slices(warehouse, rules, only=_CHANGED)
    _change_days(warehouse, compare_days(now, before, as_of=rules.as_of, last=last, time_zone=rules.time_zone))
    count = warehouse.rows("SELECT count(*) FROM numbered_tickets")[0][0]
    return f"{count:,} of {count_of(warehouse.count(stg_tickets), 'ticket')} measured again"


def _find_changed(warehouse: Warehouse, last: datetime) -> None:
    """The tickets whose facts can differ: told of by a new load, open, set aside, or with instants after `last`.

    Some of them may not be staged: a rule can set aside what is no ticket, an event whose ticket is not known.
    """
    after = f"> TIMESTAMPTZ '{last.isoformat()}'"
    told = ("created_at", "first_response_at", "resolved_at", "closed_at")
    instants = " OR ".join(f"{name} {after}" for name in told)
    warehouse.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE {_CHANGED} AS
        SELECT ticket_id FROM {qualified_name(ops_ticket_changes)}
        UNION SELECT ticket_id FROM {qualified_name(fct_tickets)}
        WHERE NOT (is_done OR is_cancelled) OR is_quarantined
        UNION {QUARANTINED}
        UNION SELECT ticket_id FROM {qualified_name(stg_tickets)} WHERE {instants}
        UNION SELECT ticket_id FROM {qualified_name(stg_ticket_events)} WHERE occurred_at {after}
        """
    )


def _changes_so_far(warehouse: Warehouse, rules: MeasuringRules) -> pl.DataFrame:
    """What the changed tickets did to the daily counts, by the facts there are."""
    of_changed = f"WHERE ticket_id IN (SELECT ticket_id FROM {_CHANGED})"
    intervals = warehouse.encoded_frame(
        f"""
        SELECT ticket_id, started_at, ended_at, is_last, status_category, team, priority, vendor
        FROM {qualified_name(fct_ticket_intervals)} {of_changed}
        """
    )
    tickets = warehouse.frame(
        "SELECT ticket_id, has_history, is_quarantined, service, unknown_since_at "
        f"FROM {qualified_name(fct_tickets)} {of_changed}"
    )
    return count_day_changes(intervals, tickets, time_zone=rules.time_zone)


def _change_days(warehouse: Warehouse, difference: pl.DataFrame) -> None:
    """Add to the daily counts the difference that the changed tickets make."""
    if difference.is_empty():
        return
    days = qualified_name(fct_ticket_days)
    columns = list(polars_schema(fct_ticket_days))
    keys = [name for name in columns if name != "ticket_count"]
    same = " AND ".join(f"days.{name} IS NOT DISTINCT FROM change.{name}" for name in keys)
    named = ", ".join(f"change.{name}" for name in keys)
    with warehouse.registered(difference) as change:
        changed = warehouse.frame(
            f"""
            SELECT {named}, change.ticket_count + coalesce(days.ticket_count, 0) AS ticket_count
            FROM {change} AS change LEFT JOIN {days} AS days ON {same}
            """
        )
        warehouse.execute(f"DELETE FROM {days} AS days USING {change} AS change WHERE {same}")
    warehouse.append(fct_ticket_days, changed.filter(pl.col("ticket_count") > 0))


def _append_slices(warehouse: Warehouse, rules: MeasuringRules, *, only: str | None) -> pl.DataFrame:
    """Measure tickets slice by slice and append their facts. Returns by how much they changed the daily counts."""
    changes = [no_day_changes()]
    for facts in measure_slices(warehouse, rules, only=only):
        # The other processors measure the next slices meanwhile.
        with warehouse.one_thread():
            warehouse.append(fct_ticket_intervals, facts.intervals)
            warehouse.append(fct_tickets, facts.tickets)
            warehouse.append(fct_sla_clocks, facts.clocks)
        changes.append(facts.day_changes)
    return pl.concat(changes)


def measure_slices(warehouse: Warehouse, rules: MeasuringRules, *, only: str | None = None) -> Iterator[TicketFacts]:
    """The facts of each slice, in order. Slices are independent, so as many are measured at once as there are cores."""

    def measure(part: TicketSlice) -> TicketFacts:
        return measure_tickets(part.tickets, part.events, rules, quarantined=part.quarantined)

    at_once = min(os.cpu_count() or 1, _MOST_AT_ONCE)
    with ThreadPoolExecutor(at_once) as pool:
        waiting: deque[Future[TicketFacts]] = deque()
        for part in read_slices(warehouse, only=only):
            waiting.append(pool.submit(measure, part))
            # One more than are being measured, so that no core waits while facts are written.
            if len(waiting) > at_once:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
