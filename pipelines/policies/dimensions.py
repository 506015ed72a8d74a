"""From `dimensions.yaml` to aliases and known names, with everything that contradicts itself in it.

How the file is spelt is in `pipelines.policies.spelling`; that records keep to the known names is judged by the gate,
see `pipelines.broken_rules.unlisted_names`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from data_contracts.documents import Document
from data_contracts.problems import Problem, suggest
from pipelines.policies.spelling import DimensionFile

Aliases = Mapping[str, Mapping[str, str]]
ListedNames = Mapping[str, frozenset[str]]


def build_aliases(file: DimensionFile, document: Document, problems: list[Problem]) -> Aliases:
    """Dimension -> alias in lower case -> common name.

    An alias of two names is added to `problems`, because a record can have only one of them, and so is one of a name
    that is an alias itself, because names are looked up once.
    """
    found: dict[str, dict[str, str]] = {}
    for dimension, names in file:
        if dimension == "known":
            continue
        common_names = found[dimension] = {}
        for common, aliases in names.items():
            for index, alias in enumerate(aliases):
                first = common_names.setdefault(alias.strip().lower(), common)
                if first != common:
                    problems.append(
                        document.problem(
                            (dimension, common, index),
                            f"'{alias}' is an alias of '{common}', but also of '{first}'",
                            "Take it out of one of the two; lower and upper case are the same.",
                        )
                    )
        for common, aliases in names.items():
            other = common_names.get(common.strip().lower(), common)
            if aliases and other.strip().lower() != common.strip().lower():
                problems.append(
                    document.problem(
                        (dimension, common),
                        f"'{common}' has aliases, and is an alias of '{other}' itself",
                        f"Write all of them under '{other}', or take '{common}' out there.",
                    )
                )
    return found


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
    places: dict[str, int] = {}
    for index, name in enumerate(listed):
        first = listed[places.setdefault(name.strip().casefold(), index)]
        if places[name.strip().casefold()] < index:
            same = "stands there twice" if first == name else f"is the known '{first}' in other capitals"
            yield document.problem(
                ("known", dimension, index),
                f"'{name}' {same}",
                "Take one of them out. Records that have it can be given the other by an alias.",
            )
        common = aliases.get(name.strip().lower(), name.strip())
        if common != name.strip():
            yield document.problem(
                ("known", dimension, index),
                f"'{name}' is a known {dimension}, but also an alias of '{common}', so no record keeps that name",
                "Take it out of one of the two.",
            )
