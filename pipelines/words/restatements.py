"""Why a value of a closed period is told otherwise, in words: the same in notices, report and dashboard."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from models.vocabulary import RestatementReason
from pipelines.words.numbers import count_of, format_value, list_all

#: Files that a sentence on one value names.
_MOST_FILES: Final = 3
_MORE: Final = re.compile(r"^(?P<named>.*) and (?P<more>[\d,]+) more$")
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


class Files(NamedTuple):
    """Files that some restatements name.

    Attributes:
        names: each once, those that changed most likely something first.
        more: how many there are beside them.
    """

    names: tuple[str, ...] = ()
    more: int = 0

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.names) + self.more


def files_in(texts: Iterable[str | None]) -> Files:
    """The files that some restatements name.

    Each names those first that changed its own period most likely, and its order counts: what is first of one period
    comes before what is second of another.
    """
    places: dict[str, int] = {}
    count = 0
    for text in dict.fromkeys(filter(None, texts)):
        more = _MORE.match(text)
        names = (more["named"] if more else text).split(", ")
        for place, name in enumerate(names):
            places[name] = min(place, places.get(name, place))
        # They are all of one run: what one does not name the others may.
        count = max(count, len(names) + (int(more["more"].replace(",", "")) if more else 0))
    return Files(tuple(sorted(places, key=lambda name: places[name])), max(0, count - len(places)))


def tell_reasons(
    reasons: Collection[str], *, came: Files, replaced: Files, went: Files, rules: Files, most: int
) -> list[str]:
    """What happened between two values, in clauses without capitals at the beginning.

    Args:
        reasons: words of `RestatementReason`.
        came, replaced, went: files of exports.
        rules: files of contracts, policies and settings that changed.
        most: files that are named of each.
    """
    told = []
    if replaced.names:
        told.append(f"{_listed(replaced, most)} {'was' if replaced.count == 1 else 'were'} replaced")
    if went.names:
        told.append(f"{_listed(went, most)} no longer {'counts' if went.count == 1 else 'count'}")
    if told:
        told[0] = f"since then {told[0]}"
    others = {reason: clause for reason, clause in _OTHERS.items() if reason.value in reasons}
    if rules.names and RestatementReason.RULES in others:
        others[RestatementReason.RULES] = f"{'' if told else 'since then '}{_listed(rules, most)} changed"
    told += others.values()
    # Last, for where files come every day there are always some: one that was replaced, or another policy, says more.
    if came.names:
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
    return tell_all_reasons([row], most=_MOST_FILES)


def tell_all_reasons(rows: Sequence[Mapping[str, Any]], *, most: int) -> list[str]:
    """Why some values are told otherwise, in clauses.

    Args:
        rows: with `reason`, `files_came`, `files_replaced`, `files_went` and `rules_changed`.
        most: files that are named of each.
    """

    def files(name: str) -> Files:
        return files_in(row[name] for row in rows)

    return tell_reasons(
        reasons_in(row["reason"] for row in rows),
        came=files("files_came"),
        replaced=files("files_replaced"),
        went=files("files_went"),
        rules=files("rules_changed"),
        most=most,
    )


def _listed(files: Files, most: int) -> str:
    named = files.names[:most]
    rest = files.count - len(named)
    return f"{', '.join(named)} and {count_of(rest, 'more file')}" if rest else list_all(named)
