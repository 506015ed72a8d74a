"""Several rows that tell of one line: the events of a declaration repeat its amount, which counts once.

Which rows make a case, and what its rows may differ in, is the contract's to say (`oneRowPer`, `take`). A value that
the rows of one file must agree on and do not is empty, since nobody knows which holds: `differs_within_case`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

#: Name of the case of each row, in frames between typing and collapsing.
CASE: Final = "case of the row"
#: Whether a row is one without which its case is no line yet.
TELLS: Final = "row that makes a line"


def collapse_cases(rows: pl.DataFrame, takes: Mapping[str, str | None]) -> tuple[pl.DataFrame, pl.DataFrame, int]:
    """One row per case with a row that makes it a line.

    Within a file, rows are in its order. A later file has the word over an earlier one, where it says anything.

    Args:
        rows: `CASE` (none empty), `TELLS`, provenance as landed, and typed values; file after file, the later one last.
        takes: column with a typed value -> which row has the word; None where all must have the same.

    Returns:
        The cases; the values on which the rows of a file do not agree, with `column`, `case` and the provenance of the
        case's first row in that file; the number of cases left out.
    """
    said = rows.group_by(CASE, "_load_id", maintain_order=True).agg(
        pl.col("_row_number").first(),
        pl.col("_row_hash").first(),
        pl.col(TELLS).any(),
        *(_within_file(name, take) for name, take in takes.items()),
        *(_differs(name).alias(f"{name} differs") for name, take in takes.items() if take is None),
    )
    agreed = [name for name, take in takes.items() if take is None]
    differing = [
        said.filter(pl.col(f"{name} differs")).select(
            pl.lit(name).alias("column"), pl.col(CASE).alias("case"), "_load_id", "_row_number"
        )
        for name in agreed
    ]
    cases = said.group_by(CASE, maintain_order=True).agg(
        pl.col("_load_id", "_row_number", "_row_hash").last(),
        pl.col(TELLS).any(),
        *(_over_files(name, take) for name, take in takes.items()),
    )
    lines = cases.filter(TELLS)
    empty = pl.Schema({"column": pl.String, "case": pl.String, "_load_id": pl.String, "_row_number": pl.Int64})
    found = pl.concat([empty.to_frame(), *(each.cast(dict(empty)) for each in differing)])
    return lines.drop(TELLS), found, cases.height - lines.height


def _within_file(name: str, take: str | None) -> pl.Expr:
    present = pl.col(name).drop_nulls()
    match take:
        case "smallest":
            return present.min()
        case "largest":
            return present.max()
        case "last":
            return present.last()
        case "first":
            return present.first()
        case _:
            return pl.when(present.n_unique() == 1).then(present.first()).alias(name)


def _differs(name: str) -> pl.Expr:
    return pl.col(name).drop_nulls().n_unique() > 1


def _over_files(name: str, take: str | None) -> pl.Expr:
    present = pl.col(name).drop_nulls()
    match take:
        case "smallest":
            return present.min()
        case "largest":
            return present.max()
        case "first":
            return present.first()
        case _:
            return present.last()
