"""Content hashes: by them a rerun knows that there is nothing to do, and a reader that two things are the same."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

_CODE_PACKAGES = ("models", "metrics", "data_contracts", "sql", "pipelines")
#: Presentation code: changing it cannot change a stored number.
_NOT_COMPUTING = ("cli", "sample", "render", "report", "dashboard")


def hash_parts(*parts: Any) -> str:
    """SHA-256 (hex) of JSON-able parts; dictionaries are sorted, so that their order does not matter."""
    text = json.dumps(parts, sort_keys=True, default=str, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def code_hash() -> str:
    """Hash of the installed code and contracts that compute numbers: changed code means a full recomputation."""
    digest = hashlib.sha256()
    for package in _CODE_PACKAGES:
        for name, content in sorted(_source_files(resources.files(package), package)):
            digest.update(name.encode())
            digest.update(content)
    return digest.hexdigest()


@cache
def report_hash() -> str:
    """Hash of the code and style that make the report: if it changes, it is made again of the same numbers."""
    digest = hashlib.sha256()
    endings = (".py", ".css")
    for name, content in sorted(_source_files(resources.files("pipelines") / "report", "pipelines/report", endings)):
        digest.update(name.encode())
        digest.update(content)
    return digest.hexdigest()


def _source_files(
    folder: Traversable, prefix: str, endings: tuple[str, ...] = (".py", ".yaml", ".sql")
) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for entry in folder.iterdir():
        name = f"{prefix}/{entry.name}"
        if entry.is_dir():
            if entry.name not in _NOT_COMPUTING and not entry.name.startswith(("_", ".")):
                found += _source_files(entry, name, endings)
        elif entry.name.endswith(endings):
            found.append((name, entry.read_bytes()))
    return found
