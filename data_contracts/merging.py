"""A contract that extends a template: the template with everything that the contract says otherwise.

Groups of keys are merged key by key. Lists whose entries have a name are merged by that name; an entry that the
template does not have is added at the end. Any other list, and any plain value, is replaced.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from data_contracts.documents import Document, Path, Position

#: What names the entries of a list, by the key that holds the list.
_ENTRY_NAMES: Final = {
    "schema": "name",
    "properties": "name",
    "quality": "name",
    "servers": "server",
    "customProperties": "property",
}


def merge_documents(template: Document, override: Document) -> Document:
    """The template overridden. Every node keeps the position at which it was written."""
    positions: dict[Path, Position] = {}
    value = _merge(template, (), override, (), (), "", positions)
    positions[()] = override.position(())
    return Document(override.file, value, positions)


def _merge(
    template: Document,
    template_path: Path,
    override: Document,
    override_path: Path,
    path: Path,
    key: str,
    positions: dict[Path, Position],
) -> Any:
    base, change = template.at(template_path), override.at(override_path)
    if isinstance(base, dict) and isinstance(change, dict):
        merged: dict[str, Any] = {}
        for name in [*base, *(name for name in change if name not in base)]:
            inner = (*path, name)
            if name not in change:
                merged[name] = _copy(template, (*template_path, name), inner, positions)
            elif name not in base:
                merged[name] = _copy(override, (*override_path, name), inner, positions)
            else:
                positions[inner] = override.position((*override_path, name))
                steps = (*template_path, name), (*override_path, name)
                merged[name] = _merge(template, steps[0], override, steps[1], inner, name, positions)
        return merged
    if isinstance(base, list) and isinstance(change, list) and key in _ENTRY_NAMES:
        return _merge_lists(template, template_path, override, override_path, path, key, positions)
    return _copy(override, override_path, path, positions)


def _merge_lists(
    template: Document,
    template_path: Path,
    override: Document,
    override_path: Path,
    path: Path,
    key: str,
    positions: dict[Path, Position],
) -> list[Any]:
    named = _ENTRY_NAMES[key]
    base: list[Any] = template.at(template_path)
    change: list[Any] = override.at(override_path)
    by_name: Mapping[Any, int] = {
        entry[named]: index for index, entry in enumerate(change) if isinstance(entry, dict) and named in entry
    }
    merged: list[Any] = []
    taken: set[int] = set()
    for index, entry in enumerate(base):
        inner = (*path, len(merged))
        other = by_name.get(entry.get(named)) if isinstance(entry, dict) else None
        if other is None:
            merged.append(_copy(template, (*template_path, index), inner, positions))
            continue
        taken.add(other)
        positions[inner] = override.position((*override_path, other))
        steps = (*template_path, index), (*override_path, other)
        merged.append(_merge(template, steps[0], override, steps[1], inner, "", positions))
    for index in range(len(change)):
        if index not in taken:
            merged.append(_copy(override, (*override_path, index), (*path, len(merged)), positions))
    return merged


def _copy(source: Document, source_path: Path, path: Path, positions: dict[Path, Position]) -> Any:
    positions[path] = source.position(source_path)
    value = source.at(source_path)
    if isinstance(value, dict):
        return {name: _copy(source, (*source_path, name), (*path, name), positions) for name in value}
    if isinstance(value, list):
        return [_copy(source, (*source_path, index), (*path, index), positions) for index in range(len(value))]
    return value
