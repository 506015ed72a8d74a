"""Parquet files of a publication: a folder each, and a pointer that is swapped last.

Readers follow `latest.json`; a folder it names is complete and never changes.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Final

from pipelines.publish.publication import Publication
from pipelines.publish.target import Build


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
        write_parquet(build.publication, self.folder, keep=self.keep)


def write_parquet(publication: Publication, folder: Path, *, keep: int) -> Path:
    """Write every table as `<publication>/<schema>/<table>.parquet`, then point to it; old folders beyond `keep` go.

    Returns:
        The folder of this publication.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for leftover in folder.glob(".building-*"):
        shutil.rmtree(leftover)
    building = folder / f".building-{publication.publication_id}"
    for published in publication.tables:
        path = building / published.schema / f"{published.name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        published.load().write_parquet(path)
    target = folder / publication.publication_id
    building.replace(target)
    _point_to(publication, folder)
    _drop_old(folder, keep)
    return target


def _point_to(publication: Publication, folder: Path) -> None:
    pointer = folder / "latest.json"
    text = json.dumps(
        {
            "publication_id": publication.publication_id,
            "content_hash": publication.content_hash,
            "as_of_at": publication.as_of.isoformat() if publication.as_of else None,
            "tables": {
                f"{table.schema}.{table.name}": f"{publication.publication_id}/{table.schema}/{table.name}.parquet"
                for table in publication.tables
            },
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
