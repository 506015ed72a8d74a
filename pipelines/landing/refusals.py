"""Files that were not ingested, and why: they stay where they are, are recorded with a remedy, and the rest goes on.

What is wrong inside a file is found by `pipelines.readers` and `pipelines.landing.schema_drift`; here are the faults of
where it lies and what it is called.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path

import polars as pl

from data_contracts.spec import ExportContract
from models.ops import ops_refusals
from pipelines.home import Home
from pipelines.infer.rendering import quote
from pipelines.landing.ignored_files import is_ignored
from pipelines.readers import RefusedFile, slugify_header
from pipelines.warehouse import Warehouse


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file that was not ingested, and why."""

    export: str
    file_name: str
    code: str
    message: str


def files_in(folder: Path) -> Iterator[Path]:
    """The files of a landing folder by name, without hidden ones and folders."""
    if folder.is_dir():
        for path in sorted(folder.iterdir(), key=lambda entry: entry.name):
            if not path.name.startswith(".") and (path.is_symlink() or not path.is_dir()):
                yield path


def files_below(folder: Path) -> Iterator[Path]:
    """The files in folders within a landing folder by place, without hidden ones. Nothing reads them."""
    if folder.is_dir():
        for path in sorted(folder.rglob("*")):
            place = path.relative_to(folder).parts
            if len(place) > 1 and not path.is_dir() and not any(part.startswith(".") for part in place):
                yield path


def refusal_of(contract: ExportContract, name: str, refused: RefusedFile) -> Refusal:
    """The refusal of a file that a reader refused."""
    return Refusal(contract.id, name, refused.code, f"{refused.message} {refused.remedy}".strip())


def unexpected_name(contract: ExportContract, path: Path) -> Refusal:
    """The refusal of a file whose name is not one that its contract expects."""
    message = (
        f"{path.name} does not match '{contract.file_pattern}', the files that {contract.id} expects. "
        "Rename it, move it to its own landing folder, or widen 'path' in the contract."
    )
    return Refusal(contract.id, path.name, "unexpected_name", message)


def record_refusals(warehouse: Warehouse, contract: ExportContract, refusals: Sequence[Refusal], run_id: str) -> None:
    """Record what was refused of an export, in place of what was refused of it before."""
    # What lies in folders below is looked for once in a run, for all exports: see `refuse_unclaimed`.
    warehouse.execute(
        "DELETE FROM ops.ops_refusals WHERE export = ? AND NOT (code = 'no_contract' AND contains(file_name, '/'))",
        [contract.id],
    )
    _append(warehouse, refusals, run_id)


def refuse_unclaimed(
    warehouse: Warehouse, home: Home, contracts: Sequence[ExportContract], *, run_id: str
) -> tuple[Refusal, ...]:
    """Record every file that lies where no contract reads: it would otherwise be missed in silence.

    That is a folder which is no export's, and a folder within that of an export. Call inside a transaction.
    """
    origins = {contract.id: contract.origin for contract in contracts}
    by_id = {contract.id: contract for contract in contracts}
    refusals: list[Refusal] = []
    for folder in sorted(home.landing.iterdir()) if home.landing.is_dir() else ():
        if folder.name.startswith("."):
            continue
        if folder.name in by_id:
            refusals += _refuse_below(by_id[folder.name], folder)
            continue
        files = [*files_in(folder), *files_below(folder)] if folder.is_dir() else [folder]
        for path in files:
            place = f"landing/{path.relative_to(home.landing).as_posix()}"
            wrong = "lies where no contract reads" if path != folder else "lies in no export's folder"
            message = f"{place} {wrong}. {_where_it_belongs(home, path, origins)}"
            name = path.relative_to(folder).as_posix() if path != folder else path.name
            refusals.append(Refusal(folder.name, name, "no_contract", message))
    warehouse.execute("DELETE FROM ops.ops_refusals WHERE code = 'no_contract'")
    _append(warehouse, refusals, run_id)
    return tuple(refusals)


def _refuse_below(contract: ExportContract, folder: Path) -> Iterator[Refusal]:
    """The refusals of files in folders within an export's landing folder, but for those that its contract ignores."""
    for path in files_below(folder):
        name = path.relative_to(folder).as_posix()
        if is_ignored(contract, name) or is_ignored(contract, path.name):
            continue
        within = quote(f"{name.partition('/')[0]}/*", always=True)
        message = (
            f"landing/{contract.id}/{name} lies in a folder within landing/{contract.id}/, where nothing is read. Move "
            f"it to landing/{contract.id}/ itself; if it should not count, write in {contract.origin}, at the top "
            f"level under customProperties: - {{property: ignoreFiles, value: [{within}]}}."
        )
        yield Refusal(contract.id, name, "no_contract", message)


def _where_it_belongs(home: Home, path: Path, origins: Mapping[str, str]) -> str:
    """Into the folder of the contract that was meant, else how to describe the export; and what a folder is called.

    Args:
        origins: contract id -> its file.
    """
    within = path.relative_to(home.landing).parts[:-1]
    folder = within[0] if within else _name_of(path)
    draft = home.contracts / f"{_name_of(Path(folder))}.yaml"
    command = f"'kpi contract infer {_quoted(path)} -o {_quoted(draft)}'"
    moved = "" if within == (draft.stem,) else f", and its files go into landing/{draft.stem}/"
    if not origins:
        return f"This home has no contract yet. {command} drafts one{moved}."
    rule = f"A folder of landing/ has the id of its contract as its name; this home has {', '.join(sorted(origins))}."
    by_file = {Path(origin).stem: (origin, contract_id) for contract_id, origin in origins.items()}
    if folder in by_file:
        origin, meant = by_file[folder]
        return f"{origin} has the id '{meant}', so its files belong into landing/{meant}/: move it there. {rule}"
    close = get_close_matches(folder, origins, n=1)
    if close:
        return f"Did you mean landing/{close[0]}/? {rule} Is it a new export? {command} drafts its contract{moved}."
    return f"{rule} Move it to the one it belongs to; for a new export, {command} drafts the contract{moved}."


def _quoted(path: Path) -> str:
    """A path as a shell takes it; in double quotes, because the command stands in single ones."""
    return f'"{path}"' if shlex.quote(str(path)) != str(path) else str(path)


def _name_of(path: Path) -> str:
    """A name for a contract, of what a file or folder is called."""
    stem = re.sub(r"(\.\w{1,7})+$", "", path.name)
    return re.sub(r"[^a-z0-9_]", "", slugify_header(stem)) or "export"


def _append(warehouse: Warehouse, refusals: Sequence[Refusal], run_id: str) -> None:
    records = [
        {
            "export": refusal.export,
            "file_name": refusal.file_name,
            "code": refusal.code,
            "message": refusal.message,
            "refused_at": datetime.now(UTC),
            "run_id": run_id,
        }
        for refusal in refusals
    ]
    if records:
        warehouse.append(ops_refusals, pl.DataFrame(records))
