"""`kpi contract lint`: what a contract's own text, the tables and the metrics say is wrong with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from data_contracts.loader import packaged_fact_contracts, packaged_templates, packaged_warehouse_contracts
from metrics.registry import METRICS
from models.vocabulary import Domain

if TYPE_CHECKING:
    from conftest import Kpi

    from pipelines.home import Home

RULE = """\
schema:
  - name: deliveries
    quality:
      - name: deliveries.trial.holds
        description: Something does not hold.
        dimension: conformity
        type: custom
        engine: greatExpectations
        implementation:
          type: unexpected_rows_expectation
          kwargs: {unexpected_rows_query: "QUERY"}
        customProperties:
          - {property: action, value: warn}
          - {property: protects, value: [vendor_*]}
customProperties:
  - {property: extends, value: deliveries}
"""
GOOD_QUERY = "SELECT _row_number FROM raw.raw_procurement__deliveries WHERE vendor IS NULL"


def _contract(folder: Path, text: str) -> Path:
    path = folder / "deliveries.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_all_that_ships_is_clean_even_strictly(run_kpi: Kpi) -> None:
    ended = run_kpi("contract", "lint", "--packaged", "--strict")
    assert ended.exit_code == 0, ended.output
    count = len(packaged_templates()) + len(packaged_warehouse_contracts()) + len(packaged_fact_contracts())
    assert f"{count} contracts linted: 0 errors, 0 warnings." in ended.output


def test_a_good_rule_is_clean(run_kpi: Kpi, tmp_path: Path) -> None:
    ended = run_kpi("contract", "lint", _contract(tmp_path, RULE.replace("QUERY", GOOD_QUERY)), "--strict")
    assert ended.exit_code == 0, ended.output


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("QUERY", GOOD_QUERY.replace("vendor IS", "vendr IS"), "its query cannot be planned: Binder Error"),
        ("QUERY", GOOD_QUERY.replace("__deliveries", "__delivery"), "Table with name raw_procurement__delivery"),
        ("QUERY", "SELECT vendor FROM raw.raw_procurement__deliveries", "does not give '_row_number'"),
        ("QUERY", "SELECT 1; DROP TABLE stg.stg_deliveries", "it holds 2 statements"),
        ("vendor_*", "vender_on_time_delivery_ratio", "Did you mean 'vendor_on_time_delivery_ratio'?"),
        ("protects", "protect", "Did you mean 'protects'?"),
        ("value: warn", "value: quarantine", "it sets aside raw rows, which no number counts"),
        ("dimension: conformity", "dimension: beauty", "'beauty' is not accepted"),
        ("kwargs:", "words:", "the implementation is not known here"),
        ("extends, value: deliveries", "extends, value: delivery", "Did you mean 'deliveries'?"),
    ],
)
def test_each_mistake_is_an_error_with_its_line(run_kpi: Kpi, tmp_path: Path, old: str, new: str, said: str) -> None:
    path = _contract(tmp_path, RULE.replace(old, new, 1).replace("QUERY", GOOD_QUERY))
    ended = run_kpi("contract", "lint", path, "--json")
    assert ended.exit_code == 2
    (finding,) = json.loads(ended.output)["findings"]
    assert finding["level"] == "error"
    assert finding["file"] == str(path)
    assert finding["line"] is not None
    plain = run_kpi("contract", "lint", path)
    assert said in plain.output
    assert "1 contract linted: 1 error, 0 warnings." in plain.output


def test_a_metric_that_no_rule_protects_is_a_warning(run_kpi: Kpi, tmp_path: Path) -> None:
    text = packaged_warehouse_contracts()[Domain.VENDORS]
    (named,) = {name for name in ("vendor_on_time_delivery_ratio",) if name in {metric.name for metric in METRICS}}
    path = tmp_path / "vendors.yaml"
    start, end = text.index("  - name: deliveries\n"), text.rindex("\ncustomProperties:")
    path.write_text(text[:start] + text[end:], encoding="utf-8")
    ended = run_kpi("contract", "lint", path)
    assert ended.exit_code == 0
    assert f"no rule protects the metric '{named}'" in ended.output
    assert run_kpi("contract", "lint", path, "--strict").exit_code == 2


def test_a_column_that_feeds_a_number_is_described(run_kpi: Kpi, tmp_path: Path) -> None:
    text = packaged_templates()["deliveries"].replace("        description: Value of the delivery.\n", "")
    ended = run_kpi("contract", "lint", _contract(tmp_path, text))
    assert ended.exit_code == 0
    assert "column 'deliveries.value': it feeds a number and has no description" in ended.output


def test_without_files_the_home_is_linted(run_kpi: Kpi, home: Home) -> None:
    _contract(home.contracts, RULE.replace("QUERY", GOOD_QUERY))
    ended = run_kpi("contract", "lint", "--home", home.folder)
    assert ended.exit_code == 0
    assert "1 contract linted: 0 errors, 0 warnings." in ended.output
    _contract(home.contracts, RULE.replace("QUERY", "SELECT 1 AS x"))
    assert "contracts/deliveries.yaml:" in run_kpi("contract", "lint", "--home", home.folder).output
