"""One change between two versions of a contract, and whom it breaks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from models.vocabulary import Domain


class Breaks(StrEnum):
    """Who is let down by a change: a contract is a promise to two parties.

    `files`: a file that was good may now be refused, held or set aside. `numbers`: what readers of the KPIs were
    promised no longer holds, or the same file now gives other numbers.
    """

    FILES = "files"
    NUMBERS = "numbers"


FILES = frozenset({Breaks.FILES})
NUMBERS = frozenset({Breaks.NUMBERS})
BOTH = FILES | NUMBERS
NOBODY: frozenset[Breaks] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One change between two versions of a contract.

    Attributes:
        kind: stable word for programs, such as `column_removed`.
        place: what changed: `<object>.<column>`, a rule's id, or the contract's id.
        what: one sentence for a person.
        breaks: whom it breaks; nobody means that it is compatible.
        feeds: canonical columns (`<table>.<column>`) whose values can change by it.
        protects: names and patterns of the metrics that a changed rule protects.
        domain: of the contract.
    """

    kind: str
    place: str
    what: str
    breaks: frozenset[Breaks]
    feeds: tuple[str, ...] = ()
    protects: tuple[str, ...] = ()
    domain: Domain

    @property
    def is_breaking(self) -> bool:
        """Whether it breaks anybody."""
        return bool(self.breaks)


def quoted(words: Iterable[str]) -> str:
    """Words as a sentence lists them: `'a', 'b'`, or `nothing`."""
    return ", ".join(f"'{word}'" for word in words) or "nothing"


def told(value: object) -> str:
    """A setting's value in a sentence."""
    return "nothing" if value is None or value == "" else f"'{value}'"
