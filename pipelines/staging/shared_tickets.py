"""Tickets that the exports of two contracts with one source tell of: they are read as one, which is said.

That is meant where one contract brings tickets and another their events. Where the two tell creations that lie more
than a day apart they are different tickets under one number, and a rule of `data_contracts/warehouse` sets them aside.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import combinations
from typing import Any, Final

import polars as pl

from models.findings import ops_shared_tickets
from pipelines.notices.finding import Notice
from pipelines.staging.mapping import StagedPart
from pipelines.staging.tickets import no_problems
from pipelines.warehouse import Warehouse
from pipelines.words.numbers import count_of

PROBLEM: Final = "differs_between_contracts"
#: Clocks go wrong, and zones are mistaken, by no more than this.
_TOLERANCE: Final = timedelta(days=1)


def store_shared_tickets(warehouse: Warehouse, parts: Sequence[StagedPart]) -> pl.DataFrame:
    """Replace what is known of shared tickets; return the value problems of those that cannot be one.

    Args:
        parts: what all exports contribute to tickets and to their events.
    """
    by_source: dict[str, dict[str, list[StagedPart]]] = {}
    for part in parts:
        by_source.setdefault(part.contract.source, {}).setdefault(part.contract.id, []).append(part)
    found: list[dict[str, Any]] = []
    problems = [no_problems()]
    for source, of_contract in by_source.items():
        told = {contract: _tickets_of(of) for contract, of in of_contract.items()} if len(of_contract) > 1 else {}
        for one, other in combinations(sorted(told), 2):
            shared = told[one].join(told[other], on="ticket_id", suffix="_other")
            if shared.is_empty():
                continue
            apart = (pl.col("created_at") - pl.col("created_at_other")).abs() > _TOLERANCE
            differing = shared.filter(apart)
            problems.append(_problems(differing, of_contract[other]))
            found.append(
                {
                    "source": source, "export": one, "other_export": other, "ticket_count": shared.height,
                    "differing_count": differing.height,
                    "example_ticket_id": (shared if differing.is_empty() else differing)["ticket_id"].min(),
                }
            )  # fmt: skip
    warehouse.execute("DELETE FROM ops.ops_shared_tickets")
    if found:
        warehouse.append(ops_shared_tickets, pl.DataFrame(found))
    return pl.concat(problems)


def _tickets_of(parts: Sequence[StagedPart]) -> pl.DataFrame:
    """Tickets of a contract, with their creation where it tells one, and where that stands."""
    frames = []
    for part in parts:
        is_told = part.table_name == "tickets" and "created_at" in part.frame.columns
        created = pl.col("created_at") if is_told else pl.lit(None, pl.Datetime("us", "UTC")).alias("created_at")
        frames.append(part.frame.select("ticket_id", created, pl.col("load_id").cast(pl.String), "row_number"))
    rows = pl.concat(frames).filter(pl.col("ticket_id").is_not_null())
    # The latest row that tells a creation; any row of a ticket that has none.
    ordered = rows.sort(pl.col("created_at").is_not_null(), "load_id", "row_number")
    return ordered.unique("ticket_id", keep="last", maintain_order=True)


def _problems(differing: pl.DataFrame, parts: Sequence[StagedPart]) -> pl.DataFrame:
    column = next(
        (
            column.name
            for part in parts
            for column in part.item.columns
            for feed in column.feeds
            if feed.target == "tickets.created_at"
        ),
        "",
    )
    return differing.select(
        pl.col("load_id_other").alias("load_id"),
        pl.col("row_number_other").alias("row_number"),
        pl.lit(column).alias("column_name"),
        pl.lit("tickets.created_at").alias("canonical_column"),
        pl.lit(PROBLEM).alias("problem"),
        pl.col("ticket_id").alias("record_id"),
    )


def note_shared_tickets(rows: Iterable[tuple[Any, ...]], origins: dict[str, str]) -> Iterator[Notice]:
    """That tickets of two contracts are read as one, where nothing speaks against it.

    Args:
        rows: of `ops_shared_tickets`, without what it keeps beside.
        origins: contract id -> its file.
    """
    for source, one, other, count, differing, example in rows:
        if differing:
            continue  # The rule tells of it.
        files = f"{origins.get(one, one)} and {origins.get(other, other)}"
        yield Notice(
            "shared_tickets",
            origins.get(other, other),
            f"{files} both have the source '{source}', and {count_of(count, 'ticket', 'tickets')} of the same number, "
            f"such as '{example}', {'is' if count == 1 else 'are'} read as one. If they are different tickets, give "
            "one of the two contracts another 'source'.",
        )
