"""Names that differ in capitals and blanks only are told, and the line that is told joins them."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl

from pipelines.notices.alike_names import find_alike_cost_centres, find_alike_names
from pipelines.policies.loading import load_policies
from pipelines.scaffold import HomeFacts, write_home
from pipelines.staging.dimensions import apply_aliases

VENDORS = {"Comensura Limited", "comensura limited", "COMENSURA  LIMITED", "Leeds D&B: One", "LEEDS D&B: ONE", "Ace"}


def test_names_that_differ_in_capitals_and_blanks_are_told_with_the_lines_that_join_them(tmp_path: Path) -> None:
    (notice,) = find_alike_names({"vendor": VENDORS, "team": {"Desk", "Network"}})
    assert notice.message.startswith("2 vendors are written in several ways that differ in capitals or blanks only")
    (told,) = re.findall(r"under vendor: (.*)\.$", notice.message)
    write_home(tmp_path / "home", HomeFacts("Test operations"))
    policies = tmp_path / "home" / "policies"
    lines = "".join(f"  {line}\n" for line in told.split("; "))
    (policies / "dimensions.yaml").write_text(f"vendor:\n{lines}", encoding="utf-8")
    joined = apply_aliases(pl.DataFrame({"vendor": sorted(VENDORS)}), load_policies(policies).dimensions)
    assert set(joined["vendor"]) == {"Comensura Limited", "Leeds D&B: One", "Ace"}
    assert not list(find_alike_names({"vendor": set(joined["vendor"])}))


def test_many_such_names_are_counted_and_three_of_them_shown() -> None:
    names = {name for number in range(1200) for name in (f"Vendor {number:04}", f"VENDOR {number:04}")}
    (notice,) = find_alike_names({"vendor": names})
    assert "1,200 vendors are written" in notice.message
    assert notice.message.count("Vendor 00") == 3 + 1
    assert notice.message.endswith(", and so on for 1,197 more.")


def test_names_that_differ_in_a_letter_are_not_told() -> None:
    assert not list(find_alike_names({"team": {"Desk", "Desks"}, "vendor": set()}))


def test_cost_centres_in_other_capitals_are_told_and_codes_with_other_blanks_are_not() -> None:
    (notice,) = find_alike_cost_centres({"cc10", "CC10", "CC 10", "CC20", "ä1", "Ä1"})
    assert notice.message.startswith("2 cost centres are written in several ways that differ in capitals only")
    assert notice.message.endswith('write in policies/costs.yaml under cost_centres: CC10: {}; "Ä1": {}.')
    assert not list(find_alike_cost_centres({"CC10", "CC 10", "CC20"}))
