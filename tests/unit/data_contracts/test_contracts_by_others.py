"""The packaged contracts through software that others wrote for the Open Data Contract Standard.

The standard's published model reads them always. The linter of datacontract-cli does so where `KPI_ODCS_LINTER` names
it, as `make lint-contracts` does; it brings too much to be part of everybody's environment.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
import yaml
from open_data_contract_standard.model import OpenDataContractStandard

from pipelines.contracts.files import packaged_contracts
from pipelines.infer import infer_contract, render_contract

LINTER = os.environ.get("KPI_ODCS_LINTER")
NEEDS_LINTER = pytest.mark.skipif(
    LINTER is None, reason="KPI_ODCS_LINTER names no linter: make lint-contracts installs one"
)
CONTRACTS = {name: contract.text for name, contract in packaged_contracts().items()}


def _drafted(folder: Path) -> str:
    """A contract as `kpi contract infer` drafts it."""
    path = folder / "spend.csv"
    path.write_text("Line;Paid On;Amount\n1;31.12.2025;1.234,50\n2;01.01.2026;-7,00\n", encoding="utf-8")
    return render_contract(infer_contract(path, "spend"))


@pytest.mark.parametrize("name", CONTRACTS)
def test_the_published_model_reads_every_packaged_contract(name: str) -> None:
    read = OpenDataContractStandard.from_string(CONTRACTS[name])
    written = yaml.safe_load(CONTRACTS[name])
    assert read.id == written["id"] == name
    assert [item.name for item in read.schema_ or []] == [item["name"] for item in written["schema"]]
    for item, entry in zip(read.schema_ or [], written["schema"], strict=True):
        assert [column.name for column in item.properties or []] == [
            column["name"] for column in entry.get("properties", [])
        ]
        assert [rule.name for rule in item.quality or []] == [rule["name"] for rule in entry.get("quality", [])]


def test_the_published_model_reads_what_is_drafted(tmp_path: Path) -> None:
    read = OpenDataContractStandard.from_string(_drafted(tmp_path))
    assert read.id == "spend"
    assert [column.logicalType for column in (read.schema_ or [])[0].properties or []] == ["integer", "date", "number"]


@NEEDS_LINTER
@pytest.mark.parametrize("name", [*CONTRACTS, "drafted"])
def test_a_linter_of_others_accepts_every_packaged_contract(name: str, tmp_path: Path) -> None:
    path = tmp_path / "contract.yaml"
    path.write_text(_drafted(tmp_path) if name == "drafted" else CONTRACTS[name], encoding="utf-8")
    ended = _lint(path)
    assert ended.returncode == 0, ended.stdout + ended.stderr


@NEEDS_LINTER
def test_the_linter_of_others_tells_a_key_that_the_standard_does_not_know(tmp_path: Path) -> None:
    path = tmp_path / "contract.yaml"
    path.write_text(CONTRACTS["deliveries"].replace("\ndomain:", "\ndomane:"), encoding="utf-8")
    ended = _lint(path)
    assert ended.returncode != 0
    assert "domane" in ended.stdout


def _lint(path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(LINTER), "lint", str(path)], capture_output=True, text=True, timeout=120, check=False)
