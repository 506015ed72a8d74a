"""One run of the pipeline in this process: the same assets that Dagster's UI and schedule materialize.

Dagster's own bookkeeping of such a run stays in memory, because on disk it costs more than the run's work, and its
events are not kept at all; what was built is in the home's `ops` tables, and `pipelines.dagster_history` shows it to
Dagster when its UI is opened.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches

import dagster as dg

from data_contracts.lasting_imports import lasting_imports
from models.vocabulary import Domain
from pipelines.definitions import build_assets
from pipelines.gate.ingest import Batch, look_at_domains
from pipelines.project import Project
from pipelines.session import Reporter, Step, open_look, open_session
from pipelines.working_apart import work_apart

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


class SelectionError(Exception):
    """`--only` names something that is not in the pipeline."""


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """What a run did, step by step."""

    run_id: str
    steps: tuple[Step, ...]

    @property
    def held(self) -> tuple[Step, ...]:
        """Steps that the gate held back."""
        return tuple(step for step in self.steps if step.state == "held")

    @property
    def failed(self) -> tuple[Step, ...]:
        """Targets that could not be published to; everything else went on."""
        return tuple(step for step in self.steps if step.state == "failed")


def run_project(
    project: Project,
    *,
    reporter: Reporter,
    only: Sequence[str] = (),
    as_of: datetime | None = None,
    is_full: bool = False,
) -> RunOutcome:
    """Run the pipeline, or the named part of it.

    Args:
        only: asset names or groups (tickets, finance, vendors, kpis, publication); empty runs everything.
        as_of: measure open tickets and running clocks at this instant instead of the data's own clock.
        is_full: compute everything again from the landed files, whatever is known to be unchanged.

    Raises:
        SelectionError: `only` names nothing in the pipeline.
        WarehouseBusyError: another run has the warehouse open.
        KeyboardInterrupt: its user stopped it; nothing of what was under way is kept.
    """
    assets = build_assets(project)
    selection = _selection(assets, only)
    # DuckDB imports it with the first result, and takes an interrupt in the midst of that for a failed import.
    with suppress(ImportError), lasting_imports():
        importlib.import_module("pandas")
    with open_session(project, reporter=reporter, as_of=as_of, is_full=is_full) as session:

        def materialize() -> None:
            with instance_without_log() as instance:
                dg.materialize(
                    assets,
                    selection=selection,
                    resources={"session": session},
                    instance=instance,
                    run_config=_QUIET,
                    raise_on_error=True,
                )

        def stop() -> None:
            reporter.began("stopping; Ctrl-C again stops at once")
            session.warehouse.stop()

        work_apart(materialize, stop=stop)
        return RunOutcome(session.run_id, tuple(session.steps))


@contextmanager
def instance_without_log() -> Iterator[dg.DagsterInstance]:
    """An instance in memory that forgets every event: what a run did is told by its session, and nobody asks Dagster.

    Also in memory each of some 700 events is several SQL statements, which took half the time of a run that finds
    nothing new. What steps hand on, and how they fail, does not go through the log.
    """
    with dg.DagsterInstance.ephemeral() as instance:
        log = instance.event_log_storage
        log.store_event = lambda event: None  # type: ignore[method-assign]  # noqa: ARG005
        log.store_event_batch = lambda events: None  # type: ignore[method-assign]  # noqa: ARG005
        yield instance


def check_project(project: Project, *, reporter: Reporter) -> dict[Domain, Batch]:
    """Load and audit every domain as a run would, and roll everything back."""
    with open_look(project, reporter=reporter) as session:
        return look_at_domains(session)


def _selection(assets: Sequence[dg.AssetsDefinition | dg.AssetSpec], only: Sequence[str]) -> dg.AssetSelection:
    """Whole steps that make any of the named assets or groups: a step's tables are made together or not at all."""
    steps = [asset for asset in assets if isinstance(asset, dg.AssetsDefinition)]
    chosen: set[dg.AssetKey] = set()
    known: set[str] = set()
    for step in steps:
        names = {step.op.name, *(key.path[-1] for key in step.keys), *step.group_names_by_key.values()}
        known |= names
        if not only or names & set(only):
            chosen |= set(step.keys)
    unknown = [name for name in only if name not in known]
    if unknown:
        close = get_close_matches(unknown[0], sorted(known), n=1)
        hint = f" Did you mean '{close[0]}'?" if close else ""
        groups = ", ".join(sorted({group for step in steps for group in step.group_names_by_key.values()}))
        raise SelectionError(f"Nothing in the pipeline is called '{unknown[0]}'.{hint} Groups are {groups}.")
    return dg.AssetSelection.assets(*chosen)
