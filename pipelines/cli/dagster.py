"""`kpi dagster`: Dagster's own web interface on one home."""

from __future__ import annotations

import os
import sys

import click

from pipelines.cli.exits import ExitCode
from pipelines.cli.options import chosen_home, common_options
from pipelines.cli.serving import serve


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=3000, show_default=True, help="Port to listen on.")
@common_options
def dagster(host: str, port: int) -> ExitCode:
    """Open the pipeline's graph, runs, checks, schedule and sensor in the browser.

    What 'kpi run' has built until now is shown there too. Stop it with Ctrl-C.
    """
    from pipelines.project import load_project

    home = chosen_home()
    project = load_project(home)  # a wrong contract is said here, clearly, rather than in Dagster's log
    from pipelines.dagster_history import dagster_instance, record_history
    from pipelines.warehouse import WarehouseBusyError

    with dagster_instance(home):
        pass  # makes the folder that Dagster wants to find
    try:
        record_history(project)
    except WarehouseBusyError:
        click.echo("A run is under way; what it builds is shown when you open this again.", err=True)
    folder = home.folder.resolve()
    environment = {
        **os.environ,
        "KPI_HOME": str(folder),
        "DAGSTER_HOME": str(home.dagster.resolve()),
        "DAGSTER_DISABLE_TELEMETRY": "1",
    }
    if not os.environ.get("KPI_DEBUG"):
        environment.setdefault("PYTHONWARNINGS", "ignore")
    click.echo(f"Dagster on {folder}: http://{host}:{port}  (Ctrl-C stops it)", err=True)
    command = [
        sys.executable, "-m", "dagster", "dev", "-m", "pipelines.definitions", "--host", host, "--port", str(port),
    ]  # fmt: skip
    return serve(command, environment)
