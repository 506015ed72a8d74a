"""Why a DuckDB file cannot be opened, told from what DuckDB says, for messages that say what to do."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final


class OpeningFault(StrEnum):
    """What keeps a database file from being opened.

    `in_use`: another program has it open in a way that excludes this. `newer`: a later DuckDB wrote it. `damaged`: it
    is no database file, or no longer a whole one. `other`: anything else, such as rights.
    """

    IN_USE = "in_use"
    NEWER = "newer"
    DAMAGED = "damaged"
    OTHER = "other"


_SAID: Final = (
    (OpeningFault.IN_USE, re.compile(r"could not set lock|conflicting lock|used by another process", re.IGNORECASE)),
    (
        OpeningFault.NEWER,
        re.compile(r"version number \d+, but we can only read|newer version of DuckDB", re.IGNORECASE),
    ),
    (OpeningFault.DAMAGED, re.compile(r"not a valid DuckDB database|corrupt database|checksum", re.IGNORECASE)),
)
_PROCESS: Final = re.compile(r"held in (.+?) \(PID (\d+)\)")


def opening_fault(error: Exception) -> OpeningFault:
    """What an error of DuckDB on opening a file means."""
    return next((fault for fault, said in _SAID if said.search(str(error))), OpeningFault.OTHER)


def holder_of(error: Exception) -> str:
    """The process that has the file open, as ` (process 4711, python3.11)`; empty where DuckDB does not know it."""
    found = _PROCESS.search(str(error))
    if found is None:
        return ""
    program = re.split(r"[/\\]", found[1])[-1]
    return f" (process {found[2]}, {program})"
