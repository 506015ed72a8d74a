"""Files become raw text rows once, refused files stay and are named, the rest goes on."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from data_contracts.spec import ExportContract
from pipelines.landing.loads import Landing, active_loads, land_export
from pipelines.readers import Limits
from pipelines.warehouse import Warehouse

Drop = Callable[[str, str], Path]
LINES = 'line,paid_on,supplier,amount\n1,03.02.2026,Ace,"1.234,50"\n2,04.02.2026,Bee,"-10,00"\n'


def _land(warehouse: Warehouse, contract: ExportContract, folder: Path) -> Landing:
    with warehouse.transaction():
        return land_export(warehouse, contract, folder, run_id="r1", limits=Limits())


def test_rows_land_as_the_text_they_were(warehouse: Warehouse, spend: ExportContract, drop: Drop) -> None:
    landing = _land(warehouse, spend, drop("a.csv", LINES))
    assert (landing.loaded_files, landing.loaded_rows, landing.refusals) == (1, 2, ())
    rows = warehouse.rows('SELECT line, amount, _file, _row_number FROM raw."raw_books__lines" ORDER BY _row_number')
    assert rows == [("1", "1.234,50", "a.csv", 2), ("2", "-10,00", "a.csv", 3)]


def test_the_row_hash_is_one_that_anyone_can_compute(warehouse: Warehouse, spend: ExportContract, drop: Drop) -> None:
    _land(warehouse, spend, drop("a.csv", LINES))
    text = "\x1f".join(["1.234,50", "1", "03.02.2026", "Ace"])  # columns in order of their names
    expected = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    assert warehouse.rows("SELECT _row_hash FROM raw.\"raw_books__lines\" WHERE line = '1'") == [(expected,)]


def test_a_file_is_ingested_once_whatever_it_is_called(warehouse: Warehouse, spend: ExportContract, drop: Drop) -> None:
    folder = drop("a.csv", LINES)
    _land(warehouse, spend, folder)
    drop_again = folder / "copy of a.csv"
    drop_again.write_text(LINES, encoding="utf-8")
    (folder / "a2.csv.gz").write_bytes(gzip.compress(LINES.encode()))
    landing = _land(warehouse, replace(spend, file_pattern="*.csv*"), folder)
    assert (landing.loaded_files, landing.known_files) == (0, 3)
    assert warehouse.rows('SELECT count(*) FROM raw."raw_books__lines"') == [(2,)]


def test_copies_are_told_as_long_as_they_lie_there(warehouse: Warehouse, spend: ExportContract, drop: Drop) -> None:
    folder = drop("a.csv", LINES)
    assert _land(warehouse, spend, folder).notes == ()
    drop("a (1).csv", LINES)
    told = ("a.csv: The same content lies there again, as 'a (1).csv': it counts once, and 1 file is ignored.",)
    assert _land(warehouse, spend, folder).notes == told
    # Nothing is read anew in the next run, and it is told all the same, and kept once.
    assert _land(warehouse, spend, folder).notes == told
    ((notes,),) = warehouse.rows("SELECT notes FROM ops.ops_loads")
    assert json.loads(notes) == [told[0].removeprefix("a.csv: ")]
    (folder / "a (1).csv").unlink()
    assert _land(warehouse, spend, folder).notes == ()
    assert warehouse.rows("SELECT notes FROM ops.ops_loads") == [("[]",)]


def test_many_copies_are_counted_and_not_all_named(warehouse: Warehouse, spend: ExportContract, drop: Drop) -> None:
    for number in range(9):
        folder = drop(f"{number}.csv", LINES)
    (note,) = _land(warehouse, spend, folder).notes
    assert "'5.csv' and 3 more: it counts once, and 8 files are ignored." in note


def test_a_bad_file_is_refused_and_the_good_one_loads(warehouse: Warehouse, spend: ExportContract, drop: Drop) -> None:
    folder = drop("a.csv", LINES)
    drop_page = folder / "b.csv"
    drop_page.write_text("<!DOCTYPE html><html><body>Sign in</body></html>", encoding="utf-8")
    landing = _land(warehouse, spend, folder)
    assert landing.loaded_files == 1
    assert [refusal.file_name for refusal in landing.refusals] == ["b.csv"]
    assert drop_page.exists()
    assert warehouse.rows("SELECT file_name, code FROM ops.ops_refusals") == [("b.csv", "html")]


def test_a_refusal_goes_when_the_file_is_put_right(warehouse: Warehouse, spend: ExportContract, drop: Drop) -> None:
    folder = drop("a.csv", "")
    assert len(_land(warehouse, spend, folder).refusals) == 1
    (folder / "a.csv").write_text(LINES, encoding="utf-8")
    assert _land(warehouse, spend, folder).refusals == ()
    assert warehouse.rows("SELECT count(*) FROM ops.ops_refusals") == [(0,)]


def test_a_file_outside_the_pattern_is_named(warehouse: Warehouse, spend: ExportContract, drop: Drop) -> None:
    landing = _land(warehouse, spend, drop("notes.txt", "hello"))
    assert landing.refusals[0].code == "unexpected_name"
    assert "*.csv" in landing.refusals[0].message


def test_new_content_under_an_old_name_replaces_lines_but_keeps_their_rows(
    warehouse: Warehouse, spend: ExportContract, drop: Drop
) -> None:
    folder = drop("a.csv", LINES)
    _land(warehouse, spend, folder)
    (folder / "a.csv").write_text(LINES.replace("-10,00", "-11,00"), encoding="utf-8")
    _land(warehouse, spend, folder)
    assert len(active_loads(warehouse, "spend")) == 1
    assert warehouse.rows('SELECT count(*) FROM raw."raw_books__lines"') == [(4,)]
    assert warehouse.rows("SELECT count(*) FROM ops.ops_loads WHERE superseded_by IS NOT NULL") == [(1,)]


def test_new_content_under_an_old_name_adds_to_an_event_log(
    warehouse: Warehouse, updates: ExportContract, drop: Drop
) -> None:
    header = "ticket,at,field,value,service\n"
    folder = drop("day.csv", header + "T1,2026-02-03 09:00,status,New,Mail\n")
    _land(warehouse, updates, folder)
    (folder / "day.csv").write_text(header + "T1,2026-02-04 09:00,status,Done,Mail\n", encoding="utf-8")
    _land(warehouse, updates, folder)
    assert len(active_loads(warehouse, "updates")) == 2


def test_a_column_that_no_contract_names_lands_too(warehouse: Warehouse, spend: ExportContract, drop: Drop) -> None:
    wider = LINES.replace("amount\n", "amount,Cost Centre\n").replace('50"\n', '50",CC1\n').replace('00"\n', '00",\n')
    _land(warehouse, spend, drop("a.csv", wider))
    assert warehouse.rows('SELECT cost_centre FROM raw."raw_books__lines" ORDER BY _row_number') == [("CC1",), (None,)]


def test_a_contract_that_reads_differently_reads_the_file_again(
    warehouse: Warehouse, spend: ExportContract, drop: Drop
) -> None:
    folder = drop("a.csv", LINES)
    _land(warehouse, spend, folder)
    landing = _land(warehouse, replace(spend, reading_hash="another way"), folder)
    assert landing.loaded_files == 1
    assert len(active_loads(warehouse, "spend")) == 1
