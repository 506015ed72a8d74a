"""What a full disk is told as: which disk, how much is free on it, and that nothing is half done.

Files, DuckDB and Polars each say it in their own way; what they have in common is the system's words. Here is no
rescue: every writer leaves its old state behind by itself.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_FULL: Final = (os.strerror(errno.ENOSPC), os.strerror(errno.EDQUOT), "not enough space on the disk")
_TOO_LARGE: Final = os.strerror(errno.EFBIG)
#: A path in the message of DuckDB or of the system.
_PATH: Final = re.compile(r"""["'](/[^"']+|[A-Za-z]:\\[^"']+)["']""")
_UNITS: Final = ("bytes", "kB", "MB", "GB", "TB")


def explain_full_disk(error: BaseException) -> str | None:
    """What to tell people of an error that is a full disk at heart; None for any other error."""
    for cause in causes_of(error):
        said = str(cause)
        path = path_of(cause)
        if any(words in said for words in _FULL):
            return _of_disk(path)
        if _TOO_LARGE in said:
            return (
                f"{path or 'A file'} could not grow: the system lets this account write no larger file ('ulimit -f' "
                "shows the limit). Raise it, then run again; nothing is half done."
            )
    return None


def causes_of(error: BaseException) -> Iterator[BaseException]:
    """The error and what it came from, the latest first."""
    seen: set[int] = set()
    found: BaseException | None = error
    while found is not None and id(found) not in seen:
        seen.add(id(found))
        yield found
        found = found.__cause__ or found.__context__


def path_of(error: BaseException) -> Path | None:
    """The file that an error of the system, DuckDB or Polars names; None if it names none."""
    if isinstance(error, OSError) and isinstance(error.filename, str):
        return Path(error.filename)
    found = _PATH.search(str(error))
    return Path(found[1]) if found else None


def _of_disk(path: Path | None) -> str:
    remedy = "Make room there or move the home to a larger disk, then run again; nothing is half done."
    if path is None:
        return f"A disk is full, or this account may not write more to it. {remedy}"
    folder = next(parent for parent in path.absolute().parents if parent.is_dir())
    disk = folder
    while not disk.is_mount():
        disk = disk.parent
    usage = shutil.disk_usage(folder)
    return (
        f"The disk {disk} is full, or this account may not write more to it: {path} could not be written. "
        f"{_size(usage.free)} of {_size(usage.total)} are free. {remedy}"
    )


def _size(count: int) -> str:
    amount, unit = float(count), 0
    while amount >= 1000 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    return f"{amount:,.1f} {_UNITS[unit]}" if unit else f"{count} bytes"
