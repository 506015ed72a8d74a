"""Notes on reading a file that people hear of at once: on columns that changed, on copies of it, and on its name."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from pipelines.landing.told_again import LackingLines
from pipelines.words.numbers import count_of, list_all, list_some

#: How a note begins on a column that earlier files did not have.
NEW_COLUMN: Final = "New column"
#: How a note begins on columns of a template that a first file does not have.
LACKING: Final = "The file has no column"
#: How the readers begin and end a note on a column that is not there, and seems to be there under another name.
_ABSENT: Final = "There is no column for"
_SUGGESTED: Final = "did you mean"
_LATE: Final = "It counts as earlier than"
_ADDED: Final = "A file of this name was read before, and"
_REPLACED: Final = "It takes the place of what was read under its name before, and"
_AGAIN: Final = "It tells again"
_COPIES: Final = "The same content lies there again"
_MOST_NAMES: Final = 5


def is_drift_note(note: str) -> bool:
    """Whether a note on reading tells of a column that is new, that lacks, or that seems to be renamed."""
    return NEW_COLUMN in note or LACKING in note or (_ABSENT in note and _SUGGESTED in note)


def is_name_note(note: str) -> bool:
    """Whether a note tells what follows from the name of a file."""
    return note.startswith((_LATE, _ADDED, _REPLACED, _AGAIN))


def tells_of_lacking(note: str, name: str) -> bool:
    """Whether a note tells of lines of a file of that name which another one lacks."""
    return note.startswith(_AGAIN) and f" of '{name}'," in note


def tell_late(later: str, tells: str, *, is_edition: bool) -> str:
    """The note on a file that counts as earlier than one that was there before and tells otherwise of the same.

    Args:
        later: the name of that file.
        tells: what both tell of, such as ticket.
        is_edition: whether the file takes the place of another one under its name, which it would no longer under a
            new name.
    """
    remedy = (
        "If this one is the later, rename it so that its date or number says so."
        if not is_edition
        else f"If this one should have it, correct those {tells}s in '{later}' as well: under another name, this file "
        "would no longer replace what was read under its own."
    )
    return (
        f"{_LATE} '{later}', by what their names say, though it came after it: of a {tells} that both tell of, that "
        f"file has the word. {remedy}"
    )


def tell_lacking(found: LackingLines) -> str:
    """The note on a file that looks like an earlier one, corrected, under a name of its own, and lacks lines of it."""
    sums = [f"{amount:,.2f} {currency or 'without a currency'}" for currency, amount in found.sums]
    is_one = found.count == 1
    lacks = f"one, '{found.example}'" if is_one else f"{found.count:,}, such as '{found.example}'"
    told = f" ({list_all(sums)}{'' if is_one else ' in all'})" if sums else ""
    name = found.earlier.name
    return (
        f"{_AGAIN} {found.shared:,} of the {count_of(found.whole, 'line')} of '{name}', and lacks {lacks}: "
        f"{'it still counts' if is_one else 'they still count'}{told}. If this file takes the place of '{name}', write "
        "into the contract, at the top level under customProperties: - {property: ignoreFiles, value: "
        f"[{json.dumps(name, ensure_ascii=False)}]}}. A correction under the old name does so without that."
    )


def tell_added(kept: int) -> str:
    """The note on an event log whose name is that of one with other rows.

    Args:
        kept: how many of the rows of that one it does not hold.
    """
    rows = count_of(kept, "row of it is", "rows of it are")
    return (
        f"{_ADDED} {rows} not in this one: they still count. If it takes the place of the old one, write sameName: "
        "replaces into the contract; if it brings what is new, sameName: adds."
    )


def tell_replaced(lacking: int, whole: int, example: str) -> str:
    """The note on an event log that takes the place of one which told of many tickets that it does not tell of.

    Args:
        lacking: how many tickets of the one before it does not have.
        whole: how many that one had.
        example: one that is lacking.
    """
    return (
        f"{_REPLACED} lacks {lacking:,} of the {count_of(whole, 'ticket')} of that one, such as '{example}': they no "
        "longer count. If files under one name bring only what changed lately, write sameName: adds into the contract, "
        "beside shape, for every object."
    )


def tell_copies(names: Sequence[str]) -> str:
    """The note on a file of which there are copies under other names."""
    listed = list_some([f"'{name}'" for name in names], _MOST_NAMES)
    ignored = count_of(len(names), "file is ignored", "files are ignored")
    return f"{_COPIES}, as {listed}: it counts once, and {ignored}."


def is_copy_note(note: str) -> bool:
    """Whether a note tells of copies of a file."""
    return note.startswith(_COPIES)
