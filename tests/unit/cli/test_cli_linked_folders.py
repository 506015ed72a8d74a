"""Folders and files of a home that are links to a disk which is not there."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipelines.cli.exits import ExitCode

if TYPE_CHECKING:
    from conftest import Kpi

#: Landing folders and what is published, each as a link that leads nowhere.
LINKED = ("landing", "landing/tickets", "published", "published/kpi.duckdb", "published/parquet")


def _link(home: Path, name: str, end: Path) -> None:
    place = home / name
    place.parent.mkdir(exist_ok=True)
    if place.is_dir():
        shutil.rmtree(place)
    place.unlink(missing_ok=True)
    place.symlink_to(end)


@pytest.mark.parametrize("name", LINKED)
def test_a_link_that_leads_nowhere_is_told_and_nothing_is_changed(run_kpi: Kpi, tmp_path: Path, name: str) -> None:
    home, end = tmp_path / "home", tmp_path / "unmounted" / "share"
    assert run_kpi("init", home).exit_code == 0
    _link(home, name, end)
    for command in ("run", "check"):
        found = run_kpi(command, "--home", home)
        assert found.exit_code == ExitCode.USAGE
        assert f"{name}: it is a link to {end}, which is not there. Mount the disk or share" in found.stderr
    assert not end.parent.exists()
    assert not (home / "warehouse.duckdb").exists()


def test_a_question_says_that_the_disk_of_what_is_published_is_not_there(run_kpi: Kpi, tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert run_kpi("init", home).exit_code == 0
    _link(home, "published", tmp_path / "unmounted")
    found = run_kpi("query", "SELECT 1", "--home", home)
    assert found.exit_code == ExitCode.USAGE
    assert f"published: it is a link to {tmp_path / 'unmounted'}, which is not there" in found.stderr
    assert "Nothing is published yet" not in found.stderr
