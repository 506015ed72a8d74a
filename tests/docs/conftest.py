"""Folders in which the commands of the pages run: one beside a demo home, and empty ones."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import pytest
from click.testing import CliRunner
from fenced_blocks import CHECKOUT, Block, Step, missing_lines, steps_of

from pipelines.cli.main import kpi

#: Small enough for a test run, large enough for every breakdown that the pages show.
DEMO = ("--tickets", "600", "--years", "0.5")
_WRAPPERS = {
    "kpi": f'exec "{sys.executable}" -m pipelines.cli.main "$@"',
    "python": f'exec "{sys.executable}" "$@"',
}


@dataclass(frozen=True)
class Ended:
    """A command that came to its end, with its output and errors in one text."""

    exit_code: int
    output: str


@dataclass(frozen=True)
class Desk:
    """A folder in which a reader types commands.

    Attributes:
        folder: where the commands run.
        programs: folder with `kpi` and `python` of this checkout, first on the PATH.
        in_process: run what is only `kpi` and its options in this process. What it imports is then imported once for
            all pages, which is most of their time; one page, the walk of a newcomer, always takes real processes.
    """

    folder: Path
    programs: Path
    in_process: bool = False

    def run(self, step: Step) -> Ended:
        """Run a command as a shell of its own would."""
        words = _plain_words(step.command)
        if self.in_process and words and words[0] == "kpi":
            return self._call(words[1:])
        ended = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", step.command],
            cwd=self.folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            timeout=300,
            check=False,
        )
        return Ended(ended.returncode, ended.stdout)

    def _call(self, arguments: list[str]) -> Ended:
        with contextlib.chdir(self.folder), mock.patch.dict(os.environ, self._environment(), clear=True):
            result = CliRunner().invoke(kpi, arguments)
        return Ended(result.exit_code, result.output)

    def _environment(self) -> dict[str, str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("KPI_", "DAGSTER_"))}
        return environment | {
            "PATH": f"{self.programs}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(CHECKOUT),
            "PYTHONUNBUFFERED": "1",
            "NO_COLOR": "1",
            "KPI_PAGES": str(CHECKOUT / "docs"),
        }

    def follow(self, blocks: list[Block]) -> None:
        """Run all commands of the blocks and compare what they print with what the page shows."""
        for block in blocks:
            if "file" in block.options:
                target = self.folder / block.options["file"]
                assert target.parent.is_dir(), f"{block.place}: no command before has made {target.parent}"
                target.write_text(block.text + "\n", encoding="utf-8")
            for step in steps_of(block):
                ended = self.run(step)
                where = f"{block.place}: {step.command}\n{ended.output}"
                assert ended.exit_code == step.exit_code, f"exit code {ended.exit_code} of {where}"
                missing = missing_lines(step.shown, ended.output)
                assert not missing, f"not printed: {missing} by {where}"


def _plain_words(command: str) -> list[str]:
    """The words of a command that needs no shell; nothing if it has pipes, redirections, variables or several lines."""
    lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words = list(lexer)
    needs_shell = "\n" in command or "$" in command or any(set(word) <= set("();<>|&") for word in words)
    return [] if needs_shell else words


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
    ended = Desk(folder, programs, in_process=True).run(Step(" ".join(["kpi demo", *DEMO])))
    assert ended.exit_code == 0, ended.output
    return folder


@pytest.fixture
def demo_desk(demo_folder: Path, programs: Path, tmp_path: Path) -> Desk:
    """A folder with a copy of the demo's home."""
    shutil.copytree(demo_folder, tmp_path, dirs_exist_ok=True)
    return Desk(tmp_path, programs, in_process=True)


@pytest.fixture
def empty_desk(programs: Path, tmp_path: Path) -> Desk:
    """An empty folder."""
    return Desk(tmp_path, programs)
