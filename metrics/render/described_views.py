"""What a view that is written by hand says of itself in its `COMMENT ON` statements, for the data dictionary."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_TEXT: Final = r"IS '((?:[^']|'')*)';"
_VIEW_COMMENT: Final = re.compile(rf"^COMMENT ON VIEW (\w+)\.(\w+) {_TEXT}$", re.MULTILINE)
_COLUMN_COMMENT: Final = re.compile(rf"^COMMENT ON COLUMN \w+\.\w+\.(\w+) {_TEXT}$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class DescribedView:
    """A view's name, its meaning, and the name and meaning of each of its columns."""

    name: str
    meaning: str
    columns: tuple[tuple[str, str], ...]


def describe_view(text: str) -> DescribedView:
    """The comments of a view.

    Args:
        text: statements that create and comment it.

    Raises:
        ValueError: the view has no comment.
    """
    found = _VIEW_COMMENT.search(text)
    if found is None:
        raise ValueError(f"a view has no COMMENT ON VIEW; its file begins with: {text.strip()[:80]}")
    columns = [(name, _unquoted(meaning)) for name, meaning in _COLUMN_COMMENT.findall(text)]
    return DescribedView(found[2], _unquoted(found[3]), tuple(columns))


def _unquoted(text: str) -> str:
    return text.replace("''", "'")
