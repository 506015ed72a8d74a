"""Why a value of a closed period is told otherwise, in words: the same in a run's notices and in the report."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Final

from models.vocabulary import RestatementReason
from pipelines.words.numbers import list_all, list_some

_MORE: Final = re.compile(r"^(?P<last>.*) and [\d,]+ more$")
_OTHERS: Final = {
    RestatementReason.DEFINITION: "definitions have other versions, which docs/decisions.md tells",
    RestatementReason.RULES: "contracts, policies or settings are other ones",
    RestatementReason.PROGRAM: "the program is another version",
    RestatementReason.HELD: "what was held was released",
}
_AS_OF: Final = "somebody chose as of when to measure, now or then"


def reasons_in(texts: Iterable[str]) -> set[str]:
    """The reasons of some restatements, each once."""
    return {reason for text in texts for reason in text.split(", ")}


def files_in(texts: Iterable[str | None]) -> list[str]:
    """The files that some restatements name, each once; of very many, the first."""
    names: dict[str, None] = {}
    for text in texts:
        for name in text.split(", ") if text else ():
            more = _MORE.match(name)
            names[more["last"] if more else name] = None
    return list(names)


def tell_reasons(
    reasons: Collection[str], *, came: list[str], replaced: list[str], went: list[str], most: int
) -> list[str]:
    """What happened between two values, in clauses without capitals at the beginning.

    Args:
        reasons: words of `RestatementReason`.
        came, replaced, went: names of files.
        most: files that are named of each.
    """
    told = []
    if came:
        told.append(f"{_listed(came, most)} came")
    if replaced:
        told.append(f"{_listed(replaced, most)} {'was' if len(replaced) == 1 else 'were'} replaced")
    if went:
        told.append(f"{_listed(went, most)} no longer {'counts' if len(went) == 1 else 'count'}")
    if told:
        told[0] = f"since then {told[0]}"
    told += [clause for reason, clause in _OTHERS.items() if reason.value in reasons]
    # Who lets every run measure as of its own day would read it on every one.
    if set(reasons) == {RestatementReason.AS_OF.value}:
        told.append(_AS_OF)
    return told


def _listed(names: list[str], most: int) -> str:
    return list_all(names) if len(names) <= most else list_some(names, most)
