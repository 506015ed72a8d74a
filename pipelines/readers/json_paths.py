"""Absolute paths into JSON documents, such as ``changelog.histories[].items[].toString``.

A name followed by ``[]`` steps into every element of a list. Where an object has no member of a step's name, the rest
of the path is tried as one name with dots in it, since some exports flatten their keys. Files and frames do not belong
here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final


class _Absent:
    """The type of ``ABSENT``: there is nothing at a path, which is not the same as null."""

    def __bool__(self) -> bool:
        return False


ABSENT: Final = _Absent()


@dataclass(frozen=True, slots=True)
class Step:
    """One name of a path; ``many`` if it steps into every element of the list there."""

    name: str
    many: bool


Steps = tuple[Step, ...]


def parse_path(path: str) -> Steps:
    """Split a path into steps. A leading ``[].``, for documents that are a list, means nothing.

    Raises:
        ValueError: for an empty name within the path.
    """
    trimmed = path.strip().removeprefix("[]").removeprefix(".")
    if not trimmed:
        return ()
    steps = tuple(Step(part.removesuffix("[]"), part.endswith("[]")) for part in trimmed.split("."))
    if any(not step.name for step in steps):
        raise ValueError(
            f"'{path}' is no path: it has an empty name. Paths look like fields.priority.name or items[].to."
        )
    return steps


def count_shared_lists(record_path: Steps, path: Steps) -> tuple[int, int]:
    """Tell how far a property's path follows the record path.

    Returns:
        How many lists both step into (0: the property belongs to the root), and how many steps of the path that takes.
    """
    lists = steps = 0
    for position, (ours, theirs) in enumerate(zip(record_path, path, strict=False)):
        if ours != theirs:
            break
        if ours.many:
            lists, steps = lists + 1, position + 1
    return lists, steps


def follow(value: Any, steps: Sequence[Step]) -> Any:
    """Return what is at the end of the steps, a list for paths through lists, or ``ABSENT``."""
    for position, step in enumerate(steps):
        if not isinstance(value, dict):
            return ABSENT
        if step.name in value:
            value = value[step.name]
        else:
            return value.get(_join(steps[position:]), ABSENT)
        if step.many:
            rest = steps[position + 1 :]
            found = [follow(element, rest) for element in step_into(value)]
            return [element for element in found if element is not ABSENT]
    return value


def step_into(value: Any) -> list[Any]:
    """Return the elements at a ``[]`` step; a lone object counts as a list of one, null as an empty list."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def list_paths(value: Any, prefix: str = "") -> Iterator[str]:
    """List the paths of everything in a document that is neither object nor list."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield from list_paths(member, f"{prefix}.{name}" if prefix else name)
    elif isinstance(value, list):
        for element in value:
            yield from list_paths(element, f"{prefix}[]")
    else:
        yield prefix


def _join(steps: Sequence[Step]) -> str:
    return ".".join(f"{step.name}[]" if step.many else step.name for step in steps)
