"""Publish to every target that the home names, unless they hold exactly this already."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from models.ops import ops_publications
from pipelines.publish.duckdb_file import write_duckdb_file
from pipelines.publish.parquet import write_parquet
from pipelines.publish.publication import Publication, gather_publication, input_hash
from pipelines.session import Session, Step


def publish(session: Session) -> list[Step]:
    """Write the warehouse's metric values, facts and audit results to all targets; the file readers open comes last."""
    home, settings = session.project.home, session.project.home.settings.publish
    wanted = input_hash(session)
    gathered: list[Publication] = []

    def publication() -> Publication:
        if not gathered:
            gathered.append(gather_publication(session))
        return gathered[0]

    writers: dict[str, tuple[Path, Callable[[], object]]] = {
        "parquet": (
            home.published / "parquet" / "latest.json",
            lambda: write_parquet(publication(), home.published / "parquet", keep=settings.keep),
        ),
        "duckdb": (home.published_file, lambda: write_duckdb_file(publication(), home.published_file)),
    }
    return [
        _publish_to(session, target, *writers[target], wanted, publication)
        for target in writers
        if target in settings.targets
    ]


def _publish_to(
    session: Session,
    target: str,
    location: Path,
    write: Callable[[], object],
    wanted: str,
    publication: Callable[[], Publication],
) -> Step:
    asset = f"published_{target}"
    place = session.project.home.name_of(location)
    session.reporter.began(asset)
    started = time.perf_counter()
    if location.exists() and session.input_hash_of(asset) == wanted:
        return session.report(Step(asset, "unchanged", None, time.perf_counter() - started, place))
    # First the file, then the memory of it: a run that is killed in between publishes the same content once more.
    write()
    seconds = time.perf_counter() - started
    with session.warehouse.transaction():
        session.remember(asset, wanted, None, seconds)
        session.warehouse.append(ops_publications, _record(session, target, place, publication()))
    return session.report(Step(asset, "built", None, seconds, place))


def _record(session: Session, target: str, place: str, publication: Publication) -> pl.DataFrame:
    record = {
        "publication_id": publication.publication_id,
        "run_id": session.run_id,
        "target": target,
        "content_hash": publication.content_hash,
        "as_of_at": publication.as_of,
        "location": place,
        "published_at": datetime.now(UTC),
    }
    return pl.DataFrame([record])
