"""Names that a shell offers while somebody types: of packaged questions, KPIs and exports.

A shell asks with every press of Tab, so only the names of packaged files are looked at, and nothing slow is imported
for what they can tell.
"""

from __future__ import annotations

from importlib import resources

import click


def complete_question(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:  # noqa: ARG001
    """Names of packaged questions."""
    return [name for name in _names("queries") if name.startswith(incomplete)]


def complete_metric(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:  # noqa: ARG001
    """Names of KPIs."""
    views = [name.removeprefix("kpi_") for name in _names("views", "mart") if name.startswith("kpi_")]
    return [name for name in views if name.startswith(incomplete)]


def complete_export(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:  # noqa: ARG001
    """Names of exports."""
    from pipelines.semantic_exports import EXPORTS

    return [export.name for export in EXPORTS if export.name.startswith(incomplete)]


def complete_parameter(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:  # noqa: ARG001
    """Parameters of the question that is named before, each with its `=`."""
    from pipelines.cli.questions import list_questions

    chosen = context.params.get("name")
    found = [question for question in list_questions() if question.name == chosen]
    names = [f"{each.name}=" for question in found for each in question.parameters]
    return [name for name in names if name.startswith(incomplete)]


def _names(*folders: str) -> list[str]:
    """Names of the SQL files in a packaged folder, without their ending."""
    folder = resources.files("sql").joinpath(*folders)
    return sorted(entry.name.removesuffix(".sql") for entry in folder.iterdir() if entry.name.endswith(".sql"))
