"""What a person should know about what a home says, though nothing of it stops a run.

Mistakes in contracts and policies are errors and never get here; what is wrong with the data is for the gate.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Final

from data_contracts.spec import ExportContract
from metrics.sla.policy import SlaPolicy
from models.vocabulary import Domain, ExportShape, RuleState
from pipelines.broken_rules import rows_without_ticket, swapped_dates, swapped_lines
from pipelines.landing.refusals import files_in
from pipelines.notices.unread_exports import NO_LONGER, unread_contracts
from pipelines.project import Project
from pipelines.words.numbers import list_some

#: How drafts mark the lines that a person has to decide; see `pipelines.infer`.
CHECK_MARK: Final = "# CHECK:"
#: Statuses of the standard under which nobody has promised anything yet, or no longer.
_NOT_YET: Final = {"proposed": "is only proposed", "draft": "is a draft"}


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to know, and what to do about it.

    Attributes:
        code: `unagreed_contract`, `unknown_source`, `unknown_reason`, `unreachable_policy`, `unknown_name`,
            `unused_alias`, `unlisted_name`, `cost_in_no_pool`, `pool_without_lines`, `cost_not_taken`,
            `month_without_cost`, `late_arrival`, `missing_rate`, `ignored_copy`, `shared_tickets`,
            `file_name`, `row_without_ticket`, `swapped_dates`, `set_aside`, `restated`, `reopened`, `part_of_a_month`,
            `overlapping_contracts`, `alike_names`, `no_working_calendar` or `empty_folder`, for programs.
        subject: file that it is about, as a person knows it.
    """

    code: str
    subject: str
    message: str


def find_notices(project: Project) -> tuple[Notice, ...]:
    """All notices about a home, contracts first."""
    return (
        *_unagreed_contracts(project),
        *_unknown_sources(project),
        *_unknown_policy_sources(project),
        *_unknown_reasons(project),
        *_unreachable_policies(project),
    )


def note_part_months(found: Iterable[tuple[str, str, str, Iterable[str]]]) -> Iterator[Notice]:
    """Months of a ledger or of invoices of which only a part is there, where nothing is held for it.

    Args:
        found: id, state, message and sample keys of rules.
    """
    for rule_id, state, message, keys in found:
        if rule_id.endswith((".months.whole", ".latest_month.whole")) and state == RuleState.FAILED.value:
            yield Notice(
                "part_of_a_month", rule_id.partition(".")[0], f"{rule_id}: {message} Found: {'; '.join(keys)}."
            )


def note_rows_without_ticket(found: Iterable[tuple[str, str, str]]) -> Iterator[Notice]:
    """Rows that name no ticket, where they are too few to hold anything.

    Args:
        found: id, state and message of rules.
    """
    for rule_id, state, message in found:
        if rule_id == rows_without_ticket.SOME and state == RuleState.FAILED.value:
            yield Notice("row_without_ticket", rule_id.partition(".")[0], f"{rule_id}: {message}")


def note_swapped_dates(found: Iterable[tuple[str, str, str]]) -> Iterator[Notice]:
    """Files in which day and month are probably swapped.

    Args:
        found: id, state and message of rules of domains that are not held, where each is told beside what holds.
    """
    for rule_id, state, message in found:
        if rule_id in (swapped_dates.RULE, *swapped_lines.RULES) and state == RuleState.FAILED.value:
            yield Notice("swapped_dates", rule_id.partition(".")[0], f"{rule_id}: {message}")


def note_arrivals(found: Iterable[tuple[str, str, str]]) -> Iterator[Notice]:
    """What came late or not at all, where the contract only warns of it.

    Args:
        found: contract, state and message of the rules on arrivals that hold nothing.
    """
    for contract_id, state, message in found:
        if state == RuleState.FAILED.value:
            yield Notice("late_arrival", contract_id, message)


def note_empty_folders(project: Project, loaded: Container[str]) -> Iterator[Notice]:
    """Contracts in force of which no file was ever read, because none lies in the landing folder.

    Args:
        loaded: contracts of which files were read, also if they were taken away since.
    """
    for contract in unread_contracts(project, loaded):
        folder = project.home.landing / contract.id
        if next(files_in(folder), None) is not None:
            continue
        lacks = "has no file" if folder.is_dir() else "is not there"
        yield Notice(
            "empty_folder",
            contract.id,
            f"{folder} {lacks}, so nothing is known of what contracts/{contract.id}.yaml describes: put its "
            "files there.",
        )


def note_lost_folders(project: Project, loaded: Container[str]) -> Iterator[Notice]:
    """Landing folders from which files were read and which are not there any more.

    One that is there and empty is none of them: files may be archived once they were read.

    Args:
        loaded: contracts of which files were read.
    """
    landing = project.home.landing
    lost = [contract.id for contract in project.contracts if contract.id in loaded]
    lost = [export for export in lost if not (landing / export).is_dir()]
    if not lost:
        return
    if not landing.is_dir():
        what, subject = f"{landing} is not there", "landing"
    else:
        folders = list_some([str(landing / export) for export in lost], 3)
        what, subject = f"{folders} {'is' if len(lost) == 1 else 'are'} not there", lost[0]
    yield Notice(
        "lost_folder",
        subject,
        f"{what} any more, so that no new file can be read; what was read before still counts. Mount the disk or "
        "share, or give the folder its name back.",
    )


def note_unlisted(project: Project, found: Iterable[tuple[str, str, str]]) -> Iterator[Notice]:
    """Names that records have and policies/dimensions.yaml does not list, of dimensions that it lists.

    Args:
        found: id, state and message of rules, as they were judged.
    """
    contracts = (*project.contracts, *project.warehouse_contracts)
    asking = {rule.id: rule for contract in contracts for rule in contract.rules if rule.listed_dimension is not None}
    for rule_id, state, message in found:
        if rule_id in asking and state == RuleState.FAILED.value:
            # What it means stands in the rule; here are the names, and what to write for them.
            said = message.removeprefix(asking[rule_id].message).strip() or message
            yield Notice("unlisted_name", f"{project.home.policies.name}/dimensions.yaml", f"{rule_id}: {said}")


def _unagreed_contracts(project: Project) -> Iterator[Notice]:
    """Contracts whose `status` says that they are not in force: their files are read and published all the same."""
    for contract in project.contracts:
        state = (_NOT_YET | NO_LONGER).get(contract.status)
        if state is None:
            continue
        remedy = "Write status: active, or take the contract away."
        if contract.status in _NOT_YET:
            remedy = f"{_what_to_decide(project, contract)} write status: active."
        message = (
            f"{contract.origin} {state} (status: {contract.status}), and its files are read and published all the same."
        )
        yield Notice("unagreed_contract", contract.origin, f"{message} {remedy}")


def _what_to_decide(project: Project, contract: ExportContract) -> str:
    text = (project.home.folder / contract.origin).read_text(encoding="utf-8")
    count = sum(CHECK_MARK in line for line in text.splitlines())
    if not count:
        return "If it is right,"
    return f"Decide the {'line' if count == 1 else f'{count} lines'} marked CHECK, and"


def _unknown_sources(project: Project) -> Iterator[Notice]:
    """Sources whose statuses are mapped, although no ticket export of the home comes from them."""
    known = sorted({contract.source for contract in project.contracts_of(Domain.TICKETS)})
    file = f"{project.home.policies.name}/statuses.yaml"
    for source in project.policies.statuses:
        if source in known:
            continue
        place = _place(project, "statuses.yaml", "statuses", source)
        message = f"{place} maps statuses of the source '{source}', which no ticket contract has, so they do nothing."
        yield Notice("unknown_source", file, f"{message} {_name_sources(source, known)}")


def _unknown_policy_sources(project: Project) -> Iterator[Notice]:
    """Sources to which SLA policies apply, although no ticket export of the home comes from them."""
    known = sorted({contract.source for contract in project.contracts_of(Domain.TICKETS)})
    file = _sla_file(project)
    for index, policy in enumerate(project.policies.sla):
        for source in sorted(policy.scope.get("source", frozenset()) - set(known)):
            place = _place(project, "sla.yaml", "policies", index, "applies_to", "source")
            what = f"{place}: policy '{policy.id}' applies to the source '{source}', which no ticket contract has."
            yield Notice("unknown_source", file, f"{what} {_name_sources(source, known)}")


def _unknown_reasons(project: Project) -> Iterator[Notice]:
    """Reasons for which SLA policies pause, although no status waits for them: the clocks would run on unnoticed.

    Of a snapshot nobody knows the pauses, whatever its statuses: its clocks do not run on, but are not measured.
    """
    known = {
        meaning.reason
        for statuses in project.policies.statuses.values()
        for meaning in statuses.values()
        if meaning.reason is not None
    }
    file = _sla_file(project)
    with_history = _sources_with_history(project)
    for index, policy in enumerate(project.policies.sla if project.policies.statuses else ()):
        if not policy.scope.get("source", with_history) & with_history:
            continue
        for reason in sorted(policy.pause_reasons - known):
            near = get_close_matches(reason, sorted(known), n=1)
            listed = f"Reasons there are {', '.join(sorted(known))}." if known else "No status there has a reason."
            remedy = f"Did you mean '{near[0]}'?" if near else listed
            place = _place(project, "sla.yaml", "policies", index, "pause_on", "reasons")
            what = f"{place}: policy '{policy.id}' pauses for the reason '{reason}'"
            why = f"which no status in {project.home.policies.name}/statuses.yaml has, so it never does."
            yield Notice("unknown_reason", file, f"{what}, {why} {remedy}")


def _sources_with_history(project: Project) -> frozenset[str]:
    """Sources of which an export tells more than how tickets stand."""
    return frozenset(
        contract.source
        for contract in project.contracts_of(Domain.TICKETS)
        if any(item.shape in (ExportShape.EVENT_LOG, ExportShape.REPEATED_SNAPSHOTS) for item in contract.objects)
    )


def _unreachable_policies(project: Project) -> Iterator[Notice]:
    """SLA policies that no ticket reaches, because one above them takes all that they could have."""
    file = _sla_file(project)
    policies = project.policies.sla
    for position, policy in enumerate(policies):
        taker = next((above for above in policies[:position] if _takes_all(above, policy)), None)
        if taker is not None:
            place = _place(project, "sla.yaml", "policies", position)
            what = f"{place}: policy '{policy.id}' counts for no ticket: '{taker.id}' stands above it"
            remedy = f"Put '{policy.id}' first, or say in '{taker.id}' to what it applies."
            yield Notice("unreachable_policy", file, f"{what} and applies to all that it does. {remedy}")


def _takes_all(above: SlaPolicy, below: SlaPolicy) -> bool:
    """Whether every ticket that the policy below covers is covered by the one above."""
    return (
        above.target == below.target
        and all(name in below.scope and below.scope[name] <= accepted for name, accepted in above.scope.items())
        and (above.effective_from or date.min) <= (below.effective_from or date.min)
        and (above.effective_to or date.max) >= (below.effective_to or date.max)
    )


def _place(project: Project, file: str, *path: str | int) -> str:
    return f"{project.home.policies.name}/{project.policies.place(file, *path)}"


def _sla_file(project: Project) -> str:
    return f"{project.home.policies.name}/sla.yaml"


def _name_sources(source: str, known: list[str]) -> str:
    near = get_close_matches(source, known, n=1)
    listed = f"Ticket contracts have {', '.join(known)}." if known else "There is no ticket contract yet."
    return f"Did you mean '{near[0]}'?" if near else listed
