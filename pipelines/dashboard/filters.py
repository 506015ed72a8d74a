"""What a reader has chosen to look at: periods, and values of the breakdowns. How it is chosen belongs to `sidebar`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from models.vocabulary import Dimension, Grain
from pipelines.words.periods import long_day


@dataclass(frozen=True, slots=True)
class Filters:
    """What to show.

    Attributes:
        grain: periods of the trends.
        first, last: days; a period is shown if it begins among them.
        chosen: for some breakdowns, the values to keep. One that is not named keeps all.
        are_days_chosen: whether somebody chose the days. If nobody did, numbers whose data end before them are shown of
            their own last days: see `numbers_shown.days_of`.
    """

    grain: Grain
    first: date
    last: date
    chosen: Mapping[str, tuple[str, ...]]
    are_days_chosen: bool = True

    @property
    def published_breakdown(self) -> tuple[Dimension, str] | None:
        """The breakdown and value under which the chosen numbers are published; None if they are not."""
        if not self.chosen:
            return Dimension.OVERALL, ""
        if len(self.chosen) == 1:
            (name, values), *_ = self.chosen.items()
            if len(values) == 1:
                return Dimension(name), values[0]
        return None

    def describe_days(self) -> str:
        """First and last day in words."""
        return f"{long_day(self.first)} to {long_day(self.last)}"

    def describe(self) -> str:
        """The chosen values in words, `everything` if there are none."""
        parts = [f"{name} {' or '.join(values)}" for name, values in self.chosen.items()]
        return ", ".join(parts) or "everything"
