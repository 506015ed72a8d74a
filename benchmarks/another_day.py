"""One more day on two years of landed files, as a part of everything: `kpi run --only tickets` from files to facts.

    python -m benchmarks.another_day --copies 10 --runs 1

The files of a simulated operation are landed as often as `--copies` says, each time with other ticket numbers; some
million events each. Then, in new processes:

    a new home    all files but those of the last day: land, stage, audit, measure
    another day   the same command when the file of the last day has come
    everything    the same command with `--full`, from the same state: what has landed is staged and measured anew

Another day and everything must end with the same facts. Between the two, the day before has been a day of its own: the
first run after everything also tidies what everything left behind in the database file.
"""

from __future__ import annotations

import argparse
import csv
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import duckdb

from benchmarks.timing import Timing, time_command
from benchmarks.whole_run import EXPORT, prepare_home, take_last_day

_NEW: Final = "a new home, all files"
_FULL: Final = "everything that has landed, `--full`"
_NOTHING: Final = "nothing new"
_DAY: Final = "another day"
_PARTS: Final = (_NEW, _FULL, _NOTHING, _DAY)
_FACTS: Final = ("fct_ticket_intervals", "fct_tickets", "fct_sla_clocks", "fct_ticket_days", "fct_ticket_delays")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tickets", type=int, default=320_000, help="tickets to simulate, over all systems")
    parser.add_argument("--copies", type=int, default=1, help="how often their files are landed")
    parser.add_argument("--runs", type=int, default=1, help="rounds")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kpi-bench-") as folder:
        _compare(Path(folder), arguments.tickets, arguments.copies, arguments.runs)


def _compare(folder: Path, tickets: int, copies: int, runs: int) -> None:
    home = folder / "home"
    landing, coming = home / "landing" / EXPORT, folder / "coming"
    prepare_home(home, tickets)
    _multiply(landing, coming, copies)
    rows = {name: _count(files) for name, files in (("all", landing.glob("*.csv")), ("day", coming.glob("*_2.csv")))}
    warehouse, before = home / "warehouse.duckdb", folder / "before.duckdb"
    timings: dict[str, list[Timing]] = {name: [] for name in _PARTS}
    for _ in range(runs):
        warehouse.unlink(missing_ok=True)
        timings[_NEW].append(_run(home))
        for day, state in (("1", None), ("2", before)):
            if state is not None:
                shutil.copy(warehouse, state)
            for path in coming.glob(f"*_{day}.csv"):
                shutil.copy2(path, landing)
            if state is not None:
                timings[_DAY].append(_run(home))
            else:
                _run(home)
        changed = Path(shutil.move(warehouse, folder / "changed.duckdb"))
        before.replace(warehouse)
        timings[_FULL].append(_run(home, "--full"))
        timings[_NOTHING].append(_run(home))
        if differing := _differing(warehouse, changed):
            raise SystemExit(f"another day does not end as everything does: {', '.join(differing)}")
        changed.unlink()
        for path in coming.glob("*.csv"):
            (landing / path.name).unlink()
    print(
        f"{rows['all']:,} rows in {len(list(landing.glob('*.csv')))} files, {rows['day']:,} on another day, "
        f"{os.cpu_count()} cores, the mean of {runs}\n"
    )
    print("| `kpi run --only tickets` | wall s | CPU s | peak MiB | x new home (CPU) | x `--full` (CPU) |")
    print("|---|---|---|---|---|---|")
    means = {name: _mean(of_rounds) for name, of_rounds in timings.items()}
    for name, mean in means.items():
        to_new, to_full = mean.cpu / means[_NEW].cpu, mean.cpu / means[_FULL].cpu
        print(
            f"| {name} | {mean.wall:.1f} | {mean.cpu:.1f} | {mean.peak_mebibytes:,.0f} | {to_new:.3f} | {to_full:.3f} |"
        )


def _multiply(landing: Path, coming: Path, copies: int) -> None:
    """Put the last two days of the files of an export aside, and so many copies of all in their place.

    Names tell the last day of a file, as those of daily exports do: which file is the later one must not change with
    the day that comes.
    """
    coming.mkdir()
    for day in ("2", "1"):
        take_last_day(landing, coming / day)
    for path in (*sorted(landing.glob("*.csv")), *sorted(coming.iterdir())):
        folder, suffix = (coming, f"_{path.name}") if path.parent == coming else (landing, "")
        for number in range(copies):
            _copy(path, folder / f"audit_{_last_day(path)}_{number}{suffix}.csv", number)
        path.unlink()


def _last_day(path: Path) -> str:
    """Of the last change in a file, as in 2026-11-15."""
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    told = header.index("sys_updated_at")
    return max("-".join(f"{int(part):02}" for part in reversed(row[told].split(" ")[0].split("/"))) for row in rows)


def _copy(source: Path, target: Path, number: int) -> None:
    """A file with other ticket numbers, settled as if it had lain there for a while."""
    with source.open(encoding="utf-8", newline="") as told, target.open("w", encoding="utf-8", newline="") as file:
        file.write(told.readline())
        for line in told:
            file.write(line.replace("INC", f"INC{number}", 1))
    shutil.copystat(source, target)


def _count(files: Iterable[Path]) -> int:
    """Rows of some files."""
    total = 0
    for path in files:
        with path.open("rb") as file:
            total += sum(1 for _ in file) - 1
    return total


def _run(home: Path, *options: str) -> Timing:
    command = [
        sys.executable,
        "-m",
        "pipelines.cli.main",
        "run",
        "--quiet",
        "--home",
        str(home),
        "--only",
        "tickets",
        *options,
    ]
    return time_command(command)[0]


def _mean(of_rounds: list[Timing]) -> Timing:
    count = len(of_rounds)
    return Timing(
        sum(each.wall for each in of_rounds) / count,
        sum(each.cpu for each in of_rounds) / count,
        max(each.peak_mebibytes for each in of_rounds),
    )


def _differing(complete: Path, changed: Path) -> list[str]:
    """Facts of which one of two databases has rows that the other has not."""
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{complete}' AS one (READ_ONLY)")
        connection.execute(f"ATTACH '{changed}' AS other (READ_ONLY)")
        return [
            table
            for table in _FACTS
            for first, second in (("one", "other"), ("other", "one"))
            if connection.execute(
                f"SELECT EXISTS (FROM {first}.core.{table} EXCEPT ALL FROM {second}.core.{table})"
            ).fetchone()
            != (False,)
        ]


if __name__ == "__main__":
    main()
