"""Each defect changes its own export and nothing else, and there no more than it says."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import fastexcel
import pytest
from sample_files import Sample

from pipelines.sample import DEFECTS
from pipelines.sample.defects import Outcome
from pipelines.sample.text_edits import CsvEdit

#: Lines that may go and come: None for as many as it takes, but at least one.
LINES: dict[str, tuple[int | None, int | None]] = {
    "truncated_last_line": (1, 1),
    "overlapping_export": (0, 100),
    "half_a_day_missing": (None, 0),
    "month_before_day": (None, 0),
    "team_left_out": (None, 0),
    "dropped_middle_event": (1, 1),
    "future_event": (1, 1),
    "resolved_before_created": (1, 1),
    "doubled_file": (0, None),
    "cost_changed_by_a_cent": (1, 1),
    "dropped_ledger_line": (1, 0),
    "unknown_currency": (1, 1),
    "missing_fx_rate": (None, 0),
    "conflicting_fx_rate": (0, 1),
    # A total for each month comes, and the total of all is another one.
    "totals_in_budget": (1, None),
    "renamed_column": (1, 1),
    "lost_decimal_point": (1, 1),
    "html_error_page": (None, 5),
    "delivered_before_ordered": (1, 1),
    "empty_file": (None, 0),
    "export_stopped": (None, 0),
    "ledger_month_missing": (None, 0),
    "ledger_stopped": (None, 0),
    "rates_stopped": (None, 0),
}
#: How names of files end that come besides, with rows that the changed one lost.
NEW_FILES = {"month_before_day": "_early.csv"}


@dataclass(frozen=True)
class Spoilt:
    """What a defect did: lines that went and came, by path below the landing folder."""

    landing: Path
    removed: dict[str, Counter[bytes]]
    added: dict[str, Counter[bytes]]

    @property
    def changed_paths(self) -> set[str]:
        return self.removed.keys() | self.added.keys()


Spoil = Callable[[str], Spoilt]


def lines_by_path(landing: Path) -> dict[str, Counter[bytes]]:
    return {
        path.relative_to(landing).as_posix(): Counter(_lines(path)) for path in landing.rglob("*") if path.is_file()
    }


def _lines(path: Path) -> list[bytes]:
    """The lines of a text, the rows of a workbook."""
    if path.suffix != ".xlsx":
        return path.read_bytes().splitlines()
    rows = fastexcel.read_excel(path).load_sheet(0, header_row=None, dtypes="string").to_polars().rows()
    return [repr(row).encode() for row in rows]


@pytest.fixture
def spoil(sample: Sample, tmp_path: Path) -> Spoil:
    """Put a defect into a copy of the sample."""

    def apply(name: str) -> Spoilt:
        landing = tmp_path / "landing"
        shutil.copytree(sample.landing, landing)
        before = lines_by_path(landing)
        DEFECTS[name].apply(landing)
        after = lines_by_path(landing)
        paths = before.keys() | after.keys()
        removed = {path: before.get(path, Counter()) - after.get(path, Counter()) for path in paths}
        added = {path: after.get(path, Counter()) - before.get(path, Counter()) for path in paths}
        return Spoilt(
            landing,
            {path: lines for path, lines in removed.items() if lines},
            {path: lines for path, lines in added.items() if lines},
        )

    return apply


@pytest.mark.parametrize("name", DEFECTS)
def test_a_defect_changes_one_file_of_its_export(name: str, spoil: Spoil) -> None:
    spoilt = spoil(name)
    (path,) = (path for path in spoilt.changed_paths if name not in NEW_FILES or not path.endswith(NEW_FILES[name]))
    assert path.startswith(f"{DEFECTS[name].export}/")
    removed = sum(spoilt.removed.get(path, Counter()).values())
    added = sum(spoilt.added.get(path, Counter()).values())
    # Where the table says nothing rows are rewritten: as many come as go.
    expected_removed, expected_added = LINES.get(name, (None, removed))
    assert removed == expected_removed if expected_removed is not None else removed > 0
    assert added == expected_added if expected_added is not None else added > 0


@pytest.mark.parametrize("name", DEFECTS)
def test_a_defect_says_what_it_is_and_what_a_gate_must_say(name: str) -> None:
    defect = DEFECTS[name]
    assert defect.name == name
    assert defect.description.endswith(".")
    assert defect.expected.endswith(".")


def test_outcomes_of_all_kinds_occur() -> None:
    assert {defect.outcome for defect in DEFECTS.values()} == set(Outcome)


def test_renaming_a_status_changes_that_word_alone(spoil: Spoil) -> None:
    spoilt = spoil("status_renamed")
    ((path, removed),) = spoilt.removed.items()
    renamed = Counter(line.replace(b"Awaiting Vendor", b"Pending Vendor") for line in removed.elements())
    assert renamed == spoilt.added[path]


def test_renaming_a_service_changes_that_name_alone(spoil: Spoil) -> None:
    spoilt = spoil("service_renamed")
    ((path, removed),) = spoilt.removed.items()
    renamed = Counter(line.replace(b",Workplace,", b",Digital Workplace,") for line in removed.elements())
    assert renamed == spoilt.added[path]


def test_losing_credit_signs_changes_amounts_and_no_totals(spoil: Spoil) -> None:
    spoilt = spoil("lost_credit_sign")
    ((path, added),) = spoilt.added.items()
    for line in added.elements():
        amount, _, total = line.decode("cp1252").split(";")[-3:]
        assert "-" not in amount
        assert total
    assert sum(added.values()) == sum(spoilt.removed[path].values())


def test_swapping_day_and_month_swaps_only_what_can_be_swapped(spoil: Spoil) -> None:
    spoilt = spoil("swapped_day_and_month")
    ((path, _),) = spoilt.added.items()
    with CsvEdit(spoilt.landing / path) as file:
        months = {int(row["sys_updated_at"].split("/")[1]) for row in file}
    # October's file now says January to December; days past the twelfth still say October.
    assert months == set(range(1, 13))


def test_a_month_before_the_day_is_written_of_whole_incidents(spoil: Spoil) -> None:
    spoilt = spoil("month_before_day")
    (old,) = spoilt.removed
    (new,) = spoilt.changed_paths - {old}
    assert new.endswith(NEW_FILES["month_before_day"])
    with CsvEdit(spoilt.landing / new) as file, CsvEdit(spoilt.landing / old) as rest:
        moved = list(file)
        assert not {row["number"] for row in moved} & {row["number"] for row in rest}
    assert len({row["sys_updated_at"].split("/")[0] for row in moved}) == 1
    assert len({row["sys_updated_at"].split("/")[1] for row in moved}) > 1
    assert len(moved) == sum(spoilt.removed[old].values())


def test_a_doubled_file_has_the_same_bytes(spoil: Spoil) -> None:
    spoilt = spoil("doubled_file")
    (path,) = spoilt.changed_paths
    copy = spoilt.landing / path
    assert copy.read_bytes() == copy.with_name(copy.name.replace(" (1)", "")).read_bytes()


def test_untouched_rows_keep_their_bytes(tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    path.write_bytes(b'a;b\r\n"1";"x"\r\n2;y\r\n3;z\r\n')
    with CsvEdit(path, delimiter=";") as file:
        file.replace(1, b="semi;colon")
        file.add({"a": "4", "b": "w"})
        file.remove({2})
    assert path.read_bytes() == b'a;b\r\n"1";"x"\r\n2;"semi;colon"\r\n4;w\r\n'


def test_a_failed_edit_leaves_the_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(b"a\n1\n")
    with pytest.raises(ValueError, match="no row that this defect could change"), CsvEdit(path) as file:
        file.remove({0})
        file.middle([])
    assert path.read_bytes() == b"a\n1\n"
