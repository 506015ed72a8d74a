"""Columns that a contract says are unique: what repeats in them is named, with its rows and files."""

from __future__ import annotations

import csv
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from demo_homes import DemoHome
from plain_exports import write_export, write_plain_home

from models.vocabulary import Domain
from pipelines.gate.ingest import ingest_domain
from pipelines.session import SilentReporter, open_session

pytestmark = pytest.mark.slow

ROW = "fault matrix row"
COLUMNS = ["voucher", "posting_date", "vendor", "amount_original", "currency_code"]
Row = dict[str, str]


def _rows(first: int, count: int) -> list[Row]:
    return [
        {
            "voucher": f"V{number}", "posting_date": f"2026-03-{1 + number % 28:02}", "vendor": "Ace",
            "amount_original": f"{number}.25", "currency_code": "EUR",
        }
        for number in range(first, first + count)
    ]  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return write_plain_home(tmp_path / "home")


def _write(home: Path, files: dict[str, list[Row]], *, unique: str = "unique: true", feeds: str = "nothing",
           settings: str = "") -> None:  # fmt: skip
    write_export(
        home, "books", {"cost_lines": COLUMNS}, [], domain="finance", feeds={"voucher": feeds}, settings=settings
    )
    contract = home / "contracts" / "books.yaml"
    text = contract.read_text(encoding="utf-8")
    for name in ("voucher", *(["posting_date"] if unique.startswith("primaryKey: true #2") else [])):
        text = text.replace(f"      - name: {name}\n", f"      - name: {name}\n        {unique}\n")
    contract.write_text(text, encoding="utf-8")
    landing = home / "landing" / "books"
    (landing / "rows.csv").unlink()
    for name, rows in files.items():
        with (landing / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(rows)


def _ingest(home: Path, domain: Domain = Domain.FINANCE) -> tuple[str, dict[str, str]]:
    """The verdict, and the rules that failed with their messages."""
    demo = DemoHome(home)
    with open_session(demo.project(), reporter=SilentReporter()) as session:
        ingest_domain(session, domain)
    ((verdict,),) = demo.warehouse("SELECT verdict FROM ops.ops_verdicts WHERE is_current")
    failed = demo.warehouse("SELECT rule_id, message FROM ops.ops_rule_results WHERE state = 'failed'")
    return verdict, dict(failed)


RULE = "raw_plain__books.voucher.stands_once"


@pytest.mark.parametrize("unique", ["unique: true", "primaryKey: true"])
def test_a_value_that_stands_twice_in_a_file_is_held_and_named(
    unique: str, home: Path, record_property: Callable[[str, object], None]
) -> None:
    rows = _rows(1, 30)
    _write(home, {"march.csv": [*rows, {**rows[4], "vendor": "Bee"}]}, unique=unique)
    verdict, failed = _ingest(home)
    assert (verdict, set(failed)) == ("hold", {RULE})
    assert "Repeated: 'V5' in rows 6 and 32 of landing/books/march.csv." in failed[RULE]
    record_property(ROW, [f"file: a number that is {unique} stands twice", f"holds: {RULE}", "", "", ""])


def test_lines_that_nothing_replaces_are_held_against_all_files(home: Path) -> None:
    later = [{**row, "amount_original": "1.00"} for row in _rows(28, 5)]
    _write(home, {"a.csv": _rows(1, 30), "b.csv": later})
    verdict, failed = _ingest(home)
    assert (verdict, set(failed)) == ("hold", {RULE})
    assert "'V28' in row 29 of landing/books/a.csv and row 2 of landing/books/b.csv; 'V29'" in failed[RULE]
    assert "and 1 more value." in failed[RULE]


def test_a_file_that_was_replaced_or_ignored_does_not_count(home: Path) -> None:
    _write(home, {"a.csv": _rows(1, 30)})
    assert _ingest(home) == ("pass", {})
    _write(home, {"a.csv": [{**row, "amount_original": "1.00"} for row in _rows(1, 30)]})
    assert _ingest(home) == ("pass", {})


def test_totals_and_empty_values_are_no_repeated_values(home: Path) -> None:
    rows = [*_rows(1, 30), *({**row, "voucher": ""} for row in _rows(40, 3))]
    total = {"voucher": "Total", "posting_date": "", "amount_original": "1.00"}
    ignored = '      - {property: ignoreRows, value: [{column: voucher, matches: "^Total"}]}\n'
    _write(home, {"a.csv": [*rows, total, total]}, settings=ignored)
    assert _ingest(home) == ("pass", {})


def test_the_key_of_lines_has_the_rule_of_its_table_and_no_second_one(home: Path) -> None:
    rows = _rows(1, 30)
    _write(
        home, {"a.csv": [*rows, {**rows[4], "vendor": "Bee"}], "b.csv": rows[9:19]}, feeds="[cost_lines.cost_line_id]"
    )
    verdict, failed = _ingest(home)
    assert (verdict, set(failed)) == ("hold", {"cost_lines.cost_line_id.unique"})


def test_a_key_of_two_columns_may_repeat_either(home: Path) -> None:
    rows = _rows(1, 30)
    other_day = {**rows[4], "posting_date": "2026-03-30"}
    _write(home, {"a.csv": [*rows, other_day]}, unique="primaryKey: true #2")
    assert _ingest(home) == ("pass", {})
    _write(home, {"a.csv": [*rows, other_day, other_day]}, unique="primaryKey: true #2")
    verdict, failed = _ingest(home)
    rule = "raw_plain__books.voucher_and_posting_date.stands_once"
    assert (verdict, set(failed)) == ("hold", {rule})
    assert "'V5 / 2026-03-30' in rows 32 and 33 of landing/books/a.csv." in failed[rule]


@pytest.mark.parametrize("shape", ["snapshot", "event_log"])
def test_a_ticket_that_is_told_in_two_ways_in_one_file_is_warned_of(
    shape: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    home = write_plain_home(tmp_path / "home", {"statuses.yaml": "statuses:\n  plain: {Open: queued}\n"})
    columns = {"tickets": ["ticket_id", "created_at", "status", "team"]}
    if shape == "event_log":
        columns["ticket_events"] = ["ticket_id", "occurred_at"]
    good = [
        {"ticket_id": f"T{n}", "created_at": "2026-03-02 09:00:00", "occurred_at": "2026-03-02 09:00:00",
         "status": "Open", "team": "Desk"}
        for n in range(20)
    ]  # fmt: skip

    def write(rows: list[Row]) -> tuple[str, dict[str, str]]:
        write_export(home, "log", columns, rows, shape=shape)
        contract = home / "contracts" / "log.yaml"
        text = contract.read_text(encoding="utf-8")
        contract.write_text(text.replace("- name: ticket_id\n", "- name: ticket_id\n        unique: true\n"), "utf-8")
        return _ingest(home, Domain.TICKETS)

    # The same row twice says nothing new.
    verdict, failed = write([*good, good[3]])
    assert (verdict, [rule for rule in failed if rule.endswith("stands_once")]) == ("pass", [])
    verdict, failed = write([*good, {**good[3], "team": "Network"}])
    rule = "raw_plain__log.ticket_id.stands_once"
    assert verdict == "pass"
    assert "Repeated: 'T3' in rows 5 and 22 of landing/log/rows.csv." in failed[rule]
    record_property(ROW, [f"file: a ticket told in two ways, {shape}", f"warned: {rule}", "", "", ""])


def test_no_money_is_lost_by_the_rule(home: Path) -> None:
    _write(home, {"a.csv": _rows(1, 30)})
    _ingest(home)
    ((total,),) = DemoHome(home).warehouse("SELECT sum(amount_original) FROM stg.stg_cost_lines")
    assert total == sum((Decimal(row["amount_original"]) for row in _rows(1, 30)), Decimal(0))
