"""Folders in which the commands of the pages run: one beside a demo home, and empty ones."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from fenced_blocks import CHECKOUT, Block, Step, missing_lines, steps_of

#: Small enough for a test run, large enough for every breakdown that the pages show.
DEMO = ("--tickets", "600", "--years", "0.5")
_WRAPPERS = {
    "kpi": f'exec "{sys.executable}" -m pipelines.cli.main "$@"',
    "python": f'exec "{sys.executable}" "$@"',
}


@dataclass(frozen=True)
class Desk:
    """A folder in which a reader types commands.

    Attributes:
        folder: where the commands run.
        programs: folder with `kpi` and `python` of this checkout, first on the PATH.
    """

    folder: Path
    programs: Path

    def run(self, step: Step) -> subprocess.CompletedProcess[str]:
        """Run a command as a shell of its own would, output and errors in one stream."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("KPI_", "DAGSTER_"))}
        environment |= {
            "PATH": f"{self.programs}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(CHECKOUT),
            "PYTHONUNBUFFERED": "1",
            "NO_COLOR": "1",
            "KPI_PAGES": str(CHECKOUT / "docs"),
        }
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", step.command],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            timeout=300,
            check=False,
        )

    def follow(self, blocks: list[Block]) -> None:
        """Run all commands of the blocks and compare what they print with what the page shows."""
        for block in blocks:
            if "file" in block.options:
                target = self.folder / block.options["file"]
                assert target.parent.is_dir(), f"{block.place}: no command before has made {target.parent}"
                target.write_text(block.text + "\n", encoding="utf-8")
            for step in steps_of(block):
                ended = self.run(step)
                where = f"{block.place}: {step.command}\n{ended.stdout}"
                assert ended.returncode == step.exit_code, f"exit code {ended.returncode} of {where}"
                assert not missing_lines(step.shown, ended.stdout), (
                    f"not printed: {missing_lines(step.shown, ended.stdout)} by {where}"
                )


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`kpi` and `python` as an installed checkout has them."""
    folder = tmp_path_factory.mktemp("programs")
    for name, line in _WRAPPERS.items():
        path = folder / name
        path.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
        path.chmod(0o755)
    return folder


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory, programs: Path) -> Path:
    """A folder in which `kpi demo` has made `home`. Nobody changes it."""
    folder = tmp_path_factory.mktemp("demo")
    ended = Desk(folder, programs).run(Step(" ".join(["kpi demo", *DEMO])))
    assert ended.returncode == 0, ended.stdout
    return folder


@pytest.fixture
def demo_desk(demo_folder: Path, programs: Path, tmp_path: Path) -> Desk:
    """A folder with a copy of the demo's home."""
    shutil.copytree(demo_folder, tmp_path, dirs_exist_ok=True)
    return Desk(tmp_path, programs)


@pytest.fixture
def empty_desk(programs: Path, tmp_path: Path) -> Desk:
    """An empty folder."""
    return Desk(tmp_path, programs)
