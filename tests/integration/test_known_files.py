"""Files of the past are not read again, and nothing that is written to them goes unnoticed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from demo_homes import DemoHome

from models.vocabulary import Domain
from pipelines.gate.ingest import Batch, ingest_domain
from pipelines.landing import known_files
from pipelines.readers import files
from pipelines.session import open_session

EXPORT = "servicenow_incidents"


def ingest(demo: DemoHome, *, is_full: bool = False) -> Batch:
    with open_session(demo.project(), is_full=is_full) as session:
        return ingest_domain(session, Domain.TICKETS)


def known(demo: DemoHome) -> dict[str, str]:
    return dict(demo.warehouse(f"SELECT file_name, content_hash FROM ops.ops_known_files WHERE export = '{EXPORT}'"))


@pytest.fixture
def read_files(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files of the incidents that were read whole, in turn."""
    monkeypatch.setattr(files, "_COARSEST_CLOCK_NANOSECONDS", 0)
    names: list[str] = []
    hash_content = files._hash_content

    def told(path: Path, name: str, *rest: object) -> str:
        if path.parent.name == EXPORT:
            names.append(name)
        return hash_content(path, name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(files, "_hash_content", told)
    return names


def test_only_what_was_written_is_read_again(never_run: DemoHome, read_files: list[str]) -> None:
    folder = never_run.landing / EXPORT
    names = sorted(path.name for path in folder.iterdir())
    ingest(never_run)
    assert sorted(read_files) == sorted(known(never_run)) == names
    read_files.clear()
    assert not ingest(never_run).is_new
    assert read_files == []

    # A correction of the same size that keeps the time of writing, as copying tools do; and a file under a new name.
    corrected, moved = folder / names[0], folder / names[1]
    text, times = corrected.read_text(encoding="utf-8"), corrected.stat()
    header, first, *rest = text.splitlines(keepends=True)
    corrected.write_text("".join([header, first.replace("INC", "INX"), *rest]), encoding="utf-8")
    os.utime(corrected, ns=(times.st_atime_ns, times.st_mtime_ns))
    moved.rename(folder / "moved.csv")
    before = known(never_run)
    assert ingest(never_run).is_new
    assert sorted(read_files) == [corrected.name, "moved.csv"]
    assert known(never_run)[corrected.name] != before[corrected.name]
    assert known(never_run)["moved.csv"] == before[names[1]]
    assert never_run.warehouse("SELECT count(*) > 0 FROM stg.stg_tickets WHERE ticket_id LIKE 'servicenow:INX%'") == [
        (True,)
    ]

    read_files.clear()
    ingest(never_run, is_full=True)
    assert len(read_files) == len(names)


def test_other_limits_are_held_against_every_file(
    never_run: DemoHome, read_files: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(never_run)
    count = len(read_files)
    monkeypatch.setattr(known_files, "_told", lambda limits: f"another {limits}")
    ingest(never_run)
    assert len(read_files) == 2 * count
