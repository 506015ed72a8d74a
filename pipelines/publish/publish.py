"""Publish to every target that the home names, unless it holds exactly this already.

A target that cannot be written keeps what it had, says why, and is tried again by the next run; the others go on.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from models.ops import ops_publications
from pipelines.fingerprint import hash_parts
from pipelines.home import Home
from pipelines.publish.duckdb_file import DuckdbFile, build_beside
from pipelines.publish.home_id import home_id_of
from pipelines.publish.parquet import ParquetFolder
from pipelines.publish.publication import Publication, gather_publication, input_hash
from pipelines.publish.report_folder import ReportFolder
from pipelines.publish.target import Build, PublishError, Target, building, published_already
from pipelines.session import Session, Step


def publish(session: Session) -> list[Step]:
    """Write the warehouse's metric values, facts and audit results to all targets; the file readers open comes last."""
    home = session.project.home
    wanted = input_hash(session)
    targets = targets_of(home, home_id_of(session))
    # The file may be a link to another disk, where the new one has to lie to take its place in one step.
    file = home.published_file.resolve()
    if "duckdb" in home.settings.publish.targets and _is_current(session, file, wanted):
        source = published_already(file)
    else:
        source = building(lambda: gather_publication(session), lambda publication: build_beside(publication, file))
    with source as build:
        return [_publish_to(session, target, wanted, build) for target in targets]


def _is_current(session: Session, file: Path, wanted: str) -> bool:
    """Whether the published file holds exactly this, and nobody has written to it."""
    is_written_to = file.with_name(f"{file.name}.wal").exists()
    return session.input_hash_of("published_duckdb") == wanted and file.exists() and not is_written_to


def targets_of(home: Home, home_id: str) -> list[Target]:
    """The targets that `kpi.toml` names, in the order in which they are written.

    Args:
        home_id: of the home; nothing is written of one that has none.
    """
    settings = home.settings.publish
    parquet, report = home.published / "parquet", home.published / "report"
    every: list[Target] = [
        ParquetFolder(parquet, home.name_of(parquet / "latest.json"), settings.keep),
        ReportFolder(report, home.name_of(report / "latest.html"), home.settings.home.name),
        DuckdbFile(home.published_file, home.name_of(home.published_file)),
    ]
    if "postgresql" in settings.targets:
        from pipelines.publish.postgres import PostgresDatabase  # its drivers take half a second to import

        database = PostgresDatabase(
            settings.postgresql,
            home_name=home.settings.home.name,
            home_id=home_id,
            version=settings.version,
            keep=settings.keep,
        )
        every.insert(0, database)
    if "excel" in settings.targets:
        from pipelines.publish.excel import ExcelWorkbook

        workbook = home.published / "kpi.xlsx"
        every.insert(0, ExcelWorkbook(workbook, home.name_of(workbook)))
    if "hyper" in settings.targets:
        from pipelines.publish.hyper import HyperExtract

        extract = home.published / "kpi.hyper"
        every.insert(0, HyperExtract(extract, home.name_of(extract)))
    return [target for target in every if target.name in settings.targets]


def _publish_to(session: Session, target: Target, wanted: str, build: Build) -> Step:
    session.warehouse.refuse_if_stopped()
    asset = f"published_{target.name}"
    wanted = hash_parts(wanted, *target.options) if target.options else wanted
    session.reporter.began(asset)
    started = time.perf_counter()
    try:
        if session.input_hash_of(asset) == wanted and target.holds(_published_last(session, target)):
            return session.report(Step(asset, "unchanged", None, time.perf_counter() - started, target.place))
        # First the target, then the memory of it: a run that is killed in between publishes the same content once more.
        target.write(build)
    except PublishError as error:
        return session.report(Step(asset, "failed", None, time.perf_counter() - started, str(error)))
    seconds = time.perf_counter() - started
    with session.warehouse.transaction():
        session.remember(asset, wanted, None, seconds)
        session.warehouse.append(ops_publications, _record(session, target, build.publication))
    return session.report(Step(asset, "built", None, seconds, target.place))


def _published_last(session: Session, target: Target) -> str:
    query = "SELECT publication_id FROM ops.ops_publications WHERE target = ? ORDER BY published_at DESC LIMIT 1"
    found = session.warehouse.rows(query, [target.name])
    return str(found[0][0]) if found else ""


def _record(session: Session, target: Target, publication: Publication) -> pl.DataFrame:
    record = {
        "publication_id": publication.publication_id,
        "run_id": session.run_id,
        "target": target.name,
        "content_hash": publication.content_hash,
        "as_of_at": publication.as_of,
        "location": target.place,
        "published_at": datetime.now(UTC),
    }
    return pl.DataFrame([record])
