"""Why a value of a closed period is told otherwise, in words: the same in notices, report and dashboard."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from models.vocabulary import RestatementReason
from pipelines.words.numbers import count_of, format_value, list_all, list_some

#: Files that a sentence on one value names.
_MOST_FILES: Final = 3
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
    if replaced:
        told.append(f"{_listed(replaced, most)} {'was' if len(replaced) == 1 else 'were'} replaced")
    if went:
        told.append(f"{_listed(went, most)} no longer {'counts' if len(went) == 1 else 'count'}")
    if told:
        told[0] = f"since then {told[0]}"
    told += [clause for reason, clause in _OTHERS.items() if reason.value in reasons]
    # Last, for where files come every day there are always some: one that was replaced, or another policy, says more.
    if came:
        told.append(f"{'' if told else 'since then '}{_listed(came, most)} came")
    # Who lets every run measure as of its own day would read it on every one.
    if set(reasons) == {RestatementReason.AS_OF.value}:
        told.append(_AS_OF)
    return told


def describe_earlier_value(found: Sequence[Mapping[str, Any]], currency: str, time_zone: str) -> str:
    """What was told of a period before, until when, and why no longer: `Told as 452.79 EUR until 3 June 2026; since
    then ledger_2026-03.csv was replaced.` Empty where nothing else was told.

    Args:
        found: rows of the question `restated_values` of one KPI and period, the latest first.
        currency: of the reports.
        time_zone: in which days are cut.
    """
    from metrics.periods import local_date_of  # takes long to import
    from pipelines.words.periods import long_day

    if not found:
        return ""
    latest, *earlier = found
    was = format_value(latest["value_before"], latest["unit"], latest["currency_code"] or currency)
    until = long_day(local_date_of(latest["restated_at"], time_zone))
    told = "; ".join([f"Told as {was} until {until}", *reasons_of(latest)])
    more = f" Before that it was told otherwise {count_of(len(earlier), 'time')} more." if earlier else ""
    return f"{told}.{more}"


def reasons_of(row: Mapping[str, Any]) -> list[str]:
    """Why one value is told otherwise, in clauses.

    Args:
        row: of the question `restated_values`.
    """
    came, replaced, went = (files_in([row[name]]) for name in ("files_came", "files_replaced", "files_went"))
    return tell_reasons(reasons_in([row["reason"]]), came=came, replaced=replaced, went=went, most=_MOST_FILES)


def _listed(names: list[str], most: int) -> str:
    return list_all(names) if len(names) <= most else list_some(names, most)
