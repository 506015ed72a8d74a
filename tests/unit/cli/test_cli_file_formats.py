"""What a written file is: its name and --format may not say two things, in no command that writes one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipelines.home import Home

if TYPE_CHECKING:
    from conftest import Kpi

#: Commands that write a file, what each can write, and one ending that is something else.
COMMANDS = {
    ("query", "FROM meta.run"): ("csv", "json", "parquet", "xlsx"),
    ("quarantine", "export"): ("csv", "json", "parquet"),
    ("calendar", "show", "office"): ("csv", "json"),
}
EACH = pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])


def _refused(run_kpi: Kpi, home: Home, *arguments: object) -> str:
    before = sorted(Path().iterdir())
    result = run_kpi(*map(str, arguments), "--home", home.folder)
    assert result.exit_code == 2 and sorted(Path().iterdir()) == before
    return result.output


@EACH
def test_a_name_that_says_something_else_is_refused(
    run_kpi: Kpi, published_home: Home, command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, kind in (("x.xlsx", "xlsx"), ("x.XLS", "xls"), ("x.pdf", "pdf"), ("x.json", "json")):
        said = _refused(run_kpi, published_home, *command, "-o", name, "--format", "csv")
        assert said == (
            f"Error: --format csv and the name {name} say two things: a file of that name is {kind}. "
            "Leave out --format, or choose another name.\n"
        )


@EACH
def test_an_ending_that_is_not_known_is_told_with_those_that_are(
    run_kpi: Kpi, published_home: Home, command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    endings = [f".{each}" for each in COMMANDS[command]]
    known = f"Known are {', '.join(endings[:-1])} and {endings[-1]}: let its name end in one of them"
    for name, said in (
        ("x", "A file x without ending could be anything. "),
        ("x.txt", "A file x.txt that ends in '.txt' could be anything. "),
        ("x.html", "x.html is not what this command writes. "),
    ):
        assert said + known in _refused(run_kpi, published_home, *command, "-o", name)


@pytest.mark.parametrize("command", [each for each in COMMANDS if each[0] != "quarantine"], ids=lambda each: each[0])
def test_json_and_another_format_are_refused(run_kpi: Kpi, published_home: Home, command: tuple[str, ...]) -> None:
    said = _refused(run_kpi, published_home, *command, "--json", "--format", "csv")
    assert said == "Error: --json and --format csv say two things. Leave out one of them.\n"


def test_a_draft_of_a_contract_is_no_json(run_kpi: Kpi, published_home: Home, tmp_path: Path) -> None:
    export = tmp_path / "export.csv"
    export.write_text("ticket;created\n1;2026-01-02\n", encoding="utf-8")
    result = run_kpi("contract", "infer", export, "-o", tmp_path / "draft.json", "--home", published_home.folder)
    assert result.exit_code == 2 and "A contract is YAML: let its name end in .yaml." in result.output
    assert not (tmp_path / "draft.json").exists()


def test_a_name_that_says_nothing_may_be_anything(run_kpi: Kpi, published_home: Home, tmp_path: Path) -> None:
    output = tmp_path / "days.txt"
    arguments = ("query", "SELECT 1 AS one", "-o", output, "--format", "csv", "--home", published_home.folder)
    assert run_kpi(*arguments).exit_code == 0
    assert output.read_text(encoding="utf-8") == "one\n1\n"
