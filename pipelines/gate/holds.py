"""What the gate holds back: which facts may not be made anew, and which metrics may not be published anew.

Read from stored verdicts only. A broken rule on files, columns or keys leaves its table unfit to be loaded: facts made
of it keep their last good rows. Any other broken rule holds exactly the metrics that require it. How a rule is judged
is in `data_contracts.verdict`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from data_contracts.spec import ExportContract
from metrics.registry import METRICS, required_domains, required_rules
from metrics.spec import Metric
from models.catalog import STAGED, domain_of, table_named
from models.vocabulary import Domain, HoldLevel, RuleAction
from pipelines.facts.inputs import FACT_INPUTS, FACT_OF_RECORDS
from pipelines.gate.affected_metrics import is_named, is_required, metrics_counting
from pipelines.gate.arrivals import ARRIVALS
from pipelines.policies.loading import Policies
from pipelines.warehouse import Warehouse

_EMPTIED: Final = "no record is left of {count:,} that were there before"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBack:
    """A rule that holds something back.

    Attributes:
        judged: domain, or the name of facts that are judged after they were built.
        tables: staged tables that may not be loaded; none where only metrics are held.
        record_table: staged table whose records the rule sets aside; None where it sets none aside.
        protects: metrics that the rule itself names.
        reason: one line: what was found, what it means, and what to do.
    """

    rule_id: str
    judged: str
    tables: tuple[str, ...] = ()
    record_table: str | None = None
    protects: tuple[str, ...] = ()
    reason: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a metric is held: the rule, and one line that says what it found and what to do."""

    rule_id: str
    text: str


def read_holds(warehouse: Warehouse, contracts: Sequence[ExportContract]) -> list[HeldBack]:
    """Everything that holds at the moment, as stored with the verdicts.

    Args:
        contracts: those of the home, which tell what raw tables feed.
    """
    stored = warehouse.rows(
        """
        SELECT domain, rule_id, table_name, record_table, action, holds, protects, held_reason
        FROM ops.ops_rule_results WHERE holds IS NOT NULL ORDER BY domain, rule_id
        """
    )
    held = [
        _held_back(
            judged=_domain_judged(str(judged), str(rule_id)),
            rule_id=str(rule_id), table_name=str(table), record_table=str(record_table),
            action=str(action), level=HoldLevel(level), protects=tuple(json.loads(protects)), reason=str(reason),
            contracts=contracts,
        )
        for judged, rule_id, table, record_table, action, level, protects, reason in stored
    ]  # fmt: skip
    unexplained = warehouse.rows(
        """
        SELECT domain, summary FROM ops.ops_verdicts
        WHERE is_current AND verdict = 'hold'
            AND domain NOT IN (SELECT domain FROM ops.ops_rule_results WHERE holds IS NOT NULL)
        ORDER BY domain
        """
    )
    held += [_nothing_judged(str(judged), str(summary)) for judged, summary in unexplained]
    return held + _emptied(warehouse)


def reasons_to_hold(metric: Metric, held: Iterable[HeldBack], policies: Policies) -> list[Reason]:
    """Why a metric may not be published anew; nothing if it may.

    A rule holds a metric that requires it or that it names; one that sets too many records aside, also each metric that
    counts them; and a table that may not be loaded, each metric of the facts that are made of it.
    """
    patterns = required_rules(metric, policies.costs, policies.vendors)
    domains = {domain.value for domain in required_domains(metric, policies.costs, policies.vendors)}
    made_of = FACT_INPUTS.get(metric.fact, ())
    return [
        Reason(one.rule_id, one.reason)
        for one in held
        if is_required(one.rule_id, patterns)
        or (is_named(metric.name, one.protects) if one.protects else one.judged in domains and _is_for_all(one))
        or any(table in made_of for table in one.tables)
        or (one.record_table is not None and metric.name in metrics_counting(one.record_table))
    ]


def unfit_tables(held: Iterable[HeldBack]) -> Mapping[str, str]:
    """Staged tables that may not be loaded, each with the reason."""
    unfit: dict[str, str] = {}
    for one in held:
        for table in one.tables:
            unfit.setdefault(table, one.reason)
    return unfit


def _domain_judged(judged: str, rule_id: str) -> str:
    """The domain of a rule on arrivals is that of the table that its export feeds, which leads its id."""
    if judged != ARRIVALS:
        return judged
    return domain_of(table_named(f"stg_{rule_id.partition('.')[0]}")).value


def _is_for_all(held: HeldBack) -> bool:
    """Whether neither a metric nor the rule itself says what needs it: then all that needs its domain does."""
    return not held.protects and not any(is_required(held.rule_id, metric.rules) for metric in METRICS)


def _held_back(
    *, judged: str, rule_id: str, table_name: str, record_table: str, action: str, level: HoldLevel,
    protects: tuple[str, ...], reason: str, contracts: Sequence[ExportContract],
) -> HeldBack:  # fmt: skip
    return HeldBack(
        rule_id=rule_id,
        judged=judged,
        tables=_staged_tables(table_name, contracts) if level is HoldLevel.LOAD else (),
        record_table=record_table if action == RuleAction.QUARANTINE.value else None,
        protects=protects,
        reason=reason,
    )


def _staged_tables(table_name: str, contracts: Sequence[ExportContract]) -> tuple[str, ...]:
    """The staged tables that a rule's table is, or that its raw table feeds."""
    name = table_name.rpartition(".")[2]
    if not name.startswith("raw_"):
        return (name,)
    fed = [
        f"stg_{feed.table}"
        for contract in contracts
        for item in contract.objects
        if item.raw_table == name
        for column in item.columns
        for feed in column.feeds
    ]
    return tuple(dict.fromkeys(fed))


def _nothing_judged(judged: str, summary: str) -> HeldBack:
    tables = (
        tuple(table.name for table in STAGED[Domain(judged)]) if judged in {domain.value for domain in Domain} else ()
    )
    return HeldBack(rule_id=judged, judged=judged, tables=tables, reason=summary)


def _emptied(warehouse: Warehouse) -> list[HeldBack]:
    """Tables that had records and have none: rules pass on them because there is nothing to look at."""
    held = []
    for staged, fact in FACT_OF_RECORDS.items():
        ((left, before),) = warehouse.rows(
            f"SELECT (SELECT count(*) FROM stg.{staged}), (SELECT count(*) FROM core.{fact})"
        )
        if before and not left:
            name = staged.removeprefix("stg_")
            found = _EMPTIED.format(count=before)
            reason = (
                f"{name}.rows.present: {found}. The export came without rows, and no rule can fail where there is "
                "nothing to look at. Put a file with its rows in place, and run again."
            )
            judged = domain_of(table_named(staged)).value
            held.append(HeldBack(rule_id=f"{name}.rows.present", judged=judged, tables=(staged,), reason=reason))
    return held
