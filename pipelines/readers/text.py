"""From bytes to UTF-8: byte-order marks, the encoding a contract names, or detection that says what it chose.

Delimiters, records and values do not belong here.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import Final

from charset_normalizer import from_bytes

from pipelines.readers.refusals import RefusalCode, RefusedFile

# The four-byte marks come first: the UTF-32 LE one begins with that of UTF-16 LE.
_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE_BYTES: Final = 64 << 10
_WIDE_SAMPLE_BYTES: Final = 4096
# Below this many bytes outside ASCII a statistical guess is no better than the most common encoding of exports.
_EVIDENCE_BYTES: Final = 60
_CANDIDATES: Final = (
    "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "iso8859_2", "iso8859_5",
    "koi8_r", "cp932", "euc_jp", "gb18030", "big5", "euc_kr",
)  # fmt: skip
_FALLBACK: Final = "cp1252"
_NOT_BLANK: Final = re.compile(rb"\S")


@dataclass(frozen=True, slots=True)
class DecodedText:
    """Text of a file as UTF-8 bytes without a byte-order mark, the encoding it was in, and what was noticed."""

    utf8: bytes
    encoding: str
    notes: tuple[str, ...] = ()


def decode_text(data: bytes, declared: str | None, name: str) -> DecodedText:
    """Bring the text of a file to UTF-8.

    A byte-order mark wins over the contract, the contract over detection. Detection takes strict UTF-8 if the bytes
    allow it; otherwise Windows-1252 unless there is enough evidence for another one, and says so in a note.

    Raises:
        RefusedFile: ``encoding`` when bytes do not fit, ``truncated`` for half a character at the end, ``binary`` for
            NUL characters, ``empty``.
    """
    notes: list[str] = []
    marked = _find_mark(data)
    if marked is not None:
        mark, encoding = marked
        data = data[len(mark) :]
        if declared is not None and not _agrees(declared, encoding, name):
            notes.append(
                f"The file begins with the byte-order mark of {encoding}; the contract's {declared} was ignored."
            )
    elif declared is not None:
        encoding = _look_up(declared, name)
    else:
        encoding, guess_note = detect_encoding(data, name)
        notes.extend(guess_note)

    utf8 = _decode(data, encoding, name)
    _refuse_binary(utf8, name)
    if _NOT_BLANK.search(utf8) is None:
        raise RefusedFile(RefusalCode.EMPTY, f"{name} is empty: it holds nothing but white space.", "Export it again.")
    return DecodedText(utf8, encoding, tuple(notes))


def detect_encoding(data: bytes, name: str) -> tuple[str, tuple[str, ...]]:
    """Return the most likely encoding of bytes without a mark, and a note where it had to be guessed.

    Raises:
        RefusedFile: ``encoding`` when nothing fits; ``binary`` when it is no text at all.
    """
    wide = _detect_utf16(data)
    if wide is not None:
        return wide, (f"The encoding was taken to be {wide} from the pattern of its bytes; it has no byte-order mark.",)
    if data.isascii():
        return "utf-8", ()
    try:
        codecs.utf_8_decode(data, "strict", True)
        return "utf-8", ()
    except UnicodeDecodeError as error:
        if error.end >= len(data) and error.reason == "unexpected end of data" and error.start > 0:
            # Only the last character is incomplete: UTF-8 that was cut off, not another encoding.
            _refuse_cut_character(data, name)
    _refuse_binary(data, name)
    guessed = _guess_single_byte(data)
    if guessed is None:
        raise RefusedFile(
            RefusalCode.ENCODING,
            f"The encoding of {name} cannot be told: it is neither UTF-8 nor a known regional encoding.",
            "Write the encoding into the contract's server entry (encoding: ...), or export as UTF-8.",
        )
    note = (
        f"The file is not UTF-8; its encoding was guessed to be {guessed}. "
        "Name it in the contract's server entry (encoding: ...) to be sure."
    )
    return guessed, (note,)


def _find_mark(data: bytes) -> tuple[bytes, str] | None:
    return next(((mark, encoding) for mark, encoding in _MARKS if data.startswith(mark)), None)


def _agrees(declared: str, marked: str, name: str) -> bool:
    looked_up = _look_up(declared, name)
    return marked.startswith(looked_up) or looked_up in (f"{marked}-sig", marked)


def _look_up(declared: str, name: str) -> str:
    try:
        found = codecs.lookup(declared).name
        b"".decode(found)  # codecs also lists transformations that are not encodings of text
    except LookupError as error:
        raise RefusedFile(
            RefusalCode.ENCODING,
            f"{name} cannot be read: '{declared}' is not the name of an encoding.",
            "Write for example utf-8, cp1252, iso-8859-15 or utf-16 into the contract's server entry (encoding: ...).",
        ) from error
    return found


def _decode(data: bytes, encoding: str, name: str) -> bytes:
    if encoding in ("ascii", "utf-8", "cp1252") and data.isascii():
        return data
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding.startswith("utf") and error.start > 0 and error.end >= len(data) and len(data) - error.start < 4:
            raise RefusedFile(
                RefusalCode.TRUNCATED,
                f"{name} is cut off: it ends in the middle of a character.",
                "Transfer or export the file again.",
            ) from error
        line = _count_lines(data[: error.start].decode(encoding, "ignore"))
        wrong = data[error.start : error.start + 1].hex().upper()
        raise RefusedFile(
            RefusalCode.ENCODING,
            f"{name}, line {line}: byte {wrong} is not possible in {encoding}.",
            "Correct the encoding in the contract's server entry, or leave it out to have it detected.",
            row=line,
        ) from error
    except LookupError as error:
        raise RefusedFile(
            RefusalCode.ENCODING, f"{name}: {error}.", "Correct the encoding in the contract's server entry."
        ) from error
    return data if encoding == "utf-8" else text.encode("utf-8")


def _count_lines(text: str) -> int:
    return max(text.count("\n"), text.count("\r")) + 1


def _detect_utf16(data: bytes) -> str | None:
    sample = data[:_WIDE_SAMPLE_BYTES]
    if len(sample) < 4 or 0 not in sample:
        return None
    even, odd = sample[0::2].count(0) / len(sample[0::2]), sample[1::2].count(0) / max(len(sample[1::2]), 1)
    if odd > 0.6 and even < 0.05:
        return "utf-16-le"
    if even > 0.6 and odd < 0.05:
        return "utf-16-be"
    return None


def _refuse_cut_character(data: bytes, name: str) -> None:
    tail_start = max(len(data) - 4, 0)
    before = data[:tail_start]
    # One lone Latin letter at the very end of an otherwise plain file is no proof of UTF-8.
    if before.isascii():
        return
    raise RefusedFile(
        RefusalCode.TRUNCATED,
        f"{name} is cut off: it ends in the middle of a character.",
        "Transfer or export the file again.",
    )


def _guess_single_byte(data: bytes) -> str | None:
    sample = _sample_foreign_lines(data)
    foreign = sum(byte > 127 for byte in sample)
    if foreign >= _EVIDENCE_BYTES:
        best = from_bytes(sample, cp_isolation=list(_CANDIDATES)).best()
        # Encodings of one script share most of their characters: then the most common one is as right as the guess.
        same = best is not None and _can_decode(sample, _FALLBACK) and sample.decode(_FALLBACK) == str(best)
        if best is not None and not same and _can_decode(data, best.encoding):
            return str(codecs.lookup(best.encoding).name)
    return _FALLBACK if _can_decode(data, _FALLBACK) else None


def _sample_foreign_lines(data: bytes) -> bytes:
    """Return lines with characters outside ASCII: in a large export they are few and may come late."""
    lines: list[bytes] = []
    size = 0
    for line in data.splitlines(keepends=True):
        if not line.isascii():
            lines.append(line)
            size += len(line)
            if size > _SAMPLE_BYTES:
                break
    return b"".join(lines)


def _can_decode(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _refuse_binary(utf8: bytes, name: str) -> None:
    position = utf8.find(b"\x00")
    if position < 0:
        return
    line = _count_lines(utf8[:position].decode("utf-8", "ignore"))
    raise RefusedFile(
        RefusalCode.BINARY,
        f"{name}, line {line}: a NUL character; this is not the text that the contract's format says.",
        "Check the format in the contract (is it a workbook or a Parquet file?), or export the data as text again.",
        row=line,
    )
