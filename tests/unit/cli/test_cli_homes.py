"""`kpi init`, `kpi contract` and `kpi sample`: homes that work as written, and nothing of anybody's overwritten."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import BaseModel

from data_contracts.loader import load_export_contract, packaged_templates
from models.vocabulary import SlaTarget
from pipelines.cli.exits import ExitCode
from pipelines.home import Home
from pipelines.policies.loading import load_policies
from pipelines.scaffold import HomeFacts, ScaffoldError, extending_contract, list_templates, write_home

if TYPE_CHECKING:
    from conftest import Kpi


def test_new_home_is_valid_and_complete(run_kpi: Kpi, tmp_path: Path) -> None:
    folder = tmp_path / "ops"
    result = run_kpi("init", folder, "--name", 'The "best" team', "--currency", "GBP", "--time-zone", "Europe/London")
    assert result.exit_code == 0
    settings = Home(folder).settings
    assert (settings.home.name, settings.reporting.currency) == ('The "best" team', "GBP")
    assert settings.reporting.time_zone == "Europe/London"
    written = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    names = ("calendars", "statuses", "sla", "costs", "initiatives", "dimensions", "vendors", "targets")
    policies = {f"policies/{name}.yaml" for name in names}
    assert written == {"kpi.toml", ".gitignore", "contracts/README.md", *policies}
    assert (folder / "landing").is_dir()
    assert "All is well: 0 contracts" in run_kpi("contract", "check", "--home", folder).output


def test_nothing_is_overwritten_and_what_is_missing_is_added(run_kpi: Kpi, tmp_path: Path) -> None:
    folder = tmp_path / "ops"
    assert run_kpi("init", folder).exit_code == 0
    (folder / "kpi.toml").write_text('[home]\nname = "mine"\n')
    (folder / "policies" / "sla.yaml").unlink()
    result = run_kpi("init", folder, "--json")
    document = json.loads(result.output)
    assert [Path(path).name for path in document["created"]] == ["sla.yaml"]
    assert (folder / "kpi.toml").read_text() == '[home]\nname = "mine"\n'


def test_two_names_of_the_new_home_are_refused(run_kpi: Kpi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, other = tmp_path / "mine", tmp_path / "other"
    result = run_kpi("init", mine, "--home", other)
    assert result.exit_code == ExitCode.USAGE
    assert f"DIR says {mine}, and --home says {other}" in result.output
    assert not list(tmp_path.iterdir())
    assert run_kpi("init", mine, "--home", mine).exit_code == 0
    # The variable says where the home is that people work with; another one can be made beside it.
    monkeypatch.setenv("KPI_HOME", str(mine))
    assert run_kpi("init", other).exit_code == 0
    assert (other / "kpi.toml").is_file()


def test_every_key_of_the_settings_is_shown_and_may_be_uncommented(home: Home) -> None:
    text = home.settings_file.read_text(encoding="utf-8")
    uncommented = re.sub(r"^# (\w+ = )", r"\1", text, flags=re.MULTILINE)
    assert uncommented != text
    home.settings_file.write_text(uncommented, encoding="utf-8")
    for name, section in Home(home.folder).settings:
        for key, value in section:
            if isinstance(value, BaseModel):
                assert f"\n[{name}.{key}]\n" in uncommented
                shown = list(type(value).model_fields)
            else:
                shown = [key]
            for wanted in shown:
                assert re.search(rf"^{wanted} = ", uncommented, re.MULTILINE), f"{name}.{wanted}"


def test_examples_in_the_policies_are_valid_when_uncommented(home: Home) -> None:
    empty = load_policies(home.policies)
    assert (empty.statuses, empty.sla, empty.costs.pools) == ({}, (), ())
    for path in home.policies.glob("*.yaml"):
        lines = path.read_text(encoding="utf-8").splitlines()
        examples = [line.removeprefix("# ") if line.startswith("# ") else line for line in lines]
        assert examples != lines
        path.write_text("\n".join(examples), encoding="utf-8")
    filled = load_policies(home.policies)
    assert {calendar.name for calendar in filled.calendars} == {"24x7", "office"}
    assert filled.team_calendars.default == "office"
    assert set(filled.statuses) == {"servicenow"}
    assert {policy.target for policy in filled.sla} == set(SlaTarget)
    assert [policy.id for policy in filled.sla if policy.pauses] == ["resolution_urgent", "resolution", "updates"]
    assert [pool.id for pool in filled.costs.pools] == ["payroll", "premises", "licences", "queue"]
    assert [step.team for step in filled.costs.step_down] == ["IT Office"]
    assert filled.dimensions["priority"]["highest"] == "P1 Critical"


TICKETS = """Ticket,Changed,State,Opened
T-1,2026-09-01 08:52,New,2026-09-01 08:52
T-1,2026-09-01 09:10,In progress,2026-09-01 08:52
T-1,2026-09-02 11:45,Solved,2026-09-01 08:52
T-2,2026-09-03 10:12,New,2026-09-03 10:12
T-2,2026-09-03 13:30,In progress,2026-09-03 10:12
"""


def test_the_next_steps_work_as_they_are_printed(run_kpi: Kpi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("Ticket export 2026-09.csv").write_text(TICKETS, encoding="utf-8")
    told = run_kpi("init", "ops").output.partition("Next:\n")[2].splitlines()
    commands = [re.split(r" {2,}", line.strip())[0] for line in told]
    assert [command.split()[0] for command in commands] == ["kpi", "mkdir", "kpi", "kpi", "kpi"]
    codes = []
    for command in commands:
        typed = re.sub(r"\bFILE\b", "'Ticket export 2026-09.csv'", command)
        program, *words = shlex.split(typed)
        if program == "mkdir":
            subprocess.run(["sh", "-c", typed], check=True)
        else:
            result = run_kpi(*words)
            codes.append(result.exit_code)
            assert "refused" not in result.output
    # The audit and the run hold the tickets back until somebody says what their statuses mean.
    assert codes == [0, 0, 3, 3]
    assert Home(Path("ops")).published_file.is_file()


def test_rules_on_what_the_home_does_not_have_are_told_in_one_line(run_kpi: Kpi, home: Home, tmp_path: Path) -> None:
    (tmp_path / "spend.csv").write_text(
        "Line,Posting date,Supplier,Account,Amount,Currency\n1,2026-09-01,Ace,6100,12.50,EUR\n", encoding="utf-8"
    )
    run_kpi("contract", "infer", tmp_path / "spend.csv", "-o", home.contracts / "spend.yaml", "--domain", "finance")
    shutil.copy(tmp_path / "spend.csv", home.landing / "spend")
    said = run_kpi("check", "--home", home.folder).output
    rules = json.loads(run_kpi("check", "--home", home.folder, "--json").stdout)["rules"]
    skipped = [rule["rule"] for rule in rules if rule["state"] == "skipped"]
    unlisted = ["cost_lines.service.known", "cost_lines.team.known", "cost_lines.vendor.known"]
    idle = [rule for rule in skipped if rule not in unlisted]
    assert {rule.partition(".")[0] for rule in idle} == {"benefit_lines", "budget_lines", "fx_rates", "headcount"}
    assert sorted(set(skipped) - set(idle)) == unlisted
    assert not any(rule in said for rule in skipped)
    passed = sum(rule["state"] == "passed" for rule in rules)
    assert f"{passed} of {len(rules)} rules passed" in said
    tables = "benefit_lines, budget_lines, fx_rates and headcount"
    assert f"{len(idle)} are about what no contract of this home feeds ({tables}), " in said
    no_list = "3 were not asked, because policies/dimensions.yaml lists no known service, team or vendor."
    assert no_list in said
    listed = run_kpi("check", "--home", home.folder, "--all").output
    assert all(rule in listed for rule in skipped)
    # One list, and its rule is asked; the others still are not.
    (home.policies / "dimensions.yaml").write_text("known: {vendor: [Brightway, Orbit]}\n", encoding="utf-8")
    said = " ".join(run_kpi("check", "--home", home.folder).output.split())
    assert "cost_lines.vendor.known failed warn 1 1" in said
    assert "Not known: 'Ace' in 1 line. What is new belongs into known: vendor (policies/dimensions.yaml:1)." in said
    assert "2 were not asked, because policies/dimensions.yaml lists no known service or team." in said


def test_a_draft_in_a_home_is_called_as_its_file_and_every_question_is_counted(
    run_kpi: Kpi, home: Home, tmp_path: Path
) -> None:
    (tmp_path / "Ticket export 2026-09.csv").write_text(TICKETS, encoding="utf-8")
    draft = home.contracts / "desk.yaml"
    said = run_kpi("contract", "infer", tmp_path / "Ticket export 2026-09.csv", "-o", draft).output
    lines = draft.read_text(encoding="utf-8").splitlines()
    assert "id: desk" in lines
    questions = [line for line in lines if "CHECK:" in line]
    assert any("every status needs a meaning" in line for line in questions)
    assert f"with {len(questions)} lines marked CHECK" in said
    assert f"Its files go into {home.landing / 'desk'}/." in said
    assert f"lines still to be checked: {len(questions)}." in draft.read_text(encoding="utf-8")
    elsewhere = tmp_path / "draft.yaml"
    assert (
        "ticket_export/" in run_kpi("contract", "infer", tmp_path / "Ticket export 2026-09.csv", "-o", elsewhere).output
    )
    named = run_kpi(
        "contract", "infer", tmp_path / "Ticket export 2026-09.csv", "-o", draft, "--force", "--id", "other"
    )
    assert f"{home.landing / 'other'}/." in named.output


@pytest.mark.parametrize("template", packaged_templates())
def test_extending_contract_says_what_its_template_says(template: str) -> None:
    contract = load_export_contract(extending_contract(template), "contract.yaml", packaged_templates())
    original = load_export_contract(packaged_templates()[template], template, packaged_templates())
    assert contract.id == template
    assert [item.columns for item in contract.objects] == [item.columns for item in original.objects]
    uncommented = re.sub(r"^# ", "", extending_contract(template), flags=re.MULTILINE)
    changed = load_export_contract(uncommented, "contract.yaml", packaged_templates())
    assert changed.objects[0].columns[0].physical_name == "header as it stands in the file"


def test_templates_are_added_with_their_landing_folder(run_kpi: Kpi, tmp_path: Path) -> None:
    result = run_kpi("init", tmp_path / "ops", "--with-template", "jira_issues", "--with-template", "fx_rates")
    assert result.exit_code == 0
    assert {path.name for path in (tmp_path / "ops" / "landing").iterdir()} == {"jira_issues", "fx_rates"}
    listed = json.loads(run_kpi("contract", "check", "--json", "--home", tmp_path / "ops").output)
    assert [contract["id"] for contract in listed["contracts"]] == ["fx_rates", "jira_issues"]


def test_unknown_template_is_suggested_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(ScaffoldError, match="Did you mean 'jira_issues'"):
        write_home(tmp_path / "ops", HomeFacts(), templates=["jira_isues"])
    assert not (tmp_path / "ops").exists()


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [("--currency", "euro", "three capitals"), ("--time-zone", "Europe/Amstredam", "Did you mean 'Europe/Amsterdam'")],
)
def test_wrong_facts_are_refused_before_anything_is_written(
    run_kpi: Kpi, tmp_path: Path, option: str, value: str, said: str
) -> None:
    result = run_kpi("init", tmp_path / "ops", option, value)
    assert result.exit_code == 2
    assert said in result.output
    assert not (tmp_path / "ops").exists()


def test_templates_are_listed_the_same_in_both_places(run_kpi: Kpi) -> None:
    listed = run_kpi("contract", "templates")
    assert run_kpi("init", "--list-templates").output == listed.output
    for template in list_templates():
        assert re.search(
            rf"^{template.id} +{template.domain} +{re.escape(template.name)}$", listed.output, re.MULTILINE
        )


def test_every_problem_of_a_home_is_listed_with_its_place(run_kpi: Kpi, home: Home) -> None:
    (home.contracts / "one.yaml").write_text("id: [\n", encoding="utf-8")
    (home.policies / "sla.yaml").write_text("polices: []\n", encoding="utf-8")
    result = run_kpi("contract", "check", "--home", home.folder)
    assert result.exit_code == 2
    assert "contracts/one.yaml:" in result.output
    assert "policies/sla.yaml:1" in result.output
    assert "Did you mean 'policies'?" in result.output


def test_sample_writes_into_new_folders_only(run_kpi: Kpi, tmp_path: Path) -> None:
    arguments = ("--tickets", "100", "--years", "0.25", "--daily-exports", "3", "--json")
    document = json.loads(run_kpi("sample", tmp_path / "new", *arguments).output)
    assert {file["export"] for file in document["files"]} == set(packaged_templates())
    result = run_kpi("sample", tmp_path / "new", *arguments)
    assert result.exit_code == 2
    assert "is not empty" in result.output


def test_unknown_defect_is_suggested(run_kpi: Kpi, tmp_path: Path) -> None:
    result = run_kpi("sample", tmp_path / "new", "--defect", "empty_fil")
    assert result.exit_code == 2
    assert "Did you mean 'empty_file'?" in result.output
    assert not (tmp_path / "new").exists()


def test_defects_are_listed_with_what_should_happen(run_kpi: Kpi) -> None:
    listed = json.loads(run_kpi("demo", "--list-defects", "--json").output)
    assert {"name", "description", "expected"} <= set(listed[0])
    assert listed == json.loads(run_kpi("sample", "--list-defects", "--json").output)


def test_inferred_contract_is_written_once_and_valid(run_kpi: Kpi, home: Home, tmp_path: Path) -> None:
    export = tmp_path / "Tickets 2026.csv"
    export.write_text("number;state;updated\n" + "".join(f"T{n};open;2026-01-{n:02} 10:00\n" for n in range(1, 29)))
    target = home.contracts / "desk.yaml"
    result = run_kpi("contract", "infer", export, "--id", "desk", "-o", target)
    assert result.exit_code == 0, result.output
    assert "landing/desk/" in result.output
    text = target.read_text(encoding="utf-8")
    assert load_export_contract(text, "desk.yaml", {}).id == "desk"
    assert run_kpi("contract", "infer", export, "--id", "desk").output == text
    again = run_kpi("contract", "infer", export, "--id", "other", "-o", target)
    assert again.exit_code == 2
    assert "stays as it is" in again.output
    assert target.read_text(encoding="utf-8") == text
    assert run_kpi("contract", "infer", export, "--id", "other", "-o", target, "--force").exit_code == 0


def test_file_that_is_no_export_is_refused(run_kpi: Kpi, tmp_path: Path) -> None:
    page = tmp_path / "export.csv"
    page.write_text("<html><body>Please log in</body></html>")
    result = run_kpi("contract", "infer", page)
    assert result.exit_code == 5
    assert "web page" in result.output
