"""Which notes on reading a file tell of columns that changed, so that people hear of them at once."""

from __future__ import annotations

from typing import Final

#: How a note begins on a column that earlier files did not have.
NEW_COLUMN: Final = "New column"
#: How the readers begin and end a note on a column that is not there, and seems to be there under another name.
_ABSENT: Final = "There is no column for"
_SUGGESTED: Final = "did you mean"


def is_drift_note(note: str) -> bool:
    """Whether a note on reading tells of a column that is new or seems to be renamed."""
    return NEW_COLUMN in note or (_ABSENT in note and _SUGGESTED in note)
