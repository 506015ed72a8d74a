"""Drafting contracts in tests: a file is written or found, its draft loaded as a home would, its rows staged."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from data_contracts.loader import load_export_contract
from data_contracts.spec import ExportContract
from pipelines.infer import Inference, infer_contract, render_contract
from pipelines.readers import ReadOptions, inspect_file, read_export
from pipelines.staging.mapping import StagedPart, stage_object

Draft = Callable[..., tuple[Inference, ExportContract, str]]


def draft_path(path: Path, **options: Any) -> tuple[Inference, ExportContract, str]:
    inference = infer_contract(path, **options)
    text = render_contract(inference)
    return inference, load_export_contract(text, f"{path.name}.yaml", {}), text


def unwrap(text: str) -> str:
    """The draft with its comments on one line each."""
    return re.sub(r"\n *#   ", " ", text)


def feeds_of(contract: ExportContract, position: int = 0) -> dict[str, str]:
    """Canonical column -> the column that feeds it."""
    return {feed.target: column.name for column in contract.objects[position].columns for feed in column.feeds}


def column_of(contract: ExportContract, name: str) -> Any:
    return next(column for item in contract.objects for column in item.columns if column.name == name)


def write_lines(rows: Sequence[Sequence[object]], delimiter: str = ",") -> str:
    return "".join(
        delimiter.join(f'"{cell}"' if delimiter in str(cell) else str(cell) for cell in row) + "\n" for row in rows
    )


def incident_rows() -> list[list[object]]:
    header = [
        "number",
        "state",
        "opened_at",
        "sys_updated_at",
        "sys_mod_count",
        "priority",
        "assignment_group",
        "made_sla",
    ]
    rows: list[list[object]] = [header]
    for incident in range(40):
        for step, state in enumerate(("New", "Active", "Awaiting Vendor", "Resolved")):
            group = "?" if step == 0 else f"Group {incident % 3}"
            opened, updated = f"{incident % 28 + 1}/3/2016 09:1{step % 1}", f"{incident % 28 + 1}/4/2016 1{step}:05"
            rows.append([f"INC{incident:07d}", state, opened, updated, step, "3 - Moderate", group, "true"])
    return rows


def real_export(pattern: str) -> Path:
    folder = os.environ.get("KPI_REAL_EXPORTS")
    if not folder:
        pytest.skip("KPI_REAL_EXPORTS names no folder of real exports")
    found = sorted(Path(folder).rglob(pattern))
    if not found:
        pytest.skip(f"no {pattern} below KPI_REAL_EXPORTS")
    return found[0]


def stage(
    path: Path, contract: ExportContract, table: str, *, may_lack: frozenset[str] | set[str] = frozenset()
) -> StagedPart:
    """Read and type a file exactly as a drafted contract says."""
    item = contract.objects[0]
    columns = {column.name: (column.physical_name, *column.synonyms) for column in item.columns}
    options = ReadOptions(
        contract.format, contract.encoding, contract.delimiter, header_row=item.header_row, columns=columns
    )
    landed = read_export(inspect_file(path, path.parent), options)
    assert set(landed.missing_columns) <= may_lack
    raw = landed.frame.with_columns(pl.lit("load").alias("_load_id"), pl.lit("hash").alias("_row_hash"))
    return stage_object(raw, contract, item, table)
