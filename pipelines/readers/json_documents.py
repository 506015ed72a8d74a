"""From the text of a JSON file to its documents, or to the place where it stops being JSON.

Records within documents are ``json_records``' business.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pipelines.readers.json_text import ExactJson
from pipelines.readers.refusals import RefusalCode, RefusedFile


def parse_document(text: str, exact: ExactJson, name: str) -> Any:
    """Parse a file that is one JSON document.

    Raises:
        RefusedFile: ``truncated``, ``record``, or ``format`` for JSON lines.
    """
    try:
        return exact.parse(text)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data" and text[: error.pos].count("\n") <= 1:
            raise RefusedFile(
                RefusalCode.FORMAT,
                f"{name} holds several JSON documents, one a line.",
                "Write format: jsonl into the contract's server entry.",
            ) from error
        if _is_at_end(error, text):
            raise RefusedFile(
                RefusalCode.TRUNCATED,
                f"{name} is cut off: the JSON document ends in line {error.lineno} before it is complete.",
                "Export or transfer the file again.",
                row=error.lineno,
            ) from error
        raise RefusedFile(
            RefusalCode.RECORD,
            f"{name}, line {error.lineno}, column {error.colno}: not valid JSON ({error.msg}).",
            "Export the file again, or correct that place.",
            row=error.lineno,
        ) from error
    except RecursionError as error:
        raise too_deep(name, None) from error


def parse_lines(utf8: bytes, exact: ExactJson, name: str) -> Iterator[Any]:
    """Parse a file with a JSON document on every line; blank lines are passed over.

    Raises:
        RefusedFile: ``truncated``, ``record`` with the line's number, or ``format`` for a document over several lines.
    """
    lines = utf8.splitlines()
    complete = utf8.endswith((b"\n", b"\r"))
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        text = line.decode()
        try:
            yield exact.parse(text)
        except json.JSONDecodeError as error:
            if number == 1 and _is_at_end(error, text) and len(lines) > 1:
                raise RefusedFile(
                    RefusalCode.FORMAT,
                    f"{name} is one JSON document over several lines, not one record a line.",
                    "Write format: json into the contract's server entry.",
                    row=1,
                ) from error
            if number == len(lines) and not complete:
                raise RefusedFile(
                    RefusalCode.TRUNCATED,
                    f"{name} is cut off in its last line, {number}.",
                    "Export or transfer the file again.",
                    row=number,
                ) from error
            raise RefusedFile(
                RefusalCode.RECORD,
                f"{name}, line {number}, column {error.colno}: not valid JSON ({error.msg}).",
                "Export the file again, or correct that line.",
                row=number,
            ) from error
        except RecursionError as error:
            raise too_deep(name, number) from error


def _is_at_end(error: json.JSONDecodeError, text: str) -> bool:
    return error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")


def too_deep(name: str, line: int | None) -> RefusedFile:
    """Return the refusal of a document nested beyond what the parser follows."""
    place = f"{name}, line {line}" if line else name
    return RefusedFile(
        RefusalCode.RECORD, f"{place}: nested too deeply for an export.", "Check where the file comes from.", row=line
    )
