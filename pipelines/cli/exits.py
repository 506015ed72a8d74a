"""Exit codes of every command, and which error ends a command with which of them.

The codes are a promise to scripts and schedulers; docs/reference/cli.md states them. Errors are recognised by name,
because importing the modules that define them would make every command as slow as the slowest.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class ExitCode(IntEnum):
    """How a command ended. Where several apply, see `of_outcome`."""

    OK = 0
    FAILED = 1
    USAGE = 2
    HELD = 3
    BUSY = 4
    REFUSED = 5
    BREAKING = 6
    INTERRUPTED = 130


class CommandError(Exception):
    """A command cannot do what was asked. The message says why, and what to do, to somebody who reads no Python."""

    def __init__(self, message: str, code: ExitCode = ExitCode.USAGE) -> None:
        super().__init__(message)
        self.code = code


#: Errors that are expected: their message is for people, and needs no traceback.
EXPECTED_ERRORS: Final[dict[str, ExitCode]] = {
    "data_contracts.problems.DocumentError": ExitCode.USAGE,
    "pipelines.explaining.cell.HeldError": ExitCode.HELD,
    "pipelines.explaining.cell.NotPublishedError": ExitCode.USAGE,
    "pipelines.home.HomeError": ExitCode.USAGE,
    "pipelines.readers.refusals.RefusedFile": ExitCode.REFUSED,
    "pipelines.run.SelectionError": ExitCode.USAGE,
    "pipelines.scaffold.ScaffoldError": ExitCode.USAGE,
    "pipelines.warehouse.WarehouseBusyError": ExitCode.BUSY,
    "pipelines.warehouse.WarehouseUnreadableError": ExitCode.FAILED,
    "pipelines.publish.target.PublishError": ExitCode.FAILED,
}


def expected_exit(error: BaseException) -> ExitCode | None:
    """The exit code of an expected error; None for one that nobody foresaw."""
    if isinstance(error, CommandError):
        return error.code
    for ancestor in type(error).__mro__:
        code = EXPECTED_ERRORS.get(f"{ancestor.__module__}.{ancestor.__qualname__}")
        if code is not None:
            return code
    return None


def of_outcome(*, has_held: bool, has_refused: bool, has_failed: bool = False) -> ExitCode:
    """The exit code of a run or check that came to its end: a target that failed outranks what is held, and that what
    was refused."""
    if has_failed:
        return ExitCode.FAILED
    if has_held:
        return ExitCode.HELD
    return ExitCode.REFUSED if has_refused else ExitCode.OK
