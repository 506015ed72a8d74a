"""A disk that is full, at any point of a run: nothing is half done, people are told which, and the next run goes on.

The disk is a real one, of a few megabytes and in memory, where the tests may mount it (as root); elsewhere only the
system's limit on the size of files stands in for it.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest
from demo_homes import DemoHome

if TYPE_CHECKING:
    from conftest import CleanRun

pytestmark = pytest.mark.slow

MEGABYTE = 1024 * 1024
#: More than any run of the small company needs.
ROOMY = 400 * MEGABYTE
INCIDENTS = "servicenow_incidents"


@dataclass(frozen=True)
class Disk:
    """A small disk."""

    folder: Path

    def resize(self, size: int) -> None:
        """Give it another size."""
        subprocess.run(["mount", "-o", f"remount,size={size}", str(self.folder)], check=True)

    @property
    def used(self) -> int:
        """Bytes in use."""
        return shutil.disk_usage(self.folder).used


@contextmanager
def mounted(folder: Path, size: int) -> Iterator[Disk]:
    """A disk of that size; the test is skipped, and says why, where none may be mounted."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if sys.platform != "linux" or os.geteuid() != 0 or subprocess.run(command, check=False).returncode:
        pytest.skip("only root may mount a small disk; the limit on the size of files is tested")
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def kpi_run(home: Path, largest_file: int | None = None) -> subprocess.CompletedProcess[str]:
    """`kpi run` on a home, in a process of its own, which may write no larger file."""

    def limit() -> None:
        if largest_file is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))

    command = [str(Path(sys.executable).with_name("kpi")), "run", "--quiet", "--home", str(home)]
    return subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=limit)


def rows_by_table(demo: DemoHome) -> dict[str, int]:
    """Rows of everything that was landed and typed, and of what is known of the files: a batch in part would show."""
    with duckdb.connect(str(demo.home.warehouse), read_only=True) as warehouse:
        names = warehouse.execute(
            "SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE schema_name IN ('raw', 'stg', 'core') "
            "OR table_name IN ('ops_loads', 'ops_quarantined_records') ORDER BY ALL"
        ).fetchall()
        return {name: warehouse.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0] for (name,) in names}


def assert_whole(demo: DemoHome, as_if: DemoHome) -> None:
    """The home is as one to which nothing ever happened."""
    assert rows_by_table(demo) == rows_by_table(as_if)
    assert demo.content_hash() == as_if.content_hash()
    assert not [path.name for path in demo.home.published.rglob("*building*")]


@pytest.fixture(scope="module")
def needed(clean_run: CleanRun, tmp_path_factory: pytest.TempPathFactory) -> int:
    """Bytes that a home takes up after its first run: how many that are changes with every version."""
    with mounted(tmp_path_factory.mktemp("roomy") / "disk", ROOMY) as disk:
        demo = clean_run.never_run.copy_to(disk.folder / "home")
        told = kpi_run(demo.folder)
        assert told.returncode == 0, told.stderr
        return disk.used


@pytest.mark.parametrize("share", [0.04, 0.1, 0.25, 0.4, 0.6])
def test_a_first_run_on_a_full_disk_leaves_nothing_half_done(
    share: float, needed: int, clean_run: CleanRun, tmp_path: Path
) -> None:
    with mounted(tmp_path / "disk", max(MEGABYTE, int(needed * share))) as disk:
        demo = clean_run.never_run.copy_to(disk.folder / "home")
        told = kpi_run(demo.folder)
        assert told.returncode == 1, told.stderr
        assert f"The disk {disk.folder} is full" in told.stderr
        assert "nothing is half done" in told.stderr
        assert "not foreseen" not in told.stderr
        assert not demo.home.published_file.exists()
        disk.resize(ROOMY)
        told = kpi_run(demo.folder)
        assert told.returncode == 0, told.stderr
        assert_whole(demo, clean_run.demo)


@pytest.mark.parametrize("share", [0.75, 0.9])
def test_a_first_run_with_hardly_enough_room_ends_whole_or_not_at_all(
    share: float, needed: int, clean_run: CleanRun, tmp_path: Path
) -> None:
    """The build database can leave its last changes in the log beside it, and then has room for a run after all."""
    with mounted(tmp_path / "disk", int(needed * share)) as disk:
        demo = clean_run.never_run.copy_to(disk.folder / "home")
        told = kpi_run(demo.folder)
        if told.returncode == 0:
            assert demo.content_hash() == clean_run.demo.content_hash()
        else:
            assert f"The disk {disk.folder} is full" in told.stderr
            assert not demo.home.published_file.exists()
        disk.resize(ROOMY)
        told = kpi_run(demo.folder)
        assert told.returncode == 0, told.stderr
        assert_whole(demo, clean_run.demo)


def count_loads(demo: DemoHome, folder: Path, *, with_log: bool) -> int:
    """Loads of a copy of the build database, with the log that lies beside it or as if it had been lost."""
    folder.mkdir()
    for path in demo.folder.glob(f"{demo.home.warehouse.name}*"):
        if with_log or path == demo.home.warehouse:
            shutil.copyfile(path, folder / path.name)
    with duckdb.connect(str(folder / demo.home.warehouse.name)) as warehouse:
        tables = warehouse.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'ops_loads'").fetchall()
        return int(warehouse.execute("SELECT count(*) FROM ops.ops_loads").fetchall()[0][0]) if tables[0][0] else 0


def test_what_the_log_beside_the_database_holds_is_neither_lost_nor_loaded_twice(
    clean_run: CleanRun, tmp_path: Path
) -> None:
    """Where no room is left to move it into the database, what was committed stays in DuckDB's log, `.wal`."""
    for megabytes in (5, 4, 6, 7, 8):
        with mounted(tmp_path / f"disk {megabytes}", megabytes * MEGABYTE) as disk:
            demo = clean_run.never_run.copy_to(disk.folder / "home")
            assert kpi_run(demo.folder).returncode == 1
            log = demo.home.warehouse.with_name(f"{demo.home.warehouse.name}.wal")
            if not log.exists():
                continue
            # It is no remainder: without it, loads that were committed would be gone.
            committed = count_loads(demo, tmp_path / "whole", with_log=True)
            assert committed > count_loads(demo, tmp_path / "lost", with_log=False)
            # On a disk that is as full as before the next run can do no more, and loses none of it.
            told = kpi_run(demo.folder)
            assert told.returncode == 1, told.stderr
            assert f"The disk {disk.folder} is full" in told.stderr
            assert count_loads(demo, tmp_path / "again", with_log=True) >= committed
            disk.resize(ROOMY)
            told = kpi_run(demo.folder)
            assert told.returncode == 0, told.stderr
            assert not log.exists()
            assert_whole(demo, clean_run.demo)
            return
    pytest.fail("no disk was so full that a log stayed: try other sizes")


@pytest.fixture(scope="module")
def before_and_after(clean_run: CleanRun, tmp_path_factory: pytest.TempPathFactory) -> tuple[DemoHome, DemoHome]:
    """A home that was published and has got a new file, and the same after its next run on a large disk."""
    folder = tmp_path_factory.mktemp("two_runs")
    before = clean_run.never_run.copy_to(folder / "before")
    last = max((before.landing / INCIDENTS).iterdir())
    waiting = last.rename(folder / last.name)
    # Without its newest file the export is older than its contract allows: its KPIs are held, the rest is published.
    assert kpi_run(before.folder).returncode == 3
    waiting.rename(last)
    after = before.copy_to(folder / "after")
    assert kpi_run(after.folder).returncode == 0
    assert after.content_hash() != before.content_hash()
    return before, after


@pytest.mark.parametrize("spare_megabytes", [0.5, 4, 12, 24])
def test_a_disk_that_fills_up_leaves_the_old_publication_to_its_readers(
    spare_megabytes: float, before_and_after: tuple[DemoHome, DemoHome], tmp_path: Path
) -> None:
    before, after = before_and_after
    with mounted(tmp_path / "disk", ROOMY) as disk:
        demo = before.copy_to(disk.folder / "home")
        disk.resize(disk.used + int(spare_megabytes * MEGABYTE))
        told = kpi_run(demo.folder)
        assert told.returncode == 1, told.stderr
        assert f"The disk {disk.folder} is full" in told.stderr
        assert demo.published("SELECT * FROM meta.run") == before.published("SELECT * FROM meta.run")
        assert demo.numbers() == before.numbers()
        disk.resize(ROOMY)
        told = kpi_run(demo.folder)
        assert told.returncode == 0, told.stderr
        assert_whole(demo, after)


@pytest.mark.parametrize("largest_megabytes", [1, 10, 20])
def test_a_file_that_may_not_grow_is_told_and_nothing_is_half_done(
    largest_megabytes: int, clean_run: CleanRun, tmp_path: Path
) -> None:
    demo = clean_run.never_run.copy_to(tmp_path / "home")
    told = kpi_run(demo.folder, largest_megabytes * MEGABYTE)
    assert told.returncode == 1, told.stderr
    assert f"{demo.folder}" in told.stderr
    assert "could not grow" in told.stderr
    assert not demo.home.published_file.exists()
    told = kpi_run(demo.folder)
    assert told.returncode == 0, told.stderr
    assert_whole(demo, clean_run.demo)
