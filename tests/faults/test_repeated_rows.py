"""The same rows under another name: a ledger exported again, files that grow, windows that overlap, and what is none.

Exports here have no key, so that each row counts for itself. Identical copies are read once: see `test_matrix`.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha1
from pathlib import Path

import pytest
from click.testing import CliRunner
from demo_homes import DemoHome
from plain_exports import write_export, write_plain_home

from models.vocabulary import Domain
from pipelines.cli.main import kpi
from pipelines.gate.ingest import ingest_domain
from pipelines.session import SilentReporter, open_session

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]

ROW = "fault matrix row"
Row = dict[str, str]
RULE = "cost_lines.files.not_overlapping"
COLUMNS = ("posting_date", "vendor", "description", "amount_original", "currency_code")


def _ledger(first: date, days: int, place: str = "Head office") -> list[Row]:
    """Three lines a day: one that differs, and two that every day repeats but for its date."""
    rows = []
    for number in range(days):
        day = str(first + timedelta(days=number))
        for vendor, amount in (("Ace", f"{100 + number}.25"), ("Bee", "9.99"), ("Bee", "9.99")):
            rows.append(
                {
                    "posting_date": day, "vendor": vendor, "description": place, "amount_original": amount,
                    "currency_code": "EUR",
                }
            )  # fmt: skip
    return rows


def _sum(rows: Iterable[Row]) -> Decimal:
    return sum((Decimal(row["amount_original"]) for row in rows), Decimal(0))


MARCH = _ledger(date(2026, 3, 1), 31)
APRIL = _ledger(date(2026, 4, 1), 30)


def _write(folder: Path, files: dict[str, list[Row]], settings: str = "", more: str = "") -> None:
    write_export(folder, "books", {"cost_lines": COLUMNS}, [], domain="finance", settings=settings)
    contract = folder / "contracts" / "books.yaml"
    contract.write_text(contract.read_text(encoding="utf-8") + more, encoding="utf-8")
    landing = folder / "landing" / "books"
    (landing / "rows.csv").unlink()
    for name, rows in files.items():
        with (landing / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(rows)


def _number_by_description(folder: Path) -> None:
    """Let the description be the number of the document."""
    contract = folder / "contracts" / "books.yaml"
    text = contract.read_text(encoding="utf-8")
    assert "cost_lines.description" in text
    contract.write_text(text.replace("cost_lines.description", "cost_lines.document_id"), encoding="utf-8")


def _ingest(folder: Path, domain: Domain = Domain.FINANCE) -> DemoHome:
    demo = DemoHome(folder)
    with open_session(demo.project(), reporter=SilentReporter()) as session:
        ingest_domain(session, domain)
    return demo


def _message(demo: DemoHome, rule: str = RULE) -> str:
    ((message,),) = demo.warehouse(f"SELECT message FROM ops.ops_rule_results WHERE rule_id = '{rule}'")
    return str(message)


def _verdict(demo: DemoHome) -> str:
    ((verdict,),) = demo.warehouse("SELECT verdict FROM ops.ops_verdicts WHERE is_current")
    return str(verdict)


def _total(demo: DemoHome) -> Decimal:
    ((total,),) = demo.warehouse("SELECT sum(amount_original) FROM stg.stg_cost_lines")
    return Decimal(total)


def _changed(rows: list[Row]) -> list[Row]:
    """The same, with the vendor of one row corrected."""
    return [{**row, "vendor": "Cee"} if number == 30 else row for number, row in enumerate(rows)]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return write_plain_home(tmp_path / "home")


def test_a_ledger_that_was_exported_again_is_held_and_both_files_are_named(
    home: Path, record_property: Callable[[str, object], None]
) -> None:
    _write(home, {"march.csv": MARCH, "march (1).csv": _changed(MARCH)})
    demo = _ingest(home)
    assert (_verdict(demo), set(demo.failed_rules())) == ("hold", {RULE})
    shared = _sum(MARCH) - Decimal(MARCH[30]["amount_original"])
    message = _message(demo)
    assert (
        "'march (1).csv' and 'march.csv' in landing/books/ both hold 92 of the 93 rows of the days that both cover, so "
        f"that {shared:,.2f} EUR would count twice."
    ) in message
    assert "contracts/books.yaml" in message
    record_property(ROW, ["file: a ledger exported again, one row changed", f"holds: {RULE}", "", "", "held"])


def test_a_ledger_that_a_spreadsheet_saved_anew_is_held_however_it_writes_the_same_values(
    home: Path, record_property: Callable[[str, object], None]
) -> None:
    saved = [
        {**row, "vendor": f"{row['vendor']} ", "description": "", "amount_original": f"+{row['amount_original']}0"}
        for row in _ledger(date(2026, 3, 1), 31, place="")
    ]
    first = _ledger(date(2026, 3, 1), 31, place="")
    _write(home, {"march.csv": first, "march saved.csv": saved})
    demo = _ingest(home)
    assert (_verdict(demo), set(demo.failed_rules())) == ("hold", {RULE})
    assert f"hold 93 of the 93 rows of the days that both cover, so that {_sum(first):,.2f} EUR" in _message(demo)
    record_property(ROW, ["file: a ledger that a spreadsheet saved anew", f"holds: {RULE}", "", "", "held"])


def _broken_count(demo: DemoHome) -> int:
    ((count,),) = demo.warehouse(f"SELECT failed_count FROM ops.ops_rule_results WHERE rule_id = '{RULE}'")
    return int(count)


def test_of_equal_lines_as_many_break_the_rule_as_both_files_hold(home: Path) -> None:
    # Each day has two lines of 'Bee' in the first file and a third one in the other.
    more = [*MARCH, *[row for row in MARCH[:9] if row["vendor"] == "Bee"]]
    _write(home, {"march.csv": MARCH, "march (1).csv": more})
    demo = _ingest(home)
    assert "both hold 93 of the 93 rows" in _message(demo)
    assert _broken_count(demo) == 93


def test_a_file_that_is_ignored_no_longer_counts_and_counts_again_when_it_is_not(home: Path) -> None:
    files = {"march.csv": MARCH, "march (1).csv": _changed(MARCH)}
    _write(home, files)
    assert _total(_ingest(home)) == 2 * _sum(MARCH)
    _write(home, files, more='  - {property: ignoreFiles, value: ["march.csv"]}\n')
    demo = _ingest(home)
    assert (_verdict(demo), _total(demo), demo.refusals()) == ("pass", _sum(MARCH), {})
    assert demo.warehouse("SELECT DISTINCT file_name FROM stg.stg_cost_lines JOIN ops.ops_loads USING (load_id)") == [
        ("march (1).csv",)
    ]
    _write(home, files)
    demo = _ingest(home)
    assert (_verdict(demo), _total(demo)) == ("hold", 2 * _sum(MARCH))


def test_content_that_an_ignored_file_had_is_read_under_another_name_and_counts_once(home: Path) -> None:
    _write(home, {"march.csv": MARCH})
    _ingest(home)
    files = {"march.csv": MARCH, "march final.csv": MARCH}
    _write(home, files, more='  - {property: ignoreFiles, value: "march.csv"}\n')
    assert _total(_ingest(home)) == _sum(MARCH)
    _write(home, files)
    assert _total(_ingest(home)) == _sum(MARCH)


def test_rows_that_may_repeat_are_all_counted(home: Path) -> None:
    files = {"north.csv": MARCH, "south.csv": _changed(MARCH)}
    allowed = '      - {property: mayRepeatRows, value: ["north.csv", "south.csv"]}\n'
    _write(home, files, settings=allowed)
    demo = _ingest(home)
    assert (_verdict(demo), demo.failed_rules(), _total(demo)) == ("pass", {}, 2 * _sum(MARCH))
    # A third file that nobody spoke of is told all the same.
    _write(home, {**files, "west.csv": [{**row, "vendor": "Dee"} if not n else row for n, row in enumerate(MARCH)]},
           settings=allowed)  # fmt: skip
    demo = _ingest(home)
    assert _verdict(demo) == "hold"
    assert "'west.csv'" in _message(demo)


def test_a_month_and_a_file_that_has_grown_past_it_are_held_and_the_smaller_one_is_offered(home: Path) -> None:
    _write(home, {"2026-03.csv": MARCH, "year to date.csv": [*MARCH, *APRIL]})
    demo = _ingest(home)
    message = _message(demo)
    assert f"both hold 93 of the 93 rows of the days that both cover, so that {_sum(MARCH):,.2f} EUR" in message
    assert 'ignoreFiles, value: ["2026-03.csv"]' in message
    _write(home, {"2026-03.csv": MARCH, "year to date.csv": [*MARCH, *APRIL]},
           more='  - {property: ignoreFiles, value: ["2026-03.csv"]}\n')  # fmt: skip
    demo = _ingest(home)
    assert (_verdict(demo), _total(demo)) == ("pass", _sum([*MARCH, *APRIL]))


def test_windows_that_overlap_are_held_and_no_file_is_offered(home: Path) -> None:
    rows = [*MARCH, *APRIL]
    # Sixty days of three rows: the first forty, and the last forty.
    _write(home, {"a.csv": rows[:120], "b.csv": rows[60:]})
    demo = _ingest(home)
    message = _message(demo)
    assert f"both hold 60 of the 60 rows of the days that both cover, so that {_sum(rows[60:120]):,.2f} EUR" in message
    assert "ignoreFiles" not in message
    assert "feed the key of the line" in message


def test_files_that_were_cut_inside_a_day_and_overlap_are_held(
    home: Path, record_property: Callable[[str, object], None]
) -> None:
    # Three days of forty rows. Of the first day one file has all and the other less than half; of the last likewise.
    rows = [
        {**MARCH[0], "posting_date": f"2026-03-{2 + number // 40:02}", "amount_original": f"{number}.25"}
        for number in range(120)
    ]
    _write(home, {"rows 1 to 95.csv": rows[:95], "rows 26 to 120.csv": rows[25:]})
    demo = _ingest(home)
    assert (_verdict(demo), set(demo.failed_rules())) == ("hold", {RULE})
    assert f"both hold 70 of the 70 rows of the days that both cover, so that {_sum(rows[25:95]):,.2f} EUR" in _message(
        demo
    )
    record_property(ROW, ["file: parts of a file that were cut inside a day", f"holds: {RULE}", "", "", "held"])


def _one_day(count: int, *, document: str = "", first: int = 0) -> list[Row]:
    """Lines of one day, each of another amount, and each third of them twice, as split transactions are."""
    return [
        {
            **MARCH[0], "amount_original": f"{number - (number % 3 == 1)}.25",
            "description": f"{document}{number - (number % 3 == 1)}" if document else "",
        }
        for number in range(first, first + count)
    ]  # fmt: skip


def _shuffled(rows: list[Row]) -> list[Row]:
    """The same in an order that is none."""
    return [row for _, row in sorted(enumerate(rows), key=lambda each: sha1(str(each[0]).encode()).digest())]


def test_parts_of_one_day_that_overlap_are_held_and_their_rows_are_named(
    home: Path, record_property: Callable[[str, object], None]
) -> None:
    rows = [*_ledger(date(2026, 2, 20), 9), *_one_day(300), *_ledger(date(2026, 3, 2), 20)]
    _write(home, {"part 1.csv": rows[:200], "part 2.csv": rows[160:]})
    demo = _ingest(home)
    assert (_verdict(demo), set(demo.failed_rules())) == ("hold", {RULE})
    told = (
        "In landing/books/ rows 162 to 201 of 'part 1.csv' are the same, in the same order, as rows 2 to 41 of "
        f"'part 2.csv' (40 rows), so that {_sum(rows[160:200]):,.2f} EUR would count twice. Where each file has rows "
        "that the other lacks, let in contracts/books.yaml a column that names the row feed the key"
    )
    assert told in _message(demo)
    assert _broken_count(demo) == 40
    record_property(ROW, ["file: parts of one day that overlap", f"holds: {RULE}", "", "", "held"])


def test_parts_that_begin_with_the_latest_rows_overlap_all_the_same(home: Path) -> None:
    rows = [*_ledger(date(2026, 2, 20), 9), *_one_day(300), *_ledger(date(2026, 3, 2), 20)][::-1]
    changed = [{**row, "vendor": "Cee"} if number == 20 else row for number, row in enumerate(rows[160:])]
    _write(home, {"b.csv": rows[:200], "a.csv": changed})
    demo = _ingest(home)
    told = "39 of rows 2 to 41 of 'a.csv' are the same, in the same order, as rows 162 to 201 of 'b.csv' (39 rows)"
    assert told in _message(demo)
    assert _broken_count(demo) == 39


def test_documents_that_two_files_of_a_day_hold_line_for_line_are_held_in_whatever_order(
    home: Path, record_property: Callable[[str, object], None]
) -> None:
    rows = [
        {**MARCH[0], "description": f"J{100 + number // 2}", "amount_original": f"{number}.25"} for number in range(300)
    ]
    _write(home, {"a.csv": rows[:160], "b.csv": _shuffled(rows[120:])})
    _number_by_description(home)
    demo = _ingest(home)
    assert (_verdict(demo), set(demo.failed_rules())) == ("hold", {RULE})
    told = (
        "'a.csv' and 'b.csv' in landing/books/ both hold all rows of 20 documents of the same days, such as 'J160' (40 "
        f"rows), so that {_sum(rows[120:160]):,.2f} EUR would count twice."
    )
    assert told in _message(demo)
    assert _broken_count(demo) == 40
    record_property(ROW, ["file: documents of a day in two files", f"holds: {RULE}", "", "", "held"])


def test_of_many_exports_of_everything_the_nearest_are_compared(home: Path) -> None:
    files = {f"{number}.csv": [*MARCH, *_ledger(date(2026, 4, 1), number)] for number in range(1, 6)}
    _write(home, files)
    demo = _ingest(home)
    pairs = demo.warehouse(
        """
        SELECT earlier.file_name, later.file_name, shared_count FROM ops.ops_repeated_rows AS found
        JOIN ops.ops_loads AS earlier ON earlier.load_id = earlier_load_id
        JOIN ops.ops_loads AS later ON later.load_id = found.load_id
        ORDER BY ALL
        """
    )
    assert pairs == [(f"{n}.csv", f"{n + 1}.csv", len(files[f"{n}.csv"])) for n in range(1, 5)]
    # What the sum of all files has too much is the sum over the pairs.
    ((twice,),) = demo.warehouse("SELECT sum(amount_original) FROM ops.ops_repeated_rows")
    assert _total(demo) - Decimal(twice) == _sum(files["5.csv"])


#: Files that share rows, or look alike, and count each for itself.
DIFFERENT = {
    "subscriptions of the same text and amount in other months": {"march.csv": MARCH, "april.csv": APRIL},
    "two places on the same days": {"north.csv": MARCH, "south.csv": _ledger(date(2026, 3, 1), 31, "South")},
    "a few postings that two months have": {"march.csv": MARCH, "april.csv": [*MARCH[-9:], *APRIL]},
    "a file in two parts that were cut inside a day": {
        "part 1.csv": [*MARCH, *[{**row, "posting_date": "2026-04-01"} for row in MARCH[:45]]],
        "part 2.csv": [{**row, "posting_date": "2026-04-01"} for row in MARCH[45:]],
    },
    "split transactions that were cut inside a day": {
        # Every line twice, far from each other, so that many are in both parts.
        "part 1.csv": _shuffled(_one_day(150) * 2)[:130],
        "part 2.csv": _shuffled(_one_day(150) * 2)[130:],
    },
    "documents of pairs of equal lines that were cut inside a day": {
        "part 1.csv": _shuffled(_one_day(150, document="J") * 2)[:130],
        "part 2.csv": _shuffled(_one_day(150, document="J") * 2)[130:],
    },
    "one line that is repeated for each licence": {
        name: [{**MARCH[1], "description": "licence"}] * count for name, count in (("a.csv", 40), ("b.csv", 50))
    },
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_rows_that_are_different_raise_no_alarm(
    name: str, home: Path, record_property: Callable[[str, object], None]
) -> None:
    _write(home, DIFFERENT[name])
    if "documents" in name:
        _number_by_description(home)
    demo = _ingest(home)
    assert (_verdict(demo), demo.failed_rules()) == ("pass", {})
    assert _total(demo) == sum(_sum(rows) for rows in DIFFERENT[name].values())
    record_property(ROW, [f"file: {name}", "harmless", "", "", ""])


def test_a_name_that_gets_the_content_of_another_file_keeps_nothing_of_its_own(home: Path) -> None:
    _write(home, {"march.csv": MARCH, "april.csv": APRIL})
    assert _total(_ingest(home)) == _sum([*MARCH, *APRIL])
    _write(home, {"march.csv": APRIL, "april.csv": APRIL})
    assert _total(_ingest(home)) == _sum(APRIL)
    _write(home, {"march.csv": MARCH, "april.csv": APRIL})
    assert _total(_ingest(home)) == _sum([*MARCH, *APRIL])


def test_identical_copies_are_told_by_every_command_and_count_once(home: Path) -> None:
    _write(home, {"march.csv": MARCH, "march (1).csv": MARCH})
    told = (
        "landing/books/march (1).csv: The same content lies there again, as 'march.csv': it counts once, and 1 file is "
        "ignored."
    )
    for command in (["check"], ["run"], ["run"], ["status"]):
        shown = CliRunner().invoke(kpi, [*command, "--home", str(home)])
        assert shown.exit_code == 0, shown.output
        assert " ".join(shown.output.split()).count(told) == 1, command
    noted = json.loads(CliRunner().invoke(kpi, ["run", "--json", "--home", str(home)]).output)["notices"]
    assert [notice["subject"] for notice in noted if notice["code"] == "ignored_copy"] == [
        "landing/books/march (1).csv"
    ]
    assert _total(DemoHome(home)) == _sum(MARCH)
    (home / "landing" / "books" / "march.csv").unlink()
    CliRunner().invoke(kpi, ["run", "--home", str(home)])
    assert "lies there again" not in CliRunner().invoke(kpi, ["status", "--home", str(home)]).output


#: Table -> its domain, the columns of its rows without a key, which of them is the day, and what its rule does.
TABLES = {
    "cost_lines": (Domain.FINANCE, "posting_date", {"vendor": "Ace"}, True),
    "budget_lines": (Domain.FINANCE, "month_date", {"account": "6100", "kind": "budget"}, False),
    "benefit_lines": (Domain.FINANCE, "benefit_date", {"initiative": "Portal"}, False),
    "vendor_invoice_lines": (Domain.VENDORS, "invoice_date", {"vendor": "Ace", "invoice_id": "I1"}, True),
}


@pytest.mark.parametrize("table", TABLES)
def test_each_table_whose_lines_add_up_has_its_rule(
    table: str, home: Path, record_property: Callable[[str, object], None]
) -> None:
    domain, dated_by, more, is_held = TABLES[table]
    rows = [
        {dated_by: f"2025-{1 + n % 12:02}-01", "amount_original": f"{n}.50", "currency_code": "EUR", **more}
        for n in range(36)
    ]
    write_export(home, "books", {table: list(rows[0])}, rows, domain=domain.value)
    again = (home / "landing" / "books" / "rows.csv").read_text(encoding="utf-8").replace("7.50", "7.51", 1)
    (home / "landing" / "books" / "rows again.csv").write_text(again, encoding="utf-8")
    demo = _ingest(home, domain)
    rule = f"{table}.files.not_overlapping"
    assert set(demo.failed_rules()) == {rule}
    assert _verdict(demo) == ("hold" if is_held else "pass")
    ((aside,),) = demo.warehouse("SELECT count(*) FROM ops.ops_quarantined_records")
    assert aside == (0 if is_held else 35)
    record_property(ROW, [f"file: {table} exported again", f"{'holds' if is_held else 'caught'}: {rule}", "", "", ""])
