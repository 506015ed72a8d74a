"""The contract templates against the standard's own schema, the models, and the files that the simulator writes."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

import jsonschema
import pytest
import yaml
from sample_files import Sample

from data_contracts.loader import load_export_contract, packaged_templates
from pipelines.readers import ReadOptions, inspect_file, read_export

TEMPLATES = packaged_templates()


@pytest.fixture(scope="module")
def standard() -> Any:
    """A validator of the Open Data Contract Standard."""
    text = resources.files("open_data_contract_standard").joinpath("schema.json").read_text(encoding="utf-8")
    schema = json.loads(text)
    return jsonschema.validators.validator_for(schema)(schema)


def test_every_simulated_export_has_a_template(sample: Sample) -> None:
    assert {file.export for file in sample.summary.files} <= TEMPLATES.keys()


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_is_valid_under_the_standard(name: str, standard: Any) -> None:
    assert not [error.message for error in standard.iter_errors(yaml.safe_load(TEMPLATES[name]))]


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_describes_itself_and_every_column(name: str) -> None:
    contract = yaml.safe_load(TEMPLATES[name])
    assert contract["id"] == name
    assert all(contract["description"][part].strip().endswith(".") for part in ("purpose", "usage", "limitations"))
    for item in contract["schema"]:
        assert item["dataGranularityDescription"]
        for column in item["properties"]:
            assert column["description"].endswith("."), column["name"]


@pytest.mark.parametrize("name", sorted({"budgets", "deliveries", "fx_rates", "general_ledger", "headcount",
                                         "jira_issues", "purchase_orders", "servicenow_incidents", "vendor_contracts",
                                         "vendor_invoices", "zendesk_tickets"}))  # fmt: skip
def test_simulated_files_land_whole_under_their_template(name: str, sample: Sample) -> None:
    contract = load_export_contract(TEMPLATES[name], f"{name}.yaml", TEMPLATES)
    files = [file for file in sample.summary.files if file.export == name]
    for file in files:
        facts = inspect_file(sample.landing / file.path, sample.landing)
        for item in contract.objects:
            options = ReadOptions(
                format=str(contract.format),
                encoding=contract.encoding,
                delimiter=contract.delimiter,
                header_row=item.header_row or 1,
                sheet=item.sheet,
                record_path=item.record_path,
                columns={column.name: (column.physical_name, *column.synonyms) for column in item.columns},
                required=frozenset(column.name for column in item.columns if column.required),
            )
            landed = read_export(facts, options)
            total_rows = len(item.ignore_rows)
            assert landed.record_count == file.rows[item.name] + total_rows
            assert not landed.missing_columns
            assert not landed.unknown_columns
