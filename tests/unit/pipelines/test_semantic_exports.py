from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from metrics.render.places import Place
from pipelines.semantic_exports import EXPORTS, MANIFEST, SemanticExport, write_export


@pytest.mark.parametrize("export", EXPORTS, ids=lambda export: export.name)
def test_the_same_definitions_make_the_same_bytes(export: SemanticExport, tmp_path: Path) -> None:
    first = {path.name: path.read_bytes() for path in write_export(export, Place(), tmp_path / "first")}
    second = {path.name: path.read_bytes() for path in write_export(export, Place(), tmp_path / "second")}
    assert first and first == second
    assert not [path for path in (tmp_path / "first").rglob("*") if path.is_file() and path.stat().st_size == 0]


def test_what_an_export_no_longer_has_is_removed_and_nothing_else(tmp_path: Path) -> None:
    before = SemanticExport("made_up", "", lambda _: {"kept.txt": "1", "gone/gone.txt": "2"})
    after = SemanticExport("made_up", "", lambda _: {"kept.txt": "3"})
    write_export(before, Place(), tmp_path)
    (tmp_path / "mine.txt").write_text("somebody else's", encoding="utf-8")
    written = write_export(after, Place(), tmp_path)
    assert written == [tmp_path / "kept.txt"]
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == [MANIFEST, "kept.txt", "mine.txt"]
    assert (tmp_path / "kept.txt").read_text(encoding="utf-8") == "3"


def test_a_bundle_is_one_archive_of_all_files(tmp_path: Path) -> None:
    export = SemanticExport("made_up", "", lambda _: {"all/a.yaml": "a", "all/b/c.yaml": "c"}, bundle="all.zip")
    assert write_export(export, Place(), tmp_path) == [tmp_path / "all.zip"]
    with zipfile.ZipFile(tmp_path / "all.zip") as bundle:
        assert bundle.namelist() == ["all/a.yaml", "all/b/c.yaml"]
        assert bundle.read("all/b/c.yaml") == b"c"


@pytest.mark.parametrize("export", EXPORTS, ids=lambda export: export.name)
def test_an_export_knows_whether_its_files_name_the_database(export: SemanticExport) -> None:
    server = "figures.example.com:6543"
    texts = export.render(Place(postgres_server=server)).values()
    assert any(server in text for text in texts) is export.names_database
