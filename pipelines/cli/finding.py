"""Finding metrics, views and questions by words, for who knows what is wanted and not what it is called."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import click

from pipelines.cli.exits import CommandError

_WORD: Final = re.compile(r"[^\W_]+")
#: Letters that a word must have in common with one that is told, so that 'aging' finds 'age' and 'reopened' 'reopens'.
_STEM: Final = re.compile(r"(ing|ed|es|s|e)$")
_SHORTEST_STEM: Final = 2
_PERCENTILE: Final = re.compile(r"[pP](\d{1,2})")


@dataclass(frozen=True, slots=True)
class Found:
    """Something that has all the words.

    Attributes:
        kind: `metric`, `view` or `question`.
        name: by which commands and queries know it.
        what: what it is, in one sentence.
    """

    kind: str
    name: str
    what: str


def show_found(words: tuple[str, ...], *, as_json: bool) -> None:
    """Print everything that has the words.

    Raises:
        CommandError: nothing has; the message says what is near.
    """
    from metrics.registry import METRICS
    from pipelines.cli.tables import Column, show_json, show_table

    found = find_by_words(words)
    if not found:
        told = " ".join(words)
        if any(_PERCENTILE.fullmatch(word) for word in words):
            raise CommandError(f"There is no metric '{told}'. {_other_percentile(words)}")
        near = difflib.get_close_matches("_".join(words), [metric.name for metric in METRICS], n=1, cutoff=0.4)
        hint = f"Did you mean '{near[0]}'?" if near else "'kpi metrics' lists them all."
        raise CommandError(f"There is no metric '{told}', nor a view or question with these words. {hint}")
    if as_json:
        show_json(found)
        return
    show_table(
        [Column("kind"), Column("name"), Column("what it says", left_out=1)],
        [(each.kind, each.name, each.what) for each in found],
    )
    click.echo()
    hints = {
        "metric": "'kpi metrics NAME' says what a number means",
        "view": "'kpi query \"FROM NAME\"' shows a view",
        "question": "'kpi query --query NAME' answers a question",
    }
    kinds = [hint for kind, hint in hints.items() if any(each.kind == kind for each in found)]
    click.echo(click.style(f"{'; '.join(kinds)}.", dim=True))


def _other_percentile(words: Sequence[str]) -> str:
    """Which percentiles there are, and how another is asked for."""
    from metrics.kinds import Percentile
    from metrics.registry import METRICS

    known = sorted({metric.kind.percent for metric in METRICS if isinstance(metric.kind, Percentile)})
    percent = next(found[1] for word in words if (found := _PERCENTILE.fullmatch(word)))
    view, column = "mart.resolved_ticket_records", "cycle_time_business_microseconds"
    query = f"SELECT team, quantile_cont({column}, {float(percent) / 100:g}) / 3.6e9 AS p{percent}_hours FROM {view}"
    return (
        f"Published percentiles are {', '.join(f'p{each:g}' for each in known)}. Any other is computed from the "
        f'records of a view, such as {view}:\nkpi query "{query} GROUP BY ALL"'
    )


def find_by_words(words: Sequence[str]) -> list[Found]:
    """All metrics, hand-written views and packaged questions that have every word in their name or description.

    Where something has all of them in its name, those that only mention them are left out.
    """
    wanted = [_stem(word) for text in words for word in _WORD.findall(text.casefold())]
    if not wanted:
        return []
    told = [(found, _stems(found.name), _stems(found.name, described)) for found, described in _everything()]
    named = [found for found, of_name, _ in told if _has_all(wanted, of_name)]
    return named or [found for found, _, of_all in told if _has_all(wanted, of_all)]


def _everything() -> list[tuple[Found, str]]:
    from metrics.registry import METRICS
    from pipelines.cli.questions import list_questions
    from sql import load_views

    found = [(Found("metric", metric.name, metric.label), f"{metric.label} {metric.meaning}") for metric in METRICS]
    for view in load_views():
        if not view.name.startswith("kpi_"):
            described = _first_paragraph(view.text)
            found.append((Found("view", f"{view.schema}.{view.name}", described), described))
    found += [(Found("question", each.name, each.question), each.question) for each in list_questions()]
    return found


def _first_paragraph(text: str) -> str:
    """The first paragraph of a view's header that says what it holds."""
    paragraphs: list[list[str]] = [[]]
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        words = line.removeprefix("--").strip()
        if words:
            paragraphs[-1].append(words)
        else:
            paragraphs.append([])
    told = [" ".join(lines) for lines in paragraphs if lines]
    return next((each for each in told if not each.startswith("Generated from ")), "")


def _stems(*texts: str) -> set[str]:
    return {_stem(word) for text in texts for word in _WORD.findall(text.casefold())}


def _stem(word: str) -> str:
    stem = _STEM.sub("", word)
    return stem if len(stem) >= _SHORTEST_STEM else word


def _has_all(wanted: Sequence[str], stems: set[str]) -> bool:
    """Whether each wanted word is one of the others, or begins one: short ones have to be whole."""
    return all(any(stem == word or (len(word) > 3 and stem.startswith(word)) for stem in stems) for word in wanted)
