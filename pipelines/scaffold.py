"""What `kpi init` writes: a home with commented settings and policies, and contracts that extend packaged templates.

The texts are files in `cli/home_files`. Nothing that exists is ever overwritten.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from string import Template as TextTemplate
from typing import Final

from data_contracts.loader import load_export_contract, packaged_templates
from data_contracts.problems import suggest
from data_contracts.spec import ExportContract
from models.vocabulary import SameName

_FILES: Final = (
    ("kpi.toml", "kpi.toml"),
    ("gitignore", ".gitignore"),
    ("contracts/README.md", "contracts/README.md"),
    *(
        (f"policies/{name}.yaml",) * 2
        for name in ("calendars", "statuses", "sla", "costs", "initiatives", "dimensions", "vendors", "targets")
    ),
)


_SAME_NAME: Final = """\
## A file under the name of an earlier one takes its place. Where yours holds only what changed since, let it add to
## that one instead: sameName: adds, for every object.
"""


class ScaffoldError(Exception):
    """A home cannot be made as asked."""


@dataclass(frozen=True, slots=True)
class TemplateFacts:
    """A packaged contract template."""

    id: str
    name: str
    domain: str


@dataclass(frozen=True, slots=True)
class HomeFacts:
    """What the settings of a new home say."""

    name: str = "operations"
    currency: str = "EUR"
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Scaffold:
    """Paths that were made, and paths that existed and were left as they are."""

    created: tuple[Path, ...]
    kept: tuple[Path, ...]


def list_templates() -> list[TemplateFacts]:
    """All packaged contract templates, by id."""
    found = (_load_template(template_id) for template_id in packaged_templates())
    return [TemplateFacts(contract.id, contract.name, contract.domain.value) for contract in found]


def write_home(
    folder: Path,
    facts: HomeFacts | None = None,
    *,
    templates: Sequence[str] = (),
    policies: Mapping[str, str] | None = None,
) -> Scaffold:
    """Make a home, or complete one; existing files stay as they are.

    Args:
        templates: ids of packaged templates; each gets a contract that extends it, and its landing folder.
        policies: file name -> text, instead of the commented policy files.

    Raises:
        ScaffoldError: a template that does not exist.
    """
    known = packaged_templates()
    for template_id in templates:
        if template_id not in known:
            near = suggest(template_id, known)
            hint = f"Did you mean '{near}'?" if near else "'kpi contract templates' lists them all."
            raise ScaffoldError(f"There is no contract template '{template_id}'. {hint}")
    created: list[Path] = []
    kept: list[Path] = []
    for name, text in _texts(facts or HomeFacts(), templates, policies or {}):
        path = folder / name
        if path.exists():
            kept.append(path)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        created.append(path)
    for name in ("", *templates):
        (folder / "landing" / name).mkdir(parents=True, exist_ok=True)
    return Scaffold(tuple(created), tuple(kept))


def extending_contract(template_id: str) -> str:
    """The text of a contract that extends a packaged template and so far changes nothing."""
    template = _load_template(template_id)
    item = template.objects[0]
    column = item.columns[0]
    # A file of an old name is read in the same way into all objects, so that what is said of one is said of each.
    replaced = [each for each in template.objects if each.same_name is SameName.REPLACES]
    same_name = "#     customProperties:\n#       - {property: sameName, value: adds}\n"
    others = "".join(f"#   - name: {each.name}\n{same_name}" for each in replaced if each is not item)
    explained = _SAME_NAME if replaced else ""
    return f"""\
## {template.name}: all that the packaged template says, with what is written here instead.
apiVersion: v3.2.0
kind: DataContract
id: {template_id}
version: 1.0.0
status: active
customProperties:
  - {{property: extends, value: {template_id}}}
## Groups of keys are merged key by key; schema objects, columns and custom properties by name. So a change is short.
## Remove the single # in front of what you need.
{explained}# schema:
#   - name: {item.name}
{same_name if item in replaced else ""}#     properties:
#       - name: {column.name}
#         physicalName: "header as it stands in the file"
{others}"""


def _texts(facts: HomeFacts, templates: Sequence[str], policies: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """(path in the home, text) of every file."""
    folder = resources.files("pipelines.cli") / "home_files"
    values = {
        "name": facts.name.replace("\\", "\\\\").replace('"', '\\"'),
        "currency": facts.currency,
        "time_zone": facts.time_zone,
    }
    for source, name in _FILES:
        text = folder.joinpath(*source.split("/")).read_text(encoding="utf-8")
        policy = policies.get(name.removeprefix("policies/")) if name.startswith("policies/") else None
        yield name, policy or (TextTemplate(text).substitute(values) if name == "kpi.toml" else text)
    for template_id in templates:
        yield f"contracts/{template_id}.yaml", extending_contract(template_id)


def _load_template(template_id: str) -> ExportContract:
    templates = packaged_templates()
    return load_export_contract(templates[template_id], f"template {template_id}.yaml", templates)
