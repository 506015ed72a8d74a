"""The tickets and events of a made-up operation, batch by batch in the order in which they are exported.

No more of the operation is held than what is in work. Which files they are written to is said in
`benchmarks.ticket_events`, what can happen to a ticket in `benchmarks.ticket_scripts`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from benchmarks.operation import PRIORITIES, PRIORITY_WEIGHTS, SERVICES, TEAMS, TICKET_TYPES, VENDORS
from benchmarks.ticket_draws import DUPLICATES, HOUR, Operation, fraction, microseconds
from benchmarks.ticket_scripts import SCRIPTS_PER_SOURCE, SOURCE_WEIGHTS, SOURCES

_BATCH: Final = 100_000
#: How much longer than the mean a step takes at each priority.
_PACE: Final = (0.3, 0.6, 1.0, 1.4, 2.0)
#: One event in so many is exported late.
_LATE: Final = 100
_SUMMARIES: Final = ("Cannot sign in", "Printer is jammed", "Report is empty", "New laptop wanted", "Link is down")


def make_batches(
    operation: Operation, ends: Sequence[datetime], *, batch: int = _BATCH
) -> Iterator[tuple[list[pl.DataFrame], pl.DataFrame]]:
    """Go through an operation in time.

    Args:
        ends: up to where exports reach, in order: for each, the tickets are as they are then.
        batch: tickets made at once. Batches of another size make the same.

    Yields:
        For each end, rows of `stg_tickets` without provenance, but with `exported_at`; and rows of `stg_ticket_events`
        without provenance, but with `exported_at`, in the order of which they lie, across all batches.
    """
    cuts = [microseconds(end) for end in ends]
    scripts = _Scripts.of(operation.scripts)
    pending = None
    for first in range(0, operation.ticket_count, batch):
        last = min(first + batch, operation.ticket_count)
        tickets = _tickets(operation, first, last)
        steps = _steps(operation, scripts, tickets)
        steps = steps.filter(pl.col("exported_at") < cuts[-1])
        states = [_latest(operation, scripts, tickets, steps, cut, cuts[:number]) for number, cut in enumerate(cuts)]
        told = scripts.table["is_told"].gather(steps["script_row"])
        exported = _export(steps.filter(told)).filter(pl.col("exported_at") < cuts[-1])
        # What is still to be exported when the next batch's first ticket is created waits for it.
        exported = exported if pending is None else pl.concat([pending, exported])
        exported = exported.sort("exported_at", maintain_order=True)
        reach = operation.created_at(last) if last < operation.ticket_count else cuts[-1]
        ready = exported["exported_at"].search_sorted(reach, side="left")
        pending = exported[ready:]
        yield states, _events(operation, scripts, exported[:ready])


@dataclass(frozen=True)
class _Scripts:
    """Scripts, and where each begins and how long it is."""

    table: pl.DataFrame
    begins: pl.Series
    lengths: pl.Series

    @classmethod
    def of(cls, table: pl.DataFrame) -> _Scripts:
        lengths = table.group_by("script", maintain_order=True).len()["len"]
        return cls(table, (lengths.cum_sum() - lengths).cast(pl.UInt32), lengths)


def _tickets(operation: Operation, first: int, last: int) -> pl.DataFrame:
    frame = pl.DataFrame({"ticket": pl.int_range(first, last, dtype=pl.UInt64, eager=True)})
    script = operation.draw("script", pl.col("ticket")) // (1 << 20) % SCRIPTS_PER_SOURCE
    return frame.with_columns(
        operation.arrival(),
        source=operation.pick("source", pl.col("ticket"), SOURCE_WEIGHTS),
    ).with_columns(script=(pl.col("source") * SCRIPTS_PER_SOURCE + script).cast(pl.UInt32))


def _steps(operation: Operation, scripts: _Scripts, tickets: pl.DataFrame) -> pl.DataFrame:
    """Every step of each ticket in order: `ticket`, `script_row`, `occurred_at` and `exported_at` in microseconds."""
    lengths = scripts.lengths.gather(tickets["script"])
    steps = tickets.select(
        "ticket",
        "created_at",
        script_row=pl.int_ranges(
            scripts.begins.gather(tickets["script"]).cast(pl.Int64),
            scripts.begins.gather(tickets["script"]).cast(pl.Int64) + lengths.cast(pl.Int64),
        ),
    ).explode("script_row", empty_as_null=False)
    table = scripts.table
    steps = steps.with_columns(
        table["step"].gather(steps["script_row"]).alias("step"),
        table["mean_hours"].gather(steps["script_row"]).alias("mean_hours"),
        pace=pl.lit(pl.Series(_PACE)).gather(operation.pick("priority", pl.col("ticket"), PRIORITY_WEIGHTS)),
    )
    key = pl.col("ticket") * 256 + pl.col("step").cast(pl.UInt64)
    steps = steps.with_columns(bits=operation.draw("step", key))
    # A long tail: most steps take less than half of the mean, some ten times as long.
    tail = (-fraction(pl.col("bits")).log()).pow(1.5) / 1.33
    gap = (pl.col("mean_hours") * pl.col("pace") * tail * HOUR).cast(pl.Int64)
    steps = steps.with_columns(through=gap.cum_sum())
    base = pl.when(pl.col("step") == 0).then("through").forward_fill()
    occurred_at = pl.col("created_at") + pl.col("through") - base
    late = pl.when(pl.col("bits") % _LATE == 0).then((pl.col("bits") // _LATE % (2 * HOUR)).cast(pl.Int64)).otherwise(0)
    return steps.select(
        "ticket", "bits", pl.col("script_row").cast(pl.UInt32), occurred_at=occurred_at, exported_at=occurred_at + late
    )


def _export(steps: pl.DataFrame) -> pl.DataFrame:
    """Events as they are exported, some of them a second time a while later."""
    bits = pl.col("bits") // (1 << 16)
    again = steps.filter(bits % DUPLICATES == 0).with_columns(
        exported_at=pl.col("exported_at") + (bits // DUPLICATES % (30 * HOUR)).cast(pl.Int64)
    )
    return pl.concat([steps, again]).drop("bits")


def _latest(
    operation: Operation,
    scripts: _Scripts,
    tickets: pl.DataFrame,
    steps: pl.DataFrame,
    cut: int,
    earlier: Sequence[int],
) -> pl.DataFrame:
    """Tickets as they are at a cut; after an earlier cut only those that have changed since."""
    exported = steps.filter(pl.col("exported_at") < cut)
    last = exported.filter(pl.col("ticket").ne_missing(pl.col("ticket").shift(-1)))
    if earlier:
        changed = exported.filter(pl.col("exported_at") >= earlier[-1])["ticket"].unique()
        last = last.filter(pl.col("ticket").is_in(changed.implode()))
    place = (last["ticket"] - tickets["ticket"][0]).cast(pl.UInt32)
    of_ticket = _gather(tickets.select("created_at"), place)
    row = pl.concat([last, _gather(scripts.table, last["script_row"]), of_ticket], how="horizontal")
    ticket = pl.col("ticket")
    return row.select(
        "exported_at",
        _ticket_id().alias("ticket_id"),
        _name(SOURCES, pl.col("source")).alias("source"),
        pl.lit("event_log").alias("export_shape"),
        _instant("created_at"),
        _name(TICKET_TYPES, operation.pick("type", ticket, (3, 2, 1))).alias("ticket_type"),
        pl.col("latest_status").alias("status"),
        pl.col("latest_category").alias("status_category"),
        pl.col("latest_reason").alias("waiting_reason"),
        _priority(operation, 0).alias("priority"),
        _team(operation, 0).alias("team"),
        _name(SERVICES, _service(operation)).alias("service"),
        pl.when(pl.col("has_vendor") | (operation.draw("vendor?", ticket) % 30 == 0))
        .then(_vendor(operation))
        .alias("vendor"),
        pl.format("{} ({})", _name(_SUMMARIES, operation.pick("summary", ticket, (1,) * 5)), ticket).alias("summary"),
    )


def _events(operation: Operation, scripts: _Scripts, exported: pl.DataFrame) -> pl.DataFrame:
    rows = pl.concat([exported, _gather(scripts.table, exported["script_row"])], how="horizontal")
    sequence = pl.lit(1_000_000, dtype=pl.Int64) + pl.col("ticket").cast(pl.Int64) * 64 + pl.col("step")
    servicenow, jira = SOURCES.index("servicenow"), SOURCES.index("jira")
    return rows.select(
        "exported_at",
        _ticket_id().alias("ticket_id"),
        _name(SOURCES, pl.col("source")).alias("source"),
        _instant("occurred_at"),
        # ServiceNow numbers the updates of a ticket, Jira all changes; the help desk has only the order of its rows.
        pl.when(pl.col("source") == servicenow)
        .then("step")
        .when(pl.col("source") == jira)
        .then(sequence)
        .alias("event_sequence"),
        "status_before",
        "status",
        pl.col("category").alias("status_category"),
        pl.col("category_before").alias("status_category_before"),
        "waiting_reason",
        pl.when("tells_team_before").then(_team(operation, -1)).alias("team_before"),
        pl.when("tells_team").then(_team(operation, 0)).alias("team"),
        pl.when("tells_priority_before").then(_priority(operation, -1)).alias("priority_before"),
        pl.when("tells_priority").then(_priority(operation, 0)).alias("priority"),
        pl.when("tells_vendor").then(_vendor(operation)).alias("vendor"),
        pl.col("is_reply").alias("is_public_agent_reply"),
        pl.format(
            "agent{}", operation.draw("actor", pl.col("ticket") * 64 + pl.col("step").cast(pl.UInt64)) % 400
        ).alias("actor"),
    )


def _ticket_id() -> pl.Expr:
    prefix = pl.lit(pl.Series(["servicenow:INC", "jira:OPS-", "helpdesk:"])).gather(pl.col("source"))
    return pl.concat_str(prefix, (pl.col("ticket") + 1_000_000).cast(pl.String))


def _service(operation: Operation) -> pl.Expr:
    return operation.pick("service", pl.col("ticket"), (1,) * len(SERVICES))


def _team(operation: Operation, offset: int) -> pl.Expr:
    """The team after (0) or before (-1) a step. Each service has three teams, and a ticket goes on to near-by ones."""
    ticket = pl.col("ticket")
    first = _service(operation) * len(TEAMS) // len(SERVICES) + operation.draw("team", ticket) % 3
    stride = operation.draw("stride", ticket) % 4 + 1
    changes = (pl.col("team_changes") + offset).clip(0).cast(pl.UInt64)
    return _name(TEAMS, (first + stride * changes) % len(TEAMS))


def _priority(operation: Operation, offset: int) -> pl.Expr:
    ticket = pl.col("ticket")
    first = operation.pick("priority", ticket, PRIORITY_WEIGHTS).cast(pl.UInt64)
    stride = operation.draw("urgency", ticket) % (len(PRIORITIES) - 1) + 1
    changes = (pl.col("priority_changes") + offset).clip(0).cast(pl.UInt64)
    return _name(PRIORITIES, (first + stride * changes) % len(PRIORITIES))


def _vendor(operation: Operation) -> pl.Expr:
    """Two vendors serve each service."""
    return _name(VENDORS, (_service(operation) + operation.draw("vendor", pl.col("ticket")) % 2) % len(VENDORS))


def _name(names: Sequence[str], position: pl.Expr) -> pl.Expr:
    return pl.lit(pl.Series(names)).gather(position.cast(pl.UInt32))


def _gather(table: pl.DataFrame, rows: pl.Series) -> pl.DataFrame:
    return table.select(pl.all().gather(pl.lit(rows)))


def _instant(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.Datetime("us", "UTC"))
