"""What is wrong with a document, said so that a person can put it right: file, line, remedy, and a suggestion.

How documents are parsed is in `data_contracts.documents`; what a contract means is in `data_contracts.loader`.
"""

from __future__ import annotations

import difflib
import enum
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from pydantic import BaseModel, ValidationError

#: Where something stands in a document: keys and list indices from the top.
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a document.

    Attributes:
        file: name of the file as a person knows it.
        line: line in it, counted from 1; None where the fault belongs to no line.
        what: what is wrong, without a full stop.
        remedy: what to do about it.
        suggestion: the word that was probably meant.
    """

    file: str
    line: int | None
    what: str
    remedy: str = ""
    suggestion: str | None = None

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        parts = [f"{place}: {self.what.rstrip('.')}."]
        if self.remedy:
            parts.append(self.remedy)
        if self.suggestion:
            parts.append(f"Did you mean '{self.suggestion}'?")
        return " ".join(parts)


class DocumentError(Exception):
    """A document cannot be used. Holds every problem found, rendered one per line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def suggest(word: str, known: Iterable[str]) -> str | None:
    """The known word that a misspelt one most resembles, or None if none is near."""
    choices = list(known)
    by_lower = {choice.lower(): choice for choice in reversed(choices)}
    near = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[near[0]] if near else None


def list_words(words: Iterable[str]) -> str:
    """Words as people list them: `a, b or c`."""
    listed = list(words)
    return listed[0] if len(listed) == 1 else f"{', '.join(listed[:-1])} or {listed[-1]}" if listed else "(none)"


#: pydantic's complaints of a number out of bounds: the bound in words, and its name in their context.
_BOUNDS: Final = {
    "less_than_equal": ("at most", "le"),
    "less_than": ("below", "lt"),
    "greater_than_equal": ("at least", "ge"),
    "greater_than": ("above", "gt"),
}
_KIND_NAMES: Final = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "decimal_type": "a number",
    "decimal_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
    "frozen_set_type": "a list",
    "dict_type": "a group of keys",
    "model_type": "a group of keys",
    "date_type": "a date such as 2026-01-31",
    "date_parsing": "a date such as 2026-01-31",
    "date_from_datetime_parsing": "a date such as 2026-01-31",
}
#: Pattern that a text must have -> what a text without it is not, and what to write.
_PATTERNS: Final = {
    r"^[A-Z]{3}$": ("a currency code", "Write the three capitals of ISO 4217, such as EUR, GBP or USD."),
    r"^\d+\.\d+\.\d+$": ("a version", "Write three whole numbers with points between them, such as 1.0.0."),
    r"^([a-z][a-z0-9_]*)?$": (
        "the beginning of a schema's name",
        "Write small letters, digits and underscores, a letter first, such as kpi_.",
    ),
}


def problems_of(
    error: ValidationError, model: type[BaseModel], line_of: Callable[[Path], int | None], file: str
) -> list[Problem]:
    """What pydantic found, in plain words and with lines.

    Args:
        model: the model that was decoded; the known keys for suggestions are read from it.
        line_of: line of a place in the document. It is asked for ever shorter places until it knows one.
        file: name of the file as a person knows it.
    """
    details: list[dict[str, Any]] = [dict(detail) for detail in error.errors(include_url=False)]
    places = [_place(detail["loc"], line_of) for detail in details]
    problems: list[Problem] = []
    for detail, place in zip(details, places, strict=True):
        is_told_within = any(len(other) > len(place) and _within(other, place) for other in places)
        if detail["type"] in _KIND_NAMES and is_told_within:
            continue  # another branch of a union got further, and its message says more
        if detail["type"] == "too_short" and is_told_within:
            continue  # it is short only because what is wrong in it was not counted
        found = Problem(file, _nearest_line(place, line_of), *_describe(place, detail, model))
        if found not in problems:
            problems.append(found)
    return problems


def _place(location: Path, line_of: Callable[[Path], int | None]) -> Path:
    """The location in the document: without the parts that pydantic adds for a union's branches and validators."""
    place: Path = ()
    for position, part in enumerate(location):
        is_last = position == len(location) - 1
        is_word = isinstance(part, str) and part.isidentifier()
        if line_of((*place, part)) is not None or (is_last and is_word and not _is_type_name(part)):
            place = (*place, part)
    return place


def _is_type_name(part: str | int) -> bool:
    return part in ("str", "int", "float", "bool", "date", "decimal", "dict", "list") or str(part)[:1].isupper()


def _within(inner: Path, outer: Path) -> bool:
    return inner[: len(outer)] == outer


def _nearest_line(location: Path, line_of: Callable[[Path], int | None]) -> int | None:
    for length in range(len(location), 0, -1):
        line = line_of(location[:length])
        if line is not None:
            return line
    return line_of(())


def _describe(location: Path, detail: dict[str, Any], model: type[BaseModel]) -> tuple[str, str, str | None]:
    """What is wrong, remedy and suggestion."""
    key = next((str(part) for part in reversed(location) if isinstance(part, str)), "")
    kind = detail["type"]
    given = detail.get("input")
    context = detail.get("ctx", {})
    if kind == "extra_forbidden":
        known = list(known_keys(model, location[:-1]))
        return f"key '{key}': is not known here", f"Known are {list_words(known)}.", suggest(key, known)
    if kind == "missing":
        return f"key '{key}': is missing", f"Add '{key}'.", None
    if kind in ("enum", "literal_error"):
        known = _accepted_words(str(context.get("expected", "")))
        word = str(given)
        return f"key '{key}': '{word}' is not accepted", f"Write {list_words(known)}.", suggest(word, known)
    if kind in _KIND_NAMES:
        return f"key '{key}': {_shown(given)} is not {_KIND_NAMES[kind]}", "Correct the value.", None
    if kind == "too_short":
        return f"key '{key}': there is nothing in it", "Write at least one.", None
    if kind == "string_pattern_mismatch" and context["pattern"] in _PATTERNS:
        thing, remedy = _PATTERNS[context["pattern"]]
        return f"key '{key}': {_shown(given)} is not {thing}", remedy, None
    if kind in _BOUNDS:
        word, name = _BOUNDS[kind]
        bound = context[name]
        what = f"key '{key}': {given} is not accepted: it must be {word} {bound}"
        return what, _remedy_of_share(given, bound) if name == "le" else "Correct the value.", None
    message = str(detail["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
    named = f"key '{key}': " if key else ""
    return f"{named}{message[:1].lower()}{message[1:]}", "Correct the value.", None


def _remedy_of_share(given: Any, bound: Any) -> str:
    """What to write instead of a value above the most; a share is often given in percent."""
    if bound == 1 and isinstance(given, int | float | Decimal) and 1 < given <= 100:
        return f"Shares are parts of 1: write {given} % as {(Decimal(str(given)) / 100).normalize():f}."
    return "Correct the value."


def _accepted_words(expected: str) -> list[str]:
    return [word.strip().strip("'") for part in expected.split(" or ") for word in part.split(", ")]


def _shown(value: Any) -> str:
    if value is None:
        return "an empty value"
    if isinstance(value, dict):
        return "a group of keys"
    if isinstance(value, list | tuple):
        return "a list"
    return f"'{value}'"


def known_keys(model: type[BaseModel], location: Sequence[str | int]) -> Iterator[str]:
    """The keys that a model accepts at a place below it."""
    seen: set[str] = set()
    for annotation in _annotations_at(model, tuple(location)):
        for candidate in _branches(annotation):
            if isinstance(candidate, type) and issubclass(candidate, BaseModel):
                for name, field in candidate.model_fields.items():
                    key = field.alias or name
                    if key not in seen:
                        seen.add(key)
                        yield key


def _annotations_at(annotation: Any, location: Path) -> Iterator[Any]:
    if not location:
        yield annotation
        return
    step, rest = location[0], location[1:]
    for branch in _branches(annotation):
        arguments = typing.get_args(branch)
        origin = typing.get_origin(branch)
        if isinstance(branch, type) and origin is None and issubclass(branch, BaseModel):
            for name, field in branch.model_fields.items():
                if step in (name, field.alias):
                    yield from _annotations_at(field.annotation, rest)
        elif isinstance(step, int) and arguments and origin in (list, tuple, set, frozenset):
            yield from _annotations_at(arguments[0], rest)
        elif len(arguments) == 2 and isinstance(origin, type) and issubclass(origin, typing.Mapping):
            yield from _annotations_at(arguments[1], rest)


def _branches(annotation: Any) -> Iterator[Any]:
    """The alternatives of a union, with `Annotated` taken off."""
    origin = typing.get_origin(annotation)
    if origin in (typing.Union, types.UnionType):
        for argument in typing.get_args(annotation):
            yield from _branches(argument)
    elif origin is typing.Annotated:
        yield from _branches(typing.get_args(annotation)[0])
    else:
        yield annotation


def words_of(members: type[enum.StrEnum]) -> list[str]:
    """The words of a closed set."""
    return [member.value for member in members]
