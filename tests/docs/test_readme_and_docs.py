"""What the pages say is true: commands run and print what is shown, queries answer, links lead somewhere.

The walk through a first export has a test of its own, in an empty folder. Pages without a test of their commands fail
here, so that none is forgotten.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import duckdb
import pytest
import yaml
from fenced_blocks import CHECKOUT, Block, blocks_of, missing_lines, pages, steps_of

from data_contracts.documents import DocumentError
from data_contracts.loader import load_export_contract, packaged_templates
from metrics.registry import METRICS
from pipelines.cli.main import COMMANDS, kpi
from pipelines.home import Settings
from pipelines.policies.loading import load_policies
from pipelines.readers.refusals import RefusalCode

if TYPE_CHECKING:
    from conftest import Desk

DOCS = CHECKOUT / "docs"
COMMAND_PAGE = DOCS / "reference" / "cli.md"
#: Pages whose commands have a test elsewhere, or are somebody's own machine.
WALKED_ELSEWHERE = {DOCS / "your-first-export.md"}
NOT_WALKED = {COMMAND_PAGE: "an overview with a reader's own files", CHECKOUT / "CONTRIBUTING.md": "runs the tests"}
WALKED_HERE = [
    page
    for page in pages()
    if page not in {*WALKED_ELSEWHERE, *NOT_WALKED} and any(steps_of(block) for block in blocks_of(page))
]
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_COMMAND = re.compile(r"(?:^|[`$&] ?)kpi ((?:[a-z]+)(?: [a-z]+)?)", re.MULTILINE)


def _name(page: Path) -> str:
    return page.relative_to(CHECKOUT).as_posix()


def _blocks(language: str) -> list[Block]:
    return [
        block
        for page in pages()
        for block in blocks_of(page)
        if block.language == language and "not-run" not in block.options
    ]


@pytest.mark.slow
@pytest.mark.parametrize("page", WALKED_HERE, ids=_name)
def test_commands_print_what_their_page_shows(page: Path, demo_desk: Desk) -> None:
    demo_desk.follow(blocks_of(page))


@pytest.mark.parametrize("block", _blocks("sql"), ids=lambda block: block.place)
def test_queries_answer(block: Block, demo_folder: Path) -> None:
    with duckdb.connect(str(demo_folder / "home" / "published" / "kpi.duckdb"), read_only=True) as published:
        rows = published.execute(block.text).fetchall()
    assert rows or "may-be-empty" in block.options


@pytest.mark.parametrize("block", _blocks("python"), ids=lambda block: block.place)
def test_python_runs(block: Block, demo_folder: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", block.text], cwd=demo_folder, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.strip()


def test_policies_of_the_pages_are_accepted(tmp_path: Path) -> None:
    found = [block for block in _blocks("yaml") if "policy" in block.options]
    assert {block.options["policy"] for block in found} == {
        "calendars.yaml", "statuses.yaml", "sla.yaml", "costs.yaml", "dimensions.yaml", "vendors.yaml",
        "initiatives.yaml", "targets.yaml",
    }  # fmt: skip
    for page in {block.page for block in found}:
        folder = tmp_path / page.stem
        folder.mkdir()
        for block in (block for block in found if block.page == page):
            (folder / block.options["policy"]).write_text(block.text, encoding="utf-8")
        try:
            policies = load_policies(folder)
        except DocumentError as error:
            pytest.fail(f"{_name(page)}: {error}")
        written = {block.options["policy"] for block in found if block.page == page}
        assert bool(policies.sla) == ("sla.yaml" in written)
        assert bool(policies.statuses) == ("statuses.yaml" in written)
        assert bool(policies.vendors.credits) == (page.name == "service-credits.md")


@pytest.mark.parametrize(
    "block", [block for block in _blocks("yaml") if "contract" in block.options], ids=lambda block: block.place
)
def test_contracts_of_the_pages_are_accepted(block: Block) -> None:
    text = block.text if block.options["contract"] == "whole" else _completed(block)
    try:
        contract = load_export_contract(text, block.place, packaged_templates())
    except DocumentError as error:
        pytest.fail(str(error))
    assert contract.objects


def _completed(block: Block) -> str:
    """A part of a contract with the keys that it leaves out, so that it can be read as one."""
    part: dict[str, Any] = yaml.safe_load(block.text)
    own = part.get("customProperties", [])
    named = {entry["property"] for entry in own}
    if "extends" in named:
        return block.text
    whole: dict[str, Any] = {
        "apiVersion": "v3.2.0",
        "kind": "DataContract",
        "id": "example",
        "version": "1.0.0",
        "status": "active",
        "domain": block.options["contract"],
        "servers": [{"server": "landing", "type": "local", "path": "*", "format": "csv"}],
    }
    properties = [*own, *([] if "source" in named else [{"property": "source", "value": "example"}])]
    return yaml.safe_dump({**whole, **part, "customProperties": properties}, sort_keys=False, allow_unicode=True)


def test_every_yaml_block_says_what_it_is() -> None:
    unchecked = [block.place for block in _blocks("yaml") if not {"policy", "contract"} & block.options.keys()]
    assert not unchecked


@pytest.mark.parametrize("block", _blocks("toml"), ids=lambda block: block.place)
def test_settings_of_the_pages_are_accepted(block: Block) -> None:
    import tomllib

    Settings.model_validate(tomllib.loads(block.text))


def test_blocks_that_do_not_run_say_why() -> None:
    for page in pages():
        for block in blocks_of(page):
            assert block.language, f"{block.place}: say what the block is: console, sql, yaml, text"
            if "not-run" in block.options:
                assert len(block.options["not-run"].split()) > 2, f"{block.place}: say why it is not run"


@pytest.mark.parametrize("page", pages(), ids=_name)
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    for link in _LINK.findall(text):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{_name(page)}: {link} leads nowhere"
        if anchor and target.suffix == ".md":
            assert anchor in _anchors(target), f"{_name(page)}: {link}: there is no such heading"


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ +(.+?) *$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def test_every_page_can_be_reached_from_the_readme() -> None:
    seen: set[Path] = set()
    waiting = [CHECKOUT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        links = _LINK.findall(page.read_text(encoding="utf-8"))
        waiting += [(page.parent / link.partition("#")[0]).resolve() for link in links if "://" not in link]
    assert set(pages()) <= seen, f"no link leads to {sorted(map(_name, set(pages()) - seen))}"


def _commands() -> set[str]:
    """Every command as it is typed after `kpi`, groups and what is in them."""
    context = click.Context(kpi)
    found = set()
    for name in COMMANDS:
        command = kpi.get_command(context, name)
        assert command is not None
        found.add(name)
        if isinstance(command, click.Group):
            found |= {f"{name} {inner}" for inner in command.list_commands(context)}
    return found


def test_every_command_is_documented() -> None:
    documented = set(re.findall(r"^### `kpi ([a-z ]+)`", COMMAND_PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    assert documented == _commands()


@pytest.mark.parametrize("page", pages(), ids=_name)
def test_commands_that_pages_name_exist(page: Path) -> None:
    known = _commands()
    groups = {name.partition(" ")[0] for name in known if " " in name}
    for named in _COMMAND.findall(page.read_text(encoding="utf-8")):
        command, _, inner = named.partition(" ")
        assert command in known, f"{_name(page)} names 'kpi {command}'"
        if command in groups and inner:
            assert named in known, f"{_name(page)} names 'kpi {named}'"


def test_every_refusal_is_explained() -> None:
    text = (DOCS / "how-to" / "troubleshooting.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"^\| `([a-z_]+)` \|", text, re.MULTILINE))
    # Landing itself refuses names that its contract does not expect.
    assert explained == {code.value for code in RefusalCode} | {"unexpected_name", "no_contract"}


def test_the_readme_counts_the_metrics() -> None:
    headlines = sum(metric.is_headline for metric in METRICS)
    assert headlines == 3
    assert f"And {len(METRICS) - headlines} more" in (CHECKOUT / "README.md").read_text(encoding="utf-8")


def test_pages_hold_no_absolute_paths_of_a_machine() -> None:
    for page in pages():
        found = re.findall(r"(?<![\w.])/(?:home|Users|tmp|root|work)/\S*", page.read_text(encoding="utf-8"))
        assert not found, f"{_name(page)}: {found}"


@pytest.mark.parametrize(
    ("shown", "missing"),
    [
        (("one", "two"), []),
        (("one", "three"), ["three"]),
        (("one", "...", "three"), []),
        (("t…o",), []),
        (("three", "...", "one"), ["one"]),
        (("two  ",), []),
    ],
)
def test_shown_lines_are_found_in_their_order(shown: tuple[str, ...], missing: list[str]) -> None:
    assert missing_lines(shown, "one\n\n  two\nthree\n") == missing
