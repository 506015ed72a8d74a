"""The Dagster code location: everything listed explicitly, built from one home."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Final

import dagster as dg

from models.vocabulary import Domain
from pipelines.defs.arrivals import arrival_asset
from pipelines.defs.automation import automation
from pipelines.defs.facts import fact_assets
from pipelines.defs.publication import publication_assets
from pipelines.defs.staging import staging_assets
from pipelines.home import find_home
from pipelines.project import Project, load_project
from pipelines.session import Session, open_session
from pipelines.warehouse import WarehouseBusyError

#: How long a run that Dagster starts waits for another one to end, and how often it looks.
_PATIENCE_SECONDS: Final = 3_600.0
_LOOK_SECONDS: Final = 2.0


def build_assets(project: Project, *, fails_with_target: bool = False) -> list[dg.AssetsDefinition | dg.AssetSpec]:
    """All assets of a project, from landing folders to publication; see `publication_assets`."""
    staged = [asset for domain in Domain for asset in staging_assets(project, domain)]
    published = publication_assets(project, fails_with_target=fails_with_target)
    return [*staged, arrival_asset(project), *fact_assets(), *published]


def build_defs(project: Project) -> dg.Definitions:
    """Everything that Dagster shows and runs for a project.

    Steps run in one process: they share one connection and one transaction, and their parallelism is Polars' and
    DuckDB's.
    """

    @dg.resource(description="The open warehouse of the home, for one run.")
    def session(context: dg.InitResourceContext) -> Iterator[Session]:
        with ExitStack() as opened:
            yield _open_in_turn(project, opened, context.log)

    job, schedule, sensor = automation(project)
    return dg.Definitions(
        assets=build_assets(project, fails_with_target=True),
        jobs=[job],
        schedules=[schedule],
        sensors=[sensor],
        resources={"session": session},
        executor=dg.in_process_executor,
    )


def _open_in_turn(project: Project, opened: ExitStack, log: dg.DagsterLogManager | None) -> Session:
    """A session, as soon as the run that has the warehouse is over: schedule and sensor do not know of each other.

    Raises:
        WarehouseBusyError: it is not over after an hour.
    """
    waits_until = time.monotonic() + _PATIENCE_SECONDS
    is_told = False
    while True:
        try:
            return opened.enter_context(open_session(project))
        except WarehouseBusyError as busy:
            if time.monotonic() > waits_until:
                raise
            if log is not None and not is_told:
                log.info(f"Waiting for its turn. {busy}")
            is_told = True
            time.sleep(_LOOK_SECONDS)


@dg.definitions
def defs() -> dg.Definitions:
    """The definitions of the home that KPI_HOME names; built when Dagster asks, so that importing needs no home."""
    return build_defs(load_project(find_home()))
