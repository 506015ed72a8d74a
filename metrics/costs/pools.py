"""Which pools select which lines: the first takes the line, the others are told.

A pattern is tried on every distinct value of its column once, not on every line. Values that match the same patterns
are then one and the same, and pools are tried on the few combinations of such classes that lines have. So 200 pools
cost little more than a few, whatever the number of lines.

What becomes of a pool is in `metrics.costs.allocation`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import polars as pl

from metrics.costs.patterns import to_regex
from metrics.costs.policy import CostPool
from models.vocabulary import NO_VALUE

#: Columns that a pool may name patterns for, in the order in which it has them.
MATCHED_COLUMNS: Final = ("account", "cost_centre", "vendor", "description")

#: Bits of a whole number that hold whether a value matches so many patterns.
_BITS: Final = 63

_Globs = tuple[str, ...]


def match_pools(lines: pl.DataFrame, pools: Sequence[CostPool]) -> pl.DataFrame:
    """The pools that select each line.

    Args:
        lines: with account, cost_centre, vendor and description.

    Returns:
        In the order of the lines: cost_pool (the first that selects the line, or `(none)`), matching_pool_count
        (Int64), other_cost_pools (the further ones in order, joined by ", "; null where there are none).
    """
    used = {column: _distinct_globs(pools, column) for column in MATCHED_COLUMNS}
    classes = {column: _classify(lines.get_column(column), globs) for column, globs in used.items() if globs}
    if not classes:
        rows = pl.DataFrame({"combination": pl.zeros(lines.height, dtype=pl.UInt32, eager=True)})
        combinations = pl.DataFrame({"combination": [0]}, schema={"combination": pl.UInt32})
    else:
        by_row = pl.DataFrame([each.class_of_row.alias(column) for column, each in classes.items()])
        combinations = by_row.unique(maintain_order=True).with_row_index("combination")
        rows = by_row.join(combinations, on=list(classes), how="left", maintain_order="left").select("combination")
    decided = _decide(combinations, classes, pools)
    return rows.select(
        decided.get_column(column).gather(rows.get_column("combination"))
        for column in ("cost_pool", "matching_pool_count", "other_cost_pools")
    )


class _Classes:
    """Values of one column put together by the patterns that they match.

    Attributes:
        class_of_row: number of the class of every row's value.
        matches: for each tuple of patterns, whether each class matches one of them.
    """

    def __init__(self, class_of_row: pl.Series, matches: dict[_Globs, pl.Series]) -> None:
        self.class_of_row = class_of_row
        self.matches = matches


def _patterns_of(pool: CostPool) -> dict[str, _Globs]:
    named = (pool.accounts, pool.cost_centres, pool.vendors, pool.descriptions)
    return {column: globs for column, globs in zip(MATCHED_COLUMNS, named, strict=True) if globs}


def _distinct_globs(pools: Iterable[CostPool], column: str) -> list[_Globs]:
    return list(dict.fromkeys(patterns[column] for pool in pools if column in (patterns := _patterns_of(pool))))


def _classify(values: pl.Series, used: list[_Globs]) -> _Classes:
    """Try all patterns on the distinct values of a column."""
    distinct = values.fill_null("").unique().alias("value").to_frame()
    # Most texts match nothing, and one look at all patterns together tells which.
    any_match = to_regex(tuple(dict.fromkeys(glob for globs in used for glob in globs)))
    candidates = distinct.filter(pl.col("value").str.contains(any_match))
    signatures = []
    for start in range(0, len(used), _BITS):
        bits = [
            pl.col("value").str.contains(to_regex(globs)).cast(pl.Int64) * (1 << bit)
            for bit, globs in enumerate(used[start : start + _BITS])
        ]
        signatures.append(pl.sum_horizontal(bits).alias(f"signature{start}"))
    signed = candidates.with_columns(signatures)
    names = [column for column in signed.columns if column != "value"]
    classes = signed.select(names).unique(maintain_order=True).with_row_index("class", offset=1)
    class_of_value = signed.join(classes, on=names, how="left").select("value", "class")
    class_of_row = (
        values.fill_null("")
        .alias("value")
        .to_frame()
        .join(class_of_value, on="value", how="left", maintain_order="left")
        .select(pl.col("class").fill_null(0))
        .to_series()
    )
    matches = {}
    for position, globs in enumerate(used):
        signature, bit = f"signature{position - position % _BITS}", 1 << position % _BITS
        is_match = classes.select((pl.col(signature) & bit) != 0).to_series()
        matches[globs] = pl.concat([pl.Series([False]), is_match])  # class 0 matches nothing
    return _Classes(class_of_row, matches)


def _decide(combinations: pl.DataFrame, classes: dict[str, _Classes], pools: Sequence[CostPool]) -> pl.DataFrame:
    """For each combination of classes the first pool, how many there are, and the others."""
    selected: list[list[str]] = [[] for _ in range(combinations.height)]
    for pool in pools:
        is_selected = pl.repeat(True, combinations.height, dtype=pl.Boolean, eager=True)
        for column, globs in _patterns_of(pool).items():
            is_selected &= classes[column].matches[globs].gather(combinations.get_column(column))
        for position in is_selected.arg_true():
            selected[position].append(pool.id)
    return pl.DataFrame(
        {
            "cost_pool": [names[0] if names else NO_VALUE for names in selected],
            "matching_pool_count": [len(names) for names in selected],
            "other_cost_pools": [", ".join(names[1:]) or None for names in selected],
        },
        schema={"cost_pool": pl.String, "matching_pool_count": pl.Int64, "other_cost_pools": pl.String},
    )
