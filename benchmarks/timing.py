"""Processes timed against each other: the operating system's own account of each, and tables of ratios.

Ratios are taken pair by pair: each counted process against the baseline of its own round, because a machine's speed
drifts from one minute to the next.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

HEADER = (
    "| process | wall s | CPU s | peak MiB | x baseline (wall, pair by pair) | x baseline (CPU) |",
    "|---|---|---|---|---|---|",
)


@dataclass(frozen=True)
class Timing:
    """One finished process: wall seconds, CPU seconds of all its threads, peak resident memory."""

    wall: float
    cpu: float
    peak_mebibytes: float


def time_command(command: Sequence[str]) -> tuple[Timing, str]:
    """Run a command to its end. Returns its timing, and what it printed.

    Raises:
        SystemExit: the command failed.
    """
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    if os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit(f"{' '.join(command)} failed:\n{output}")
    return Timing(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024), output


def ratio_rows(timings: Mapping[str, Sequence[Timing]], baseline: str) -> list[str]:
    """Markdown rows, medians by process. Each process has one timing a round, the baseline in each of them."""
    bases = timings[baseline]
    rows = []
    for name, runs in timings.items():
        wall, cpu, peak = (
            statistics.median(getattr(run, part) for run in runs) for part in ("wall", "cpu", "peak_mebibytes")
        )
        wall_ratio, cpu_ratio = (
            statistics.median(getattr(run, part) / getattr(base, part) for run, base in zip(runs, bases, strict=True))
            for part in ("wall", "cpu")
        )
        rows.append(f"| {name} | {wall:.1f} | {cpu:.1f} | {peak:,.0f} | {wall_ratio:.2f} | {cpu_ratio:.2f} |")
    return rows
