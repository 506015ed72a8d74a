"""The Dagster code location: everything listed explicitly, built from one home."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg

from models.vocabulary import Domain
from pipelines.defs.arrivals import arrival_asset
from pipelines.defs.automation import automation
from pipelines.defs.facts import fact_assets
from pipelines.defs.publication import publication_assets
from pipelines.defs.session_in_turn import open_in_turn
from pipelines.defs.staging import staging_assets
from pipelines.home import find_home
from pipelines.project import Project, load_project
from pipelines.session import Session


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
        with open_in_turn(project, context.log) as opened:
            yield opened

    job, schedule, sensor = automation(project)
    return dg.Definitions(
        assets=build_assets(project, fails_with_target=True),
        jobs=[job],
        schedules=[schedule],
        sensors=[sensor],
        resources={"session": session},
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """The definitions of the home that KPI_HOME names; built when Dagster asks, so that importing needs no home."""
    return build_defs(load_project(find_home()))
