"""Names that contracts and metrics have of each other, and rules that do nothing: refused before data are read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from data_contracts.documents import DocumentError
from data_contracts.loader import load_warehouse_contracts
from metrics.registry import metric_named
from pipelines.contracts.rule_names import faults_of_requirements
from pipelines.home import Home
from pipelines.project import load_project
from pipelines.scaffold import HomeFacts, write_home

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
          kwargs:
            unexpected_rows_query: SELECT _row_number FROM raw.raw_procurement__deliveries WHERE vendor IS NULL
        customProperties:
          - {property: action, value: warn}
          - {property: protects, value: [vendor_*]}
customProperties:
  - {property: extends, value: deliveries}
"""


def load(tmp_path: Path, text: str) -> object:
    folder = tmp_path / "home"
    write_home(folder, HomeFacts("Trial"))
    home = Home(folder)
    (home.contracts / "deliveries.yaml").write_text(text, encoding="utf-8")
    return load_project(home)


def test_a_good_rule_loads(tmp_path: Path) -> None:
    load(tmp_path, RULE)


@pytest.mark.parametrize(
    ("old", "new", "what", "remedy"),
    [
        ("[vendor_*]", "[vender_billed_reporting]", "it protects 'vender_billed_reporting'", "Name metrics of"),
        ("value: warn", "value: quarantine", "it sets aside raw rows", "Use action block or warn"),
        ("WHERE vendor", "WHERE vendr", "its query cannot be planned", "Correct the names of tables and columns."),
        ("__deliveries WHERE", "__delivery WHERE", "its query cannot be planned", "Correct the names"),
        ("SELECT _row_number", "SELECT vendor", "does not give '_row_number'", "Select _row_number"),
        ("property: protects", "property: protect", "'protect'", "protects"),
    ],
)  # fmt: skip
def test_a_rule_that_would_do_nothing_is_refused_at_load(
    tmp_path: Path, old: str, new: str, what: str, remedy: str
) -> None:
    with pytest.raises(DocumentError) as refused:
        load(tmp_path, RULE.replace(old, new, 1))
    (problem,) = refused.value.problems
    assert problem.file == "contracts/deliveries.yaml"
    assert problem.line is not None
    assert what in problem.what
    assert remedy in f"{problem.remedy} {problem.suggestion}"


def test_two_exports_may_not_share_a_raw_table(tmp_path: Path) -> None:
    """Their rows would lie together, and those of one would count as those of the other."""
    extends = "customProperties:\n  - {property: extends, value: deliveries}\n"
    load(tmp_path, extends)
    other = tmp_path / "home" / "contracts" / "works.yaml"
    other.write_text(f"id: works\n{extends}", encoding="utf-8")
    with pytest.raises(DocumentError) as refused:
        load_project(Home(tmp_path / "home"))
    (problem,) = refused.value.problems
    assert (problem.file, "deliveries.yaml too" in problem.what) == ("contracts/works.yaml", True)
    other.write_text(f"id: works\n{extends}  - {{property: source, value: works}}\n", encoding="utf-8")
    assert len(load_project(Home(tmp_path / "home")).contracts) == 2


def test_a_metric_that_requires_a_rule_nobody_defines_is_an_error() -> None:
    contracts = load_warehouse_contracts()
    assert list(faults_of_requirements(contracts)) == []
    wrong = replace(metric_named("ticket_reopen_ratio"), rules=("tickets.statuz.*", "tickets.status.*"))
    (problem,) = faults_of_requirements(contracts, [wrong])
    assert (
        problem.what
        == "metric 'ticket_reopen_ratio': it requires the rule 'tickets.statuz.*', which no contract defines"
    )
