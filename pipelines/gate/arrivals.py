"""Whether every export's data came when its contract says, judged when all domains are staged.

How old something is depends on how far the data of the others reach, so this is a verdict of its own beside those of
the domains, in a step of its own. What is measured is in `metrics.arrivals`; the rules come from the contracts'
`slaProperties` (`data_contracts.service_levels`).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Final, cast

import polars as pl
from sqlalchemy import Date

from data_contracts.feeds import canonical_tables
from data_contracts.spec import ExportContract, Rule, ServiceLevel
from data_contracts.verdict import RuleResult, Verdict, decide
from metrics.arrivals import age_in_days, believed_days, expected_periods
from metrics.calendars.working_calendar import WorkingCalendar
from metrics.periods import local_date_of
from models.ddl import quote_identifier, quote_text
from models.findings import ops_source_arrivals
from models.vocabulary import Domain, Grain, RuleState, ServiceLevelKind, VerdictState
from pipelines.broken_rules.explaining import evidence_of, explain_broken
from pipelines.fingerprint import hash_parts
from pipelines.gate.audit import AuditAbortedError, audit, settings_of
from pipelines.gate.verdicts import current_verdict, store_verdict
from pipelines.session import Session, Step
from pipelines.staging.sightings import days_of_files

#: Under this name the verdict on arrivals stands beside those on domains.
ARRIVALS: Final = "arrivals"

_Counts = Mapping[date, int]


@dataclass(frozen=True, slots=True)
class _Measured:
    """A service level, with the days on which its export has events."""

    contract: ExportContract
    level: ServiceLevel
    counts: _Counts


def arrival_rules(contracts: Sequence[ExportContract]) -> tuple[Rule, ...]:
    """The rules that are judged here, in the order of the contracts."""
    return tuple(rule for contract in contracts for rule in contract.arrival_rules)


def judge_arrivals(session: Session) -> Step:
    """Measure and judge what came when, in one transaction, unless nothing that it depends on has changed."""
    asset, started = ops_source_arrivals.name, time.perf_counter()
    session.reporter.began(asset)
    input_hash = _input_hash(session)
    known = current_verdict(session.warehouse, ARRIVALS)
    if known is not None and known[0] == input_hash and not session.is_full:
        seconds = time.perf_counter() - started
        return session.report(Step(asset, "unchanged", session.row_count_of(asset), seconds, known[2]))
    with session.warehouse.transaction():
        verdict, _ = judge(session, input_hash)
        rows = session.warehouse.count(ops_source_arrivals)
        session.remember(asset, input_hash, rows, time.perf_counter() - started)
    return session.report(Step(asset, "built", rows, time.perf_counter() - started, verdict.summary))


def judge(session: Session, input_hash: str) -> tuple[Verdict, list[RuleResult]]:
    """Measure, judge and store. Call in a transaction in which all domains are staged."""
    warehouse, contracts = session.warehouse, session.project.contracts
    measured = _measure(session)
    as_of = _as_of(session, measured)
    rows = [] if as_of is None else [row for one in measured for row in _rows(session, one, as_of)]
    frame = pl.DataFrame(rows, infer_schema_length=None) if rows else pl.DataFrame()
    warehouse.execute("DELETE FROM ops.ops_source_arrivals")
    if rows:
        warehouse.append(ops_source_arrivals, frame)
    rules = arrival_rules(contracts)
    try:
        found = audit(warehouse, rules, **settings_of(session.project))
    except AuditAbortedError as aborted:
        found = [
            RuleResult(rule=rule, state=RuleState.ERRORED, error="; ".join(aborted.errors.values())) for rule in rules
        ]
    looked_at = Counter((row["export"], row["element"], row["service_level"]) for row in rows)
    levels = [(contract, level) for contract in contracts for level in contract.service_levels]
    results = [
        _of_level(result, looked_at[contract.id, level.element, level.kind.value])
        for result, (contract, level) in zip(found, levels, strict=True)
    ]
    results = explain_broken(results, evidence_of(session, contracts))
    verdict = _verdict(session, results, input_hash)
    store_verdict(warehouse, verdict, results, run_id=session.run_id, name=ARRIVALS)
    return verdict, [replace(result, hold=verdict.holds.get(result.rule.id)) for result in results]


def _input_hash(session: Session) -> str:
    project = session.project
    settings = project.home.settings
    return hash_parts(
        session.code_hash,
        {contract.id: contract.content_hash for contract in project.contracts},
        [session.input_hash_of(f"stage_{domain.value}") for domain in Domain],
        str(session.as_of_option),
        settings.reporting.model_dump(mode="json"),
        settings.gate.model_dump(mode="json"),
        project.policies.hashes.get("calendars.yaml"),
    )


def _verdict(session: Session, results: Sequence[RuleResult], input_hash: str) -> Verdict:
    versions = {contract.id: contract.version for contract in session.project.contracts if contract.service_levels}
    limit = Decimal(str(session.project.home.settings.gate.quarantine_limit_ratio))
    if not any(result.state in (RuleState.PASSED, RuleState.FAILED, RuleState.ERRORED) for result in results):
        said = "no contract says when its data come" if not results else "nothing has arrived yet"
        return Verdict(
            domain=Domain.TICKETS, state=VerdictState.PASS, batch_hash=input_hash, contract_versions=versions,
            summary=f"{ARRIVALS}: {said}.",
        )  # fmt: skip
    verdict = decide(Domain.TICKETS, results, input_hash, versions, quarantine_limit=limit)
    return replace(verdict, summary=verdict.summary.replace(f"{Domain.TICKETS.value} ", f"{ARRIVALS} ", 1))


def _measure(session: Session) -> list[_Measured]:
    warehouse, found = session.warehouse, []
    for contract in session.project.contracts:
        for level in contract.service_levels:
            counts = (
                days_of_files(warehouse, contract, level.object_name, session.project.home.settings.reporting.time_zone)
                if level.column is None
                else _days_of_events(session, contract, level)
            )
            found.append(_Measured(contract, level, counts))
    return found


def _days_of_events(session: Session, contract: ExportContract, level: ServiceLevel) -> _Counts:
    """Events by their own day in the reporting time zone; none that lies after its own file landed."""
    column, zone = quote_identifier(str(level.column)), session.project.home.settings.reporting.time_zone
    is_date = isinstance(canonical_tables()[level.table].columns[level.column].type, Date)
    day = column if is_date else f"CAST(timezone({quote_text(zone)}, {column}) AS DATE)"
    rows = session.warehouse.rows(
        f"""
        SELECT {day} AS day, count(*)
        FROM stg.{quote_identifier(f"stg_{level.table}")} AS staged
        JOIN ops.ops_loads AS loads USING (load_id)
        WHERE loads.export = {quote_text(contract.id)} AND {column} IS NOT NULL
            AND {column} <= loads.loaded_at + INTERVAL 1 DAY
        GROUP BY day
        """
    )
    return {found: int(count) for found, count in rows}


def _as_of(session: Session, measured: Sequence[_Measured]) -> date | None:
    """The day at which everything is looked at: that of `--as-of`, else how far the data of all exports reach."""
    zone = session.project.home.settings.reporting.time_zone
    if session.as_of_option is not None:
        return local_date_of(session.as_of_option, zone)
    reaches = [days[-1] for one in measured if (days := believed_days(one.counts))]
    # Made when tickets were staged; a home without any has none.
    known = "SELECT count(*) FROM duckdb_views() WHERE schema_name = 'ops' AND view_name = 'data_clock'"
    if session.warehouse.rows(known)[0][0]:
        clock: datetime | None = session.warehouse.rows("SELECT as_of_at FROM ops.data_clock")[0][0]
        reaches += [local_date_of(clock, zone)] if clock is not None else []
    return max(reaches, default=None)


def _rows(session: Session, one: _Measured, as_of: date) -> Iterator[dict[str, object]]:
    """One row for a latency; for a frequency one per period that is expected."""
    level, days = one.level, believed_days(one.counts, until=as_of)
    if not days:
        return
    is_counted = _counting(session.project.policies.calendars, level.calendar)
    common = {
        "domain": one.contract.domain.value,
        "export": one.contract.id,
        "element": level.element,
        "service_level": level.kind.value,
        "as_of_date": as_of,
    }
    if level.kind is ServiceLevelKind.LATENCY:
        age = age_in_days(days[-1], as_of, is_counted)
        yield {
            **common,
            "period": days[-1].isoformat(),
            "first_date": days[0],
            "last_date": days[-1],
            "event_count": sum(one.counts[day] for day in days),
            "age_days": age,
            "limit_days": level.limit_days,
            "is_met": age <= cast("int", level.limit_days),
        }
        return
    excused = _excused(session, days[0], max(days[-1], as_of))
    grain = Grain(level.unit)
    # What the data reach is no day on which more would have to be there; one that somebody chose is.
    until = as_of if session.as_of_option is not None else None
    limit_days = max((other.limit_days or 0 for other in one.contract.service_levels), default=0)
    for period in expected_periods(
        days[0], days[-1], grain, is_counted=is_counted, excused=excused, until=until, limit_days=limit_days
    ):
        count = (
            sum(one.counts[day] for day in days if period.start <= day <= period.end)
            if grain is not Grain.DAY
            else (one.counts.get(period.start, 0))
        )
        yield {
            **common,
            "period": period.name,
            "first_date": period.start,
            "last_date": period.end,
            "event_count": count,
            "age_days": None,
            "limit_days": None,
            "is_met": count > 0,
        }


def _counting(calendars: Sequence[WorkingCalendar], name: str | None) -> Callable[[date], bool] | None:
    calendar = next((calendar for calendar in calendars if calendar.name == name), None)
    if calendar is None or calendar.is_always_open:
        return None
    return lambda day: bool(calendar.intervals_on(day))


def _excused(session: Session, first: date, last: date) -> frozenset[date]:
    incidents = session.project.home.settings.gate.known_incidents
    span = [date.fromordinal(day) for day in range(first.toordinal(), last.toordinal() + 1)] if incidents else []
    return frozenset(day for day in span if any(one.from_date <= day <= one.to_date for one in incidents))


def _of_level(result: RuleResult, row_count: int) -> RuleResult:
    """The result of what one contract promises; nothing is said of an export of which nothing has arrived."""
    if result.state is RuleState.ERRORED:
        return result
    if row_count == 0:
        return RuleResult(rule=result.rule, state=RuleState.SKIPPED, error="nothing has arrived")
    return replace(result, evaluated_count=row_count)
