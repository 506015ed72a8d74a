"""Looking at a landed file before anything parses it: is it whole, safe and what it says it is?

Content is identified by the SHA-256 of what is inside the compression, so that the same export is recognised under
another name or compression. Parsing, encodings and headers do not belong here.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import stat
import time
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Final

from pipelines.readers.compression import Limits, decompress, find_compression, refuse_expansion
from pipelines.readers.refusals import RefusalCode, RefusedFile

_CHUNK: Final = 1 << 20
_HEAD: Final = 4096
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_UNFINISHED_SUFFIXES: Final = (".part", ".partial", ".tmp", ".temp", ".crdownload", ".download", ".filepart", ".swp")
_HTML: Final = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)
_MARKS: Final = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
#: A file that was written less than this before it was looked at may be written again without its times telling: clocks
#: of file systems are as coarse as that.
_COARSEST_CLOCK_NANOSECONDS: Final = 2_000_000_000


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What is known about a file that may be read.

    Attributes:
        path: where it is.
        name: its path within the landing folder, for messages and lineage.
        size_bytes: its size on disk.
        compression: None, ``gzip`` or ``zip``.
        member: the one data file in a zip archive, else None.
        content_hash: SHA-256 (hexadecimal) of the decompressed content.
        modified_at: when it was last modified, UTC.
        stamp: what the file system says of it, which is another whenever something was written to it; None where it was
            written so lately that it need not be.
    """

    path: Path
    name: str
    size_bytes: int
    compression: str | None
    member: str | None
    content_hash: str
    modified_at: datetime
    stamp: str | None = None


def inspect_file(
    path: Path, folder: Path, *, limits: Limits | None = None, known: FileFacts | None = None
) -> FileFacts:
    """Check that a file of a landing folder is safe and whole, and identify its content.

    Reads the whole content once, in pieces: memory use does not depend on the file's size.

    Args:
        known: what was found out by the same limits when a file of this name was read before. If nothing was written to
            it since, it is not read again.

    Raises:
        RefusedFile: for every reason that can be known before parsing.
    """
    limits = limits or Limits()
    name = _name_within(path, folder)
    try:
        return _inspect(path, folder, name, limits, known)
    except PermissionError as error:
        raise RefusedFile(
            RefusalCode.UNREADABLE,
            f"{name} may not be opened ({error.strerror}).",
            "Give the account that runs the pipeline the right to read it.",
        ) from error
    except FileNotFoundError as error:
        raise RefusedFile(
            RefusalCode.NOT_A_FILE, f"{name} is not there (any more).", "Put the export back into its landing folder."
        ) from error


@contextmanager
def open_content(facts: FileFacts) -> Iterator[BinaryIO]:
    """Open the decompressed content of an inspected file.

    Raises:
        RefusedFile: ``growing`` if the file is no longer the one that was inspected.
    """
    found = facts.path.stat() if facts.path.exists() else None
    if found is None or found.st_size != facts.size_bytes or _modified_at(found) != facts.modified_at:
        raise _growing(facts.name, "it changed after it was inspected")
    with decompress(facts.path, facts.compression, facts.member) as content:
        yield content


def read_content(facts: FileFacts) -> bytes:
    """Return the whole decompressed content of an inspected file."""
    with open_content(facts) as content:
        return content.read()


def _inspect(path: Path, folder: Path, name: str, limits: Limits, known: FileFacts | None) -> FileFacts:
    _refuse_outside(path, folder, name)
    before = path.stat()
    if not stat.S_ISREG(before.st_mode):
        raise RefusedFile(
            RefusalCode.NOT_A_FILE,
            f"{name} is not an ordinary file.",
            "Landing folders hold the exported files themselves; take everything else out.",
        )
    _refuse_unfinished(path, name, before, limits)
    if before.st_size == 0:
        raise _empty(name, "it has no bytes")
    stamp = _stamp(before)
    if known is not None and stamp is not None and known.stamp == stamp:
        return replace(known, path=path, name=name)

    compression, member = find_compression(path, name, before.st_size, limits)
    content_hash = _hash_content(path, name, compression, member, before.st_size, limits)
    after = path.stat()
    if (after.st_size, after.st_mtime_ns, after.st_ino) != (before.st_size, before.st_mtime_ns, before.st_ino):
        raise _growing(name, f"it went from {before.st_size:,} to {after.st_size:,} bytes while it was read")
    return FileFacts(path, name, before.st_size, compression, member, content_hash, _modified_at(before), stamp)


def _stamp(found: os.stat_result) -> str | None:
    # The second time is set by the system alone: where a copy keeps the first, as that of a corrected file of the same
    # size can, it is another. On Windows, it is that of creation.
    times = found.st_mtime_ns, found.st_ctime_ns
    if time.time_ns() - max(times) < _COARSEST_CLOCK_NANOSECONDS:
        return None
    return " ".join(map(str, (found.st_size, *times, found.st_ino)))


def _name_within(path: Path, folder: Path) -> str:
    absolute, base = Path(os.path.abspath(path)), Path(os.path.abspath(folder))  # noqa: PTH100 (keeps symlinks)
    return absolute.relative_to(base).as_posix() if absolute.is_relative_to(base) else path.name


def _refuse_outside(path: Path, folder: Path, name: str) -> None:
    target = path.resolve()
    if target.is_relative_to(folder.resolve()):
        return
    raise RefusedFile(
        RefusalCode.SYMLINK,
        f"{name} leads out of its landing folder.",
        "Copy the file itself into the landing folder instead of linking to it.",
    )


def _refuse_unfinished(path: Path, name: str, found: os.stat_result, limits: Limits) -> None:
    suffix = path.suffix.lower()
    if suffix in _UNFINISHED_SUFFIXES or path.name.startswith(("~$", ".~")):
        raise _growing(name, "its name is that of an unfinished download or an open document")
    quiet_seconds = time.time() - found.st_mtime
    if quiet_seconds < limits.settle_seconds:
        raise _growing(name, f"it was modified {max(quiet_seconds, 0):.0f} seconds ago")


def _hash_content(path: Path, name: str, compression: str | None, member: str | None, size: int, limits: Limits) -> str:
    digest = hashlib.sha256()
    read = 0
    head = b""
    try:
        with decompress(path, compression, member) as content:
            while chunk := content.read(_CHUNK):
                read += len(chunk)
                # Checked while it expands: what an archive says of its own size is not believed.
                refuse_expansion(name, read, size if compression else None, limits)
                if len(head) < _HEAD:
                    head += chunk[: _HEAD - len(head)]
                digest.update(chunk)
    except EOFError as error:
        raise RefusedFile(
            RefusalCode.TRUNCATED,
            f"{name} is cut off: its {compression} stream has no end.",
            "Transfer the file again; it was probably still being written.",
        ) from error
    except (zlib.error, gzip.BadGzipFile, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise RefusedFile(
            RefusalCode.CORRUPT,
            f"{name} cannot be decompressed ({error}).",
            "Transfer the file again, or ask the sender for a plain .gz or .zip.",
        ) from error
    if read == 0:
        raise _empty(name, "there is nothing inside its compression")
    if read <= _HEAD and not head.strip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"):
        raise _empty(name, "it holds nothing but white space")
    _refuse_html(name, head)
    return digest.hexdigest()


def _refuse_html(name: str, head: bytes) -> None:
    text = head
    for mark in _MARKS:
        text = text.removeprefix(mark)
    if _HTML.match(text.replace(b"\x00", b"")):
        raise RefusedFile(
            RefusalCode.HTML,
            f"{name} is a web page, not an export: most often the log-in or error page of the system it came from.",
            "Open it in a browser to see what it says, then export again.",
        )


def _modified_at(found: os.stat_result) -> datetime:
    # Not fromtimestamp(): a float of seconds cannot hold every microsecond.
    return _EPOCH + timedelta(microseconds=found.st_mtime_ns // 1000)


def _empty(name: str, why: str) -> RefusedFile:
    return RefusedFile(
        RefusalCode.EMPTY,
        f"{name} is empty: {why}.",
        "Export it again. An export without records still has its header line.",
    )


def _growing(name: str, why: str) -> RefusedFile:
    return RefusedFile(
        RefusalCode.GROWING,
        f"{name} seems to be still in the making: {why}.",
        "Leave it; the next run takes it once it is complete.",
    )
