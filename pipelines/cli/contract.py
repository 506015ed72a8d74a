"""`kpi contract`: draft a contract from an unknown export, check what the home says, list the packaged templates.

Comparing and linting contracts have modules of their own.
"""

from __future__ import annotations

import re
from pathlib import Path

import click

from models.vocabulary import Domain
from pipelines.cli.contract_diff import diff
from pipelines.cli.contract_lint import lint
from pipelines.cli.exits import CommandError
from pipelines.cli.file_formats import format_of_name
from pipelines.cli.options import chosen_home, common_options, json_option
from pipelines.words.commands import pasted


@click.group()
@common_options
def contract() -> None:
    """Draft, check, compare and list contracts."""


contract.add_command(diff)
contract.add_command(lint)


@contract.command("infer")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--id",
    "contract_id",
    metavar="ID",
    help="Contract id, and so the landing folder. Else what --output is called in a home's contracts/, else the file.",
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Where to write it. Else it is printed."
)
@click.option("--force", is_flag=True, help="Overwrite the output file.")
@click.option(
    "--domain",
    type=click.Choice([domain.value for domain in Domain]),
    help="Draft it for this domain. Else by its headers.",
)
@common_options
def infer(
    files: tuple[Path, ...], contract_id: str | None, output: Path | None, force: bool, domain: str | None
) -> None:
    """Draft a contract for an export nobody has described yet.

    Looks at FILES and writes what it found, each finding with its evidence: delimiter, encoding, types, null tokens,
    date formats, candidate keys, and which canonical column each column may feed. Several files of one export may
    spell headers, dates and amounts in other ways. Read it, correct it, keep it in contracts/.

    With '-o home/contracts/my_export.yaml' the contract's id is my_export, and its files go into
    home/landing/my_export/.
    """
    from pipelines.home import DEFAULT_HOME
    from pipelines.infer import infer_contract, render_contract
    from pipelines.notices.finding import CHECK_MARK
    from pipelines.words.numbers import count_of

    if output is not None and output.exists() and not force:
        raise CommandError(f"{output} exists and stays as it is. Choose another name, or overwrite it with --force.")
    if output is not None and format_of_name(output) is not None:
        raise CommandError(f"{output} is not what this command writes. A contract is YAML: let its name end in .yaml.")
    first, *others = files
    home = None if output is None else _home_of(output)
    if contract_id is None and output is not None and home is not None:
        contract_id = _id_of(output)
    try:
        inference = infer_contract(first, contract_id, others=others, domain=Domain(domain) if domain else None)
    except ValueError as error:
        raise CommandError(str(error)) from error
    text = render_contract(inference)
    if output is None:
        click.echo(text, nl=not text.endswith("\n"))
        return
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(text, encoding="utf-8")
    questions = text.count(CHECK_MARK)
    click.echo(
        f"Wrote {output}" + (f", with {count_of(questions, 'line')} marked CHECK to decide." if questions else ".")
    )
    landing = (home or Path()) / "landing" / inference.contract_id
    option = "" if home in (None, DEFAULT_HOME) else f" --home {pasted(home)}"
    if home is not None:
        landing.mkdir(parents=True, exist_ok=True)
    click.echo(f"Its files go into {landing.as_posix()}/. 'kpi contract check{option}' validates it.")


def _home_of(output: Path) -> Path | None:
    """The home in whose `contracts/` a draft is written, if it is one."""
    from pipelines.home import SETTINGS_FILE

    folder = output.parent
    home = folder.parent if folder.name else Path("..")
    is_home = folder.absolute().name == "contracts" and (home / SETTINGS_FILE).is_file()
    return home if is_home else None


def _id_of(output: Path) -> str | None:
    """The id that the name of a contract's file says; None where it has no letter to begin with."""
    from pipelines.readers import slugify_header

    return re.sub(r"[^a-z0-9_]", "", slugify_header(output.stem)) or None


@contract.command("check")
@json_option
@common_options
def check(as_json: bool) -> None:
    """Validate kpi.toml and all contracts and policies of the home; read no data.

    Exit codes: 0 all is well, 2 something is wrong; every problem is listed with its file, line and remedy.
    """
    from pipelines.cli.outcomes import show_notices
    from pipelines.cli.tables import Column, show_json, show_table
    from pipelines.notices.finding import find_notices
    from pipelines.project import load_project
    from pipelines.words.numbers import count_of

    home = chosen_home()
    project = load_project(home)
    listed = [
        {
            "id": found.id,
            "version": found.version,
            "status": found.status,
            "domain": found.domain.value,
            "name": found.name,
            "file": found.origin,
            "files": f"landing/{found.id}/{found.file_pattern}",
            "rule_count": len(found.rules),
        }
        for found in project.contracts
    ]
    notices = find_notices(project)
    if as_json:
        show_json({"contracts": listed, "policies": sorted(project.policies.hashes), "notices": list(notices)})
        return
    if listed:
        show_table(
            [
                Column("contract"), Column("version"), Column("domain"), Column("rules", is_right=True),
                Column("reads"), Column("name", is_cut=True),
            ],
            [
                (item["id"], item["version"], item["domain"], item["rule_count"], item["files"], item["name"])
                for item in listed
            ],
        )  # fmt: skip
        click.echo()
    policies = project.policies
    click.echo(
        f"All is well: {count_of(len(listed), 'contract')}, {count_of(len(policies.calendars), 'calendar')}, "
        f"{count_of(sum(map(len, policies.statuses.values())), 'mapped status', 'mapped statuses')}, "
        f"{count_of(len(policies.sla), 'SLA policy', 'SLA policies')}, "
        f"{count_of(len(policies.costs.pools), 'cost pool')}."
    )
    show_notices(notices)


@contract.command("templates")
@json_option
@common_options
def templates(as_json: bool) -> None:
    """List the packaged contract templates that a contract can extend."""
    show_templates(as_json=as_json)


def show_templates(*, as_json: bool) -> None:
    """List the packaged templates; shared with `kpi init --list-templates`."""
    from pipelines.cli.tables import Column, show_json, show_table
    from pipelines.scaffold import list_templates

    found = list_templates()
    if as_json:
        show_json(found)
        return
    show_table(
        [Column("template"), Column("domain"), Column("for")],
        [(template.id, template.domain, template.name) for template in found],
    )
    click.echo()
    click.echo(click.style("'kpi init DIR --with-template ID' adds a contract that extends one.", dim=True))
