"""Line ends that are not what they seem, made harmless before a CSV parser sees them.

Splitting text into records does not belong here.
"""

from __future__ import annotations

import re
from typing import Final

import polars as pl

_HEAD_BYTES: Final = 256 << 10
_DOUBLED: Final = re.compile(rb"[^\r\n]*\r\r\n")
_BARE_RETURN: Final = re.compile(rb"\r(?!\n)")
_SHIELDS: Final = ("\ue00d", "\ue10d", "\uf8fd", "\U000ffffc")


def repair_doubled_returns(utf8: bytes) -> tuple[bytes, tuple[str, ...]]:
    """Undo line ends that were converted twice (CR CR LF), which would read as a blank line after every record."""
    if _DOUBLED.match(utf8, 0, _HEAD_BYTES) is None:
        return utf8, ()
    return utf8.replace(b"\r\r\n", b"\r\n"), ("Lines end in CR CR LF, converted twice; they were read as CR LF.",)


class ReturnShield:
    """Keeps carriage returns inside values of a file whose lines end in LF or CR LF from ending a record.

    A parser takes any carriage return outside quotes for a line end. They are replaced by a character that the text
    does not hold, and put back into the parsed values.
    """

    def __init__(self, head: bytes, body: bytes) -> None:
        """Take what comes before the records, which shows how lines end here, and the records."""
        self.body = body
        self._shield: str | None = None
        if not head.endswith(b"\n") or b"\r" not in body:
            return
        returns, both, feeds = body.count(b"\r"), body.count(b"\r\n"), body.count(b"\n")
        # With more bare returns than line feeds, records were added by a program that ends its lines in CR.
        if returns == both or returns - both > feeds:
            return
        self._shield = next(shield for shield in _SHIELDS if shield.encode() not in body)
        self.body = _BARE_RETURN.sub(self._shield.encode(), body)

    def restore(self, text: str) -> str:
        """Put the carriage returns of one value back."""
        return text.replace(self._shield, "\r") if self._shield else text

    def restore_all(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Put the carriage returns of all values back."""
        if self._shield is None:
            return frame
        return frame.with_columns(pl.all().str.replace_all(self._shield, "\r", literal=True))
