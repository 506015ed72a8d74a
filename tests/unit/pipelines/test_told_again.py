"""Files of one export that tell of the same lines: what a correction under a name of its own leaves counting."""

from __future__ import annotations

from pathlib import Path

import pytest

from data_contracts.loader import load_export_contract
from data_contracts.spec import ExportContract
from pipelines.landing.loads import land_export
from pipelines.landing.reading_notes import is_name_note
from pipelines.readers import Limits
from pipelines.warehouse import Warehouse

LEDGER = """
apiVersion: v3.2.0
kind: DataContract
id: ledger
version: 1.0.0
status: active
domain: finance
servers: [{server: landing, type: local, path: "*.csv", format: csv}]
schema:
  - name: lines
    customProperties: [{property: shape, value: lines}]
    properties:
      - {name: journal, logicalType: string, customProperties: [{property: feeds, value: cost_lines.cost_line_id}]}
      - {name: line, logicalType: integer, customProperties: [{property: feeds, value: cost_lines.cost_line_id}]}
      - name: posted
        logicalType: date
        customProperties:
          - {property: formats, value: ["%d.%m.%Y"]}
          - {property: feeds, value: cost_lines.posting_date}
      - name: amount
        logicalType: number
        customProperties: [{property: feeds, value: cost_lines.amount_original}]
      - name: currency
        logicalType: string
        customProperties: [{property: feeds, value: cost_lines.currency_code}]
customProperties:
  - {property: source, value: ledger}
  - {property: delimiter, value: ";"}
  - {property: decimalSeparator, value: ","}
  - {property: thousandsSeparator, value: "."}
"""


@pytest.fixture(scope="module")
def contract() -> ExportContract:
    return load_export_contract(LEDGER, "contracts/ledger.yaml", {})


class Ledger:
    """A landing folder whose files are read one run after the other."""

    def __init__(self, folder: Path, contract: ExportContract, warehouse: Warehouse) -> None:
        self.folder, self.contract, self.warehouse, self.runs = folder, contract, warehouse, 0
        self.header = "journal;line;posted;amount;currency"

    def land(self, *files: tuple[str, list[str]]) -> list[str]:
        """What is told of the files' names in a run that finds these new files."""
        for name, lines in files:
            (self.folder / name).write_text("\n".join([self.header, *lines, ""]), "utf-8")
        self.runs += 1
        with self.warehouse.transaction():
            landing = land_export(
                self.warehouse, self.contract, self.folder, run_id=f"r{self.runs}", limits=Limits(settle_seconds=0)
            )
        return [note for note in landing.notes if is_name_note(note.partition(": ")[2])]


@pytest.fixture
def ledger(tmp_path: Path, contract: ExportContract, warehouse: Warehouse) -> Ledger:
    folder = tmp_path / "landing"
    folder.mkdir()
    return Ledger(folder, contract, warehouse)


def month(number: int, count: int = 20, first: int = 1) -> list[str]:
    """Lines of a month, one a day."""
    return [
        f"J{number}{day:02d};1;{day:02d}.{number:02d}.2026;1.{day:03d},50;EUR" for day in range(first, first + count)
    ]


MARCH = month(3)


def without(lines: list[str], *positions: int) -> list[str]:
    return [line for position, line in enumerate(lines) if position not in positions]


@pytest.mark.parametrize("position", [0, 7, 19])
def test_a_line_that_a_correction_under_another_name_withdraws_is_told(ledger: Ledger, position: int) -> None:
    ledger.land(("ledger_2026-02.csv", month(2)), ("ledger_2026-03.csv", MARCH))
    (note,) = ledger.land(("ledger_2026-03_corrected.csv", without(MARCH, position)))
    day = position + 1
    assert note == (
        "ledger_2026-03_corrected.csv: It tells again 19 of the 20 lines of 'ledger_2026-03.csv', and lacks one, "
        f"'J3{day:02d}/1': it still counts (1,{day:03d}.50 EUR). If this file takes the place of 'ledger_2026-03.csv', "
        "write into the contract, at the top level under customProperties: - {property: ignoreFiles, value: "
        '["ledger_2026-03.csv"]}. A correction under the old name does so without that.'
    )
    # It is told once.
    assert ledger.land() == []


def test_columns_may_be_called_as_anything_here_is(tmp_path: Path, warehouse: Warehouse) -> None:
    text = LEDGER
    for name, other in (("journal", "key"), ("line", "position"), ("amount", "is_new"), ("currency", "day")):
        text = text.replace(f"name: {name},", f"name: {other},").replace(f"name: {name}\n", f"name: {other}\n")
    (tmp_path / "landing").mkdir()
    ledger = Ledger(tmp_path / "landing", load_export_contract(text, "contracts/ledger.yaml", {}), warehouse)
    ledger.header = "key;position;posted;is_new;day"
    (note,) = ledger.land(("ledger_03.csv", MARCH), ("ledger_03b.csv", without(MARCH, 7)))
    assert "lacks one, 'J308/1': it still counts (1,008.50 EUR)." in note


def test_several_lines_are_counted_and_added_up_by_currency(ledger: Ledger) -> None:
    lines = [*without(MARCH, 4), "J399;1;05.03.2026;-7,25;USD"]
    (note,) = ledger.land(("ledger_03.csv", lines), ("ledger_03b.csv", without(lines, 2, 3, 19)))
    assert "lacks 3, such as 'J303/1': they still count (2,008.00 EUR and -7.25 USD in all)." in note


def test_the_old_name_and_what_is_ignored_leave_nothing_to_tell(ledger: Ledger) -> None:
    ledger.land(("ledger_2026-03.csv", MARCH))
    assert ledger.land(("ledger_2026-03.csv", without(MARCH, 7))) == []
    ledger.contract = load_export_contract(
        LEDGER + '  - {property: ignoreFiles, value: ["ledger_2026-03.csv"]}\n', "contracts/ledger.yaml", {}
    )
    assert ledger.land(("ledger_2026-03_corrected.csv", without(MARCH, 8))) == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (MARCH, [*MARCH, *month(4)]),  # it grew
        (MARCH, [*MARCH[3:], *month(4, 3)]),  # a window that was moved on
        (MARCH, MARCH[8:10]),  # some lines that were corrected
        (MARCH, month(4)),  # another month
        (MARCH[:19], MARCH),
    ],
)
def test_files_that_withdraw_nothing_are_not_told_of(ledger: Ledger, first: list[str], second: list[str]) -> None:
    assert ledger.land(("ledger_1.csv", first)) == []
    assert ledger.land(("ledger_2.csv", second)) == []


def test_a_line_within_a_window_that_was_moved_on_is_told(ledger: Ledger) -> None:
    window = [*without(MARCH, 0, 1, 10), *month(4, 3)]
    (note,) = ledger.land(("ledger_1.csv", MARCH), ("ledger_2.csv", window))
    assert "It tells again 17 of the 20 lines" in note
    assert "lacks one, 'J311/1'" in note


def test_a_line_that_a_third_file_tells_is_not_lacking(ledger: Ledger) -> None:
    assert ledger.land(("ledger_1.csv", MARCH), ("ledger_2.csv", without(MARCH, 5)), ("ledger_3.csv", MARCH[5:6])) == []


def test_an_export_of_what_is_open_is_told_of_three_times(ledger: Ledger) -> None:
    told = [len(ledger.land((f"open_{number}.csv", MARCH[: 20 - number]))) for number in range(6)]
    assert told == [0, 1, 1, 1, 0, 0]


def test_an_old_month_that_shares_no_line_with_a_later_file_counts_as_earlier_without_a_word(ledger: Ledger) -> None:
    """A correction under its old name is what is recommended; under another one it would no longer replace."""
    ledger.land(("ledger_2026-03.csv", MARCH), ("ledger_2026-10.csv", month(10)))
    assert ledger.land(("ledger_2026-03.csv", without(MARCH, 7))) == []
    assert ledger.land(("ledger_2026-02.csv", month(2))) == []


def test_a_file_that_tells_otherwise_of_what_a_later_one_tells_is_told_of(ledger: Ledger) -> None:
    ledger.land(("ledger_2026-04.csv", month(4)), ("ledger_2026-05.csv", [MARCH[0], *month(5)]))
    # The same, told again, changes nothing whichever counts.
    assert ledger.land(("ledger_2026-03.csv", MARCH)) == []
    changed = [MARCH[0].replace(",50", ",75"), *MARCH[1:]]
    (note,) = ledger.land(("ledger_2026-02.csv", changed))
    assert note.startswith("ledger_2026-02.csv: It counts as earlier than 'ledger_2026-05.csv'")
    assert note.endswith("If this one is the later, rename it so that its date or number says so.")
    (note,) = ledger.land(("ledger_2026-03.csv", [MARCH[0].replace(",50", ",80"), *MARCH[1:]]))
    assert note.startswith("ledger_2026-03.csv: It counts as earlier than 'ledger_2026-05.csv'")
    assert "correct those lines in 'ledger_2026-05.csv' as well" in note
    assert "rename" not in note
