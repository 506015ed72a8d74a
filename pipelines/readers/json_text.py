"""JSON parsed so that every number can be written back exactly as the file has it.

``1.10`` stays ``1.10`` and an id of thirty digits keeps them all: numbers are never converted. Paths and frames do not
belong here.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

# Numbers are parsed into text that begins and ends with one of these characters, which JSON made by a program does not
# contain. A document that does contain the first is read with the next.
_MARKS: Final = ("\ue000", "\uf8fe", "\U000ffffd")


class ExactJson:
    """Parser and writer that keep numbers as text. One instance per document, or one for all lines of a file."""

    def __init__(self, text: str) -> None:
        """Choose a mark that the text contains neither plainly nor escaped."""
        folded = text.lower() if "\\u" in text else ""
        self._mark = next(mark for mark in _MARKS if mark not in text and json.dumps(mark)[1:-1] not in folded)
        # Half of a surrogate pair can be written as an escape, but not as text.
        self._may_hold_halves = "\\ud" in folded
        self._decoder = json.JSONDecoder(parse_float=self._keep, parse_int=self._keep, parse_constant=self._keep)
        self._encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
        self._marked = re.compile(f'"{self._mark}([^"]*){self._mark}"')

    def parse(self, text: str) -> Any:
        """Parse a document; numbers become marked text that only this instance understands.

        Raises:
            json.JSONDecodeError: as the standard library does.
        """
        return self._decoder.decode(text)

    def write(self, value: Any) -> str:
        """Write a parsed value as compact JSON, numbers as they were."""
        text = self._encoder.encode(value)
        return self._escape_halves(self._marked.sub(r"\1", text) if self._mark in text else text)

    def to_text(self, value: Any) -> str | None:
        """Return a value as a cell: text and numbers as they are, null and empty text as None, the rest as JSON."""
        if isinstance(value, str):
            return self._escape_halves(value[1:-1] if value[:1] == self._mark else value) or None
        if value is None:
            return None
        if value is True:
            return "true"
        if value is False:
            return "false"
        return self.write(value)

    def _escape_halves(self, text: str) -> str:
        return text.encode("utf-8", "backslashreplace").decode() if self._may_hold_halves else text

    def _keep(self, number: str) -> str:
        return f"{self._mark}{number}{self._mark}"
