"""Gzip and zip around an export: recognised by content, opened as a stream, bounded while they expand.

Nothing is ever unpacked to disk. Whether the content is an export does not belong here.
"""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, cast

from pipelines.readers.refusals import RefusalCode, RefusedFile

_BUFFER_BYTES: Final = 1 << 20
# A zip archive that holds one of these is a document, not a wrapping around an export.
_DOCUMENT_MEMBERS: Final = frozenset({"[Content_Types].xml", "mimetype"})


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a file may expand, and how long it must have been quiet.

    Attributes:
        max_bytes: content above this size is refused, whatever its compression.
        max_ratio: content more than this many times its compressed size is refused ...
        ratio_free_bytes: ... once it is larger than this; short repetitive exports compress very well.
        settle_seconds: a file modified more recently than this counts as still being written.
    """

    max_bytes: int = 8 << 30
    max_ratio: int = 250
    ratio_free_bytes: int = 64 << 20
    settle_seconds: float = 0.0


def find_compression(path: Path, name: str, size: int, limits: Limits) -> tuple[str | None, str | None]:
    """Tell a file's compression from its content, since names lie.

    Returns:
        None, ``gzip`` or ``zip``, and for a zip archive the name of its one data file. A workbook is an archive too,
        but not a compression of something else: None.

    Raises:
        RefusedFile: ``truncated``, ``corrupt``, ``members``, ``encrypted`` or ``zip_bomb``.
    """
    with path.open("rb") as file:
        magic = file.read(4)
    if magic[:2] == b"\x1f\x8b":
        return "gzip", None
    if magic[:4] == b"PK\x05\x06":
        raise RefusedFile(
            RefusalCode.MEMBERS, f"{name} is a zip archive with nothing in it.", "Ask the sender for the export again."
        )
    if magic[:4] != b"PK\x03\x04":
        return None, None
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if any(member.header_offset < 0 for member in members):
                raise zipfile.BadZipFile("a member that lies before the file begins")
            if _DOCUMENT_MEMBERS & {member.filename for member in members}:
                _check_document(archive, name, size, limits)
                return None, None
    except (zipfile.BadZipFile, OSError, ValueError, EOFError) as error:
        raise RefusedFile(
            RefusalCode.TRUNCATED,
            f"{name} is a zip archive without a readable table of contents: it is cut off or damaged.",
            "Transfer the file again.",
        ) from error
    return "zip", _pick_member(name, members)


def _check_document(archive: zipfile.ZipFile, name: str, size: int, limits: Limits) -> None:
    """Refuse a workbook that swells or is damaged; its members are hashed together, as the one file they are."""
    refuse_expansion(name, sum(member.file_size for member in archive.infolist()), size, limits)
    try:
        # Reads no member beyond its declared size, so the sum above holds; a member that lied fails its checksum.
        damaged = archive.testzip()
    except (zlib.error, NotImplementedError, RuntimeError) as error:
        damaged = str(error)
    if damaged:
        raise RefusedFile(
            RefusalCode.CORRUPT,
            f"{name} is a damaged document ({damaged}).",
            "Open it in the program that made it and save it again, or transfer it again.",
        )


def _pick_member(name: str, members: list[zipfile.ZipInfo]) -> str:
    data = [
        member
        for member in members
        if not member.is_dir()
        and not member.filename.startswith("__MACOSX/")
        and not Path(member.filename).name.startswith(".")
    ]
    if len(data) != 1:
        listed = ", ".join(member.filename for member in data[:5]) + (", ..." if len(data) > 5 else "")
        raise RefusedFile(
            RefusalCode.MEMBERS,
            f"{name} holds {len(data)} data files{f' ({listed})' if listed else ''}; exactly one is expected.",
            "Unpack it and put each export into the landing folder of its own contract.",
        )
    if data[0].flag_bits & 0x1:
        raise RefusedFile(
            RefusalCode.ENCRYPTED, f"{name} is protected by a password.", "Send the export without a password."
        )
    return data[0].filename


def refuse_expansion(name: str, expanded: int, compressed: int | None, limits: Limits) -> None:
    """Refuse content beyond the limits.

    Args:
        expanded: size in bytes of the content, as far as it is known.
        compressed: size in bytes of the file, or None for a file without compression.

    Raises:
        RefusedFile: ``zip_bomb`` or ``too_large``.
    """
    too_steep = (
        compressed is not None and expanded > limits.ratio_free_bytes and expanded > compressed * limits.max_ratio
    )
    if expanded <= limits.max_bytes and not too_steep:
        return
    if compressed is None:
        raise RefusedFile(
            RefusalCode.TOO_LARGE,
            f"{name} is larger than {limits.max_bytes:,} bytes.",
            "Export a shorter period per file.",
        )
    raise RefusedFile(
        RefusalCode.ZIP_BOMB,
        f"{name} expands from {compressed:,} to more than {expanded:,} bytes, beyond what an export does.",
        "If it is genuine, unpack it first or export a shorter period per file.",
    )


@contextmanager
def decompress(path: Path, compression: str | None, member: str | None) -> Iterator[BinaryIO]:
    """Open the content of a file whose compression is known."""
    if compression == "gzip":
        with gzip.open(path, "rb") as content:
            yield cast(BinaryIO, content)
    elif compression == "zip" and member is not None:
        with zipfile.ZipFile(path) as archive, archive.open(member) as content:
            yield cast(BinaryIO, content)
    else:
        with path.open("rb", buffering=_BUFFER_BYTES) as plain:
            yield plain
