"""Which snapshot a file is, where its name or its time tells it; and files that cannot be any.

A snapshot is known by its instant: one file for each, and the same content on two days is two snapshots, in which
nothing changed. Reading the rows, and comparing them, does not belong here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

import polars as pl

from data_contracts.spec import ExportContract, ExportObject, Snapshots
from models.vocabulary import SnapshotInstant
from pipelines.readers import FileFacts, RefusalCode, RefusedFile
from pipelines.staging.snapshot_instants import instants_of_names
from pipelines.staging.typed_values import read_instants
from pipelines.warehouse import Warehouse

_CREATION: Final = "tickets.created_at"
#: Clocks go wrong, and zones are mistaken, by no more than this.
_TOLERANCE: Final = timedelta(days=1)
#: So many rows in a hundred may be wrong by themselves; more, and it is the file's instant that is wrong.
_FEW: Final = 0.01
#: Stands in place of the load that replaced another where nothing did: its file is refused as it is now.
_REFUSED: Final = "(refused)"


@dataclass(frozen=True, slots=True)
class SnapshotFiles:
    """The instants of the files of one export object.

    Attributes:
        instants: file name -> instant, of every file of the landing folder and of every load; None where the name
            does not tell it.
        loaded_names: names of files that were loaded, if it is names that tell the instants.
    """

    contract: ExportContract
    item: ExportObject
    settings: Snapshots
    instants: Mapping[str, datetime | None] = field(default_factory=dict)
    loaded_names: frozenset[str] = frozenset()

    def accept(self, files: Sequence[FileFacts]) -> tuple[list[FileFacts], dict[str, RefusedFile]]:
        """The files that are snapshots, and, by name, why others cannot be any.

        Of two files for one instant with different content neither is used: which of them is right is not known,
        while a missing export only makes the history coarser.
        """
        accepted: list[FileFacts] = []
        present = {facts.name for facts in files}
        # Also files that were loaded and then taken out of the folder, if the contract no longer tells their instant.
        refused = {
            name: _nameless(name, self.contract, self.settings)
            for name in self.loaded_names
            if name not in present and self.instants.get(name) is None
        }
        contents: dict[datetime, set[str]] = {}
        dated = [(facts, self.instants[facts.name]) for facts in files]
        for facts, at in dated:
            if at is not None:
                contents.setdefault(at, set()).add(facts.content_hash)
        for facts, at in dated:
            if at is None:
                refused[facts.name] = _nameless(facts.name, self.contract, self.settings)
            elif at > datetime.now(UTC) + _TOLERANCE:
                refused[facts.name] = self._from_the_future(facts, at)
            elif len(contents[at]) > 1:
                others = [other.name for other, its in dated if its == at and other.content_hash != facts.content_hash]
                refused[facts.name] = _double(facts, at, others)
            else:
                accepted.append(facts)
        return accepted, refused

    def check_rows(self, facts: FileFacts, frame: pl.DataFrame) -> None:
        """Refuse a file whose rows tell of tickets that were created after its instant.

        Raises:
            RefusedFile: more than a few of them were, by more than a day.
        """
        at = self.instants[facts.name]
        columns = [column for column in self.item.columns if _CREATION in {feed.target for feed in column.feeds}]
        if at is None or not columns:
            return
        created = read_instants(frame, self.contract, columns[0])
        later = frame.select("_row_number", created.alias("instant")).filter(pl.col("instant") > at + _TOLERANCE)
        if later.height > max(1, _FEW * frame.height):
            first = later.sort("_row_number").row(0, named=True)
            raise RefusedFile(
                RefusalCode.SNAPSHOT,
                f"{facts.name} goes back in time: it is dated {_shown(at)}, but {later.height:,} of its "
                f"{frame.height:,} rows are of tickets that were created more than a day later, such as row "
                f"{first['_row_number']:,}, created {_shown(first['instant'])}.",
                self._remedy(),
            )

    def is_loaded(self, warehouse: Warehouse, facts: FileFacts, name: str) -> bool:
        """Whether a load with the same content, under this name, is the same snapshot as a file."""
        if self.settings.instant is SnapshotInstant.FILE_NAME:
            return self.instants[name] == self.instants[facts.name]
        if name != facts.name:
            return True  # a copy: its later time is that of copying
        # One name for ever new exports: the content may well come back to what it was some exports ago.
        query = """
            SELECT arg_max(content_hash, modified_at) FROM ops.ops_loads
            WHERE export = ? AND object_name = ? AND file_name = ?
        """
        latest = warehouse.rows(query, [self.contract.id, self.item.name, name])[0][0]
        return bool(latest == facts.content_hash)

    def replace_loads(self, warehouse: Warehouse, facts: FileFacts, load_id: str) -> None:
        """Mark the loads that a new one replaces: another reading of its content, or another file for its instant."""
        query = """
            SELECT load_id, file_name, content_hash, reading_hash FROM ops.ops_loads
            WHERE export = ? AND object_name = ? AND superseded_by IS NULL
        """
        for old, name, content, reading in warehouse.rows(query, [self.contract.id, self.item.name]):
            if self.settings.instant is SnapshotInstant.FILE_NAME:
                is_replaced = self.instants[name] == self.instants[facts.name]
            else:
                is_replaced = content == facts.content_hash and reading != self.contract.reading_hash
            if is_replaced:
                warehouse.execute("UPDATE ops.ops_loads SET superseded_by = ? WHERE load_id = ?", [load_id, old])

    def _from_the_future(self, facts: FileFacts, at: datetime) -> RefusedFile:
        return RefusedFile(
            RefusalCode.SNAPSHOT, f"{facts.name} is from the future: it is dated {_shown(at)}.", self._remedy()
        )

    def _remedy(self) -> str:
        if self.settings.instant is SnapshotInstant.FILE_NAME:
            return (
                f"Correct its name, or 'pattern' in {self.contract.origin}, now '{self.settings.pattern}': day and "
                "month may stand the other way round."
            )
        return "Copy the file so that it keeps its time, or put the date into its name (instant: file_name)."


def snapshot_files(warehouse: Warehouse, contract: ExportContract, files: Sequence[FileFacts]) -> list[SnapshotFiles]:
    """One for each object of a contract whose snapshots are told by files, with the instants of all its files."""
    found = []
    for item in contract.objects:
        settings = item.snapshots
        if settings is None or not settings.is_told_by_file:
            continue
        if settings.instant is SnapshotInstant.FILE_TIME:
            times: dict[str, datetime | None] = {facts.name: facts.modified_at for facts in files}
            found.append(SnapshotFiles(contract, item, settings, times))
            continue
        query = "SELECT DISTINCT file_name FROM ops.ops_loads WHERE export = ? AND superseded_by IS NULL"
        loaded = frozenset(str(row[0]) for row in warehouse.rows(query, [contract.id]))
        names = sorted({*loaded, *(facts.name for facts in files)})
        instants = dict(zip(names, instants_of_names(settings, names), strict=True))
        found.append(SnapshotFiles(contract, item, settings, instants, loaded))
    return found


def restore_loads(warehouse: Warehouse, contract: ExportContract) -> None:
    """Let all loads count that were set aside: whether they still have to be is decided anew in each run."""
    warehouse.execute(
        "UPDATE ops.ops_loads SET superseded_by = NULL WHERE export = ? AND superseded_by = ?", [contract.id, _REFUSED]
    )


def set_aside_loads(warehouse: Warehouse, contract: ExportContract, names: Iterable[str]) -> None:
    """Let the loads of files that are refused not count. Their rows stay in the raw table."""
    for name in names:
        warehouse.execute(
            "UPDATE ops.ops_loads SET superseded_by = ? WHERE export = ? AND file_name = ? AND superseded_by IS NULL",
            [_REFUSED, contract.id, name],
        )


def _shown(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _nameless(name: str, contract: ExportContract, settings: Snapshots) -> RefusedFile:
    return RefusedFile(
        RefusalCode.SNAPSHOT,
        f"{name} does not follow '{settings.pattern}', by which {contract.id} tells when a file was exported.",
        f"Rename the file, or correct 'pattern' in {contract.origin}; * stands for what varies besides the date.",
    )


def _double(facts: FileFacts, at: datetime, others: Sequence[str]) -> RefusedFile:
    named = ", ".join(others[:3])
    return RefusedFile(
        RefusalCode.SNAPSHOT,
        f"{facts.name} is an export of {_shown(at)}, and so is {named}, with different content. None of them is used.",
        "Take the wrong one out of the folder. If both are parts of one export, give each part a contract of its own, "
        "with the same source.",
    )
