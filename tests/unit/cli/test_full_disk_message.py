"""A full disk is recognised however it is told, and nothing else is taken for one."""

from __future__ import annotations

import errno
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipelines.cli.full_disk import explain_full_disk

FULL = "No space left on device"


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, FULL, "{folder}/x.parquet"),
        OSError(errno.EDQUOT, "Disk quota exceeded", "{folder}/x.parquet"),
        duckdb.TransactionException(f'Failed to commit: Could not write file "{{folder}}/x.duckdb.wal": {FULL}'),
        pl.exceptions.ComputeError(f"{FULL} (os error 28): '{{folder}}/x.parquet'"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_the_disk_and_the_file_are_named(error: Exception, tmp_path: Path) -> None:
    text = str(error.args[-1] if not isinstance(error, OSError) else error.filename).format(folder=tmp_path)
    if isinstance(error, OSError):
        told = explain_full_disk(OSError(error.errno, error.strerror, text))
    else:
        told = explain_full_disk(type(error)(text))
    assert told is not None
    assert told.startswith("The disk /")
    assert f"{tmp_path}/x" in told
    assert "are free" in told
    assert "nothing is half done" in told


def test_it_is_found_below_other_errors() -> None:
    try:
        try:
            raise OSError(errno.ENOSPC, FULL)
        except OSError as error:
            raise RuntimeError("a step failed") from error
    except RuntimeError as error:
        assert str(explain_full_disk(error)).startswith("A disk is full")


@pytest.mark.parametrize(
    "error",
    [PermissionError(errno.EACCES, "Permission denied", "/x"), ValueError("space"), duckdb.OutOfMemoryException("x")],
    ids=lambda error: type(error).__name__,
)
def test_other_errors_are_none(error: Exception) -> None:
    assert explain_full_disk(error) is None
