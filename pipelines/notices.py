"""What a person should know about what a home says, though nothing of it stops a run.

Mistakes in contracts and policies are errors and never get here; what is wrong with the data is for the gate.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from data_contracts.spec import ExportContract
from models.vocabulary import Domain
from pipelines.project import Project

#: How drafts mark the lines that a person has to decide; see `pipelines.infer`.
CHECK_MARK: Final = "# CHECK:"
#: Statuses of the standard under which nobody has promised anything yet, or no longer.
_NOT_YET: Final = {"proposed": "is only proposed", "draft": "is a draft"}
_NO_LONGER: Final = {"deprecated": "is deprecated", "retired": "is retired"}


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to know, and what to do about it.

    Attributes:
        code: `unagreed_contract` or `unknown_source`, for programs.
        subject: file that it is about, as a person knows it.
    """

    code: str
    subject: str
    message: str


def find_notices(project: Project) -> tuple[Notice, ...]:
    """All notices about a home, contracts first."""
    return (*_unagreed_contracts(project), *_unknown_sources(project))


def _unagreed_contracts(project: Project) -> Iterator[Notice]:
    """Contracts whose `status` says that they are not in force: their files are read and published all the same."""
    for contract in project.contracts:
        state = (_NOT_YET | _NO_LONGER).get(contract.status)
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
        near = get_close_matches(source, known, n=1)
        listed = f"Ticket contracts have {', '.join(known)}." if known else "There is no ticket contract yet."
        remedy = f"Did you mean '{near[0]}'?" if near else listed
        message = f"{file} maps statuses of the source '{source}', which no ticket contract has, so they do nothing."
        yield Notice("unknown_source", file, f"{message} {remedy}")
