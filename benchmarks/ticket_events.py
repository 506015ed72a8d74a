"""Made-up ticket data of any size, typed as the canonical tables: the input of the ticket benchmarks.

    python -m benchmarks.ticket_events --events 10000000 --out DIR

writes `events.csv` and `tickets.csv` (with the columns of an event log only) and the same rows with all columns of
`stg_ticket_events` and `stg_tickets` as `events/*.parquet` and `tickets/*.parquet`. Rows lie in the order in which the
whole operation exported them, not by ticket. The same size and seed give the same rows.

    python -m benchmarks.ticket_events --events 10000000 --delta-hours 24 --out DIR

writes them twice: `base`, all but the last day, and `delta`, that day's events and the tickets that they created or
changed.

Every draw is a hash of the seed, what is drawn and the number of the ticket, so that tickets are made in batches and
no more of the operation is held than what is in work. What can happen is said in `benchmarks.ticket_scripts`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO, Final

import polars as pl

from benchmarks.operation import (
    BEGINS_AT,
    ENDS_AT,
    PRIORITIES,
    PRIORITY_WEIGHTS,
    SERVICES,
    TEAMS,
    TICKET_TYPES,
    VENDORS,
)
from benchmarks.ticket_scripts import SCRIPTS_PER_SOURCE, SOURCE_WEIGHTS, SOURCES, draw_scripts
from models.ddl import conform
from models.tickets import stg_ticket_events, stg_tickets

_BATCH: Final = 100_000
_HOUR: Final = 3_600_000_000
#: How much longer than the mean a step takes at each priority.
_PACE: Final = (0.3, 0.6, 1.0, 1.4, 2.0)
#: Tickets that arrive in an hour of the week, by hour of a workday and of a day off (UTC).
_WORKDAY: Final = (1, 1, 1, 1, 2, 4, 8, 14, 18, 18, 16, 14, 14, 16, 16, 14, 12, 9, 7, 5, 4, 3, 2, 1)
_DAY_OFF: Final = (1,) * 7 + (2,) * 12 + (1,) * 5
_SUMMARIES: Final = ("Cannot sign in", "Printer is jammed", "Report is empty", "New laptop wanted", "Link is down")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=1_000_000, help="about how many events to make")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--delta-hours", type=float, help="write a base and a delta of so many last hours")
    parser.add_argument("--no-csv", action="store_true", help="write Parquet only")
    arguments = parser.parse_args()
    operation = Operation.of_size(arguments.events, arguments.seed)
    ends = [ENDS_AT]
    if arguments.delta_hours:
        ends = [ENDS_AT - timedelta(hours=arguments.delta_hours), ENDS_AT]
    names = ["base", "delta"] if arguments.delta_hours else ["."]
    for name, rows in write(
        operation, arguments.out, dict(zip(names, ends, strict=True)), not arguments.no_csv
    ).items():
        print(f"{arguments.out / name}: {rows['events']:,} events of {rows['tickets']:,} tickets")


@dataclass(frozen=True)
class Operation:
    """How many tickets there are, and everything that is drawn of them."""

    ticket_count: int
    seed: int
    scripts: pl.DataFrame = field(repr=False)

    @classmethod
    def of_size(cls, events: int, seed: int) -> Operation:
        """An operation with about so many events, duplicates included."""
        scripts = draw_scripts(seed)
        told = scripts.group_by("source").agg(mean=pl.col("is_told").sum() / SCRIPTS_PER_SOURCE).sort("source")["mean"]
        mean = sum(weight * mean for weight, mean in zip(SOURCE_WEIGHTS, told, strict=True)) / sum(SOURCE_WEIGHTS)
        return cls(max(1, round(events / (mean * (1 + 1 / _DUPLICATES)))), seed, scripts)

    def draw(self, purpose: str, key: pl.Expr) -> pl.Expr:
        """A number of 64 random bits for each key."""
        # Not Python's hash, which differs from run to run.
        salt = int.from_bytes(f"{purpose}{self.seed}".encode()[-8:].rjust(8, b"-"), "big")
        return _mix(key.cast(pl.UInt64) ^ _mix(pl.lit(salt, dtype=pl.UInt64)))

    def pick(self, purpose: str, key: pl.Expr, weights: Sequence[int]) -> pl.Expr:
        """A position, as often as its weight says."""
        wheel = [position for position, weight in enumerate(weights) for _ in range(weight)]
        spun = self.draw(purpose, key) % len(wheel)
        return pl.lit(pl.Series(wheel, dtype=pl.UInt32)).gather(spun) if len(set(weights)) > 1 else spun.cast(pl.UInt32)


#: One event in so many is exported twice, one in so many late.
_DUPLICATES: Final = 100
_LATE: Final = 100


def _mix(number: pl.Expr) -> pl.Expr:
    """The finaliser of SplitMix64: unlike `Expr.hash` it stays the same from one version of Polars to the next."""
    number = number * pl.lit(0x9E3779B97F4A7C15, dtype=pl.UInt64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        number = (number ^ (number // pl.lit(1 << shift, dtype=pl.UInt64))) * pl.lit(factor, dtype=pl.UInt64)
    return number ^ (number // pl.lit(1 << 31, dtype=pl.UInt64))


def _fraction(bits: pl.Expr) -> pl.Expr:
    """Random bits as a number above 0 and at most 1."""
    return ((bits // (1 << 32)).cast(pl.Float64) + 1) / (1 << 32)


def make_batches(operation: Operation, ends: Sequence[datetime]) -> Iterator[tuple[list[pl.DataFrame], pl.DataFrame]]:
    """Go through an operation in time.

    Args:
        ends: up to where exports reach, in order: for each, the tickets are as they are then.

    Yields:
        For each end, rows of `stg_tickets` without provenance, but with `exported_at`; and rows of `stg_ticket_events`
        without provenance, but with `exported_at`, in the order of which they lie, across all batches.
    """
    cuts = [_microseconds(end) for end in ends]
    scripts = _Scripts.of(operation.scripts)
    pending = None
    for first in range(0, operation.ticket_count, _BATCH):
        last = min(first + _BATCH, operation.ticket_count)
        tickets = _tickets(operation, first, last)
        steps = _steps(operation, scripts, tickets)
        steps = steps.filter(pl.col("exported_at") < cuts[-1])
        states = [_latest(operation, scripts, tickets, steps, cut, cuts[:number]) for number, cut in enumerate(cuts)]
        told = scripts.table["is_told"].gather(steps["script_row"])
        exported = _export(steps.filter(told)).filter(pl.col("exported_at") < cuts[-1])
        # What is still to be exported when the next batch's first ticket is created waits for it.
        exported = exported if pending is None else pl.concat([pending, exported])
        exported = exported.sort("exported_at", maintain_order=True)
        reach = _created_at(operation, last) if last < operation.ticket_count else cuts[-1]
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


def _created_at(operation: Operation, ticket: int) -> int:
    frame = pl.DataFrame({"ticket": [ticket]}, schema={"ticket": pl.UInt64})
    return frame.select(_arrival(operation)).item()


def _arrival(operation: Operation) -> pl.Expr:
    """Microseconds of creation: tickets are numbered by it, more of them in office hours."""
    week = _microseconds(BEGINS_AT), 7 * 24 * _HOUR
    weights = [weight for day in range(7) for weight in (_WORKDAY if (day + 4) % 7 < 5 else _DAY_OFF)]
    through = [0, *accumulate(weights)]
    total = through[-1]
    weeks = (_microseconds(ENDS_AT) - week[0]) / week[1]
    # The last week is cut, so tickets of the week's whole count are spread over a little more than the span.
    jitter = _fraction(operation.draw("arrival", pl.col("ticket")))
    at = (pl.col("ticket").cast(pl.Float64) + jitter * 0.999) / operation.ticket_count * weeks
    of_week = at.floor()
    spun = (at - of_week) * total
    hour_of = [hour for hour, weight in enumerate(weights) for _ in range(weight)]
    hour = pl.lit(pl.Series(hour_of, dtype=pl.UInt32)).gather(spun.floor().clip(0, total - 1).cast(pl.UInt32))
    before = pl.lit(pl.Series(through, dtype=pl.Float64)).gather(hour)
    weight = pl.lit(pl.Series(weights, dtype=pl.Float64)).gather(hour)
    since = (hour.cast(pl.Float64) + ((spun - before) / weight).clip(0, 1)) * _HOUR
    return (of_week.cast(pl.Int64) * week[1] + since.cast(pl.Int64) + week[0]).alias("created_at")


def _tickets(operation: Operation, first: int, last: int) -> pl.DataFrame:
    frame = pl.DataFrame({"ticket": pl.int_range(first, last, dtype=pl.UInt64, eager=True)})
    script = operation.draw("script", pl.col("ticket")) // (1 << 20) % SCRIPTS_PER_SOURCE
    return frame.with_columns(
        _arrival(operation),
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
    tail = (-_fraction(pl.col("bits")).log()).pow(1.5) / 1.33
    gap = (pl.col("mean_hours") * pl.col("pace") * tail * _HOUR).cast(pl.Int64)
    steps = steps.with_columns(through=gap.cum_sum())
    base = pl.when(pl.col("step") == 0).then("through").forward_fill()
    occurred_at = pl.col("created_at") + pl.col("through") - base
    late = (
        pl.when(pl.col("bits") % _LATE == 0).then((pl.col("bits") // _LATE % (2 * _HOUR)).cast(pl.Int64)).otherwise(0)
    )
    return steps.select(
        "ticket", "bits", pl.col("script_row").cast(pl.UInt32), occurred_at=occurred_at, exported_at=occurred_at + late
    )


def _export(steps: pl.DataFrame) -> pl.DataFrame:
    """Events as they are exported, some of them a second time a while later."""
    bits = pl.col("bits") // (1 << 16)
    again = steps.filter(bits % _DUPLICATES == 0).with_columns(
        exported_at=pl.col("exported_at") + (bits // _DUPLICATES % (30 * _HOUR)).cast(pl.Int64)
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


def _microseconds(instant: datetime) -> int:
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def write(
    operation: Operation, folder: Path, ends: dict[str, datetime], with_csv: bool = True
) -> dict[str, dict[str, int]]:
    """Write an operation to files, in a folder for each end; the second and later ones hold only what is new.

    Args:
        ends: name of the folder to the instant up to which its export reaches, in order.

    Returns:
        Number of `events` and `tickets` by name.
    """
    targets = {name: _Target.open(folder / name, f"{end:%Y-%m-%d}", with_csv) for name, end in ends.items()}
    cuts = [_microseconds(end) for end in ends.values()]
    for states, events in make_batches(operation, list(ends.values())):
        borders = [0, *(events["exported_at"].search_sorted(cut, side="left") for cut in cuts)]
        for number, target in enumerate(targets.values()):
            target.write("tickets", states[number], is_first=number == 0)
            target.write("events", events[borders[number] : borders[number + 1]], is_first=number == 0)
    for name, target in targets.items():
        target.close(ends[name])
    return {name: target.written for name, target in targets.items()}


@dataclass
class _Target:
    """The files of one folder, written piece by piece."""

    folder: Path
    day: str
    csv: dict[str, BinaryIO]
    written: dict[str, int]
    parts: int = 0
    rows_of_load: dict[str, int] = field(default_factory=dict)

    @classmethod
    def open(cls, folder: Path, day: str, with_csv: bool) -> _Target:
        for name in ("tickets", "events"):
            (folder / name).mkdir(parents=True, exist_ok=True)
            for old in (folder / name).glob("*.parquet"):
                old.unlink()
        csv = {name: (folder / f"{name}.csv").open("wb") for name in ("tickets", "events")} if with_csv else {}
        return cls(folder, day, csv, {"tickets": 0, "events": 0})

    def write(self, name: str, rows: pl.DataFrame, *, is_first: bool) -> None:
        """Add rows. A first export has a load for every month, a later one is a load."""
        if rows.is_empty():
            return
        table = {"tickets": stg_tickets, "events": stg_ticket_events}[name]
        if name == "tickets":
            # A row for a ticket is written by its last update, which may lie in any month.
            rows = rows.sort("exported_at", maintain_order=True)
        rows = rows.with_columns(load=_instant("exported_at").dt.strftime("%Y-%m") if is_first else pl.lit(self.day))
        pieces = []
        for piece in rows.partition_by("load", maintain_order=True):
            load = f"{name}/{piece['load'][0]}"
            begun = self.rows_of_load.get(load, 0)
            self.rows_of_load[load] = begun + piece.height
            number = pl.int_range(begun + 2, begun + 2 + piece.height, dtype=pl.Int64)
            content = _mix(number.cast(pl.UInt64) + len(load) * self.parts).cast(pl.String)
            pieces.append(piece.with_columns(load_id=pl.lit(load), row_number=number, row_hash=content))
        typed = conform(pl.concat(pieces), table)
        typed.write_parquet(self.folder / name / f"part-{self.parts:05}.parquet", compression_level=1)
        self.parts += 1
        if name in self.csv:
            told = typed.select(name for name in typed.columns if name in rows.columns)
            is_new = self.written[name] == 0
            told.write_csv(self.csv[name], include_header=is_new, datetime_format="%Y-%m-%d %H:%M:%S%.6f")
        self.written[name] += typed.height

    def close(self, end: datetime) -> None:
        """Finish the files, and say beside them what they hold."""
        for file in self.csv.values():
            file.close()
        said = {**self.written, "ends_at": end.isoformat()}
        (self.folder / "operation.json").write_text(json.dumps(said) + "\n")


def read_parquet(folder: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Tickets and events of a folder, typed as `stg_tickets` and `stg_ticket_events`."""
    return pl.read_parquet(folder / "tickets/*.parquet"), pl.read_parquet(folder / "events/*.parquet")


if __name__ == "__main__":
    main()
