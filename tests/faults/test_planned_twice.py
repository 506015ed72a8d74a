"""A budget that is revised within the year, in a file of its own: it replaces, is held, or plans other things."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable
from pathlib import Path

import pytest
from click.testing import CliRunner
from plain_exports import write_plain_home

from pipelines.cli.main import kpi

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]

HEADER = ("Month", "Cost centre", "Account", "Kind", "Amount", "Currency")
RULE = "budget_lines.figures.planned_once"
Row = tuple[str, str, str, str, str, str]


def plan(first: int, last: int, shift: int = 0, centres: Iterable[str] = ("CC10", "CC20")) -> list[Row]:
    """Two accounts of each cost centre in each month from the first to the last."""
    return [
        (f"2026-{month:02d}-01", centre, account, "budget", f"{1000 * month + int(account) + shift}.00", "EUR")
        for month in range(first, last + 1)
        for centre in centres
        for account in ("6100", "6400")
    ]


YEAR = plan(1, 12)
REVISED = plan(7, 12, shift=250)


def write(folder: Path, files: dict[str, list[Row]]) -> list[Path]:
    written = []
    for name, rows in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([HEADER, *rows])
        # Written one after the other: where names say nothing, that is their order.
        os.utime(path, (1_700_000_000 + 60 * len(written), 1_700_000_000 + 60 * len(written)))
        written.append(path)
    return written


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return write_plain_home(tmp_path / "home")


def draft(home: Path, files: dict[str, list[Row]], *, keyed: bool) -> None:
    """A home with the drafted contract of some plans, or with one that has no key, and with the files."""
    written = write(home / "landing" / "budget", files)
    contract = home / "contracts" / "budget.yaml"
    result = CliRunner().invoke(kpi, ["contract", "infer", *map(str, written), "-o", str(contract)])
    assert result.exit_code == 0, result.output
    text = contract.read_text(encoding="utf-8").replace("status: draft", "status: active")
    contract.write_text(text if keyed else text.replace(", budget_lines.budget_line_id]", "]"), encoding="utf-8")


def check(home: Path) -> tuple[str, str]:
    """State of the rule, and what is told of it."""
    result = CliRunner().invoke(kpi, ["check", "--home", str(home), "--json", "--all"])
    (rule,) = [each for each in json.loads(result.stdout)["rules"] if each["rule"] == RULE]
    return rule["state"], rule["message"]


def test_a_revision_replaces_by_the_key_that_the_draft_gives_it(home: Path) -> None:
    draft(home, {"plan_v1.csv": YEAR, "plan_v2.csv": REVISED}, keyed=True)
    assert check(home)[0] == "passed"
    result = CliRunner().invoke(kpi, ["run", "--home", str(home), "--quiet"])
    assert result.exit_code == 0, result.output
    query = "SELECT sum(amount_reporting) AS planned FROM budget_line_facts"
    told = CliRunner().invoke(kpi, ["query", "--home", str(home), "--format", "json", query])
    expected = sum(float(row[4]) for row in [*plan(1, 6), *REVISED])
    assert float(json.loads(told.stdout)[0]["planned"]) == expected


def test_a_revision_without_a_key_is_held_and_both_files_and_the_remedy_are_named(home: Path) -> None:
    draft(home, {"plan_v1.csv": YEAR, "plan_v2.csv": REVISED}, keyed=False)
    state, message = check(home)
    assert state == "failed"
    before, after = (sum(float(row[4]) for row in rows) for rows in (plan(7, 12), REVISED))
    pair = "'plan_v1.csv' and 'plan_v2.csv' in landing/budget/ both plan 24 figures of July 2026 to December 2026"
    for told in (
        f"{pair}: {before:,.2f} and {after:,.2f} EUR, and all of it would count.",
        "in contracts/budget.yaml, month, cost_centre, account and kind feed budget_lines.budget_line_id as well",
        "- {property: feeds, value: [budget_lines.month_date, budget_lines.budget_line_id]}",
        '- {property: ignoreFiles, value: ["plan_v1.csv"]}',
        '- {property: mayRepeatRows, value: ["plan_v1.csv", "plan_v2.csv"]}',
    ):
        assert told in message


def test_what_the_message_says_is_what_helps(home: Path) -> None:
    files = {"plan_v1.csv": YEAR, "plan_v2.csv": REVISED}
    draft(home, files, keyed=False)
    contract = home / "contracts" / "budget.yaml"
    text = contract.read_text(encoding="utf-8")
    for more in (
        text + '  - {property: ignoreFiles, value: ["plan_v1.csv"]}\n',
        text.replace(
            "      - {property: shape, value: lines}\n",
            '      - {property: shape, value: lines}\n      - {property: mayRepeatRows, value: ["plan_v*.csv"]}\n',
        ),
    ):
        assert more != text
        contract.write_text(more, encoding="utf-8")
        assert check(home)[0] == "passed"


def test_a_line_that_is_revised_alone_is_held(home: Path) -> None:
    draft(home, {"plan_v1.csv": YEAR, "plan_v2.csv": REVISED[5:6]}, keyed=False)
    assert "both plan 1 figure of August 2026" in check(home)[1]


def test_a_revision_of_which_most_is_as_it_was_is_held_for_the_rest(home: Path) -> None:
    revised = [*YEAR[:40], *plan(11, 12, shift=9)]
    draft(home, {"plan_v1.csv": YEAR, "plan_v2.csv": revised}, keyed=False)
    assert check(home)[0] == "failed"


@pytest.mark.parametrize(
    "files",
    [
        {"plan_h1.csv": plan(1, 6), "plan_h2.csv": plan(7, 12)},  # halves of a year
        {"plan_a.csv": YEAR, "plan_b.csv": plan(1, 12, centres=("CC30", "CC40"))},  # departments
        {"plan_a.csv": YEAR, "plan_b.csv": [*plan(1, 12, centres=("CC30", "CC40")), *plan(1, 2, shift=5)]},
        {"plan_a.csv": YEAR, "plan_b.csv": [(*row[:3], "forecast", *row[4:]) for row in REVISED]},  # another kind
        # Several lines of a figure in each file: what one is of, the columns that are read do not tell.
        {"plan_a.csv": [*YEAR, *plan(1, 12, shift=7)], "plan_b.csv": [*REVISED, *plan(7, 12, shift=11)]},
    ],
)  # fmt: skip
def test_plans_of_different_things_raise_no_alarm(home: Path, files: dict[str, list[Row]]) -> None:
    draft(home, files, keyed=False)
    assert check(home)[0] == "passed"
