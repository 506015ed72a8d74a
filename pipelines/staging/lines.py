"""The canonical tables whose rows are lines: costs, rates, budgets, headcount, contracts, invoices, deliveries."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
from sqlalchemy import Table

from models.ddl import conform, polars_schema
from pipelines.policies.loading import Policies
from pipelines.staging.dimensions import apply_aliases, spellings_of_cost_centres
from pipelines.staging.mapping import StagedPart


def assemble_lines(parts: Sequence[StagedPart], table: Table, policies: Policies) -> pl.DataFrame:
    """All lines of all exports, each of which comes in the order of its files.

    A line with a key that a later file brings again is superseded by it: exports overlap, and corrections come that
    way. Two lines of one file with one key are both kept, for a rule to find, and so are those of two contracts with
    the same source: what one calls by a number need not be what the other does. Rates and headcounts are known by what
    they are of, whoever tells them: two contracts may say the same, and where they do not, both are kept for a rule to
    find. Lines without a key are all kept, however equal: real ledgers hold split transactions.
    """
    of_contract: dict[str, list[pl.DataFrame]] = {}
    for part in parts:
        of_contract.setdefault(part.contract.id, []).append(conform(_with_key(part.frame, table), table))
    kept = [_latest_file_wins(pl.concat(same), table) for same in of_contract.values()]
    if _single_key(table) is None:
        kept = _say_once(kept, table)
    spellings = {**policies.dimensions, "cost_centre": spellings_of_cost_centres(policies.costs)}
    lines = apply_aliases(pl.concat(kept) if kept else polars_schema(table).to_frame(), spellings)
    if table.name in ("stg_cost_lines", "stg_budget_lines"):
        lines = _place_cost_centres(lines, policies)
    return lines


def _with_key(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """A line whose export has no key, or an empty one, is known by its load and row."""
    key = _single_key(table)
    if key is None:
        return frame
    position = pl.concat_str("load_id", pl.lit(":"), pl.col("row_number").cast(pl.String))
    present = pl.col(key) if key in frame.columns else pl.lit(None, pl.String)
    return frame.with_columns(pl.coalesce(present, position).alias(key))


def _single_key(table: Table) -> str | None:
    keys = [column.name for column in table.primary_key.columns]
    return keys[0] if len(keys) == 1 else None


def _latest_file_wins(lines: pl.DataFrame, table: Table) -> pl.DataFrame:
    keys = [column.name for column in table.primary_key.columns]
    latest = lines.group_by(keys).agg(pl.col("load_id").last().alias("latest_load_id"))
    kept = lines.join(latest, on=keys, how="left", nulls_equal=True, maintain_order="left")
    return kept.filter(pl.col("load_id") == pl.col("latest_load_id")).drop("latest_load_id")


def _say_once(frames: Sequence[pl.DataFrame], table: Table) -> list[pl.DataFrame]:
    """Of each contract what none before it says just so."""
    origin = ("source", "load_id", "row_number", "row_hash")
    said = [column.name for column in table.columns if column.name not in origin]
    kept: list[pl.DataFrame] = []
    for frame in frames:
        known = [other.select(said) for other in kept]
        kept.append(frame.join(pl.concat(known), on=said, how="anti", nulls_equal=True) if known else frame)
    return kept


def _place_cost_centres(lines: pl.DataFrame, policies: Policies) -> pl.DataFrame:
    """Team and service of a line by its cost centre, where the line itself names none."""
    centre = pl.col("cost_centre").str.to_lowercase()
    filled = []
    for name, places in (("team", policies.costs.cost_centre_teams), ("service", policies.costs.cost_centre_services)):
        if places and name in lines.columns:
            keys = [key.lower() for key in places]
            by_centre = centre.replace_strict(keys, list(places.values()), default=None, return_dtype=pl.String)
            filled.append(pl.coalesce(pl.col(name), by_centre).alias(name))
    return lines.with_columns(filled)
