"""YAML and TOML text whose every node knows its line, and strict decoding of it into records.

YAML is read in the sense of its version 1.2 and for people: only `true` and `false` are booleans (so the country
`NO` stays a text), dates, times and numbers with leading zeros stay texts (so the account `0400` keeps its zero),
and a key that stands twice is an error. Nothing here knows what a contract or a policy is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from data_contracts.problems import DocumentError, Path, Problem, problems_of

__all__ = [
    "Document",
    "DocumentError",
    "Path",
    "Position",
    "Problem",
    "decode_document",
    "find_toml_line",
    "parse_document",
    "problems_of",
]

#: More nodes than any honest document has; keeps aliases of aliases from growing without end.
_MOST_NODES: Final = 200_000

_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Position:
    """A line of a file, counted from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed document.

    Attributes:
        file: name of the file as a person knows it.
        value: the tree of dictionaries, lists, texts, numbers, booleans and None.
        positions: where each key or list entry stands, by its path from the top. Entries that a merge brought in
            from another document keep the position they have there.
    """

    file: str
    value: Any
    positions: Mapping[Path, Position]

    def line_of(self, path: Path) -> int | None:
        """Line of exactly this place, or None if nothing stands there."""
        found = self.positions.get(path)
        return found.line if found else None

    def position(self, path: Path) -> Position:
        """Where a place stands, or the nearest place around it that exists."""
        for length in range(len(path), -1, -1):
            found = self.positions.get(path[:length])
            if found is not None:
                return found
        return Position(self.file, 1)

    def at(self, path: Path) -> Any:
        """The value at a place, or None if nothing stands there."""
        value = self.value
        for step in path:
            try:
                value = value[step]
            except (KeyError, IndexError, TypeError):
                return None
        return value

    def problem(self, path: Path, what: str, remedy: str = "", suggestion: str | None = None) -> Problem:
        """A problem at a place of this document."""
        position = self.position(path)
        return Problem(position.file, position.line, what, remedy, suggestion)


# The parser in C, where PyYAML was built with it, is ten times faster; both know the same lines.
_SafeLoader: Final[type[yaml.SafeLoader]] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Composer(_SafeLoader):  # type: ignore[misc,valid-type]
    """Composes nodes; its plain scalars follow the core schema of YAML 1.2."""


_Composer.yaml_implicit_resolvers = {}


for _tag, _pattern, _first in (
    ("tag:yaml.org,2002:null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("tag:yaml.org,2002:bool", r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("tag:yaml.org,2002:int", r"^[-+]?(?:0|[1-9][0-9]*)$", list("-+0123456789")),
    ("tag:yaml.org,2002:float", r"^[-+]?(?:0|[1-9][0-9]*)\.[0-9]+(?:[eE][-+]?[0-9]+)?$", list("-+0123456789")),
):
    _Composer.add_implicit_resolver(_tag, re.compile(_pattern), _first)


class _TreeBuilder:
    """Turns composed nodes into a tree, noting lines and problems."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.positions: dict[Path, Position] = {(): Position(file, 1)}
        self.problems: list[Problem] = []
        self._count = 0

    def build(self, node: yaml.Node, path: Path, open_nodes: tuple[int, ...] = ()) -> Any:
        self._count += 1
        if id(node) in open_nodes or self._count > _MOST_NODES:
            what = "an alias repeats itself without end or the document is far too large"
            raise DocumentError([self._problem(node, what, "Write the values out instead of using aliases.")])
        within = (*open_nodes, id(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path, within)
        if isinstance(node, yaml.SequenceNode):
            return [self._entry(child, (*path, index), within) for index, child in enumerate(node.value)]
        return self._scalar(node)

    def _entry(self, node: yaml.Node, path: Path, within: tuple[int, ...]) -> Any:
        self.positions[path] = Position(self.file, node.start_mark.line + 1)
        return self.build(node, path, within)

    def _mapping(self, node: yaml.MappingNode, path: Path, within: tuple[int, ...]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self.problems.append(self._problem(key_node, "a key must be a text", "Write a plain word before ':'."))
                continue
            key = str(key_node.value)
            if key in found:
                first = self.positions[*path, key].line
                what = f"key '{key}': stands twice, first in line {first}"
                self.problems.append(self._problem(key_node, what, "Keep one of them."))
                continue
            self.positions[*path, key] = Position(self.file, key_node.start_mark.line + 1)
            found[key] = self.build(value_node, (*path, key), within)
        return found

    def _scalar(self, node: yaml.Node) -> Any:
        text, kind = str(node.value), str(node.tag).rpartition(":")[2]
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() == "true"
        if kind == "int":
            return int(text)
        if kind == "float":
            return float(text)
        if kind != "str":
            self.problems.append(self._problem(node, f"the tag '{node.tag}' is not known here", "Remove the tag."))
        return text

    def _problem(self, node: yaml.Node, what: str, remedy: str) -> Problem:
        return Problem(self.file, node.start_mark.line + 1, what, remedy)


def parse_document(text: str, file: str) -> Document:
    """Parse YAML text.

    Args:
        file: name of the file as a person knows it; it stands in every message.

    Raises:
        DocumentError: it is not YAML, or a key stands twice.
    """
    try:
        node = yaml.compose(text, Loader=_Composer)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = f"this is not YAML: {error.problem or error.context or 'it cannot be read'}"
        remedy = "Check indentation, quotes and colons in this line and the one above."
        raise DocumentError([Problem(file, mark.line + 1 if mark else None, what, remedy)]) from error
    except yaml.YAMLError as error:
        what = "this is not YAML: it holds characters that no text file should hold"
        raise DocumentError([Problem(file, None, what, "Save the file as UTF-8 text.")]) from error
    if node is None:
        return Document(file, None, {(): Position(file, 1)})
    builder = _TreeBuilder(file)
    value = builder.build(node, ())
    if builder.problems:
        raise DocumentError(builder.problems)
    return Document(file, value, builder.positions)


def decode_document(text: str, file: str, model: type[_Model]) -> _Model:
    """YAML text as a record of a strict pydantic model; an empty document is the model's defaults.

    Raises:
        DocumentError: with file, line and remedy of everything that is wrong.
    """
    return decode(parse_document(text, file), model)


def decode(document: Document, model: type[_Model]) -> _Model:
    """A parsed document as a record of a strict pydantic model; see `decode_document`."""
    value = {} if document.value is None else document.value
    if not isinstance(value, dict):
        what = "the document must be keys with values"
        raise DocumentError([document.problem((), what, "Write 'key: value' lines.")])
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise DocumentError(problems_of(error, model, document.line_of, document.file)) from error


_TOML_WORD: Final = r"""(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')"""
_TOML_PART: Final = re.compile(_TOML_WORD)
_TOML_KEY: Final = re.compile(rf"^\s*({_TOML_WORD}(?:\s*\.\s*{_TOML_WORD})*)\s*=")
_TOML_TABLE: Final = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")


def find_toml_line(text: str, location: str | Path) -> int | None:
    """The line of valid TOML text on which a key or table stands, or None if it stands nowhere.

    Args:
        location: `publish.targets`, or its parts with list indices for entries of `[[...]]` tables.
    """
    wanted: Path = tuple(location.split(".")) if isinstance(location, str) else location
    wanted = tuple(int(part) if isinstance(part, str) and part.isdigit() else part for part in wanted)
    table: Path = ()
    entries: dict[Path, int] = {}
    open_quotes: str | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        if open_quotes:
            if open_quotes in line:
                open_quotes = None
            continue
        header = _TOML_TABLE.match(line)
        key = _TOML_KEY.match(line)
        found: Path | None = None
        if header and not key:
            table = _toml_parts(header[2])
            if header[1] == "[[":
                entries[table] = entries.get(table, -1) + 1
            table = _with_indices(table, entries)
            found = table
        elif key:
            found = (*table, *_toml_parts(key[1]))
            open_quotes = next((mark for mark in ('"""', "'''") if line.count(mark) % 2), None)
        if found is not None and found[: len(wanted)] == wanted:
            return number
    return None


def _toml_parts(dotted: str) -> Path:
    return tuple(part.strip("\"'") for part in _TOML_PART.findall(dotted))


def _with_indices(table: Path, entries: Mapping[Path, int]) -> Path:
    """The path of a table with the index of the latest entry after each name that is a list of tables."""
    path: list[str | int] = []
    for length in range(1, len(table) + 1):
        path.append(table[length - 1])
        if table[:length] in entries:
            path.append(entries[table[:length]])
    return tuple(path)
