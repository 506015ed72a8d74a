"""What staging found beside the rows: values that could not be used, and totals of files. Kept for rules to ask."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from models.ddl import qualified_name
from models.findings import ops_control_totals
from models.ops import ops_value_problems
from models.vocabulary import Domain
from pipelines.warehouse import Warehouse


def store_problems(
    warehouse: Warehouse, domain: Domain, problems: Sequence[pl.DataFrame], *, of: Sequence[pl.DataFrame] | None = None
) -> None:
    """Put problems in the place of those that the domain had, or of those that some of its rows had.

    Args:
        problems: rows of `ops_value_problems` without domain and what is known by the load.
        of: frames with `load_id` and `row_number` of these rows.
    """
    known = f"FROM {qualified_name(ops_value_problems)} AS known"
    if of is None:
        warehouse.execute(f"DELETE {known} WHERE domain = ?", [domain.value])
    else:
        rows = pl.concat([frame.select(pl.col("load_id").cast(pl.String), "row_number") for frame in of]).unique()
        with warehouse.registered(rows) as staged:
            same = "known.load_id = staged.load_id AND known.row_number = staged.row_number"
            warehouse.execute(f"DELETE {known} USING {staged} AS staged WHERE {same}")
    if not problems:
        return
    loads = warehouse.frame("SELECT load_id, export, 'raw.' || raw_table AS raw_table FROM ops.ops_loads")
    found = pl.concat(problems).unique(maintain_order=True).join(loads, on="load_id", how="left", maintain_order="left")
    warehouse.append(ops_value_problems, found.with_columns(pl.lit(domain.value).alias("domain")))


def store_totals(warehouse: Warehouse, domain: Domain, totals: Sequence[pl.DataFrame]) -> None:
    """Put control totals in the place of those that the domain had.

    Args:
        totals: rows of `ops_control_totals` without domain and what is known by the load.
    """
    warehouse.execute("DELETE FROM ops.ops_control_totals WHERE domain = ?", [domain.value])
    if not totals:
        return
    loads = warehouse.frame("SELECT load_id, export, file_name FROM ops.ops_loads")
    found = pl.concat(totals).join(loads, on="load_id", how="left", maintain_order="left")
    warehouse.append(ops_control_totals, found.with_columns(pl.lit(domain.value).alias("domain")))
