"""From `dimensions.yaml` to aliases and known names, with everything that contradicts itself in it.

How the file is spelt is in `pipelines.policy_files`; that records keep to the known names is judged by the gate, see
`pipelines.listed_names`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from data_contracts.documents import Document
from data_contracts.problems import Problem, suggest
from pipelines.policy_files import DimensionFile

Aliases = Mapping[str, Mapping[str, str]]
ListedNames = Mapping[str, frozenset[str]]


def build_aliases(file: DimensionFile) -> Aliases:
    """Dimension -> alias in lower case -> common name."""
    return {
        dimension: {alias.strip().lower(): common for common, aliases in names.items() for alias in aliases}
        for dimension, names in file
        if dimension != "known"
    }


def build_listed_names(
    file: DimensionFile, aliases: Aliases, document: Document, problems: list[Problem]
) -> ListedNames:
    """Dimension -> the names that there are, of those dimensions for which the file lists them.

    What is wrong is added to `problems`: an alias of a name that is not known, and a known name that is an alias.
    """
    known: dict[str, frozenset[str]] = {}
    for dimension, listed in file.known:
        if listed is not None:
            known[dimension] = frozenset(name.strip() for name in listed)
            problems += _contradictions(dimension, listed, aliases[dimension], document)
    return known


def _contradictions(
    dimension: str, listed: tuple[str, ...], aliases: Mapping[str, str], document: Document
) -> Iterator[Problem]:
    known = {name.strip() for name in listed}
    for common in dict.fromkeys(aliases.values()):
        if common not in known:
            yield document.problem(
                (dimension, common),
                f"'{common}' has aliases, but is no known {dimension}",
                f"Add it to known: {dimension}, or spell it as it stands there.",
                suggest(common, known),
            )
    for index, name in enumerate(listed):
        common = aliases.get(name.strip().lower(), name.strip())
        if common != name.strip():
            yield document.problem(
                ("known", dimension, index),
                f"'{name}' is a known {dimension}, but also an alias of '{common}', so no record keeps that name",
                "Take it out of one of the two.",
            )
