"""Notes on reading a file that people hear of at once: on columns that changed, on copies of it, and on its name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pipelines.words.numbers import count_of, list_some

#: How a note begins on a column that earlier files did not have.
NEW_COLUMN: Final = "New column"
#: How a note begins on columns of a template that a first file does not have.
LACKING: Final = "The file has no column"
#: How the readers begin and end a note on a column that is not there, and seems to be there under another name.
_ABSENT: Final = "There is no column for"
_SUGGESTED: Final = "did you mean"
_LATE: Final = "It counts as earlier than"
_ADDED: Final = "A file of this name was read before, and"
_COPIES: Final = "The same content lies there again"
_MOST_NAMES: Final = 5


def is_drift_note(note: str) -> bool:
    """Whether a note on reading tells of a column that is new, that lacks, or that seems to be renamed."""
    return NEW_COLUMN in note or LACKING in note or (_ABSENT in note and _SUGGESTED in note)


def is_name_note(note: str) -> bool:
    """Whether a note tells what follows from the name of a file."""
    return note.startswith((_LATE, _ADDED))


def tell_late(later: str, tells: str) -> str:
    """The note on a file that counts as earlier than one that was there before.

    Args:
        later: the name of that file.
        tells: what both may tell of, such as ticket.
    """
    return (
        f"{_LATE} '{later}', by what their names say, though it came after it: of a {tells} that both tell of, that "
        "file has the word. If this one is the later, rename it so that its date or number says so."
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


def tell_copies(names: Sequence[str]) -> str:
    """The note on a file of which there are copies under other names."""
    listed = list_some([f"'{name}'" for name in names], _MOST_NAMES)
    ignored = count_of(len(names), "file is ignored", "files are ignored")
    return f"{_COPIES}, as {listed}: it counts once, and {ignored}."


def is_copy_note(note: str) -> bool:
    """Whether a note tells of copies of a file."""
    return note.startswith(_COPIES)
