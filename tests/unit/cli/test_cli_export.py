from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipelines.semantic_exports import EXPORTS

if TYPE_CHECKING:
    from conftest import Kpi

    from pipelines.home import Home


def test_exports_are_listed(run_kpi: Kpi) -> None:
    listed = json.loads(run_kpi("export", "--list", "--json").stdout)
    assert [entry["name"] for entry in listed] == [export.name for export in EXPORTS]
    shown = run_kpi("export", "--list").stdout
    for entry in listed:
        (line,) = [line for line in shown.splitlines() if line.startswith(f"{entry['name']} ")]
        assert line.endswith(entry["what"])
    assert "'kpi run' publishes an extract for Tableau, a workbook" in shown
    assert run_kpi("export").stdout == shown


@pytest.mark.parametrize("name", [export.name for export in EXPORTS])
def test_an_export_is_written_into_the_home(name: str, run_kpi: Kpi, home: Home) -> None:
    ended = run_kpi("export", name, "--home", home.folder)
    assert ended.exit_code == 0, ended.output
    assert f"published/bi/{name}" in ended.stdout
    files = [path for path in (home.published / "bi" / name).rglob("*") if path.is_file()]
    assert len(files) > 1


def test_an_export_is_written_where_it_is_asked_for(run_kpi: Kpi, home: Home, tmp_path: Path) -> None:
    ended = run_kpi("export", "dbt", "--home", home.folder, "--output", tmp_path / "elsewhere", "--json")
    written = [Path(entry["file"]) for entry in json.loads(ended.stdout)]
    assert tmp_path / "elsewhere" / "profiles.yml" in written
    assert all(path.is_file() for path in written)
    assert str(home.published_file.resolve()) in (tmp_path / "elsewhere" / "profiles.yml").read_text(encoding="utf-8")


def test_an_unknown_export_is_told_with_the_one_that_was_meant(run_kpi: Kpi, home: Home) -> None:
    ended = run_kpi("export", "dbtt", "--home", home.folder)
    assert ended.exit_code == 2
    assert "There is no export 'dbtt'. Did you mean 'dbt'? There are dbt, lookml, " in ended.stderr
    assert "'kpi export --list' says what each is." in ended.stderr
    unlike = run_kpi("export", "zzz", "--home", home.folder)
    assert "There is no export 'zzz'. There are dbt, lookml, " in unlike.stderr


def test_the_database_of_tools_without_duckdb_is_written_without_its_password(
    run_kpi: Kpi, home: Home, tmp_path: Path
) -> None:
    url = "postgresql://kpi:secret@db.example.com/analytics"
    for name in ("power-bi", "tableau", "lookml"):
        ended = run_kpi("export", name, "--home", home.folder, "--output", tmp_path / name, "--postgresql", url)
        assert ended.exit_code == 0, ended.output
    written = {path: path.read_text(encoding="utf-8") for path in tmp_path.rglob("*.*") if path.is_file()}
    assert not [path for path, text in written.items() if "secret" in text]
    assert '"server": "db.example.com:5432"' in written[tmp_path / "power-bi" / "kpi_warehouse.pbids"]
    refused = run_kpi("export", "tableau", "--home", home.folder, "--postgresql", "db.example.com/analytics")
    assert refused.exit_code == 2
    assert "is not the address of a PostgreSQL database" in refused.stderr


def test_whoever_names_no_database_is_told_what_stands_in_its_place(run_kpi: Kpi, home: Home, tmp_path: Path) -> None:
    for name, is_told in (("power-bi", True), ("tableau", True), ("lookml", False), ("dbt", False)):
        ended = run_kpi("export", name, "--home", home.folder, "--output", tmp_path / name)
        assert ended.exit_code == 0, ended.output
        assert ("'localhost:5432' and 'kpi' stand where yours belong" in ended.stderr) is is_told, name
        assert ("[publish.postgresql]" in ended.stderr) is is_told, name


def test_the_database_that_the_home_publishes_to_is_taken(run_kpi: Kpi, home: Home, tmp_path: Path) -> None:
    text = home.settings_file.read_text(encoding="utf-8")
    told = '[publish.postgresql]\nurl = "postgresql://kpi@warehouse.example.com:5433/numbers"\nschema_prefix = "kpi_"\n'
    home.settings_file.write_text(text.replace("[publish.postgresql]\n", told), encoding="utf-8")
    for name in ("power-bi", "lookml"):
        ended = run_kpi("export", name, "--home", home.folder, "--output", tmp_path / name)
        assert ended.exit_code == 0, ended.output
    connection = (tmp_path / "power-bi" / "kpi_warehouse.pbids").read_text(encoding="utf-8")
    assert '"server": "warehouse.example.com:5433"' in connection and '"database": "numbers"' in connection
    view = (tmp_path / "lookml" / "views" / "metric_values.view.lkml").read_text(encoding="utf-8")
    assert "sql_table_name: kpi_mart.metric_values ;;" in view


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("MetricFlow", "'MetricFlow' is in the export 'dbt': kpi export dbt."),
        ("Looker", "'Looker' is in the export 'lookml'"),
        ("hyper", "'hyper' is no export but a target that 'kpi run' publishes to: an extract for Tableau."),
        ("PostgreSQL", "docs/how-to/publish-to-postgresql.md"),
    ],
)
def test_other_names_lead_to_what_is_meant(run_kpi: Kpi, home: Home, name: str, told: str) -> None:
    ended = run_kpi("export", name, "--home", home.folder)
    assert ended.exit_code == 2
    assert told in ended.stderr
