"""A folder that may not be written to is named with what to do, however the system tells it and whichever command
writes, and nothing half-written stays."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

import pipelines.warehouse
from pipelines.cli.unwritable import explain_unwritable
from pipelines.home import Home

if TYPE_CHECKING:
    from conftest import Kpi

FORBIDDEN, READ_ONLY = errno.EACCES, errno.EROFS
BOTH = pytest.mark.parametrize("number", [FORBIDDEN, READ_ONLY], ids=["forbidden", "read-only"])


def refuse_writing(monkeypatch: pytest.MonkeyPatch, folder: Path, number: int) -> None:
    """Let the system refuse to make or open anything for writing in a folder."""

    def refusing(original: Callable[..., Any], is_writing: Callable[..., bool]) -> Callable[..., Any]:
        def call(self: Path, *arguments: Any, **named: Any) -> Any:
            if is_writing(*arguments, **named) and (self == folder or folder in self.absolute().parents):
                raise OSError(number, os.strerror(number), str(self))
            return original(self, *arguments, **named)

        return call

    always = lambda *_, **__: True  # noqa: E731
    monkeypatch.setattr(Path, "open", refusing(Path.open, lambda mode="r", *_, **__: mode[0] in "wax"))
    monkeypatch.setattr(Path, "write_bytes", refusing(Path.write_bytes, always))
    monkeypatch.setattr(Path, "write_text", refusing(Path.write_text, always))
    real_mkdir = Path.mkdir
    monkeypatch.setattr(Path, "mkdir", lambda self, *_, **__: self.is_dir() or refusing(real_mkdir, always)(self))


def require_told(result: Any, folder: Path, number: int) -> None:
    assert result.exit_code == 1, result.output
    assert f"The folder {folder} " in result.output
    assert ("mounted read-only" if number == READ_ONLY else "may not be written to by this account") in result.output
    assert "nothing is half done" in result.output
    assert "/." not in result.output and "so ." not in result.output and "for ." not in result.output
    assert "not foreseen" not in result.output


@BOTH
@pytest.mark.parametrize(
    "arguments",
    [
        ("query", "SELECT 1 AS one", "-o", "{folder}/one.csv"),
        ("query", "SELECT 1 AS one", "-o", "{folder}/one.json"),
        ("report", "-o", "{folder}/one.html"),
        ("report", "-o", "{folder}/one.pptx"),
        ("report", "--format", "png", "-o", "{folder}/charts"),
        ("export", "dbt", "-o", "{folder}"),
    ],
    ids=" ".join,
)
def test_commands_name_the_folder_and_leave_nothing(
    run_kpi: Kpi,
    published_home: Home,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    number: int,
) -> None:
    folder = tmp_path / "closed"
    folder.mkdir()
    refuse_writing(monkeypatch, folder, number)
    filled = [argument.format(folder=folder) for argument in arguments]
    require_told(run_kpi(*filled, "--home", published_home.folder), folder, number)
    assert list(folder.iterdir()) == []


@BOTH
def test_a_home_cannot_be_made(run_kpi: Kpi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    refuse_writing(monkeypatch, tmp_path / "home", number)
    require_told(run_kpi("init", tmp_path / "home"), tmp_path, number)
    assert list(tmp_path.iterdir()) == []


@BOTH
@pytest.mark.parametrize("command", ["run", "check"])
def test_the_build_database_cannot_be_opened(
    run_kpi: Kpi, home: Home, monkeypatch: pytest.MonkeyPatch, command: str, number: int
) -> None:
    connect = duckdb.connect

    def refuse(path: str = ":memory:", **named: Any) -> duckdb.DuckDBPyConnection:
        if path == ":memory:":
            return connect(path, **named)
        raise duckdb.IOException(f'IO Error: Cannot open file "{path}": {os.strerror(number)}')

    monkeypatch.setattr(pipelines.warehouse.duckdb, "connect", refuse)
    require_told(run_kpi(command, "--home", home.folder), home.folder, number)


@pytest.mark.parametrize(
    "error",
    [
        duckdb.IOException('IO Error: Cannot open file "{folder}/x.duckdb": Read-only file system'),
        OSError(errno.EROFS, "Failed to open local file '{folder}/x.parquet'. Detail: Read-only file system"),
        PermissionError(errno.EACCES, "Permission denied", "{folder}/not/there/x.csv"),
        PermissionError(errno.EPERM, "Operation not permitted", "{folder}/x.csv"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_the_folder_that_is_there_is_named_however_it_is_told(error: Exception, tmp_path: Path) -> None:
    if isinstance(error, OSError):
        named = [error.filename.format(folder=tmp_path)] if error.filename else []
        given: Exception = OSError(error.errno, error.strerror.format(folder=tmp_path), *named)
    else:
        given = type(error)(str(error).format(folder=tmp_path))
    try:
        raise RuntimeError("a step failed") from given
    except RuntimeError as raised:
        assert str(explain_unwritable(raised)).startswith(f"The folder {tmp_path} ")


@pytest.mark.parametrize(
    "error",
    [OSError(errno.ENOSPC, "No space left on device"), ValueError("permission"), FileNotFoundError("x")],
    ids=str,
)
def test_other_errors_are_none(error: Exception) -> None:
    assert explain_unwritable(error) is None
