"""`kpi dashboard`: the published numbers in the browser."""

from __future__ import annotations

import os
import sys
from importlib import resources
from typing import Final

import click

from pipelines.cli.exits import ExitCode
from pipelines.cli.options import chosen_home, common_options
from pipelines.cli.serving import serve

#: Colours with a contrast that everybody can read: Streamlit's own captions, names in them and chosen buttons are too
#: faint. Second headings are as large as Streamlit's third ones.
_THEME: Final = {
    "theme.light.textColor": "#0b0e11",
    "theme.light.codeTextColor": "#0b0e11",
    "theme.light.primaryColor": "#1f5f99",
    "theme.dark.codeTextColor": "#fafafa",
    "theme.dark.primaryColor": "#74b3ea",
    "theme.headingFontSizes": '["2.75rem", "1.75rem", "1.5rem"]',
}


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8501, show_default=True, help="Port to listen on.")
@click.option("--open/--no-open", "opens", default=True, help="Open the browser.")
@common_options
def dashboard(host: str, port: int, opens: bool) -> ExitCode:
    """Explore the published numbers in the browser: filters, trends, and the tickets and invoice lines behind them.

    It reads the published warehouse, changes nothing and calls nobody. A new publication is there with the next click.
    Whoever can reach the address can read everything that is published: there is no login. Stop it with Ctrl-C.
    """
    from pipelines.cli.published import open_published

    home = chosen_home()
    with open_published(home):
        pass  # what is missing is said here, clearly, rather than on the page
    folder = home.folder.resolve()
    settings = {
        "server.address": host,
        "server.port": str(port),
        "server.headless": str(not opens).lower(),
        "server.fileWatcherType": "none",
        "server.showEmailPrompt": "false",
        "browser.gatherUsageStats": "false",
        "client.toolbarMode": "minimal",
        "logger.level": "warning",
        # The greeting comes with an advertisement, in the terminal and over the page.
        "logger.hideWelcomeMessage": "true",
        **_THEME,
    }
    script = resources.files("pipelines") / "dashboard" / "app.py"
    command = [sys.executable, "-m", "streamlit", "run", str(script)]
    for name, value in settings.items():
        command += [f"--{name}", value]
    click.echo(f"Dashboard of {folder}: http://{host}:{port}  (Ctrl-C stops it)", err=True)
    return serve(command, {**os.environ, "KPI_HOME": str(folder)})
