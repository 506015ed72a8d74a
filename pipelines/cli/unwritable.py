"""What a folder is told as that may not be written to: which one, and that nothing is half done.

Files, DuckDB and Polars each say it in their own way; what they have in common is the system's words. Here is no
rescue: every writer leaves its old state behind by itself. Full disks are in `full_disk`.
"""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path
from typing import Final

from pipelines.cli.full_disk import causes_of, path_of

_READ_ONLY: Final = (errno.EROFS,)
_FORBIDDEN: Final = (errno.EACCES, errno.EPERM)
#: A file that is written beside its place, of which people know the name that it gets.
_BUILDING: Final = re.compile(r"\.(.+?)(\.[0-9a-f]{8})?(\.building)?")


def explain_unwritable(error: BaseException) -> str | None:
    """What to tell people of an error that is a folder or file that this account may not write to, at heart; None for
    any other error."""
    for cause in causes_of(error):
        path = path_of(cause)
        if _says(cause, _READ_ONLY):
            return _of_read_only(path)
        if _says(cause, _FORBIDDEN):
            return _of_forbidden(path)
    return None


def _says(error: BaseException, numbers: tuple[int, ...]) -> bool:
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno in numbers
    return any(os.strerror(number) in str(error) for number in numbers)


def _of_read_only(path: Path | None) -> str:
    where = f"The folder {_folder_of(path)}" if path else "A folder that would be written to"
    what = f", so {_name_of(path)} could not be written there" if path else ""
    return (
        f"{where} is on a disk that is mounted read-only{what}. Name another place (-o for a file, --home for a home), "
        "or let the disk be mounted for writing, then run again; nothing is half done."
    )


def _of_forbidden(path: Path | None) -> str:
    remedy = (
        "Give this account the right to write to it, or name another place (-o for a file, --home for a home), then "
        "run again; nothing is half done."
    )
    if path is None:
        return f"A folder may not be written to by this account. {remedy}"
    if os.path.exists(path) and not os.access(path, os.R_OK):  # noqa: PTH110 (Path.exists raises where it may not look)
        return f"{path} may not be read by this account. Give it the right to read it, then run again."
    return f"The folder {_folder_of(path)} may not be written to by this account, for {_name_of(path)}. {remedy}"


def _folder_of(path: Path) -> Path:
    """The folder that is there, of a path that may not be."""
    whole = path.absolute()
    return next((each for each in whole.parents if os.path.isdir(each)), whole.parent)  # noqa: PTH112 (same)


def _name_of(path: Path) -> str:
    beside = _BUILDING.fullmatch(path.name)
    return beside[1] if beside and (beside[2] or beside[3]) else path.name
