"""One run of the pipeline: the open warehouse, what the home says, and the memory of what is already done.

Every step states what it is built from; if that is what it was built from last time, there is nothing to do. Assets
in `pipelines.defs` are thin wrappers around steps, so that `kpi run` and Dagster do exactly the same.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, Protocol
from uuid import uuid4

import polars as pl

from metrics.measuring.beginnings import Beginning
from models.ops import ops_runs
from pipelines.fingerprint import code_hash, hash_parts
from pipelines.home import SETTINGS_FILE
from pipelines.policies.loading import TARGETS_FILE
from pipelines.project import Project
from pipelines.warehouse import Warehouse, open_warehouse

StepState = Literal["built", "unchanged", "held", "empty", "failed"]


@dataclass(frozen=True, slots=True)
class Step:
    """What happened to one asset in this run."""

    asset: str
    state: StepState
    row_count: int | None
    seconds: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Built:
    """What building some assets came to: the rows of each (None where they were not counted), and a word about it."""

    row_counts: Mapping[str, int | None]
    note: str = ""


class Reporter(Protocol):
    """Hears of every step as it begins and ends."""

    def began(self, asset: str) -> None: ...

    def ended(self, step: Step) -> None: ...


class SilentReporter:
    """Hears nothing: for Dagster's own runs, which have their own log."""

    def began(self, asset: str) -> None:
        """Do nothing."""

    def ended(self, step: Step) -> None:
        """Do nothing."""


@dataclass
class Session:
    """The state that the steps of one run share.

    Attributes:
        is_full: whether to compute everything again, whatever is known to be unchanged.
        beginnings: where data begin, once a step has asked (`pipelines.facts.beginnings`): that reads every event, and
            what is asked for it are the steps after all facts.
    """

    project: Project
    warehouse: Warehouse
    run_id: str
    reporter: Reporter
    as_of_option: datetime | None = None
    is_full: bool = False
    steps: list[Step] = field(default_factory=list)
    beginnings: list[Beginning] | None = None

    @property
    def code_hash(self) -> str:
        """Hash of the code that computes."""
        return code_hash()

    @property
    def rules_hash(self) -> str:
        """Hash of all that the home says of how to judge and to measure: contracts, policies and settings."""
        settings = self.project.home.settings
        return hash_parts(
            sorted((contract.id, contract.content_hash) for contract in self.project.contracts),
            sorted(self.project.policies.hashes.items()),
            settings.reporting.model_dump(mode="json"),
            settings.gate.model_dump(mode="json"),
        )

    @property
    def rules_files(self) -> dict[str, str]:
        """The files that say how to judge and to measure, by name, each with a hash of what it says of that.

        Targets are not among them: no value depends on what it is held against.
        """
        settings = self.project.home.settings
        policies = self.project.home.policies.name
        said: dict[str, object] = {contract.origin: contract.content_hash for contract in self.project.contracts}
        said |= {
            f"{policies}/{name}": text for name, text in self.project.policies.hashes.items() if name != TARGETS_FILE
        }
        said[SETTINGS_FILE] = [settings.reporting.model_dump(mode="json"), settings.gate.model_dump(mode="json")]
        return {name: hash_parts(content)[:16] for name, content in sorted(said.items())}

    def input_hash_of(self, asset: str) -> str | None:
        """What an asset in the warehouse was built from; None if it never was."""
        found = self.warehouse.rows("SELECT input_hash FROM ops.ops_steps WHERE asset = ?", [asset])
        return str(found[0][0]) if found else None

    def row_count_of(self, asset: str) -> int | None:
        """Rows of an asset when it was built last."""
        found = self.warehouse.rows("SELECT row_count FROM ops.ops_steps WHERE asset = ?", [asset])
        return found[0][0] if found else None

    def remember(self, asset: str, input_hash: str, row_count: int | None, seconds: float) -> None:
        """Store what an asset was built from. Call in the transaction that built it."""
        self.warehouse.execute("DELETE FROM ops.ops_steps WHERE asset = ?", [asset])
        self.warehouse.execute(
            "INSERT INTO ops.ops_steps (asset, input_hash, run_id, built_at, duration_seconds, row_count) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            [asset, input_hash, self.run_id, datetime.now(UTC), seconds, row_count],
        )

    def report(self, step: Step) -> Step:
        """Tell the reporter, and keep the step for the run's summary."""
        self.steps.append(step)
        self.reporter.ended(step)
        return step

    def run_step(self, asset: str, input_hash: str, build: Callable[[], int | None], *, note: str = "") -> Step:
        """Build an asset in one transaction, unless it was built from exactly this before."""
        return self.run_steps([asset], input_hash, lambda: Built({asset: build()}), note=note)[0]

    def run_steps(
        self, assets: Sequence[str], input_hash: str, build: Callable[[], Built], *, note: str = ""
    ) -> list[Step]:
        """Build some assets together in one transaction, unless all were built from exactly this before.

        Args:
            build: builds them all, and says how many rows each has.
            note: what to say of them; what `build` itself has to say comes after it.
        """
        self.reporter.began(assets[0])
        started = time.perf_counter()
        if not self.is_full and all(self.input_hash_of(asset) == input_hash for asset in assets):
            seconds = (time.perf_counter() - started) / len(assets)
            return [self.report(Step(asset, "unchanged", self.row_count_of(asset), seconds, note)) for asset in assets]
        with self.warehouse.transaction():
            built = build()
            seconds = (time.perf_counter() - started) / len(assets)
            for asset in assets:
                self.remember(asset, input_hash, built.row_counts[asset], seconds)
        # Together they took so long; what each took of it is not known.
        seconds = (time.perf_counter() - started) / len(assets)
        notes = "; ".join(part for part in (note, built.note) if part)
        return [self.report(Step(asset, "built", built.row_counts[asset], seconds, notes)) for asset in assets]


@contextmanager
def open_look(project: Project, *, reporter: Reporter | None = None) -> Iterator[Session]:
    """Open a home's warehouse to look at what a run would do. The run of record stays the last real one."""
    with open_warehouse(project.home.warehouse) as warehouse:
        yield Session(project, warehouse, "look", reporter or SilentReporter())


@contextmanager
def open_session(
    project: Project, *, reporter: Reporter | None = None, as_of: datetime | None = None, is_full: bool = False
) -> Iterator[Session]:
    """Open a home's warehouse for one run, and record the run, whatever becomes of it."""
    with open_warehouse(project.home.warehouse, beside=project.home.published_file.resolve().parent) as warehouse:
        run_id = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid4().hex[:6]}"
        as_of_option = as_of.astimezone(UTC) if as_of else None
        session = Session(project, warehouse, run_id, reporter or SilentReporter(), as_of_option, is_full)
        # A run that never ended was killed; its transaction was never committed, so nothing of it is half there.
        warehouse.execute("UPDATE ops.ops_runs SET state = 'interrupted' WHERE state = 'running'")
        record = {
            "run_id": run_id,
            "started_at": datetime.now(UTC),
            "state": "running",
            "as_of_at": as_of_option,
            "code_hash": session.code_hash,
            "rules_hash": session.rules_hash,
            "reporting_currency_code": project.home.settings.reporting.currency,
            "rules_files": json.dumps(session.rules_files, ensure_ascii=False),
        }
        warehouse.append(ops_runs, pl.DataFrame([record]))
        try:
            yield session
        except KeyboardInterrupt:
            _end_run(session, "interrupted", "somebody stopped it")
            raise
        except BaseException as error:
            _end_run(session, "failed", f"{type(error).__name__}: {error}")
            raise
        failed = [f"{step.asset}: {step.note}" for step in session.steps if step.state == "failed"]
        if failed:
            _end_run(session, "failed", "; ".join(failed))
            return
        held = sorted({step.asset for step in session.steps if step.state == "held"})
        _end_run(session, "held" if held else "succeeded", f"held: {', '.join(held)}" if held else None)


def _end_run(session: Session, state: str, message: str | None) -> None:
    session.warehouse.execute(
        "UPDATE ops.ops_runs SET ended_at = ?, state = ?, message = ? WHERE run_id = ?",
        [datetime.now(UTC), state, message, session.run_id],
    )
