"""Help, errors and exit codes: answered at once, in one clear block, as documented."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from pipelines.cli.exits import EXPECTED_ERRORS, CommandError, ExitCode, expected_exit, of_outcome
from pipelines.cli.main import COMMANDS, kpi
from pipelines.home import HomeError

if TYPE_CHECKING:
    from conftest import Kpi

REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "cli.md"
#: Each takes a noticeable part of half a second, or much more, to import.
SLOW = (
    "dagster",
    "duckdb",
    "great_expectations",
    "pandas",
    "polars",
    "pyarrow",
    "pydantic",
    "rich",
    "sqlalchemy",
    "streamlit",
    "yaml",
)


def _commands() -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = [()]
    for name in COMMANDS:
        command = kpi.get_command(click.Context(kpi), name)
        found.append((name,))
        if isinstance(command, click.Group):
            found += [(name, inner) for inner in command.commands]
    return found


def _command(names: tuple[str, ...]) -> click.Command:
    command: click.Command = kpi
    for name in names:
        assert isinstance(command, click.Group)
        found = command.get_command(click.Context(command), name)
        assert found is not None
        command = found
    return command


@pytest.mark.parametrize("names", _commands(), ids=" ".join)
def test_help_imports_nothing_slow(names: tuple[str, ...]) -> None:
    script = (
        "import sys, json\n"
        "from pipelines.cli.main import kpi\n"
        "try:\n"
        "    kpi.main(json.loads(sys.argv[1]))\n"
        "finally:\n"
        "    loaded = sorted(name for name in json.loads(sys.argv[2]) if name in sys.modules)\n"
        "    print('loaded', json.dumps(loaded), file=sys.stderr)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, json.dumps([*names, "--help"]), json.dumps(SLOW)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith(f"Usage: {' '.join(['kpi', *names])}")
    assert ended.stderr.strip() == "loaded []"


@pytest.mark.parametrize("names", _commands(), ids=" ".join)
def test_reference_documents_every_command_and_option(names: tuple[str, ...]) -> None:
    text = REFERENCE.read_text(encoding="utf-8")
    heading = " ".join(["kpi", *names])
    assert re.search(rf"^#+ `{heading}`$", text, re.MULTILINE), f"{heading} has no heading"
    section = re.split(r"^#+ `kpi", text.split(f"`{heading}`\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    shared = text.split("## Options of every command", 1)[1].split("\n## ", 1)[0]
    for parameter in _command(names).params:
        for option in parameter.opts if isinstance(parameter, click.Option) else ():
            if option.startswith("--"):
                assert f"`{option}" in section or f"`{option}" in shared, f"{heading} {option}"


def test_reference_states_every_exit_code() -> None:
    text = REFERENCE.read_text(encoding="utf-8")
    for code in ExitCode:
        assert re.search(rf"^\| {code.value} \|", text, re.MULTILINE), code


def test_listed_help_is_the_commands_own(run_kpi: Kpi) -> None:
    listed = run_kpi("--help").output
    for name, (_, help_line) in COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(help_line)}$", listed, re.MULTILINE), name


def test_version_is_said(run_kpi: Kpi) -> None:
    result = run_kpi("--version")
    assert result.exit_code == 0
    assert result.output.startswith("kpi ")


@pytest.mark.parametrize(
    ("typed", "meant"), [("mertics", "metrics"), ("Run", "run"), ("quary", "query"), ("trend", "metrics")]
)
def test_misspelt_command_is_suggested(run_kpi: Kpi, typed: str, meant: str) -> None:
    result = run_kpi(typed)
    assert result.exit_code == ExitCode.USAGE
    assert f"Did you mean 'kpi {meant}'?" in result.output


def test_misspelt_option_is_suggested(run_kpi: Kpi) -> None:
    result = run_kpi("run", "--quite")
    assert result.exit_code == ExitCode.USAGE
    assert "--quiet" in result.output


def test_command_without_a_home_says_how_to_make_one(run_kpi: Kpi, tmp_path: Path) -> None:
    for name in ("run", "check", "status", "metrics", "dashboard", "dagster"):
        result = run_kpi(name, "--home", tmp_path / "nowhere")
        assert result.exit_code == ExitCode.USAGE, name
        assert "kpi init" in result.output
        assert "Traceback" not in result.output


def test_home_may_stand_before_or_after_and_beats_the_environment(
    run_kpi: Kpi, published_home: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = published_home.folder  # type: ignore[attr-defined]
    query = ("query", "SELECT home_name FROM run", "--json")
    monkeypatch.setenv("KPI_HOME", str(tmp_path / "nowhere"))
    assert run_kpi(*query).exit_code == ExitCode.USAGE
    for arguments in (
        ("--home", folder, *query),
        (*query, "--home", folder),
        ("--home", "x", *query, "--home", folder),
    ):
        assert json.loads(run_kpi(*arguments).output) == [{"home_name": "Test operations"}]
    monkeypatch.setenv("KPI_HOME", str(folder))
    assert run_kpi(*query).exit_code == 0


def test_wrong_setting_names_line_and_suggestion(run_kpi: Kpi, home: object) -> None:
    settings = home.settings_file  # type: ignore[attr-defined]
    settings.write_text('[reporting]\ncurency = "EUR"\n', encoding="utf-8")
    result = run_kpi("status", "--home", home.folder)  # type: ignore[attr-defined]
    assert result.exit_code == ExitCode.USAGE
    assert "kpi.toml:2" in result.output
    assert "'currency'" in result.output


def test_unforeseen_error_is_one_block_unless_debugging(run_kpi: Kpi, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("pipelines.home.find_home", fail)
    result = run_kpi("status")
    assert result.exit_code == ExitCode.FAILED
    assert "Error: ZeroDivisionError: division by zero" in result.output
    assert "KPI_DEBUG=1" in result.output
    assert "Traceback" not in result.output
    monkeypatch.setenv("KPI_DEBUG", "1")
    assert "Traceback" in run_kpi("status").output


@pytest.mark.parametrize("name", EXPECTED_ERRORS)
def test_expected_errors_exist_where_they_are_named(name: str) -> None:
    module, _, error = name.rpartition(".")
    found = getattr(importlib.import_module(module), error)
    assert issubclass(found, Exception)
    assert expected_exit(found.__new__(found)) is EXPECTED_ERRORS[name]


def test_error_that_specializes_an_expected_one_is_expected() -> None:
    class NarrowError(HomeError):
        pass

    assert expected_exit(NarrowError()) is ExitCode.USAGE
    assert expected_exit(CommandError("x", ExitCode.BUSY)) is ExitCode.BUSY
    assert expected_exit(ValueError()) is None


@pytest.mark.parametrize(
    ("has_held", "has_refused", "code"),
    [(False, False, 0), (False, True, 5), (True, False, 3), (True, True, 3)],
)
def test_what_is_held_outranks_what_was_refused(has_held: bool, has_refused: bool, code: int) -> None:
    assert of_outcome(has_held=has_held, has_refused=has_refused) == code
    assert of_outcome(has_held=has_held, has_refused=has_refused, has_failed=True) == 1
