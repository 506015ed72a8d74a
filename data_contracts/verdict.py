"""From the results of all rules of a domain to one decision: may anything be published from this batch?

Pure. How a rule is evaluated is in `data_contracts.evaluation`; who stores and reads verdicts is in `pipelines`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from data_contracts.spec import ONE_NUMBER, PROMISE, Rule
from models.vocabulary import LOAD_TIERS, Domain, HoldLevel, RuleAction, RuleState, VerdictState

#: Share of a domain's records that may be set aside before the rest no longer speaks for the whole.
QUARANTINE_LIMIT: Final = Decimal("0.05")
_MOST_NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class Hold:
    """What a broken rule holds back.

    Attributes:
        level: `load` where no facts may be made of the table; `metrics` where they may, but the metrics that require
            the rule are not published anew.
        reason: one line: the rule, what it found, what that means, and what to do.
    """

    level: HoldLevel
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleResult:
    """What one rule found in one batch.

    Attributes:
        evaluated_count: rows looked at.
        failed_count: rows that broke the rule; for a rule about one number, 1 if the number is out of bounds.
        sample_keys: keys of some rows that broke it, never another value of a row.
        failing_rows_query: SELECT that lists all rows that broke it.
        failing_keys_query: SELECT of `failing_key`, the distinct keys of the records that broke it, from where they are
            kept on the connection that judged it: until the next evaluation there, or the end of a transaction that is
            rolled back. None where rows have no key.
        error: why the rule could not be evaluated, or why it was skipped.
        failed_record_count: distinct records that broke it; None where rows have no key.
        record_count: records of the kind that the key names; None where rows have no key.
        failed_months: month of the reporting time zone -> distinct records of it that broke the rule, in order; empty
            where none did, and where records have no date.
        hold: what it holds back, once that was decided; None if nothing.
    """

    rule: Rule
    state: RuleState
    evaluated_count: int = 0
    failed_count: int = 0
    sample_keys: tuple[str, ...] = ()
    failing_rows_query: str | None = None
    failing_keys_query: str | None = None
    error: str | None = None
    failed_record_count: int | None = None
    record_count: int | None = None
    failed_months: tuple[tuple[str, int], ...] = ()
    hold: Hold | None = None

    @property
    def failing_share(self) -> float:
        """Share of the rows looked at that broke the rule, 0 to 1."""
        return self.failed_count / self.evaluated_count if self.evaluated_count else 0.0

    @property
    def failing_record_share(self) -> float:
        """Share of the records that broke the rule; of the rows where rows have no key."""
        if self.failed_record_count is None or not self.record_count:
            return self.failing_share
        return self.failed_record_count / self.record_count


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether all metrics that need a domain may be published from a batch.

    Attributes:
        batch_hash: the batch that was judged; the verdict says nothing of any other.
        contract_versions: contract id -> version by which it was judged.
        summary: one line for a person.
        blocking: the results that hold facts or metrics back.
        holds: rule id -> what it holds back, for each of `blocking`.
        quarantine_limit: share of records, 0 to 1, above which a rule that sets them aside holds, if it names no share
            of its own.
        warnings: further results that a person should see.
    """

    domain: Domain
    state: VerdictState
    batch_hash: str
    contract_versions: Mapping[str, str]
    summary: str
    blocking: tuple[RuleResult, ...] = ()
    warnings: tuple[RuleResult, ...] = ()
    holds: Mapping[str, Hold] = field(default_factory=dict)
    quarantine_limit: Decimal = QUARANTINE_LIMIT


def decide(
    domain: Domain,
    results: Sequence[RuleResult],
    batch_hash: str,
    contract_versions: Mapping[str, str],
    *,
    quarantine_limit: Decimal = QUARANTINE_LIMIT,
    quarantined_count: int | None = None,
) -> Verdict:
    """Judge a batch.

    It is held if a rule with action block failed; if a rule that can hold could not be evaluated; if a rule would set
    aside more records than its limit; if nothing was judged at all. A warning never holds. How much is held is in
    `holds`: a domain is called held if anything of it is.

    Args:
        quarantine_limit: share of records, 0 to 1, for rules that name no limit of their own.
        quarantined_count: records that are set aside, each counted once however many rules it broke; None where only
            the counts of each rule are known, of which the greatest is then told as the least that it can be.
    """
    blocking = tuple(result for result in results if _holds(result, quarantine_limit))
    warnings = tuple(
        result
        for result in results
        if result not in blocking and (result.failed_count or result.state is RuleState.ERRORED)
    )
    was_judged = any(result.state in (RuleState.PASSED, RuleState.FAILED) for result in results)
    state = VerdictState.HOLD if blocking or not was_judged else VerdictState.PASS
    return Verdict(
        domain=domain,
        state=state,
        batch_hash=batch_hash,
        contract_versions=dict(contract_versions),
        summary=_summarise(domain, results, blocking, warnings, was_judged, quarantine_limit, quarantined_count),
        blocking=blocking,
        warnings=warnings,
        holds={result.rule.id: _hold(result, quarantine_limit) for result in blocking},
        quarantine_limit=quarantine_limit,
    )


def _hold(result: RuleResult, quarantine_limit: Decimal) -> Hold:
    level = HoldLevel.LOAD if result.rule.tier in LOAD_TIERS else HoldLevel.METRICS
    remedy = (
        f"Correct the rule's query in {result.rule.contract_id}; 'kpi contract lint' tells what is wrong with it"
        if result.state is RuleState.ERRORED
        else "'kpi check' shows the rows; correct the export, its contract or a policy, and run again"
    )
    return Hold(level, f"{_describe_hold(result, quarantine_limit)}. {remedy}.")


def meaning_of(result: RuleResult) -> str:
    """What a rule is about, and why it was not evaluated if it was not."""
    message = result.rule.message
    if result.error is None:
        return message
    verb = "Not evaluated" if result.state is RuleState.SKIPPED else "Could not be evaluated"
    return f"{message} ({verb}: {result.error.rstrip('.')}.)"


def describe_result(result: RuleResult, consequence: str = "") -> str:
    """What a rule found, in one line: the rule, the rows, what it means and the KPIs it protects.

    Args:
        consequence: what follows of the rows, told right after their number, where a reader looks first.
    """
    rule = result.rule
    if result.state is RuleState.ERRORED:
        found = f"could not be evaluated ({result.error})"
    elif result.state is RuleState.SKIPPED:
        found = f"was not evaluated ({result.error})"
    elif rule.counted == PROMISE:
        found = "is not kept" if result.failed_count else "is kept"
    elif rule.measure in ONE_NUMBER:
        found = "is out of bounds" if result.failed_count else "holds"
    else:
        things = rule.counted if result.evaluated_count == 1 else f"{rule.counted}s"
        found = f"{result.failed_count:,} of {result.evaluated_count:,} {things}"
    protects = f" Protects {', '.join(rule.protects)}." if rule.protects else ""
    return f"{rule.id}: {found}{consequence}. {rule.message.rstrip('.')}.{protects}"


def _holds(result: RuleResult, quarantine_limit: Decimal) -> bool:
    action = result.rule.action
    if action is RuleAction.WARN or result.state is RuleState.SKIPPED:
        return False
    if result.state is RuleState.ERRORED:
        return True
    if action is RuleAction.QUARANTINE:
        return _is_over_limit(result, quarantine_limit)
    return result.state is RuleState.FAILED


def _is_over_limit(result: RuleResult, quarantine_limit: Decimal) -> bool:
    own = result.rule.quarantine_limit
    return result.failing_record_share > float(quarantine_limit if own is None else own)


def _summarise(
    domain: Domain,
    results: Sequence[RuleResult],
    blocking: Sequence[RuleResult],
    warnings: Sequence[RuleResult],
    was_judged: bool,
    quarantine_limit: Decimal,
    quarantined_count: int | None,
) -> str:
    if blocking:
        named = "; ".join(_describe_hold(result, quarantine_limit) for result in blocking[:_MOST_NAMED])
        more = f"; and {len(blocking) - _MOST_NAMED} more" if len(blocking) > _MOST_NAMED else ""
        return f"{domain.value} held by {_count(blocking, 'rule')}: {named}{more}."
    if not was_judged:
        return f"{domain.value} held: nothing could be judged, because no rows have arrived."
    counts = [result.failed_record_count or 0 for result in _with(warnings, RuleAction.QUARANTINE)]
    quarantined = max(counts, default=0) if quarantined_count is None else quarantined_count
    least = "at least " if quarantined_count is None and len(counts) > 1 else ""
    judged = [result for result in results if result.state in (RuleState.PASSED, RuleState.FAILED)]
    notes = [f"{least}{quarantined:,} quarantined by {_count(_with(warnings, RuleAction.QUARANTINE), 'rule')}"]
    notes = notes if quarantined else []
    warned = _with(warnings, RuleAction.WARN)
    if warned:
        more = f" and {len(warned) - _MOST_NAMED} more" if len(warned) > _MOST_NAMED else ""
        named = ", ".join(result.rule.id for result in warned[:_MOST_NAMED])
        notes.append(f"{_count(warned, 'warning')}: {named}{more}")
    told = f" ({'; '.join(notes)})" if notes else ""
    passed = [result for result in judged if result.state is RuleState.PASSED]
    share = f"{len(passed):,} of " if len(passed) < len(judged) else ""
    return f"{domain.value} passed {share}{_count(judged, 'rule')}{told}."


def _describe_hold(result: RuleResult, quarantine_limit: Decimal) -> str:
    consequence = ""
    if result.rule.action is RuleAction.QUARANTINE and result.state is not RuleState.ERRORED:
        own = result.rule.quarantine_limit
        limit = float(quarantine_limit if own is None else own)
        share = _percent(result.failing_record_share)
        consequence = f" ({share} of records, more than the {_percent(limit)} that may be set aside)"
    return describe_result(result, consequence).rstrip(".")


def _percent(share: float) -> str:
    """A share of records: 100 % only of all of them, and 0 % only of none."""
    if 0.9995 <= share < 1:
        return "> 99.9 %"
    if 0 < share < 0.0005:
        return "< 0.1 %"
    return "100 %" if share == 1 else f"{share * 100:.1f} %"


def _with(results: Iterable[RuleResult], action: RuleAction) -> list[RuleResult]:
    return [result for result in results if result.rule.action is action]


def _count(things: Sequence[object], noun: str) -> str:
    return f"{len(things)} {noun}" if len(things) == 1 else f"{len(things)} {noun}s"
