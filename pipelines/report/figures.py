"""What stands in the report: figures with their sentences, charts and data tables, made of facts alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipelines.report.asking import Answer


@dataclass(frozen=True)
class Table:
    """Data as people read them: every cell is a text. Columns named in `numbers` are set to the right.

    Attributes:
        rows: all of them, what matters most first; where there are more than `most_rows`, it is said how many more.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[str] = frozenset()
    most_rows: int = 24


@dataclass(frozen=True)
class Figure:
    """One thing to look at.

    Attributes:
        id: name of its place in the page.
        title: what is seen.
        sentences: what it says, each computed.
        draw: a chart of the given width in pixels; None where there is nothing to draw.
        alternative: the chart in a sentence, for those who do not see it.
        table: the data of the chart, or the figure itself where there is no chart.
        is_table_open: whether the table is the figure.
        answer: where the data come from.
        metrics: KPIs in it, whose definitions it links to.
        is_wide: whether it takes the whole width of the page.
    """

    id: str
    title: str
    sentences: tuple[str, ...] = ()
    draw: Callable[[int], Any] | None = None
    alternative: str = ""
    table: Table | None = None
    is_table_open: bool = False
    answer: Answer | None = None
    metrics: tuple[str, ...] = ()
    is_wide: bool = False


@dataclass(frozen=True)
class Section:
    """A heading with its figures."""

    id: str
    title: str
    figures: Sequence[Figure] = field(default_factory=tuple)
    lead: str = ""
