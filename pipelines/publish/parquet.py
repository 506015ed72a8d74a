"""Parquet files of a publication: a folder each, and a pointer that is swapped last.

Readers follow `latest.json`; a folder it names is complete and never changes. Metric values are partitioned by grain,
in folders such as `period_grain=month`: most readers want one.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import duckdb

from models.ddl import quote_identifier, quote_text
from pipelines.publish.publication import Publication
from pipelines.publish.relations import reading
from pipelines.publish.target import Build

#: Tables that lie in one folder per value of a column; the column is in the files too.
_PARTITIONS: Final = {"mart.metric_values": "period_grain"}


class ParquetFolder:
    """The target `parquet`: a folder for each publication."""

    name: Final = "parquet"
    options: Final = ()

    def __init__(self, folder: Path, place: str, keep: int) -> None:
        self.folder, self.place, self.keep = folder, place, keep

    def holds(self, publication_id: str) -> bool:
        """Whether the pointer leads to that publication."""
        try:
            pointer = json.loads((self.folder / "latest.json").read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return False
        return bool(pointer["publication_id"] == publication_id)

    def write(self, build: Build) -> None:
        """Write the tables, then move the pointer."""
        write_parquet(build, self.folder, keep=self.keep)


def write_parquet(build: Build, folder: Path, *, keep: int) -> Path:
    """Write every table as `<publication>/<schema>/<table>.parquet`, then point to it; old folders beyond `keep` go.

    Returns:
        The folder of this publication.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for leftover in folder.glob(".building-*"):
        shutil.rmtree(leftover)
    publication = build.publication
    building = folder / f".building-{publication.publication_id}"
    with reading(build.file) as built:
        found = built.execute("SELECT schema_name, table_name FROM duckdb_tables() ORDER BY ALL").fetchall()
        paths = {f"{schema}.{table}": _write_table(built, building, schema, table) for schema, table in found}
    target = folder / publication.publication_id
    if target.exists():
        shutil.rmtree(target)
    building.replace(target)
    _point_to(publication, folder, paths)
    _drop_old(folder, keep)
    return target


def _write_table(built: duckdb.DuckDBPyConnection, building: Path, schema: str, table: str) -> str:
    """Write a table below a folder; returns where."""
    partition = _PARTITIONS.get(f"{schema}.{table}")
    path = building / schema / (table if partition else f"{table}.parquet")
    path.parent.mkdir(parents=True, exist_ok=True)
    options = f", PARTITION_BY ({partition}), WRITE_PARTITION_COLUMNS true" if partition else ""
    built.execute(
        f"COPY {quote_identifier(schema)}.{quote_identifier(table)} TO {quote_text(str(path))} "
        f"(FORMAT parquet, COMPRESSION zstd{options})"
    )
    # A table without rows has no partitions; its columns are still worth a file.
    if partition and not any(path.iterdir()):
        built.execute(f"COPY {schema}.{table} TO {quote_text(str(path / 'data_0.parquet'))} (FORMAT parquet)")
    return path.relative_to(building).as_posix()


def _point_to(publication: Publication, folder: Path, paths: Mapping[str, str]) -> None:
    pointer = folder / "latest.json"
    text = json.dumps(
        {
            "publication_id": publication.publication_id,
            "content_hash": publication.content_hash,
            "as_of_at": publication.as_of.isoformat() if publication.as_of else None,
            "tables": {name: f"{publication.publication_id}/{path}" for name, path in paths.items()},
        },
        indent=2,
    )
    building = folder / ".latest.json.building"
    building.write_text(text + "\n", encoding="utf-8")
    building.replace(pointer)


def _drop_old(folder: Path, keep: int) -> None:
    """Publication ids start with the instant of their run, so names sort by age."""
    folders = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    for old in folders[:-keep]:
        shutil.rmtree(old)
