"""The files of a home's `policies/` folder, decoded strictly into the records that `metrics` computes with.

Every file may be missing: then its defaults hold, which are the plainest possible (a 24x7 calendar, no SLA policy,
no cost pool). What a policy means is documented with its record in `metrics`; here is only its spelling.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Final, TypeVar

from pydantic import BaseModel

from data_contracts.documents import Document, DocumentError, Problem, decode, parse_document
from metrics.calendars.working_calendar import WorkingCalendar
from metrics.costs.planning_policy import Initiative
from metrics.costs.policy import CostPolicy
from metrics.registry import METRICS
from metrics.signals.process_behaviour import Baseline
from metrics.signals.targets import Target
from metrics.sla.policy import SlaPolicy
from metrics.tickets.clocks import TeamCalendars
from metrics.vendors.policy import VendorPolicy
from models.vocabulary import StatusCategory
from pipelines.fingerprint import hash_parts
from pipelines.policies.calendars import any_public_holidays, build_calendars, build_team_calendars
from pipelines.policies.costs import CostFile, InitiativeFile, build_cost_policy, build_initiatives
from pipelines.policies.dimensions import build_aliases, build_listed_names
from pipelines.policies.sla import SlaFile, build_sla_policies
from pipelines.policies.spelling import CalendarFile, DimensionFile, StatusFile
from pipelines.policies.targets import TargetFile, build_baselines, build_targets, find_misspelt_metrics
from pipelines.policies.vendors import VendorPolicyFile, build_vendor_policy

#: What values are held against; it changes none of them.
TARGETS_FILE: Final = "targets.yaml"


@dataclass(frozen=True, slots=True)
class StatusMeaning:
    """What a source's status means: its category and, when waiting, whom for."""

    category: StatusCategory
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Policies:
    """All policies of a home.

    Attributes:
        statuses: source -> status as the source writes it -> meaning.
        dimensions: dimension -> alias in lower case -> common name.
        listed_names: dimension -> all common names that there are; only of dimensions for which the home lists them.
        hashes: policy file name -> hash of its content, so that a change is seen; of calendars with public holidays
            also of the version of the package that knows them.
        documents: policy file name -> what stands in it, with its lines.
    """

    calendars: tuple[WorkingCalendar, ...]
    team_calendars: TeamCalendars
    statuses: Mapping[str, Mapping[str, StatusMeaning]]
    sla: tuple[SlaPolicy, ...]
    costs: CostPolicy
    vendors: VendorPolicy
    initiatives: tuple[Initiative, ...]
    targets: tuple[Target, ...]
    baselines: tuple[Baseline, ...]
    dimensions: Mapping[str, Mapping[str, str]]
    listed_names: Mapping[str, frozenset[str]] = field(default_factory=dict)
    hashes: Mapping[str, str] = field(default_factory=dict)
    documents: Mapping[str, Document] = field(default_factory=dict)

    def place(self, file: str, *path: str | int) -> str:
        """Where something stands in a policy file, or the nearest thing around it: `sla.yaml:12`."""
        document = self.documents.get(file)
        return file if document is None else f"{file}:{document.position(path).line}"


_File = TypeVar("_File", bound=BaseModel)


def load_policies(folder: Path) -> Policies:
    """All policies of a folder.

    Raises:
        DocumentError: with file, line and remedy of everything that is wrong, over all files.
    """
    problems: list[Problem] = []
    hashes: dict[str, str] = {}
    documents: dict[str, Document] = {}

    def read(name: str, model: type[_File]) -> _File:
        path = folder / name
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        hashes[name] = hash_parts(text)
        try:
            documents[name] = parse_document(text, f"{folder.name}/{name}")
            return decode(documents[name], model)
        except DocumentError as error:
            problems.extend(error.problems)
            return model()

    calendar_file = read("calendars.yaml", CalendarFile)
    status_file = read("statuses.yaml", StatusFile)
    sla_file = read("sla.yaml", SlaFile)
    cost_file = read("costs.yaml", CostFile)
    initiative_file = read("initiatives.yaml", InitiativeFile)
    dimension_file = read("dimensions.yaml", DimensionFile)
    vendor_file = read("vendors.yaml", VendorPolicyFile)
    target_file = read(TARGETS_FILE, TargetFile)
    unknown = sorted(path.name for path in folder.glob("*.y*ml") if path.name not in hashes) if folder.is_dir() else []
    problems += [
        Problem(f"{folder.name}/{name}", None, "no policy has this file name", f"Known are {', '.join(hashes)}.")
        for name in unknown
    ]
    if problems:
        # A line with two mistakes is told of both: how a KPI is spelt can be judged whatever else is wrong with it.
        if TARGETS_FILE in documents:
            problems += find_misspelt_metrics(documents[TARGETS_FILE], METRICS)
        raise DocumentError(dict.fromkeys(problems))
    dimensions = build_aliases(dimension_file, documents["dimensions.yaml"], problems)
    listed_names = build_listed_names(dimension_file, dimensions, documents["dimensions.yaml"], problems)
    calendars = build_calendars(calendar_file, documents["calendars.yaml"], problems)
    team_calendars = build_team_calendars(calendar_file, documents["calendars.yaml"], dimensions["team"], problems)
    sla = build_sla_policies(sla_file, set(calendar_file.calendars), documents["sla.yaml"], problems)
    costs = build_cost_policy(cost_file, documents["costs.yaml"], problems)
    vendors = build_vendor_policy(vendor_file, METRICS, sla, documents["vendors.yaml"], problems)
    initiatives = build_initiatives(initiative_file, documents["initiatives.yaml"], problems)
    targets = build_targets(target_file, METRICS, documents["targets.yaml"], problems)
    baselines = build_baselines(target_file, METRICS, documents["targets.yaml"], problems)
    if problems:
        raise DocumentError(problems)
    if any_public_holidays(calendar_file):
        # Another version of the package may know other holidays, and then everything has to be measured again.
        hashes["calendars.yaml"] = hash_parts(hashes["calendars.yaml"], version("holidays"))
    return Policies(
        calendars=calendars,
        team_calendars=team_calendars,
        statuses={
            source: {name: StatusMeaning(status.category, status.reason) for name, status in statuses.items()}
            for source, statuses in status_file.statuses.items()
        },
        sla=sla,
        costs=costs,
        vendors=vendors,
        initiatives=initiatives,
        targets=targets,
        baselines=baselines,
        dimensions=dimensions,
        listed_names=listed_names,
        hashes=hashes,
        documents=documents,
    )
