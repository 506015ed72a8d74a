"""A file where no contract reads is refused with what the home has, what its folder must be called, and a command."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from data_contracts.spec import ExportContract
from pipelines.home import Home
from pipelines.landing.refusals import record_refusals, refuse_unclaimed
from pipelines.scaffold import write_home
from pipelines.warehouse import Warehouse

RULE = "A folder of landing/ has the id of its contract as its name; this home has {}."


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home that is named by a path from where its commands are typed."""
    monkeypatch.chdir(tmp_path)
    write_home(Path("ops"))
    return Home(Path("ops"))


def _put(home: Home, place: str) -> None:
    path = home.landing / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("a,b\n1,2\n", encoding="utf-8")


def _refused(warehouse: Warehouse, home: Home, *contracts: ExportContract) -> str:
    (refusal,) = refuse_unclaimed(warehouse, home, contracts, run_id="r1")
    return refusal.message


def test_the_likely_folder_is_named_and_the_refusal_goes_with_the_file(
    warehouse: Warehouse, home: Home, spend: ExportContract
) -> None:
    _put(home, "spent/a.csv")
    _put(home, "spend/b.csv")
    assert _refused(warehouse, home, spend) == (
        f"landing/spent/a.csv lies where no contract reads. Did you mean landing/spend/? {RULE.format('spend')} "
        "Is it a new export? 'kpi contract infer ops/landing/spent/a.csv -o ops/contracts/spent.yaml' drafts its "
        "contract."
    )
    assert warehouse.rows("SELECT export, file_name, code FROM ops.ops_refusals") == [("spent", "a.csv", "no_contract")]
    (home.landing / "spent" / "a.csv").unlink()
    assert refuse_unclaimed(warehouse, home, [spend], run_id="r2") == ()
    assert warehouse.rows("SELECT count(*) FROM ops.ops_refusals") == [(0,)]


def test_a_folder_called_like_the_file_of_a_contract_is_told_its_id(
    warehouse: Warehouse, home: Home, spend: ExportContract
) -> None:
    _put(home, "my_export/a.csv")
    contract = replace(spend, origin="contracts/my_export.yaml")
    assert _refused(warehouse, home, contract) == (
        "landing/my_export/a.csv lies where no contract reads. contracts/my_export.yaml has the id 'spend', so its "
        f"files belong into landing/spend/: move it there. {RULE.format('spend')}"
    )


def test_what_is_like_nothing_is_told_all_that_the_home_has(
    warehouse: Warehouse, home: Home, spend: ExportContract
) -> None:
    _put(home, "Kunden 2026/a.csv")
    message = _refused(warehouse, home, spend, replace(spend, id="desk", origin="contracts/desk.yaml"))
    assert message == (
        f"landing/Kunden 2026/a.csv lies where no contract reads. {RULE.format('desk, spend')} Move it to the one it "
        'belongs to; for a new export, \'kpi contract infer "ops/landing/Kunden 2026/a.csv" -o '
        "ops/contracts/kunden_2026.yaml' drafts the contract, and its files go into landing/kunden_2026/."
    )


def test_a_file_outside_of_all_folders_in_a_home_without_contracts(warehouse: Warehouse, home: Home) -> None:
    _put(home, "desk.csv.gz")
    assert _refused(warehouse, home) == (
        "landing/desk.csv.gz lies in no export's folder. This home has no contract yet. 'kpi contract infer "
        "ops/landing/desk.csv.gz -o ops/contracts/desk.yaml' drafts one, and its files go into landing/desk/."
    )


def test_a_file_in_a_folder_within_that_of_its_export_is_named_with_both_ways_out(
    warehouse: Warehouse, home: Home, spend: ExportContract
) -> None:
    _put(home, "spend/a.csv")
    _put(home, "spend/.hidden/b.csv")
    _put(home, "spend/2026/march/c.csv")
    contract = replace(spend, origin="contracts/spend.yaml")
    assert _refused(warehouse, home, contract) == (
        "landing/spend/2026/march/c.csv lies in a folder within landing/spend/, where nothing is read. Move it to "
        "landing/spend/ itself; if it should not count, write in contracts/spend.yaml, at the top level under "
        'customProperties: - {property: ignoreFiles, value: ["2026/*"]}.'
    )
    # Exports of other domains are landed afterwards.
    record_refusals(warehouse, contract, [], "r1")
    assert warehouse.rows("SELECT export, file_name, code FROM ops.ops_refusals") == [
        ("spend", "2026/march/c.csv", "no_contract")
    ]
    assert refuse_unclaimed(warehouse, home, [replace(contract, ignore_files=("2026/*",))], run_id="r2") == ()


def test_a_file_in_a_folder_within_that_of_no_export_is_named_too(
    warehouse: Warehouse, home: Home, spend: ExportContract
) -> None:
    _put(home, "spent/2026/a.csv")
    assert _refused(warehouse, home, spend) == (
        f"landing/spent/2026/a.csv lies where no contract reads. Did you mean landing/spend/? {RULE.format('spend')} "
        "Is it a new export? 'kpi contract infer ops/landing/spent/2026/a.csv -o ops/contracts/spent.yaml' drafts its "
        "contract, and its files go into landing/spent/."
    )
