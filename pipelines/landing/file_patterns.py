"""Names of landed files against the patterns by which contracts speak of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from fnmatch import fnmatch

from data_contracts.spec import ExportContract


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Whether any of the patterns is one of a file's name."""
    return any(fnmatch(name, pattern) for pattern in patterns)


def may_repeat(contracts: Iterable[ExportContract], export: str, object_name: str, files: Collection[str]) -> bool:
    """Whether the contract of an export says that what is equal in all of these files is different lines.

    Args:
        export: id of the contract.
        object_name: object of the contract that the files are of.
        files: names.
    """
    patterns = [
        item.may_repeat_rows
        for contract in contracts
        for item in contract.objects
        if (contract.id, item.name) == (export, object_name)
    ]
    return any(all(matches(name, of_object) for name in files) for of_object in patterns)
