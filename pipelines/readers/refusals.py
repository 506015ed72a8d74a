"""The one exception of the readers, and the closed list of reasons for it.

A refusal is written for an analyst: it names the file, says what is wrong and what to do. It never means that other
files cannot be read. What to do with a refused file (keep it in place, count it, go on) does not belong here.
"""

from __future__ import annotations

from enum import StrEnum


class RefusalCode(StrEnum):
    """Why a file is not read. Codes are stored with the load, so their spelling is stable."""

    EMPTY = "empty"  # no bytes, or only white space
    GROWING = "growing"  # still being written, or changed while it was looked at
    TRUNCATED = "truncated"  # ends in the middle of a record, stream or archive
    CORRUPT = "corrupt"  # fails its own checksum or structure
    HTML = "html"  # a web page (log-in, error) saved under the export's name
    ZIP_BOMB = "zip_bomb"  # expands beyond the limits
    TOO_LARGE = "too_large"  # uncompressed, and beyond the limits
    SYMLINK = "symlink"  # a link that leads out of the landing folder
    NOT_A_FILE = "not_a_file"  # missing, a folder, a pipe, a device
    UNREADABLE = "unreadable"  # the operating system denies access
    ENCRYPTED = "encrypted"  # password-protected archive or workbook
    MEMBERS = "members"  # an archive that does not hold exactly one data file
    BINARY = "binary"  # not text although the format is
    FORMAT = "format"  # another format than the contract says
    ENCODING = "encoding"  # bytes that the encoding cannot mean
    HEADER = "header"  # no header row, or a required column is not in it
    RETYPED = "retyped"  # next to no value of a column can be read as the contract says
    RECORD = "record"  # a record that cannot be parsed
    RECORD_PATH = "record_path"  # the nested records are not where the contract says
    SHEET = "sheet"  # the workbook has no such sheet
    UNSAFE_XML = "unsafe_xml"  # declares a document type or entities
    SNAPSHOT = "snapshot"  # of repeated snapshots: its instant cannot be told, is impossible, or has another file


class RefusedFile(Exception):  # noqa: N818 (an answer about the file, not an error of the program)
    """A file that is not read, with the reason in words for its sender.

    Attributes:
        code: the kind of refusal.
        message: what is wrong; starts with the file's name.
        remedy: what to do about it.
        row: record number (header counted as 1) or line, where one is to blame.
        column: header, property or path, where one is to blame.
    """

    def __init__(
        self,
        code: RefusalCode,
        message: str,
        remedy: str,
        *,
        row: int | None = None,
        column: str | None = None,
    ) -> None:
        super().__init__(f"{message} {remedy}")
        self.code = code
        self.message = message
        self.remedy = remedy
        self.row = row
        self.column = column

    def __reduce__(self) -> tuple[object, ...]:
        # The keyword arguments would be lost by Exception's own way of crossing a process boundary.
        return (_rebuild, (self.code, self.message, self.remedy, self.row, self.column))


def _rebuild(code: RefusalCode, message: str, remedy: str, row: int | None, column: str | None) -> RefusedFile:
    return RefusedFile(code, message, remedy, row=row, column=column)
