"""The same arguments give the same bytes, in any process and time zone; others give others."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from pipelines.sample import write_sample_exports
from pipelines.sample.span import Span

WRITE = """
import sys
from pathlib import Path
from pipelines.sample import write_sample_exports
write_sample_exports(Path(sys.argv[1]), seed=3, tickets=400, years=0.5)
"""


def digests(landing: Path) -> dict[str, str]:
    """SHA-256 of every file, by its path below the landing folder."""
    return {
        path.relative_to(landing).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(landing.rglob("*"))
        if path.is_file()
    }


def test_same_bytes_in_another_process_with_other_hashes_clock_zone_and_language(tmp_path: Path) -> None:
    write_sample_exports(tmp_path / "here", seed=3, tickets=400, years=0.5)
    environment = os.environ | {"PYTHONHASHSEED": "4242", "TZ": "Pacific/Kiritimati", "LC_ALL": "C"}
    environment["PYTHONPATH"] = os.pathsep.join(entry for entry in sys.path if entry)
    subprocess.run([sys.executable, "-c", WRITE, str(tmp_path / "there")], check=True, env=environment)
    assert digests(tmp_path / "here") == digests(tmp_path / "there")


def test_another_seed_changes_every_export_that_is_drawn(tmp_path: Path) -> None:
    write_sample_exports(tmp_path / "one", seed=1, tickets=400, years=0.5)
    write_sample_exports(tmp_path / "two", seed=2, tickets=400, years=0.5)
    one, two = digests(tmp_path / "one"), digests(tmp_path / "two")
    same = {path.split("/")[0] for path, digest in one.items() if two[path] == digest}
    # The register, the headcount, and what the vendor change cost and saved follow from the company and the plan alone.
    assert one.keys() == two.keys()
    assert same == {"vendor_contracts", "headcount", "initiative_benefits"}


def test_ticket_count_is_exact(tmp_path: Path) -> None:
    summary = write_sample_exports(tmp_path, seed=5, tickets=333, years=0.25)
    assert sum(totals.ticket_count for totals in summary.tickets.values()) == 333


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"tickets": 10}, "at least 100 tickets"),
        ({"years": 0.0}, "positive number of years"),
        ({"defects": ("doubled_fil",)}, "did you mean 'doubled_file'"),
        ({"defects": ("zzz",)}, "there are: truncated_last_line"),
    ],
)
def test_nonsense_is_refused_before_anything_is_written(
    tmp_path: Path, arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        write_sample_exports(tmp_path, **arguments)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("end", "years", "first", "bad_month"),
    [
        (date(2026, 10, 31), 2.0, date(2024, 11, 1), date(2026, 4, 1)),
        (date(2026, 10, 15), 1.0, date(2025, 11, 1), date(2026, 7, 1)),
        (date(2026, 1, 31), 0.25, date(2025, 11, 1), date(2026, 1, 1)),
        (date(2026, 1, 30), 0.25, date(2025, 11, 1), date(2025, 12, 1)),
        (date(2026, 2, 10), 0.01, date(2026, 2, 1), date(2026, 2, 1)),
    ],
)
def test_span_is_cut_into_whole_months(end: date, years: float, first: date, bad_month: date) -> None:
    span = Span.ending(end, years)
    assert (span.first, span.bad_month, span.last) == (first, bad_month, end)
    assert len(span.months) == max(1, round(years * 12))
    assert span.months[-1] == end.replace(day=1)
