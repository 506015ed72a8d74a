"""What is measured of a single record and not certain: between what its value lies, or that it may be otherwise.

Where exports are compared, instants are known to between two of them, and what came and went in between was never seen.
What this does to the bounds of a metric is in `metrics.measuring.record_cells`; who counts such records as a gap is
`metrics.instrumentation.inexact`.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from metrics.kinds import Kind, Mean, Percentile, Ratio, TimeShare

LEAST: Final = "least"
GREATEST: Final = "greatest"
#: Stands for what nothing bounds: no count of anything comes near it, and it fits 64 bits a thousand times over.
BEYOND: Final = 1 << 40


def ends_of(kind: Percentile, fact: pl.DataFrame) -> dict[str, pl.Expr]:
    """`LEAST` and `GREATEST` of the value of each measured record, empty of others.

    Args:
        fact: the records; columns that are empty of all of them may be left out.

    Returns:
        No end that is the value itself of every record, as where all are exact.
    """
    value = pl.col(kind.column)
    if _is_any(kind.may_be_more, fact):
        ends = {GREATEST: pl.when(kind.may_be_more).then(pl.lit(BEYOND)).otherwise(value)}
    elif _is_any(kind.may_be_any, fact):
        limit = pl.coalesce(limit_of(kind, fact), value)
        ends = {
            LEAST: pl.when(kind.may_be_any).then(pl.lit(0)).otherwise(value),
            GREATEST: pl.when(kind.may_be_any).then(limit).otherwise(value),
        }
    else:
        known = [name for name in kind.ends if name in fact.columns and fact[name].count()]
        of_ends = ((LEAST, kind.least), (GREATEST, kind.greatest))
        ends = {end: pl.coalesce(name, value) if name in known else value for end, name in of_ends} if known else {}
    return {end: pl.when(value.is_not_null()).then(at) for end, at in ends.items()}


def doubt_of(kind: Kind, fact: pl.DataFrame) -> pl.Expr | None:
    """What is measured of a record that may be otherwise, or more, empty of others; None where that is so of none."""
    match kind:
        case Ratio(is_hit=is_hit, hits_in_doubt=are_hits, doubt=flag) if _is_any(flag, fact):
            return pl.when(pl.col(flag) & (is_hit if are_hits else ~is_hit)).then(is_hit)
        case Mean(column=column, may_be_more=flag) if _is_any(flag, fact):
            return pl.when(flag).then(column)
        case TimeShare(may_be_any=flag) if _is_any(flag, fact):
            is_measured = kind.part.is_not_null() & kind.whole.is_not_null()
            return pl.when(pl.col(flag) & is_measured).then(kind.part)
        case _:
            return None


def limit_of(kind: Percentile | TimeShare, fact: pl.DataFrame) -> pl.Expr:
    """What a value that may be anything cannot exceed; empty of a record of which nothing tells that."""
    return pl.coalesce([name for name in kind.at_most if name in fact.columns])


def _is_any(flag: str, fact: pl.DataFrame) -> bool:
    """Whether there is such a flag, and any record has it."""
    return flag in fact.columns and bool(fact[flag].any())
