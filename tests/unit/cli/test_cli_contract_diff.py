"""`kpi contract diff`: files and packaged contracts, what is printed, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from data_contracts.loader import packaged_templates
from metrics.registry import METRICS

if TYPE_CHECKING:
    from conftest import Kpi


def _write(folder: Path, old: str, new: str, *, name: str = "new.yaml") -> Path:
    text = packaged_templates()["deliveries"]
    assert old in text
    path = folder / name
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


def test_equal_contracts(run_kpi: Kpi) -> None:
    ended = run_kpi("contract", "diff", "deliveries", "deliveries")
    assert ended.exit_code == 0
    assert "They say the same." in ended.output


def test_a_breaking_change_has_its_own_exit_code_and_names_the_kpis(run_kpi: Kpi, tmp_path: Path) -> None:
    ended = run_kpi("contract", "diff", "deliveries", _write(tmp_path, "Delivery ID", "Delivery Number"))
    assert ended.exit_code == 6
    assert "deliveries.delivery_id" in ended.output
    assert "keep the old one with synonyms: [{synonym: Delivery ID}]" in ended.output
    assert "1 breaking change, 0 compatible ones." in ended.output
    assert (
        "KPIs that the breaking ones touch: vendor_on_time_delivery_ratio, vendor_on_time_delivery_first_promise_ratio,"
        in ended.output
    )
    assert "a breaking change raises its first number" in ended.output


def test_a_raised_version_is_not_complained_of(run_kpi: Kpi, tmp_path: Path) -> None:
    path = _write(tmp_path, "version: 1.0.0", "version: 2.0.0")
    path.write_text(path.read_text().replace("Delivery ID", "Delivery Number"))
    ended = run_kpi("contract", "diff", "deliveries", path)
    assert ended.exit_code == 6
    assert "first number" not in ended.output


def test_a_compatible_change_is_no_failure(run_kpi: Kpi, tmp_path: Path) -> None:
    ended = run_kpi("contract", "diff", "deliveries", _write(tmp_path, "synonym: Delivery}", "synonym: Delivery}, "
                                                            "{synonym: DLV}"), "--json")  # fmt: skip
    assert ended.exit_code == 0
    document = json.loads(ended.output)
    assert not document["is_breaking"]
    (change,) = document["changes"]
    assert change["kind"] == "synonym_added"
    assert change["breaks"] == []
    assert change["metrics"] == [metric.name for metric in METRICS if metric.fact == "fct_deliveries"]


def test_one_contract_is_compared_with_the_template_that_it_extends(run_kpi: Kpi, tmp_path: Path) -> None:
    path = tmp_path / "deliveries.yaml"
    path.write_text(
        "customProperties:\n  - {property: extends, value: deliveries}\n  - {property: source, value: buying}\n",
        encoding="utf-8",
    )
    ended = run_kpi("contract", "diff", path, "--json")
    assert ended.exit_code == 6
    assert [change["kind"] for change in json.loads(ended.output)["changes"]] == ["source_changed"]
    alone = run_kpi("contract", "diff", _write(tmp_path, "Delivery ID", "Delivery Number"))
    assert alone.exit_code == 2
    assert "extends no template; name two contracts" in alone.output


def test_rules_of_the_warehouse_are_compared_too(run_kpi: Kpi) -> None:
    assert run_kpi("contract", "diff", "warehouse_tickets", "warehouse_tickets").exit_code == 0
    mixed = run_kpi("contract", "diff", "warehouse_tickets", "deliveries")
    assert mixed.exit_code == 2
    assert "compare like with like" in mixed.output


def test_what_is_no_contract_is_said(run_kpi: Kpi, tmp_path: Path) -> None:
    missing = run_kpi("contract", "diff", "delivery", "deliveries")
    assert missing.exit_code == 2
    assert "Did you mean 'deliveries'?" in missing.output
    binary = tmp_path / "x.yaml"
    binary.write_bytes(b"\xff\xfe\x00")
    assert run_kpi("contract", "diff", "deliveries", binary).exit_code == 2
    wrong = run_kpi("contract", "diff", "deliveries", _write(tmp_path, "domain: vendors", "domain: venders"))
    assert wrong.exit_code == 2
    assert "Did you mean 'vendors'?" in wrong.output
