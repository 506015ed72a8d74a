"""An alias that no landed file says is told, with the name that it resembles; an old one may stay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from data_contracts.spec import ExportContract, Feed
from pipelines.landing.loads import land_export
from pipelines.notices.unused_aliases import find_told_aliases, find_unused_aliases
from pipelines.policies.loading import Policies, load_policies
from pipelines.readers import Limits
from pipelines.warehouse import Warehouse

Drop = Callable[[str, str], Path]
LINES = 'line,paid_on,supplier,amount\n1,03.02.2026, ACE ltd ,"1,00"\n2,04.02.2026,Bee & Sons,"1,00"\n'

IF_OLD = "Correct it, or leave it if it is an old name."


def told(
    warehouse: Warehouse, contract: ExportContract, policies: Policies, names: dict[str, frozenset[str]] | None = None
) -> list[str]:
    found = find_told_aliases(warehouse.rows, [contract], policies)
    return [notice.message for notice in find_unused_aliases(policies, found, names or {})]


def write(folder: Path, text: str) -> Policies:
    (folder / "dimensions.yaml").write_text(text, encoding="utf-8")
    return load_policies(folder)


@pytest.fixture
def landed(warehouse: Warehouse, spend: ExportContract, drop: Drop) -> ExportContract:
    with warehouse.transaction():
        land_export(warehouse, spend, drop("a.csv", LINES), run_id="r1", limits=Limits())
    return spend


def test_aliases_that_files_say_are_none_to_tell_whatever_their_capitals(
    warehouse: Warehouse, landed: ExportContract, tmp_path: Path
) -> None:
    assert told(warehouse, landed, write(tmp_path, "vendor:\n  Ace: [Ace Ltd]\n  Bee: bee & sons\n")) == []


def test_one_that_no_file_says_is_told_with_its_line_and_the_nearest_name(
    warehouse: Warehouse, landed: ExportContract, tmp_path: Path
) -> None:
    policies = write(tmp_path, "vendor:\n  Ace: [Ace Ltd, ACE Inc]\n  Bee: [Be & Sons, Hive]\n")
    assert told(warehouse, landed, policies, {"vendor": frozenset(["Ace", "Bee & Sons"])}) == [
        f"policies/dimensions.yaml:2: the alias 'ACE Inc' of the vendor 'Ace' is in no export. {IF_OLD}",
        (
            "policies/dimensions.yaml:3: the aliases 'Be & Sons' (did you mean 'Bee & Sons'?) and 'Hive' of the vendor "
            "'Bee' are in no export. Correct them, or leave them if they are old names."
        ),
    ]


def test_a_constant_of_a_contract_is_said_too(warehouse: Warehouse, landed: ExportContract, tmp_path: Path) -> None:
    (item,) = landed.objects
    constant = replace(landed, objects=(replace(item, constants={"cost_lines.vendor": "Hive"}),))
    assert told(warehouse, constant, write(tmp_path, "vendor: {Bee: [Hive]}")) == []


def test_nothing_is_told_of_what_has_no_records_yet(
    warehouse: Warehouse, spend: ExportContract, landed: ExportContract, tmp_path: Path
) -> None:
    policies = write(tmp_path, "team: {Desk: [Desk 1]}\nvendor: {Ace: [Nobody]}")
    assert [message.partition(": ")[2].split(" of the ")[0] for message in told(warehouse, landed, policies)] == [
        "the alias 'Nobody'"
    ]
    (item,) = spend.objects
    never_landed = replace(spend, objects=(replace(item, raw_table="raw_books__never"),))
    assert told(warehouse, never_landed, policies) == []


def test_a_column_that_feeds_what_a_dimension_was_before_counts(
    warehouse: Warehouse, landed: ExportContract, tmp_path: Path
) -> None:
    (item,) = landed.objects
    columns = tuple(
        replace(column, feeds=(Feed("ticket_events", "team_before"),)) if column.name == "supplier" else column
        for column in item.columns
    )
    renamed = replace(landed, objects=(replace(item, columns=columns),))
    assert told(warehouse, renamed, write(tmp_path, "team: {Ace: [ace ltd], Bee: [Hive]}")) == [
        f"policies/dimensions.yaml:1: the alias 'Hive' of the team 'Bee' is in no export. {IF_OLD}"
    ]
