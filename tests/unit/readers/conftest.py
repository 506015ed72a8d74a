"""Real files, written byte by byte into a landing folder, read as the pipeline reads them, or drafted contracts for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from drafts import Draft, draft_path

from data_contracts.spec import ExportContract
from pipelines.infer import Inference
from pipelines.readers import LandedFrame, ReadOptions, RefusedFile, inspect_file, read_export

Read = Callable[..., LandedFrame]
Refuse = Callable[..., RefusedFile]


def land_and_read(folder: Path, data: bytes, name: str, **options: object) -> LandedFrame:
    """Write a file, inspect it and read it."""
    path = folder / name
    path.write_bytes(data)
    options.setdefault("format", "csv")
    return read_export(inspect_file(path, folder), ReadOptions(**options))  # type: ignore[arg-type]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read_bytes(data: bytes, name: str = "export.csv", **options: object) -> LandedFrame:
        return land_and_read(tmp_path, data, name, **options)

    return read_bytes


@pytest.fixture
def refuse(tmp_path: Path) -> Refuse:
    """Read a file that must be refused, in words that name it and say what to do."""

    def refuse_bytes(data: bytes, name: str = "export.csv", **options: object) -> RefusedFile:
        with pytest.raises(RefusedFile) as caught:
            land_and_read(tmp_path, data, name, **options)
        refusal = caught.value
        assert name in refusal.message
        assert refusal.remedy.endswith(".") or refusal.remedy.endswith("?")
        return refusal

    return refuse_bytes


@pytest.fixture
def draft(tmp_path: Path) -> Draft:
    """Writes a file, drafts its contract and loads the draft as a home would."""

    def draft_file(name: str, content: str | bytes, **options: Any) -> tuple[Inference, ExportContract, str]:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return draft_path(path, **options)

    return draft_file
