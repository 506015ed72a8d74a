"""Names of others as they fit beside bars and into legends: short, each another one, none that turns how it is read."""

from __future__ import annotations

from collections.abc import Iterable

from pipelines.report.markup import shown_text


def short_names(names: Iterable[str], most: int) -> dict[str, str]:
    """Of each name what stands in a chart: of a long one its two ends, for names of one kind differ at the end.

    Two names that come to the same are numbered, for a chart would put them together.

    Args:
        most: letters at most, without such a number.
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in dict.fromkeys(names):
        short = told = _without_middle(" ".join(shown_text(name).split()), most)
        number = 1
        while told in taken:
            number += 1
            told = f"{short} ({number})"
        taken.add(told)
        found[name] = told
    return found


def _without_middle(name: str, most: int) -> str:
    if len(name) <= most:
        return name
    last = most // 3
    return f"{name[: most - last - 1].rstrip()}…{name[-last:].lstrip()}"
