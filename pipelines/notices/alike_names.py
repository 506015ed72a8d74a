"""Names in the data that differ in nothing but capitals and blanks: each is a row of its own in every breakdown; and
cost centres that differ in capitals.

Only a notice, because what one system spells in two ways may be two things in another. Names that policies know are
in `pipelines.notices.unknown_names`; names that a home lists, and the like ones beside them, are judged by the gate.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Final

import polars as pl

from metrics.vendors.names import comparable
from models.vocabulary import Dimension
from pipelines.infer.rendering import quote
from pipelines.words.numbers import count_of

if TYPE_CHECKING:
    from pipelines.notices.finding import Notice

_MOST_LINES: Final = 3


def find_alike_names(recorded: Mapping[str, Collection[str]]) -> Iterator[Notice]:
    """A notice for each dimension that has names which differ in capitals and blanks only, with lines that join them.

    Args:
        recorded: dimension -> all its names in the data, as they are after aliases.
    """
    from pipelines.notices.finding import Notice

    for dimension in Dimension:
        groups = _alike(recorded.get(dimension.value, ()))
        if not groups:
            continue
        one, other = groups[0][:2]
        lines = [_line(group) for group in groups]
        more = f", and so on for {len(lines) - _MOST_LINES:,} more" if len(lines) > _MOST_LINES else ""
        yield Notice(
            "alike_names",
            "policies/dimensions.yaml",
            f"{count_of(len(groups), f'{dimension.value} is', f'{dimension.plural} are')} written in "
            f"several ways that differ in capitals or blanks only, such as '{one}' and '{other}', and counted apart. "
            f"Where they are the same, write under {dimension.value}: {'; '.join(lines[:_MOST_LINES])}{more}.",
        )


def find_alike_cost_centres(recorded: Collection[str], folder: str = "policies") -> Iterator[Notice]:
    """A notice for cost centres that differ in capitals only, with the lines that join them: a plan for one of them is
    no plan for the cost of the other.

    Args:
        recorded: all of cost lines and budget lines, as they are where policies/costs.yaml lists them.
        folder: of the policies, as a person knows it.
    """
    from pipelines.notices.finding import Notice

    # Blanks within a code may tell two of them apart, and no line of the policy joins these.
    groups = _alike(recorded, lambda name: name.str.strip_chars().str.to_lowercase())
    if not groups:
        return
    one, other = groups[0][:2]
    lines = [f"{quote(_common_code(group))}: {{}}" for group in groups[:_MOST_LINES]]
    more = f", and so on for {len(groups) - _MOST_LINES:,} more" if len(groups) > _MOST_LINES else ""
    yield Notice(
        "alike_names",
        f"{folder}/costs.yaml",
        f"{count_of(len(groups), 'cost centre is', 'cost centres are')} written in several ways that differ in "
        f"capitals only, such as '{one}' and '{other}', and counted apart: a revised budget line does not replace one "
        "that is written in another way, and is not held against its cost. Where they are the same, write in "
        f"{folder}/costs.yaml under cost_centres: {'; '.join(lines)}{more}.",
    )


def _alike(names: Collection[str], key: Callable[[pl.Expr], pl.Expr] = comparable) -> list[list[str]]:
    """The names that are the same but for capitals and blanks, or by another key; groups of two and more in order."""
    keyed = pl.DataFrame({"name": sorted(names)}, schema={"name": pl.String}).with_columns(key=key(pl.col("name")))
    groups = keyed.drop_nulls().group_by("key").agg("name").filter(pl.col("name").list.len() > 1).sort("key")
    return groups["name"].to_list()


def _common(group: Collection[str]) -> str:
    """The spelling that people would choose: with large and small letters, and one blank between words."""
    chosen = min(group, key=lambda name: (name.isupper() or name.islower(), len(name), name))
    return " ".join(chosen.split())


def _common_code(group: Collection[str]) -> str:
    """The spelling of a code that people would choose: with the most capitals."""
    return min(group, key=lambda name: (-sum(letter.isupper() for letter in name), len(name), name)).strip()


def _line(group: Collection[str]) -> str:
    """What to write in dimensions.yaml. Aliases are found in any capitals, so one of each spelling is enough."""
    aliases = sorted({name.strip().lower() for name in group})
    return f"{quote(_common(group))}: [{', '.join(quote(alias, always=True) for alias in aliases)}]"
