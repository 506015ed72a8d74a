"""A path in a command that is shown is one word of it, whatever it is called."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipelines.words.commands import pasted

if TYPE_CHECKING:
    from conftest import Kpi


@example("C:\\Users\\Büro Ärger")
@example("\\\\server\\share of all")
@example("ends with a \\")
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1))
def test_a_path_is_one_word(path: str) -> None:
    assert shlex.split(pasted(path)) == [path]


@pytest.mark.parametrize("path", ["home", "Büro/2026", "./a-b_c.d", "C:/kpi"])
def test_a_plain_path_stays_as_it_is(path: str) -> None:
    assert pasted(path) == path


def test_the_next_steps_of_a_new_home_can_be_pasted(run_kpi: Kpi, tmp_path: Path) -> None:
    home = tmp_path / "Büro Ärger & Co" / "it's $HOME"
    printed = run_kpi("init", home).output
    (shown,) = [line for line in printed.splitlines() if "cp FILE " in line]
    command = shown.strip().split("  put its files")[0].strip()
    file = tmp_path / "export.csv"
    file.write_text("id\n1\n", encoding="utf-8")
    subprocess.run(["sh", "-c", command.replace("FILE", str(file))], check=True)
    assert (home / "landing" / "my_export" / "export.csv").read_text(encoding="utf-8") == "id\n1\n"
