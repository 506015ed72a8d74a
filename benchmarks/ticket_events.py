"""Made-up ticket data of any size, typed as the canonical tables: the input of the ticket benchmarks.

    python -m benchmarks.ticket_events --events 10000000 --out DIR

writes `events.csv` and `tickets.csv` (with the columns of an event log only) and the same rows with all columns of
`stg_ticket_events` and `stg_tickets` as `events/*.parquet` and `tickets/*.parquet`. Rows lie in the order in which the
whole operation exported them, not by ticket. The same size and seed give the same rows.

    python -m benchmarks.ticket_events --events 10000000 --delta-hours 24 --out DIR

writes them twice: `base`, all but the last day, and `delta`, that day's events and the tickets that they created or
changed.

Here are only the files; what is in them is made in `benchmarks.ticket_history`.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import polars as pl

from benchmarks.operation import ENDS_AT
from benchmarks.ticket_draws import Operation, microseconds
from benchmarks.ticket_history import make_batches
from models.ddl import conform
from models.tickets import stg_ticket_events, stg_tickets


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
    cuts = [microseconds(end) for end in ends.values()]
    for states, events in make_batches(operation, list(ends.values())):
        borders = [0, *(events["exported_at"].search_sorted(cut, side="left") for cut in cuts)]
        for number, target in enumerate(targets.values()):
            target.write(operation, "tickets", states[number], is_first=number == 0)
            target.write(operation, "events", events[borders[number] : borders[number + 1]], is_first=number == 0)
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

    def write(self, operation: Operation, name: str, rows: pl.DataFrame, *, is_first: bool) -> None:
        """Add rows. A first export has a load for every month, a later one is a load."""
        if rows.is_empty():
            return
        table = {"tickets": stg_tickets, "events": stg_ticket_events}[name]
        if name == "tickets":
            # A row for a ticket is written by its last update, which may lie in any month.
            rows = rows.sort("exported_at", maintain_order=True)
        rows = rows.with_columns(
            load=pl.col("exported_at").cast(pl.Datetime("us")).dt.strftime("%Y-%m") if is_first else pl.lit(self.day)
        )
        pieces = []
        for piece in rows.partition_by("load", maintain_order=True):
            load = f"{name}/{piece['load'][0]}"
            begun = self.rows_of_load.get(load, 0)
            self.rows_of_load[load] = begun + piece.height
            number = pl.int_range(begun + 2, begun + 2 + piece.height, dtype=pl.Int64)
            content = operation.draw(load, number).cast(pl.String)
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
