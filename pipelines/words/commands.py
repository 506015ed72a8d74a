"""Paths in commands that people are shown, so that these can be pasted as they stand."""

from __future__ import annotations

import re
import shlex
from pathlib import PurePath
from typing import Final

#: What no shell takes for anything but itself.
_PLAIN: Final = re.compile(r"[\w@%+=:,./~-]+")
#: What means something to a shell between double quotes, too; a backslash only before some characters and the end.
_STILL_SPECIAL: Final = re.compile(r'["$`!]|\\(?=[\\\n]|\Z)')


def pasted(path: PurePath | str) -> str:
    """A path as one word of a command, quoted if a shell would take it for more than one.

    Between double quotes where they are enough: these are known to the shells of Windows, too, and to be told from
    the single quotes around a command in a sentence.
    """
    text = str(path)
    if _PLAIN.fullmatch(text):
        return text
    return shlex.quote(text) if _STILL_SPECIAL.search(text) else f'"{text}"'
