"""The structure of JSON records: which paths hold values, and which nested list tells a record's history.

Types and meaning of the values do not belong here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pipelines.readers import slugify_header

#: Links, pictures and the like: of no use in a warehouse, and many.
_NOISE: Final = re.compile(
    r"(^|[.\]])(self|expand|avatarUrls?|iconUrl|thumbnail|avatarId|_links|url|emailAddress|displayName)\b"
    r"|(^|\.)(startAt|maxResults|totalCount)$"
)
_HISTORY: Final = re.compile(r"changelog|histor|audit|event|change|transition|activit", re.IGNORECASE)
_TIME_LIKE: Final = re.compile(r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
_EMPTY_NAMES: Final = ("fields", "field", "attributes", "properties", "data")
#: A column that fewer records have is left out of the draft, and named in a remark.
_LEAST_SHARE: Final = 0.02
_LISTED: Final = 12


@dataclass(frozen=True, slots=True)
class Structure:
    """What kinds of rows JSON records hold.

    Attributes:
        objects: (name, record path, column -> absolute path) for each kind of row.
        remarks: lists and paths that were left out.
    """

    objects: tuple[tuple[str, str | None, dict[str, str]], ...]
    remarks: tuple[str, ...]


def describe_roots(roots: Sequence[Any], *, is_document: bool) -> Structure:
    """Find the kinds of rows in root records.

    Args:
        is_document: whether the one root is a whole document, which may wrap its records in a list.
    """
    prefix = ""
    if is_document and len(roots) == 1:
        wrapped = [key for key, value in roots[0].items() if isinstance(value, list) and _are_records(value)]
        if wrapped:
            longest = max(wrapped, key=lambda key: len(roots[0][key]))
            roots, prefix = roots[0][longest], f"{longest}[]"
    paths: Counter[str] = Counter()
    times: Counter[str] = Counter()
    for root in roots:
        seen = dict(_walk(root, prefix))
        paths.update(path for path, value in seen.items() if value is not None)
        times.update(path for path, value in seen.items() if isinstance(value, str) and _TIME_LIKE.match(value))

    depth = prefix.count("[]")
    own = [path for path in paths if path.count("[]") == depth and not _NOISE.search(path.removeprefix(prefix))]
    kept = [path for path in own if paths[path] >= max(_LEAST_SHARE * len(roots), 1)]
    lists = _record_lists(paths, depth)
    objects: list[tuple[str, str | None, dict[str, str]]] = [
        (slugify_header(prefix.removesuffix("[]")) or "records", prefix or None, _name_paths(kept, prefix))
    ]
    history = _pick_history(lists, paths, times)
    if history is not None:
        objects.append(
            (slugify_header(_last_list(history)) or "events", history, _history_paths(history, paths, prefix))
        )
    return Structure(tuple(objects), tuple(_describe_rest(own, kept, lists, history)))


def _are_records(value: list[Any]) -> bool:
    return any(isinstance(element, dict) for element in value)


def _walk(value: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    """Yield each path with a value at it; a list of plain values is one value, a list of records is entered."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield from _walk(member, f"{prefix}.{key}" if prefix else key)
    elif isinstance(value, list) and _are_records(value):
        merged: dict[str, Any] = {}
        for element in value:
            for path, inner in _walk(element, f"{prefix}[]"):
                if merged.get(path) is None:
                    merged[path] = inner
        yield from merged.items()
    elif value not in ([], {}):
        yield prefix, value


def _record_lists(paths: Counter[str], depth: int) -> list[str]:
    """The lists of records, innermost ones too."""
    found = dict.fromkeys(
        path[: match.end()]
        for path in paths
        for match in re.finditer(r"\[\]", path)
        if path[: match.end()].count("[]") > depth
    )
    return list(found)


def _pick_history(lists: list[str], paths: Counter[str], times: Counter[str]) -> str | None:
    """The innermost list of changes that has a time of its own or around it."""
    timed = [
        path
        for path in lists
        if _HISTORY.search(path) and any(time.rpartition("[]")[0] + "[]" in _enclosing(path) for time in times)
    ]
    return max(
        timed,
        key=lambda path: (max(paths[each] for each in paths if each.startswith(path)), path.count("[]")),
        default=None,
    )


def _enclosing(path: str) -> list[str]:
    return [path[: match.end()] for match in re.finditer(r"\[\]", path)]


def _history_paths(history: str, paths: Counter[str], prefix: str) -> dict[str, str]:
    """Columns of the history: what names the record, then everything of the changes and what encloses them."""
    levels = _enclosing(history)
    keys = [path for path in paths if path.removeprefix(prefix).lstrip(".") in ("id", "key", "number", "ticket_id")]
    inner = [
        path for path in paths if path.rpartition("[]")[0] + "[]" in levels and path.count("[]") > prefix.count("[]")
    ]
    inner = [path for path in inner if not re.search(r"(self|avatarUrls|emailAddress)\b", path)]
    return {**_name_paths(keys, prefix), **_name_paths(inner, prefix, taken=keys)}


def _last_list(path: str) -> str:
    return path.removesuffix("[]").replace("[]", "").rpartition(".")[2]


def _name_paths(paths: Sequence[str], prefix: str, taken: Sequence[str] = ()) -> dict[str, str]:
    """Column names for paths: the last parts that say enough, unique."""
    names: dict[str, str] = {}
    used = set(_name_paths(taken, prefix)) if taken else set()
    for path in paths:
        parts = [part for part in path.removeprefix(prefix).strip(".").replace("[]", "").split(".") if part]
        parts = [*(part for part in parts[:-1] if part not in _EMPTY_NAMES), *parts[-1:]]
        is_nested = "[]" in path.removeprefix(prefix)
        if len(parts) > 1 and parts[-1] in ("name", "value") and not is_nested:
            parts = parts[:-1]
        short = parts[-2:] if is_nested else parts
        slug = slugify_header("_".join(short)) or "value"
        name, number = slug, 2
        while name in names or name in used:
            name, number = f"{slug}_{number}", number + 1
        names[name] = path
    return names


def _describe_rest(own: list[str], kept: list[str], lists: list[str], history: str | None) -> Iterator[str]:
    rare = [path for path in own if path not in kept]
    if rare:
        more = f" and {len(rare) - _LISTED} more" if len(rare) > _LISTED else ""
        yield f"Left out, as fewer than {_LEAST_SHARE:.0%} of the records have it: {', '.join(rare[:_LISTED])}{more}."
    others = [path for path in lists if history is None or not history.startswith(path)]
    if others:
        yield f"Other lists of records; each could be an object of its own (recordPath): {', '.join(others[:_LISTED])}."
