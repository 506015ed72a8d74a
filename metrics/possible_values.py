"""Between which values a metric can lie at all, whatever its records say; between which it does, its bounds tell."""

from __future__ import annotations

from metrics.kinds import Concentration, Count, Kind, Mean, Percentile, Ratio, Stock, Sum, TimeShare


def possible_values(kind: Kind) -> tuple[float | None, float | None]:
    """The least and the greatest value that a kind of metric can have; None where nothing limits it.

    Money may be below 0, because credits are; what it is divided by changes nothing about that.
    """
    match kind:
        case Ratio() | TimeShare() | Concentration():
            return 0.0, 1.0
        case Count() | Stock() | Mean():
            return 0.0, None
        case Percentile():
            return (None if kind.can_be_negative else 0.0), None
        case Sum():
            return (0.0 if kind.is_never_negative else None), None
        case _:
            return None, None
