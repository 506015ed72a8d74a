"""Which notes on reading a file tell of columns that changed, or of copies of it: people hear of them at once."""

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
_COPIES: Final = "The same content lies there again"
_MOST_NAMES: Final = 5


def is_drift_note(note: str) -> bool:
    """Whether a note on reading tells of a column that is new, that lacks, or that seems to be renamed."""
    return NEW_COLUMN in note or LACKING in note or (_ABSENT in note and _SUGGESTED in note)


def tell_copies(names: Sequence[str]) -> str:
    """The note on a file of which there are copies under other names."""
    listed = list_some([f"'{name}'" for name in names], _MOST_NAMES)
    ignored = count_of(len(names), "file is ignored", "files are ignored")
    return f"{_COPIES}, as {listed}: it counts once, and {ignored}."


def is_copy_note(note: str) -> bool:
    """Whether a note tells of copies of a file."""
    return note.startswith(_COPIES)
