"""`kpi contract lint`: contracts against the standard's own JSON schema, our strict rules, and the metrics."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines.cli.exits import ExitCode
from pipelines.cli.options import chosen_home, common_options, json_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from data_contracts.spec import ExportContract
    from pipelines.contracts.files import ContractText
    from pipelines.home import Home


@click.command("lint")
@click.argument("names", metavar="[FILES]", nargs=-1)
@click.option("--packaged", is_flag=True, help="Lint the contracts that ship with the package.")
@click.option("--strict", is_flag=True, help="Fail on warnings as well.")
@json_option
@common_options
def lint(names: tuple[str, ...], packaged: bool, strict: bool, as_json: bool) -> ExitCode:
    """Validate contracts without any data: FILES or ids of packaged ones, else all of the home.

    Errors: what the Open Data Contract Standard's own JSON schema refuses, keys that nobody knows, rules on tables or
    columns that do not exist (in SQL too), and rules that protect a metric that does not exist. Warnings: metrics that
    no rule protects, and columns that feed a number without a description.

    Exit codes: 0 no errors, 2 errors, or warnings with --strict.
    """
    from pipelines.cli.tables import show_json
    from pipelines.contracts.lint import Level, lint_contracts
    from pipelines.words.numbers import count_of

    texts, others = _what_to_lint(names, is_packaged=packaged)
    findings = lint_contracts(texts, others)
    errors = sum(found.level is Level.ERROR for found in findings)
    if as_json:
        show_json(
            {
                "contracts": [text.origin for text in texts],
                "findings": [
                    {
                        "level": found.level,
                        "file": found.problem.file,
                        "line": found.problem.line,
                        "what": found.problem.what,
                        "remedy": found.problem.remedy,
                        "suggestion": found.problem.suggestion,
                    }
                    for found in findings
                ],
            }
        )
    else:
        for found in findings:
            color = "red" if found.level is Level.ERROR else "yellow"
            click.echo(f"{click.style(found.level.value, fg=color)}  {found.problem}")
        click.echo(
            f"{count_of(len(texts), 'contract')} linted: {count_of(errors, 'error')}, "
            f"{count_of(len(findings) - errors, 'warning')}."
        )
    return ExitCode.USAGE if errors or (strict and findings) else ExitCode.OK


def _what_to_lint(names: Sequence[str], *, is_packaged: bool) -> tuple[list[ContractText], list[ExportContract]]:
    """The contracts to lint, and the home's other export contracts, whose tables their rules may read."""
    from pipelines.contracts.files import packaged_contracts, read_contract, read_contract_file

    texts = [read_contract(name) for name in names]
    if is_packaged:
        texts += packaged_contracts().values()
    if texts:
        home = _home_if_any()
        return texts, _exports_of(home) if home is not None else []
    home = chosen_home()
    paths = sorted(home.contracts.glob("*.y*ml")) if home.contracts.is_dir() else []
    return [read_contract_file(path, home.name_of(path)) for path in paths], []


def _home_if_any() -> Home | None:
    from pipelines.home import HomeError

    try:
        return chosen_home()
    except HomeError:
        return None


def _exports_of(home: Home) -> list[ExportContract]:
    """The export contracts of a home that can be read; what is wrong with the others is not asked here."""
    from data_contracts.documents import DocumentError
    from data_contracts.spec import ExportContract
    from pipelines.contracts.files import read_contract_file

    found: list[ExportContract] = []
    for path in sorted(Path(home.contracts).glob("*.y*ml")):
        try:
            contract = read_contract_file(path).load()
        except DocumentError:
            continue
        if isinstance(contract, ExportContract):
            found.append(contract)
    return found
