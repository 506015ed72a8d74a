"""BI tools in environments of their own, which `make bi-test` installs; elsewhere their tests are skipped, visibly."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest
from metricflow_project import Project
from superset_server import Superset

from metrics.render.lists import LABELS
from metrics.render.places import Place
from metrics.render.relations import relations
from pipelines.semantic_exports import export_named, write_export

if TYPE_CHECKING:
    from postgres_servers import PostgresDatabase, PostgresServer

    from tests.conftest import CleanRun

Tool = Callable[[str, str], Path]


@pytest.fixture(scope="session")
def tool() -> Tool:
    """Path of a program of a tool's environment."""
    checkout = os.environ.get("KPI_BI_TOOLS")

    def program(environment: str, name: str) -> Path:
        if not checkout:
            pytest.skip("KPI_BI_TOOLS names no folder with BI tools; run `make bi-test`")
        found = Path(checkout) / f".venv-bi-{environment}" / "bin" / name
        if not found.exists():
            pytest.skip(f"{found} is not installed; run `make bi-test`")
        return found

    return program


@pytest.fixture(scope="session")
def published_file(clean_run: CleanRun) -> Path:
    """The published file of a home that the whole pipeline ran on."""
    return clean_run.demo.home.published_file.resolve()


@pytest.fixture(scope="session")
def published(published_file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only connection to it."""
    with duckdb.connect(str(published_file), read_only=True) as reader:
        yield reader


@pytest.fixture(scope="session")
def published_database(postgres_server: PostgresServer, published_file: Path) -> Iterator[PostgresDatabase]:
    """A PostgreSQL database with the publication of the published file."""
    from postgres_servers import new_database

    with new_database(postgres_server) as database:
        publish_to(database, published_file)
        yield database


def publish_to(database: PostgresDatabase, file: Path) -> None:
    """Publish a published file's content to a database, as a run does."""
    from postgres_servers import PASSWORD

    from pipelines.home import PostgresqlSection
    from pipelines.publish.postgres import PostgresDatabase as Target
    from pipelines.publish.publication import publication_in
    from pipelines.publish.target import Build

    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("KPI_POSTGRESQL_PASSWORD", PASSWORD)
        environment.delenv("KPI_POSTGRESQL_URL", raising=False)
        target = Target(
            PostgresqlSection(url=database.url), home_name="Test", home_id="home-1", version="1.0.0", keep=1
        )
        target.write(Build(lambda: publication_in(file), lambda _: file))


@pytest.fixture(scope="session")
def project(published_file: Path, tool: Tool, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The exported dbt project, built over the published file."""
    folder = tmp_path_factory.mktemp("dbt")
    write_export(export_named("dbt"), Place(published_file.as_posix()), folder)
    found = Project(folder, tool, target="duckdb")
    found.run("dbt", "build", "--quiet")
    return found


@pytest.fixture(scope="session")
def project_on_postgresql(
    published_database: PostgresDatabase, tool: Tool, tmp_path_factory: pytest.TempPathFactory
) -> Project:
    """The exported dbt project, built in the database that the warehouse is published to."""
    from postgres_servers import OWNER, PASSWORD

    folder = tmp_path_factory.mktemp("dbt_on_postgresql")
    server, name = f"127.0.0.1:{published_database.server.port}", published_database.name
    write_export(export_named("dbt"), Place(postgres_server=server, postgres_database=name), folder)
    login = {"KPI_POSTGRES_USER": OWNER, "KPI_POSTGRES_PASSWORD": PASSWORD}
    found = Project(folder, tool, target="postgres", environment=login)
    found.run("dbt", "build", "--quiet")
    return found


@pytest.fixture(scope="session")
def superset(published_file: Path, tool: Tool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Superset]:
    """Superset with the bundle imported as a dashboard, and once more as assets, which overwrites the first ones."""
    folder = tmp_path_factory.mktemp("superset")
    (bundle,) = write_export(export_named("superset"), Place(published_file.as_posix()), folder / "export")
    found = Superset(folder, tool)
    found.run("import-dashboards", "-p", str(bundle), "-u", "admin")
    try:
        found.start()
        assert found.upload("assets/import/", "bundle", bundle) == {"message": "OK"}
        yield found
    finally:
        found.stop()


@pytest.fixture(scope="session")
def datasets(superset: Superset) -> dict[str, int]:
    """Number of each dataset, by the name of its relation."""
    listed = superset.ask("dataset/?q=(page_size:100)")["result"]
    assert len(listed) == sum(bool(relation.measures) for relation in relations()) + len(LABELS)
    return {entry["table_name"]: entry["id"] for entry in listed}
